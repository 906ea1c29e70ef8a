# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # what is used, and set, by others
# Sourced after scene.sh and host.sh: the runs that README.md shows, and how to compare them.

outputs_engine=docker-bookworm # its version moves least

# outputs_make TOOL DIRECTORY: the contents of the blocks; after scene_use with the engine
outputs_make() {
  host_use "$1"
  scene_images_only && build_app other || return
  client run -d --network none --name wp-backend "$(image_of backend)" >/dev/null
  console clear-app-cache --dry-run >"$2/dry-run" && console clear-app-cache >"$2/clear"
}

# Durations, sizes, ids, versions, and the columns that they widen.
normalised() {
  sed -E 's/[0-9]+(\.[0-9]+)? (ms|s)\b/TIME/g; s/[0-9]+(\.[0-9]+)? (B|kB|MB|GB)\b/SIZE/g
    s/sha256:[0-9a-f]+/ID/g; s/Docker [^ ]+ \(API [^,]+,/Docker VERSION (API VERSION,/; s/  +/  /g'
}

# console CMD...: as it would look to a reader
console() {
  echo '```console'
  echo "\$ $*"
  on_host "$@" 2>&1 || return
  echo '```'
}
