#!/bin/sh
# Installs what building and testing need, where it is missing: setup.sh [GROUP...]
# Groups: build, engines, documents, checks, ship (what the static program and the packages need), ship-arm64 (the same
# for arm64, on Debian). Debian and Ubuntu; needs root. No container engine is installed: those of the tests live in
# roots of their own (tests/engines/engine.sh).
set -eu

build='g++ cmake ninja-build pkg-config libcurl4-openssl-dev libcxxopts-dev libfmt-dev
  nlohmann-json3-dev doctest-dev'
engines='bash curl debootstrap debian-archive-keyring busybox-static iproute2 util-linux jq strace procps
  openssh-client openssl python3'
documents='mandoc man-db zsh fish bash-completion tmux python3 python3-yaml systemd util-linux shellcheck'
checks='clang clang-format clang-tidy shellcheck'
ship='libssl-dev libc-ares-dev lintian dpkg-dev'
ship_arm64='g++-aarch64-linux-gnu libssl-dev:arm64 libc-ares-dev:arm64 libfmt-dev:arm64'

packages=
for group in "${@:-build}"; do
  case $group in
    build) packages="$packages $build" ;;
    engines) packages="$packages $engines" ;;
    documents) packages="$packages $documents" ;;
    checks) packages="$packages $checks" ;;
    ship) packages="$packages $ship" ;;
    ship-arm64) packages="$packages $ship_arm64" ;;
    *) echo "setup.sh: no group called '$group'" >&2 && exit 2 ;;
  esac
done

missing=
for package in $packages; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
    missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -ne 0 ]; then
  echo "setup.sh: missing:$missing (install them, or run this with sudo)" >&2
  exit 1
fi
echo "installing:$missing" >&2
case $missing in *:arm64*) dpkg --add-architecture arm64 ;; esac
apt-get -qq update
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends $missing >/dev/null
