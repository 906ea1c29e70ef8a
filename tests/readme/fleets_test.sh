#!/usr/bin/env bash
# README.md's Ansible play and matrix: well-formed, with command lines that the tool takes. No engine is asked.
# What it says about Docker Swarm is run by tests/engines/fleet_test.sh.
#
#   fleets_test.sh TOOL
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/documents/require.sh
. "$here/../documents/require.sh"
# shellcheck source=tests/engines/check.sh
. "$here/../engines/check.sh"
# shellcheck source=tests/readme/readme.sh
. "$here/readme.sh"
require python3 shellcheck
python3 -c 'import yaml' 2>/dev/null || require python3-yaml
tool=$(realpath "${1:?TOOL}")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/build/release"
ln -s "$tool" "$scratch/build/release/"

fenced yml | sed 's/^jobs:/---\n&/' >"$scratch/both.yml"
value() { # PYTHON: of the play and the job
  python3 -c 'import sys, yaml
[play], workflow = yaml.safe_load_all(open(sys.argv[1]))
job = workflow["jobs"]["clear"]
print(eval(sys.argv[2]))' "$scratch/both.yml" "$1"
}
no_engine() { # SHELL LINE: exit 4, so the command line is a valid one
  local status=0 output
  output=$(cd "$scratch" && env PATH="$scratch/build/release:$PATH" DOCKER_HOST="unix://$scratch/none.sock" \
    HOST=nobody@127.0.0.1:1 sh -c "$1" 2>&1) || status=$?
  equal "$status" 4 || { echo "$output" && return 1; }
}

check "one play and one job" value '(play, job)'
check "the play is in waves, and stops" equal "$(value '(len(play["serial"]), play["max_fail_percentage"])')" '(3, 0)'
check "its command" no_engine "$(value 'play["tasks"][0]["ansible.builtin.command"]')"
check "the job has time for the tool's own 10 minutes" equal "$(value 'job["timeout-minutes"] > 10')" True
check "the job is in waves, and goes on" equal "$(value 'sorted(job["strategy"])')" "['fail-fast', 'matrix', 'max-parallel']"
value 'job["steps"][0]["run"]' >"$scratch/step"
check "its step" no_engine "$(cat "$scratch/step")"
check "shellcheck" shellcheck -s bash "$scratch/step"
# What users set must not become shell code.
check "no expression in it" equal "$(grep -F "\${{" "$scratch/step")" ''
finish
