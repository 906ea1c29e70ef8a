# shellcheck shell=bash
# shellcheck disable=SC2153,SC2154  # what scene.sh sets
# Sourced after scene.sh by the tests that measure what clearing is worth: one row for each build after
# a clearing. tests/readme/truth_table.sh makes the README's table from them.

# truth_begin: forgets what was measured on this engine with this BUILDER before.
truth_begin() {
  local version store=
  version=$(curl -fsS --unix-socket "$SOCKET" http://engine/version | jq -r .Version) || return
  [[ $ENGINE != *-containerd ]] || store=', containerd store'
  truth_engine="Docker ${version%%[+~-]*}$store"
  truth_file=${TRUTH_DIR:-$(dirname "${BASH_SOURCE[0]}")/../../build/truth}/$ENGINE-$BUILDER.tsv
  mkdir -p "$(dirname "$truth_file")" && : >"$truth_file"
}

# truth_row SCENE TARGET SERVICE EXIT UNCLEARED SCRIPT TOOL: the tool's exit status, and how many of the
# service's steps came from the cache with nothing cleared, after the old script, and after the tool.
truth_row() {
  local builder=$BUILDER row
  [[ $INLINE == no ]] || builder+=-inline
  printf -v row '%s\t' "$truth_engine" "$builder" "${1//_/ }" "$2" "$CACHE_FROM" "$3" "$4" "$5" "$6" "$7"
  echo "$row$step_count" >>"$truth_file"
}
