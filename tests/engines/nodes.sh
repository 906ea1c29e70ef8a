# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # what is for the tests, and what scene.sh sets
# Sourced after scene.sh: engines of one kind in a network of their own, which has no way out.

# nodes_begin ENGINE COUNT: in the place of scene_begin. They are ENGINE.1 and so on, the tests' scenes can be made
# on each of them (node_use), and each also listens where docker looks for it. All are wiped at the end.
nodes_begin() {
  local i
  node_kind=${1:?ENGINE} node_count=${2:?COUNT}
  export DOCKERD_OPTIONS="-H unix:///var/run/docker.sock"
  trap nodes_end EXIT
  for ((i = 1; i <= node_count; i++)); do node_use "$i"; done
  nodes_link
}
nodes_end() {
  local i
  for ((i = 1; i <= node_count; i++)); do "$engine_sh" wipe "$node_kind.$i"; done
}

node_use() { scene_use "$node_kind.$1"; }
node_address() { echo "192.0.2.$1"; } # a network that is for documentation
on_node() { "$engine_sh" exec "$node_kind.$1" "${@:2}"; }

# The bridge is in the first engine's network.
nodes_link() {
  local i pid _
  local bridge=("$engine_sh" net "$node_kind.1" ip)
  "${bridge[@]}" link add nodes type bridge
  "${bridge[@]}" address add "$(node_address 1)/24" dev nodes
  "${bridge[@]}" link set nodes up
  for ((i = 2; i <= node_count; i++)); do
    read -r pid _ <"$("$engine_sh" dir "$node_kind.$i")/pid"
    "${bridge[@]}" link add "node$i" master nodes type veth peer name nodes netns "$pid"
    "${bridge[@]}" link set "node$i" up
    "$engine_sh" net "$node_kind.$i" ip address add "$(node_address "$i")/24" dev nodes
    "$engine_sh" net "$node_kind.$i" ip link set nodes up
  done
}

node_dies() { # NODE: all at once, as when the power fails
  local pid _
  read -r pid _ <"$("$engine_sh" dir "$node_kind.$1")/pid"
  kill -9 "$pid"
  "$engine_sh" stop "$node_kind.$1" # what it leaves outside
}
