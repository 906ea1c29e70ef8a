#!/usr/bin/env bash
# Every document names every option of the table, and no other option:
# options_test.sh OPTION_ROWS PROGRAM SOURCE_DIR
set -euo pipefail
rows=$1
program=$2
source_dir=$3
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=tests/documents/require.sh
. "$here/require.sh"

documents=$(mktemp -d)
trap 'rm -rf "$documents"' EXIT
"$program" -h >"$documents/short help"
"$program" --help >"$documents/help"
sed 's/\\-/-/g; s/\\f[BIR]//g; s/\\ / /g' "$source_dir/man/clear-app-cache.1" >"$documents/man page"
for completion in clear-app-cache.bash _clear-app-cache clear-app-cache.fish; do
  cp "$source_dir/completions/$completion" "$documents/$completion"
done

# has DOCUMENT TEXT: as a word of its own
has() {
  grep -Eq -- "(^|[^a-z-])$2([^a-z-]|\$)" "$documents/$1" || fail "$1 does not name $2"
}

count=0
while IFS=$'\t' read -r letter name placeholder values variable _ _ line; do
  if [[ $name == TARGET ]]; then
    names=()
  else
    names=("--$name")
    [[ $letter == - ]] || names+=("-$letter")
    count=$((count + 1))
  fi
  for option in "${names[@]}"; do
    for document in 'short help' help 'man page' clear-app-cache.bash _clear-app-cache; do
      has "$document" "$option"
    done
    # fish names options without their dashes.
    case $option in
      --*) has clear-app-cache.fish "-l ${option#--}" ;;
      *) has clear-app-cache.fish "-s ${option#-}" ;;
    esac
  done
  grep -Fq -- "$line" "$documents/short help" || fail "the short help does not say: $line"
  if [[ $placeholder != - ]]; then
    for document in 'short help' help 'man page'; do has "$document" "$placeholder"; done
  fi
  if [[ $variable != - ]]; then
    for document in help 'man page'; do has "$document" "$variable"; done
  fi
  if [[ $values != - ]]; then
    for document in clear-app-cache.bash _clear-app-cache clear-app-cache.fish; do
      has "$document" "$values"
    done
  fi
done < <("$rows")
((count > 0)) || fail "the table names no option"

for document in 'short help' help 'man page'; do has "$document" '-- BUILD COMMAND'; done

# Options of docker, podman and RUN that the texts mention.
foreign='all build builder format mount no-cache print profile'
known=$({
  "$rows" | cut -f 2
  tr ' ' '\n' <<<"$foreign"
} | sort -u)
for document in "$documents"/*; do
  unknown=$(grep -Eo -- '(^|[^a-z-])--[a-z][a-z-]*' "$document" | sed 's/^.*--/--/; s/^--//' |
    sort -u | comm -23 - <(echo "$known"))
  [[ ! $unknown ]] || fail "$(basename "$document") names what is no option: ${unknown//$'\n'/ }"
done

# Every environment variable that the program reads is documented.
variables=0
while read -r variable; do
  for document in help 'man page'; do has "$document" "$variable"; done
  variables=$((variables + 1))
done < <(grep -Erho --include='*.cpp' 'environment\("[A-Z_]+"\)' "$source_dir/src" | cut -d '"' -f 2 | sort -u)
((variables > 5)) || fail "the sources read $variables variables: they were not found"

lines=$(wc -l <"$documents/short help")
columns=$(awk '{ if (length > most) most = length } END { print most }' "$documents/short help")
# One line is left for the prompt.
((lines <= 29)) || fail "-h has $lines lines: it does not fit a screen of 30"
((columns <= 80)) || fail "-h has $columns columns: it does not fit a screen of 80"

finish
