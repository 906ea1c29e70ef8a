#!/usr/bin/env bash
# Killed (SIGKILL) after each single request, after each thing that it removed from the application's
# directory, and while the engine prunes: the next run ends clean, and the build is fresh.
#
#   killed_test.sh ENGINE TOOL
set -euo pipefail
here=$(dirname "$0")
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
# shellcheck source=tests/engines/trace.sh
. "$here/trace.sh"
scene_begin "$@"

app=$contexts/app
artifacts() {
  local directory
  for directory in frontend/.next/server frontend/out frontend/src/.cache backend/staticfiles backend/src/__pycache__; do
    mkdir -p "$app/$directory"
    echo 12345 >"$app/$directory/file"
  done
  touch "$app/backend/src/main.pyc" "$app/backend/src/main.py"
}
scene() {
  artifacts
  build_app backend && build_app frontend || return
  earlier=$(step_uuids "$(image_of backend)")
}
no_artifact_is_left() { equal "$(cd "$app" && find . -type f)" ./backend/src/main.py; }
next_run_finishes() {
  run_tool "$tool" --app-dir "$app" all
  check "$name: the next run ends clean" exits 0
  check "$name: no artifact is left" no_artifact_is_left
  build_app backend
  check "$name: fresh" fresh "$earlier" "$(step_uuids "$(image_of backend)")"
}

scene_clean
scene
sent=$(requests "$tool" --app-dir "$app" all)
requests=$(wc -l <<<"$sent")
check "a run makes $requests requests" equal "$((requests > 10))" 1

scene
killed=0
for call in unlink unlinkat rmdir; do
  artifacts
  removals=$(calls "$call" "$tool" --app-dir "$app" all)
  for ((count = 1; count <= removals; count++)); do
    artifacts
    cut_short KILL "$call" "$count" "$tool" --app-dir "$app" all
    check "killed before $call $count of $removals" equal "$cut_status" 137
    killed=$((killed + 1))
    run_tool "$tool" --app-dir "$app" all
    check "... the next run ends clean" exits 0
    check "... no artifact is left" no_artifact_is_left
  done
done
check "each of 12 files and directories was the next to go ($killed calls)" equal "$((killed >= 12))" 1
for ((count = 1; count <= requests; count++)); do
  name="killed before request $count of $requests"
  scene
  cut_short KILL sendto "$count" "$tool" --app-dir "$app" all
  check "$name" equal "$cut_status" 137
  next_run_finishes
done
for count in 1 2 3; do
  name="killed in the prune, time $count"
  scene
  killed_behind_request "$(prune_in "$sent")" "$tool" --app-dir "$app" all
  check "$name" equal "$cut_status" 137
  next_run_finishes
done
scene_clean
finish
