#!/usr/bin/env bash
# While a build runs, its records cannot go: TOOL exits 3 and names them, and the build is not
# harmed. Once it has ended, TOOL finishes the job.
#
#   running_build_test.sh ENGINE TOOL
set -euo pipefail
here=$(dirname "$0")
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
scene_begin "$@"

check "the scene is built" scene_images_only
start_running_build
step='mount / from exec /bin/sh -c sh /bin/wait'

run_tool "$tool" backend
check "exit 3 while a build runs" exits 3
check "the text names the step that runs" contains "$tool_output" "$step"

held=$(in_use)
run_tool "$tool" --json backend
check "exit 3 with --json" exits 3
residue=${tool_output#*\"residue\":}
check "the step that runs is in use" contains "$held" "$step"
residue_has_all() {
  while read -r description; do contains "$residue" "$description" || return; done
}
check "residue[] has all $(wc -l <<<"$held") records in use" residue_has_all <<<"$held"

check "the build finishes" finish_running_build
finished=$(step_uuids "$(image_of backend)")
build_app backend
check "what it held is reusable" all_recur "$finished" "$(step_uuids "$(image_of backend)")"

run_tool "$tool" backend
check "exit 0 after the build" exits 0
build_app backend
check "fresh" fresh "$finished" "$(step_uuids "$(image_of backend)")"
scene_clean
finish
