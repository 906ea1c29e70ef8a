#!/usr/bin/env bash
# Every command in README.md is run, in its order, where a reader would run it: in a checkout or on a
# deployment host. A command that no rule here covers is a failure.
#
#   commands_test.sh ENGINE TOOL      ENGINE is one whose client has `docker compose`
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/engines/scene.sh
. "$here/../engines/scene.sh"
# shellcheck source=tests/engines/sshd.sh
. "$here/../engines/sshd.sh"
# shellcheck source=tests/readme/readme.sh
. "$here/readme.sh"
# shellcheck source=tests/readme/host.sh
. "$here/host.sh"
# shellcheck source=tests/readme/checkout.sh
. "$here/checkout.sh"

# --- in a checkout ---

installs() { # DIRECTORY CMD: the files, and nothing of the host's
  local file
  rm -rf "$1"
  in_checkout sh -c "$2" || return
  for file in bin/clear-app-cache share/man/man1/clear-app-cache.1.gz \
    share/bash-completion/completions/clear-app-cache share/zsh/site-functions/_clear-app-cache \
    share/fish/vendor_completions.d/clear-app-cache.fish lib/systemd/system/clear-app-cache.timer; do
    [[ -f $1/$file ]] || { echo "not installed: $file" && return 1; }
  done
}

# --- on the host ---

# What a line of the tool says, and what the next build makes of it.
runs_tool() { # CMD
  local status=0 expected=0 word=clean: output earlier
  case $1 in
    *--dry-run*) word='Would clear' ;;
    *--verify-only*) expected=3 word=residue: ;;
  esac
  earlier=$(step_uuids "$(image_of backend)")
  output=$(on_host env APP_DIR="$host/home/app" sh -c "$1" 2>&1) || status=$?
  contains "$output" "$word" && equal "$status" "$expected" || return
  build_app backend && build_app frontend || return
  if [[ $word == clean: ]]; then
    fresh "$earlier" "$(step_uuids "$(image_of backend)")"
  else
    all_recur "$earlier" "$(step_uuids "$(image_of backend)")"
  fi
}

# The same of a line that also builds, with the sample's network.
builds_by_tool() { # CMD
  local status=0 output earlier
  earlier=$(step_uuids "$(image_of backend)")
  output=$(on_host sh -c "${1/docker build /docker build --network none }" 2>&1) || status=$?
  contains "$output" clean: && equal "$status" 0 && fresh "$earlier" "$(step_uuids "$(image_of backend)")"
}

makes_artifacts() { mkdir -p "$host/home/app/frontend/.next" "$host/home/app/backend/__pycache__"; }
artifacts_are_gone() { equal "$(cd "$host/home/app" && find . -mindepth 2)" ''; }

write_compose_file() {
  cp -r "$contexts/backend" "$contexts/frontend" "$host/home/"
  cat >"$host/home/compose.yaml" <<'END'
name: watchparty
services:
  backend:
    image: watchparty-backend:latest
    build: {context: backend, network: none, cache_from: [watchparty-backend:latest]}
    network_mode: none
  frontend:
    image: watchparty-frontend:latest
    build: {context: frontend, network: none, cache_from: [watchparty-frontend:latest]}
    network_mode: none
END
}

# --- the rules ---

follow() { # CMD
  case $1 in
    # The first runs this; demo_test.sh and benchmark_test.sh run the others.
    'sudo sh tests/run.sh'* | 'sudo sh tests/demo.sh' | 'sudo sh tests/bench/run.sh')
      script=${1#sudo sh }
      check "$1 (parsed)" in_checkout sh -n "${script%% *}"
      ;;
    'sh tests/fleet/swarm.sh '* | 'LABEL='*' sh tests/fleet/swarm.sh '*) # fleet_test.sh runs these
      check "$1 (parsed)" in_checkout sh -n tests/fleet/swarm.sh
      ;;
    'docker node update --label-add '*)
      check "$1 (an option of its)" contains "$(in_engine docker node update --help)" --label-add
      ;;
    'sudo sh tests/setup.sh '* | 'cmake --preset '* | 'cmake --build '*)
      check "$1" in_checkout sh -c "$1"
      ;;
    'sudo cmake --install build/release')
      DESTDIR=$checkout/build/stage check "$1" installs "$checkout/build/stage/usr/local" "$1"
      ;;
    'cmake --install build/release --prefix DIR')
      check "$1" installs "$checkout/build/prefix" "${1/DIR/build/prefix}"
      ;;
    # tests/ship/packages_test.sh and image_test.sh do what these do, and compare the files' names.
    'curl -fLO https://github.com/OWNER/'* | 'sudo dpkg -i clear-app-cache_'* | 'sudo tar -C / '* | 'docker load -i '* | \
      'docker run --rm --network none '*)
      check "$1 (parsed)" sh -n -c "$1"
      ;;
    'scp /usr/bin/clear-app-cache HOST:') ;; # tests/ship/static_test.sh: it needs no other file
    'clear-app-cache --app-dir '*)
      makes_artifacts
      scene_images_only
      check "$1" runs_tool "$1"
      check "the artifacts are gone" artifacts_are_gone
      ;;
    *' --host ssh://deploy@HOST '* | *' --context production '*)
      scene_images_only
      sshd_start
      in_engine docker context create production --docker "host=$ssh_url" >/dev/null
      check "$1" runs_tool "export DOCKER_CONFIG=$("$engine_sh" dir "$ENGINE")/home/.docker; ${1/ssh:\/\/deploy@HOST/$ssh_url}"
      in_engine docker context rm production >/dev/null
      ;;
    'clear-app-cache -- '*)
      scene_images_only
      check "$1" builds_by_tool "$1"
      ;;
    clear-app-cache | 'clear-app-cache '*)
      scene_images_only
      id=$(image_id "$(image_of backend)")
      check "$1" runs_tool "$1"
      ;;
    'docker tag watchparty-backend:before-clearing '*) # after --keep-as, and a fresh build
      check "another image was built since" equal "$([[ $(image_id "$(image_of backend)") == "$id" ]] || echo yes)" yes
      check "$1" on_host sh -c "$1"
      check "the image is back" equal "$(image_id "$(image_of backend)")" "$id"
      ;;
    'docker compose up -d')
      check "$1" on_host sh -c "$1"
      check "the backend runs on the image that is back" equal \
        "$(client inspect -f '{{.State.Status}} {{.Image}}' watchparty-backend-1 2>&1)" "running $id"
      ;;
    'docker compose build --no-cache') # "It makes one build fresh"
      scene_images_only
      earlier=$(step_uuids "$(image_of backend)")
      check "$1" on_host sh -c "$1"
      check "its build is fresh" fresh "$earlier" "$(step_uuids "$(image_of backend)")"
      ;;
    'docker compose build --print | ssh HOST '*)
      scene_images_only
      check "$1 (without ssh)" runs_tool "${1/ssh HOST /}"
      ;;
    'docker build')
      check "$1 (a command of its)" in_engine docker build --help
      ;;
    'docker buildx bake' | 'docker compose config' | 'docker compose build' | 'flock /run/lock/deploy '*)
      check "$1" on_host sh -c "$1"
      ;;
    # Of other tools, in the prose; the script's own commands.
    'docker builder prune -f' | 'docker image rm NAME' | 'docker image prune -f')
      scene_images_only
      check "$1" on_host sh -c "${1/NAME/watchparty-backend:latest}"
      ;;
    'podman build --no-cache')
      check "$1 (an option of its)" contains "$(in_engine podman build --help)" "${1##* }"
      ;;
    *)
      check "a rule for: $1" false
      ;;
  esac
}

sshd_begin "$@"
host_use "$tool"
program ssh "exec /usr/bin/ssh -F $ssh_dir/config \"\$@\""
host_network=("$engine_sh" net "$ENGINE")
write_compose_file
checkout_use
mapfile -t lines < <(commands && commands_in_prose)
for line in "${lines[@]}"; do follow "$line"; done
scene_clean
finish
