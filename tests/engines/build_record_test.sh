#!/usr/bin/env bash
# After a clean verdict the tool runs the build command, and BuildKit's own record of it is the last judge: steps that
# were imported meanwhile are exit 3; those that another build has made since are shared; other builds do not count.
#
#   build_record_test.sh ENGINE TOOL
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
scene_begin "$@"
# Where buildx finds what to say of it.
work=$contexts/record
rm -rf "$work"
mkdir -p "$work"
use_docker
docker=$(command -v docker)
cd "$work"
has_history=yes
[[ $ENGINE != docker-bookworm ]] || has_history=no

# A docker whose build does something before and after: what happens while a build command runs.
mkdir -p "$work/bin"
cat >"$work/bin/docker" <<END
#!/bin/sh
case "\$*" in
*--print* | *history* | *--help* | *inspect* | *version*) exec '$docker' "\$@" ;;
esac
# Once, when a command builds.
[ -z "\${BEFORE-}" ] || sh -c "\$BEFORE" >before.log 2>&1 || exit 90
'$docker' "\$@" || exit
[ -z "\${AFTER-}" ] || sh -c "\$AFTER" >after.log 2>&1 || exit 91
END
chmod +x "$work/bin/docker"
export PATH=$work/bin:$PATH REAL_DOCKER=$docker BUILDKIT_PROGRESS=plain

# application DIRECTORY SERVICE...: services with a file of their own, and three steps.
application() {
  local directory=$1 service
  shift
  mkdir -p "$directory"
  printf 'name: %s\nservices:\n' "${directory##*/}" >"$directory/compose.yaml"
  for service in "$@"; do
    mkdir -p "$directory/$service"
    cp "$(command -v busybox)" "$directory/$service/busybox"
    # Two services that copy the same file: the second takes that step from the first.
    printf 'FROM scratch\nCOPY busybox /bin/busybox\nCOPY own /own\nRUN ["/bin/busybox","touch","/one"]\nRUN ["/bin/busybox","touch","/two"]\n' \
      >"$directory/$service/Dockerfile"
    echo "$service" >"$directory/$service/own"
    printf '  %s:\n    image: "%s-%s"\n    build: {context: %s, network: none, cache_from: ["%s-%s"], args: {BUILDKIT_INLINE_CACHE: "1"}}\n' \
      "$service" "${directory##*/}" "$service" "$service" "${directory##*/}" "$service" >>"$directory/compose.yaml"
  done
}
# says NAME PATTERN [STATUS]: as the last line; on an engine without records, that there is none, and exit 0.
matches() { [[ $1 =~ $2 ]] || { printf 'not found: %s\nin: %s\n' "$2" "$1" && return 1; }; }
says() {
  if [[ $has_history == yes ]]; then
    check "$1: exit ${3-0}" exits "${3-0}"
    check "$1: $2" matches "$(tail -n 1 <<<"$tool_output")" "^$2"
  else
    check "$1: exit 0" exits 0
    check "$1: nobody could be asked" contains "$tool_output" \
      'nobody could be asked: this engine keeps no record of builds: Docker 23 and newer do. The verdict from before'
  fi
}
build() { run_tool "$tool" "$@"; }

scene_clean
application "$work/shop" web
application "$work/pair" web api
application "$work/other" web

name='one service'
cd "$work/shop"
build -- docker compose build
says "$name" 'built from scratch: web [0-9]+ steps, none cached\.$'
check "$name: the image is there" image_id shop-web:latest
build --verify-only -- docker compose build
[[ $has_history == no ]] || check "$name: --verify-only says how the last build went" \
  matches "$tool_output" 'note  the last build of web, .* ago: 0 of [0-9]+ steps were cached'
[[ $has_history == yes ]] || check "$name: --verify-only says that nobody could be asked" \
  contains "$tool_output" 'how the last builds went, nobody could be asked'
check "$name: built again" docker compose build
build --verify-only -- docker compose build
[[ $has_history == no ]] || check "$name: the last build has taken steps from the cache" \
  matches "$tool_output" 'note  the last build of web, .* ago: 4 of [0-9]+ steps were cached'
build --json --verify-only -- docker compose build
[[ $has_history == no ]] || check "$name: JSON has it" equal \
  "$(jq -c '.last_builds | map([.target, .steps > 7, .cached_steps])' <<<"$tool_output")" '[["web",true,4]]'

name='two services'
cd "$work/pair"
build -- docker compose build
says "$name" 'built from scratch: api [0-9]+ steps, web [0-9]+, 1 shared with builds since the clearing\.$'

name='an older cache comes back while the build command waits'
cd "$work/shop"
if [[ $ENGINE == *-containerd ]]; then
  # A build takes an image's name in cache_from from its registry alone. What is a cache here is a directory.
  command=(docker build --network none -t shop-web --cache-from 'type=local,src=cache' web)
  check "$name: a cache is kept" docker build --network none -q --cache-to type=local,dest=kept,mode=max web
  again="rm -rf $work/shop/cache; cp -r $work/shop/kept $work/shop/cache" target=shop-web source='local:[^;]+'
else
  command=(docker compose build)
  docker tag shop-web shop-kept
  again="$docker tag shop-kept shop-web" target=web source=shop-web
fi
BEFORE=$again build -- "${command[@]}"
says "$name" "not from scratch: $target took 4 of [0-9]+ steps from a cache that the build imported" 3
if [[ $has_history == yes ]]; then
  check "$name: the line names the build and the source" matches "$tool_output" "imported  $target  4 of [0-9]+ steps  from $source;"
  # shellcheck disable=SC2016  # when it is checked
  check "$name: and the command that shows more" eval \
    '$REAL_DOCKER buildx history logs "$(grep -o "history logs .*" <<<"$tool_output" | cut -d" " -f3)"'
fi
GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY=$work/summary GITHUB_OUTPUT=$work/output BEFORE=$again build -- "${command[@]}"
if [[ $has_history == yes ]]; then
  check "$name: GitHub gets an error" contains "$tool_errors" "::error title=clear-app-cache%3A not from scratch::$target took 4 of "
  check "$name: the summary says it" grep -q '^### clear-app-cache: not from scratch' "$work/summary"
  check "$name: the last verdict is residue" equal "$(grep verdict= "$work/output" | tail -n 1)" verdict=residue
fi
BEFORE=$again build --allow-external -- "${command[@]}"
says "$name, with --allow-external" "built: $target [0-9]+ steps, 4 cached or imported, which --allow-external accepts"
build --verify-only --json -- "${command[@]}"
[[ $has_history == no ]] || check "$name: JSON has the source" matches \
  "$(jq -c '.last_builds[0].imports' <<<"$tool_output")" "^\\[\"$source\"\\]\$"

name='another project builds the same in between'
cd "$work/shop"
BEFORE="cp $work/shop/web/own $work/other/web/own; $docker compose --project-directory $work/other -f $work/other/compose.yaml build" \
  build -- docker compose build
says "$name" 'built from scratch: web [0-9]+ steps, 4 shared with builds since the clearing\.$'

name='other builds meanwhile'
AFTER="$docker compose --project-directory $work/other -f $work/other/compose.yaml build; cd $work/other; $docker build --network none -q web" \
  build -- docker compose build
says "$name" 'built from scratch: web [0-9]+ steps, none cached\.$'
AFTER="cd $work/other; $docker build --network none -q web" build -- docker build --network none -t shop-web web
says "$name, of docker build" 'built from scratch: shop-web [0-9]+ steps, none cached\.$'

name=bake
cat >docker-bake.json <<'END'
{"group": {"default": {"targets": ["front", "back"]}},
 "target": {"front": {"context": "web", "network": "none", "tags": ["shop-front"]},
            "back": {"context": "back", "network": "none", "tags": ["shop-back"]}}}
END
mkdir -p back
echo back >back/own
printf 'FROM scratch\nCOPY own /own\n' >back/Dockerfile
build -- docker buildx bake
says "$name" 'built from scratch: back [0-9]+ steps, front [0-9]+, none cached\.$'
build --verify-only -- docker buildx bake front
[[ $has_history == no ]] || check "$name: --verify-only finds the target's last build" \
  contains "$tool_output" 'note  the last build of front'

name='a build that fails'
printf 'FROM scratch\nCOPY nothing /\n' >web/Dockerfile
build -- docker build --network none -t shop-web web
check "$name: exit 1, its own" exits 1
check "$name: is said" contains "$tool_output" 'build failed: the build command ended with status 1.'
build --quiet -- docker buildx bake front
check "$name: another one, --quiet" exits 1

scene_clean
finish
