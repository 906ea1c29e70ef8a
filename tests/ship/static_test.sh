#!/usr/bin/env bash
# The static program where there is nothing but it: in an empty root, and beside other C libraries whose NSS
# modules it must not load. On a real engine, through its socket and by names.
#
#   static_test.sh ENGINE TOOL
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/engines/scene.sh
. "$here/../engines/scene.sh"
# shellcheck source=tests/engines/tls.sh
. "$here/../engines/tls.sh"
name_server=
end() {
  [[ -z $name_server ]] || kill "$name_server"
  tls_end
}
tls_begin "$@"
trap end EXIT
start_again_with "$(plain_options)"

# --- the file ---

elf=$(readelf -lhdW "$tool")
without() { # TEXT WORD: an expectation
  [[ $1 != *"$2"* ]] || { echo "it has $2" && return 1; }
}
check "it is a program" contains "$elf" 'Position-Independent Executable'
check "it needs no loader" without "$elf" INTERP
check "it needs no shared library" without "$elf" NEEDED
check "it cannot load NSS modules: their names' beginning is not in it" equal "$(grep -c libnss_ "$tool" || :)" 0
check "no path of the machine that built it" equal "$(grep -c "$(cd "$here/../.." && pwd)" "$tool" || :)" 0
size=$(stat -c %s "$tool")
check "it has at most 7 MB: $size bytes" test "$size" -le 7000000

# --- where there is nothing else ---

empty=$contexts/empty
mkdir -p "$empty"
cp "$tool" "$empty/clear-app-cache"
touch "$empty/engine.sock"
socket_group=$(stat -c %g "$SOCKET")
# run_in ROOT USER VARIABLE=VALUE... -- ARG...: in the engine's network, as USER and the socket's group; the root has
# the engine's socket as /engine.sock. Fills tool_status, tool_output and tool_errors.
run_in() {
  local root=$1 user=$2 variables=()
  shift 2
  while [[ $1 != -- ]]; do
    variables+=("$1")
    shift
  done
  shift
  tool_status=0
  # shellcheck disable=SC2016
  tool_output=$(in_network env -i "PATH=$PATH" "${variables[@]}" unshare --mount \
    sh -c 'cd "$3" && mount --bind "$1" engine.sock && { [ ! -e etc/resolv.conf ] || mount --bind "$2" etc/resolv.conf; } &&
      shift 3 && exec chroot "$@"' _ "$SOCKET" "$contexts/resolv.conf" "$root" \
    --userspec "$user:$socket_group" --groups "$socket_group" "$root" /clear-app-cache "$@" 2>"$contexts/tool.errors") ||
    tool_status=$?
  tool_errors=$(cat "$contexts/tool.errors")
}

run_in "$empty" 0 -- --version
check "an empty root: --version" exits 0
check "--version names what it is linked with" contains "$tool_output" OpenSSL
check "the scene is built" scene_images_only
run_in "$empty" 4242 LANG=C.UTF-8 -- -H unix:///engine.sock --dry-run
check "an empty root, a user without a name: exit 0" exits 0
check "an empty root: marks in UTF-8" contains "$tool_output" $'\n→ remove'
run_in "$empty" 4242 -- -H unix:///engine.sock --dry-run
check "an empty root, no locale: marks in ASCII" contains "$tool_output" $'\n> remove'
run_in "$empty" 4242 GITHUB_ACTIONS=true -- -H unix:///engine.sock --dry-run
check "an empty root, on GitHub: marks in UTF-8" contains "$tool_output" '→ remove'
run_in "$empty" 4242 LANG=C.UTF-8 -- -H unix:///engine.sock
check "an empty root: it clears" exits 0
check "an empty root: and verifies" contains "$tool_output" 'clean: no cache sources of watchparty are left'
run_in "$empty" 4242 -- -H tcp://localhost:2375 --verify-only
check "an empty root: localhost is known" exits 0
run_in "$empty" 4242 -- -H tcp://engine.test:2375 --verify-only
check "an empty root: no other name is, exit 4" exits 4

# --- beside other C libraries, and their NSS modules ---

"$engine_sh" net "$ENGINE" "$here/name_server.py" >"$contexts/name_server.log" 2>&1 &
name_server=$!
until grep -q ready "$contexts/name_server.log"; do
  kill -0 "$name_server"
  sleep 0.1
done
echo 'nameserver 127.0.0.1' >"$contexts/resolv.conf"
for suite in bookworm trixie sid; do
  "$engine_sh" prepare "host-$suite"
  root=$("$engine_sh" root "host-$suite")
  cp --remove-destination "$tool" "$root/clear-app-cache"
  touch "$root/engine.sock"
  check "$suite: NSS modules are configured" contains "$(grep ^hosts "$root/etc/nsswitch.conf")" myhostname
  run_in "$root" 4242 LANG=C.UTF-8 -- -H unix:///engine.sock --verify-only
  check "$suite: exit 0" exits 0
  run_in "$root" 4242 -- -H tcp://engine.test:2375 --verify-only
  check "$suite: a name that a name server knows" exits 0
  run_in "$root" 4242 -- -H tcp://nowhere.test:2375 --verify-only
  check "$suite: a name that nobody knows, exit 4" exits 4
  check "$suite: and it says so" contains "$tool_errors" nowhere.test
  run_in "$root" 4242 -- -H unix:///engine.sock --app-dir / --verify-only
  check "$suite: a user whom no file knows, without HOME" exits 2
done
finish
