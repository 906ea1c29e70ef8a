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

# Durations, sizes, ids, versions, and the columns that they widen.
normalised() {
  sed -E 's/[0-9]+(\.[0-9]+)? (ms|s)\b/TIME/g; s/[0-9]+(\.[0-9]+)? (B|kB|MB|GB)\b/SIZE/g
    s/sha256:[0-9a-f]+/ID/g; s/Docker [^ ]+ \(API [^,]+,/Docker VERSION (API VERSION,/; s/  +/  /g'
}

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
