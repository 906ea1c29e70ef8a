#!/usr/bin/env bash
# Buildx builders in containers: notes where no build goes to them, residue where one does, cleared and verified
# with --all-builders. The builder and the choice of it are real buildx's, which the tool asks; the container is laid
# out as buildx does it, but its buildctl is a stand-in, since no BuildKit image can be pulled.
#
#   builders_test.sh ENGINE TOOL
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
# shellcheck source=tests/engines/standin.sh
. "$here/standin.sh"
scene_begin "$@"
cd "$contexts"
buildx() { "$here/client.sh" "$ENGINE" docker buildx "$@" >"$contexts/buildx.log" 2>&1 || { cat "$contexts/buildx.log" && return 1; }; }
HOME=$("$here/engine.sh" dir "$ENGINE")/home
# The tool's docker: the sid root's, which sees of this machine's files what is below the engine's directory.
mkdir -p bin
printf '#!/bin/sh\nexec "%s/client.sh" "%s" env -u DOCKER_HOST docker "$@"\n' "$here" "$ENGINE" >bin/docker
chmod +x bin/docker
export HOME PATH="$contexts/bin:$PATH" # this docker does not see TMPDIR
unset DOCKER_CONFIG BUILDX_CONFIG BUILDX_BUILDER

remove_builders() {
  in_engine docker rm -f buildx_buildkit_held0 buildx_buildkit_bare0 >/dev/null 2>&1 || :
  in_engine docker volume rm buildx_buildkit_held0_state buildx_buildkit_gone0_state >/dev/null 2>&1 || :
  buildx rm --all-inactive --force || :
  buildx use default || :
}
note='the buildx builder in container buildx_buildkit_held0 has a cache of its own'

remove_builders
check "the stand-in is built" build_standin
check "a builder is made by buildx" buildx create --name held --driver docker-container
check "its container runs" run_standin
fill_builder

for mode in all --dry-run --verify-only --prune-only; do
  run_tool "$tool" "$mode"
  [[ $mode == --verify-only ]] || check "$mode: exit 0" exits 0
  check "$mode: notes the builder" contains "$tool_output" "$note"
done
check "its cache is not touched" has_records

# Builds go there.
check "buildx use" buildx use held
run_tool "$tool" all
check "in use: exit 3" exits 3
check "in use: says so" contains "$tool_output" 'builds go to this buildx builder'
check "in use: its cache is not touched" has_records
run_tool "$tool" --dry-run
check "in use: the plan says what is left" contains "$tool_output" 'buildx_buildkit_held0 will be left'
run_tool "$tool" --verify-only
check "in use: verified, exit 3" exits 3
run_tool "$tool" --verify-only --all-builders
check "in use: what it has is read" exits 3
check "in use: what it has is reported" contains "$tool_output" '7.00 MB'

run_tool "$tool" --all-builders --dry-run
check "--all-builders: the plan has it" contains "$tool_output" 'prune  buildx_buildkit_held0'
check "--all-builders: a plan changes nothing" has_records
run_tool "$tool" --all-builders
check "--all-builders: exit 0" exits 0
check "--all-builders: its cache is cleared" equal "$(in_engine_builder 'cat /var/lib/buildkit/calls')" 'prune --all'
check "--all-builders: what it lost" contains "$tool_output" '1 record, 7.00 MB'
run_tool "$tool" --verify-only --all-builders
check "--all-builders: verified" exits 0

fill_builder
run_tool "$tool" --all-builders --keep-cache-mounts
check "cache mounts: exit 0" exits 0
check "cache mounts: are kept" equal "$(in_engine_builder 'cat /var/lib/buildkit/calls')" 'prune --all --filter type!=exec.cachemount'
fill_builder
run_tool "$tool" --prune-only --all-builders --older-than 7d --keep-storage 5GB
check "limits: exit 0" exits 0
check "limits: are the builder's too" equal "$(in_engine_builder 'cat /var/lib/buildkit/calls')" \
  $'prune --all --keep-duration 604800s\nprune --all --keep-storage 5000.000000'

# The way back to the engine's own builder is advised as it works: by default, in a context, and by the variable.
way_back() { # NAME COMMAND: the command is advised, and leads back
  check "$1: exit 3" exits 3
  check "$1: the way back" contains "$(tr -s '\n' ' ' <<<"$tool_output")" "$2 leads builds back"
}
run_tool "$tool" --verify-only
way_back "by its address" "docker --host unix://$SOCKET buildx use default"
verify_in_context() {
  tool_status=0
  tool_output=$(env -u DOCKER_HOST -u DOCKER_CONTEXT "$tool" --context far --verify-only 2>"$contexts/tool.errors") || tool_status=$?
  tool_errors=$(cat "$contexts/tool.errors")
}
docker_cli() { "$here/client.sh" "$ENGINE" env -u DOCKER_HOST docker "$@" >"$contexts/docker.log" 2>&1 || { cat "$contexts/docker.log" && return 1; }; }
docker_cli context rm -f far >/dev/null 2>&1 || :
check "a context" docker_cli context create far --docker "host=unix://$SOCKET"
check "in a context: buildx use" docker_cli --context far buildx use held
verify_in_context
way_back "in a context" 'docker --context far buildx use far'
check "in a context: it works" docker_cli --context far buildx use far
verify_in_context
check "in a context: not in use any more" exits 0
BUILDX_BUILDER=held verify_in_context
way_back "in a context, by the variable" 'unset BUILDX_BUILDER'
for own in far default; do
  BUILDX_BUILDER=$own verify_in_context
  check "in a context, the engine's own as $own" exits 0
done
BUILDX_BUILDER=far run_tool "$tool" --verify-only
check "by its address, the builder of a context that leads there" exits 0
BUILDX_BUILDER=nobody run_tool "$tool" --verify-only
way_back "a builder that is not known here" 'unset BUILDX_BUILDER'
check "a builder that is not known here: buildx says so" contains "$tool_output" 'no builder "nobody" found'
check "chosen under the address, not the context's name" buildx use held
verify_in_context
way_back "chosen under the address" "docker --host unix://$SOCKET buildx use default"
check "chosen under the address: its container" contains "$tool_output" buildx_buildkit_held0
check "what was chosen is as before" equal "$(jq -r .Name "$HOME/.docker/buildx/current")" held
docker_cli context rm -f far

# A node that buildx knows by a second name of the engine's socket.
ln -sfn api.sock "${SOCKET%/*}/second.sock"
check "a second name" buildx rm --keep-state held
check "a builder by the second name" buildx create --use --name held --driver docker-container "unix://${SOCKET%/*}/second.sock"
check "the container again" run_standin
fill_builder
run_tool "$tool" --all-builders
check "a second name: it is cleared" equal "$(in_engine_builder 'cat /var/lib/buildkit/calls')" 'prune --all'
check "a second name: exit 0" exits 0
run_tool "$tool" --verify-only
check "a second name: builds go to its container" contains "$tool_output" 'buildx_buildkit_held0'
check "a second name: exit 3" exits 3
fill_builder

# Builders whose caches are not on this engine.
check "a builder elsewhere" buildx create --use --name beyond --driver remote tcp://127.0.0.1:9
run_tool "$tool" --all-builders
check "a builder elsewhere: exit 3" exits 3
check "a builder elsewhere: why" contains "$(tr -s '\n ' ' ' <<<"$tool_output")" 'which has a cache of its own: its driver is remote'
check "a builder elsewhere: its cache" contains "$(tr -s '\n ' ' ' <<<"$tool_output")" 'docker buildx prune --builder beyond --all clears it'
check "it is removed" buildx rm beyond
mv bin/docker bin/away
printf '#!/bin/sh\necho "docker: no buildx here" >&2\nexit 1\n' >bin/docker
chmod +x bin/docker
run_tool "$tool" --verify-only
check "without buildx: exit 3" exits 3
check "without buildx: why" contains "$(tr -s '\n ' ' ' <<<"$tool_output")" 'it is not known which builder builds go to: docker: no buildx here'
mv bin/away bin/docker

# Chosen by its variable alone, and stopped.
check "buildx use default" buildx use default
run_tool "$tool" --verify-only
check "not in use any more" exits 0
BUILDX_BUILDER=held run_tool "$tool" --verify-only
check "BUILDX_BUILDER: exit 3" exits 3
fill_builder
in_engine docker stop -t 1 buildx_buildkit_held0 >/dev/null
BUILDX_BUILDER=held run_tool "$tool" --all-builders
check "stopped: exit 3" exits 3
check "stopped: said" contains "$tool_output" 'which does not run'
check "stopped: it stays" equal "$(container_state buildx_buildkit_held0)" exited
run_tool "$tool" --all-builders
check "stopped, not in use: exit 0" exits 0
check "stopped, not in use: noted" contains "$tool_output" "$note"
in_engine docker rm -f buildx_buildkit_held0 >/dev/null

# Without buildctl.
check "a builder without buildctl" in_engine docker run -d --network none --name buildx_buildkit_bare0 \
  --entrypoint /bin/busybox standin:latest sleep 86400 >/dev/null
in_engine docker exec buildx_buildkit_bare0 rm /bin/buildctl
run_tool "$tool" --all-builders
check "no buildctl, not in use: exit 0" exits 0
check "no buildctl: the verdict does not cover it" contains "$tool_output" 'not covered, see the notes: buildx builders'
check "no buildctl: said" contains "$tool_errors" 'buildctl prune in container buildx_buildkit_bare0'
BUILDX_BUILDER=bare run_tool "$tool" --all-builders
check "no buildctl, in use: not clean" test "$tool_status" != 0
check "no buildctl, in use: said" contains "$tool_output" 'could not be read'
in_engine docker rm -f buildx_buildkit_bare0 >/dev/null

# A volume that no container has.
check "a volume is left behind" in_engine docker volume create buildx_buildkit_gone0_state >/dev/null
run_tool "$tool" --all-builders
check "volume: exit 0" exits 0
check "volume: the command that removes it" contains "$tool_output" 'docker volume rm buildx_buildkit_gone0_state'
run_tool "$tool" --prune-only
check "volume: noted by a pruning" contains "$tool_output" 'docker volume rm buildx_buildkit_gone0_state'
check "volume: it stays" in_engine docker volume inspect buildx_buildkit_gone0_state >/dev/null
remove_builders
scene_clean
rm "${SOCKET%/*}/second.sock" # a stopped engine leaves nothing there
finish
