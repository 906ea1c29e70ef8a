#!/usr/bin/env bash
# Target all removes the application's own dangling images, and those that nobody has labeled. Others' stay: what
# Compose has labeled as another project's, and what was pulled by its digest. What a container holds stays as well.
# Afterwards no other dangling image is left, as after `docker image prune`, whichever builder has made them.
#
#   dangling_test.sh ENGINE TOOL
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
scene_begin "$@"
project=$contexts/dangling
mkdir -p "$project"
cp "$(command -v busybox)" "$project/busybox"

list_dangling() { api GET '/images/json?filters=%7B%22dangling%22%3A%5B%22true%22%5D%7D' | jq -r '.[].Id' | sort; }
is_there() { api GET "/images/$1/json" >/dev/null; }
is_gone() { no_image_has "$1"; }

# Prints what is dangling now and was not before COMMAND, which must be one image.
new_dangling() { # COMMAND...
  local before found
  before=$(list_dangling)
  "$@" >"$contexts/dangling.log" 2>&1 || { cat "$contexts/dangling.log" >&2 && return 1; }
  found=$(comm -13 <(echo "$before") <(list_dangling))
  [[ $(grep -c . <<<"$found") == 1 ]] && echo "$found"
}
# compose_twice PROJECT IMAGE: the first image loses its name to the second. BuildKit leaves none such in the
# containerd store: there it loses another one.
compose_twice() {
  local turn other=first-$1:$RANDOM
  printf 'FROM scratch\nCOPY busybox /bin/busybox\nCOPY text .\nCMD ["/bin/busybox", "sleep", "86400"]\n' >"$project/Dockerfile"
  printf 'services:\n  web: {image: "%s", build: {context: ., network: none}}\n' "$2" >"$project/compose.yaml"
  for turn in 1 2; do
    echo "$1 $turn $RANDOM" >"$project/text"
    (cd "$project" && "$here/client.sh" "$ENGINE" docker compose -p "$1" build) || return
    [[ $ENGINE != *-containerd ]] || in_engine docker tag "$2" "$other" || return
  done
}
build_nameless() { # TEXT
  echo "$1" >"$project/text"
  in_engine env DOCKER_BUILDKIT=1 docker build --network none "$project"
}
# pull_by_digest TEXT: prints its reference.
pull_by_digest() {
  local output registry reference
  output=$(mktemp "$project/registry.XXXXXX")
  "$engine_sh" net "$ENGINE" python3 "$here/registry.py" 5000 "$1" >"$output" 2>&1 &
  registry=$!
  until reference=$(grep @ "$output"); do kill -0 $registry && sleep 0.1 || return; done
  in_engine docker pull -q "$reference" >/dev/null && echo "$reference"
  kill $registry
}

others() {
  foreign=$(new_dangling compose_twice other-project other-app:latest)
  pulled=$(pull_by_digest "$name")
  # With the containerd store the digest is a name, and the image is not dangling.
  if [[ $ENGINE == *-containerd ]]; then
    note='1 dangling image of others stays: 1 of the Compose project other-project'
  else
    note='2 dangling images of others stay: 1 of the Compose project other-project, 1 pulled by digest'
  fi
}
others_stay() {
  check "$name: another project's stays" is_there "$foreign"
  check "$name: what was pulled by its digest stays" is_there "$pulled"
}

name='by convention'
scene_clean
others
own=$(new_dangling compose_twice watch-party watchparty-web:latest)
unlabeled=$(new_dangling build_nameless "$name")
held=$(new_dangling build_nameless "$name, held")
in_engine docker create --network none --name holder "$held" >/dev/null
in_use=$(new_dangling build_nameless "$name, in use")
in_engine docker run -d --network none --name user "$in_use" >/dev/null
pid=$(container_pid user)
all=$(list_dangling)
run_tool "$tool" --dry-run all
check "$name: the plan counts images" contains "$tool_output" '2 images, up to '
check "$name: the plan says how many stay, and whose" contains "$tool_output" "$note"
check "$name: the plan removes nothing" equal "$(list_dangling)" "$all"
run_tool "$tool" all
check "$name: exit 0" exits 0
others_stay
check "$name: the own one is removed" is_gone "$own"
check "$name: what nobody has labeled is removed" is_gone "$unlabeled"
check "$name: what containers hold stays" is_there "$held"
check "$name: what containers use stays" is_there "$in_use"
check "$name: the running container runs on" equal "$(container_pid user)" "$pid"
check "$name: the stopped container is there" equal "$(container_state holder)" created
check "$name: the report counts images" contains "$tool_output" '2 images, up to '
check "$name: the report says how many stay, and whose" contains "$tool_output" "$note"
check "$name: the report says what containers hold" contains "$tool_output" \
  "dangling image ${held:0:19} stays, held by container holder (created)"

name='on the second run'
own=$(new_dangling compose_twice watch-party watchparty-web:latest)
in_engine docker image rm watchparty-web:latest >/dev/null
run_tool "$tool" all
check "$name: exit 0" exits 0
check "$name: whose the label is, nothing tells any more" is_there "$own"
check "$name: and that is said" contains "$tool_output" '1 of the Compose project watch-party'
others_stay

name='of a Compose file'
in_engine docker rm -f user holder >/dev/null
own=$(new_dangling compose_twice watch-party watchparty-web:latest)
echo '{"name": "watch-party", "services": {"web": {"image": "watchparty-web:latest", "build": {"context": "."}}}}' \
  >"$project/config.json"
run_tool "$tool" --file - <"$project/config.json"
check "$name: exit 0" exits 0
check "$name: the own one is removed" is_gone "$own"
others_stay
check "$name: no other is left" equal "$(list_dangling)" \
  "$({ echo "$foreign" && { [[ $ENGINE == *-containerd ]] || image_id "$pulled"; }; } | sort)"

# An image that is loaded twice is listed as dangling by the containerd store, and has its name.
name='loaded twice'
in_engine docker create --network none --name loaded other-app:latest >/dev/null
in_engine docker export loaded | in_engine docker import - named-app:1 >/dev/null
in_engine docker rm loaded >/dev/null
in_engine docker save named-app:1 >"$project/archive.tar"
for _ in 1 2; do in_engine docker load -q <"$project/archive.tar" >/dev/null; done
run_tool "$tool" --dry-run --json all
check "$name: it is no dangling image for the plan" equal \
  "$(jq '[.actions[] | select(.action == "prune-dangling-images").planned_count] | add' <<<"$tool_output")" 0
run_tool "$tool" all
check "$name: it stays" is_there named-app:1

# What an image of the classic builder was built on is dangling as well, once the image is gone.
name='of the classic builder'
scene_clean
cat >"$project/Dockerfile" <<'IMAGE'
FROM scratch AS base
COPY busybox /bin/busybox
RUN ["/bin/busybox", "touch", "/a"]
FROM base AS build
RUN ["/bin/busybox", "touch", "/b"]
FROM base
COPY --from=build /b /c
COPY text .
LABEL one=two
IMAGE
build_classic() {
  local turn
  for turn in 1 2; do
    echo "$turn" >"$project/text"
    in_engine env DOCKER_BUILDKIT=0 docker build -q --network none -t watchparty-web:latest "$project" || return
  done
}
check "$name: built twice" build_classic
check "$name: there are intermediate images" test "$(api GET '/images/json?all=1' | jq length)" -gt 6
run_tool "$tool" all
check "$name: exit 0" exits 0
check "$name: no image is left" equal "$(api GET '/images/json?all=1' | jq length)" 0

# What another project has labeled stays also where an own image is built on it.
name='on a base of others'
printf 'FROM scratch\nCOPY busybox /bin/busybox\nLABEL com.docker.compose.project=other-project\n' >"$project/Dockerfile"
in_engine env DOCKER_BUILDKIT=0 docker build -q --network none -t other-base:latest "$project" >"$contexts/dangling.log" 2>&1
base=$(image_id other-base:latest)
# The label is inherited.
printf 'FROM other-base:latest\nCOPY text .\nLABEL com.docker.compose.project=\n' >"$project/Dockerfile"
check "$name: built twice" build_classic
in_engine docker tag watchparty-web:latest watchparty-old:latest
in_engine docker image rm other-base:latest watchparty-web:latest >/dev/null
check "$name: the base has no name" no_image_has other-base:latest
run_tool "$tool" all
check "$name: exit 0" exits 0
check "$name: the base stays" is_there "$base"
scene_clean
finish
