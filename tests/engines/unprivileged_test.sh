#!/usr/bin/env bash
# What a user without a name, a home and a right can do who belongs to the socket's group: everything.
#
#   unprivileged_test.sh ENGINE TOOL
set -euo pipefail
here=$(dirname "$0")
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
scene_begin "$@"

group=61234
chgrp "$group" "$SOCKET"
chmod 0660 "$SOCKET"
# The directories above are nobody's business, so the user gets a way of its own to socket and program.
world=$(mktemp -d)
trap 'rm -rf "$world"; scene_end' EXIT
chmod 0755 "$world"
cp "$tool" "$world/clear-app-cache"
mkdir -m 0777 "$world/app"

# run_as GROUPS ARG...: the socket's directory is reached by a bind mount in a namespace of the run's own.
run_as() {
  local groups=$1
  shift
  tool_status=0
  # shellcheck disable=SC2016
  tool_output=$(cd "$world/app" && unshare --mount sh -c '
    mount --bind "$(dirname "$1")" "$2/app" && shift 2 && exec "$@"' sh "$SOCKET" "$world" \
    env -i PATH="$PATH" setpriv --reuid 65533 --regid 65533 "$groups" --bounding-set -all --no-new-privs \
    "$world/clear-app-cache" -H "unix://$world/app/${SOCKET##*/}" "$@" 2>"$contexts/tool.errors") || tool_status=$?
  tool_errors=$(cat "$contexts/tool.errors")
}

check "the scene is built" scene_containers
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
client image rm watchparty-backend:before >/dev/null
scene_clean
finish
