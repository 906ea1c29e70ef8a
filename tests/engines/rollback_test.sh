#!/usr/bin/env bash
# --keep-as: the next build is fresh although the image is still there under another tag, and that tag is
# a backup. The report's caveat is true as well: naming the tag in cache_from brings steps back.
#
#   rollback_test.sh ENGINE TOOL
set -euo pipefail
here=$(dirname "$0")
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
scene_begin "$@"

for INLINE in no yes; do
  for CACHE_FROM in no yes; do
    name="inline cache $INLINE, --cache-from $CACHE_FROM"
    CACHE_FROM=no check "$name: the scene is built" scene_images_only
    earlier=$(step_uuids "$(image_of backend)")
    id=$(image_id "$(image_of backend)")
    run_tool "$tool" --keep-as before backend
    check "$name: exit 0" exits 0
    check "$name: the caveat about the tag" contains "$tool_output" 'watchparty-backend stays as before: a build whose cache_from names that tag'
    check "$name: the tag names the image" equal "$(image_id watchparty-backend:before)" "$id"
    build_app backend
    check "$name: fresh" fresh "$earlier" "$(step_uuids "$(image_of backend)")"

    # The rollback, as the README has it.
    client tag watchparty-backend:before watchparty-backend:latest
    check "$name: the rollback" equal "$(image_id "$(image_of backend)")" "$id"
    client run -d --network none --name wp-backend "$(image_of backend)" >/dev/null
    check "$name: a container runs on it" equal "$(container_state wp-backend)" running
  done
done
# The loop ended with inline cache metadata. On the containerd store cache_from means the registry.
if [[ $ENGINE != *-containerd ]]; then
  client rm -f wp-backend >/dev/null
  run_tool "$tool" backend
  CACHE_FROM=no build_app backend --cache-from watchparty-backend:before
  again=$(recurring "$earlier" "$(step_uuids "$(image_of backend)")")
  check "naming the tag in cache_from brings steps back ($again)" equal "$((again > 0))" 1
fi
scene_clean
finish
