#!/usr/bin/env bash
# README.md's crontab line and systemd units: they say what cron and systemd understand, and their command
# runs as those run it.
#
#   periodic_test.sh ENGINE TOOL
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/engines/scene.sh
. "$here/../engines/scene.sh"
# shellcheck source=tests/readme/readme.sh
. "$here/readme.sh"
# shellcheck source=tests/readme/host.sh
. "$here/host.sh"

quiet() { # CMD...
  local output
  output=$(on_host env -i PATH=/usr/bin:/bin "$@" 2>&1 </dev/null) && equal "$output" ''
}

scene_begin "$@"
host_use "$tool"
check "the scene is built" scene_images_only

crontab=$(fenced crontab)
check "cron: the packages' program" contains "$crontab" ' /usr/bin/clear-app-cache '
crontab=${crontab/\/usr\/bin/\/usr\/local\/bin} # where it is on this host
read -r minute hour day month weekday command <<<"$crontab"
check "one crontab line" equal "$(wc -l <<<"$crontab")" 1
check "five fields of time" grep -qE '^([0-9*,/-]+ ){5}$' <<<"$minute $hour $day $month $weekday "
check "no %, which cron takes for a line break" equal "${command//[^%]/}" ''
check "cron: quiet success" quiet sh -c "$command"

# Each unit begins with its path.
units=$host/units
mkdir -p "$units"
fenced ini | awk -v directory="$units/" '/^# \// { n = split($2, path, "/"); file = directory path[n] } { print >file }'
sed -i 's|=/usr/bin/|=/usr/local/bin/|' "$units/clear-app-cache.service"
check "the units" equal "$(ls "$units")" $'clear-app-cache.service\nclear-app-cache.timer'
verified() {
  local output status=0
  output=$(on_host systemd-analyze verify "$units"/* 2>&1) || status=$?
  # Of other units on this machine nothing is expected.
  ! grep clear-app-cache <<<"$output" || return
  equal "$status" 0 || { echo "$output" && return 1; }
}
check "systemd-analyze verify" verified
check "the service runs what cron runs" equal "$(sed -n 's/^ExecStart=//p' "$units/clear-app-cache.service")" "$command"
check "the service" quiet sh -c "$(sed -n 's/^ExecStart=//p' "$units/clear-app-cache.service")"
check "images are left alone" equal "$(image_ids | grep -c watchparty)" 2
scene_clean
finish
