#!/bin/sh
# What it costs to measure the memory of 64 slots, and how much the shim needs itself; see README.md.
set -eu

n=${BENCH_N:-10000}
rounds=${BENCH_ROUNDS:-5}
held=62 mb=40

top=$(cd "${top_builddir:?}" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
cd "$tmp"

# what sits in most of the slots: two large processes each, that share all they have
hold="$top/tests/shell/grow $mb 0 1 600000"
"$top/tests/shell/mkplan" c/campaign.wflp <<END
node 64 1e11
family hold $held
memory 200e6
priority 2
sh exec $hold
family work $n
memory 1e6
priority 1
arg /bin/true
family end 1
needs work all
memory 1e6
sh date +%s%N >$tmp/end; sed -n 's/^VmHWM:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/\$PPID/status >$tmp/hwm; kill -INT \$PPID; sleep 0.5; kill -INT \$PPID
END

shim_once()
{
    rm -rf c/state end
    from=$(date +%s%N)
    "$top/wfl-shim" run c --cores 64 >log 2>&1 || [ $? -eq 4 ] || {
        cat log >&2
        return 1
    }
    echo $(($(cat end) - from))
}

loop_once()
{
    pids=
    from=$(date +%s%N)
    for _ in $(seq $held); do
        "$top/tests/shell/grow" $mb 0 0 600000 >/dev/null 2>&1 &
        pids="$pids $!"
    done
    "$top/bench/loop" "$n" 2 /bin/true
    echo $(($(date +%s%N) - from))
    for i in $pids; do
        kill "$i"
        wait "$i" 2>/dev/null || :
    done
}

round=0
while [ $round -lt "$rounds" ]; do
    a=$(loop_once)
    b=$(shim_once)
    echo "$a $b" | awk '{ print $1 / $2, $1, $2 }' >>ratios
    round=$((round + 1))
done
sort -n ratios | awk -v n="$n" -v hwm="$(cat hwm)" '{ r[NR] = $1; l[NR] = $2; s[NR] = $3 }
    END { m = int((NR + 1) / 2)
          printf "64 slots, %d tasks: %.3f of the loop (%.3f .. %.3f), shim at most %.1f MB\n",
              n, r[m], r[1], r[NR], hwm / 1024 }'
