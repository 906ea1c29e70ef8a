#!/usr/bin/env bash
# README.md's recipe for Docker Swarm (tests/fleet/swarm.sh) on a real swarm of three engines like ENGINE.
#
#   fleet_test.sh ENGINE ARCHIVE     the container image, which tests/ship/build.sh makes
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
# shellcheck source=tests/engines/nodes.sh
. "$here/nodes.sh"
# shellcheck source=tests/readme/readme.sh
. "$here/../readme/readme.sh"
# shellcheck source=tests/readme/outputs.sh
. "$here/../readme/outputs.sh"
archive=$(realpath -e "${2:?ARCHIVE}")
nodes_begin "${1:?ENGINE}" 3

# --- the recipe, where its user runs it ---

home() { echo "$("$engine_sh" dir "$node_kind.$1")/user"; }
for node in 1 2; do
  mkdir -p "$(home $node)/tests/fleet"
  cp "$here/../fleet/swarm.sh" "$(home $node)/tests/fleet/"
done
recipe='sh tests/fleet/swarm.sh'
report=$(home 1)/report errors=$(home 1)/errors

run() { # COMMAND_LINE [NODE]: on a manager, the first node, or there: fills status, report and errors
  status=0
  on_node "${2-1}" env -C "$(home "${2-1}")" sh -c "$1" >"$report" 2>"$errors" </dev/null || status=$?
}

# begin ARG...: the recipe in the background, in a process group of its own, as a terminal has it
begin() {
  # shellcheck disable=SC2016
  on_node 1 env -C "$(home 1)" --default-signal=INT setsid --wait sh -c 'echo $$ >group && exec "$@"' _ \
    sh tests/fleet/swarm.sh "$@" >"$report" 2>"$errors" </dev/null &
  begun=$!
}
interrupt() { # SIGNAL, and - for the whole group
  # shellcheck disable=SC2016
  on_node 1 sh -c 'kill -s "$1" -- "$2"' _ "$1" "$2$(cat "$(home 1)/group")"
}
end() {
  status=0
  wait "$begun" || status=$?
}

# --- expectations ---

shown() { tail -n 99 "$report" "$errors"; }
exited() { [[ $status == "$1" ]] || { echo "exit status $status, expected $1" && shown && return 1; }; }
says() { # NODE PATTERN: there is such a line about that node
  grep -qE "^$node_kind\.$1: $2" "$report" || { echo "not found: $1: $2" && shown && return 1; }
}
refused() { exited "$1" && equal "$(cat "$report")" '' && contains "$(cat "$errors")" "$2"; } # STATUS TEXT
cleared() { # NODE...: these ended with 0, and no other
  local i
  for i; do says "$i" 'exit status 0: ' && says "$i" '(exit status 0: )?clean: ' || return; done
  equal "$(grep -c ': exit status 0: ' "$report")" $#
}
left_nothing() { # NODE...: no service, and soon no container, but the tool's own image
  local i n
  equal "$(on_node 1 docker service ls -q)" '' || return
  for i; do
    for ((n = 0; n < 300; n++)); do
      [[ -n $(tools_container "$i") ]] || break
      sleep 0.1
    done
    equal "$(tools_container "$i")" '' && on_node "$i" docker image inspect "$image" >/dev/null || return
  done
}
tools_container() { on_node "$1" docker ps -aq --filter label=com.docker.swarm.service.name=clear-app-cache; }
waits_on() { # NODE: the tool has looked three times whether the build still runs
  local i
  # shellcheck disable=SC2016
  for ((i = 0; i < 300; i++)); do
    (($(on_node "$1" sh -c 'docker logs "$1" 2>&1' _ "$(tools_container "$1")" | grep -c /system/df) < 3)) || return 0
    sleep 0.1
  done
  shown && return 1
}

# --- a swarm, and the image on its nodes ---

run "$recipe"
check "no image named: exit 2" refused 2 'usage: '
for wrong in "$recipe --wait all" "LABEL=wave $recipe clear-app-cache" "LIMIT=5m $recipe clear-app-cache"; do
  run "$wrong"
  check "$wrong: exit 2" refused 2 'usage: '
done
run "$recipe clear-app-cache"
check "no swarm: exit 4, docker says why" refused 4 'This node is not a swarm manager'

form_swarm() {
  local token i
  on_node 1 docker swarm init --advertise-addr "$(node_address 1)" >/dev/null &&
    token=$(on_node 1 docker swarm join-token -q worker) || return
  for i in 2 3; do on_node "$i" docker swarm join --token "$token" "$(node_address 1):2377" || return; done
}
check "three engines form a swarm" form_swarm
run "$recipe clear-app-cache" 2
check "not a manager: exit 4, docker says why" refused 4 "Worker nodes can't be used to view or modify cluster state"
run "$recipe no-such-image"
check "no such image: exit 4" refused 4 'there is no image no-such-image'

load_image() { on_node "$1" docker load <"$archive" | sed -n 's/^Loaded image: //p'; }
image=$(load_image 1)
load_image 2 >/dev/null
run "$recipe $image"
check "one node has no image: exit 1" exited 1
check "it is listed, with the reason" says 3 "not reached, .* No such image: $image"
check "the others are clear" cleared 1 2
load_image 3 >/dev/null

on_node 1 docker service create -dq --name clear-app-cache --replicas 0 "$image" >/dev/null 2>&1
run "$recipe $image"
check "a run is under way already: exit 4" refused 4 'a service clear-app-cache exists'
check "that one is left alone" on_node 1 docker service rm clear-app-cache

# --- two are clear, on one a build runs ---

declare -A earlier
builds_fresh() { # NODE
  node_use "$1" && build_app backend && fresh "${earlier[$1]}" "$(step_uuids "$(image_of backend)")"
}
for node in 1 2 3; do
  node_use "$node"
  check "node $node: the scene is built" seed_images_only
  earlier[$node]=$(step_uuids "$(image_of backend)")
done
start_running_build # on the third
run "$recipe $image"
check "a build runs on the third: exit 3" exited 3
check "the others are clear" cleared 1 2
check "the third says so" says 3 'exit status 3:$'
if [[ $node_kind == docker-sid ]]; then
  output=${TRUTH_DIR:-$root/build/truth}/swarm # for update.sh
  mkdir -p "${output%/*}"
  {
    printf '```console\n$ %s\n' "$recipe $image"
    sed "s/^$node_kind\./node-/" "$report" | awk '/✗/ && seen++ { if (seen == 2) print "…"; next } 1'
    echo '```'
  } >"$output"
  check "the README shows this output" equal "$(block swarm | normalised)" "$(normalised <"$output")"
fi
check "it names the step that runs" says 3 '.* left .*sh /bin/wait .* held by a running build'
check "nothing is left behind but the image" left_nothing 1 2 3
check "the first builds afresh" builds_fresh 1
node_use 3

run "LIMIT=10 $recipe $image --wait all"
check "a build outlasts the LIMIT: exit 1" exited 1
check "the third is listed" says 3 'not reached, or not to the end: node Ready,Active, task Running'
check "nothing is left behind but the image" left_nothing 1 2 3

begin "$image" --verbose --wait all
check "with --wait, the tool waits" waits_on 3
check "the build finishes" finish_running_build
end
check "with --wait: exit 0" exited 0
check "all three are clear" cleared 1 2 3
check "nothing is left behind but the image" left_nothing 1 2 3
check "the third builds afresh" builds_fresh 3

# --- interrupted ---

for case in 'TERM 143' 'INT 130 -'; do # the script alone; as by Ctrl-C
  read -r signal number group <<<"$case"
  start_running_build
  begin "$image" --verbose --wait all
  check "$signal: the tool waits" waits_on 3
  interrupt "$signal" "$group"
  end
  check "$signal: exit $number" exited "$number"
  check "$signal: nothing is left behind but the image" left_nothing 1 2 3
  check "$signal: the build is not harmed" finish_running_build
  run "$recipe $image"
  check "$signal: the next run clears" cleared 1 2 3
done

# --- README.md's commands; nodes with a label ---

mapfile -t lines < <(commands | grep -E 'swarm\.sh|docker node ')
check "the README has ${#lines[@]} commands for it" equal "$((${#lines[@]} > 2))" 1
for line in "${lines[@]}"; do
  [[ $line != *swarm.sh* ]] || check "it names this image" contains "$line" "swarm.sh $image"
  run "${line/HOST/$node_kind.1}"
  check "$line" exited 0
done
check "only the node with the label is cleared" cleared 1
check "no other is reported" equal "$(grep -vc "^$node_kind\.1: " "$report")" 0
run "LABEL=wave=9 $recipe $image"
check "no node has the label: exit 4" refused 4 'no node has the label wave=9'

# --- nodes that are not reached ---

on_node 1 docker node update --availability drain "$node_kind.2" >/dev/null
run "$recipe $image"
check "a drained node: exit 1" exited 1
check "it is listed" says 2 'not reached, .* node Ready,Drain, no task'
check "the others are clear" cleared 1 3
on_node 1 docker node update --availability active "$node_kind.2" >/dev/null

start_running_build
begin "$image" --verbose --wait all
check "the tool waits" waits_on 3
node_dies 3
end
check "a node dies while the tool runs there: exit 1" exited 1
check "it is listed" says 3 'not reached, or not to the end: node Down,Active, task Running'
check "the others are clear" cleared 1 2
run "$recipe $image"
check "a node is down: exit 1" exited 1
check "it is listed" says 3 'not reached, .* node Down,Active, no task'
check "the others are clear" cleared 1 2
check "nothing is left behind but the image" left_nothing 1 2
finish
