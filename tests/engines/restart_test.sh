#!/usr/bin/env bash
# The engine is stopped, killed or restarted while one of TOOL's requests is under way, for each kind of request: the
# run ends by itself and says why, exit 0 is never wrong, and the next run finishes the work. Containers run on.
#
#   restart_test.sh ENGINE TOOL [PATTERN]    PATTERN: only the kinds that match it
set -euo pipefail
here=$(dirname "$0")
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
# shellcheck source=tests/engines/standin.sh
. "$here/standin.sh"
# shellcheck source=tests/engines/relay.sh
. "$here/relay.sh"
scene_apart "${1:?ENGINE}"
export DOCKERD_OPTIONS=--live-restore
scene_begin "$@"
arguments=(--keep-as before --all-builders)

# The kinds of requests among those of a run, up to the prune and behind it: a line "NUMBER METHOD PATH" each.
kinds() {
  sed -E 's/ \/v[0-9.]+/ /; s/(exec|containers)\/[0-9a-f]{64}/\1\/ID/; s/watchparty-[a-z]+:[a-z]+/NAME/; s/sha256:.*tag.*/ID\/tag/' |
    awk '{ kind = behind $0 } !(kind in seen) { print NR, $1, $2; seen[kind] } /build\/prune/ { behind = "behind " }'
}

fill() {
  build_app backend && build_app frontend && fill_builder || return
  earlier=$(step_uuids "$(image_of backend)")
  in_engine docker image rm -f watchparty-backend:before watchparty-frontend:before >/dev/null 2>&1 || :
}
neighbors() {
  container_pid wp-backend && container_pid buildx_buildkit_held0 && container_state wp-frontend &&
    image_id "$(image_of other)" && image_id "$(image_of backend-old)"
}
nothing_is_left() {
  equal "$(api GET /images/json | jq -r '.[].RepoTags[]?' | grep -E '^watchparty-(backend|frontend):latest$' || :)" '' &&
    equal "$(api GET /system/df | jq '.BuildCache // [] | length')" 0 || return
  # A builder that no build goes to need not be read.
  [[ $tool_output =~ 'not covered'.*'buildx builders' ]] || ! has_records
}
says_why() {
  local errors
  errors=$(grep '^clear-app-cache: error: ' <<<"$tool_errors" || :)
  case $tool_status in
    0) equal "$errors" '' && contains "$tool_output" 'clean: ' ;;
    3) contains "$tool_output" 'residue: ' ;;
    1) equal "$(grep -c . <<<"$errors")" 1 && equal "$(grep -iE 'internal|timeout' <<<"$errors" || :)" '' ;;
    4) equal "$(grep -c . <<<"$errors")" 1 && equal "$(step_uuids "$(image_of backend)")" "$earlier" ;;
    *) equal "$tool_status" '0, 1, 3 or 4' ;;
  esac
}
# dockerd restarts its containerd.
works_again() { until in_engine docker exec buildx_buildkit_held0 true >/dev/null 2>&1 && api GET /system/df >/dev/null; do sleep 0.1; done; }

# ended_at NUMBER MOMENT SIGNAL PROGRAM gone|back: a run in which that happens to dockerd or containerd at that request.
ended_at() {
  local name="request $kind: $4 gets $3, $2, $5" engine commands
  fill
  engine=$("$engine_sh" hold "$ENGINE")
  [[ $4 == dockerd ]] || engine=$(pgrep -P "$engine" -x "$4")
  commands="kill -$3 $engine"
  case $4-$5 in
    dockerd-back) commands+=" && '$engine_sh' up '$ENGINE'" ;;
    dockerd-gone) commands+=' && exit 1' ;;
  esac
  relayed "$1" "$2" "$commands" "$tool" "${arguments[@]}"
  check "$name: it came to that" relay_said "$5"
  echo "# exit $tool_status: $(grep -m1 '^[a-z-]*: error: ' <<<"$tool_errors" || tail -n 1 <<<"$tool_output")"
  if [[ $4-$5 == dockerd-gone ]]; then
    run_tool "$tool" "${arguments[@]}"
    check "$name: without the engine, exit 4" exits 4
    tool_status=$relayed_status tool_output=$relayed_output tool_errors=$relayed_errors
    "$engine_sh" up "$ENGINE"
  fi
  check "$name: it works again" works_again
  check "$name: exit $tool_status, which is explained" says_why
  [[ $tool_status != 0 ]] || check "$name: exit 0 is true" nothing_is_left
  run_tool "$tool" "${arguments[@]}"
  if [[ $4 == containerd && $tool_status == 3 ]]; then
    # What an engine's prune had in work while it lost its containerd stays in use.
    check "$name: what the next run cannot finish, and why" contains "$tool_output" 'an interrupted build or prune has left them in use: restart the engine.'
    kill "$("$engine_sh" hold "$ENGINE")"
    "$engine_sh" up "$ENGINE"
    run_tool "$tool" "${arguments[@]}"
  fi
  check "$name: the next run finishes" exits 0
  check "$name: nothing is left" nothing_is_left
  check "$name: containers and other images are unharmed" equal "$(neighbors)" "$before"
  build_app backend
  check "$name: fresh" fresh "$earlier" "$(step_uuids "$(image_of backend)")"
}

scene_containers
check "the stand-in is built" build_standin
check "a builder runs" run_standin
fill
before=$(neighbors)
relayed 0 before true "$tool" "${arguments[@]}"
check "a whole run" exits 0
kinds=$(kinds <"$relay_log")
echo "$kinds"
check "a run makes $(wc -l <<<"$kinds") kinds of requests" equal "$(($(wc -l <<<"$kinds") >= 15))" 1

while read -r number kind; do
  [[ $kind =~ ${3-.} ]] || continue
  ended_at "$number" sent TERM dockerd gone
  ended_at "$number" sent KILL dockerd gone
  ended_at "$number" before KILL dockerd back
  [[ $kind =~ ^(POST|DELETE) ]] || continue
  ended_at "$number" answer KILL dockerd gone
  ended_at "$number" answer TERM dockerd back
  [[ ! $kind =~ DELETE|prune|start ]] || ended_at "$number" sent KILL containerd back
done <<<"$kinds"
finish
