#!/usr/bin/env bash
# Killed (SIGKILL) around each of its requests, the next run ends clean and the build is fresh. That
# it is so after exactly each request is shown on the fake engine, which can count.
#
#   killed_test.sh ENGINE TOOL
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/engines/check.sh
. "$here/check.sh"
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
engine=${1:?ENGINE} tool=$(realpath "${2:?TOOL}")

trap scene_end EXIT
scene_use "$engine"
# Runs TOOL and kills it once it has told of so many requests; false: it ended before.
killed_after() {
  local count=$1 pid lines=0 reader
  # shellcheck disable=SC2069  # the requests alone, from standard error
  coproc { exec "$tool" -H "unix://$SOCKET" --verbose all 2>&1 >/dev/null; }
  pid=$COPROC_PID reader=${COPROC[0]}
  while ((lines < count)) && read -r _ <&"$reader"; do lines=$((lines + 1)); done
  kill -KILL "$pid" 2>/dev/null || :
  wait "$pid" 2>/dev/null || :
  ((lines == count))
}

check "the scene is built" scene_images_only
earlier=$(step_uuids "$(image_of backend)")
run_tool "$tool" --verbose all
requests=$(grep -cE '^(GET|POST|DELETE) ' "$contexts/tool.errors")
for ((count = 1; count < requests; count++)); do
  build_app backend
  build_app frontend
  earlier=$(step_uuids "$(image_of backend)")
  check "killed after request $count of $requests" killed_after "$count"
  run_tool "$tool" all
  check "the next run ends clean" exits 0
  build_app backend
  check "fresh" fresh "$earlier" "$(step_uuids "$(image_of backend)")"
done
scene_clean
finish
