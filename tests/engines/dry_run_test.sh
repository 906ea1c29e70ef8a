#!/usr/bin/env bash
# A dry run changes nothing, and its plan is what a real run then does: the same objects, the same records
# and the same bytes of the build cache.
#
#   dry_run_test.sh ENGINE TOOL
set -euo pipefail
here=$(dirname "$0")
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
scene_begin "$@"

# Everything that a run could change.
state() {
  image_ids
  client ps -a --format '{{.Names}} {{.Image}}' | sort
  settled_records
}
# For a moment, about a second after its start, an engine's garbage collector holds records, which are then listed
# under other IDs and types (seen on 28.5). So: what two lists in a row agree on.
settled_records() {
  local i records before=
  for ((i = 0; i < 10; i++)); do
    records=$(api GET /system/df | jq -cS '[.BuildCache[] | {ID, Size, Type}] | sort_by(.ID)')
    [[ $records != "$before" ]] || break
    before=$records
    sleep 0.3
  done
  echo "$records"
}
objects() { jq -c '[.actions[] | [.action, .object]]' <<<"$1"; }
cache() { jq -c ".actions[] | select(.action == \"prune-build-cache\") | $2" <<<"$1"; }

for target in backend all; do
  check "$target: the scene is built" scene_containers
  before=$(state)
  run_tool "$tool" --dry-run --json "$target"
  plan=$tool_output
  check "$target: the plan is made" exits 0
  check "$target: nothing has changed" equal "$(state)" "$before"
  check "$target: every action is only planned" equal "$(jq -c '[.actions[].status] | unique' <<<"$plan")" '["planned"]'
  check "$target: there is a cache to plan about" equal "$(($(cache "$plan" .planned_count) > 10))" 1

  run_tool "$tool" --json "$target"
  check "$target: the run" exits 0
  check "$target: the objects are those of the plan" equal "$(objects "$tool_output")" "$(objects "$plan")"
  check "$target: the records and bytes are those of the plan" equal \
    "$(cache "$tool_output" '[.count, .reclaimed_bytes]')" "$(cache "$plan" '[.planned_count, .planned_bytes]')"
done
scene_clean
finish
