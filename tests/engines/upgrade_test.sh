#!/usr/bin/env bash
# Another version of the engine opens its data directory, behind the same socket: between two runs of TOOL, before the
# first, and in the middle of one. "Clean" is never wrong, and the next run finishes the work. ENGINE is the one that
# comes: 28.5 after 20.10, with either store, or 20.10 again after 28.5.
#
#   upgrade_test.sh ENGINE TOOL
set -euo pipefail
here=$(dirname "$0")
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
# shellcheck source=tests/engines/trace.sh
. "$here/trace.sh"
# shellcheck source=tests/engines/relay.sh
. "$here/relay.sh"
case $1 in
  *-bookworm) old=sid new=bookworm old_api=1.51 ;;
  *) old=bookworm new=sid old_api=1.41 ;;
esac
"$engine_sh" wipe "$1.9" # an engine of its own
ENGINE_SUITE=$old scene_begin "$1.9" "$2"
# All that later builds can take steps from.
INLINE=yes CACHE_FROM=yes

scene() {
  ENGINE_SUITE=$old CACHE_FROM=no scene_containers || return
  in_engine docker update --restart always wp-backend >/dev/null
  earlier=$(step_uuids "$(image_of backend)")
  others=$(other_images)
}
other_images() { image_id "$(image_of other)" && image_id "$(image_of backend-old)"; }
containers() { container_pid wp-backend 2>/dev/null && container_state wp-frontend; }
replace() { "$engine_sh" replace "$ENGINE" "$new"; }
come_back() { "$engine_sh" replace "$ENGINE" "$old"; }
version() { api GET /version | jq -r .Version; }
records() { api GET /system/df | jq '.BuildCache // [] | length'; }
# The containerd store does not have what the older engine's store has.
has_same_store() { [[ $ENGINE != *-containerd* ]]; }

finishes() {
  local before
  before=$(containers) || :
  run_tool "$tool" all
  check "$name: exit 0" exits 0
  check "$name: by the engine that has come" contains "$tool_output" "Docker $(version)"
  check "$name: containers are unharmed" equal "$(containers)" "$before"
  if has_same_store; then
    check "$name: a container runs" container_pid wp-backend
    check "$name: other images are unharmed" equal "$(other_images)" "$others"
  fi
  check "$name: no record is left" equal "$(records)" 0
  check "$name: no image is left" no_image_has "$(image_of backend)"
  build_app backend
  check "$name: fresh" fresh "$earlier" "$(step_uuids "$(image_of backend)")"
}

name="nothing is cleared"
scene
old_version=$(version)
replace
check "$name: another version has come, $(version) after $old_version" test "$(version)" != "$old_version"
build_app backend
echo "# $(recurring "$earlier" "$(step_uuids "$(image_of backend)")") of $step_count steps come from the data directory"
scene
replace
echo "# it finds $(records) cache records and $(api GET /images/json | jq length) images"
come_back
build_app backend
check "$name: back with the engine before, all is there" all_recur "$earlier" "$(step_uuids "$(image_of backend)")"

name="cleared, then back to the engine before"
scene
replace
run_tool "$tool" all
check "$name: exit 0" exits 0
come_back
if ! has_same_store; then
  run_tool "$tool" --verify-only
  check "$name: what it had in the other store is found" exits 3
  run_tool "$tool" all
  check "$name: that is cleared, too" exits 0
fi
build_app backend
check "$name: fresh" fresh "$earlier" "$(step_uuids "$(image_of backend)")"

name="replaced before the first run"
scene
replace
finishes

name="replaced between two runs"
scene
run_tool "$tool" all
check "$name: the first run, exit 0" exits 0
replace
finishes

scene
sent=$(requests "$tool" all)
number_of() { grep -n -m1 "$1" <<<"$sent" | cut -d: -f1; }
for target in '^DELETE' /images/prune /build/prune; do
  number=$(number_of "$target")
  name="killed before request $number ($target), then replaced"
  scene
  cut_short KILL sendto "$number" "$tool" all
  check "$name" equal "$cut_status" 137
  replace
  finishes
done
for target in /_ping /containers '^DELETE' /images/prune /build/prune /system/df; do
  number=$(number_of "$target")
  name="replaced before request $number ($target) of a run"
  scene
  relayed "$number" before "'$engine_sh' replace '$ENGINE' '$new'" "$tool" all
  check "$name" relay_said back
  echo "# exit $tool_status: $(grep -m1 '^[a-z-]*: error: ' <<<"$tool_errors" || tail -n 1 <<<"$tool_output")"
  check "$name: exit 0, 1, 3 or 4" contains ' 0 1 3 4 ' " $tool_status "
  if [[ $tool_status == 0 ]]; then
    build_app backend
    check "$name: exit 0 is true" fresh "$earlier" "$(step_uuids "$(image_of backend)")"
  fi
  finishes
done

name="DOCKER_API_VERSION=$old_api, the API of the engine before"
scene
replace
tool_status=0
tool_output=$(DOCKER_API_VERSION=$old_api "$tool" -H "unix://$SOCKET" all 2>&1) || tool_status=$? tool_errors=
if [[ $new == sid ]]; then
  check "$name: exit 0" exits 0
  check "$name: that API" contains "$tool_output" "(API $old_api,"
  build_app backend
  check "$name: fresh" fresh "$earlier" "$(step_uuids "$(image_of backend)")"
else
  check "$name: exit 4" exits 4
  check "$name: the reason" contains "$tool_output" "client version $old_api is too new"
fi
finishes

finish
