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
  kept=$(api GET /system/df | jq -c '[.BuildCache[].Type] | unique')
  check "$target: nothing but cache mounts is left" equal "$kept" '["exec.cachemount"]'
  build_app backend
  check "$target: fresh" fresh "$earlier" "$(step_uuids "$(image_of backend)")"
  check "$target: the cache mount is warm" equal "$(cache_mount_mark "$(image_of backend)")" "$mark"

  run_tool "$tool" "$target"
  build_app backend
  check "$target: without the option the cache mount is cold" \
    equal "$([[ $(cache_mount_mark "$(image_of backend)") == "$mark" ]] && echo warm || echo cold)" cold
done

mount_with() { # OPTIONS: the backend's mount gets them, too
  app_context backend watchparty-backend 2
  sed -i "s|target=/root/.npm|&,$1|" "$contexts/backend/Dockerfile"
  touch -d 2024-01-01 "$contexts/backend/Dockerfile"
}

mount_with uid=1000,gid=1000,mode=0770
name="a mount with an owner"
scene_clean
check "$name: the scene is built" build_app backend
earlier=$(step_uuids "$(image_of backend)")
mark=$(cache_mount_mark "$(image_of backend)")
run_tool "$tool" --keep-cache-mounts backend
check "$name: exit 0" exits 0
build_app backend
check "$name: fresh" fresh "$earlier" "$(step_uuids "$(image_of backend)")"
# 20.10 makes the owner's folder anew, and does not find the mount that was built on the old one.
version=$(api GET /version | jq -r .Version)
if [[ $version != 20.10.* ]]; then
  check "$name: the cache mount is warm" equal "$(cache_mount_mark "$(image_of backend)")" "$mark"
fi

mount_with from=base,source=/steps
name="a mount that begins as a step's folder"
scene_clean
check "$name: the scene is built" build_app backend
run_tool "$tool" --keep-cache-mounts backend
check "$name: exit 3, as the step can be reused" exits 3
check "$name: it is told what holds it" contains "$tool_output" 'held by a cache mount that is kept'
check "$name: and what helps" contains "$tool_output" 'Without --keep-cache-mounts'
run_tool "$tool" backend
check "$name: that helps" exits 0
scene_clean
finish
