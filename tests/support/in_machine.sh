#!/bin/sh
# usage: unshare --mount --pid --fork --kill-child --net sh in_machine.sh ROOT USER WRITABLE COMMAND…
#
# Runs a command in the machine whose files are ROOT, as USER, without network but its own loopback, with
# none of this machine's processes and files in sight. WRITABLE: "all", or the one folder that can be written while
# everything else is mounted read-only.
set -e
# SIOCSIFFLAGS, IFF_UP: `ip link set lo up`, which not every machine has.
python3 -c 'import fcntl, socket, struct
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh14x", b"lo", 1))'
root=$1 user=$2 writable=$3
shift 3
mount --make-rprivate /
mount --bind "$root" "$root"
if [ "$writable" != all ]; then
    mount --bind "$root$writable" "$root$writable"
    mount -o remount,bind,ro "$root"
fi
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=0755 devices "$root/dev"
for device in null zero full random urandom; do
    : >"$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir -m 1777 "$root/dev/shm"
home=$(chroot "$root" getent passwd "$user" | cut -d: -f6)
exec chroot "$root" setpriv --reuid "$user" --regid "$(chroot "$root" id -g "$user")" --clear-groups \
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME="$home" LC_ALL=C \
    DEBIAN_FRONTEND=noninteractive "$@"
