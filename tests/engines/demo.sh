#!/usr/bin/env bash
# The part of tests/demo.sh that needs an engine: demo.sh TOOL
set -euo pipefail
tool=${1:?TOOL}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

engine=docker-bookworm
trap '"$engine_sh" wipe "$engine"' EXIT
say "Starting a private throwaway engine"
scene_use "$engine"
scene_clean
"$engine_sh" list | grep "^$engine "

say "Building the sample application: watchparty-backend and watchparty-frontend"
INLINE=yes
build_app backend
build_app frontend
first=$(step_uuids watchparty-backend:latest)
client run -d --network none --name wp-backend watchparty-backend:latest >/dev/null
client ps --format '{{.Names}} runs {{.Image}}'
pid=$(container_pid wp-backend)

say "Building it again: how many of its $step_count steps come from the cache?"
CACHE_FROM=yes
build_app backend
echo "$(recurring "$first" "$(step_uuids watchparty-backend:latest)") of $step_count"

say "clear-app-cache"
"$tool" --host "unix://$SOCKET"

say "Building it again: how many steps come from the cache now?"
build_app backend
again=$(recurring "$first" "$(step_uuids watchparty-backend:latest)")
echo "$again of $step_count"
[[ $(container_pid wp-backend) == "$pid" ]] && echo "wp-backend still runs, with the same process id"

say "Cleaning up"
((again == 0))
