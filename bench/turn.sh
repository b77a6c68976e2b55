#!/bin/sh
# How soon nodes at work go on by a new plan, while long tasks of the one before run; see README.md.
set -eu

nodes=${BENCH_NODES:-10}
rounds=${BENCH_ROUNDS:-3}

wflc=${top_builddir:?}/wflc
shim=$top_builddir/wfl-shim
tmp=$(mktemp -d)
pids=
# shellcheck disable=SC2064,SC2086 # a list
trap 'kill $pids 2>/dev/null || :; touch go; wait; rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
cd "$tmp"

cat >turn.yaml <<END
schema: 1
name: turn
scheduler: {kind: slurm, queue_via: partition}
nodes: {count: $nodes, cores: 3, memory_gib: 8}
queues:
  - {name: main, max_nodes: $nodes, max_walltime: "08:00:00", default: true}
END
# Two long tasks on each node; the short ones tell which shim ran them, and when.
cat >turn.wfl <<'END'
campaign turn
param last = 0
param nodes = 10
set n = 1 .. 2 * nodes
set m = 0 .. last
task long for i in n {
    time 1 h
    memory 450 MB
    run "echo {i} >>long.txt; until [ -e go ]; do sleep 0.1; done; echo done >{o}"
    output o "out/long{i}"
}
task short for i in m {
    memory 10 MB
    run "echo $PPID $(date +%s.%N) >>short.txt; sleep 1; echo done >{o}"
    output o "out/short{i}"
}
site s profile "turn" { nodes nodes; walltime 2 h }
END

shims()
{
    [ ! -e short.txt ] || cut -d ' ' -f 1 short.txt | sort -u | wc -l
}

i=0
while [ $i -lt "$rounds" ]; do
    rm -rf build out go ./*.txt
    "$wflc" build -q -D nodes="$nodes" --site s turn.wfl
    pids=
    for rank in $(seq 0 $((nodes - 1))); do
        R=$rank S=$nodes "$shim" node build/turn/s --nodes "$nodes" --rank-var R --size-var S --node "nid$rank" \
            --cores 3 --memory 1000000000 --quiet 2>>err &
        pids="$pids $!"
    done
    until [ -e long.txt ] && [ "$(wc -l <long.txt)" -ge $((2 * nodes)) ]; do
        sleep 0.1
    done
    rm -f short.txt
    from=$(date +%s.%N)
    "$wflc" build -q -D nodes="$nodes" -D last=4000 --site s turn.wfl
    built=$(date +%s.%N)
    until [ "$(shims)" = "$nodes" ]; do
        sleep 0.1
    done
    last=$(awk '!first[$1]++ { print $2 }' short.txt | sort -n | tail -n 1)
    # shellcheck disable=SC2086 # a list
    kill $pids
    touch go
    wait || :
    echo "$from $built $last" | awk -v nodes="$nodes" -v begun="$(wc -l <long.txt)" -v done="$(cat out/long* | wc -l)" '{
        printf "%d nodes: the new plan is in force after %.1f s, and all are at work by it %.1f s later; %d long tasks begun %d times, %d done\n",
            nodes, $2 - $1, $3 - $2, 2 * nodes, begun, done }'
    i=$((i + 1))
done
