#!/usr/bin/env bash
# What a user without a name, a home and a right can do who belongs to the socket's group: everything.
#
#   unprivileged_test.sh ENGINE TOOL
set -euo pipefail
here=$(dirname "$0")
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
scene_begin "$@"

check "the scene is built" scene_containers
group=61234
chgrp "$group" "$SOCKET"
chmod 0660 "$SOCKET"
# The directories above are closed to others, so the user gets a way of its own to socket and program.
world=$(mktemp -d)
trap 'rm -rf "$world"; scene_end' EXIT
chmod 0755 "$world"
cp "$tool" "$world/clear-app-cache"
touch "$world/docker.sock"

# run_as GROUPS ARG...: the socket is mounted there in a namespace of the run's own.
run_as() {
  local groups=$1
  shift
  tool_status=0
  # shellcheck disable=SC2016
  tool_output=$(unshare --mount sh -c 'mount --bind "$1" "$2" && shift 2 && exec "$@"' sh \
    "$SOCKET" "$world/docker.sock" \
    env -i PATH="$PATH" setpriv --reuid 65533 --regid 65533 "$groups" --bounding-set -all --no-new-privs \
    "$world/clear-app-cache" -H "unix://$world/docker.sock" "$@" 2>"$contexts/tool.errors") || tool_status=$?
  tool_errors=$(cat "$contexts/tool.errors")
}

run_as --clear-groups
check "without the group: exit 4" exits 4
check "... and what to do" contains "$tool_errors" 'ermission denied'
run_as "--groups=$group" --verify-only
check "the caches are seen" exits 3
run_as "--groups=$group" --dry-run
check "the plan is made" exits 0
run_as "--groups=$group" --prune-only --older-than 7d
check "the build cache is pruned by age" exits 0
run_as "--groups=$group" --keep-as before backend
check "the backend is cleared, with a backup" exits 0
run_as "--groups=$group" --all-builders --wait --json
check "everything is cleared" exits 0
check "... says the report" equal "$(jq -r .verdict <<<"$tool_output")" clean
run_as "--groups=$group" --verify-only
check "nothing is left" exits 0
scene_clean
finish
