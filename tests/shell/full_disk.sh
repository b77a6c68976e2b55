#!/bin/sh
# A disk that is full for a while is no task's fault: they wait, and all is done once there is room.
[ "$(id -u)" = 0 ] || { echo "1..0 # SKIP only root may mount a file system" && exit 0; }
[ "${DISK_INSIDE:-}" ] || exec env DISK_INSIDE=1 unshare -m sh "$0" "$@"
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
pattern=$top_builddir/tests/shell/pattern
trap 'cd / && umount -q -l "$work/small"; rm -rf "$work"' EXIT
mkdir small
mount -t tmpfs -o size=4m none small 2>/dev/null || {
    echo "1..0 # SKIP no file system can be mounted here"
    exit 0
}
echo 1..8

# campaign DIR: 300 tasks of 30 kB, with their outputs in small
campaign() {
    umount small && mount -t tmpfs -o size=4m none small && mkdir -p "$1" && cd "$1" || exit 99
    rm -rf c
    "$mkplan" c/campaign.wflp <<END
node 2 1e9
family named 150
memory 1e6
sh $pattern 30000 $work/small/n/{i} >{o0}
output x $work/small/n/{i}
check nonempty
family plain 150
memory 1e6
sh mkdir -p $work/small/p/{i} && $pattern 30000 $work/small/p/{i}/x >$work/small/p/{i}/x
output - $work/small/p/{i}/x
check size == 30000
END
    : >"$work/said" && ln -sf "$work/said" err # which is on another disk
    "$shim" run c 2>err &
    pid=$!
}

blamed() {
    ends | awk '$3 ~ /^(exit|signal|oom|limit|output|input)$/'
}

whole() {
    for i in $(seq 0 149); do
        echo "30000 $work/small/n/$i"
        echo "30000 $work/small/p/$i/x"
    done | "$pattern" -c >bad
    status=$?
    head -n 5 bad | sed 's/^/# /'
    return $status
}

# The record is on another disk, then on the same one.
for where in "$work" "$work/small/here"; do
    campaign "$where"
    wait_for said "No space left on device"
    result $? "it is said that there is no room"
    sleep 1
    kill -0 $pid && [ -z "$(blamed)" ]
    result $? "what failed meanwhile is held against no task, and the shim waits"
    [ "$(grep -c 'No space left' err)" -le 3 ] || { cat err && false; }
    result $? "which is not said again and again"
    mount -o remount,size=64m "$work/small"
    wait $pid && [ -z "$(blamed)" ] && [ "$(ends | grep -c 'ok 0 F')" -eq 300 ] && whole
    result $? "with room all is done"
    cd "$work" || exit 99
done
