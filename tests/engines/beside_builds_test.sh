#!/usr/bin/env bash
# Builds in a loop while pruning in a loop: no build fails, no prune fails, and no build is harmed.
# SECONDS_BESIDE (default 180) is how long.
#
#   beside_builds_test.sh ENGINE TOOL
set -euo pipefail
here=$(dirname "$0")
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
scene_begin "$@"

check "the scene is built" scene_images_only
stop=$contexts/stop
rm -f "$stop"
prunes() { # prints each failure
  local i=0 bounds=('' '--keep-storage 1MB' '--older-than 1s' '--keep-cache-mounts')
  until [[ -e $stop ]]; do
    # shellcheck disable=SC2086
    "$tool" -H "unix://$SOCKET" --prune-only --quiet ${bounds[i++ % 4]} || echo "prune $i: exit $?"
  done
  echo "# $i prunes"
}
prunes >"$contexts/prunes" 2>&1 &
pruning=$!
builds=0
end=$((SECONDS + ${SECONDS_BESIDE:-180}))
while ((SECONDS < end)); do
  builds=$((builds + 1))
  date +%N >"$contexts/backend/src/now.js" # not the same build again
  build_app backend || break
done
: >"$stop"
wait "$pruning"
check "no build of $builds failed" build_app backend
check "no prune failed ($(grep '^#' "$contexts/prunes"))" equal "$(grep -v '^#' "$contexts/prunes")" ''
check "the image is whole" equal "$(step_uuids "$(image_of backend)" | grep -c .)" "$step_count"
scene_clean
finish
