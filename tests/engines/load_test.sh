#!/usr/bin/env bash
# Ten tools at once, beside builds that run all the time and containers, for LOAD_SECONDS (default 60): no failure that
# is not one, no container and no image of others lost, each verdict true at its time (load_verdicts.py judges that).
# When the load has ended, one more run says clean, and nothing is reused.
#
#   load_test.sh ENGINE TOOL
set -euo pipefail
here=$(dirname "$0")
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
scene_begin "$@"
# So that a name which was left is as good as a record that was.
INLINE=yes CACHE_FROM=yes
load=$contexts/load
rm -rf "$load"
mkdir "$load"
stop=$load/stop

# Builds a service until the load ends. A line a build: the service, its start and end, the image, the steps' uuids. A
# second name, which is no cache source, holds each image until it was read.
builds() { # SERVICE
  local service=$1 kept start end
  for ((number = 1; ; number++)); do
    [[ ! -e $stop ]] || return 0
    kept=kept:$service-$number start=$EPOCHREALTIME
    if ! build_app "$service" -t "$kept" >>"$load/$service.failures"; then continue; fi
    end=$EPOCHREALTIME
    echo "$service $start $end $(image_id "$kept") $(step_uuids "$kept" | tr '\n' ' ')"
    # Of two clients that remove an image's last names at once, an engine may fail one.
    in_engine docker image rm "$kept" >/dev/null 2>&1 || no_image_has "$kept" >/dev/null || return
  done
}

# Runs the tool until the load ends, with a report as JSON and as text in turn. A line a run: its arguments, its start
# and end, its status, and the report's last line, or why there is none. Builds go first.
runs() { # NUMBER ARG...
  local number=$1 form=--json start status
  shift
  until [[ -e $stop ]]; do
    start=$EPOCHREALTIME status=0
    nice "$tool" -H "unix://$SOCKET" "$@" $form >"$load/$number.out" 2>"$load/$number.err" || status=$?
    printf '%s\t' "$*" "$start" "$EPOCHREALTIME" "$status"
    if [[ $form == --json || $status == [03] ]]; then tail -n 1 "$load/$number.out"; else head -n 1 "$load/$number.err"; fi
    [[ $form == --json ]] && form=--color=never || form=--json
  done
}

containers() {
  client ps -aq --no-trunc | xargs -r "$engine_sh" exec "$ENGINE" docker inspect -f \
    '{{.Name}} {{.Id}} {{.State.Status}} {{.State.Pid}} {{.State.StartedAt}} {{.RestartCount}}' | sort
}
others() { image_ids | grep -E '^(other-app:|watchparty-backend:rollback)'; }
# The tool's processes: what lets an engine finish a prune ends with the prune.
left_behind() {
  local i process
  for ((i = 0; i < 600; i++)); do
    process=$(find /proc -maxdepth 2 -name exe -lname "$tool" 2>/dev/null) || :
    [[ $process ]] || return 0
    sleep 0.1
  done
  echo "$process"
  return 1
}

check "the scene is built" scene_containers
containers=$(containers) others=$(others)
check "a container runs, another one has stopped" equal "$(wc -l <<<"$containers")" 2
check "there are images of others" equal "$(wc -l <<<"$others")" 2

loops=()
for service in backend frontend; do
  echo "$service 0 0 $(image_id "$(image_of $service)") $(step_uuids "$(image_of $service)" | tr '\n' ' ')"
done >"$load/builds.before"
for service in backend frontend; do
  builds "$service" >"$load/builds.$service" &
  loops+=($!)
done
number=0
while read -ra words; do
  number=$((number + 1))
  runs $number "${words[@]}" >"$load/runs.$number" &
  loops+=($!)
done <<'END'
all
all --keep-cache-mounts
backend
frontend
all --verify-only
backend --verify-only
all --dry-run
--prune-only
--prune-only --older-than 1s --keep-storage 1MB
all --wait --timeout 5s
END
sleep "${LOAD_SECONDS:-60}" # the load itself
: >"$stop"
ended=0
for loop in "${loops[@]}"; do wait "$loop" || ended=$((ended + 1)); done

check "no loop has broken off" equal "$ended" 0
check "each verdict was true at its time" python3 "$here/load_verdicts.py" "$load"
cat "$load/summary"
check "no build failed" equal "$(cat "$load"/*.failures)" ''
check "the containers are all there, and run" equal "$(containers)" "$containers"
check "the images of others are all there" equal "$(others)" "$others"
check "no process is left" left_behind

check "the engine still builds" build_app backend
earlier=$(step_uuids "$(image_of backend)")
run_tool "$tool" --json all
check "one more run ends clean" exits 0
check "... and says so" equal "$(jq -r .verdict <<<"$tool_output")" clean
build_app backend
check "fresh" fresh "$earlier" "$(step_uuids "$(image_of backend)")"
scene_clean
finish
