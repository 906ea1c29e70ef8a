#!/usr/bin/env bash
# A thousand images of others change neither the requests nor what is done.
#
#   many_images_test.sh ENGINE TOOL
set -euo pipefail
here=$(dirname "$0")
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
# shellcheck source=tests/engines/many_images.sh
. "$here/many_images.sh"
scene_begin "$@"

requests() { grep -oE '^(GET|POST|DELETE) [^ ]+' "$contexts/tool.errors"; }

check "the scene is built" scene_images_only
run_tool "$tool" --verbose all
check "exit 0" exits 0
few=$(requests)

check "a thousand images are loaded" load_many 1000
check "the scene is built among them" eval 'build_app backend && build_app frontend'
run_tool "$tool" --verbose all
check "exit 0 among a thousand images" exits 0
check "the requests are the same" equal "$(requests)" "$few"
check "the thousand images stand" equal "$(image_ids | grep -c '^many:')" 1000
scene_clean
finish
