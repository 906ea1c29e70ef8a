# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # what is for the tests, and what scene.sh sets
# Sourced after scene.sh: an sshd where the engine lives, on the loopback of its network, with keys and a
# configuration of its own. `deploy` may use the engine's docker there, `stranger` may not.

# sshd_begin ENGINE TOOL: in the place of scene_begin. The engine also listens where docker looks for it.
sshd_begin() {
  scene_apart "${1:?ENGINE}"
  export DOCKERD_OPTIONS="-H unix:///var/run/docker.sock" # also when a scene starts it again
  scene_begin "$@"
  sshd_prepare
}

ssh_port=2222
sshd_prepare() {
  ssh_dir=$contexts/ssh
  rm -rf "$ssh_dir"
  mkdir -p "$ssh_dir/bin"
  local key
  for key in host client unknown; do ssh-keygen -q -t ed25519 -N '' -f "$ssh_dir/$key"; done
  cat >"$ssh_dir/sshd_config" <<END
Port $ssh_port
ListenAddress 127.0.0.1
HostKey $ssh_dir/host
PidFile $ssh_dir/sshd.pid
AuthorizedKeysFile /run/logins/%u
StrictModes no
UsePAM no
PasswordAuthentication no
END
  printf '[127.0.0.1]:%d %s\n' "$ssh_port" "$(cat "$ssh_dir/host.pub")" >"$ssh_dir/known_hosts"
  cat >"$ssh_dir/config" <<END
IdentitiesOnly yes
IdentityAgent none
IdentityFile $ssh_dir/client
UserKnownHostsFile $ssh_dir/known_hosts
GlobalKnownHostsFile /dev/null
END
  # A line for each ssh: its process, and its arguments.
  printf '#!/bin/sh\necho "$$ $*" >>%s\nexec /usr/bin/ssh -F %s "$@"\n' "$ssh_dir/log" "$ssh_dir/config" \
    >"$ssh_dir/bin/ssh"
  chmod +x "$ssh_dir/bin/ssh"
  beside_sshd=("$engine_sh" net "$ENGINE" env -u DOCKER_HOST -u DOCKER_CONTEXT -u DOCKER_API_VERSION
    PATH="$ssh_dir/bin:$PATH")
}

# To be called after a scene was made, which starts the engine again.
sshd_start() {
  in_engine mkdir -p /run/sshd /run/logins
  allow_login deploy
  allow_login stranger
  in_engine /usr/sbin/sshd -f "$ssh_dir/sshd_config" -E "$ssh_dir/sshd.log"
}

# allow_login USER [OPTIONS]: the client's key may log in, with options as sshd(8) has them
allow_login() {
  # shellcheck disable=SC2016
  in_engine sh -c 'echo "$2" >/run/logins/"$1"' _ "$1" "${2+$2 }$(cat "$ssh_dir/client.pub")"
}

# Runs a command of this machine on the engine's loopback, with ssh as above.
near_sshd() { "${beside_sshd[@]}" "$@"; }
ssh_url=ssh://deploy@127.0.0.1:$ssh_port

# over_ssh URL ARG...: fills what run_tool fills.
over_ssh() {
  local url=$1
  shift
  rm -f "$ssh_dir/log"
  tool_status=0
  tool_output=$(near_sshd "$tool" -H "$url" "$@" 2>"$contexts/tool.errors" </dev/null) || tool_status=$?
  tool_errors=$(cat "$contexts/tool.errors")
}
# An expectation: there was one ssh, and it has ended. Without a count: any number of them.
ssh_has_ended() {
  local process i
  equal "$(wc -l <"$ssh_dir/log")" "${1-1}" || return
  while read -r process _; do
    for ((i = 0; i < ${2-1}; i++)); do
      [[ -d /proc/$process ]] || continue 2
      sleep 0.1
    done
    echo "ssh runs still" && return 1
  done <"$ssh_dir/log"
}
nothing_is_left_in_tmp() {
  local left
  left=$(find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'clear-app-cache.*' -user "$(id -un)")
  equal "$left" ""
}
# says MESSAGE ADVICE: an expectation about a run without an engine
says() {
  exits 4 && contains "$tool_errors" "$1" && contains "$tool_errors" $'\n  '"$2" && equal "$tool_output" ""
}
