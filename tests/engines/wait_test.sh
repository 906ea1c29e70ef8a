#!/usr/bin/env bash
# With --wait TOOL waits for a running build to end, and then clears; when the build does not end
# within --timeout, nothing was changed.
#
#   wait_test.sh ENGINE TOOL
set -euo pipefail
here=$(dirname "$0")
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
scene_begin "$@"

check "the scene is built" scene_images_only
start_running_build
images=$(image_ids)

run_tool "$tool" --wait --timeout 2s backend
check "exit 1 when the build outlasts --timeout" exits 1
check "the message says what was waited for" contains "$tool_errors" 'while waiting for the running builds to end'
check "nothing was changed" equal "$(image_ids)" "$images"
run_tool "$tool" --wait --timeout 2s --verify-only backend
check "--verify-only also waits" contains "$tool_errors" 'while waiting for the running builds to end'

# The requests show when it waits: then the build may end.
log=$contexts/wait.log
"$tool" -H "unix://$SOCKET" --wait --verbose backend >"$contexts/wait.out" 2>"$log" &
waiting=$!
check "it polls" has_polled 3 "$log"
check "the build finishes" finish_running_build
status=0
wait "$waiting" || status=$?
check "exit 0 once the build has ended" equal "$status" 0
finished=$(grep -c 'POST /v[0-9.]*/build/prune' "$log")
check "the cache was pruned after the waiting" equal "$((finished > 0))" 1
check "the image that the build tagged is gone" equal "$(image_ids | grep -c watchparty-backend)" 0
scene_clean
finish
