#!/usr/bin/env bash
# The classic builder (DOCKER_BUILDKIT=0), which no verdict covers: how many steps it takes from local images
# after TOOL, and after the old script, is measured for the README and not promised. What TOOL must leave
# alone it also leaves alone here.
#
#   classic_test.sh ENGINE TOOL
set -euo pipefail
here=$(dirname "$0")
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
# shellcheck source=tests/engines/truth.sh
. "$here/truth.sh"
scene_begin "$@"

# Builds SERVICE again. `count`: how many steps are known from before.
rebuild() {
  local uuids
  build_app "$1" >&2 || return
  uuids=$(step_uuids "$(image_of "$1")")
  complete "$uuids" || return
  count=$(recurring "${known[$1]}" "$uuids")
  known[$1]=$(sort -u <<<"${known[$1]}"$'\n'"$uuids")
}

# seed SCENE SERVICE...: with --cache-from the classic builder looks at nothing but the image that it
# names, and that one has not all stages, hence `uncleared`.
seed() {
  local service images=$1 from=$CACHE_FROM
  [[ $images != containers ]] || images=other_apps
  CACHE_FROM=no
  "scene_$images" || return
  CACHE_FROM=$from
  for service in "${@:2}"; do
    known[$service]=$(step_uuids "$(image_of "$service")")
    complete "${known[$service]}" && rebuild "$service" || return
    uncleared[$service]=$count
  done
  [[ $1 != containers ]] || start_containers >/dev/null
}

other_images() { # TARGET
  local service
  for service in backend-old other $([[ $1 == all ]] || echo frontend); do
    echo "$service $(image_id "$(image_of "$service")" 2>&1)"
  done
}

measure() { # SCENE TARGET
  local service selected=(backend) images pid=
  [[ $2 == backend ]] || selected+=(frontend)
  seed "$1" "${selected[@]}" || return
  images=$(other_images "$2")
  [[ $1 != containers ]] || pid=$(container_pid wp-backend) || return
  run_tool "$tool" "$2"
  equal "$(other_images "$2")" "$images" || return
  if [[ $1 == containers ]]; then
    equal "$(container_pid wp-backend)" "$pid" && equal "$(container_state wp-frontend)" exited || return
  fi
  for service in "${selected[@]}"; do
    rebuild "$service" || return
    truth_row "$2" "$service" "$tool_status" "${uncleared[$service]}" "${scripted[$service]}" "$count"
    echo "# $name: $service: exit $tool_status, $count of $step_count, after the script ${scripted[$service]}" >&3
  done
}

measure_old_script() { # SCENE
  local service
  seed "$1" backend frontend || return
  old_script
  for service in backend frontend; do
    rebuild "$service" || return
    scripted[$service]=$count
  done
}

exec 3>&1
BUILDER=classic
declare -A known=() uncleared=() scripted=()
for scene in images_only other_apps containers; do
  truth_begin "$scene"
  for CACHE_FROM in no yes; do
    name="${scene/_/ }, --cache-from $CACHE_FROM"
    measure_old_script "$scene"
    for target in all backend; do
      name="${scene/_/ }, --cache-from $CACHE_FROM, $target"
      check "$name: measured, and nothing else was harmed" measure "$scene" "$target"
    done
  done
  truth_end
done
scene_clean
finish
