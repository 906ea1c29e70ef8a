#!/usr/bin/env bash
# The limits of --prune-only on a disk of the engine's own: what is called reclaimed is free afterwards, the limits
# are reached in one run although an image shares what goes first, and free space is measured by the engine.
#
#   limits_test.sh ENGINE TOOL
set -euo pipefail
here=$(dirname "$0")
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
scene_apart "${1:?ENGINE}"
DATA_SIZE=600m scene_begin "$@"
data=$("$engine_sh" dir "$ENGINE")/data

json() { jq -r "$1" <<<"$tool_output"; }
# The sum of the sizes of the records that no image shares, which an engine counts, and how many there are.
counted() {
  api GET /system/df | jq -r '[.BuildCache[]? | select(.Shared | not).Size] | add // 0'
}
records() { api GET /system/df | jq -r '.BuildCache // [] | length'; }
free() { in_engine stat -f -c '%f * %S' "$data" | { read -r blocks && echo $((blocks)); }; }
empty() { in_engine docker image prune -af >/dev/null && api POST '/build/prune?all=1' >/dev/null; }
# expects that $1 is as large as $2, give or take 1 MB
near() {
  (($1 > $2 - 1000000 && $1 < $2 + 1000000)) || {
    echo "$1 is not near $2"
    return 1
  }
}
at_most() { (($1 <= $2)) || { echo "$1 is more than $2" && return 1; }; }

# layer NAME [ARG...]: builds a single layer of 50 MB
layer() {
  local dir=$contexts/$1 name=$1
  shift
  mkdir -p "$dir"
  head -c 52428800 /dev/urandom >"$dir/blob"
  printf 'FROM scratch\nCOPY blob /%s\n' "$name" >"$dir/Dockerfile"
  in_engine env DOCKER_BUILDKIT=1 docker build -q --network none "$@" "$dir" >/dev/null
}
# An image, and a newer record that no image shares.
image_and_newer() {
  empty
  layer image -t an-image
  layer newer -t temporary
  in_engine docker image rm temporary >/dev/null
  # Without the contexts, which no image shares, and which are older than the image's record.
  api POST '/build/prune?all=1&filters=%7B%22type%22%3A%5B%22source.local%22%5D%7D' >/dev/null
  api GET /system/df | jq -e '.BuildCache | sort_by(.CreatedAt)[0].Shared'
}

check "an image and a newer record" image_and_newer
# Where records have a blob besides their files, each counts twice.
before=$(free) counted=$(counted) size=52428800
[[ $ENGINE != *-containerd ]] || size=$((2 * size))
check "the newer record is counted, the image's is not" near "$counted" "$size"
run_tool "$tool" --prune-only --keep-storage 10MB --json
check "a size limit: exit 0" exits 0
check "a size limit: it is reached in one run" at_most "$(counted)" 10000000
check "a size limit: it is reported as reached" equal "$(json .cache.keep_storage_met)" true
gained=$(($(free) - before))
echo "# keep-storage 10MB: reclaimed $(json .reclaimed_bytes), shared $(json '.actions[0].shared_bytes'), disk $gained, repeats $(json '.actions[0].repeats')"
check "a size limit: the shared record went, too" equal "$(records)" 0
check "a size limit: what an image shares is not called reclaimed" near "$(json .reclaimed_bytes)" "$counted"
if [[ $ENGINE == *-containerd ]]; then
  # Besides the image's blob, a record has a snapshot of its own there.
  check "a size limit: no less than reported is free" at_most "$(json .reclaimed_bytes)" "$((gained + 1000000))"
else
  check "a size limit: what is called reclaimed is free" near "$(json .reclaimed_bytes)" "$gained"
fi
check "a size limit: the image stays" in_engine docker image inspect an-image

if [[ $ENGINE == docker-bookworm ]]; then
  run_tool "$tool" --prune-only --min-free-space 1GB
  check "an old engine cannot prune for free space: exit 4" exits 4
  check "an old engine: the reason" contains "$tool_errors" '--min-free-space needs API 1.48 (Docker 28) or newer'
  finish
  exit
fi

check "an image and a newer record" image_and_newer
count=$(records)
run_tool "$tool" --prune-only --min-free-space 100MB --json
check "enough is free: exit 0" exits 0
check "enough is free: nothing is deleted" equal "$(records)" "$count"
check "enough is free: reported" equal "$(json .cache.min_free_space_met)" true

before=$(free)
run_tool "$tool" --prune-only --min-free-space $((before + 20000000))B --json
check "free space: exit 0" exits 0
check "free space: it is reached in one run" at_most $((before + 20000000)) "$(free)"
check "free space: what is called reclaimed is free" at_most "$(json .reclaimed_bytes)" "$(($(free) - before + 1000000))"
echo "# min-free-space +20MB: reclaimed $(json .reclaimed_bytes), disk $(($(free) - before)), repeats $(json '.actions[0].repeats'), $(json .cache.min_free_space_met)"

check "an image and a newer record" image_and_newer
check "another" layer another -t another-image
before=$(free) counted=$(counted)
run_tool "$tool" --prune-only --min-free-space $((before + 20000000))B --keep-storage $((counted + 1000000))B --json
check "both, free space is the tighter one" at_most $((before + 20000000)) "$(free)"
check "both: the size is reached as well" equal "$(json .cache.keep_storage_met)" true
check "both: not all is deleted" at_most 1 "$(records)"
run_tool "$tool" --prune-only --min-free-space 1MB --keep-storage 1MB --json
check "both, size is the tighter one" at_most "$(counted)" 1000000
check "both, size is the tighter one: reported" equal "$(json .cache.keep_storage_met)" true

check "an image and a newer record" image_and_newer
run_tool "$tool" --prune-only --older-than 7d --min-free-space 1TB
check "more than the disk has: exit 0" exits 0
check "more than the disk has: all is deleted" equal "$(records)" 0
check "more than the disk has: it is not said to be free" contains "$tool_output" 'not known whether 1.00 TB are free'

check "an image and a newer record" image_and_newer
count=$(records)
tool_status=0
tool_errors=$(DOCKER_API_VERSION=1.47 "$tool" -H "unix://$SOCKET" --prune-only --min-free-space 1TB 2>&1) || tool_status=$?
check "an older API version is refused" exits 4
check "an older API version: nothing is deleted" equal "$(records)" "$count"
finish
