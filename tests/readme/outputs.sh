# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # what is used, and set, by others
# Sourced after scene.sh and host.sh: the runs that README.md shows, and how to compare them.

outputs_engine=docker-sid # it has Compose, and keeps a record of builds

# outputs_make TOOL DIRECTORY: the contents of the blocks; after scene_use with the engine
outputs_make() {
  local service
  host_use "$1"
  scene_clean
  {
    printf 'name: watchparty\nservices:\n'
    for service in backend frontend; do
      printf '  %s:\n    image: watchparty-%s\n    build:\n      context: %s\n      network: none\n' \
        $service $service "$contexts/$service"
      printf '      cache_from: ["watchparty-%s:latest"]\n' $service
    done
  } >"$host/home/compose.yaml"
  on_host docker compose build -q && build_app other || return
  client run -d --network none --name wp-backend "$(image_of backend)" >/dev/null
  console clear-app-cache --dry-run >"$2/dry-run" &&
    console clear-app-cache -- docker compose build --quiet >"$2/clear"
}

# Durations, sizes, ids, versions, the columns that they widen, and how many steps the services share.
normalised() {
  sed -E 's/[0-9]+(\.[0-9]+)? (ms|s)\b/TIME/g; s/[0-9]+(\.[0-9]+)? (B|kB|MB|GB)\b/SIZE/g
    s/sha256:[0-9a-f]+/ID/g; s/Docker [^ ]+ \(API [^,]+,/Docker VERSION (API VERSION,/; s/  +/  /g
    s/^(built from scratch): .*/\1/'
}

# console CMD...: as it would look to a reader
console() {
  echo '```console'
  echo "\$ $*"
  on_host "$@" 2>&1 || return
  echo '```'
}
