#!/usr/bin/env bash
# Where something is missing that is there elsewhere (room on a disk, a home that can be written, /tmp, /dev, /proc),
# a run does its work, or ends with the status and the sentence for that.
#
#   scarce_test.sh ENGINE TOOL
# shellcheck disable=SC2016 # commands for another shell
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
scene_begin "$@"
own=$contexts/scarce
rm -rf "$own"
mkdir -p "$own"/{disk,home,app}

# without COMMANDS TOOL-ARG...: runs the tool where COMMANDS have changed the mounts. "$own" and the socket stay. Fills
# tool_status, tool_output and tool_errors.
without() {
  local commands=$1
  shift
  tool_status=0
  tool_output=$(env -u DOCKER_HOST -u DOCKER_CONTEXT own="$own" unshare --mount --propagation private bash -ec '
    tool=$1 socket=$2 commands=$3
    shift 3
    set -- "$tool" -H "unix://$socket" "$@"
    eval "$commands"
    exec "$@"' _ "$tool" "$SOCKET" "$commands" "$@" 2>"$own/errors") || tool_status=$?
  tool_errors=$(cat "$own/errors")
}
an_image() { api POST "/images/$(image_of other)/tag?repo=watchparty-backend&tag=latest"; }
cleared() { # an expectation: exit 0, and it is true
  exits 0 && no_image_has "$(image_of backend)"
}

check "the scene is built" scene_other_apps
# A page, and then another one for what is written on it.
small_disk='mount -t tmpfs -o size=4k none "$own/disk" && head -c 4096 /dev/zero >"$own/disk/filling"'

without "$small_disk; : >\"\$own/disk/report\"; exec >\"\$own/disk/report\""
check "a report on a full disk: exit 1" exits 1
check "... which is said" contains "$tool_errors" 'standard output could not be written'
check "... and the work is done" no_image_has "$(image_of backend)"
an_image
without "$small_disk; : >\"\$own/disk/log\"; exec 2>\"\$own/disk/log\"" --verbose
check "messages on a full disk: they are lost, and no more" cleared
for variable in GITHUB_OUTPUT GITHUB_STEP_SUMMARY; do
  an_image
  without "$small_disk; export GITHUB_ACTIONS=true $variable=\"\$own/disk/file\"; : >\"\$own/disk/file\"" --json
  check "$variable on a full disk: exit 1" exits 1
  check "... which is said" contains "$tool_errors" "$variable ($own/disk/file) could not be written"
  check "... and the work is done" no_image_has "$(image_of backend)"
done
an_image
without "$small_disk; export HOME=\"\$own/disk\" TMPDIR=\"\$own/disk\""
check "a home on a full disk" cleared

an_image
without 'mount -t tmpfs -o ro none "$own/home"; export HOME="$own/home"'
check "a home that is read-only" cleared
an_image
without 'export HOME="$own/nowhere" TMPDIR="$own/nowhere"; cd "$own/home"; rmdir "$own/home"'
check "no home, no temporary directory, and none to work in" cleared
mkdir "$own/home"

# The socket and the program stay, wherever they are.
keep='mount -t tmpfs none /mnt
  for file in "$tool" "$socket"; do : >"/mnt/${file##*/}" && mount --bind "$file" "/mnt/${file##*/}"; done
  set -- "/mnt/${tool##*/}" -H "unix:///mnt/${socket##*/}" "${@:4}"'
for directory in /tmp /dev /proc /etc /var; do
  an_image
  without "$keep; mount -t tmpfs -o ro none $directory"
  check "without $directory" cleared
  [[ $directory == /dev ]] || continue
  for streams in '>&-' '2>&-' '<&-' '<&- >&- 2>&-'; do
    an_image
    without "$keep; mount -t tmpfs -o ro none $directory; exec $streams"
    check "without $directory and $streams: exit 1 where there is no standard output, else 0" \
      exits "$([[ " $streams" == *' >&-'* ]] && echo 1 || echo 0)"
    check "... and the work is done" no_image_has "$(image_of backend)"
  done
done
check "the images of others are all there" in_engine docker image inspect other-app watchparty-backend:rollback
scene_clean
finish
