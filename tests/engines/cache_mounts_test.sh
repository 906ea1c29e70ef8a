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
  check "$target: the cache mount is reported as kept" contains "$tool_output" 'cached mount /root/.npm'
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

mount_with() { # OPTIONS: the backend's mount also gets them
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
# Docker 20.10 and 23 cannot distinguish the owner's directory from a COPY of an empty file (below).
version=$(api GET /version | jq -r .Version)
case $version in
  20.10.* | 23.*) tells_apart=no own_directories='[]' ;;
  *) tells_apart=yes own_directories='["[internal] setting cache mount permissions"]' ;;
esac
if [[ $tells_apart == yes ]]; then
  check "$name: exit 0" exits 0
else
  check "$name: exit 3, as it may be a step" exits 3
  check "$name: the report says what holds it" contains "$tool_output" 'held by a cache mount that is kept'
fi
build_app backend
check "$name: fresh" fresh "$earlier" "$(step_uuids "$(image_of backend)")"
# 20.10 makes the owner's directory anew, and does not find the mount that was built on the old one.
if [[ $tells_apart == yes ]]; then
  check "$name: the cache mount is warm" equal "$(cache_mount_mark "$(image_of backend)")" "$mark"
fi

# Mounts that begin as a stage. The stages end in each kind of step, because an engine can describe a
# COPY, ADD or WORKDIR as it describes its own directory of a mount.
begin_mounts() { # MOUNT...: the backend's last step has these cache mounts
  local mount mounts=()
  for mount; do mounts+=("--mount=type=cache,target=/mount-${#mounts[@]}$mount"); done
  cat >"$contexts/backend/Dockerfile" <<END
FROM scratch AS copied
COPY busybox /bin/busybox
COPY package.json /
FROM scratch AS directory
WORKDIR /cache
FROM scratch AS empty
COPY empty /
FROM scratch AS named
ADD ["setting cache mount permissions", "/"]
FROM copied AS ran
RUN ["/bin/busybox", "echo", "[internal] setting cache mount permissions"]
FROM scratch
COPY busybox /bin/busybox
RUN ${mounts[*]} ["/bin/busybox", "true"]
END
  : >"$contexts/backend/empty"
  : >"$contexts/backend/setting cache mount permissions"
  find "$contexts/backend" -exec touch -d 2024-01-01 {} +
}

# The steps that the last build of the backend took from the cache, but for BuildKit's own.
cached_steps() {
  awk '/^#[0-9]+ \[/ { name[$1] = $0 } / CACHED$/ && name[$1] !~ /\[internal\]/ { print name[$1] }' \
    "$contexts/backend.log"
}

for mount in from=copied from=empty; do
  name="a mount with $mount"
  begin_mounts ",$mount"
  scene_clean
  check "$name: the scene is built" build_app backend
  run_tool "$tool" --keep-cache-mounts backend
  check "$name: exit 3" exits 3
  check "$name: the report says what holds the step" \
    contains "$tool_output" 'held by a cache mount that is kept'
  check "$name: and what helps" contains "$tool_output" 'Without --keep-cache-mounts'
  build_app backend
  check "$name: a step can indeed be reused" contains "$(cached_steps)" COPY
done

name="mounts of every kind"
begin_mounts '' ,uid=1000 ,from=copied ,from=copied,source=/bin ,from=copied,uid=1000 \
  ,from=directory ,from=empty ,from=named ,from=ran
scene_clean
check "$name: the scene is built" build_app backend
run_tool "$tool" --keep-cache-mounts --json backend
check "$name: exit 3" exits 3
check "$name: all are kept" \
  equal "$(jq '[.kept[] | select(.type == "exec.cachemount")] | length' <<<"$tool_output")" 9
check "$name: else only BuildKit's own directories are, where the engine distinguishes them" \
  equal "$(jq -c '[.kept[] | select(.type != "exec.cachemount") | .object | sub("settings"; "setting")] | unique' \
    <<<"$tool_output")" "$own_directories"
# Six steps, and, where they look the same, the two directories that BuildKit made for uid=.
check "$name: every step is residue" \
  equal "$(jq '.residue | length' <<<"$tool_output")" "$([[ $tells_apart == yes ]] && echo 6 || echo 8)"
check "$name: all of it is held by the mounts" \
  equal "$(jq -c '[.residue[].reason] | unique' <<<"$tool_output")" '["kept-cache-mount"]'
run_tool "$tool" backend
check "$name: without the option all of it goes" exits 0
scene_clean
finish
