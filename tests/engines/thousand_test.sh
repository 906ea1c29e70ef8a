#!/usr/bin/env bash
# RUNS (default 1000) runs in a row leave nothing behind: here no process and no file, in the engine no descriptor,
# goroutine, process, file, container or image; and the last runs take no more memory than the first.
#
#   thousand_test.sh ENGINE TOOL
set -euo pipefail
here=$(dirname "$0")
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
scene_begin "$@"
runs=${RUNS:-1000}
# What is started for something else, or ended late, is no leak: that would be there once a run.
slack=$((runs / 50))

check "the scene is built" scene_containers
own=$contexts/thousand
rm -rf "$own"
mkdir -p "$own/home" "$own/tmp" "$own/app/frontend"
files_here() {
  (cd "$own" && find .)
  find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'clear-app-cache.*'
}
files_in_engine() { in_engine find "$("$engine_sh" dir "$ENGINE")/data/tmp" /var/tmp; }
things_in_engine() {
  client ps -aq --no-trunc
  image_ids | grep -v '^watchparty-backend:latest'
  client volume ls -q
}
descriptors() { in_engine sh -c 'ls -d /proc/[0-9]*/fd/* 2>/dev/null | wc -l'; }
processes() { in_engine sh -c 'ls -d /proc/[0-9]* | wc -l'; }
goroutines() { api GET /info | jq .NGoroutines; }
# settles WHAT BEFORE: what ends late is waited for.
settles() {
  local i now
  for ((i = 0; i < 300; i++)); do
    now=$("$1")
    ((now > $2 + slack)) || return 0
    sleep 0.1
  done
  echo "$1: $2 before, $now after $runs runs"
  return 1
}

run_tool "$tool" all
check "the application is cleared" exits 0
run_in_a_row() { # COUNT
  HOME=$own/home TMPDIR=$own/tmp python3 -S "$here/runs_in_a_row.py" "$1" "$SOCKET" "$tool" "$own/app"
}
check "twenty runs, until the engine has made what it keeps" run_in_a_row 20
files=$(files_here) engine_files=$(files_in_engine) things=$(things_in_engine)
descriptors=$(descriptors) processes=$(processes) goroutines=$(goroutines)
run_in_a_row "$runs" >"$contexts/runs" 2>&1 && status=0 || status=$?
cat "$contexts/runs"
check "each run ended as it should, without a process left, and the last ones took no more memory" equal "$status" 0
check "no file is left here" equal "$(files_here)" "$files"
check "no file is left in the engine" equal "$(files_in_engine)" "$engine_files"
check "no container, image or volume is left or lost" equal "$(things_in_engine)" "$things"
check "no descriptor is left in the engine" settles descriptors "$descriptors"
check "no process is left in the engine" settles processes "$processes"
check "no goroutine is left in the engine" settles goroutines "$goroutines"
echo "# in the engine: descriptors $descriptors -> $(descriptors), processes $processes -> $(processes)," \
  "goroutines $goroutines -> $(goroutines)"
scene_clean
finish
