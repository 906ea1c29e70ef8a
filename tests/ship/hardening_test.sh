#!/usr/bin/env bash
# The program was built with what makes an error in it harder to use: hardening_test.sh PROGRAM
set -euo pipefail
program=$1
failed=0
# expect WHAT TEXT PATTERN: the text holds the pattern.
expect() {
  grep -qE -- "$3" <<<"$2" && return
  echo "FAILED: $1"
  failed=1
}

headers=$(readelf --wide --file-header --program-headers --dynamic "$program")
code=$(objdump --disassemble --no-show-raw-insn "$program")
expect "it is loaded at a random address" "$headers" '^ +Type: +DYN'
expect "... and says so" "$headers" 'FLAGS_1.*PIE'
expect "its tables are read-only once it is linked" "$headers" '^ +GNU_RELRO'
expect "... all of them, at its start" "$headers" 'FLAGS_1.*NOW'
expect "no stack is executable" "$headers" '^ +GNU_STACK.* RW +0x'
expect "no segment can be written and executed" "$(grep -E '^ +LOAD' <<<"$headers" | grep -c 'RWE' || :)" '^0$'
# What needs no library is a program without the host's loader, too.
if ! grep -q NEEDED <<<"$headers"; then
  expect "no loader is asked for" "$(grep -c INTERP <<<"$headers" || :)" '^0$'
fi
case $(uname -m) in
  x86_64)
    expect "the stack's canary is read" "$code" '%fs:0x28'
    # shellcheck disable=SC2016
    expect "large frames are touched page by page" "$code" 'orq +\$0x0,\(%rsp\)'
    ;;
esac
# A static program has no names of functions any more.
if names=$(nm --dynamic --undefined-only "$program" 2>/dev/null) && [[ $names ]]; then
  expect "a broken canary ends it" "$names" '__stack_chk_fail'
  expect "the C library checks the sizes of buffers" "$names" '__(memcpy|snprintf|vsnprintf|read|memset|memmove)_chk'
fi
exit $failed
