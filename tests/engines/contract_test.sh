#!/usr/bin/env bash
# The contract cases, which the fake engine keeps, on a real one.
#
#   contract_test.sh ENGINE CONTRACT_TESTS
set -euo pipefail
here=$(dirname "$0")
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
scene_begin "$@"

check "the scene is built" scene_containers
store=classic
[[ $ENGINE != *-containerd ]] || store=containerd
check "the contract cases" env "CLEAR_APP_CACHE_TEST_ENGINE=unix://$SOCKET" "CLEAR_APP_CACHE_TEST_STORE=$store" \
  "$tool"
scene_clean
finish
