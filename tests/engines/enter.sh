#!/usr/bin/env bash
# The first process of an engine's namespaces, used by engine.sh alone: arranges the file system and
# the host name, runs the engine, reaps orphans. When it ends, the kernel ends every other process in
# there: shims and also containers. While DIR/held exists, it outlives the engine, and starts it again
# once that file is called "again".
#
#   enter.sh DIR ROOT SOCKETS CMD...   DIR and SOCKETS get the same path inside ROOT
set -euo pipefail
dir=$1 root=$2 sockets=$3
shift 3
read -r stat </proc/self/stat # the host's /proc still: the number that the host knows us by
read -ra fields <<<"${stat##*) }"
echo "${stat%% *} ${fields[19]}" >"$dir/pid"

ip link set lo up
mount --bind "$root" "$root"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
mount -t proc proc "$root/proc"
echo "${dir##*/}" >"$root/proc/sys/kernel/hostname"
mount -t sysfs sysfs "$root/sys"
if [[ $(stat -f -c %T /sys/fs/cgroup) == cgroup2fs ]]; then
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
else
  mount --rbind /sys/fs/cgroup "$root/sys/fs/cgroup"
fi
mount --rbind /dev "$root/dev"
for path in "$dir" "$sockets"; do
  mkdir -p "$root$path"
  mount --bind "$path" "$root$path"
done
if [[ -n ${DATA_SIZE-} ]]; then # see engine.sh
  mkdir -p "$root$dir/data"
  mount -t tmpfs -o "size=$DATA_SIZE" tmpfs "$root$dir/data"
fi
cd "$root" # a plain chroot is not enough: container runtimes also pivot
pivot_root . .
umount -l .

run_engine() {
  "$@" &
  engine=$!
  while kill -0 "$engine" 2>/dev/null; do wait "$engine" || :; done
}
stopped=no
trap 'stopped=yes; kill "$engine" 2>/dev/null || :' TERM
run_engine "$@"
while [[ $stopped == no && (-e $dir/held || -e $dir/again) ]]; do
  if rm "$dir/again" 2>/dev/null; then run_engine "$@"; else sleep 0.1; fi
done
