#!/usr/bin/env bash
# Another application's images stay where the prefixes nest: "shop" leaves alone what Compose labeled as
# "shop-admin". A label that is only spelled differently, "watch-party" on "watchparty-backend", hides nothing.
# The images are built by real Compose.
#
#   neighbors_test.sh ENGINE TOOL
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
scene_begin "$@"

build_project() { # PROJECT PREFIX
  local service log=$contexts/$1.log
  {
    echo 'services:'
    for service in backend frontend; do
      printf '  %s: {image: "%s-%s:latest", build: {context: ./%s, network: none}}\n' \
        "$service" "$2" "$service" "$service"
    done
  } >"$contexts/$1.yaml"
  (cd "$contexts" && "$here/client.sh" "$ENGINE" docker compose -p "$1" -f "$1.yaml" build) >"$log" 2>&1 ||
    { cat "$log" && return 1; }
  [[ $(image_label "$2-backend:latest") == "$1" ]]
}
image_label() { api GET "/images/$1/json" | jq -r '.Config.Labels["com.docker.compose.project"]'; }
# A project of one service, whose image has the project's own name.
build_single() { # PROJECT
  printf 'services:\n  %s: {image: "%s:latest", build: {context: ./backend, network: none}}\n' "$1" "$1" >"$contexts/$1.yaml"
  (cd "$contexts" && "$here/client.sh" "$ENGINE" docker compose -p "$1" -f "$1.yaml" build) >"$contexts/$1.log" 2>&1 ||
    { cat "$contexts/$1.log" && return 1; }
}
ids_of() { image_ids | grep "^$1-" || :; }

scene_clean
check "shop is built" build_project shop shop
check "shop-admin is built" build_project shop-admin shop-admin
check "watch-party is built" build_project watch-party watchparty
check "shop-job is built" build_single shop-job
check "shop-frontend is built" build_single shop-frontend
neighbors=$(ids_of shop-admin)
check "the neighbor has two images" equal "$(grep -c . <<<"$neighbors")" 2
note='shop-admin-backend:latest, shop-admin-frontend:latest belong to the Compose project shop-admin, and are left alone'

run_tool "$tool" -p shop --dry-run all
check "the plan leaves the neighbor alone" contains "$tool_output" "$note"
check "the plan removes no image of the neighbor's" equal "$(grep -c 'remove  shop-admin' <<<"$tool_output")" 0
run_tool "$tool" -p shop all
check "shop: exit 0" exits 0
check "shop: the report leaves the neighbor alone" contains "$tool_output" "$note"
check "shop: its image is removed" no_image_has shop-backend:latest
check "shop: the neighbor's images stay" equal "$(ids_of shop-admin)" "$neighbors"
check "shop: an image with its own project's name stays" contains "$tool_output" \
  'shop-job:latest belongs to the Compose project shop-job, and is left alone'
check "shop: it is there" contains "$(image_ids)" shop-job:latest
check "shop: its own frontend is removed, from a directory of that name" no_image_has shop-frontend:latest
run_tool "$tool" -p shop --verify-only all
check "shop: verified, exit 0" exits 0

before=$(image_ids && api GET /system/df?type=build-cache | jq -c '[.BuildCache // .BuildCacheUsage.Items // [] | .[].ID] | sort')
for project in wachtparty watch_party watch.party watchprty; do
  run_tool "$tool" -p "$project" all
  check "a slip ($project): exit 2" exits 2
  check "a slip ($project): what was meant" contains "$tool_errors" "did you mean --project watchparty?"
  check "a slip ($project): the command" contains "$tool_errors" "clear-app-cache --host unix://$SOCKET --project watchparty"
done
check "a slip: nothing has changed" equal "$before" \
  "$(image_ids && api GET /system/df?type=build-cache | jq -c '[.BuildCache // .BuildCacheUsage.Items // [] | .[].ID] | sort')"
run_tool "$tool" -p nobody --verify-only
check "nothing alike: what there is" contains "$tool_output" 'prefixes that have a backend or a frontend: '
run_tool "$tool" all
check "watchparty: exit 0" exits 0
check "watchparty: images of the project watch-party are removed" equal "$(ids_of watchparty)" ''

run_tool "$tool" -p shop-admin all
check "shop-admin: exit 0" exits 0
check "shop-admin: its own images are removed" equal "$(ids_of shop-admin)" ''
scene_clean
finish
