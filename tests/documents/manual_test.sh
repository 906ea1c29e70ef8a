#!/usr/bin/env bash
# The man page reads well, and what it shows works: manual_test.sh INSTALLED
# INSTALLED: the directory that everything is installed in.
set -euo pipefail
installed=$1
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=tests/documents/require.sh
. "$here/require.sh"
require mandoc man lexgrog systemd-analyze

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
compressed=$installed/share/man/man1/clear-app-cache.1.gz
page=$directory/clear-app-cache.1
gzip -dc "$compressed" >"$page"
plain() { sed 's/.\x08//g'; }

complaints=$(mandoc -Tlint "$page" 2>&1) || true
[[ ! $complaints ]] || fail "mandoc complains: $complaints"
complaints=$(LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -l "$page" 2>&1 >/dev/null) || true
[[ ! $complaints ]] || fail "man complains: $complaints"
lexgrog "$page" >/dev/null || fail "whatis and apropos cannot read its name"

[[ $(MANPATH=$installed/share/man man -w clear-app-cache) -ef $compressed ]] ||
  fail "man does not find it where it is installed"

LC_ALL=C MANWIDTH=80 man -l "$page" | plain >"$directory/man"
mandoc -Tascii -O width=80 "$page" | plain >"$directory/mandoc"
for formatter in man mandoc; do
  wide=$(awk 'length > 80' "$directory/$formatter")
  [[ ! $wide ]] || fail "$formatter shows lines wider than 80 columns:"$'\n'"$wide"
done

sections='NAME SYNOPSIS DESCRIPTION OPTIONS EXIT STATUS ENVIRONMENT JSON OUTPUT EXAMPLES NOTES SEE ALSO'
[[ $(grep -E '^[A-Z ]+$' "$directory/man" | xargs) == "$sections" ]] || fail "the sections changed"

# The units that the page names are installed.
for unit in clear-app-cache.service clear-app-cache.timer; do
  # systemd looks whether the program is there.
  sed "s|^ExecStart=[^ ]*|ExecStart=$installed/bin/clear-app-cache|" "$installed/lib/systemd/system/$unit" >"$directory/$unit"
  complaints=$(systemd-analyze verify --man=no "$directory/$unit" 2>&1 | grep -F "$unit") || true
  [[ ! $complaints ]] || fail "systemd complains about $unit: $complaints"
  grep -qF "$unit" "$directory/man" || fail "the page does not name $unit"
done

finish
