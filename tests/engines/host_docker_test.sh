#!/usr/bin/env bash
# The private engines, and nothing else, are what the README's two commands rely on: which engines there are,
# and which tests, is the same whatever docker the machine has. No engine is started here; demo_test.sh runs
# the whole demo beside a docker that cannot build.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/engines/check.sh
. "$here/check.sh"
# shellcheck source=tests/engines/host_docker.sh
. "$here/host_docker.sh"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

expected=$'docker-sid-containerd\ndocker-sid\ndocker-bookworm\npodman-bookworm\npodman-sid'
engines() { PATH=$search bash "$here/engine.sh" names; }
# The engines that a fresh build directory has tests for, and how many tests.
tests() {
  local list
  PATH=$search cmake -S "$here/../.." -B "$scratch/$kind.build" -G Ninja >"$scratch/$kind.log" 2>&1 ||
    { cat "$scratch/$kind.log" && return 1; }
  list=$(PATH=$search ctest --test-dir "$scratch/$kind.build" -N) || return
  sed -nE 's/^ +Test +#[0-9]+: ((docker|podman)-[a-z-]+)\..*/\1/p' <<<"$list" | sort -u
  tail -n 1 <<<"$list"
}

first=
for kind in none old no-buildx podman; do
  bin=$scratch/$kind
  host_docker "$bin" "$kind"
  if [[ $kind == none ]]; then
    search=$bin
    check "$kind: no docker is on the PATH" equal "$(PATH=$search type -P docker dockerd podman)" ''
  else
    search=$bin:$PATH
    check "$kind: the docker on the PATH is the stub" equal "$(PATH=$search command -v docker)" "$bin/docker"
    check "$kind: it has no buildx" equal "$(PATH=$search docker buildx version 2>&1)" 'docker: unknown command: docker buildx version'
    rm "$bin/.called"
  fi
  check "$kind: the engines" equal "$(engines 2>&1)" "$expected"
  found=$(tests)
  check "$kind: each engine has tests, and no other" equal "$(sed '$d' <<<"$found")" "$(sort <<<"$expected")"
  check "$kind: as many tests as without any docker" equal "$(tail -n 1 <<<"$found")" "${first:=$(tail -n 1 <<<"$found")}"
  check "$kind: nobody calls it" equal "$(host_docker_calls "$bin")" ''
done
finish
