#!/usr/bin/env bash
# The first process of an engine's namespaces, used by engine.sh alone: arranges the file system,
# runs the engine, reaps orphans. When it ends, the kernel ends every other process in there: shims
# and containers, too.
#
#   enter.sh DIR ROOT SOCKETS CMD...   DIR and SOCKETS get the same path inside ROOT
set -euo pipefail
dir=$1 root=$2 sockets=$3 view=$2
shift 3
read -r stat </proc/self/stat # the host's /proc still: the number that the host knows us by
read -ra fields <<<"${stat##*) }"
echo "${stat%% *} ${fields[19]}" >"$dir/pid"

ip link set lo up
if [[ $root == / ]]; then
  view=$dir/view
  mkdir -p "$view"
  mount --rbind / "$view"
  mount -t tmpfs tmpfs "$view/mnt" # a copy of /etc: nothing of the host's engine is read or written
  cp -a /etc/. "$view/mnt/"
  rm -rf "$view/mnt/docker"
  mount --move "$view/mnt" "$view/etc"
else
  mount --bind "$root" "$view"
fi
mount -t tmpfs tmpfs "$view/run"
mount -t tmpfs tmpfs "$view/tmp"
mount -t proc proc "$view/proc"
mount -t sysfs sysfs "$view/sys"
if [[ $(stat -f -c %T /sys/fs/cgroup) == cgroup2fs ]]; then
  mount -t cgroup2 cgroup2 "$view/sys/fs/cgroup"
else
  mount --rbind /sys/fs/cgroup "$view/sys/fs/cgroup"
fi
mount --rbind /dev "$view/dev"
for path in "$dir" "$sockets"; do
  mkdir -p "$view$path"
  mount --bind "$path" "$view$path"
done
[[ $root != / ]] || mount -o remount,bind,ro "$view" # containerd would make /opt/containerd
cd "$view" # a plain chroot is not enough: container runtimes pivot, too
pivot_root . .
umount -l .

"$@" &
engine=$!
trap 'kill "$engine"' TERM
while kill -0 "$engine" 2>/dev/null; do wait "$engine" || :; done
