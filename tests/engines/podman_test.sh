#!/usr/bin/env bash
# Podman gives no promise to keep and is never written to: TOOL exits 4, says what to do instead,
# and containers and images are as before.
#
#   podman_test.sh ENGINE TOOL
set -euo pipefail
here=$(dirname "$0")
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
# shellcheck source=tests/engines/trace.sh
. "$here/trace.sh"
scene_begin "$@"

check "the scene is built" scene_containers
pid=$(container_pid wp-backend)
images=$(image_ids)
for target in all backend; do
  run_tool "$tool" "$target"
  check "$target: exit 4" exits 4
  check "$target: the message says what to do" contains "$tool_errors" 'podman build --no-cache'
  check "$target: nothing but a GET is sent" equal "$(requests "$tool" "$target")" 'GET /_ping'
  check "$target: the running container runs on" equal "$(container_pid wp-backend)" "$pid"
  check "$target: the stopped container is there" equal "$(container_state wp-frontend)" exited
  check "$target: every image stands" equal "$(image_ids)" "$images"
done
scene_clean
finish
