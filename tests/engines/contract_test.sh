#!/usr/bin/env bash
# The contract cases, which the fake engine keeps, on a real one: through its socket, or through its loopback,
# in plain text and with TLS, or over ssh.
#
#   contract_test.sh ENGINE CONTRACT_TESTS [tcp|ssh]
set -euo pipefail
here=$(dirname "$0")
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
# shellcheck source=tests/engines/tls.sh
. "$here/tls.sh"
# shellcheck source=tests/engines/sshd.sh
. "$here/sshd.sh"
case ${3-} in
  tcp) tls_begin "$@" ;;
  ssh) sshd_begin "$@" ;;
  *) scene_begin "$@" ;;
esac
store=classic
[[ $ENGINE != *-containerd ]] || store=containerd

# Two dangling images that nobody holds: another Compose project's, and nobody's.
build_dangling() {
  printf 'FROM scratch\nCOPY package.json .\n' >"$contexts/other/Dockerfile.dangling"
  local options=(--network none -f "$contexts/other/Dockerfile.dangling" "$contexts/other")
  in_engine env DOCKER_BUILDKIT=1 docker build -q "${options[@]}" &&
    in_engine env DOCKER_BUILDKIT=1 docker build -q --label com.docker.compose.project=other "${options[@]}"
}

# keeps_contract ADDRESS [VARIABLE=VALUE...]: any address that the tool takes
keeps_contract() {
  check "$1: the scene is built" scene_containers
  check "$1: dangling images are built" build_dangling
  [[ $1 != ssh://* ]] || sshd_start
  check "$1: the contract cases" in_network env PATH="${ssh_dir:+$ssh_dir/bin:}$PATH" "CLEAR_APP_CACHE_TEST_ENGINE=$1" \
    "CLEAR_APP_CACHE_TEST_STORE=$store" "${@:2}" "$tool"
  check "$1: the scene is cleaned" scene_clean
}
if [[ ${3-} == tcp ]]; then
  keeps_contract "$tls_address" DOCKER_TLS_VERIFY=1 "DOCKER_CERT_PATH=$tls/client"
  start_again_with "$(plain_options)"
  keeps_contract "$plain_address"
elif [[ ${3-} == ssh ]]; then
  keeps_contract "$ssh_url"
else
  keeps_contract "unix://$SOCKET"
fi
finish
