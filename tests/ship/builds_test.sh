#!/usr/bin/env bash
# Builds with other compilers and libraries, without a warning, and runs the tests that need nothing else there:
# bookworm with g++ 11, trixie, and sid.
#
#   builds_test.sh DIRECTORY    where they are built
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/engines/check.sh
. "$here/../engines/check.sh"
engine_sh=$here/../engines/engine.sh
[[ $(id -u) == 0 ]] || exit 77 # it makes roots
checkout=$(cd "$here/../.." && pwd)
built=$(realpath -m "${1:?DIRECTORY}")

in_root() { # ROOT DIRECTORY CMD...
  mkdir -p "$1/checkout" "$1/built" "$2"
  # shellcheck disable=SC2016
  unshare --mount sh -ec 'mount --bind "$1" "$2/checkout" && mount --bind "$3" "$2/built" && mount -t proc proc "$2/proc"
    mount --rbind /dev "$2/dev" && cd "$2" && shift 3 && exec chroot . "$@"' _ "$checkout" "$1" "$2" "${@:3}"
}
for suite in bookworm trixie sid; do
  "$engine_sh" prepare "build-$suite"
  root=$("$engine_sh" root "build-$suite")
  compiler=$([[ $suite == bookworm ]] && echo g++-11 || echo g++)
  # shellcheck disable=SC2016
  versions=$(chroot "$root" sh -c '$0 -dumpfullversion && cmake --version | sed -n "s/cmake version/cmake/p" &&
    dpkg-query -W -f "\${Package} \${Version}\n" libfmt-dev libcxxopts-dev nlohmann-json3-dev libcurl4-openssl-dev' "$compiler")
  echo "$suite: ${versions//$'\n'/, }"
  check "$suite: it is configured" in_root "$root" "$built/$suite" \
    cmake -S /checkout --preset dev -B /built -DCMAKE_CXX_COMPILER="$compiler"
  check "$suite: no warning" in_root "$root" "$built/$suite" cmake --build /built -- -k 0 # every warning at once
  check "$suite: unit and cli" in_root "$root" "$built/$suite" \
    ctest --test-dir /built -j2 -R '^(unit|cli|contract)' --output-on-failure --no-tests=error
done
finish
