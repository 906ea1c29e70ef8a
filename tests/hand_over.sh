#!/bin/sh
# After sudo: what was built belongs to the user who asked for it, and can go on building without sudo.
# shellcheck disable=SC2153 # sudo sets both
set -eu
cd "$(dirname "$0")/.."
[ -z "${SUDO_UID-}" ] || chown -R "$SUDO_UID:$SUDO_GID" build/release
[ -z "${SUDO_UID-}" ] || chown "$SUDO_UID:$SUDO_GID" build
