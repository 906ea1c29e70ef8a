#!/usr/bin/env bash
# The contract cases, which the fake engine keeps, on a real one.
#
#   contract_test.sh ENGINE CONTRACT_TESTS
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/engines/check.sh
. "$here/check.sh"
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
engine=${1:?ENGINE} contract_tests=$(realpath "${2:?CONTRACT_TESTS}")

trap scene_end EXIT
scene_use "$engine"
check "the scene is built" scene_containers
store=classic
[[ $engine != *-containerd ]] || store=containerd
check "the contract cases" env "CLEAR_APP_CACHE_TEST_ENGINE=unix://$SOCKET" "CLEAR_APP_CACHE_TEST_STORE=$store" \
  "$contract_tests"
scene_clean
finish
