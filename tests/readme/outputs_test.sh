#!/usr/bin/env bash
# The outputs that README.md shows are what the tool prints: made anew on a real engine, and compared but
# for what differs from run to run. After a change: update.sh.
#
#   outputs_test.sh TOOL
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/engines/scene.sh
. "$here/../engines/scene.sh"
# shellcheck source=tests/readme/readme.sh
. "$here/readme.sh"
# shellcheck source=tests/readme/host.sh
. "$here/host.sh"
# shellcheck source=tests/readme/outputs.sh
. "$here/outputs.sh"
tool=$(realpath "${1:?TOOL}")

end() {
  rm -rf "$made"
  scene_end
}
made=$(mktemp -d)
trap end EXIT
scene_use "$outputs_engine"
check "they are made" outputs_make "$tool" "$made"
for name in clear dry-run; do
  check "$name" equal "$(block "$name" | normalised)" "$(normalised <"$made/$name")"
done
scene_clean
finish
