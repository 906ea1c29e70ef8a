#!/usr/bin/env bash
# README.md's workflow: it is well-formed, and the steps that clear are run, with `scp` and `ssh` to a
# host that is a directory. By --json and jq the outputs are those that the tool itself writes on a runner.
#
#   workflow_test.sh ENGINE TOOL
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/engines/scene.sh
. "$here/../engines/scene.sh"
# shellcheck source=tests/readme/readme.sh
. "$here/readme.sh"
# shellcheck source=tests/readme/host.sh
. "$here/host.sh"

scene_begin "$@"
host_use "$tool"
steps=$host/home/steps
mkdir -p "$steps" "$host/home/build/release" "$host/home/remote"
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

# shellcheck disable=SC2016
{
  program scp '[ "$(stat -c %a ~/.ssh/deploy)" = 600 ] && [ "$*" = "-q -i $HOME/.ssh/deploy $4 $HOST:${5#*:}" ] &&' \
    'cp "$4" "remote/${5#*:}"'
  # The other side has none of the runner's variables. Here it has them, apart, to compare. EDIT changes
  # the report to one that is hard to come by.
  program ssh '[ "$1 $2 $3" = "-i $HOME/.ssh/deploy $HOST" ] && shift 3 && cd remote &&' \
    'GITHUB_ACTIONS=true GITHUB_OUTPUT=tools-output GITHUB_STEP_SUMMARY=summary sh -c "$*" >report &&' \
    'status=0 || status=$?; jq -c "${EDIT:-.}" report; exit "$status"'
}
run_step() { # STEP ENV...: fills status, outputs (the step's) and own_outputs (the tool's)
  local step=$1
  shift
  rm -f "$host/home"/{output,summary,remote/*}
  status=0
  on_host env HOST=user@host KNOWN_HOSTS=known KEY=key GITHUB_OUTPUT="$host/home/output" \
    GITHUB_STEP_SUMMARY="$host/home/summary" "$@" bash -e "$steps/$step" >"$host/step.log" 2>&1 || status=$?
  outputs=$(cat "$host/home/output" 2>&1) || outputs=$(cat "$host/step.log")
  own_outputs=$(cat "$host/home/remote/tools-output" 2>&1) || :
}
has_outputs() { # VERDICT IMAGES
  contains "$outputs" "verdict=$1"$'\nreclaimed-bytes=' && contains "$outputs"$'\n' $'\nremoved-images='"$2"$'\n'
}
images='watchparty-backend:latest watchparty-frontend:latest'
check "the scene is built" scene_images_only
run_step over-ssh.clear TARGET=all
check "over SSH: exit 0 ($(tail -n 1 "$host/step.log"))" equal "$status" 0
check "over SSH: the outputs" has_outputs clean "$images"
check "over SSH: they are the tool's own" equal "$outputs" "$own_outputs"

check "the scene is built" scene_images_only
run_step over-ssh.clear TARGET=all EDIT='.actions[0].status = "absent"'
check "over SSH: an image that was gone already was not removed" has_outputs clean "${images#* }"

check "the scene is built" scene_images_only
start_running_build
run_step over-ssh.clear TARGET=backend
check "over SSH, beside a build: exit 3" equal "$status" 3
check "over SSH, beside a build: the outputs" has_outputs residue watchparty-backend:latest
check "over SSH, beside a build: they are the tool's own" equal "$outputs" "$own_outputs"
check "the build ends" finish_running_build

run_step over-ssh.clear TARGET=all DOCKER_HOST=unix:///nowhere.sock
check "over SSH, no engine: exit 4" equal "$status" 4
check "over SSH, no engine: the outputs" has_outputs unknown ''
check "over SSH, no engine: they are the tool's own" equal "$outputs" "$own_outputs"

check "the scene is built" scene_images_only
run_step on-the-host.clear TARGET=all GITHUB_ACTIONS=true
check "on the host: exit 0" equal "$status" 0
check "on the host: the outputs" has_outputs clean "$images"
check "on the host: the plan is a group in the log" contains "$(cat "$host/step.log")" '::group::'
check "on the host: a job summary" contains "$(cat "$host/home/summary")" '### clear-app-cache: clean'
scene_clean
finish
