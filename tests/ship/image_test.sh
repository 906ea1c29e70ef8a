#!/usr/bin/env bash
# The container image on a real engine: loaded from its archive, run as its own user with the socket's group,
# read-only, without capabilities and without a network; and it is not what gets cleared.
#
#   image_test.sh ENGINE ARCHIVE    which tests/ship/build.sh makes
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/engines/scene.sh
. "$here/../engines/scene.sh"
scene_use "${1:?ENGINE}"
trap scene_end EXIT
check "the scene is built" scene_images_only # an engine's data is then the scene's: load the image afterwards
cp "${2:?ARCHIVE}" "$contexts/image.tar.gz"
loaded=$(in_engine docker load -i "$contexts/image.tar.gz")
check "the archive is an image" contains "$loaded" 'Loaded image: clear-app-cache:'
image=${loaded##*Loaded image: }
image_end() {
  in_engine docker rmi -f "$image" >/dev/null 2>&1 || :
  scene_end
}
trap image_end EXIT
check "its user is not root" equal "$(in_engine docker inspect --format '{{.Config.User}}' "$image")" 65534:65534
group=$(stat -c %g "$SOCKET")
run_image() { # ARG...: fills tool_status, tool_output and tool_errors
  tool_status=0
  tool_output=$(in_engine docker run --rm --network none --read-only --cap-drop ALL --security-opt no-new-privileges \
    --group-add "$group" -v "$SOCKET:/var/run/docker.sock" "$image" "$@" 2>"$contexts/tool.errors") || tool_status=$?
  tool_errors=$(cat "$contexts/tool.errors")
}
run_image
check "it clears: exit 0" exits 0
check "it verifies, with marks in UTF-8" contains "$tool_output" '✓ removed  watchparty-backend:latest'
check "the images are gone" equal "$(in_engine docker images -q 'watchparty-*')" ''
check "its own image is left" contains "$(in_engine docker images --format '{{.Repository}}:{{.Tag}}')" "$image"
run_image --verify-only
check "clean afterwards" exits 0
finish
