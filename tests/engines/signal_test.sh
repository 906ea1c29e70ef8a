#!/usr/bin/env bash
# INT, TERM and HUP end a run at once, it says what it did, and running it again finishes the job:
# while it waits for a build, and while the engine prunes.
#
#   signal_test.sh ENGINE TOOL
set -euo pipefail
here=$(dirname "$0")
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
# shellcheck source=tests/engines/trace.sh
. "$here/trace.sh"
scene_begin "$@"

ended_by_signal() {
  local expected=$((128 + $(kill -l "$signal")))
  check "$signal: 128 and its number" equal "$cut_status" "$expected"
  check "$signal: one line of JSON says so" equal \
    "$(jq -c '[.exit_status, .error.kind, .verdict]' "$contexts/cut.out")" "[$expected,\"interrupted\",\"unknown\"]"
}

for signal in INT TERM HUP; do
  check "$signal: the scene is built" scene_images_only
  start_running_build
  : >"$contexts/cut.errors"
  env --default-signal=INT "$tool" -H "unix://$SOCKET" --wait --verbose --json backend \
    >"$contexts/cut.out" 2>"$contexts/cut.errors" &
  running=$!
  check "$signal: it waits for the build" has_polled 2 "$contexts/cut.errors"
  kill "-$signal" "$running"
  cut_status=0
  wait "$running" || cut_status=$?
  ended_by_signal
  check "$signal: the build is not harmed" finish_running_build
  sent=$(requests "$tool" backend)
  run_tool "$tool" --verify-only backend
  check "$signal: the next run finishes the job" exits 0

  build_app backend
  earlier=$(step_uuids "$(image_of backend)")
  cut_short "$signal" sendto "$(prune_in "$sent")" "$tool" --json backend
  # Systemd sends TERM to the rest of a unit whose main process has ended.
  for process in $(pgrep -f -- "$tool -H unix://$SOCKET"); do kill -TERM "$process" 2>/dev/null || :; done
  ended_by_signal
  check "$signal: the image was removed, the prune interrupted" equal \
    "$(jq -c '[.actions[] | [.action, .status]]' "$contexts/cut.out")" \
    '[["remove-image","done"],["prune-build-cache","cancelled"]]'
  run_tool "$tool" backend
  check "$signal: the next run also finishes that" exits 0
  build_app backend
  check "$signal: fresh" fresh "$earlier" "$(step_uuids "$(image_of backend)")"
done

# As a container's first process, whose end ends every other one.
signal=TERM
build_app backend
sent=$(requests "$tool" backend)
build_app backend
traced_by=(unshare --pid --fork --kill-child) traced_by_child=(-D)
cut_short TERM sendto "$(prune_in "$sent")" "$tool" --json backend
ended_by_signal
check "the first process: the prune was interrupted" equal "$(jq -c '.actions[-1].status' "$contexts/cut.out")" '"cancelled"'
run_tool "$tool" backend
check "the first process: the engine has finished it" exits 0
scene_clean
finish
