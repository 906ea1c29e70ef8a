# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # what is for the tests, and what the files before it set
# Sourced after scene.sh, sshd.sh and readme/host.sh: workflows run on that host by this project's own runner (run.py),
# with releases from a server on the loopback of the engine's network in place of github.com.

root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
tag=v$(sed -nE 's/^project\(clear-app-cache VERSION ([^ ]+) .*/\1/p' "$root/CMakeLists.txt")
own_repository=OWNER/clear-app-cache@$tag=$root
release_file=clear-app-cache-${tag#v}-linux-$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')

# github_use TOOL: after sshd_begin and host_use. A release is made of TOOL by what makes real ones; the file for the
# machine that this is not is a script that says so.
github_use() {
  local built=$host/built
  host_network=("$engine_sh" net "$ENGINE")
  program ssh 'exec /usr/bin/ssh -F /dev/null "$@"' # nothing of this machine's ~/.ssh
  rm "$host/bin/clear-app-cache"                    # the action brings it
  releases=$host/www/OWNER/clear-app-cache/releases/download/$tag
  mkdir -p "$built/.ci" "$(dirname "$releases")"
  cp "$root/CMakeLists.txt" "$built/"
  cp "$root/.ci/release.sh" "$built/.ci/"
  built_files "$built" "$1"
  sh "$built/.ci/release.sh" gather "$tag" "$releases"
}

# built_files DIRECTORY TOOL: the files that the presets static and static-arm64 leave in their build directories
built_files() {
  local name=clear-app-cache architecture built
  for architecture in amd64 arm64; do
    built=$1/build/static
    [[ $architecture == amd64 ]] || built=$1/build/static-$architecture
    mkdir -p "$built"
    if [[ $release_file == *-$architecture ]]; then
      cp "$2" "$built/$name"
    else
      printf '#!/bin/sh\necho "%s %s for another machine: $*"\n' "$name" "${tag#v}" >"$built/$name"
      chmod +x "$built/$name"
    fi
    echo package >"$built/${name}_${tag#v}_$architecture.deb"
    echo archive >"$built/$name-${tag#v}-linux-$architecture.tar.gz"
    echo image >"$built/$name-${tag#v}-image-$architecture.tar.gz"
  done
}

# To be called after a scene was made, which starts the engine, and with it its network, again.
server_start() {
  local i
  server_stop
  "${host_network[@]}" python3 -m http.server --bind 127.0.0.1 --directory "$host/www" 8080 >"$host/server.log" 2>&1 &
  echo $! >"$host/server.pid" # a file: this may run in a subshell of check's
  for ((i = 0; i < 100; i++)); do
    [[ -z $("${host_network[@]}" ss -Hltn 'sport = :8080') ]] || return 0
    sleep 0.1
  done
  cat "$host/server.log" && return 1
}
server_stop() {
  [[ ! -e $host/server.pid ]] || kill "$(cat "$host/server.pid")" 2>/dev/null || :
  rm -f "$host/server.pid"
}

# run_workflow OPTION... WORKFLOW, options as run.py has them: fills status, log and result
run_count=0
run_workflow() {
  local run=$((run_count + 1))
  status=0
  # shellcheck disable=SC2016
  on_host sh -c 'echo $$ >"$0" && exec "$@"' "$host/run.pid" "$root/tests/workflows/run.py" \
    --server http://127.0.0.1:8080 "${@:1:$#-1}" "$host/runs/$run" "${!#}" >"$host/run.log" 2>&1 || status=$?
  last_run $run
}
last_run() { # NUMBER: also of one in the background
  run_count=$1
  run_directory=$host/runs/$1
  log=$(cat "$host/run.log")
  result=$run_directory/result.json
}

fact() { jq -r "$1" "$result" 2>&1; } # JQ_FILTER: of the last run's result
# An expectation: its steps' exit statuses, but for 0
exits_with() {
  equal "$(fact '[.. | .exit? | numbers | select(. != 0)] | join(" ")')" "$1" || { echo "$log" && return 1; }
}
# An expectation: the first that has a verdict among its outputs, a job or a step
has_outputs() { # VERDICT IMAGES
  local filter='[.. | .outputs? | objects | select(has("verdict"))][0] |
    .verdict + ", " + .["removed-images"] + (.["reclaimed-bytes"] | if test("^[0-9]+$") then "" else ", no bytes" end)'
  equal "$(fact "$filter")" "$1, $2"
}
