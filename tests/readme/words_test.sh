#!/usr/bin/env bash
# README.md speaks of the options and exit statuses that the tool has.
#
#   words_test.sh TOOL
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/engines/check.sh
. "$here/../engines/check.sh"
# shellcheck source=tests/readme/readme.sh
. "$here/readme.sh"
tool=$(realpath "${1:?TOOL}")
help=$("$tool" --help)

# The options of the tool: in its command lines, and alone in the prose.
options() {
  {
    for language in sh yaml yml crontab ini console; do fenced "$language"; done |
      grep -E '(^|[ /])clear-app-cache(:[^ ]+)? .*-' |
      sed -E 's/^.*[ /]clear-app-cache(:[^ ]+)? //; s/[|>].*//'
    commands_in_prose | grep '^clear-app-cache '
    spans | grep '^-'
  } | sed -E 's/(^| )-- .*//' | grep -oE '(^| )--?[a-z][a-z-]*' | tr -d ' ' | sort -u |
    grep -vx -e --env-file # Compose's, in the table of what is built
}
mapfile -t found < <(options)
check "the README has options: ${found[*]}" equal "$((${#found[@]} > 5))" 1
for option in "${found[@]}"; do
  check "--help has $option" grep -qE -- "^  (-., )? *${option}( |\$)" <<<"$help"
done

in_readme=$(sed -n '/^## Exit status/,/^## /s/^| \([0-9][0-9N+]*\) |.*/\1/p' "$readme" | sort)
in_help=$(sed -n '/^Exit status:/,/^$/s/^  \([0-9][0-9N+]*\) .*/\1/p' <<<"$help" | sort)
check "statuses: $(tr '\n' ' ' <<<"$in_help")" equal "$in_readme" "$in_help"
check "there are six" equal "$(wc -l <<<"$in_help")" 6
in_manual=$(sed -n '/^\.SH EXIT STATUS/,/^\.SH /s/^\\fB\([0-9][0-9N+]*\)\\fR$/\1/p' "$root/man/clear-app-cache.1" | sort)
check "the manual also has them" equal "$in_manual" "$in_help"
finish
