#!/bin/sh
# wflc build while nodes of jobs work, killed at each of its steps; and with shims that are killed, too.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
. "$top_srcdir/tests/shell/node_lib.sh"
. "$top_srcdir/tests/shell/live_lib.sh"
seed=${WFL_SEED:-$$}
echo "# seed $seed (WFL_SEED)"
echo 1..9
if ! strace -qq -o /dev/null true 2>/dev/null; then
    for k in 1 2 3 4 5 6 7 8 9; do echo "ok $k - # SKIP nothing can be traced here"; done
    exit 0
fi

# at_work: three nodes are, again and again
at_work() {
    for place in 0 1 2; do
        eval "was=\${node$place:-}"
        if [ -z "$was" ] || ! kill -0 "$was" 2>/dev/null; then
            node $place 3 --cores 2 --idle 2
            eval "node$place=$pid"
        fi
    done
}

# killed CALL K [OPTION...]: a build that is killed by its K-th CALL; false: it made fewer
killed() {
    calls=$1 nth=$2
    shift 2
    ASAN_OPTIONS=detect_leaks=0 strace -qq -o /dev/null -e trace="$calls" -e inject="$calls:signal=KILL:when=$nth" \
        "$wflc" build -q --site s "$@" camp.wfl >>builds 2>&1
    [ $? -ge 128 ]
}

# settled N: a build of so many tasks, as soon as it can be, by nodes at work or without them
settled() {
    tries=0
    until "$wflc" build -q --site s -D last="$1" camp.wfl >built 2>&1; do
        tries=$((tries + 1))
        [ $tries -lt 60 ] || { sed 's/^/# /' built && return 1; }
        sleep 0.5
    done
}

# to_the_end: nodes come until nothing is left
to_the_end() {
    rounds=0
    until "$wflc" status --exit-code c >status.txt 2>&1; do
        rounds=$((rounds + 1))
        [ $rounds -lt 40 ] || { sed 's/^/# /' status.txt && return 1; }
        at_work
        # shellcheck disable=SC2154 # set by at_work
        wait "$node0" "$node1" "$node2"
    done
}

text=$(cat <<'END_CAMPAIGN'
campaign camp
param last = 1
set n = 1 .. last
task t for i in n {
    memory 1 MB
    run "echo {i} >>ran.txt; sleep 0.1; echo {i} >{o}"
    output o "out/{i}"
}
task u needs t {
    memory 1 MB
    run "cat out/* >{o}"
    output o "out-all"
}
site s profile "small" { nodes 1; walltime 2 h }
END_CAMPAIGN
)

# --- the first node starts while it is built once more ---
printf '%s\n' "$text" | campaign -D last=2
ASAN_OPTIONS=detect_leaks=0 strace -qq -o /dev/null -e trace=rename,renameat,renameat2 \
    -e inject=rename,renameat,renameat2:delay_enter=1s:when=1 \
    "$wflc" build -q --site s -D last=5 camp.wfl >>builds 2>&1 &
builder=$!
wait_for test -e c/state/leases/wflc-build.1
node 0 1 --cores 2
# shellcheck disable=SC2154 # set by node
wait $builder && all_end 0 && once 5
result $? "it waits for the plan, though nothing ever ran there"

# --- the builder is killed ---
for calls in link,linkat rename,renameat,renameat2; do
    printf '%s\n' "$text" | campaign -D last=20
    node0='' node1='' node2=''
    last=20 k=1 steps=0 misses=0
    while [ $k -le 24 ] && [ $misses -lt 3 ]; do
        at_work
        last=$((last + 3))
        if killed "$calls" $k -D last=$last; then
            steps=$((steps + 1)) misses=0
        else
            misses=$((misses + 1)) # refused before it came so far, or done
        fi
        k=$((k + 1))
    done
    [ $steps -ge 4 ]
    result $? "builds are killed at steps of theirs"
    settled $last && to_the_end
    result $? "the last plan comes in force, and is done"
    grep -v '^u' ran.txt >ran && mv ran ran.txt
    once $last
    result $? "each task was started once"
done

# --- shims are killed, while plan follows plan ---
printf '%s\n' "$text" | campaign -D last=20
node0='' node1='' node2=''
last=20 kills=0 round=0
while [ $round -lt 8 ]; do
    at_work
    last=$((last + 6)) round=$((round + 1)) who=$(((seed + round * 7) % 3))
    keeper=
    eval "keeper=\$node$who"
    if [ $((round % 2)) = 0 ]; then
        pkill -9 -P "$keeper" -x wfl-shim && kills=$((kills + 1))
        settled $last
    else
        settled $last
        pkill -9 -P "$keeper" -x wfl-shim && kills=$((kills + 1))
    fi
done
to_the_end && [ "$(cat out/* | sort -n | tr '\n' ' ')" = "$(seq $last | tr '\n' ' ')" ]
result $? "shims die beside changes of the plan, and all of the last one is done"
[ "$(sort -n ran.txt | uniq | wc -l)" = $last ] && [ "$(wc -l <ran.txt)" -le $((last + 2 * kills)) ]
result $? "only what died with $kills of them was started twice"
