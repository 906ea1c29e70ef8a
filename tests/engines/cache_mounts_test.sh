#!/usr/bin/env bash
# --keep-cache-mounts: every step of the next build runs, and finds the cache mount as the earlier
# build left it.
#
#   cache_mounts_test.sh ENGINE TOOL
set -euo pipefail
here=$(dirname "$0")
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
scene_begin "$@"

for target in all backend; do
  check "$target: the scene is built" scene_images_only
  earlier=$(step_uuids "$(image_of backend)")
  mark=$(cache_mount_mark "$(image_of backend)")
  build_app backend
  check "$target: uncleared, every step is cached" all_recur "$earlier" "$(step_uuids "$(image_of backend)")"

  run_tool "$tool" --keep-cache-mounts "$target"
  check "$target: exit 0" exits 0
  check "$target: the cache mount is told as kept" contains "$tool_output" 'cached mount /root/.npm'
  kept=$(curl -fsS --unix-socket "$SOCKET" http://engine/system/df | jq -c '[.BuildCache[].Type] | unique')
  check "$target: nothing but cache mounts is left" equal "$kept" '["exec.cachemount"]'
  build_app backend
  check "$target: fresh" fresh "$earlier" "$(step_uuids "$(image_of backend)")"
  check "$target: the cache mount is warm" equal "$(cache_mount_mark "$(image_of backend)")" "$mark"

  run_tool "$tool" "$target"
  build_app backend
  check "$target: without the option the cache mount is cold" \
    equal "$([[ $(cache_mount_mark "$(image_of backend)") == "$mark" ]] && echo warm || echo cold)" cold
done
scene_clean
finish
