#!/usr/bin/env bash
# The proof, on one real engine: after TOOL cleared a target with exit 0, the next build of that target
# runs every step again, and nothing else was harmed. Beside it the old script's sequence, after
# which every step still comes from the cache.
#
#   clearing_test.sh ENGINE TOOL [SCENE...]   SCENE: images_only, other_apps, containers (default: all)
#   clearing_test.sh ENGINE TOOL round        the hardest case alone: containers, inline cache, --cache-from,
#                                             both targets. It writes no rows for the README's table
set -euo pipefail
here=$(dirname "$0")
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
# shellcheck source=tests/engines/truth.sh
. "$here/truth.sh"
scene_begin "$@"
shift 2
(($#)) || set -- images_only other_apps containers
inline_caches=(no yes) cache_froms=(no yes) actions=(old_script all backend) whole=yes
if [[ $1 == round ]]; then
  set -- containers
  inline_caches=(yes) cache_froms=(yes) actions=(all backend) whole=no
fi

# What a build of SERVICE now leaves in its image; nothing if it fails.
rebuild() { build_app "$1" >&2 && step_uuids "$(image_of "$1")"; }

# seed SCENE SERVICE...: builds what an earlier clearing took, then the SERVICEs once more, which
# has to show that their steps recur while nothing is cleared. The containers come last: on the
# containerd store a rebuild makes another image of the same layers.
seed() {
  local service images=$1 from=$CACHE_FROM
  if [[ $1 == containers ]]; then
    images=other_apps
    remove_containers
  fi
  CACHE_FROM=no
  check "$name: the scene is built" "seed_$images"
  CACHE_FROM=$from
  for service in "${@:2}"; do
    earlier[$service]=$(step_uuids "$(image_of "$service")") || :
    later[$service]=$(rebuild "$service")
    check "$name: uncleared, every step of the $service is cached" \
      all_recur "${earlier[$service]}" "${later[$service]}"
    uncleared[$service]=$(recurring "${earlier[$service]}" "${later[$service]}")
  done
  [[ $1 != containers ]] || check "$name: the containers are started" start_containers
}

# All images that clearing the target must leave alone, with their IDs.
other_images() { # SCENE TARGET
  local services=()
  [[ $2 == all ]] || services+=(frontend)
  [[ $1 == images_only ]] || services+=(backend-old other)
  for service in "${services[@]}"; do echo "$service $(image_id "$(image_of "$service")" 2>&1)"; done
}

clearing() { # SCENE TARGET
  local service selected=(backend) images pid
  [[ $2 == backend ]] || selected+=(frontend)
  seed "$1" "${selected[@]}"
  images=$(other_images "$1" "$2")
  [[ $1 != containers ]] || pid=$(container_pid wp-backend) || :

  run_tool "$tool" "$2"
  check "$name: exit 0" exits 0
  check "$name: images that were not selected stand" equal "$(other_images "$1" "$2")" "$images"
  if [[ $1 == containers ]]; then
    check "$name: the running container runs on" equal "$(container_pid wp-backend)" "${pid:?}"
    check "$name: the stopped container is there" equal "$(container_state wp-frontend)" exited
  fi
  for service in "${selected[@]}"; do
    check "$name: nothing is called $(image_of "$service") any more" no_image_has "$(image_of "$service")"
    later[$service]=$(rebuild "$service")
    check "$name: fresh $service" fresh "${earlier[$service]}" "${later[$service]}"
    [[ $whole == no ]] || truth_row "$2" "$service" "$tool_status" "${uncleared[$service]}" "${scripted[$service $CACHE_FROM]}" \
      "$(recurring "${earlier[$service]}" "${later[$service]}")"
  done
}

# Docker 28's containerd store now and then takes a service's records for not shared on `builder prune -f`,
# and the script succeeds by accident; then it is tried again.
old_script_clears_nothing() { # SCENE
  local service round
  seed "$1" backend frontend
  for round in 1 2 3 4; do
    if ((round > 1)); then
      echo "# $name: cache was pruned by accident in round $((round - 1))"
      for service in backend frontend; do earlier[$service]=${later[$service]}; done
    fi
    old_script
    for service in backend frontend; do
      later[$service]=$(rebuild "$service")
      ((round > 1)) || scripted[$service $CACHE_FROM]=$(recurring "${earlier[$service]}" "${later[$service]}")
    done
    [[ $ENGINE == *-containerd ]] || break
    if all_recur "${earlier[backend]}" "${later[backend]}" && all_recur "${earlier[frontend]}" "${later[frontend]}"; then
      break
    fi >/dev/null
  done
  for service in backend frontend; do
    check "$name: every step of the $service is still cached" all_recur "${earlier[$service]}" "${later[$service]}"
  done
}

declare -A earlier=() later=()      # the uuids of each service
declare -A uncleared=() scripted=() # how many of them came back
for scene; do
  [[ $whole == no ]] || truth_begin "$scene"
  for INLINE in "${inline_caches[@]}"; do
    scene_clean
    for action in "${actions[@]}"; do
      for CACHE_FROM in "${cache_froms[@]}"; do
        name="${scene/_/ }, inline cache $INLINE, --cache-from $CACHE_FROM, ${action/_/ }"
        if [[ $action == old_script ]]; then
          old_script_clears_nothing "$scene"
        else
          clearing "$scene" "$action"
        fi
      done
    done
  done
  [[ $whole == no ]] || truth_end
done

if [[ $whole == yes ]] && in_engine docker compose version >/dev/null 2>&1; then
  BUILDER=compose INLINE=yes CACHE_FROM=yes
  for action in all backend; do
    scene_clean
    name="docker compose build, $action"
    clearing images_only "$action"
  done
fi
scene_clean
finish
