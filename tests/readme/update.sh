#!/usr/bin/env bash
# Writes the generated blocks of README.md anew, from real runs; a block whose source is missing stays.
#
#   update.sh TOOL [BLOCK...]
#
#   clear, dry-run   runs of TOOL on an engine that is started for it
#   truth            what clearing_test.sh and classic_test.sh (tests/engines) left in build/truth
#   compose          what compose_test.sh and build_command_test.sh left there
#   swarm            what fleet_test.sh left there
#   benchmark        build/bench/table.md: sh tests/bench/run.sh >build/bench/table.md
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/engines/scene.sh
. "$here/../engines/scene.sh"
# shellcheck source=tests/readme/readme.sh
. "$here/readme.sh"
# shellcheck source=tests/readme/host.sh
. "$here/host.sh"
# shellcheck source=tests/readme/outputs.sh
. "$here/outputs.sh"
tool=$(realpath "${1:?TOOL}")
shift
names=("$@")
(($#)) || mapfile -t names < <(block_names)

end() {
  rm -rf "$made"
  scene_end
}
made=$(mktemp -d)
trap end EXIT

if [[ " ${names[*]} " =~ \ (clear|dry-run)\  ]]; then
  scene_use "$outputs_engine"
  outputs_make "$tool" "$made"
fi

# A line for each kind of file and its numbers, with the engines that have them.
compose_table() {
  echo '| What is built | engines | reused: nothing cleared | after the tool | its exit status |'
  echo '| --- | --- | --- | --- | --- |'
  cat "$root"/build/truth/*.compose.*.tsv | awk -F '\t' '
    {
      numbers = $4 " of " $6 " | " $5 " of " $6 " | " $3
      if (!($2 in titles)) { titles[$2]; order[++count] = $2 }
      key = $2 SUBSEP numbers
      if (!(key in engines)) lines[$2] = lines[$2] (lines[$2] ? "\n" : "") numbers
      engines[key] = engines[key] (engines[key] ? "; " : "") $1
    }
    END {
      for (i = 1; i <= count; i++) {
        n = split(lines[order[i]], parts, "\n")
        for (j = 1; j <= n; j++) print "| " order[i] " | " engines[order[i], parts[j]] " | " parts[j] " |"
      }
    }'
}

make_block() { # NAME
  case $1 in
    clear | dry-run) ;; # they are made
    truth) "$here/truth_table.py" "$root/build/truth" >"$made/truth" ;;
    compose) compose_table >"$made/compose" ;;
    swarm) cp "$root/build/truth/swarm" "$made/swarm" ;;
    benchmark) cp "$root/build/bench/table.md" "$made/benchmark" ;;
    *) echo "update.sh: no rule makes the block $1" >&2 && return 1 ;;
  esac
}

for name in "${names[@]}"; do
  if make_block "$name"; then
    replace_block "$name" "$made/$name"
  else
    echo "update.sh: the block $name stays as it was" >&2
  fi
done
