#!/bin/sh
# What a shim of a large campaign needs before its first task starts; see README.md.
set -eu

rounds=${BENCH_ROUNDS:-5}
tasks=${BENCH_TASKS:-2400000}
shards=${BENCH_SHARDS:-16000}

top=$(cd "${top_builddir:?}" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
cd "$tmp"

median()
{
    sort -n "$1" | awk -v c="$2" '{ v[NR] = $c } END { print v[int((NR + 1) / 2)] }'
}

# make NAME COST...: its first task ends the shim
make()
{
    name=$1
    shift
    {
        printf 'node 2 8e9\nshards %s\nfamily f %s\n' "$shards" "$tasks"
        printf '%s\n' "$@"
        # shellcheck disable=SC2016 # the shim is the parent of that shell
        echo 'sh kill -TERM $PPID'
    } | "$top/tests/shell/mkplan" "$name/campaign.wflp"
}

make same 'memory 1e8' 'time 60'
make differ 'memory i+100000000' 'time i+60'
i=0
while [ $i -lt "$rounds" ]; do
    for name in same differ; do
        rm -rf $name/state
        RANK=0 SIZE=1 "$top/bench/measure" "$top/wfl-shim" node $name --nodes 1 --rank-var RANK --size-var SIZE \
            --cores 1 --quiet >>$name.times || [ $? -eq 4 ]
    done
    i=$((i + 1))
done
for name in same differ; do
    printf '%s tasks, %s shards, costs %-6s: %.3f s, %.1f MB\n' "$tasks" "$shards" $name \
        "$(median $name.times 1)" "$(median $name.times 2)"
done
printf 'ratio %.1f\n' "$(echo "$(median differ.times 1) $(median same.times 1)" | awk '{ print $1 / $2 }')"
