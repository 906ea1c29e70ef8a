#!/usr/bin/env bash
# The packages and the image: two builds are the same bytes, lintian finds no error, and what is installed runs and
# is removed without leftovers, in roots that are a user's machine.
#
#   packages_test.sh DIRECTORY    which tests/ship/build.sh has filled
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/engines/check.sh
. "$here/../engines/check.sh"
engine_sh=$here/../engines/engine.sh
built=$(realpath "${1:?DIRECTORY}")
[[ $(id -u) == 0 ]] || exit 77 # it makes roots
work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT

shopt -s nullglob
deb=("$built"/one/*.deb) image=("$built"/one/*-image-*.tar.gz) archive=("$built"/one/*-linux-*.tar.gz)
mkdir "$work/unpacked"
tar -C "$work/unpacked" --strip-components=1 -xzf "${archive[0]}"
readme=$(cat "$here/../../README.md")
for file in "${deb[0]}" "${archive[0]}" "${image[0]}"; do
  check "two builds are the same bytes: ${file##*/}" cmp "$file" "$built/other/folder/${file##*/}"
  check "the README names it" contains "$readme" "${file##*/}"
done
for unit in service timer; do
  packaged=$(cat "$work/unpacked/usr/lib/systemd/system/clear-app-cache.$unit")
  check "the README has the $unit" contains "$readme" "clear-app-cache.$unit"$'\n'"$packaged"
done
check "lintian: no error" lintian --allow-root --fail-on error "${deb[0]}"
check "the archive: the program runs" "$work/unpacked/usr/bin/clear-app-cache" --version

# files ROOT: without what dpkg itself writes down
files() { (cd "$1" && find . -path ./var/lib/dpkg -prune -o -path ./var/log -prune -o -print | sort); }
for suite in bookworm trixie sid; do
  "$engine_sh" prepare "host-$suite"
  root=$work/$suite
  cp -a "$("$engine_sh" root "host-$suite")" "$root"
  cp "${deb[0]}" "$root/package.deb"
  # minbase leaves out the manual pages and much of the documentation, as containers do.
  rm -f "$root"/etc/dpkg/dpkg.cfg.d/*
  files "$root" >"$work/before"
  check "$suite: it is installed" chroot "$root" dpkg -i /package.deb
  for file in usr/bin/clear-app-cache usr/share/man/man1/clear-app-cache.1.gz usr/lib/systemd/system/clear-app-cache.timer \
    usr/share/bash-completion/completions/clear-app-cache usr/share/zsh/vendor-completions/_clear-app-cache \
    usr/share/fish/vendor_completions.d/clear-app-cache.fish; do
    check "$suite: $file" test -s "$root/$file"
  done
  check "$suite: the timer is not enabled" equal "$(find "$root/etc/systemd" -name 'clear-app-cache*')" ''
  wants=$root/etc/systemd/system/timers.target.wants
  mkdir -p "$wants"
  ln -s /usr/lib/systemd/system/clear-app-cache.timer "$wants" # as `systemctl enable` does
  check "$suite: it runs" chroot "$root" clear-app-cache --version
  check "$suite: without an engine, exit 4" equal "$(chroot "$root" clear-app-cache >/dev/null 2>&1 || echo $?)" 4
  check "$suite: it is removed" chroot "$root" dpkg -P clear-app-cache
  files "$root" >"$work/after"
  check "$suite: nothing is left of it" diff "$work/before" "$work/after"
  chroot "$root" dpkg -i /package.deb >/dev/null
  touch "$root/etc/systemd/system/clear-app-cache.timer"
  ln -s ../clear-app-cache.timer "$wants"
  check "$suite: it is removed again" chroot "$root" dpkg -P clear-app-cache
  check "$suite: an administrator's own timer stays enabled" test -e "$wants/clear-app-cache.timer"
  rm -rf --one-file-system "$root"
done
finish
