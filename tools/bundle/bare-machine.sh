#!/bin/sh
# Runs a command in a folder that holds a bare system, as on a machine with nothing else: its own processes and mounts, a network that has
# only a loopback, 64 MiB of /dev/shm, and nothing of our environment. Needs root.
#   debootstrap --variant=minbase trixie ROOT && cp dist/bundle/* ROOT/tmp && tools/bundle/bare-machine.sh ROOT sh /tmp/ballast-linux-x64.1-of-2 /b
root=${1:?the folder of the bare system}
shift
exec unshare --mount --pid --net --ipc --uts --fork --kill-child sh -c '
  ip link set lo up && mount -t proc proc "$0/proc" && mkdir -p "$0/dev/shm" && mount -t tmpfs -o size=64m tmpfs "$0/dev/shm" &&
  exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$0" "$@"' "$root" "$@"
