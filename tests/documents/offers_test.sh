#!/usr/bin/env bash
# What a completion file offers after each argument is what the option table says: every option but
# the one that was given and those that it excludes, the targets, and the values of a choice.
# offers_test.sh bash|zsh|fish OPTION_ROWS COMPLETION_FILE
set -euo pipefail
suite=$1
rows=$2
file=$3
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=tests/documents/require.sh
. "$here/require.sh"
require "$suite"

# Reads command lines, prints a line of offers for the last word of each.
offers() { "$suite" "$here/offers.$suite" "$file"; }

# Puts the words of each line in order.
sorted() {
  awk '{
    for (i = 2; i <= NF; i++)
      for (j = i; j > 1 && $(j - 1) > $j; j--) { word = $j; $j = $(j - 1); $(j - 1) = word }
    $1 = $1
    print
  }'
}

declare -A placeholders choices excluded repeats
names=()
while IFS=$'\t' read -r letter name placeholder values _ excludes repeat _; do
  [[ $letter == - ]] || letters[${#names[@]}]=$letter
  names+=("$name")
  placeholders[$name]=$placeholder
  choices[$name]=$values
  excluded[$name]=$excludes
  repeats[$name]=$repeat
done < <("$rows")

lines=()
expected=()
# expect LINE OFFERS
expect() {
  lines+=("$1")
  expected+=("$2")
}

# expect_after GIVEN NAME: what goes with the argument NAME, which was given as GIVEN
expect_after() {
  local options='' name given=$2
  [[ ${repeats[$2]} == - ]] || given=
  for name in "${names[@]}"; do
    [[ $name == TARGET || " $given ${excluded[$2]} " == *" $name "* ]] || options+=" --$name"
  done
  expect "$1 --" "$options"
  [[ " $2 ${excluded[$2]} " == *' TARGET '* ]] || expect "$1 " "${choices[TARGET]}"
}

expect '' "${choices[TARGET]}"
for i in "${!names[@]}"; do
  name=${names[i]}
  value=
  [[ ${placeholders[$name]} == - ]] || value=' 5'
  case $name in
    TARGET) expect_after backend TARGET ;;
    help | version) ;; # whatever else is given then
    *)
      expect_after "--$name$value" "$name"
      [[ ! ${letters[i]:-} ]] || expect_after "-${letters[i]}$value" "$name"
      ;;
  esac
  [[ $name == TARGET || ${choices[$name]} == - ]] || expect "--$name " "${choices[$name]}"
done

mapfile -t expected < <(printf '%s\n' "${expected[@]}" | sorted)
mapfile -t offered < <(printf '%s\n' "${lines[@]}" | offers | sorted)
((${#offered[@]} == ${#lines[@]})) || fail "${#offered[@]} answers to ${#lines[@]} lines"
for i in "${!lines[@]}"; do
  [[ ${offered[i]:-} == "${expected[i]}" ]] && continue
  fail "after '${lines[i]}' it offers: ${offered[i]:-}"
  echo "  instead of: ${expected[i]}" >&2
done
echo "$suite: ${#lines[@]} lines"
finish
