#!/usr/bin/env bash
# What a build command names is cleared, wherever its names come from, and the command then builds every step anew:
# real Compose, bake and docker build are asked, and build before and after.
#
#   build_command_test.sh ENGINE TOOL
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
# shellcheck source=tests/engines/truth.sh
. "$here/truth.sh"
scene_begin "$@"
compose_begin commands

# The directory of an application.
work=$contexts/work
rm -rf "$work"
mkdir -p "$work/deployment"
use_docker
cd "$work"

run_command() { # what it says is shown only if it fails
  "$@" >"$contexts/command.log" 2>&1 || {
    cat "$contexts/command.log"
    return 1
  }
}
clear_for() { run_tool "$tool" --no-build -- "$@"; }

# round NAME IMAGE COMMAND...: the command builds IMAGE, takes every step from a cache while nothing is cleared, and
# none afterwards.
round() {
  local name=$1 image=$2 first uncleared status
  shift 2
  check "$name: is built" run_command "$@"
  first=$(step_uuids "$image")
  check "$name: is built again" run_command "$@"
  uncleared=$(step_uuids "$image")
  check "$name: nothing cleared, every step comes back" all_recur "$first" "$uncleared"
  clear_for "$@"
  status=$tool_status
  check "$name: cleared" exits 0
  check "$name: $image is removed" no_image_has "$image"
  check "$name: is built after the clearing" run_command "$@"
  check "$name: no step comes back" fresh "$first" "$(step_uuids "$image")"
  compose_row "$name" "$status" "$(recurring "$first" "$uncleared")" "$(recurring "$first" "$(step_uuids "$image")")"
}

# compose_file FILE IMAGE BUILD_LINE...: of a service backend
compose_file() {
  {
    printf 'name: app\nservices:\n  backend:\n    image: "%s"\n    network_mode: none\n    build:\n' "$2"
    printf '      context: %s\n      network: none\n      args: {BUILDKIT_INLINE_CACHE: "1"}\n' "$contexts/backend"
    printf '      %s\n' "${@:3}"
  } >"$1"
}

# --- where variables come from ---
# shellcheck disable=SC2016  # Compose's variables
tagged='app-backend:${TAG:-latest}'
compose_file deployment/compose.yaml "$tagged" "cache_from: [\"$tagged\"]"
check "scene" scene_clean
echo TAG=v7 >.env.prod
round "\`--env-file\`" app-backend:v7 docker compose --env-file .env.prod -f deployment/compose.yaml build
echo TAG=v8 >.env
round "\`.env\` where the command runs" app-backend:v8 docker compose --project-directory . -f deployment/compose.yaml build
rm .env
export TAG=v9
round "a variable of the environment" app-backend:v9 docker compose -f deployment/compose.yaml build backend
unset TAG

# --- files that build, though docker compose config refuses them ---
compose_file compose.yaml app-backend:latest 'cache_from: ["app-backend:latest"]'
cat >>compose.yaml <<'END'
    env_file: ./secrets.env
  a: {image: busybox, container_name: twin, profiles: [a]}
  b: {image: busybox, container_name: twin, profiles: [b]}
END
round "a missing \`env_file\`, and a \`container_name\` of two profiles" app-backend:latest docker compose build
run_tool "$tool" --file compose.yaml backend
check "the same by --file" exits 0
run_tool "$tool" --file compose.yaml nobody
check "no such service" exits 2
check "no such service: Compose's words" contains "$tool_errors" "no such service: nobody"

# --- bake ---
cat >docker-bake.json <<END
{"group": {"default": {"targets": ["web"]}},
 "target": {"web": {"context": "$contexts/backend", "network": "none", "args": {"BUILDKIT_INLINE_CACHE": "1"},
   "tags": ["baked:v1"], "cache-from": ["baked:v1"], "output": ["type=docker"]}}}
END
round "\`docker buildx bake\`" baked:v1 docker buildx bake -f docker-bake.json --allow=fs.read="$contexts"
cat >x-bake.yaml <<END
services:
  web:
    build:
      context: $contexts/backend
      network: none
      args: {BUILDKIT_INLINE_CACHE: "1"}
      x-bake: {tags: ["x-baked:v1"], cache-from: ["x-baked:v1"], output: ["type=docker"]}
END
round "\`x-bake\`, by \`docker buildx bake\`" x-baked:v1 docker buildx bake -f x-bake.yaml --allow=fs.read="$contexts"

# --- docker build, with a stage that has a name of its own ---
stage=(docker buildx build --network none --build-arg BUILDKIT_INLINE_CACHE=1 --load --target deps -t watchparty-backend-deps
  "$contexts/backend")
whole=(docker build --network none --build-arg BUILDKIT_INLINE_CACHE=1 --cache-from watchparty-backend-deps
  --cache-from watchparty-backend -t watchparty-backend "$contexts/backend")
check "docker build: a stage is built" run_command "${stage[@]}"
round "\`docker build\`, with a stage of its own name" watchparty-backend:latest "${whole[@]}"
check "docker build: its stage is removed" no_image_has watchparty-backend-deps:latest
check "docker build without a tag: is built" run_command docker build --network none "$contexts/backend"
clear_for docker build --network none "$contexts/backend"
check "docker build without a tag: cleared, whatever other images there are" exits 0
DOCKER_BUILDKIT=0 clear_for "${whole[@]}"
check "docker build by the classic builder" exits 3
check "docker build by the classic builder: the way out" contains "$tool_output" "DOCKER_BUILDKIT=1"
run_tool "$tool" -- docker build -t watchparty-backend "$contexts/nowhere"
check "docker build without its context" exits 2

# An image that another one is built on goes with it.
name='built on another service'\''s image'
mkdir -p based
cp "$(command -v busybox)" based/busybox
printf 'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox","touch","/base"]\n' >based/Base
printf 'FROM based-backend:latest\nRUN ["/bin/busybox","touch","/web"]\n' >based/Web
cat >based.yaml <<'END'
name: based
services:
  backend: {image: "based-backend:latest", build: {context: based, dockerfile: Base, network: none}}
  frontend: {image: "based-frontend", build: {context: based, dockerfile: Web, network: none}}
END
check "$name: the base is built" run_command docker compose -f based.yaml build backend
check "$name: and the other one" run_command docker compose -f based.yaml build frontend
said='based-frontend:latest is built on based-backend:latest, which is removed: where a FROM names it, build based-backend:latest first'
run_tool "$tool" --dry-run -- docker compose -f based.yaml build
check "$name: the plan warns" contains "$tool_errors" "$said"
check "$name: and expects exit 0" contains "$tool_output" 'expected exit status: 0'
run_tool "$tool" --dry-run -p based frontend
check "$name: that the base stays is said" contains "$tool_errors" \
  'based-frontend:latest is built on based-backend:latest, which stays: the steps of based-backend:latest are not built again'
in_engine docker run -d --network none --name based based-frontend:latest /bin/busybox sleep 86400 >/dev/null
run_tool "$tool" -- docker compose -f based.yaml build
check "$name: so does the clearing" contains "$tool_errors" "$said"
check "$name: the build fails, as was said" exits 1
rescue=$(sed -n "s/.*to bring it back: //p" <<<"$tool_output")
# shellcheck disable=SC2016  # the user's shell expands it
check "$name: what brings the image back is said" contains "$rescue" 'docker tag $(docker inspect '
check "$name: and does" run_command sh -c "$rescue"
check "$name: the image is there" contains "$(image_ids)" 'based-frontend:latest'
in_engine docker rm -f based >/dev/null

# --- a cache that the next deployment moves into place ---
if [[ $ENGINE == *-containerd ]]; then
  compose_file compose.yaml moved:latest 'cache_from: ["type=local,src=./cache"]' \
    'cache_to: ["type=local,dest=./cache-new,mode=max"]'
  deploy() {
    run_command docker compose build || return
    rm -rf cache && mv cache-new cache
  }
  check "cache_to: is deployed" deploy
  first=$(step_uuids moved:latest)
  docker builder prune -af >/dev/null
  check "cache_to: is deployed again" run_command docker compose build # and not moved yet
  uncleared=$(step_uuids moved:latest)
  check "cache_to: every step comes back" all_recur "$first" "$uncleared"
  clear_for docker compose build
  check "cache_to: cleared" exits 0
  status=$tool_status
  check "cache_to: neither directory is left" test ! -e cache -a ! -e cache-new
  check "cache_to: is deployed after the clearing" deploy
  check "cache_to: no step comes back" fresh "$first" "$(step_uuids moved:latest)"
  compose_row "\`cache_to\`, moved to \`cache_from\` by the next deployment" "$status" "$(recurring "$first" "$uncleared")" \
    "$(recurring "$first" "$(step_uuids moved:latest)")"
fi

# --- what a build fetches from a registry ---
compose_file compose.yaml app-backend:latest 'cache_from: ["acme/web"]'
clear_for docker compose build
check "Docker Hub's" exits 3
check "Docker Hub's: it says why it counts" contains "$tool_output" "a build fetches it from outside this engine"
run_tool "$tool" --no-build --allow-external -- docker compose build
check "Docker Hub's, allowed" exits 0
check "Docker Hub's, allowed: a note" contains "$tool_output" "the next build can use acme/web"

# --- the command is run, after a clean verdict alone ---
before=$(image_ids)
run_tool "$tool" -- docker compose build
check "residue: the status" exits 3
check "residue: said" contains "$tool_errors" "the build command was not run: docker compose build"
check "residue: nothing is built" equal "$(image_ids)" "$before"
compose_file compose.yaml app-backend:latest 'cache_from: ["app-backend:latest"]'
check "run: is built" run_command docker compose build
first=$(step_uuids app-backend:latest)
run_tool "$tool" -- docker compose up -d --build
check "run: the status" exits 0
check "run: the verdict comes first" contains "${tool_output%%$'\n'#*}" "clean: "
check "run: no step comes back" fresh "$first" "$(step_uuids app-backend:latest)"
check "run: the container runs" equal "$(container_state app-backend-1)" running
client rm -f app-backend-1 >/dev/null
run_tool "$tool" -- docker build --network none -t broken - <<<'FROM nowhere.invalid/nothing'
check "run: a build that fails has its own status" equal "$((tool_status != 0 && tool_status != 3))" 1

truth_end
finish
