#!/usr/bin/env bash
# Random projects on a real engine: built, cleared, built again, and judged by the bytes in their images.
#
#   projects_test.sh ENGINE TOOL [--client trixie] [--count N] [--first SEED] [--seed SEED] ...
#
# --seed replays one project and leaves its directory. The other options are main.py's.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/engines/scene.sh
. "$here/../engines/scene.sh"
end() {
  local process
  for process in ${projects-} ${registry-}; do kill "$process" 2>/dev/null || :; done
  scene_end
}
scene_begin "$1" "$2"
trap end EXIT
trap 'exit 143' TERM
shift 2
options=()
[[ $ENGINE != *-containerd ]] || options+=(--containerd)
[[ $ENGINE != docker-bookworm ]] || options+=(--old-engine)
if [[ ${1-} == --client ]]; then
  export CLIENT_ROOT=client-$2
  "$here/../engines/engine.sh" prepare "$CLIENT_ROOT" || exit 77
  options+=(--no-print)
  shift 2
fi

directory=$("$here/../engines/engine.sh" dir "$ENGINE")
mkdir -p "$directory/projects/bin"
for command in docker docker-compose; do
  cat >"$directory/projects/bin/$command" <<END
#!/bin/sh
CLIENT_ROOT='${CLIENT_ROOT-}' exec '$here/../engines/client.sh' '$ENGINE' $command "\$@"
END
  chmod +x "$directory/projects/bin/$command"
done
# For neighbors' images that were pulled by digest.
"$here/../engines/engine.sh" net "$ENGINE" python3 "$here/registry.py" &
registry=$!

PYTHONDONTWRITEBYTECODE=1 python3 "$here/main.py" --socket "$SOCKET" --tool "$tool" --directory "$directory/projects" \
  --bin "$directory/projects/bin" --home "$directory/home" --busybox "$(command -v busybox)" \
  --engines "${ENGINES_DIR-}" "${options[@]}" "$@" &
projects=$!
wait "$projects"
