#!/usr/bin/env bash
# The old workflow step, with TOOL in the place of the script: it works by the same call, and where
# the script said "complete" over a failure, TOOL does not.
#
#   drop_in_test.sh ENGINE TOOL
set -euo pipefail
here=$(dirname "$0")
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
scene_begin "$@"

bin=$contexts/bin
mkdir -p "$bin"
ln -sf "$tool" "$bin/clear-app-cache.sh"
ln -sf "$tool" "$bin/clear-app-cache"
# step LINE [TARGET]: as the workflow ran it on the host
step() {
  status=0
  output=$(env PATH="$bin:/usr/bin:/bin" DOCKER_HOST="unix://$SOCKET" TARGET="${2-}" APP_DIR="$contexts/app" \
    bash -e -o pipefail -c "$1" 2>&1) || status=$?
}
# shellcheck disable=SC2016
old='clear-app-cache.sh "${TARGET:-all}"' migrated='clear-app-cache --app-dir "$APP_DIR" "${TARGET:-all}"'

check "a host with nothing to clear" scene_clean
step "$old"
check "nothing to clear: exit 0" equal "$status" 0

for target in '' backend frontend all; do
  CACHE_FROM=yes check "'$target': the scene is built" scene_images_only
  earlier=$(step_uuids "$(image_of backend)")
  earlier_frontend=$(step_uuids "$(image_of frontend)")
  step "$old" "$target"
  check "'$target': exit 0" equal "$status" 0
  if [[ $target != frontend ]]; then
    build_app backend
    check "'$target': fresh backend" fresh "$earlier" "$(step_uuids "$(image_of backend)")"
  fi
  if [[ $target != backend ]]; then
    build_app frontend
    check "'$target': fresh frontend" fresh "$earlier_frontend" "$(step_uuids "$(image_of frontend)")"
  fi
done

mkdir -p "$contexts/app/frontend/.next" "$contexts/app/backend/src/__pycache__"
touch "$contexts/app/backend/src/main.py" "$contexts/app/backend/src/__pycache__/main.pyc"
# shellcheck disable=SC2016
step "$migrated"
check "the migrated line: exit 0" equal "$status" 0
check "the artifacts are gone, the sources are not" \
  equal "$(cd "$contexts/app" && find . -type f)" ./backend/src/main.py

DOCKER_BUILDKIT=1 start_running_build
step "$old"
check "non-zero where the script said complete: a running build" equal "$status" 3
finish_running_build
SOCKET=$contexts/no.sock step "$old"
check "non-zero where the script said complete: no engine" equal "$status" 4
scene_clean
finish
