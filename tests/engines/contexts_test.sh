#!/usr/bin/env bash
# The tool talks to the engine that docker itself would talk to with the same options, environment and files, or
# refuses with a reason: case by case, both are asked which engine they reach. docker is the sid root's, and the
# contexts and builders are of its making. Besides ENGINE there are stand-ins, each with a version of its own; one of
# them listens at the default address, in a mount and a network namespace that only this test sees.
#
#   contexts_test.sh ENGINE TOOL
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
if [[ ${1-} != --in-namespaces ]]; then
  scene_begin "$@"
  "$engine_sh" prepare sid
  unshare --mount --net --propagation private "$0" --in-namespaces "$SOCKET" "$tool"
  exit
fi
SOCKET=$2 tool=$3

# --- the stand-ins, and what docker and the tool see alike ---

export PATH=/usr/sbin:/usr/bin:/sbin:/bin
world=/run/world sid=/mnt
sid_root=$(realpath -m "${ENGINES_DIR:-$here/../../build/engines}")/roots/sid
ip link set lo up
mount --bind "$sid_root" "$sid"
mount -t tmpfs tmpfs /run
mkdir -p "$world"/{bin,home,elsewhere,engine,certificates}
# The tool asks the same docker. Who may not change the root asks it with its own libraries.
cat >"$world/bin/docker" <<'STUB'
#!/bin/sh
echo "${DOCKER_HOST-} ${DOCKER_CONTEXT-} $*" >>/run/world/calls
[ "$(id -u)" = 0 ] || exec /mnt/lib64/ld-linux-x86-64.so.2 --library-path /mnt/lib/x86_64-linux-gnu /mnt/usr/bin/docker "$@"
exec chroot /mnt env -C "$PWD" /usr/bin/docker "$@"
STUB
: >"$world/calls"
chmod 666 "$world/calls"
chmod +x "$world/bin/docker"
mount --bind "${SOCKET%/*}" "$world/engine"
SOCKET=$world/engine/${SOCKET##*/}
mount --rbind /run "$sid/run"
mount --rbind /dev "$sid/dev"
mount -t proc proc "$sid/proc"
cp "$tool" "$world/bin/clear-app-cache"
cd "$world"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
  -keyout key.pem -out certificates/ca.pem 2>openssl.log
cat key.pem certificates/ca.pem >server.pem
"$here/version_server.py" requests default=/run/docker.sock option=$world/option.sock host=$world/host.sock \
  one=$world/one.sock two=$world/two.sock tcp=2375 tls=2376,server.pem >ready 2>server.log &
server=$!
trap 'kill $server' EXIT
for ((i = 0; i < 100; i++)); do
  if [[ -s ready ]]; then break; fi
  sleep 0.1
done
option=unix://$world/option.sock host=unix://$world/host.sock engine=unix://$SOCKET
far=$(api GET /version | jq -r .Version) # what is called far is ENGINE itself

home=$world/home user=0:0 # of both programs; no home: HOME is not set
# split [VARIABLE=VALUE...] [-- OPTION...]: fills environment and options.
split() {
  environment=(LC_ALL=C.UTF-8 ${home:+"HOME=$home"})
  while (($# > 0)) && [[ $1 != -- ]]; do environment+=("$1") && shift; done
  options=("${@:2}")
}
run_docker() { # WORD...
  chroot --userspec="$user" "$sid" env -i -C "$PWD" "PATH=$PATH" "${environment[@]}" docker "${options[@]}" "$@"
}
call_tool() { # WORD...: fills tool_status, tool_output and tool_errors

  tool_status=0
  tool_output=$(setpriv --reuid="${user%:*}" --regid="${user#*:}" --clear-groups \
    env -i "PATH=$world/bin:$PATH" "TMPDIR=$world" "${environment[@]}" clear-app-cache "${options[@]}" "$@" 2>"$world/errors") || tool_status=$?
  tool_errors=$(cat "$world/errors")
}

# ENGINE and CONTEXT that each one reaches; the default one's name is docker's.
docker_reaches() {
  split "$@"
  local version
  version=$(run_docker version -f '{{.Server.Version}}' 2>/dev/null) || version=none
  echo "$version $(run_docker context show 2>/dev/null)"
}
tool_reaches() {
  split "$@"
  call_tool --verify-only --json
  [[ $tool_status == 0 ]] || echo "exit $tool_status"
  jq -r '"\(.engine.version // .error.message) \(.engine.context // "default")"' <<<"$tool_output"
}
both() { # SENTENCE "ENGINE CONTEXT" [VARIABLE=VALUE...] [-- OPTION...]
  check "$1: docker reaches $2" equal "$(docker_reaches "${@:3}")" "$2"
  check "$1: so does the tool" equal "$(tool_reaches "${@:3}")" "$2"
}

# refused SENTENCE DOCKER SAYS [VARIABLE=VALUE...] [-- OPTION...]: docker reaches this engine all the same, or none.
refused() {
  local reached
  reached=$(docker_reaches "${@:4}")
  check "$1: docker reaches $2" equal "${reached%% *}" "$2"
  check "$1: the tool refuses" refuses "$3" "${@:4}"
}
refuses() {
  split "${@:2}"
  : >"$world/requests"
  call_tool all
  exits 2 && contains "$tool_errors" "$1" || return
  # One sentence, and below it what to do.
  [[ -z $tool_output && $tool_errors == 'clear-app-cache: error: '* && $(grep -c '^[^ ]' <<<"$tool_errors") == 1 ]] ||
    { printf 'not one sentence: %s\n' "$tool_output" "$tool_errors" && return 1; }
  call_tool --json all
  exits 2 && equal "$(jq -r '"\(.exit_status) \(.error.kind) \(.engine) \(.actions | length)"' <<<"$tool_output")" '2 usage null 0' &&
    contains "$(jq -r .error.message <<<"$tool_output")" "$1" && equal "$(cat "$world/requests")" ''
}

create() { split "${@:3}" && run_docker context create "$1" --docker "host=$2" >/dev/null 2>&1; } # NAME ADDRESS [VARIABLE=VALUE]
use() { split && run_docker context use "$1" >/dev/null 2>&1; }
path_of() { split -- -c "$1" && run_docker context inspect | jq -r ".[0].Storage.$2"; } # CONTEXT MetadataPath|TLSPath

# --- the order ---

both "nothing is said" 'default default'
check "docker makes contexts" create one "unix://$world/one.sock"
check "another one" create two "unix://$world/two.sock"
check "one of the engine" create far "$engine"
check "one of another directory" create one "$option" "DOCKER_CONFIG=$world/elsewhere"
check "one without an address" create empty ''
both "contexts alone change nothing" 'default default'
both "--context" 'two two' -- --context two
both "-c" "$far far" -- -c far
both "--host" 'option default' -- --host "$option"
both "-H" 'option default' -- -H "$option"
both "DOCKER_HOST" 'host default' DOCKER_HOST="$host"
both "DOCKER_CONTEXT" 'one one' DOCKER_CONTEXT=one
both "DOCKER_CONTEXT=default" 'default default' DOCKER_CONTEXT=default
both "DOCKER_HOST wins over DOCKER_CONTEXT" 'host default' DOCKER_HOST="$host" DOCKER_CONTEXT=one
both "-c wins over DOCKER_HOST" 'two two' DOCKER_HOST="$host" -- -c two
both "-c wins over DOCKER_CONTEXT" 'two two' DOCKER_CONTEXT=one -- -c two
both "-c wins over both" 'two two' DOCKER_HOST="$host" DOCKER_CONTEXT=one -- -c two
both "-H wins over DOCKER_HOST" 'option default' DOCKER_HOST="$host" -- -H "$option"
both "-H wins over DOCKER_CONTEXT" 'option default' DOCKER_CONTEXT=one -- -H "$option"
both "-H wins over both" 'option default' DOCKER_HOST="$host" DOCKER_CONTEXT=one -- -H "$option"
both "-c default is what DOCKER_HOST says" 'host default' DOCKER_HOST="$host" DOCKER_CONTEXT=one -- -c default
both "the last of two -c" 'two two' -- -c one -c two
both "a context without an address" 'default empty' -- -c empty
both "... is not what DOCKER_HOST says" 'default empty' DOCKER_HOST="$host" -- -c empty
both "empty variables are none" 'default default' DOCKER_HOST= DOCKER_CONTEXT= DOCKER_CONFIG= DOCKER_TLS_VERIFY= DOCKER_TLS=
both "DOCKER_CONFIG" 'option one' DOCKER_CONFIG="$world/elsewhere" -- -c one
both "a relative DOCKER_CONFIG" 'option one' DOCKER_CONFIG=elsewhere -- -c one
both "a DOCKER_CONFIG that is not there" 'default default' DOCKER_CONFIG="$world/nowhere"
both "a context that is not chosen need not exist" 'host default' DOCKER_HOST="$host" DOCKER_CONTEXT=gone
both "nor is it looked for" 'two two' DOCKER_CONTEXT=gone -- -c two

check "docker makes one the current one" use one
both "the current context" 'one one'
both "DOCKER_CONTEXT wins over it" 'two two' DOCKER_CONTEXT=two
both "DOCKER_CONTEXT=default, too" 'default default' DOCKER_CONTEXT=default
both "an empty DOCKER_CONTEXT does not" 'one one' DOCKER_CONTEXT=
both "DOCKER_HOST wins over it" 'host default' DOCKER_HOST="$host"
both "an empty DOCKER_HOST does not" 'one one' DOCKER_HOST=
both "-H wins over it" 'option default' -- -H "$option"
both "-c wins over it" 'two two' -- -c two
both "-c default, too" 'default default' -- -c default
both "it belongs to its directory" 'default default' DOCKER_CONFIG="$world/elsewhere"

# --- TCP and TLS ---

both "TCP" 'tcp default' -- -H tcp://localhost:2375
both "TCP without a port" 'tcp default' DOCKER_HOST=tcp://localhost
both "DOCKER_TLS_VERIFY alone means tcp://localhost:2376" 'tls default' \
  DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH="$world/certificates" -- -c default
both "with any value" 'tls default' DOCKER_TLS_VERIFY=0 DOCKER_CERT_PATH="$world/certificates" -- -c default
both "DOCKER_TLS alone, too" 'tls default' DOCKER_TLS=1 DOCKER_CERT_PATH="$world/certificates" -- -c default
both "DOCKER_CERT_PATH alone does not" 'default default' DOCKER_CERT_PATH="$world/certificates" -- -c default
cp certificates/ca.pem elsewhere/
both "the certificates may be docker's own" 'tls default' DOCKER_TLS_VERIFY=1 DOCKER_CONFIG="$world/elsewhere"
both "DOCKER_TLS_VERIFY does not change a context" 'one one' DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH="$world/certificates"
check "docker makes a context with TLS" create secured "tcp://localhost:2376,ca=$world/certificates/ca.pem"
both "a context's TLS" 'tls secured' -- -c secured
both "DOCKER_CERT_PATH does not change it" 'tls secured' DOCKER_CERT_PATH="$world/elsewhere" -- -c secured

# --- where the files are ---

home=$world/nowhere
both "a home directory without docker's files" 'default default'
mount --bind "$world/home" /root
mount --bind "$world/home" "$sid/root"
home=
both "without HOME it is the user's" 'one one'
both "an empty HOME is none" 'one one' HOME=
umount /root "$sid/root"
mkdir wanderer
cp -r home/.docker wanderer/
chmod -R a+rX home wanderer
cd wanderer
user=12345:12345
both "who has no home has it in the current directory" 'one one'
cd "$world"
user=65534:65534 home=$world/home
both "an unprivileged user's" 'one one'

# --- what is refused ---

contexts_in=$home/.docker/contexts
tls_of_secured=$(path_of secured TLSPath)
for directory in "$contexts_in" "$contexts_in/meta" "$(path_of one MetadataPath)"; do
  chmod 700 "$directory"
  refused "${directory#"$home/.docker/"} is not readable" none 'permission denied'
  chmod 755 "$directory"
done
for directory in "$contexts_in/tls" "$tls_of_secured" "$tls_of_secured/docker"; do
  chmod 700 "$directory"
  refused "${directory#"$home/.docker/"} is not readable" none 'permission denied' -- -c secured
  chmod 755 "$directory"
done
chmod 600 home/.docker/config.json
refused "config.json is not readable" default 'docker/config.json: it cannot be read: Permission denied'
both "with DOCKER_HOST it is not needed" 'host default' DOCKER_HOST="$host"
chmod 644 home/.docker/config.json
user=0:0

refused "-c and -H" none '--host and --context cannot be combined' -- -c one -H "$host"
refused "two -H" none '--host may be given only once' -- -H "$option" -H "$host"
refused "-c of a context that does not exist" none 'context "gone": context not found' -- -c gone
refused "DOCKER_CONTEXT, too" none 'context "gone": context not found' DOCKER_CONTEXT=gone
refused "another directory's context" none 'context "two": context not found' DOCKER_CONFIG="$world/elsewhere" DOCKER_CONTEXT=two
for name in x ../one 'one ' -one one/two; do
  refused "the name '$name'" none "context \"$name\": context not found" "DOCKER_CONTEXT=$name"
done
both "no name is none" 'one one' -- -c ''
refused "no address" default "host '' names no scheme; use unix://" -- -H ''
refused "npipe://" none "named pipes are Windows's; use unix://" -- -H npipe:////./pipe/docker_engine
refused "fd://" none 'only an engine itself can listen on a descriptor; use unix://' DOCKER_HOST=fd://
refused "another scheme" none "the scheme 'http' is not supported; use unix://" -- -H http://localhost:2375
refused "no scheme" tcp 'names no scheme; use unix://' -- -H localhost:2375

config() { printf '%s' "$1" >home/.docker/config.json; }
config '{'
refused "config.json is cut off" default "docker/config.json: it is not JSON, or it is cut off"
both "with -c it is not needed" 'two two' -- -c two
config '{"currentContext": 7}'
refused "the current context is a number" default "docker/config.json: currentContext is not a string"
config $'\xef\xbb\xbf{"currentContext": "one"}'
refused "a byte order mark" default "docker/config.json: it begins with a byte order mark"
config '{"currentContext": "gone"}'
refused "the current context does not exist" none 'context "gone": context not found'
config ''
both "an empty config.json" 'default default'
config '{"currentContext": "one", "auths": 7}'
both "nonsense elsewhere in config.json" 'one one'
rm home/.docker/config.json
mkdir home/.docker/config.json
refused "config.json is a directory" default 'docker/config.json: it is not a file'
rmdir home/.docker/config.json

check "docker makes a context that is spoiled" create spoiled "unix://$world/two.sock"
spoiled=$(path_of spoiled MetadataPath)/meta.json
both "before" 'two spoiled' -- -c spoiled
spoil() { printf '%s' "$1" >"$spoiled"; }
spoil '{'
refused "meta.json is cut off" none 'unexpected end of JSON input' -- -c spoiled
both "other contexts are as good as before" 'one one' -- -c one
spoil '{"Name": "spoiled", "Endpoints": {"kubernetes": {"Host": "https://localhost:1"}}}'
refused "no docker endpoint" none "the context 'spoiled' has no docker endpoint" -- -c spoiled
spoil '{"Name": "spoiled", "Endpoints": {"docker": {"Host": "npipe:////./pipe/docker_engine"}}}'
refused "a context of Windows's" none "named pipes are Windows's; use unix://" -- -c spoiled
spoil '{"Name": "spoiled", "Endpoints": {"docker": {"Host": "tcp://localhost"}}}'
refused "a context's port is not completed" none 'names no port' -- -c spoiled
spoil "{\"Name\": \"spoiled\", \"Endpoints\": {\"docker\": {\"host\": \"$option\"}}}"
both "a key in another case is docker's business" 'option spoiled' -- -c spoiled
split PATH="$world/away" -- -c one
mkdir away
cp bin/clear-app-cache away/
call_tool all
check "without docker: exit 2" exits 2
check "without docker: the reason" contains "$tool_errors" 'docker cannot be run: No such file or directory'
check "without docker: the way out" contains "$tool_errors" '--host selects an engine without it'
both "without docker: an address" 'option default' PATH="$world/away:$PATH" -- -H "$option"

# --- a context's TLS files ---

check "a context for TLS" create named "tcp://127.0.0.1:2375,ca=$world/certificates/ca.pem"
tls_of_named=$(path_of named TLSPath)/docker
speaks_tls() { # an expectation: nothing was sent in plain text
  split -- -c named
  : >"$world/requests"
  call_tool all
  exits 4 && contains "$tool_errors" 'does not speak TLS' && equal "$(cat "$world/requests")" ''
}
check "it has a CA: docker speaks TLS" equal "$(docker_reaches -- -c named)" 'none named'
check "... so does the tool" speaks_tls
rm "$tls_of_named/ca.pem"
check "an empty directory: docker speaks TLS" equal "$(docker_reaches -- -c named)" 'none named'
check "... so does the tool" speaks_tls
rmdir "$tls_of_named"
both "no directory" 'tcp named' -- -c named
split
check "it is removed" run_docker context rm named

# --- what a run with a context says and does ---

split -- -c far
tar -c ready >layer.tar
check "docker makes an image there" run_docker import "$world/layer.tar" watchparty-backend
call_tool --dry-run
check "the heading names the context and the address" \
  contains "$tool_output" "context far, $engine)"$'\n'
call_tool --dry-run --json
check "so does the JSON" equal "$(jq -r '"\(.engine.context) \(.engine.address)"' <<<"$tool_output")" "far $engine"
: >requests
call_tool all
check "the context's engine is cleared" exits 0
check "its image is removed" no_image_has watchparty-backend:latest
check "no other engine was asked" equal "$(cat requests)" ''
split -- -H "$host"
call_tool --verify-only
check "without a context the heading names the address alone" contains "$tool_output" "(API 1.51, $host)"

# --- Compose is given the same choice ---

printf 'name: shop\nservices: {backend: {image: "shop-backend", build: .}}\n' >compose.yaml
compose() { # WORDS CONTEXT [VARIABLE=VALUE...] [-- OPTION...]: an expectation: what docker is called with, on ENGINE
  split "${@:3}"
  rm -f calls
  call_tool --file compose.yaml --verify-only --json
  exits 0 && equal "$(grep ' compose ' calls)" "$1 --file compose.yaml build --print" &&
    equal "$(jq -r '"\(.engine.version) \(.engine.context)"' <<<"$tool_output")" "$far $2"
}
check "Compose: -c" compose ' far compose' far -- -c far
check "Compose: -c beside a DOCKER_CONTEXT that does not exist" \
  compose ' far compose' far DOCKER_CONTEXT=gone -- -c far
check "Compose: -H" compose "$engine  compose" null DOCKER_CONTEXT=gone -- -H "$engine"
check "Compose: DOCKER_CONTEXT" compose ' far compose' far DOCKER_CONTEXT=far
check "Compose: DOCKER_HOST" compose "$engine  compose" null DOCKER_HOST="$engine"
check "docker makes far the current context" use far
check "Compose: the current context" compose '  compose' far
rm -f calls
refused "Compose: a context that does not exist" none 'context "gone": context not found' DOCKER_CONTEXT=gone -- --file compose.yaml
check "Compose: is then not run" equal "$(grep -c ' compose ' calls)" 0

# --- a builder is chosen for a context, or for an engine's address ---

printf 'FROM scratch\nCOPY compose.yaml /\n' >Dockerfile
buildx() { split -- "$1" "$2" && run_docker buildx "${@:3}" >/dev/null 2>&1; } # -c|-H CHOICE WORD...
# goes_to WORD...: where that build goes: own, the engine's, or held, whose image cannot be pulled.
goes_to() {
  local said
  if said=$(run_docker "$@" 2>&1); then
    echo own
  elif [[ $said == *registry-1.docker.io* ]]; then
    echo held
  else
    echo refused
  fi
}
# builds_go_to BUILDX COMPOSE TOOL [VARIABLE=VALUE...] [-- OPTION...]: an expectation, on ENGINE: where docker buildx
# build goes, where docker compose build, and what the tool says. The tool is asked first, and
# changes nothing of buildx's: the builds forget a choice that was made for another name of their engine.
builds_go_to() {
  local found before
  split "${@:4}"
  before=$(find "$home/.docker/buildx" -type f -exec cksum {} +)
  call_tool --verify-only --json
  found=$(jq -r '[.residue[] | select(.kind == "builder")] | .[0].object // "own"' <<<"$tool_output")
  equal "the tool: $found" "the tool: $3" &&
    equal "$(find "$home/.docker/buildx" -type f -exec cksum {} +)" "$before" &&
    equal "buildx: $(goes_to buildx build .)" "buildx: $1" || return
  cp -r "$world/chosen/." "$home/.docker/buildx"
  equal "Compose: $(goes_to compose build)" "Compose: $2"
}
# choose -c|-H CHOICE WORD...: buildx's files, for each case.
choose() {
  rm -rf "$home/.docker/buildx/defaults" "$home/.docker/buildx/current"
  buildx "$@" && rm -rf "$world/chosen" && cp -r "$home/.docker/buildx" "$world/chosen"
}
mkdir -p "$home/.docker/buildx"
cp -r "$home/.docker/buildx" chosen
: >calls
check "at first builds go to the engine" builds_go_to own own own -- -c far
check "buildx was not asked" equal "$(grep -c ' buildx inspect' calls)" 0
check "buildx makes a builder" choose -c far create --name held --driver docker-container
check "it is not used yet" builds_go_to own own own -- -c far
check "chosen for a context" choose -c far use held
check "buildx's builds go there with -c" builds_go_to held own held -- -c far
check "chosen for a context" choose -c far use held
check "and with DOCKER_CONTEXT" builds_go_to held own held DOCKER_CONTEXT=far
check "chosen for a context" choose -c far use held
check "but not with the engine's address" builds_go_to own own own -- -H "$engine"
check "chosen for the address" choose -H "$engine" use held
check "Compose's builds go there in the context as well" builds_go_to own held held -- -c far
check "chosen for the address" choose -H "$engine" use held
check "builds go there with the address" builds_go_to held held held -- -H "$engine"
check "chosen for the address" choose -H "$engine" use held
check "and with DOCKER_HOST" builds_go_to held held held DOCKER_HOST="$engine"
check "the default of a context" choose -c far use --default held
check "is for buildx's builds" builds_go_to held own held -- -c far
check "the default of an address" choose -H "$engine" use --default held
check "is for Compose's in the context as well" builds_go_to own held held -- -c far
check "chosen for all" choose -c far use --global held
check "builds go there from everywhere" builds_go_to held held held -- -H "$engine"
check "and in the context" builds_go_to held held held -- -c far
check "the engine's own is chosen" choose -c far use far
check "builds go to the engine" builds_go_to own own own -- -c far
check "BUILDX_BUILDER names a builder" builds_go_to held held held BUILDX_BUILDER=held -- -c far
check "or the context, which Compose refuses" builds_go_to own refused own BUILDX_BUILDER=far -- -c far
check "or the default, which buildx refuses" builds_go_to refused own own BUILDX_BUILDER=default -- -c far
check "or nobody" builds_go_to refused refused nobody BUILDX_BUILDER=nobody -- -c far
check "buildx makes a builder that is called as a context will be" choose -c far create --name near --driver docker-container
check "docker makes that context" create near "$engine"
check "buildx's builds go to that builder" builds_go_to held own near -- -c near
check "docker build goes to the engine's own whatever is chosen" choose -c far use held
split -- -c far
check "docker build" equal "$(goes_to build .)" own
check "docker bake" equal "$(goes_to bake -f compose.yaml)" own
check "COMPOSE_BAKE=false is as buildx" equal "$(split COMPOSE_BAKE=false -- -c far && goes_to compose build)" held
split -- -c far
check "docker buildx install" run_docker buildx install
check "then it goes to the chosen one" equal "$(goes_to build .)" held
check "docker buildx uninstall" run_docker buildx uninstall
check "what was built is cleared" run_docker builder prune --all --force >/dev/null
check "and the images" run_docker image prune --all --force >/dev/null
finish
