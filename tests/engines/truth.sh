# shellcheck shell=bash
# shellcheck disable=SC2153,SC2154  # what scene.sh and check.sh set
# Sourced after these by the tests that measure what clearing is worth: one row for each build after a
# clearing. tests/readme/truth_table.py and update.sh make the README's tables of them.

# truth_begin SCENE: the rows that follow are about builds in this scene, with this BUILDER.
truth_begin() {
  local version store=
  version=$(api GET /version | jq -r .Version) || return
  [[ $ENGINE != *-containerd ]] || store=', containerd store'
  truth_engine="Docker ${version%%[+~-]*}$store" truth_scene=$1
  truth_file=${TRUTH_DIR:-$(dirname "${BASH_SOURCE[0]}")/../../build/truth}/$ENGINE.$BUILDER.$1.tsv
  mkdir -p "$(dirname "$truth_file")" && : >"$truth_file.part"
}

# truth_row TARGET SERVICE EXIT UNCLEARED SCRIPT TOOL: the tool's exit status, and how many of the service's
# steps came from the cache with nothing cleared, after the old script, and after the tool.
truth_row() {
  local builder=$BUILDER row
  [[ $INLINE == no ]] || builder+=-inline
  printf -v row '%s\t' "$truth_engine" "$builder" "$truth_scene" "$1" "$CACHE_FROM" "$2" "$3" "$4" "$5" "$6"
  echo "$row$step_count" >>"$truth_file.part"
}

# compose_begin SCENE, compose_row TITLE EXIT UNCLEARED TOOL: the same for a kind of Compose file, or build command.
compose_begin() {
  BUILDER=compose truth_begin "$1"
}
compose_row() {
  printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$truth_engine" "$1" "$2" "$3" "$4" "$step_count" >>"$truth_file.part"
}

# The rows count only if nothing has failed.
truth_end() { ((failed > 0)) || mv "$truth_file.part" "$truth_file"; }
