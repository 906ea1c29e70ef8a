#!/usr/bin/env bash
# TLS, with a real dockerd --tlsverify: who reaches it, what is said where one side refuses the other, and what
# docker itself does in the same case. A prune over TLS is finished by the engine when the tool is ended.
#
#   tls_test.sh ENGINE TOOL
set -euo pipefail
here=$(dirname "$0")
# shellcheck source=tests/engines/scene.sh
. "$here/scene.sh"
# shellcheck source=tests/engines/tls.sh
. "$here/tls.sh"
servers=()
end() {
  ((${#servers[@]} == 0)) || kill "${servers[@]}" 2>/dev/null || :
  tls_end
}
tls_begin "$@"
trap end EXIT
home=$("$engine_sh" dir "$ENGINE")/home
printed=$contexts/printed
# For the tool to ask about contexts: the engine's own docker, with its own libraries.
root=$("$engine_sh" root "$([[ $ENGINE == *-bookworm ]] && echo bookworm || echo sid)")
mkdir -p "$contexts/bin"
printf '#!/bin/sh\nexec "%s" --library-path "%s" "%s" "$@"\n' "$root"/usr/lib*/ld-linux*.so.* "$root"/usr/lib/*-linux-gnu \
  "$root/usr/bin/docker" >"$contexts/bin/docker"
chmod +x "$contexts/bin/docker"
PATH=$contexts/bin:$PATH
: >"$printed"

# --- running the tool and docker with the same variables ---

launcher=() # words before the tool
# run_with VARIABLE=VALUE... -- ARG...: as run_tool, on the engine's loopback; no other variable is docker's.
run_with() {
  local variables=()
  while [[ $1 != -- ]]; do
    variables+=("$1")
    shift
  done
  shift
  tool_status=0
  tool_output=$(in_network env -i "PATH=$PATH" "HOME=$home" LANG=C.UTF-8 "${variables[@]}" \
    "${launcher[@]}" "$tool" "$@" 2>"$contexts/tool.errors") || tool_status=$?
  tool_errors=$(cat "$contexts/tool.errors")
  printf '%s\n' "$tool_output" "$tool_errors" >>"$printed"
}
json() { jq -r "$1" <<<"$tool_output"; }
docker_reaches() { in_engine env -u DOCKER_HOST "$@" docker version; }
docker_fails() {
  ! docker_reaches "$@" || {
    echo "docker reaches the engine"
    return 1
  }
}

files_of() { # DIRECTORY [ADDRESS]: fills files
  files=("DOCKER_HOST=${2-$tls_address}" DOCKER_TLS_VERIFY=1 "DOCKER_CERT_PATH=$tls/$1")
}
context_of() { # NAME: fills files
  files=("DOCKER_CONFIG=$tls/docker" "DOCKER_CONTEXT=$1")
}
make_context() { # NAME ENDPOINT
  in_engine env -u DOCKER_HOST "DOCKER_CONFIG=$tls/docker" docker context create "$1" --docker "$2" >/dev/null
}

engine_state() {
  api GET /images/json | jq -r '.[].Id' | sort
  api GET /system/df | jq '.BuildCache // [] | length'
}
records() { api GET /system/df | jq '.BuildCache // [] | length'; }

# With the variables in files:
reaches() { # TITLE WARNING
  run_with "${files[@]}" -- --dry-run --json all
  check "$1: exit 0" exits 0
  check "$1: the warnings" contains "$(json '.warnings | join("; ")')." "$2"
}
refused() { # TITLE SENTENCE
  local message=
  run_with "${files[@]}" -- --json all
  message=$(json .error.message)
  check "$1: exit 4" exits 4
  check "$1: its sentence" equal "$(json .error.kind): $message" "tls: $2"
  check "$1: some advice" test "$(json '.error.advice | length')" -gt 10
  run_with "${files[@]}" -- --verbose all
  check "$1: once more, as text" exits 4
  check "$1: it is said on standard error" contains "$tool_errors" "error: $2"
  check "$1: nothing was changed" equal "$(engine_state)" "$state"
}
docker_too() { check "$1: docker reaches it, too" docker_reaches "${files[@]}"; }
docker_neither() { check "$1: docker fails, too" docker_fails "${files[@]}"; }

# --- what is configured ---

check "the scene is built" scene_images_only
state=$(engine_state)

authority strangers-ca
certificate stranger strangers-ca DNS:client
certificate expired engines-ca DNS:client 20200101000000Z 20200102000000Z
certificate future engines-ca DNS:client 20980101000000Z 20990101000000Z
variant() { # NAME [FILE FROM]: the client's files, one of them from elsewhere, or without it
  cp -r "$tls/client" "$tls/$1"
  if (($# == 3)); then cp "$3" "$tls/$1/$2"; elif (($# == 2)); then rm "$tls/$1/$2"; fi
}
variant unknown-ca ca.pem "$tls/stranger/ca.pem"
cp "$tls/client/ca.pem" "$tls/stranger/ca.pem"
variant without-certificate cert.pem
rm "$tls/without-certificate/key.pem"
variant without-key key.pem
variant key-only cert.pem
variant other-key key.pem "$tls/stranger/key.pem"
echo 'no PEM' >"$tls/no-pem"
variant bad-ca ca.pem "$tls/no-pem"
variant bad-certificate cert.pem "$tls/no-pem"
variant bad-key key.pem "$tls/no-pem"
variant empty-ca ca.pem /dev/null
variant without-ca ca.pem
variant encrypted
password=correct-horse-battery
openssl pkey -in "$tls/client/key.pem" -aes256 -passout "pass:$password" -out "$tls/encrypted/key.pem"
variant closed
chmod 0 "$tls/closed/key.pem"
make_contexts() {
  local pair="cert=$tls/client/cert.pem,key=$tls/client/key.pem" https_address=https://${tls_address#*://}
  make_context full "host=$tls_address,ca=$tls/client/ca.pem,$pair" &&
    make_context https "host=$https_address,ca=$tls/client/ca.pem,$pair" &&
    make_context system-ca "host=$https_address,$pair" &&
    make_context skips "host=$tls_address,ca=$tls/unknown-ca/ca.pem,$pair,skip-tls-verify=true" &&
    make_context skips-without-ca "host=$tls_address,$pair,skip-tls-verify=true" &&
    make_context without-certificate "host=$tls_address,ca=$tls/client/ca.pem" &&
    make_context unknown-ca "host=$tls_address,ca=$tls/unknown-ca/ca.pem,$pair" &&
    make_context plain "host=$tls_address" &&
    make_context bare-https "host=$https_address"
}
check "docker makes contexts" make_contexts

# --- who reaches the engine ---

files_of client
reaches "DOCKER_TLS_VERIFY and DOCKER_CERT_PATH" .
check "the address" equal "$(json .engine.address)" "$tls_address"
docker_too "DOCKER_TLS_VERIFY and DOCKER_CERT_PATH"
run_with "${files[@]}" DOCKER_TLS_VERIFY=0 -- --dry-run --json all
check "DOCKER_TLS_VERIFY counts with any value" equal "$(json '.warnings | length')" 0
run_with DOCKER_TLS_VERIFY=1 "DOCKER_CERT_PATH=$tls/client" -- --dry-run --json all
check "without DOCKER_HOST: docker's port for TLS" equal "$(json .engine.address)" tcp://localhost:2376
run_with DOCKER_TLS_VERIFY=1 "DOCKER_CERT_PATH=$tls/client" -- --host "$tls_address" --dry-run all
check "--host takes the same files" exits 0
files=("DOCKER_HOST=$tls_address" DOCKER_TLS_VERIFY=1 "DOCKER_CONFIG=$tls/client")
reaches "the files in DOCKER_CONFIG" .
docker_too "the files in DOCKER_CONFIG"
mkdir -p "$home/.docker"
cp "$tls/client"/*.pem "$home/.docker"
files=("DOCKER_HOST=$tls_address" DOCKER_TLS_VERIFY=1)
reaches "the files in ~/.docker" .
docker_too "the files in ~/.docker"
rm "$home/.docker"/*.pem
for name in full https; do
  context_of "$name"
  reaches "a context ($name)" .
  check "a context ($name): its name" contains "$(json .engine.context)" "$name"
  docker_too "a context ($name)"
done
files+=("DOCKER_CERT_PATH=$tls/unknown-ca" DOCKER_TLS_VERIFY=1)
reaches "a context has its own files, not DOCKER_CERT_PATH's" .
docker_too "a context has its own files, not DOCKER_CERT_PATH's"

unverified="the certificate of $tls_address is not verified, because"
files_of unknown-ca
files=("${files[@]/DOCKER_TLS_VERIFY/DOCKER_TLS}")
reaches "DOCKER_TLS alone" "$unverified DOCKER_TLS without DOCKER_TLS_VERIFY says so"
docker_too "DOCKER_TLS alone"
run_with "${files[@]}" -- --dry-run --quiet all
check "DOCKER_TLS alone: the warning, under --quiet as well" contains "$tool_errors" "warning: $unverified"
run_with "${files[@]}" GITHUB_ACTIONS=true -- --dry-run all
check "DOCKER_TLS alone: GitHub shows the warning" contains "$tool_output$tool_errors" \
  "::warning title=clear-app-cache::$unverified"
for name in skips skips-without-ca; do
  context_of "$name"
  reaches "SkipTLSVerify ($name)" "$unverified the context $name says so"
  docker_too "SkipTLSVerify ($name)"
done
files_of client
for option in --tls --tlsverify --tlsverify=false --no-tlsverify --insecure --skip-tls-verify -k; do
  run_with "${files[@]}" -- "$option" --dry-run all
  check "there is no option $option" exits 2
done

# The system's bundle, in a mount namespace of the tool's own.
mkdir "$tls/system"
cp "$tls/client/ca.pem" "$tls/system/ca-certificates.crt"
context_of system-ca
# shellcheck disable=SC2016
launcher=(unshare --mount sh -c 'mount --bind "$0" /etc/ssl/certs && exec "$@"' "$tls/system")
reaches "no CA is given: the system's are taken" .
launcher=()
files+=("SSL_CERT_FILE=$tls/client/ca.pem")
check "no CA is given: docker takes SSL_CERT_FILE" docker_reaches "${files[@]}"
reaches "no CA is given: SSL_CERT_FILE is taken" .
context_of unknown-ca
files+=("SSL_CERT_FILE=$tls/client/ca.pem")
refused "a CA is given: the system's do not count" \
  "the certificate of $tls_address is signed by an unknown CA"
context_of system-ca
refused "the system does not know the CA" "the certificate of $tls_address is signed by an unknown CA"
check "the system does not know the CA: so says the advice" contains "$tool_errors" "It is not in /etc/ssl/certs/ca-certificates.crt"
docker_neither "the system does not know the CA"

# --- who does not ---

for name in variables context; do
  files_of unknown-ca
  [[ $name == variables ]] || context_of unknown-ca
  refused "unknown CA, $name" "the certificate of $tls_address is signed by an unknown CA"
  docker_neither "unknown CA, $name"
  files_of without-certificate
  [[ $name == variables ]] || context_of without-certificate
  refused "no certificate of ours, $name" "$tls_address asks for a certificate, and there is none to show"
  docker_neither "no certificate of ours, $name"
done
context_of bare-https # docker speaks TLS only where a context has files for it
refused "https:// alone" "the certificate of $tls_address is signed by an unknown CA"
docker_neither "https:// alone"
for i in 1 2 3 4 5; do # the refusal comes while the request goes out, or before
  files_of stranger
  refused "a stranger's certificate, $i" "$tls_address refuses our certificate $tls/stranger/cert.pem"
done
docker_neither "a stranger's certificate"
# 20.10 does not say what is wrong with a certificate.
if [[ $ENGINE == docker-bookworm ]]; then reason=; else reason=': it has expired, or is not valid yet'; fi
for name in expired future; do
  files_of "$name"
  refused "our certificate, $name" "$tls_address refuses our certificate $tls/$name/cert.pem$reason"
  check "our certificate, $name: the advice is to look when it ends" contains "$tool_errors" -enddate
  docker_neither "our certificate, $name"
done
for name in other-key encrypted bad-key; do
  files_of "$name"
  refused "our key ($name)" "$tls/$name/key.pem is not the key of $tls/$name/cert.pem, or not an unencrypted PEM key"
  docker_neither "our key ($name)"
done
files_of closed
launcher=(setpriv --bounding-set "-dac_override,-dac_read_search")
refused "our key may not be read" "cannot read $tls/closed/key.pem for TLS: Permission denied"
launcher=()
files_of without-key
refused "our key is missing" "there is $tls/without-key/cert.pem, but no key.pem beside it"
docker_neither "our key is missing"
files_of key-only
refused "our certificate is missing" "there is $tls/key-only/key.pem, but no cert.pem beside it"
docker_neither "our certificate is missing"
files_of bad-certificate
refused "our certificate is no PEM" "$tls/bad-certificate/cert.pem is not a certificate in PEM format"
docker_neither "our certificate is no PEM"
files_of bad-ca
refused "the CA is no PEM" "$tls/bad-ca/ca.pem is not a CA certificate in PEM format"
docker_neither "the CA is no PEM"
files_of empty-ca
refused "the CA is empty" "cannot read $tls/empty-ca/ca.pem for TLS: it is empty"
docker_neither "the CA is empty"
files_of without-ca
refused "the CA is missing" "cannot read $tls/without-ca/ca.pem for TLS: No such file or directory"
docker_neither "the CA is missing"
for name in variables context; do
  files=("DOCKER_HOST=$tls_address" "DOCKER_CERT_PATH=$tls/client")
  [[ $name == variables ]] || context_of plain
  refused "plain HTTP on a TLS port, $name" "$tls_address expects TLS"
  docker_neither "plain HTTP on a TLS port, $name"
done

# --- servers that dockerd cannot be ---

port=2390
# serve CERTIFICATE OPTION...: a server behind address.
serve() {
  local i certificate=$1
  shift
  address=tcp://127.0.0.1:$((++port))
  # Not in_network, which would put a shell of ours between this one and the server.
  "$engine_sh" net "$ENGINE" openssl s_server -www -accept "127.0.0.1:$port" -cert "$tls/$certificate/cert.pem" \
    -key "$tls/$certificate/key.pem" "$@" >"$contexts/s_server.log" 2>&1 </dev/null &
  servers+=("$!")
  for ((i = 0; i < 100; i++)); do
    ! in_network ss -Hltn "sport = :$port" | grep -q . || return 0
    sleep 0.1
  done
  cat "$contexts/s_server.log"
  return 1
}

certificate server-expired engines-ca IP:127.0.0.1 20200101000000Z 20200102000000Z
certificate server-future engines-ca IP:127.0.0.1 20980101000000Z 20990101000000Z
certificate server-other engines-ca DNS:other.example,IP:10.99.0.9
serve server-expired
files_of client "$address"
refused "the server's certificate has expired" "the certificate of $address has expired"
docker_neither "the server's certificate has expired"
serve server-future
files_of client "$address"
refused "the server's certificate is not valid yet" "the certificate of $address is not valid yet"
docker_neither "the server's certificate is not valid yet"
serve server-other
files_of client "$address"
refused "a certificate for another name" "the certificate of $address is for another name"
docker_neither "a certificate for another name"
serve server -tls1_1 -cipher 'ALL:@SECLEVEL=0'
files_of client "$address"
refused "TLS 1.1" "$address does not speak TLS 1.2 or newer"
docker_neither "TLS 1.1"
# A proxy in front of an engine may have TLS 1.2, where the refusal is part of the handshake.
serve server -tls1_2 -CAfile "$tls/client/ca.pem" -Verify 1 -verify_return_error
files_of stranger "$address"
refused "TLS 1.2: a stranger's certificate" "$address refuses our certificate $tls/stranger/cert.pem"
files_of expired "$address"
refused "TLS 1.2: our certificate has expired" \
  "$address refuses our certificate $tls/expired/cert.pem: it has expired, or is not valid yet"
files=("${files[@]/DOCKER_TLS_VERIFY/DOCKER_TLS}")
refused "TLS 1.2, not verified: our certificate has expired" \
  "$address refuses our certificate $tls/expired/cert.pem: it has expired, or is not valid yet"
files_of without-certificate "$address"
refused "TLS 1.2: no certificate of ours" "$address asks for a certificate, and there is none to show"
files_of client "$address"
run_with "${files[@]}" -- --json all
check "TLS 1.2: what answers is no engine" equal "$tool_status $(json .error.kind)" '4 not-docker'
check "no server has changed the engine" equal "$(engine_state)" "$state"

# --- a clearing over TLS ---

files_of client
earlier=$(step_uuids "$(image_of backend)")
run_with "${files[@]}" "SSLKEYLOGFILE=$tls/key_log" -- all
check "a clearing over TLS: exit 0" exits 0
check "a clearing over TLS: its secrets are written nowhere" test ! -e "$tls/key_log"
check "a clearing over TLS: no image is left" no_image_has "$(image_of backend)"
check "a clearing over TLS: no record is left" equal "$(records)" 0
check "a clearing over TLS: the next build" build_app backend
check "a clearing over TLS: fresh" fresh "$earlier" "$(step_uuids "$(image_of backend)")"

# --- the engine finishes a prune that nobody waits for any more ---

dockerd() { in_engine sh -c "kill -$1 \"\$(cat /run/docker.pid)\""; } # SIGNAL
# wait_for SENTENCE CMD...: an expectation
wait_for() {
  local i
  for ((i = 0; i < 300; i++)); do
    ! "${@:2}" || return 0
    sleep 0.1
  done
  echo "$1"
  cat "$contexts/trace"
  return 1
}
trace_has() { grep -q -e "$1" "$contexts/trace" 2>/dev/null; }
sends='^(sendto|write)\([0-9]+<(TCP|socket)' # in a trace, those to the engine
sent_the_prune() { sed -n '/stopped by SIGSTOP/,$p' "$contexts/trace" | grep -qE "$sends"; }
holds_nothing() { [[ ! -e /proc/$1/fd/0 ]]; }
pruned() { [[ $(records) == 0 ]]; }
child_of() { # fills child
  read -r child _ <"/proc/$1/task/$1/children" || [[ $child ]] # there is no line's end
}

# prune_ended_by SIGNAL: the tool is stopped where it forks the connection's keeper, right before the prune goes
# out. Then the engine is stopped, and goes on only when the tool has ended.
prune_ended_by() {
  local tracer traced keeper
  rm -f "$contexts/trace"
  # A shell starts background jobs with INT ignored, which the tool respects.
  "$engine_sh" net "$ENGINE" env --default-signal=INT -i "PATH=$PATH" "HOME=$home" "${files[@]}" \
    strace -qq -y -s 8 -o "$contexts/trace" \
    -e trace=clone,clone3,?fork,?vfork,sendto,write -e 'inject=clone,clone3,?fork,?vfork:signal=STOP:when=1' \
    "$tool" all >"$contexts/tool.output" 2>&1 &
  tracer=$!
  check "$1: the prune is about to be sent" wait_for 'no process was forked' trace_has 'stopped by SIGSTOP'
  trace_has 'stopped by SIGSTOP' || return
  child_of "$tracer" && traced=$child
  dockerd STOP
  kill -CONT "$traced"
  check "$1: the prune is sent" wait_for 'it was not sent' sent_the_prune
  child_of "$traced" && keeper=$child
  kill "-$1" "$traced"
  tool_status=0
  wait "$tracer" 2>/dev/null || tool_status=$?
  check "$1: the tool has ended" equal "$tool_status" $((128 + $(kill -l "$1")))
  # Systemd sends TERM to the rest of a unit whose main process has ended.
  kill -TERM "$keeper"
  check "$1: the connection is still open" wait_for 'it is not held' test -S "/proc/$keeper/fd/0"
  check "$1: nothing more was said to the engine" equal \
    "$(sed -n "/--- SIG$1/,\$p" "$contexts/trace" | grep -E "$sends")" ''
  check "$1: nothing is pruned so far" test "$before" -gt 0
  dockerd CONT
  check "$1: the engine finishes the prune" wait_for 'records are left' pruned
  check "$1: then nobody holds the connection" wait_for 'it is still held' holds_nothing "$keeper"
}
for signal in TERM INT KILL; do
  [[ $signal == TERM ]] || check "$signal: a build" build_app backend
  before=$(records)
  prune_ended_by "$signal"
done

# --- an engine without TLS ---

start_again_with "$(plain_options)"
in_network ip addr add 10.99.0.1/32 dev lo
state=$(engine_state)
files_of client "$plain_address"
refused "TLS on a plain port" "$plain_address does not speak TLS"
docker_neither "TLS on a plain port"
files=("DOCKER_HOST=$plain_address")
run_with "${files[@]}" -- --dry-run --json all
check "plain TCP on loopback: exit 0" exits 0
check "plain TCP on loopback: no warning" equal "$(json '.warnings | length')" 0
docker_too "plain TCP on loopback"
remote=tcp://10.99.0.1:2375
warning="the connection to $remote is neither encrypted nor authenticated"
files=("DOCKER_HOST=$remote")
reaches "plain TCP elsewhere" "$warning"
docker_too "plain TCP elsewhere"
for time in first second; do
  for options in '--dry-run all' '--verify-only all' '--prune-only --older-than 1h' '--quiet all'; do
    # shellcheck disable=SC2086 # words
    run_with "${files[@]}" -- $options
    check "plain TCP elsewhere, $options, the $time time: the warning" contains "$tool_errors" "warning: $warning"
  done
done
run_with "${files[@]}" GITHUB_ACTIONS=true -- --dry-run all
check "plain TCP elsewhere: GitHub shows the warning" contains "$tool_output$tool_errors" \
  "::warning title=clear-app-cache::$warning"
make_context plain-elsewhere "host=$remote"
context_of plain-elsewhere
reaches "plain TCP elsewhere, by a context" "$warning"
docker_too "plain TCP elsewhere, by a context"

# --- secrets ---

secret_is_printed() { grep -F -f "$tls/secrets" "$printed"; }
{
  cat "$tls"/*/*.pem | grep -v -e '-----' -e 'no PEM'
  echo "$password"
} | sort -u >"$tls/secrets"
check "there are secrets, and outputs" test "$(wc -l <"$tls/secrets")" -gt 50 -a "$(wc -l <"$printed")" -gt 100
check "no key, certificate or password was printed" equal "$(secret_is_printed)" ''
finish
