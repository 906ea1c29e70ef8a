# shellcheck shell=bash
# shellcheck disable=SC2154  # what scene.sh sets
# Sourced after scene.sh: commands are run as on a deployment host, where the engine of the scene answers
# at its default address, its own client is `docker`, and the tool is installed. It takes a mount
# namespace of its own: this machine's /run, /usr/local/bin and engine are neither seen nor changed.

# host_use TOOL: after scene_use
host_use() {
  local ENGINES_DIR=${ENGINES_DIR-} engine_sh
  engine_sh=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../engines/engine.sh")
  host=$contexts/host # bin, home, run
  rm -rf "$host"
  mkdir -p "$host/bin" "$host/home" "$host/run"
  cp "$1" "$host/bin/clear-app-cache"
  program sudo 'exec "$@"'
  # shellcheck disable=SC2016
  program docker "exec env ENGINES_DIR=${ENGINES_DIR@Q} ${engine_sh@Q} exec $ENGINE" \
    'sh -c '\''cd "$1" && shift && exec docker "$@"'\'' _ "$PWD" "$@"'
}

# program NAME WORD...: a shell script of that name on the host
program() {
  local name=$1
  shift
  printf '#!/bin/bash\n%s\n' "$*" >"$host/bin/$name"
  chmod +x "$host/bin/$name"
}

# on_host CMD...: in the home directory; where host_network, a command that runs another, says so, in its network
host_network=()
on_host() {
  # shellcheck disable=SC2016
  "${host_network[@]}" unshare --mount --propagation private sh -c '
    cd "$1/home" && mount -t tmpfs tmpfs "$1/run" && mkdir "$1/run/lock" &&
      : >"$1/run/docker.sock" && mount --bind "$2" "$1/run/docker.sock" &&
      mount --rbind "$1/run" /run && mount --bind "$1/bin" /usr/local/bin && shift 2 && exec "$@"' \
    _ "$host" "$SOCKET" env -i PATH=/usr/local/bin:/usr/bin:/bin LC_ALL=C.UTF-8 "HOME=$host/home" "$@"
}
