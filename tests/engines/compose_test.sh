#!/usr/bin/env bash
# With --file the next build by real Compose starts from scratch wherever the exit status is 0, whatever names the
# Compose file gives: each kind of file is built, cleared and built again, and the uuids of the steps are compared.
#
#   compose_test.sh ENGINE TOOL
# shellcheck disable=SC2016  # backticks for the README's table
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
# shellcheck source=tests/engines/truth.sh
. "$here/truth.sh"
scene_begin "$@"
compose_begin files

# The tool finds this docker, whose Compose reads the same files.
mkdir -p "$contexts/elsewhere"
use_docker
cd "$contexts/elsewhere"

# The file of a kind. Every service is built from the sample application's backend or frontend.
compose_file() {
  case $1 in
    readme)
      service backend 'image: "watchparty-backend:latest"' 'cache_from: ["watchparty-backend:latest"]'
      service frontend 'image: "watchparty-frontend:latest"' 'cache_from: ["watchparty-frontend:latest"]'
      ;;
    staging) service backend 'image: "watchparty-backend:staging"' 'cache_from: ["watchparty-backend:staging"]' ;;
    two-tags)
      service backend 'image: "app-backend:v1"' \
        'tags: ["app-backend:latest"]' 'cache_from: ["app-backend:v1", "app-backend:latest"]'
      ;;
    default-names) service backend '' 'cache_from: [shop-backend]' ;;
    registry) service backend '' 'cache_from: ["localhost:5000/shop/backend"]' ;;
    local) service backend '' 'cache_from: ["type=local,src=./cache"]' ;;
  esac
}
service() { # NAME LINE BUILD_LINE...
  printf '  %s:\n    %s\n    build:\n      context: %s\n      network: none\n' "$1" "$2" "$contexts/$1"
  printf '      args: {BUILDKIT_INLINE_CACHE: "1"}\n'
  printf '      %s\n' "${@:3}"
}
write_file() { printf 'name: shop\nservices:\n%s\n' "$(compose_file "$1")" >"$contexts/$1.yaml"; }
build() { # KIND [SERVICE]
  docker compose -f "$contexts/$1.yaml" build "${@:2}" >"$contexts/compose.log" 2>&1 || {
    cat "$contexts/compose.log"
    return 1
  }
}
uuids() { step_uuids "${images[0]}"; }
clear_kind() { run_tool "$tool" --file "$contexts/$kind.yaml" "$@"; } # ARG...

round() { # KIND TITLE IMAGE...: the first image is built, the others are names of it or of other services
  kind=$1
  images=("${@:3}")
  local title=$2 image first again status
  check "$kind: scene" scene_clean
  write_file "$kind"
  check "$kind: is built" build "$kind"
  first=$(uuids)
  check "$kind: is built again" build "$kind"
  again=$(uuids)
  check "$kind: nothing cleared, every step comes back" all_recur "$first" "$again"
  clear_kind --dry-run
  for image in "${images[@]}"; do
    check "$kind: the plan has $image" contains "$tool_output" "remove  $image "
  done
  clear_kind
  status=$tool_status
  check "$kind: cleared" exits 0
  for image in "${images[@]}"; do check "$kind: $image is removed" no_image_has "$image"; done
  clear_kind --verify-only
  check "$kind: verified" exits 0
  check "$kind: is built after the clearing" build "$kind"
  check "$kind: no step comes back" fresh "$first" "$(uuids)"
  compose_row "$title" "$status" "$(recurring "$first" "$again")" "$(recurring "$first" "$(uuids)")"
}

round readme '`image` and `cache_from` as in the deployment' watchparty-backend:latest watchparty-frontend:latest
round staging '`:staging` in both' watchparty-backend:staging
round two-tags '`:v1` and `:latest`, by `build.tags`' app-backend:v1 app-backend:latest
round default-names 'no `image`: the default name' shop-backend:latest

# One service alone: the other's image stays. A build of both would import that, and with it the steps that the
# two share.
kind=readme
check "backend: scene" scene_clean
check "backend: is built" build readme
images=(watchparty-backend:latest) && first=$(uuids)
check "backend: is built again" build readme backend
again=$(uuids)
clear_kind backend
status=$tool_status
check "backend: cleared" exits 0
check "backend: the frontend's image stays" test -n "$(image_id watchparty-frontend:latest)"
check "backend: is built after the clearing" build readme backend
check "backend: no step comes back" fresh "$first" "$(uuids)"
compose_row 'one service of two' "$status" "$(recurring "$first" "$again")" "$(recurring "$first" "$(uuids)")"
clear_kind --keep-as before backend
check "backend: a backup by tag" exits 0
check "backend: the backup is there" test -n "$(image_id watchparty-backend:before)"

# What Compose says is passed on, and nothing is changed.
before=$(image_ids)
run_tool "$tool" --file "$contexts/nowhere.yaml"
check "no such file" exits 2
check "no such file: Compose's words" contains "$tool_errors" "no such file or directory"
clear_kind nobody
check "no such service" exits 2
# shellcheck disable=SC2016
printf 'name: shop\nservices:\n  web: {image: "x:${TAG:?say which}", build: .}\n' >"$contexts/variable.yaml"
kind=variable
clear_kind
check "a variable without a value" exits 2
check "a variable without a value: Compose's words" contains "$tool_errors" "say which"
TAG=v1 clear_kind --dry-run
check "the environment is passed on" exits 0
check "nothing has changed" equal "$(image_ids)" "$before"

# The same from standard input, without any docker.
docker compose -f "$contexts/readme.yaml" config --format json >"$contexts/config.json"
docker compose -f "$contexts/readme.yaml" build --print >"$contexts/print.json"
(cd "$contexts" && docker buildx bake -f readme.yaml --print) >"$contexts/bake.json" 2>/dev/null
for answer in config print bake; do
  PATH=/usr/bin:/bin run_tool "$tool" --file - --dry-run frontend <"$contexts/$answer.json"
  check "from standard input, $answer" exits 0
  check "from standard input, $answer: the plan" contains "$tool_output" "remove  watchparty-frontend:latest "
done
PATH=/usr/bin:/bin run_tool "$tool" --file - --project other <"$contexts/config.json"
check "of another project" exits 2
check "of another project: said" contains "$tool_errors" "is of project 'shop', not of 'other'"
# A directory that an engine keeps its content in is no cache, whoever names it.
mkdir -p "$contexts/content/blobs/sha256" "$contexts/content/ingest"
echo layer >"$contexts/content/blobs/sha256/$(sha256sum <<<layer | cut -d' ' -f1)"
printf '{"name":"other","services":{"frontend":{"build":{"cache_from":["type=local,src=%s"]}}}}' "$contexts/content" >"$contexts/other.json"
PATH=/usr/bin:/bin run_tool "$tool" --file - <"$contexts/other.json"
check "a store of content is no cache" exits 3
check "it stays" test -n "$(ls "$contexts/content/blobs/sha256")"

# Compose writes default names with an underscore if the .env beside the file says so.
kind=default-names
write_file "$kind"
echo COMPOSE_COMPATIBILITY=1 >"$contexts/.env"
check "compatible: is built" build "$kind"
clear_kind
check "compatible: cleared" exits 0
check "compatible: the image is removed" no_image_has shop_backend:latest
rm "$contexts/.env"

# A registry's IPv6 address. 20.10 takes no such name.
if [[ $ENGINE != docker-bookworm ]]; then
  printf 'name: shop\nservices:\n%s\n' "$(service backend 'image: "[::1]:5000/shop-backend"')" >"$contexts/ipv6.yaml"
  kind=ipv6
  check "ipv6: scene" scene_clean
  check "ipv6: is built" build ipv6
  clear_kind --dry-run
  check "ipv6: the plan" contains "$tool_output" 'remove  [::1]:5000/shop-backend:latest '
  run_tool "$tool" --project '[::1]:5000/shop' backend
  check "ipv6: cleared by its prefix" exits 0
  check "ipv6: the image is removed" no_image_has '[::1]:5000/shop-backend:latest'
fi

# A registry that cache_from names cannot be cleared from here.
kind=registry images=(shop-backend:latest)
check "registry: scene" scene_clean
write_file registry
check "registry: is built" build registry
clear_kind
check "registry: residue" exits 3
check "registry: is named" contains "$tool_output" "localhost:5000/shop/backend"

# A directory in cache_from, relative to where Compose runs. Only the containerd store can write one; any store's
# builder reads it.
kind=local
check "local: scene" scene_clean
write_file local
rm -rf cache "$contexts/local-cache"
if [[ $ENGINE == *-containerd ]]; then
  check "local: is built" docker buildx build --network none -t shop-backend --load \
    --cache-to type=local,dest=./cache,mode=max "$contexts/backend" >/dev/null 2>&1
  first=$(uuids)
  cp -a cache "$contexts/local-cache"
  docker builder prune -af >/dev/null 2>&1
  docker image rm -f shop-backend >/dev/null
  check "local: is built from the directory" build local
  again=$(uuids)
  check "local: every step comes back" all_recur "$first" "$again"
  clear_kind --dry-run
  check "local: the plan has the directory" contains "$tool_output" "remove  $PWD/cache "
  clear_kind
  check "local: cleared" exits 0
  status=$tool_status
  check "local: the directory is removed" test ! -e cache
  clear_kind --dry-run
  check "local: where it looked is said" contains "$tool_errors" "$PWD/cache does not exist"
  check "local: is built after the clearing" build local
  check "local: no step comes back" fresh "$first" "$(uuids)"
  compose_row '`type=local`: a directory' "$status" "$(recurring "$first" "$again")" "$(recurring "$first" "$(uuids)")"
  cp -a "$contexts/local-cache" cache
  touch cache/precious
  clear_kind
  check "local: what is more than a cache is residue" exits 3
  check "local: and it stays" test -e cache/precious
  rm -r cache
fi
# Where there is none, a build in another directory may find one. An empty directory is none.
mkdir -p cache
clear_kind --quiet
check "local: not here" exits 0
check "local: not here: a warning" contains "$tool_errors" "so a build in another directory uses another one"
rmdir cache
cd "$contexts"
clear_kind --quiet
check "local: where builds run, what is already gone is success" equal "$tool_status $tool_errors" '0 '
docker compose -f local.yaml config --format json >config.json
run_tool "$tool" --file - --quiet <config.json
check "local: the answer alone does not say where" contains "$tool_errors" "so a build in another directory uses another one"
cd elsewhere
scene_clean
truth_end
finish
