#!/usr/bin/env bash
# INT, TERM and HUP end a run at once, it says what it did, and running it again finishes the job.
#
#   signal_test.sh ENGINE TOOL
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/engines/check.sh
. "$here/check.sh"
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
engine=${1:?ENGINE} tool=$(realpath "${2:?TOOL}")

trap scene_end EXIT
scene_use "$engine"
# The run waits for a build, so that the signal finds it at work.
for signal in INT TERM HUP; do
  check "$signal: the scene is built" scene_images_only
  start_running_build
  errors=$contexts/signal.errors
  : >"$errors"
  # A shell starts background jobs with INT ignored, which the tool respects; env puts that right.
  env --default-signal=INT "$tool" -H "unix://$SOCKET" --wait --verbose --json backend \
    >"$contexts/signal.out" 2>"$errors" &
  running=$!
  polled() {
    local i
    for ((i = 0; i < 300; i++)); do
      [[ $(grep -c /system/df "$errors") -lt 2 ]] || return 0
      sleep 0.1
    done
    return 1
  }
  check "$signal: it is at work" polled
  kill "-$signal" "$running"
  status=0
  wait "$running" || status=$?
  check "$signal: 128 and its number" equal "$status" "$((128 + $(kill -l "$signal")))"
  check "$signal: one line of JSON says so" equal \
    "$(jq -c '[.exit_status, .error.kind, .verdict]' "$contexts/signal.out")" "[$status,\"interrupted\",\"unknown\"]"
  check "$signal: the build is not harmed" finish_running_build
  run_tool "$tool" backend
  check "$signal: the next run finishes the job" exits 0
done
scene_clean
finish
