#!/bin/sh
# What the record calls done is on the disk, at whatever moment the power fails; and the next run makes
# everything whole. A campaign of which every byte is known runs on a file system of its own, which
# - is shut down without its log being flushed (the ioctl of ext4 and xfs), and mounted anew; or
# - lies in a file that is copied in one step (a reflink) while it is at work: what an ordered disk
#   holds when the power fails.
# POWER_MOMENTS=N (default: 6) moments are tried, random ones of POWER_SEED; `make check-power` tries 60.
# Needs root, loop devices, ext4 and xfs.
[ "$(id -u)" = 0 ] || { echo "1..0 # SKIP only root may mount a file system" && exit 0; }
for program in unshare mkfs.ext4 mkfs.xfs losetup setsid; do
    command -v $program >/dev/null || { echo "1..0 # SKIP there is no $program" && exit 0; }
done
# what is mounted here goes with this process
[ "${POWER_INSIDE:-}" ] || exec env POWER_INSIDE=1 unshare -m sh "$0" "$@"
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
. "$top_srcdir/tests/shell/truth_lib.sh"
trap 'cd / && umount -q -l "$work/disk"; umount -q -l "$work/host"; rm -rf "$work"' EXIT
shutdown_fs=$top_builddir/tests/shell/shutdown_fs
moments=${POWER_MOMENTS:-6}
seed=${POWER_SEED:-1}

# make_disk FS FILE
make_disk() {
    rm -f "$2"
    truncate -s 320M "$2" && case $1 in
    ext4) mkfs.ext4 -q -F "$2" ;;
    xfs) mkfs.xfs -q -f "$2" ;;
    esac
}

# insert FILE: mounts it at ./disk
insert() {
    mount -o loop "$1" disk
}

# remove: once those that were at work are gone
remove() {
    wait_for umount disk
}

mkdir disk host
# host: a file system that can copy a file in one step
why=$({ make_disk ext4 disk.img && insert disk.img && "$shutdown_fs" disk && umount disk && rm disk.img &&
    truncate -s 2G host.img && mkfs.xfs -q -f host.img && mount -o loop host.img host; } 2>&1) || {
    echo "1..0 # SKIP no file system can be mounted and shut down here: $(echo "$why" | head -n 1)"
    exit 0
}
# what was mounted in the shell of $(...) is mounted here, too
echo "1..$moments"
echo "# POWER_SEED=$seed"

# begin run|node: in the background, in a group of its own
begin() {
    case $1 in
    run) setsid "$shim" run c 2>err & ;;
    node) SIZE=1 RANK=0 setsid "$shim" node c --nodes 1 --rank-var RANK --size-var SIZE 2>err & ;;
    esac
    leader=$!
}

# until_moment MOMENT: so many seconds; end: until all is done
until_moment() {
    if [ "$1" = end ]; then
        wait $leader
    else
        sleep "$1"
    fi
}

finish_off() {
    kill -9 -$leader 2>/dev/null
    wait $leader 2>/dev/null
}

# lose_power shutdown|copy run|node MOMENT: begins in ./disk, and comes back when what is left is there
lose_power() {
    cd "$work/disk" || return 1
    begin "$2"
    until_moment "$3"
    cd "$work" || return 1
    case $1 in
    shutdown)
        "$shutdown_fs" disk
        finish_off
        remove && insert disk.img
        ;;
    copy)
        cp --reflink=always host/disk.img host/copy.img
        finish_off
        remove && mv host/copy.img host/disk.img && insert host/disk.img
        ;;
    esac
    cd "$work/disk" || return 1
}

# moment FS shutdown|copy run|node SECONDS|end...: loses power then, in one run after the other
moment() {
    fs=$1 how=$2 mode=$3
    shift 3
    what="$fs, $how, $mode, after $*"
    cd "$work" || return 1
    image=disk.img
    [ "$how" = shutdown ] || image=host/disk.img
    make_disk "$fs" $image && insert $image && cd disk || return 1
    shards=1
    [ "$mode" = run ] || shards=20
    truth_plan $shards 8
    sync -f .
    good=0
    for seconds in "$@"; do
        lose_power "$how" "$mode" "$seconds" || return 1
        # what the shim says when it ends is so
        if [ "$seconds" = end ]; then truth_whole; else truth_told expected; fi || good=1
        what="$what: $(wc -l <done_tasks) done"
    done
    begin "$mode"
    wait $leader && truth_whole && truth_fair || good=1
    cp err "$work/err"
    cd "$work" && remove && [ $good -eq 0 ]
}

# One line for each moment: fs, how, mode, seconds.
awk -v n="$moments" -v seed="$seed" 'BEGIN {
    srand(seed)
    for (i = 0; i < n; i++) {
        fs = i % 2 ? "xfs" : "ext4"
        how = i % 6 < 4 ? "shutdown" : "copy"
        mode = int((i + i / 6) / 2) % 2 ? "node" : "run"
        at = i % 6 == 1 || i % 6 == 2 ? "end" : sprintf("%.2f", 0.1 + 1.1 * rand())
        again = i % 6 == 3 ? sprintf(" %.2f", 0.1 + 0.8 * rand()) : ""
        print fs, how, mode, at again
    }
}' >moments.txt
while read -r line <&3; do
    # shellcheck disable=SC2086 # words
    moment $line
    result $? "$what"
done 3<moments.txt
