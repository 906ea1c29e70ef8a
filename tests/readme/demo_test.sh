#!/usr/bin/env bash
# tests/demo.sh, the first thing that README.md lets a reader run, in a checkout and with engines of
# its own, beside a docker that cannot build: it shows what it promises, and leaves no engine behind.
#
#   demo_test.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/engines/check.sh
. "$here/../engines/check.sh"
# shellcheck source=tests/readme/checkout.sh
. "$here/checkout.sh"
((EUID == 0)) || [[ -n ${CI-} ]] || exit 77

checkout_use
checkout_engines

demo() { in_checkout sh tests/demo.sh; }
status=0
output=$(demo 2>&1) || status=$?
((status != 77)) || exit 77
# what it said after the last line that has $1
after() { tac <<<"$output" | sed "/$1/q" | tac; }
check "exit 0" equal "$status" 0
check "before the tool, every step comes from the cache" contains "$output" $'come from the cache?\e[0m\n5 of 5\n'
check "the tool says clean" contains "$output" $'\nclean: '
check "after it, none does" contains "$(after 'clean: ')" $'come from the cache now?\e[0m\n0 of 5\n'
check "the container runs on" contains "$(after 'clean: ')" 'wp-backend still runs'
check "the docker of the machine was not asked" equal "$(host_docker_calls "$checkout/build/bin")" ''
check "no engine is left" equal "$(ls "$ENGINES_DIR/run")" ''
[[ $failed == 0 ]] || echo "$output"
finish
