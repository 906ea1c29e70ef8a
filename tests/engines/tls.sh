# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # what is set here is for the tests, and scene.sh
# Sourced after scene.sh: an engine that listens on its own loopback, with TLS or without, and certificates
# that openssl makes for it.

tls_address=tcp://127.0.0.1:2376
plain_address=tcp://127.0.0.1:2375

# The way a test begins: tls_begin ENGINE TOOL, instead of scene_begin. The engine listens with TLS and asks
# for certificates.
tls_begin() {
  tool=$(realpath "${2:?TOOL}")
  scene_apart "${1:?ENGINE}"
  tls=$("$engine_sh" dir "$1")/tls # engine and host see it under the same path
  trap tls_end EXIT
  make_certificates
  export DOCKERD_OPTIONS # a scene's copy is loaded into an engine that starts again
  DOCKERD_OPTIONS=$(tls_options)
  scene_use "$1"
}
tls_end() {
  rm -rf "$tls"
  scene_end
}

tls_options() {
  echo "-H $tls_address --tlsverify --tlscacert $tls/server/ca.pem --tlscert $tls/server/cert.pem" \
    "--tlskey $tls/server/key.pem"
}
# Without --tls=false a newer dockerd does not start.
plain_options() { echo "-H tcp://0.0.0.0:2375 --tls=false"; }

# start_again_with DOCKERD_OPTION...: the same data, another way to listen.
start_again_with() {
  DOCKERD_OPTIONS=$*
  "$engine_sh" stop "$ENGINE"
  "$engine_sh" start "$ENGINE"
  SOCKET=$("$engine_sh" socket "$ENGINE")
}

in_network() { "$engine_sh" net "$ENGINE" "$@"; }

# --- certificates ---

quiet_openssl() {
  openssl "$@" >"$tls/openssl.log" 2>&1 || {
    cat "$tls/openssl.log" >&2
    return 1
  }
}

new_key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)

authority() { # NAME
  mkdir -p "$tls/$1"
  quiet_openssl req -config "$tls/openssl.cnf" -x509 "${new_key[@]}" -days 30 -subj "/CN=$1" \
    -keyout "$tls/$1/key.pem" -out "$tls/$1/ca.pem"
}

# certificate NAME AUTHORITY SUBJECT_ALT_NAME [START END]: $tls/NAME is then what DOCKER_CERT_PATH may name.
certificate() {
  local dir=$tls/$1
  mkdir -p "$dir"
  quiet_openssl req -config "$tls/openssl.cnf" "${new_key[@]}" -subj "/CN=$1" -addext "subjectAltName=$3" \
    -keyout "$dir/key.pem" -out "$tls/request.pem" &&
    quiet_openssl ca -config "$tls/openssl.cnf" -batch -notext -cert "$tls/$2/ca.pem" \
      -keyfile "$tls/$2/key.pem" -startdate "${4-20200101000000Z}" -enddate "${5-20991231000000Z}" \
      -in "$tls/request.pem" -out "$dir/cert.pem" &&
    cp "$tls/$2/ca.pem" "$dir/ca.pem"
}

make_certificates() {
  rm -rf "$tls"
  mkdir -p "$tls/issued"
  : >"$tls/index.txt"
  cat >"$tls/openssl.cnf" <<END
[req]
distinguished_name = name
x509_extensions = authority
[name]
[authority]
basicConstraints = critical, CA:TRUE
subjectKeyIdentifier = hash
[ca]
default_ca = issuer
[issuer]
database = $tls/index.txt
new_certs_dir = $tls/issued
policy = any_name
default_md = sha256
copy_extensions = copy
rand_serial = yes
unique_subject = no
[any_name]
commonName = supplied
END
  authority engines-ca
  certificate server engines-ca IP:127.0.0.1,IP:10.99.0.1,DNS:localhost
  certificate client engines-ca DNS:client
}
