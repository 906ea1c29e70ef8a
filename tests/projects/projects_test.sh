#!/usr/bin/env bash
# Random projects on a real engine: built, cleared, built again, and judged by the bytes in their images.
#
#   projects_test.sh ENGINE TOOL [--client trixie] [--count N] [--first SEED] [--seed SEED] ...
#
# --seed replays one project and leaves its directory. The other options are main.py's. With the
# containerd store some projects have a builder in a container, whose BuildKit is a second engine's: see builder.py.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/engines/scene.sh
. "$here/../engines/scene.sh"
end() {
  local process
  for process in ${projects-} ${registry-} ${builder-}; do kill "$process" 2>/dev/null || :; done
  [[ -z ${builder-} ]] || "$here/../engines/engine.sh" wipe "${ENGINE%.[1-9]}.9"
  scene_end
}
scene_begin "$1" "$2"
trap end EXIT
trap 'exit 143' TERM
shift 2
options=()
[[ $ENGINE != docker-bookworm ]] || options+=(--old-engine)
if [[ ${1-} == --client ]]; then
  export CLIENT_ROOT=client-$2
  "$here/../engines/engine.sh" prepare "$CLIENT_ROOT" || { [[ -z ${CI-} ]] && exit 77 || exit 1; }
  options+=(--no-print)
  shift 2
fi

directory=$("$here/../engines/engine.sh" dir "$ENGINE")
mkdir -p "$directory/projects/bin"
for command in docker docker-compose; do
  # MEDDLE: what somebody does before the next build.
  cat >"$directory/projects/bin/$command" <<END
#!/bin/sh
case \${MEDDLE:+\$*} in
'' | *--print* | *--help* | *history* | *inspect* | *version*) ;;
*) (meddle=\$MEDDLE && unset MEDDLE && . "\$meddle") >&2 ;;
esac
CLIENT_ROOT='${CLIENT_ROOT-}' exec '$here/../engines/client.sh' '$ENGINE' $command "\$@"
END
  chmod +x "$directory/projects/bin/$command"
done
# For neighbors' images that were pulled by digest.
"$here/../engines/engine.sh" net "$ENGINE" python3 "$here/registry.py" &
registry=$!
if [[ ${ENGINE%.[1-9]} == *-containerd ]]; then
  "$here/../engines/engine.sh" start "${ENGINE%.[1-9]}.9"
  socket=$("$here/../engines/engine.sh" socket "${ENGINE%.[1-9]}.9")
  "$here/../engines/engine.sh" net "$ENGINE" python3 "$here/builder.py" "$socket" &
  builder=$!
  options+=(--containerd --builder "$socket")
fi

PYTHONDONTWRITEBYTECODE=1 python3 "$here/main.py" --engine "$ENGINE" \
  --engine-sh "$here/../engines/engine.sh" --socket "$SOCKET" --tool "$tool" --directory "$directory/projects" \
  --bin "$directory/projects/bin" --home "$directory/home" --busybox "$(command -v busybox)" \
  --engines "${ENGINES_DIR-}" "${options[@]}" "$@" &
projects=$!
wait "$projects"
