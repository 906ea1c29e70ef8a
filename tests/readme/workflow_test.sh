#!/usr/bin/env bash
# README.md's workflow: it is well-formed, and the steps that clear are run: on the host, and over ssh to an sshd
# where the engine lives.
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

sshd_begin "$@"
host_use "$tool"
steps=$host/home/steps
mkdir -p "$steps" "$host/home/build/release"
ln -s /usr/local/bin/clear-app-cache "$host/home/build/release/"

# --- well-formed ---

own_timeout=$("$tool" --help | sed -nE '/^ +--timeout /,/^ +Default:/s/^ +Default: ([0-9]+)m\.$/\1/p')
check "the tool's own timeout" contains "$own_timeout" 10
fenced yaml >"$host/home/workflow.yml"
check "the workflow" "$here/workflow.py" "$steps" "$own_timeout" <"$host/home/workflow.yml"
# As the runner runs a step that names no shell.
for step in "$steps"/*; do
  check "shellcheck: ${step##*/}" shellcheck -s bash "$step"
done

# --- run ---

# ssh takes its files from the passwd entry's home directory, whatever HOME is.
# shellcheck disable=SC2016
program ssh 'exec /usr/bin/ssh -F /dev/null -o IdentitiesOnly=yes -o IdentityFile="$HOME/.ssh/id_ed25519"' \
  '-o UserKnownHostsFile="$HOME/.ssh/known_hosts" "$@"'
host_network=("$engine_sh" net "$ENGINE")
run_step() { # STEP ENV...: fills status, outputs and summary
  local step=$1
  shift
  rm -f "$host/home"/{output,summary}
  status=0
  on_host env GITHUB_ACTIONS=true GITHUB_OUTPUT="$host/home/output" GITHUB_STEP_SUMMARY="$host/home/summary" \
    "HOST=deploy@127.0.0.1:$ssh_port" "$@" bash -e "$steps/$step" >"$host/step.log" 2>&1 || status=$?
  outputs=$(cat "$host/home/output" 2>&1) || outputs=$(cat "$host/step.log")
  summary=$(sed -E "s,(unix|ssh)://[^ )]*,ADDRESS,; s/in [0-9.]+ m?s/in TIME/" "$host/home/summary" 2>&1) || :
}
has_outputs() { # VERDICT IMAGES
  contains "$outputs" "verdict=$1"$'\nreclaimed-bytes=' && contains "$outputs"$'\n' $'\nremoved-images='"$2"$'\n'
}
scene_with_sshd() { scene_images_only && sshd_start; }
images='watchparty-backend:latest watchparty-frontend:latest'

check "the scene is built" scene_with_sshd
run_step over-ssh.clear TARGET=all
check "over ssh, no key: exit 4" equal "$status" 4
check "over ssh, no key: the outputs" has_outputs unknown ''
run_step "over-ssh.Log in by key" "KNOWN_HOSTS=$(cat "$ssh_dir/known_hosts")" "KEY=$(cat "$ssh_dir/client")"
check "the key is nobody else's to read" equal "$(stat -c %a "$host/home/.ssh/id_ed25519")" 600
run_step over-ssh.clear TARGET=all
check "over ssh: exit 0 ($(tail -n 1 "$host/step.log"))" equal "$status" 0
check "over ssh: the outputs" has_outputs clean "$images"
check "over ssh: the plan is a group in the log" contains "$(cat "$host/step.log")" '::group::'
over_ssh="$outputs $summary"

check "the scene is built" scene_with_sshd
run_step on-the-host.clear TARGET=all
check "on the host: exit 0" equal "$status" 0
check "on the host: the outputs" has_outputs clean "$images"
check "on the host: a job summary" contains "$summary" '### clear-app-cache: clean'
check "on the host: the outputs and the summary are those over ssh" equal "$over_ssh" "$outputs $summary"

check "the scene is built" scene_with_sshd
start_running_build
run_step over-ssh.clear TARGET=backend
check "over ssh, beside a build: exit 3" equal "$status" 3
check "over ssh, beside a build: the outputs" has_outputs residue watchparty-backend:latest
check "the build ends" finish_running_build

run_step over-ssh.clear TARGET=all "HOST=deploy@127.0.0.1:$ssh_port/run/nowhere.sock"
check "over ssh, no engine: exit 4" equal "$status" 4
check "over ssh, no engine: an annotation" contains "$(cat "$host/step.log")" '::error title='
scene_clean
finish
