# shellcheck shell=bash
# Sourced by the tests: fills a real engine (see engine.sh) with the sample application and reports
# what became of it. Nothing happens on sourcing; begin with `scene_begin ENGINE TOOL`, or, where
# nothing is tested, with `scene_use ENGINE`.
#
# The sample application is watchparty-backend and watchparty-frontend: four stages from scratch,
# where every RUN writes a fresh uuid to /steps. The image has all of them, so a uuid that an earlier
# build wrote proves that its step was not run again. /marks/npm is apart: the uuid that the cache
# mount holds, which outlives its step as long as the mount is kept.
#
# Knobs for every build: BUILDER=buildkit|classic|compose (on Docker; compose where the engine's client
# has it), INLINE=yes for inline cache metadata, CACHE_FROM=yes for --cache-from with the image's own
# name (compose always has that).

engine_sh=$(dirname "${BASH_SOURCE[0]}")/engine.sh
# shellcheck source=tests/engines/check.sh
. "$(dirname "${BASH_SOURCE[0]}")/check.sh"
step_count=5 # the RUNs of the sample application
BUILDER=buildkit INLINE=no CACHE_FROM=no

# Starts ENGINE if it does not run and prepares the contexts; where it cannot be started the test is
# skipped, in CI it fails. scene_end, for an EXIT trap, wipes an engine that was started here.
scene_use() {
  ENGINE=$1 started_here=no
  if ! SOCKET=$("$engine_sh" socket "$ENGINE" 2>/dev/null); then
    started_here=yes
    if ! "$engine_sh" start "$ENGINE"; then
      [[ -z ${CI-} ]] || return
      exit 77 # skipped: this machine has no such engine
    fi
    SOCKET=$("$engine_sh" socket "$ENGINE")
  fi
  contexts=$("$engine_sh" dir "$ENGINE")/contexts
  prefix=
  [[ $ENGINE != podman-* ]] || prefix=localhost/
  app_context backend watchparty-backend 2
  app_context backend-old watchparty-backend 1
  app_context frontend watchparty-frontend 1
  app_context other other-app 1
}

# The way a test begins: fills tool; the engine is wiped at the end, if it was started for it.
scene_begin() {
  tool=$(realpath "${2:?TOOL}")
  trap scene_end EXIT
  scene_use "${1:?ENGINE}"
}

# scene_apart ENGINE: before that, in a test that has the engine started in a way of its own (DATA_SIZE,
# DOCKERD_OPTIONS: see engine.sh). One that runs already is stopped, and started again as it was at the end.
scene_apart() {
  stopped=''
  if "$engine_sh" socket "${1:?ENGINE}" >/dev/null 2>&1; then
    stopped=$1
    "$engine_sh" stop "$1"
  fi
}

scene_end() {
  [[ ${started_here-no} == no ]] || "$engine_sh" wipe "$ENGINE"
  [[ -z ${stopped-} ]] || env -u DATA_SIZE -u DOCKERD_OPTIONS "$engine_sh" start "$stopped"
}

# Puts a docker first in PATH which has Compose and buildx, reaches the engine, and runs in the current directory;
# that has to lie in $contexts.
use_docker() {
  mkdir -p "$contexts/bin"
  cat >"$contexts/bin/docker" <<END
#!/bin/sh
ENGINES_DIR='${ENGINES_DIR-}' exec '$(realpath "${engine_sh%/*}")/client.sh' '$ENGINE' docker "\$@"
END
  chmod +x "$contexts/bin/docker"
  export PATH=$contexts/bin:$PATH
}

in_engine() { "$engine_sh" exec "$ENGINE" "$@"; }

# The engine's own client: docker or, through its API too, podman.
client() {
  if [[ $ENGINE == podman-* ]]; then
    in_engine podman "$@"
  else
    in_engine docker "$@"
  fi
}

# api METHOD PATH [BODY]: what the engine answers; a quicker client than docker. Fails on a status that
# means a failure.
api() {
  curl -fsS --unix-socket "$SOCKET" -X "$1" ${3:+-H 'Content-Type: application/json' -d "$3"} \
    "http://engine$2"
}

# --- the sample application ---

image_of() { # the image of a service, as the engine names it
  case $1 in
    backend | frontend) echo "${prefix}watchparty-$1:latest" ;;
    backend-waiting) image_of backend ;;
    backend-old) echo "${prefix}watchparty-backend:rollback" ;;
    other) echo "${prefix}other-app:latest" ;;
  esac
}

# app_context DIRECTORY APP VERSION: what two versions share are the stages base and deps.
app_context() {
  local dir=$contexts/$1
  rm -rf "$dir"
  mkdir -p "$dir/src"
  cp "$(command -v busybox)" "$dir/busybox"
  echo "{\"name\": \"$2\"}" >"$dir/package.json"
  echo "$2 $3" >"$dir/src/main.js"
  cat >"$dir/Dockerfile" <<'END'
FROM scratch AS base
COPY busybox /bin/busybox
RUN ["/bin/busybox", "sh", "-c", "/bin/busybox --install -s /bin && mkdir /steps && cat /proc/sys/kernel/random/uuid >/steps/base"]

FROM base AS deps
WORKDIR /app
COPY package.json .
RUN --mount=type=cache,target=/root/.npm \
    mkdir -p node_modules /marks /root/.npm && cp package.json node_modules/ && \
    { test -f /root/.npm/mark || cat /proc/sys/kernel/random/uuid >/root/.npm/mark; } && \
    cp /root/.npm/mark /marks/npm && \
    cat /proc/sys/kernel/random/uuid >/steps/deps

FROM deps AS build
COPY src src
RUN cat src/*.js >bundle.js && cat /proc/sys/kernel/random/uuid >/steps/build

FROM base AS runtime
WORKDIR /app
RUN mkdir data && echo configured >data/config && cat /proc/sys/kernel/random/uuid >/steps/runtime
COPY --from=deps /app/node_modules node_modules
COPY --from=deps /marks /marks
COPY --from=build /app/bundle.js .
COPY --from=build /steps /steps
RUN cat bundle.js node_modules/package.json >release && cat /proc/sys/kernel/random/uuid >/steps/release
CMD ["/bin/sh", "-c", "trap exit TERM; sleep 86400 & wait"]
END
  # The classic builder knows no mounts.
  sed 's/--mount=[^ ]*//' "$dir/Dockerfile" >"$dir/Dockerfile.classic"
  find "$dir" -exec touch -d 2024-01-01 {} + # the same context on every run
}

# build_app SERVICE [ARG...]: what the client says is shown only if the build fails.
build_app() {
  local service=$1 image args=() log=$contexts/$1.log
  image=$(image_of "$service")
  args=(build --network none -t "$image")
  [[ $INLINE == no ]] || args+=(--build-arg BUILDKIT_INLINE_CACHE=1)
  [[ $CACHE_FROM == no ]] || args+=(--cache-from "$image")
  shift
  if [[ $BUILDER == compose ]]; then
    compose_build "$service" "$@"
    return
  elif [[ $ENGINE == podman-* ]]; then
    set -- podman "${args[@]}" --layers "$@"
  elif [[ $BUILDER == classic ]]; then
    set -- env DOCKER_BUILDKIT=0 docker "${args[@]}" -f "$contexts/$service/Dockerfile.classic" "$@"
  else
    set -- env DOCKER_BUILDKIT=1 BUILDKIT_PROGRESS=plain docker "${args[@]}" "$@"
  fi
  # After a prune 28.5's containerd store can lose a layer's parent to its garbage collector, once.
  in_engine "$@" "$contexts/$service" >"$log" 2>&1 ||
    { grep -q 'failed to prepare extraction snapshot' "$log" && in_engine "$@" "$contexts/$service" >"$log" 2>&1; } || {
    cat "$log"
    return 1
  }
}

# compose_build [SERVICE...]: the real `docker compose build`, where the engine's client has it.
compose_build() {
  local service
  {
    echo 'name: watchparty'
    echo 'services:'
    for service in backend frontend; do
      printf '  %s:\n    image: watchparty-%s:latest\n    build:\n' "$service" "$service"
      printf '      context: ./%s\n      network: none\n' "$service"
      printf '      cache_from: [watchparty-%s:latest]\n' "$service"
      printf '      args: {BUILDKIT_INLINE_CACHE: "%d"}\n' "$([[ $INLINE == no ]] && echo 0 || echo 1)"
    done
  } >"$contexts/compose.yaml"
  in_engine docker compose -f "$contexts/compose.yaml" build "$@" >"$contexts/compose.log" 2>&1 || {
    cat "$contexts/compose.log"
    return 1
  }
}

# image_file IMAGE PATH: the content of a file or of all files in a directory. The container that this
# takes is never started and is gone afterwards.
image_file() {
  local id status=0
  id=$(api POST /containers/create "{\"Image\": \"$1\", \"NetworkDisabled\": true}" | jq -r .Id) || return
  api GET "/containers/$id/archive?path=$2" | tar -xO || status=$?
  api DELETE "/containers/$id" && return "$status"
}
step_uuids() { image_file "$1" /steps | sort; }
cache_mount_mark() { image_file "$1" /marks/npm; }

# recurring UUIDS UUIDS: how many are in both
recurring() { comm -12 <(sort <<<"$1") <(sort <<<"$2") | grep -c . || :; }

# Expectations about the uuids of an earlier build and those of a later one. A list that is not
# complete proves nothing.
complete() { [[ $(grep -c . <<<"$1") == "$step_count" ]] || { printf 'not %d uuids:\n%s\n' "$step_count" "$1" && return 1; }; }
recurs() { # COUNT EARLIER LATER
  complete "$2" && complete "$3" || return
  [[ $(recurring "$2" "$3") == "$1" ]] || {
    printf '%d of %d steps recur, expected %d\n' "$(recurring "$2" "$3")" "$step_count" "$1"
    return 1
  }
}
all_recur() { recurs "$step_count" "$@"; }
fresh() { recurs 0 "$@"; }

# --- scenes ---

# Removes every container, every image and the build cache of this engine.
scene_clean() {
  if [[ $ENGINE == podman-* ]]; then
    # shellcheck disable=SC2016
    in_engine sh -c 'podman rm -af && podman image rm -af && [ -z "$(podman images -aq)" ]'
  else
    # shellcheck disable=SC2016
    in_engine sh -c '
      docker ps -aq | xargs -r docker rm -f &&
        docker images -aq | sort -u | xargs -r docker image rm -f
      docker image prune -af && docker builder prune -af &&
        [ -z "$(docker ps -aq)$(docker images -aq)" ]'
  fi >"$contexts/clean.log" 2>&1 || {
    cat "$contexts/clean.log"
    return 1
  }
}

# Fills the engine with what SEED builds from nothing. A seed is built once for an engine and a builder, and
# copied from then on.
scene_from() { # SEED
  local copy
  copy=$(cksum <"${BASH_SOURCE[0]}" | cut -d' ' -f1)/$1-$BUILDER-$INLINE-$CACHE_FROM
  "$engine_sh" load "$ENGINE" "$copy" || { scene_clean && "$1" && "$engine_sh" save "$ENGINE" "$copy"; } || return
  [[ $ENGINE == podman-* ]] || nothing_in_use
}
scene_images_only() { scene_from seed_images_only; }
scene_other_apps() { scene_from seed_other_apps; }
scene_containers() { scene_other_apps && start_containers; }

seed_images_only() { build_app backend && build_app frontend; }
seed_other_apps() { seed_images_only && build_app backend-old && build_app other; }

# wp-backend runs, wp-frontend ran once and stopped.
start_containers() {
  client run -d --network none --name wp-backend "$(image_of backend)" >/dev/null &&
    client run --network none --name wp-frontend "$(image_of frontend)" true
}

# The pid of a running container as its engine sees it; failure if there is no such process.
container_pid() {
  # shellcheck disable=SC2016
  in_engine sh -c '
    pid=$("$1" inspect -f "{{.State.Pid}}" "$2") && test -d "/proc/$pid" && echo "$pid"' \
    _ "${ENGINE%%-*}" "$1"
}
remove_containers() { client rm -f wp-backend wp-frontend >/dev/null 2>&1 || :; }
container_state() { client inspect -f '{{.State.Status}}' "$1"; }

image_id() { api GET "/images/$1/json" | jq -r .Id; }
no_image_has() { # an expectation
  equal "$(curl -sS -o /dev/null -w '%{http_code}' --unix-socket "$SOCKET" "http://engine/images/$1/json")" 404
}
image_ids() { client images -a --no-trunc --format '{{.Repository}}:{{.Tag}} {{.ID}}' | sort; }

# --- a build that runs until it may finish ---

# Builds the backend with one more step, which waits. Returns once that step runs and the engine
# lists its record as in use.
start_running_build() {
  local dir=$contexts/backend-waiting i
  app_context backend-waiting watchparty-backend 2
  echo 'mkfifo /go && read -r _ </go && rm /go' >"$dir/wait"
  printf 'COPY wait /bin/wait\nRUN sh /bin/wait\n' >>"$dir/Dockerfile"
  running_build=$contexts/running-build # says how the build ended
  rm -f "$running_build"
  (
    status=ended
    build_app backend-waiting >/dev/null || status=failed
    echo $status >"$running_build"
  ) &
  for ((i = 0; i < 600; i++)); do
    if waiting_fifo >/dev/null && in_use | grep -q 'sh /bin/wait'; then return; fi
    [[ ! -s $running_build ]] || break
    sleep 0.1
  done
  echo "the build did not come to its waiting step, see $contexts/backend-waiting.log"
  return 1
}
running_build_came_to() { # an expectation: ended or failed
  local i
  for ((i = 0; i < 600; i++)); do
    [[ ! -s $running_build ]] || break
    sleep 0.1
  done
  [[ $(cat "$running_build") == "$1" ]] || {
    cat "$running_build" "$contexts/backend-waiting.log"
    return 1
  }
}

# The fifo that the step waits at, by a path in the engine's namespaces.
waiting_fifo() {
  # shellcheck disable=SC2016
  in_engine sh -c 'for fifo in /proc/[0-9]*/root/go; do
    if [ -p "$fifo" ]; then echo "$fifo" && exit; fi
  done; exit 1'
}

finish_running_build() {
  # shellcheck disable=SC2016
  in_engine sh -c 'echo >"$1"' _ "$(waiting_fifo)" && running_build_came_to ended
}

# The client is ended, which makes the engine end the build.
cancel_running_build() {
  # shellcheck disable=SC2016
  in_engine sh -c 'for process in /proc/[0-9]*; do
    if tr "\0" " " <"$process/cmdline" | grep -q "^docker build .*/backend-waiting $"; then kill "${process#/proc/}"; fi
  done' 2>/dev/null
  running_build_came_to failed
}

# The descriptions of the build cache records in use, as /system/df has them.
in_use() {
  api GET '/system/df?type=build-cache' |
    { grep -o '"Description":"[^"]*","InUse":true' || :; } |
    sed -e 's/^"Description":"//' -e 's/","InUse":true$//' -e 's/\\u0026/\&/g' -e 's/\\u003e/>/g' -e 's/\\u003c/</g'
}

# A second after its start, Docker prunes by its own policy; for that it takes every record whose size it does
# not know yet into use, for a moment. Once a /system/df has answered that none is, all sizes are known.
nothing_in_use() {
  local i held
  for ((i = 0; i < 600; i++)); do
    held=$(in_use) || return
    [[ -n $held ]] || return 0
    sleep 0.1
  done
  echo "$held"
  return 1
}

# --- the tool and what was there before it ---

# run_tool TOOL ARG...: fills tool_status, tool_output (standard output) and tool_errors.
run_tool() {
  local tool=$1
  shift
  tool_status=0
  tool_output=$(env -u DOCKER_HOST -u DOCKER_CONTEXT -u DOCKER_API_VERSION -u CLEAR_APP_CACHE_PROJECT \
    "$tool" -H "unix://$SOCKET" "$@" 2>"$contexts/tool.errors") || tool_status=$?
  tool_errors=$(cat "$contexts/tool.errors")
}
exits() { # an expectation
  [[ $tool_status == "$1" ]] || {
    printf 'exit %d, expected %d\n%s\n%s\n' "$tool_status" "$1" "$tool_output" "$tool_errors"
    return 1
  }
}

# has_polled TIMES LOG: an expectation; a run that writes LOG with --verbose has read the build cache so often.
has_polled() {
  local i
  for ((i = 0; i < 300; i++)); do
    (($(grep -c /system/df "$2") < $1)) || return 0
    sleep 0.1
  done
  cat "$2"
  return 1
}

# What users ran before there was the tool, its errors hidden as there.
old_script() {
  in_engine sh -c '
    docker builder prune -f
    docker image rm watchparty-backend:latest watchparty-frontend:latest' >/dev/null 2>&1 || :
}
