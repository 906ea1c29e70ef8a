#!/usr/bin/env bash
# Over ssh: to a real sshd where the engine lives, as a user who may use docker there. What the tool does is what it
# does on the socket; what fails is said in ssh's words; and no ssh outlives its run, but for a prune's sake.
#
#   ssh_test.sh ENGINE TOOL
set -euo pipefail
here=$(dirname "$0")
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
# shellcheck source=tests/engines/sshd.sh
. "$here/sshd.sh"
# shellcheck source=tests/engines/trace.sh
. "$here/trace.sh"
# shellcheck source=tests/documents/terminal.sh
. "$here/../documents/terminal.sh"
sshd_begin "$@"

# A report without what differs from run to run.
steady() { sed -E "s,(unix|ssh)://[^)]*,ADDRESS,; s/in [0-9.]+ m?s\./in TIME./"; }

# --- the same over both ---

check "the scene is built" scene_images_only
sshd_start
earlier=$(step_uuids "$(image_of backend)")
for options in --dry-run --verify-only "--prune-only --dry-run" "--wait --dry-run"; do
  # shellcheck disable=SC2086
  {
    run_tool "$tool" $options
    on_socket="$tool_status $(steady <<<"$tool_output")"
    over_ssh "$ssh_url" $options
  }
  check "$options: as on the socket" equal "$tool_status $(steady <<<"$tool_output")" "$on_socket"
  check "$options: one ssh, which has ended" ssh_has_ended
done
check "nothing is left in /tmp" nothing_is_left_in_tmp
over_ssh "$ssh_url" -v all
check "it clears" exits 0
check "the heading names the address" contains "$tool_output" "$ssh_url)"
check "--verbose shows the command" contains "$tool_errors" "ssh -o ConnectTimeout=30 -T"
check "one ssh, which has ended" ssh_has_ended
requests_over_ssh=$(grep -c ' -> ' <<<"$tool_errors")
check "the next build is fresh" build_app backend
check "... fresh" fresh "$earlier" "$(step_uuids "$(image_of backend)")"
build_app frontend
run_tool "$tool" -v all
check "no request more than on the socket" equal "$requests_over_ssh" "$(grep -c ' -> ' <<<"$tool_errors")"

# docker's own command, but for what keeps ssh from asking where nobody can answer, and from serving others. Clients put
# the options in another order, and quote --host=URL for the shell over there; 20.10's knows no path, and less of ssh.
words() { tr -d "'" <<<"${1//=/ }" | tr ' ' '\n' | sort; }
# shellcheck disable=SC2016
in_engine sh -c 'mkdir /tmp/bin && printf "#!/bin/sh\necho \"\$*\" >/tmp/arguments\nexit 1\n" >/tmp/bin/ssh && chmod +x /tmp/bin/ssh'
for url in "$ssh_url" "$ssh_url/run/docker.sock"; do
  over_ssh "$url" --verify-only
  check "$url: it answers" equal "$tool_status" 0
  ours=$(cut -d' ' -f2- "$ssh_dir/log")
  # shellcheck disable=SC2016
  theirs=$(in_engine sh -c 'PATH=/tmp/bin:$PATH docker -H "$1" version >/dev/null 2>&1; cat /tmp/arguments && rm /tmp/arguments' _ "$url") ||
    theirs=
  [[ $theirs == *ConnectTimeout* ]] || ours=${ours/-o ConnectTimeout=30 -T /}
  [[ -z $theirs && $ENGINE == *-bookworm && $url != "$ssh_url" ]] ||
    check "docker's own arguments ($theirs)" equal \
      "$(words "$(sed -E 's/-o (BatchMode|ControlMaster)=[a-z]+ //g' <<<"$ours")")" "$(words "$theirs")"
done

# --- what fails ---

over_ssh "ssh://stranger@127.0.0.1:$ssh_port" all
check "docker may not use its engine" says "docker on the host of ssh://stranger@127.0.0.1:$ssh_port may not use its engine" \
  "Add the user there to the socket's group"
check "... ssh has ended" ssh_has_ended
over_ssh "$ssh_url/run/nowhere.sock" all
check "docker does not reach its engine" says "does not reach its engine: " "Start the engine there"
over_ssh "ssh://nobody@127.0.0.1:$ssh_port" all
check "a refused key" says "refuses the login: nobody@127.0.0.1: Permission denied" "Check the user and the key"
over_ssh "ssh://deploy@localhost:$ssh_port" all
check "an unknown host key" says "the host key of ssh://deploy@localhost:$ssh_port is not known here" "Add it to"
sed "s/^.[^ ]*/[localhost]:$ssh_port/; s/ssh-ed25519 .*/$(cut -d' ' -f1,2 "$ssh_dir/unknown.pub" | sed 's,/,\\/,g')/" \
  "$ssh_dir/known_hosts" >"$ssh_dir/changed"
cat "$ssh_dir/changed" >>"$ssh_dir/known_hosts"
over_ssh "ssh://deploy@localhost:$ssh_port" all
check "another host key than before" says "is another one than before" "If that is right, remove the old one: ssh-keygen -R '[localhost]:$ssh_port'"
over_ssh ssh://deploy@nowhere.invalid all
check "an unknown host" says "the host of ssh://deploy@nowhere.invalid is not known" "Check the name"
over_ssh ssh://deploy@127.0.0.1:2223 all
check "a closed port" says "cannot connect to ssh://deploy@127.0.0.1:2223: ssh: connect to host" "This must work: ssh -p 2223"
allow_login stranger 'command="no-docker-here system dial-stdio"'
over_ssh "ssh://stranger@127.0.0.1:$ssh_port" all
check "no docker over there" says "there is no docker command on the host" "Install docker's command line there"
allow_login stranger 'command="echo Welcome; no-docker-here system dial-stdio"'
over_ssh "ssh://stranger@127.0.0.1:$ssh_port" all
check "no docker over there, and a shell that greets" says "there is no docker command on the host" "Install docker's"
allow_login stranger 'command="/usr/sbin/nologin"' # it says so on standard output
over_ssh "ssh://stranger@127.0.0.1:$ssh_port" all
check "a shell that talks" says "what the host of ssh://stranger@127.0.0.1:$ssh_port sends is no engine's answer" \
  "This must print nothing: ssh -p $ssh_port stranger@127.0.0.1 true"
check "... ssh has ended" ssh_has_ended
allow_login stranger 'command="printf \"\\033[31mred\\n::error::x\\n\" >&2; exit 9"'
over_ssh "ssh://stranger@127.0.0.1:$ssh_port" all
check "what the far side says is escaped" exits 4
check "... no escape sequence" equal "$(grep -c $'\033' <<<"$tool_errors")" 0
check "... no workflow command" equal "$(grep -c '^::' <<<"$tool_errors")" 0
allow_login stranger 'command="printf \"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n\"; sleep 600"'
over_ssh "ssh://stranger@127.0.0.1:$ssh_port" all
check "a far side that is no engine" says "does not say that it is Docker" "Only an engine"
check "... ssh has ended" ssh_has_ended
allow_login stranger 'command="cat /dev/zero >&2"'
over_ssh "ssh://stranger@127.0.0.1:$ssh_port" all
check "a far side without an end on standard error" says "cannot connect to" "This must work"
mv "$ssh_dir/bin/ssh" "$ssh_dir/ssh"
tool_status=0
tool_output=$(near_sshd env PATH="$ssh_dir/bin" "$tool" -H "$ssh_url" 2>"$contexts/tool.errors") || tool_status=$?
tool_errors=$(cat "$contexts/tool.errors")
check "no ssh here" says "ssh cannot be run: No such file or directory" "Install an ssh client"
mv "$ssh_dir/ssh" "$ssh_dir/bin/ssh"
allow_login stranger 'command="cat >/dev/null"'
over_ssh "ssh://stranger@127.0.0.1:$ssh_port" --timeout 2s all
check "a far side that does not answer: the timeout" exits 1
check "... ssh has ended" ssh_has_ended
echo "ProxyCommand sh -c 'echo \$\$ >$ssh_dir/proxy; exec sleep 600'" >>"$ssh_dir/config"
over_ssh "$ssh_url" --timeout 2s all
check "a ProxyCommand that hangs: the timeout" exits 1
check "... it has ended, too" timeout 10 tail --pid="$(cat "$ssh_dir/proxy")" -f /dev/null
cat >"$ssh_dir/proxy.sh" <<END
echo \$\$ >$ssh_dir/proxy
exec 3<>/dev/tcp/127.0.0.1/$ssh_port
cat <&3 &
cat >&3
exec sleep 600
END
sed -i "s|^ProxyCommand.*|ProxyCommand bash $ssh_dir/proxy.sh|" "$ssh_dir/config"
over_ssh "$ssh_url" --verify-only
check "a ProxyCommand that goes on: the verdict" equal "$tool_status" 0
check "... it has ended, too" timeout 10 tail --pid="$(cat "$ssh_dir/proxy")" -f /dev/null
sed -i /^ProxyCommand/d "$ssh_dir/config"
tool_status=0
near_sshd env TMPDIR=/nowhere "$tool" -H "$ssh_url" >/dev/null 2>"$contexts/tool.errors" || tool_status=$?
check "no directory for the socket" contains "$(cat "$contexts/tool.errors")" "ssh cannot be started: "
long=$contexts/$(printf 'x%.0s' {1..100})
mkdir "$long"
near_sshd env TMPDIR="$long" "$tool" -H "$ssh_url" >/dev/null 2>"$contexts/tool.errors" || :
check "one with too long a path" contains "$(cat "$contexts/tool.errors")" "ssh cannot be started: "
check "... nothing is left there" equal "$(ls "$long")" ""
check "nothing is left in /tmp" nothing_is_left_in_tmp

# --- ended in the middle ---

# While the far side is silent.
for signal in INT TERM HUP KILL; do
  rm -f "$ssh_dir/log"
  near_sshd env --default-signal=INT "$tool" -H "ssh://stranger@127.0.0.1:$ssh_port" all >"$contexts/cut.out" 2>&1 </dev/null &
  runner=$!
  until [[ -s $ssh_dir/log ]]; do sleep 0.05; done
  kill -s "$signal" "$(ps -o ppid= -p "$(cut -d' ' -f1 "$ssh_dir/log")")" # the tool
  cut_status=0
  wait "$runner" 2>/dev/null || cut_status=$?
  check "$signal: its exit status" equal "$cut_status" $((128 + $(kill -l "$signal")))
  check "$signal: ssh has ended" ssh_has_ended 1 50
done

# --- where ssh shares connections (ControlMaster) ---

shared=$(mktemp -d) # a socket's path is short
printf '%s\n' 'ControlMaster auto' "ControlPath $shared/%r" 'ControlPersist 60' >>"$ssh_dir/config"
over_ssh "$ssh_url" --verify-only
check "with ControlMaster and ControlPersist it answers" equal "$tool_status" 0
check "... nothing is left that others would use" equal "$(ls "$shared")" ""
# What Ctrl-C and a unit's end send to the tool reaches its ssh as well, which has to finish a prune.
for connection in 'of its own' "of another ssh's"; do
  [[ $connection == 'of its own' ]] || near_sshd ssh -p "$ssh_port" -l stranger -fNM 127.0.0.1
  rm -f "$ssh_dir/log"
  near_sshd "$tool" -H "ssh://stranger@127.0.0.1:$ssh_port" all >"$contexts/cut.out" 2>&1 </dev/null &
  runner=$!
  until [[ -s $ssh_dir/log ]]; do sleep 0.05; done
  read -r process _ <"$ssh_dir/log"
  for ((i = 0; i < 15; i++)); do # it may not have come to where it catches them
    for signal in INT QUIT TERM HUP; do kill -s "$signal" "$process" 2>/dev/null || break 2; done
    sleep 0.1
  done
  check "no signal ends ssh with a connection $connection" test "$(ps -o comm= -p "$process")" == ssh
  kill "$(ps -o ppid= -p "$process")" || : # the tool
  wait "$runner" 2>/dev/null || :
  check "... but the tool does" ssh_has_ended 1 50
done
near_sshd ssh -p "$ssh_port" -l stranger -O exit 127.0.0.1 2>/dev/null
rm -rf "$shared"
sed -i /^Control/d "$ssh_dir/config"

in_engine chmod 666 /run/docker.sock # stranger may use docker from here on
for pattern in 'GET .*_ping' 'GET .*images.json' 'DELETE .*images' 'POST .*build.prune' 'GET .*system.df'; do
  build_app backend && build_app frontend
  earlier=$(step_uuids "$(image_of backend)")
  allow_login stranger "command=\"{ sed -u '/^$pattern/q'; kill -9 \$PPID; } | docker system dial-stdio\""
  over_ssh "ssh://stranger@127.0.0.1:$ssh_port" all
  check "sshd killed in '$pattern': a failure (${tool_errors%%$'\n'*})" equal "$((tool_status == 1 || tool_status == 4))" 1
  check "... ssh has ended" ssh_has_ended
  over_ssh "$ssh_url" all
  check "... the next run finishes" exits 0
  build_app backend
  check "... fresh" fresh "$earlier" "$(step_uuids "$(image_of backend)")"
done

# --- ended while the engine prunes: ssh goes on until the engine has answered ---

traced_by=("${beside_sshd[@]}") traced_address=$ssh_url
build_app backend && build_app frontend
sent=$(requests "$tool" all)
for signal in KILL TERM INT HUP; do
  build_app backend && build_app frontend
  earlier=$(step_uuids "$(image_of backend)")
  rm -f "$ssh_dir/log"
  if [[ $signal == KILL ]]; then
    killed_behind_request "$(prune_in "$sent")" "$tool" all
  else
    cut_short "$signal" sendto "$(prune_in "$sent")" "$tool" all
  fi
  check "$signal in the prune" equal "$cut_status" $((128 + $(kill -l "$signal")))
  check "... ssh ends when the engine has answered" ssh_has_ended 1 300
  over_ssh "$ssh_url" all
  check "... no record is left in use: the next run ends clean" exits 0
  build_app backend
  check "... fresh" fresh "$earlier" "$(step_uuids "$(image_of backend)")"
done

# --- a slow line ---

cat >"$ssh_dir/slow_line.py" <<'END'
"""Listens on a port of the loopback, and passes on to another one what comes, 50 ms later."""
import selectors, socket, sys, time
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
near, _ = listener.accept()
far = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
both = selectors.DefaultSelector()
both.register(near, selectors.EVENT_READ, far)
both.register(far, selectors.EVENT_READ, near)
while True:
    for key, _ in both.select():
        data = key.fileobj.recv(65536)
        if not data:
            sys.exit()
        time.sleep(0.05)
        key.data.sendall(data)
END
near_sshd python3 "$ssh_dir/slow_line.py" 2223 "$ssh_port" &
slow_line=$!
until [[ -n $(near_sshd ss -Hltn 'sport = :2223') ]]; do sleep 0.1; done
build_app backend && build_app frontend
earlier=$(step_uuids "$(image_of backend)")
sed "s/:$ssh_port/:2223/" "$ssh_dir/known_hosts" | head -n 1 >"$ssh_dir/slow_host"
cat "$ssh_dir/slow_host" >>"$ssh_dir/known_hosts"
over_ssh ssh://deploy@127.0.0.1:2223 all
check "through a slow line" exits 0
check "... ssh has ended" ssh_has_ended 1 50
wait "$slow_line" || :
build_app backend
check "... fresh" fresh "$earlier" "$(step_uuids "$(image_of backend)")"

# --- at a terminal, where ssh may ask ---

start_terminal 100 20
trap 'stop_terminal; scene_end' EXIT
{
  echo '#!/bin/bash'
  echo 'trap : INT'
  printf '%q ' "${beside_sshd[@]}" "$tool" -H "$ssh_url" all
  # shellcheck disable=SC2016
  echo '; echo "status $?, $(stty -a | grep -o -- "-*echo ")"; exec sleep 600'
} >"$ssh_dir/at_terminal"
chmod +x "$ssh_dir/at_terminal"
: >"$ssh_dir/known_hosts"
rm "$ssh_dir/log"
run_there "$ssh_dir/at_terminal"
check "it asks about an unknown host key" shows 'continue connecting'
in_terminal send-keys C-c
check "Ctrl-C ends it, and the terminal echoes" shows '^status 130, echo'
check "... ssh has ended" ssh_has_ended
rm "$ssh_dir/log" "$ssh_dir/proxy"
echo "ProxyCommand sh -c 'echo \$\$ >$ssh_dir/proxy; exec sleep 600'" >>"$ssh_dir/config"
run_there "$ssh_dir/at_terminal"
until [[ -s $ssh_dir/proxy ]]; do sleep 0.05; done
in_terminal send-keys C-c
check "Ctrl-C while a ProxyCommand hangs" shows '^status 130, echo'
check "... it has ended, too" timeout 10 tail --pid="$(cat "$ssh_dir/proxy")" -f /dev/null
sed -i /^ProxyCommand/d "$ssh_dir/config"
rm "$ssh_dir/log"
run_there "$ssh_dir/at_terminal"
check "it asks again" shows 'continue connecting'
press yes Enter
check "after yes it clears" shows '^clean: '
check "exit 0, and the terminal echoes" shows '^status 0, echo'
check "... ssh has ended" ssh_has_ended
ssh-keygen -q -p -f "$ssh_dir/client" -P '' -N correct-horse >/dev/null
rm "$ssh_dir/log"
run_there "$ssh_dir/at_terminal"
check "it asks for a key's passphrase" shows '^Enter passphrase'
in_terminal send-keys C-c
check "Ctrl-C ends it, and what it says has a line of its own" shows '^clear-app-cache: error: interrupted by SIGINT'
check "... the terminal echoes again" shows '^status 130, echo'
check "... ssh has ended" ssh_has_ended
ssh-keygen -q -p -f "$ssh_dir/client" -P correct-horse -N '' >/dev/null

# In the background the terminal is another's.
allow_login stranger 'command="cat >/dev/null"'
rm "$ssh_dir/log"
run_there env PS1='ready ' bash --norc --noprofile
check "a shell" shows '^ready'
press "$(printf '%q ' "${beside_sshd[@]}" "$tool" -H "ssh://stranger@127.0.0.1:$ssh_port" --timeout 5s all)" Enter
until [[ -s $ssh_dir/log ]]; do sleep 0.05; done
in_terminal send-keys C-z
check "it is stopped" shows 'Stopped'
press bg Enter
check "continued in the background, it ends at the timeout" shows 'the timeout of 5 s ran out'
check "... ssh has ended" ssh_has_ended
in_terminal kill-server
scene_clean
finish
