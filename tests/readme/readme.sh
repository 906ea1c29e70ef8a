# shellcheck shell=bash
# Sourced: what README.md says, by kind. Nothing here knows what it means.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readme=$root/README.md

# fenced LANGUAGE: its code blocks in that language, one after the other
fenced() {
  awk -v fence="\`\`\`$1" '
    /^```/ { inside = !inside && $0 == fence; next }
    inside' "$readme"
}

# spans: the inline code of its prose, one a line
# shellcheck disable=SC2016
spans() { awk '/^```/ { fenced = !fenced } !fenced' "$readme" | grep -o '`[^`]*`' | tr -d '`'; }

# What the reader types, in its order: without comments.
commands() { fenced sh | sed -E 's/[[:space:]]+#.*//; /^$/d'; }
commands_in_prose() {
  spans | grep -E '^(sudo|sh|bash|cmake|apt-get|docker|podman|scp|ssh|flock|clear-app-cache) '
}

block_names() { sed -nE 's/^<!-- output: (.+) -->$/\1/p' "$readme"; }

# block NAME: what is between its marks
block() {
  awk -v begin="<!-- output: $1 -->" '
    $0 == "<!-- end -->" { inside = 0 }
    inside
    $0 == begin { inside = 1 }' "$readme"
}

replace_block() { # NAME FILE
  local new
  new=$(awk -v begin="<!-- output: $1 -->" -v file="$2" '
    $0 == "<!-- end -->" { inside = 0 }
    !inside
    $0 == begin { inside = 1; while ((getline line <file) > 0) print line }' "$readme") &&
    echo "$new" >"$readme"
}

# readme_workflows DIRECTORY: its two kinds of jobs, each with the head of the workflow, as a user has them
readme_workflows() {
  local directory=$1/.github/workflows
  mkdir -p "$directory"
  fenced yaml | awk -v directory="$directory" '
    /^name: Clear Application Caches$/ { part = "head" }
    /^jobs:$/ { part = part == "head" ? "short" : part == "short" ? "source" : "other" }
    part ~ /^(head|source)$/ { print >(directory "/source.yml") }
    part ~ /^(head|short)$/ { print >(directory "/short.yml") }'
}
