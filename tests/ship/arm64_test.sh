#!/usr/bin/env bash
# The program for arm64: made by a cross compiler in a root of its own, run by qemu's user emulation, on a real engine.
#
#   arm64_test.sh ENGINE DIRECTORY    where it is built
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/engines/scene.sh
. "$here/../engines/scene.sh"
checkout=$(cd "$here/../.." && pwd)
built=$(realpath -m "${2:?DIRECTORY}")
scene_use "${1:?ENGINE}"
trap scene_end EXIT
"$engine_sh" prepare cross-bookworm
root=$("$engine_sh" root cross-bookworm)
mkdir -p "$built" "$root/checkout" "$root/built"
# in_root CMD...: with the checkout, what is built, and the engine's socket
in_root() {
  # shellcheck disable=SC2016
  unshare --mount sh -ec 'mount --bind "$1" "$2/checkout" && mount --bind "$3" "$2/built" && mount -t proc proc "$2/proc"
    mkdir -p "$2$(dirname "$4")" && touch "$2$4" && mount --bind "$4" "$2$4" && root=$2 && shift 4
    cd "$root" && exec chroot . "$@"' _ "$checkout" "$root" "$built" "$SOCKET" "$@"
}
check "it is configured" in_root cmake -S /checkout --preset static-arm64 -B /built
check "it is built, with its packages" in_root cmake --build /built --target package image clear-app-cache
check "it is for arm64" contains "$(readelf -h "$built/clear-app-cache")" AArch64
run_arm() { # ARG...: fills tool_status, tool_output and tool_errors
  tool_status=0
  tool_output=$(in_root qemu-aarch64-static /built/clear-app-cache "$@" 2>"$contexts/tool.errors") || tool_status=$?
  tool_errors=$(cat "$contexts/tool.errors")
}
run_arm --version
check "it runs" contains "$tool_output" OpenSSL/3
check "the scene is built" scene_images_only
run_arm -H "unix://$SOCKET"
check "it clears: exit 0" exits 0
check "and verifies" contains "$tool_output" 'clean: no cache sources of watchparty are left'
run_arm -H tcp://nowhere.test:2375
check "a name that nobody knows, exit 4" exits 4
finish
