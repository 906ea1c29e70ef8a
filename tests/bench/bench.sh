#!/usr/bin/env bash
# The part of run.sh that needs engines: bench.sh TOOL PROGRAMS
# BEFORE names another build of the tool, to be measured in the same run; its medians go to standard error.
# A run restores its scene, outside the time. The runs take turns, so that what else happens on the
# machine hits each one alike; a number is the median of its runs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/engines/scene.sh
. "$here/../engines/scene.sh"
# shellcheck source=tests/engines/sshd.sh
. "$here/../engines/sshd.sh"
# shellcheck source=tests/engines/many_images.sh
. "$here/../engines/many_images.sh"
tool=$(realpath "${1:?TOOL}") programs=$(realpath "${2:?PROGRAMS}")
repeat=${REPEAT:-7}
read -ra engines <<<"${ENGINES:-docker-sid docker-sid-containerd docker-bookworm}"
scenes=('nothing to clear' 'the application' 'the application, 1,000 other images, 300 records')

# The old script's commands, made correct, and what checks them.
script='
  set -e
  docker image rm -f watchparty-backend:latest
  docker image rm -f watchparty-frontend:latest
  docker image prune -f
  docker builder prune -af
  docker images
  docker system df'

say() { echo "bench: $*" >&2; }

# --- scenes ---

restore() { # SCENE
  [[ $1 != "${scenes[0]}" ]] || return 0
  build_app backend >&2
  build_app frontend >&2
  [[ $1 == "${scenes[1]}" ]] || add_records 300
}

# Chains of steps that only copy; no image comes of them.
add_records() {
  local directory=$contexts/records n i
  mkdir -p "$directory"
  for ((n = 0; n < $1; n += 60)); do
    echo "$n" >"$directory/file"
    {
      echo FROM scratch
      for ((i = 0; i < 60; i++)); do echo "COPY file /$i"; done
    } >"$directory/Dockerfile"
    in_engine env DOCKER_BUILDKIT=1 docker build -q --output type=cacheonly "$directory" >/dev/null
  done
}

# --- runs ---

# The script runs where the engine and its client live, the others on the host.
on_host() {
  env -u DOCKER_CONTEXT -u DOCKER_API_VERSION -u CLEAR_APP_CACHE_PROJECT DOCKER_HOST="unix://$SOCKET" "$@"
}

run() { # WHO PROGRAM...: runs tool, script or floor, started by PROGRAM
  local who=$1
  shift
  case $who in
    tool) on_host "$@" "$tool" ;;
    before) on_host "$@" "$BEFORE" ;;
    script) in_engine "$@" sh -c "$script" ;;
    floor) on_host "$@" "$programs/floor" "$SOCKET" <"$results/requests.tool" ;;
  esac >"$results/output" 2>&1 || {
    cat "$results/output" >&2
    say "$who failed"
    return 1
  }
  # Whoever it was, nothing may be left.
  on_host "$tool" --verify-only >"$results/output" 2>&1 || {
    cat "$results/output" >&2
    say "$who did not clear everything"
    return 1
  }
}

measure_scene() { # SCENE
  local i who
  rm -f "$results"/cost.*
  # What they send; the floor sends what the tool sent. It also warms up the engine.
  for who in tool script; do
    restore "$1"
    run "$who" "$results/requests" "$results/requests.$who"
  done
  for ((i = 1; i <= repeat; i++)); do
    say "$ENGINE, $1: $i of $repeat"
    for who in tool script floor ${BEFORE:+before}; do
      restore "$1"
      run "$who" "$results/measure" "$results/cost.$who"
    done
  done
}

# --- numbers ---

# The median of a column of measurements: 1 wall and 2 CPU in ms, 3 peak memory in MB.
median() { # FILE COLUMN
  awk -v c="$2" '{ print $c * (c == 3 ? 1.024e-3 : 1) }' "$1" | sort -g |
    awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# Three cells: the medians, the tool's by the floor's, and the tool's by the script's.
cells() { # COLUMN
  awk -v t="$(median "$results/cost.tool" "$1")" -v s="$(median "$results/cost.script" "$1")" \
    -v f="$(median "$results/cost.floor" "$1")" \
    'BEGIN { printf "%.1f / %.1f / %.1f | %.2f | %.2f", t, s, f, t / f, t / s }'
}

row() { # SCENE
  local tool_count
  tool_count=$(wc -l <"$results/requests.tool")
  [[ -z ${BEFORE-} ]] || say "$ENGINE, $1: tool $(median "$results/cost.tool" 1) ms," \
    "before $(median "$results/cost.before" 1) ms, floor $(median "$results/cost.floor" 1) ms"
  echo "| $(describe_engine) | $1 | $(cells 1) | $(cells 2) | $(cells 3) | $tool_count / $(wc -l <"$results/requests.script") / $tool_count |"
}

describe_engine() {
  local version store=
  version=$(api GET /version | jq -r .Version)
  [[ $ENGINE != *-containerd ]] || store=', containerd store'
  echo "Docker ${version%%[+~-]*}$store"
}

describe_machine() {
  local model
  model=$(sed -n '/^model name[^:]*: */{s///p;q}' /proc/cpuinfo)
  # shellcheck source=/dev/null
  echo "${model:-$(uname -m)}, $(nproc) cores, Linux $(uname -r), $(. /etc/os-release && echo "$PRETTY_NAME")," \
    "libcurl $(pkg-config --modversion libcurl), $(date +%F)."
}

peak_with_records() { # COUNT
  local file
  file=$(mktemp)
  on_host "$programs/fake_records" "$1" "$programs/measure" "$file" "$tool" >/dev/null
  median "$file" 3
  rm "$file"
}

# Over ssh, where the handshakes count: the tool on this side, the script and one command of docker's on the other.
measure_over_ssh() { # ENGINE
  local i login=(ssh -l deploy -p "$ssh_port" 127.0.0.1)
  sshd_begin "$1" "$tool" >&2
  results=$contexts/bench
  mkdir "$results"
  cp "$programs/measure" "$results"
  restore "${scenes[1]}" && sshd_start
  for ((i = 1; i <= repeat; i++)); do
    say "over ssh: $i of $repeat"
    restore "${scenes[1]}"
    near_sshd "$results/measure" "$results/cost.tool" "$tool" -H "$ssh_url" >&2
    near_sshd "$results/measure" "$results/cost.login" "${login[@]}" docker version >&2
    restore "${scenes[1]}"
    near_sshd "$results/measure" "$results/cost.script" "${login[@]}" "$script" >&2
    near_sshd "$tool" -H "$ssh_url" --verify-only >&2
  done
  printf 'Over ssh on loopback, %s, the application: the tool %.0f ms, the script %.0f ms, and docker version %.0f ms.\n' \
    "$(describe_engine)" "$(median "$results/cost.tool" 1)" "$(median "$results/cost.script" 1)" "$(median "$results/cost.login" 1)"
  scene_end
}

trap scene_end EXIT
describe_machine
echo "Medians of $repeat runs each: the tool / the script / the floor, then the tool's as a multiple of the others'."
echo
echo '| engine | scene | wall, ms | vs. floor | vs. script | CPU, ms | vs. floor | vs. script | peak memory, MB | vs. floor | vs. script | requests |'
echo '| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |'
for engine in "${engines[@]}"; do
  scene_use "$engine"
  scene_clean
  results=$contexts/bench
  rm -rf "$results"
  mkdir "$results"
  cp "$programs/measure" "$programs/requests" "$results" # where the engine sees them
  for scene in "${scenes[@]:0:${SCENES:-3}}"; do
    [[ $scene != "${scenes[2]}" ]] || load_many 1000 # they stay for all runs
    measure_scene "$scene"
    row "$scene"
  done
  scene_end
done
echo
printf 'With 5,000 build cache records, on a fake engine, the tool takes %.1f MB at most.\n' \
  "$(peak_with_records 5000)"
echo
measure_over_ssh docker-sid
