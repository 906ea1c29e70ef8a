#!/usr/bin/env bash
# --help is wrapped to the terminal: help_test.sh PROGRAM
set -euo pipefail
program=$1
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=tests/documents/require.sh
. "$here/require.sh"
require tmux
# shellcheck source=tests/documents/terminal.sh
. "$here/terminal.sh"

start_terminal 80 24
for columns in 40 80 100; do
  in_terminal resize-window -x "$columns" -y 500
  # shellcheck disable=SC2016
  run_there sh -c '"$1" --help && echo "That is all." && exec cat' sh "$program"
  shows '^That is all' || fail "--help does not end well at $columns columns"
  # Lines that the terminal had to break are joined by -J.
  joined=$(in_terminal capture-pane -pJ | sed 's/ *$//')
  broken=$(comm -13 <(screen | sort -u) <(sort -u <<<"$joined"))
  [[ ! $broken ]] || fail "--help is wider than $columns columns: $broken"
  widest=$(awk '{ if (length > most) most = length } END { print most }' <<<"$joined")
  ((widest > columns - 12)) || fail "--help does not use $columns columns, but $widest"
done

finish
