#!/usr/bin/env bash
# Runs a command, docker with Compose say, in the sid root but in the current directory, as a client of any engine:
# 20.10's own root has no Compose.
#
#   client.sh ENGINE CMD...   the current directory must lie in the engine's own (engine.sh dir ENGINE)
#
# CLIENT_ROOT=client-trixie runs it in that root instead, whose Compose 2.26 has no `build --print`: make it first
# (engine.sh prepare). The command has the caller's environment, but for what would lead docker elsewhere.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
engine=$1
shift
ENGINES_DIR=$(realpath -m "${ENGINES_DIR:-$here/../../build/engines}")
root=$ENGINES_DIR/roots/${CLIENT_ROOT:-sid}
dir=$("$here/engine.sh" dir "$engine")
socket=$("$here/engine.sh" socket "$engine")
unset DOCKER_CONTEXT DOCKER_CONFIG DOCKER_TLS_VERIFY DOCKER_CERT_PATH
export DOCKER_HOST=unix://$socket HOME=$dir/home PATH=/usr/sbin:/usr/bin:/sbin:/bin
# shellcheck disable=SC2016
exec unshare --mount --propagation private bash -c '
  root=$1 directory=$PWD
  for path in "$2" "$3"; do
    mkdir -p "$root$path"
    mount --bind "$path" "$root$path"
  done
  mount --rbind /dev "$root/dev"
  mount -t proc proc "$root/proc"
  exec chroot "$root" env -C "$directory" "${@:4}"' _ "$root" "$dir" "${socket%/*}" "$@"
