#!/usr/bin/env bash
# README.md's workflow, with the jobs that use this repository's workflow and action, and with those that build from
# source: each is run, on the host, and over ssh to an sshd where the engine lives. What is not: the compiler; the
# commands that build are those that commands_test.sh runs.
#
#   workflow_test.sh ENGINE TOOL
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
# shellcheck source=tests/workflows/github.sh
. "$here/../workflows/github.sh"

sshd_begin "$@"
trap 'server_stop; scene_end' EXIT
host_use "$tool"
github_use "$tool"
readme_workflows "$host/user"

# shellcheck disable=SC2016
program cmake "case \$* in
  '--preset release -DBUILD_TESTING=OFF') ;;
  '--build --preset release') mkdir -p build/release && cp ${tool@Q} build/release/ ;;
  *) echo \"no stand-in for: cmake \$*\" && exit 64 ;;
esac"
check "the commands that build are the ones that are tested" contains "$(commands)" 'cmake --build --preset release'

# What both kinds give: ssh with the key and host keys in ~/.ssh, or those of the action. Real ssh takes its files from
# the passwd entry's home directory, whatever HOME is.
ssh_of() { # KIND
  # shellcheck disable=SC2016
  case $1 in
    short) program ssh 'exec /usr/bin/ssh -F /dev/null "$@"' ;;
    source) program ssh 'exec /usr/bin/ssh -F /dev/null -o IdentitiesOnly=yes -o IdentityFile="$HOME/.ssh/id_ed25519"' \
      '-o UserKnownHostsFile="$HOME/.ssh/known_hosts" "$@"' ;;
  esac
}
# job KIND JOB TARGET [OPTION...]
job() {
  local options=(--job "$2" --input target="$3")
  [[ $2 == over-ssh ]] || options+=(--self-hosted)
  ssh_of "$1"
  rm -rf "$host/home/.ssh"
  run_workflow --repository "someone/watchparty@main=$host/user" --repository "$own_repository" \
    --event workflow_dispatch "${options[@]}" --var "DEPLOY_HOST=$ssh_url" \
    --var "DEPLOY_KNOWN_HOSTS=$(cat "$ssh_dir/known_hosts")" "${@:4}" ".github/workflows/$1.yml"
}
login=(--secret "DEPLOY_SSH_KEY=$(cat "$ssh_dir/client")")
summary() {
  fact '[.. | .summary? | strings] | join("")' | sed -E 's,(unix|ssh)://[^ )]*,ADDRESS,; s/in [0-9.]+ m?s/in TIME/'
}
scene() { scene_images_only && sshd_start && server_start; }
images='watchparty-backend:latest watchparty-frontend:latest'

for kind in short source; do
  check "the scene is built" scene
  job $kind over-ssh other
  check "$kind: another target is not offered" contains "$log" "'other' is none of all, backend, frontend"
  job $kind over-ssh all
  check "$kind, over ssh, no key: exit 4" exits_with 4
  check "... the outputs" has_outputs unknown ''
  job $kind over-ssh all "${login[@]}"
  check "$kind, over ssh: success" exits_with ''
  check "... the outputs" has_outputs clean "$images"
  check "... a job summary" contains "$(summary)" '### clear-app-cache: clean'
  over_ssh=$(summary)
  [[ $kind == short ]] ||
    check "... the key is nobody else's to read" equal "$(stat -c %a "$host/home/.ssh/id_ed25519")" 600

  check "the scene is built" scene
  job $kind on-the-host all
  check "$kind, on the host: success" exits_with ''
  check "... the outputs" has_outputs clean "$images"
  check "... the verdict is shown" equal "$(tail -n 3 <<<"$log" | head -n 1)" clean
  check "... the summary is the one over ssh" equal "$(summary)" "$over_ssh"

  check "the scene is built" scene
  start_running_build
  job $kind over-ssh backend "${login[@]}"
  check "$kind, over ssh, beside a build: exit 3" exits_with 3
  check "... the outputs" has_outputs residue watchparty-backend:latest
  check "the build ends" finish_running_build
done
job source over-ssh all "${login[@]}" --var "DEPLOY_HOST=$ssh_url/run/nowhere.sock"
check "over ssh, no engine: exit 4" exits_with 4
check "... an annotation" contains "$log" '::error title='
scene_clean
finish
