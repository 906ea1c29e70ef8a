#!/usr/bin/env bash
# Real container engines for the tests, each one isolated and without a network.
#
#   engine.sh names                the engines, a line each: the only place that decides which there are
#   engine.sh list                 names, versions, state, sockets
#   engine.sh host-tools           the packages that the host needs (nothing is installed here)
#   engine.sh prepare [ROOT...]    makes the debootstrap roots that are missing (default: all engines');
#                                  host-SUITE is a user's machine, with the NSS modules of systemd;
#                                  client-trixie has Compose 2.26 alone, for client.sh;
#                                  build-SUITE has a compiler; cross-bookworm has one for arm64
#   engine.sh root ROOT            prints where such a root is
#   engine.sh start NAME           returns once GET /_ping answers; makes a missing root first
#   engine.sh stop NAME            ends it and everything that runs in it
#   engine.sh wipe NAME            stops it and those like it (see below), and deletes their data
#   engine.sh save NAME COPY       keeps a copy of its data; a restart, which stops its containers
#   engine.sh load NAME COPY       replaces its data by that copy; fails if there is none
#   engine.sh replace NAME SUITE   stops it, and lets SUITE's program have its data and its socket until it is
#                                  stopped. With ENGINE_SUITE=SUITE the other commands start that one, too
#   engine.sh hold NAME            prints dockerd's process, by the host's number. Until "up", its end is
#                                  not the end of what runs beside it: containers with --live-restore
#   engine.sh up NAME              starts a dockerd again that was held and is ending or has ended
#   engine.sh socket NAME          prints the path of the API socket of a running engine
#   engine.sh dir NAME             prints the directory that engine and host see under the same path
#   engine.sh exec NAME CMD...     runs a command where the engine lives (its own docker/podman
#                                  client; DOCKER_HOST and CONTAINER_HOST are set)
#   engine.sh net NAME CMD...      runs a command of this machine in the engine's network: on its loopback
#
# NAME.1 to NAME.9 are further engines like NAME, from the same root, with host names of their own: see nodes.sh.
#
# With DATA_SIZE=600m an engine is started with its data on a file system of its own of this size, in
# memory, which is gone when it stops: for tests that compare what is free. DOCKERD_OPTIONS are further
# options of a dockerd, without blanks in them: to listen on its loopback too, say.
#
# ENGINES_DIR (default: build/engines of this checkout) holds roots/SUITE and copies/NAME, kept between
# runs, and run/NAME, an engine's data. MIRROR is the Debian mirror. Needs root. An engine has mount, network
# and process namespaces of its own; no engine package gets onto the host, and a host's own docker,
# dockerd or podman is neither used nor looked for: whatever there is, the engines are the same.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ENGINES_DIR=$(realpath -m "${ENGINES_DIR:-$here/../../build/engines}")
MIRROR=${MIRROR:-http://deb.debian.org/debian}
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
SUITES=(bookworm sid)
# The slowest first: its tests would otherwise run alone at the end.
NAMES=(docker-sid-containerd docker-sid docker-bookworm podman-bookworm podman-sid)

die() {
  echo "engine.sh: $*" >&2
  exit 1
}

known() { # refuses a name that is no engine's
  local n
  for n in "${NAMES[@]}"; do [[ $n != "${1%.[1-9]}" ]] || return 0; done
  die "no engine called '$1' (${NAMES[*]})"
}

suite() { # which "replace" decides
  [[ -z ${ENGINE_SUITE-} ]] || { echo "$ENGINE_SUITE" && return; }
  case ${1%.[1-9]} in
    *-bookworm) echo bookworm ;;
    *-sid | *-sid-containerd) echo sid ;;
  esac
}

root() { echo "$ENGINES_DIR/roots/$(suite "$1")"; }
dir() { echo "$ENGINES_DIR/run/$1"; }

host_tools() { # command or file, package
  echo debootstrap debootstrap
  echo "$KEYRING" debian-archive-keyring # Ubuntu's debootstrap comes without it
  echo busybox busybox-static            # what the sample images are made of
  echo ip iproute2
  echo curl curl
  echo unshare util-linux
}

require_host_tools() {
  local tool package
  [[ $(id -u) == 0 ]] || die "must run as root: it makes namespaces and mounts"
  while read -r tool package; do
    [[ -e $tool ]] || command -v "$tool" >/dev/null || die "$tool is missing: apt-get install $package"
  done < <(host_tools)
}

# --- roots ---

build_packages=(cmake ninja-build pkg-config libcurl4-openssl-dev libcxxopts-dev libfmt-dev nlohmann-json3-dev doctest-dev)
packages() {
  case $1 in
    bookworm) echo docker.io podman runc conmon netavark iptables iproute2 openssh-server ;;
    sid)
      echo docker.io docker-cli docker-buildx docker-compose podman runc conmon netavark iptables iproute2 \
        openssh-server
      ;;
    cross-bookworm)
      echo g++-aarch64-linux-gnu cmake ninja-build pkg-config libssl-dev:arm64 libc-ares-dev:arm64 libfmt-dev:arm64 \
        nlohmann-json3-dev libcxxopts-dev qemu-user-static ca-certificates
      ;;
    build-bookworm) echo g++-11 "${build_packages[@]}" ;;
    build-trixie | build-sid) echo g++ "${build_packages[@]}" ;;
    client-trixie) echo docker-cli docker-buildx docker-compose ;;
    host-bookworm | host-trixie | host-sid) echo libnss-systemd libnss-myhostname ;;
    *) die "no root called '$1' (${SUITES[*]})" ;;
  esac
}

# The stamp is written last and names the packages: a half-made root has none, an outdated one another.
ready() { [[ $(cat "$ENGINES_DIR/roots/.ready-$1" 2>/dev/null) == "$(packages "$1")" ]]; }

prepare() {
  local suite=$1 root=$ENGINES_DIR/roots/$1
  packages "$suite" >/dev/null
  mkdir -p "$ENGINES_DIR/roots"
  exec 9>"$ENGINES_DIR/roots/.lock-$suite" # two engines of one suite may start at once
  flock 9
  if ! ready "$suite"; then
    require_host_tools
    echo "engine.sh: making the $suite root from $MIRROR, which takes minutes" >&2
    rm -rf --one-file-system "$root"
    [[ $suite == *-* ]] || rm -rf --one-file-system "$ENGINES_DIR/copies" # which another version may have written
    make_root "$suite" "${suite#*-}" "$root" >"$root.log" 2>&1 || {
      tail -n 20 "$root.log" >&2
      die "the $suite root could not be made, see $root.log"
    }
    packages "$suite" >"$ENGINES_DIR/roots/.ready-$suite"
  fi
  exec 9>&-
}

make_root() {
  local kind=$1 suite=$2 root=$3 foreign=
  [[ $kind != cross-* ]] || foreign='dpkg --add-architecture arm64 &&'
  debootstrap --variant=minbase --keyring="$KEYRING" "$suite" "$root" "$MIRROR" || return
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" || return # start no service
  chmod +x "$root/usr/sbin/policy-rc.d" || return
  cp /etc/resolv.conf "$root/etc/" || :
  cp /etc/apt/apt.conf.d/99* "$root/etc/apt/apt.conf.d/" || : # this machine's settings for its mirror
  # shellcheck disable=SC2046 # a list of packages
  chroot "$root" env DEBIAN_FRONTEND=noninteractive sh -c \
    "$foreign"'apt-get -qy update && apt-get -qy install --no-install-recommends "$@" && apt-get clean' \
    _ $(packages "$kind") || return
  [[ $kind == "$suite" ]] || return 0 # no engine
  # For logins over ssh: one who may use docker, and one who may not.
  chroot "$root" useradd --create-home --password '*' --shell /bin/sh --groups docker deploy || return
  chroot "$root" useradd --create-home --password '*' --shell /bin/sh stranger
}

# --- state ---

# A process is identified by its number and its start time, so that a reused number is never ended.
alive() { # PID START
  local stat fields
  read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
  read -ra fields <<<"${stat##*) }" # the state comes first, the start time is the twentieth
  [[ ${fields[0]} != Z && ${fields[19]} == "$2" ]]
}

first_process() { # of engine $1: fills pid and start, or fails
  read -r pid start 2>/dev/null <"$(dir "$1")/pid" && alive "$pid" "$start"
}

socket() { cat "$(dir "$1")/socket" 2>/dev/null; }
get() { curl -fsS -m 5 --unix-socket "$1" "http://engine$2" 2>/dev/null; }
running() {
  local pid start
  first_process "$1" && get "$(socket "$1")" /_ping >/dev/null
}

# What an ended engine leaves outside its namespaces.
tidy() {
  local socket group
  socket=$(socket "$1") || return 0
  group=$(basename "$(dirname "$socket")")
  find /sys/fs/cgroup/"$group" /sys/fs/cgroup/*/"$group" -depth -type d -exec rmdir {} \; 2>/dev/null || :
  rm -f "$socket" "$(dir "$1")/socket" "$(dir "$1")/"{pid,held,again}
  rmdir "$(dirname "$socket")" 2>/dev/null || :
}

# --- starting ---

cgroup_v2() { [[ $(stat -f -c %T /sys/fs/cgroup) == cgroup2fs ]]; }

# Runs a command in a cgroup (v2) of its own that it takes for the root, so that nothing outside is
# changed, even within a container. A cgroup that has processes cannot give controllers to those
# below it, hence the leaf "init".
in_own_cgroup() {
  local group=/sys/fs/cgroup/$1
  shift
  mkdir -p "$group/init"
  echo "$BASHPID" >"$group/cgroup.procs"
  # shellcheck disable=SC2016
  exec unshare --cgroup bash -c 'echo $$ >"$1/init/cgroup.procs" && shift && exec "$@"' _ "$group" "$@"
}

# Can a container's layers be overlays in directory $1? Not if that is an overlay itself.
overlay_works() {
  local t ok=0
  t=$(mktemp -d "$1/overlay.XXXXXX")
  mkdir "$t/lower" "$t/upper" "$t/work" "$t/merged"
  # shellcheck disable=SC2016
  unshare --mount sh -c 'cd "$1" && mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work overlay merged' \
    _ "$t" 2>/dev/null || ok=1
  rm -rf "$t"
  return $ok
}

# Engines and commands have this environment alone: nothing of the caller's DOCKER_*, BUILDX_*.
environment() {
  local dir
  dir=$(dir "$1")
  printf '%s\n' PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
    "HOME=$dir/home" "CONTAINERS_CONF=$dir/containers.conf" PODMAN_IGNORE_CGROUPSV1_WARNING=1
}

engine_command() { # of engine $1 with socket $2, group $3, overlay driver or not $4: a word a line
  local data
  data=$(dir "$1")/data
  case $1 in
    docker-*)
      printf '%s\n' dockerd --data-root "$data" --exec-root /run/docker --pidfile /run/docker.pid \
        -H "unix://$2" --bridge=none --iptables=false --cgroup-parent "/$3"
      # shellcheck disable=SC2086 # words
      [[ -z ${DOCKERD_OPTIONS-} ]] || printf '%s\n' $DOCKERD_OPTIONS
      if chroot "$(root "$1")" dockerd --help | grep -q -e --ip6tables; then echo --ip6tables=false; fi
      # An older one has no such store.
      if [[ ${1%.[1-9]} == *-containerd && $(suite "$1") == sid ]]; then
        printf '%s\n' --feature containerd-snapshotter=true
        [[ $4 == yes ]] || printf '%s\n' --storage-driver native
      else
        printf '%s\n' --storage-driver "$([[ $4 == yes ]] && echo overlay2 || echo vfs)"
      fi
      ;;
    podman-*)
      printf '%s\n' podman --root "$data" --runroot /run/podman --events-backend file \
        --storage-driver "$([[ $4 == yes ]] && echo overlay || echo vfs)" \
        --cgroup-manager cgroupfs system service -t 0 "unix://$2"
      ;;
  esac
}

start() { # NAME [DIRECTORY of the socket]
  local name=$1 dir sockets socket overlay=yes env command launcher=()
  if running "$name"; then return; fi
  prepare "$(suite "$name")"
  stop "$name"
  dir=$(dir "$name")
  mkdir -p "$dir/home"
  # A socket's path is limited to 107 characters, and the checkout may be deep.
  sockets=${2-$(mktemp -d "${TMPDIR:-/tmp}/engine.XXXXXX")}
  socket=$sockets/api.sock
  echo "$socket" >"$dir/socket"
  ((${#socket} < 108)) || die "$socket is too long for a socket: set TMPDIR to a shorter path"
  if ! overlay_works "$dir"; then
    overlay=no
    echo "engine.sh: $name: no overlays in $dir, layers are copied instead" >&2
  fi
  # crun refuses hybrid cgroups; limits cannot be raised, or counted by pids.max, everywhere.
  printf '%s\n' '[engine]' 'runtime = "runc"' '[containers]' \
    'default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]' 'pids_limit = 0' >"$dir/containers.conf"

  mapfile -t env < <(environment "$name")
  mapfile -t command < <(engine_command "$name" "$socket" "$(basename "$sockets")" "$overlay")
  if cgroup_v2; then launcher=(in_own_cgroup "$(basename "$sockets")"); fi
  launcher+=(setsid)
  "${launcher[@]}" unshare --mount --net --pid --uts --fork --kill-child --propagation private \
    "$here/enter.sh" "$dir" "$(root "$name")" "$sockets" \
    env -i "${env[@]}" "${command[@]}" >"$dir/log" 2>&1 </dev/null &
  await "$name" $!
}

await() { # NAME [its launcher]
  local name=$1 dir pid start i
  dir=$(dir "$name")
  for ((i = 0; i < 600; i++)); do
    if running "$name"; then return; fi
    if [[ $# == 2 ]] && ! kill -0 "$2" 2>/dev/null || [[ $# == 1 ]] && ! first_process "$name"; then
      tail -n 5 "$dir/log" >&2
      tidy "$name"
      die "$name did not start, see $dir/log"
    fi
    sleep 0.1
  done
  stop "$name"
  die "$name does not answer, see $dir/log"
}

# --- the other commands ---

stop() {
  local name=$1 pid start i
  if first_process "$name"; then
    # Podman's containers outlive its service: they get a chance to end well, as Docker's do.
    [[ $name != podman-* ]] || (inside "$name" podman --remote stop --all -t 1) >/dev/null 2>&1 || :
    kill "$pid"
    for ((i = 0; i < 300; i++)); do
      alive "$pid" "$start" || break
      sleep 0.1
    done
    if alive "$pid" "$start"; then
      # Its parent is unshare --kill-child, which takes all of them with it, also stopped ones.
      kill -9 "$(sed 's/.*) //' "/proc/$pid/stat" | cut -d' ' -f2)"
      while alive "$pid" "$start"; do sleep 0.1; done
    fi
  fi
  tidy "$name"
}

wipe() { # and those like it
  local name
  for name in "$1" "$1".{1..9}; do
    [[ -e $(dir "$name") ]] || continue
    stop "$name"
    rm -rf --one-file-system "$(dir "$name")"
  done
}

# at_rest NAME COMMAND...: runs it while the engine is stopped. The socket keeps its path.
at_rest() {
  local name=$1 sockets
  sockets=$(dirname "$(socket "$name")")
  shift
  stop "$name"
  "$@"
  mkdir -m 700 "$sockets"
  start "$name" "$sockets"
}

replace() {
  printf '%s\n' "${SUITES[@]}" | grep -qx "$2" || die "no engine comes from a root called '$2' (${SUITES[*]})"
  ENGINE_SUITE=$2 at_rest "$1" :
}

hold() {
  local pid start
  first_process "$1" || die "$1 is not running"
  touch "$(dir "$1")/held"
  pgrep -P "$pid" -x dockerd
}
up() {
  local pid start
  first_process "$1" || die "$1 is not held"
  while pgrep -P "$pid" -x dockerd >/dev/null; do sleep 0.1; done
  mv "$(dir "$1")/held" "$(dir "$1")/again"
  await "$1"
}

replace_by_copy() { # FROM TO
  rm -rf --one-file-system "$2" "$2.part"
  mkdir -p "$(dirname "$2")"
  cp -a "$1" "$2.part"
  mv "$2.part" "$2"
}

# A copy is called VERSION/NAME; those of another version are outdated.
save() {
  mkdir -p "$ENGINES_DIR/copies/$1"
  find "$ENGINES_DIR/copies/$1" -mindepth 1 -maxdepth 1 ! -name "${2%%/*}" -exec rm -rf --one-file-system {} +
  at_rest "$1" replace_by_copy "$(dir "$1")/data" "$ENGINES_DIR/copies/$1/$2"
}
load() {
  [[ -d $ENGINES_DIR/copies/$1/$2 ]] || return 1
  at_rest "$1" replace_by_copy "$ENGINES_DIR/copies/$1/$2" "$(dir "$1")/data"
}

inside() {
  local name=$1 pid start env url
  shift
  first_process "$name" || die "$name is not running"
  url=unix://$(socket "$name")
  mapfile -t env < <(environment "$name")
  exec nsenter -t "$pid" -m -n -p -u -r -w -- env -i "${env[@]}" "DOCKER_HOST=$url" "CONTAINER_HOST=$url" "$@"
}

net() {
  local name=$1 pid start
  shift
  first_process "$name" || die "$name is not running"
  exec nsenter -t "$pid" -n -- "$@"
}

version() { # of engine $1: its own word while it runs, else the package's
  local package=${1%%-*}
  if running "$1"; then
    get "$(socket "$1")" /version |
      sed -E 's/.*"Version":"([^"]+)","ApiVersion":"([^"]+)".*/\1 API \2/'
  elif ready "$(suite "$1")"; then
    [[ $package == podman ]] || package=docker.io
    dpkg-query --admindir="$(root "$1")/var/lib/dpkg" -W -f '${Version}\n' "$package"
  else
    echo '(no root yet)'
  fi
}

list() {
  local name state
  for name in "${NAMES[@]}"; do
    state=stopped
    if running "$name"; then state="running  $(socket "$name")"; fi
    printf '%-22s %-34s %s\n' "$name" "$(version "$name")" "$state"
  done
}

usage() {
  sed -n '2,/^set/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
}

action=${1-}
(($# == 0)) || shift
case $action in
  names) printf '%s\n' "${NAMES[@]}" ;;
  list) list ;;
  host-tools) host_tools | cut -d' ' -f2 ;;
  prepare)
    (($#)) || set -- "${SUITES[@]}"
    for suite; do prepare "$suite"; done
    ;;
  root)
    [[ $# == 1 ]] || usage
    packages "$1" >/dev/null
    echo "$ENGINES_DIR/roots/$1"
    ;;
  start | stop | wipe | dir | hold | up)
    [[ $# == 1 ]] || usage
    known "$1"
    "$action" "$1"
    ;;
  save | load | replace)
    [[ $# == 2 ]] || usage
    known "$1"
    "$action" "$@"
    ;;
  socket)
    [[ $# == 1 ]] || usage
    known "$1"
    running "$1" || die "$1 is not running"
    socket "$1"
    ;;
  exec)
    (($# >= 2)) || usage
    known "$1"
    inside "$@"
    ;;
  net)
    (($# >= 2)) || usage
    known "$1"
    net "$@"
    ;;
  *) usage ;;
esac
