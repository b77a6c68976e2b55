#!/bin/sh
# wfl-shim node: what fails on one node is tried again on another one, while there are others.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
. "$top_srcdir/tests/shell/node_lib.sh"
echo 1..13

fresh() {
    pids=
    plan
    rm -f go* begun*
    : >err
}

tidy() {
    [ -z "$(find . -name '.wfl-*' -o -name 'spool-*')" ] && [ -z "$(ls c/state/leases)" ] &&
        [ -z "$(find c/state/elsewhere -type f)" ]
}

# tries TASK: on which nodes it was tried, in order
tries() {
    tr '\n' ' ' <"tries$1.txt"
}

# The bad node fails at once; the good one works for a while, finishes what it has, and takes what failed.
# retries 1 is not enough for two attempts on the bad node.
fresh <<'END'
node 2 1e9
shards 4
family f 8
memory 1e6
retries 1
sh echo $R >>tries{i}.txt; while [ ! -e go ]; do sleep 0.02; done; [ $R = 0 ] || exit 1; sleep 0.1; echo {i} >{o0}
output x out/{i}.x
END
node 0 2
node 1 2
wait_for grep -q 1 tries4.txt
: >go
all_end 0 - && [ "$(ends | grep -c ' ok ')" -eq 8 ] && ! ends | grep -q ' exit 1 F'
result $? "what fails on a bad node is done by another one"
[ "$(tries 4)" = "1 0 " ] && tidy
result $? "each once on the bad one, and once on the good one"

# One that has nothing to do stays while others of its job work: what fails there last is its own.
fresh <<'END'
node 2 1e9
shards 2
family f 2
memory 1e6
cores 2
retries 1
sh echo $R >>tries{i}.txt; [ {i} = 0 ] && [ $R = 0 ] || { while [ ! -e go ]; do sleep 0.02; done; [ $R != 1 ] || exit 1; }; echo {i} >{o0}
output x out/{i}.x
END
node 1 2
wait_for test -s tries1.txt
node 0 2
wait_for test -s out/0.x
sleep 1.5
: >go
all_end 0 0 && [ "$(ends | grep -c ' ok ')" -eq 2 ] && [ "$(tries 1)" = "1 0 " ] && tidy
result $? "a node with nothing to do stays as long as another one of its job works"

# But not for those of another job.
fresh <<'END'
node 2 1e9
shards 2
family f 2
memory 1e6
cores 2
sh echo $R >>ran{i}.txt; while [ ! -e go{i} ]; do sleep 0.02; done; : >begun{i}
END
: >go0
node 1 2
wait_for test -s ran1.txt
node 0 2 --job 8
wait "$pid" && [ -e begun0 ] && [ ! -e begun1 ]
result $? "but not for those of another job"
pids=${pids% *}
: >go1
all_end 0
result $? "which end by themselves"

# Alone, a node tries at once.
fresh <<'END'
node 2 1e9
shards 2
family f 2
memory 1e6
retries 1
sh echo $R >>tries{i}.txt; [ "$(wc -l <tries{i}.txt)" -eq 2 ]
END
node 0 2
all_end 0 && [ "$(tries 0)" = "0 0 " ] && [ ! -e c/state/elsewhere ]
result $? "alone, a node tries again itself"

# Nobody comes: the other node is busy for long. --idle 5: after a second we do it ourselves.
fresh <<'END'
node 2 1e9
shards 2
family f 2
memory 1e6
retries 1
cores 2
sh echo $R >>tries{i}.txt; [ {i} = 0 ] || [ "$(wc -l <tries{i}.txt)" -eq 2 ] || exit 1; [ {i} = 1 ] || while [ ! -e go ]; do sleep 0.02; done; echo {i} >{o0}
output x out/{i}.x
END
node 0 2
wait_for test -s tries0.txt # else the other one may get both
node 1 2 --idle 5
wait_for test -s out/1.x && [ "$(tries 1)" = "1 1 " ]
result $? "when nobody comes, it does it itself after a while"
: >go
all_end 0 0 && tidy
result $? "and nothing is left"

# What waits within the same shard goes with what failed.
fresh <<'END'
node 2 1e9
shards 1
family f 2
memory 1e6
retries 1
sh echo $R >>tries{i}.txt; while [ ! -e go ]; do sleep 0.02; done; [ $R != 1 ] || exit 1; echo {i} >{o0}
output x out/{i}.x
family g 1
memory 1e6
needs f all
sh cat out/0.x out/1.x >{o0}
output y sum.txt
END
node 1 2
wait_for test -s tries0.txt
node 0 2
wait_for test -s c/state/leases/nid0.1
: >go
all_end 0 0 && [ "$(wc -l <sum.txt)" -eq 2 ] && [ "$(tries 0)" = "1 0 " ] && tidy
result $? "what waits for it in the same shard goes with it"

# Two nodes that both fail hand the shard to and fro, with an attempt each time, and that ends.
fresh <<'END'
node 2 1e9
shards 2
family f 2
memory 1e6
retries 3
sh echo $R >>tries{i}.txt; exit 1
END
node 0 2
node 1 2
all_end 1 1 && [ "$(ends | grep -c ' exit 1 F')" -eq 2 ] && [ "$(ends | wc -l)" -eq 8 ] && tidy
result $? "a task that fails everywhere fails for good"
[ "$(sort -u tries0.txt | wc -l)" -eq 2 ]
result $? "after both nodes tried it"

# The shard was taken by the one that is good although it did not see the offer, or before that was made.
# traced WORDS RANK SIZE: a node, with these words of strace
traced() {
    words=$1
    shift
    real=$shim
    cat >traced <<END
#!/bin/sh
exec strace -f -qq -o calls.\$R.txt $words $real "\$@"
END
    chmod +x traced
    shim=./traced
    node "$@"
    shim=$real
}
# not_seen WORDS WORDS: of strace, for the node that offers, and for the one that takes
not_seen() {
    fresh <<'END'
node 2 1e9
shards 1
family f 1
memory 1e6
retries 1
sh echo $R >>tries{i}.txt; while [ ! -e go ]; do sleep 0.02; done; [ $R != 1 ] || exit 1; echo {i} >{o0}
output x out/{i}.x
END
    rm -f tries0.txt calls.*
    traced "$1" 1 2
    wait_for test -s tries0.txt
    traced "$2" 0 2
    wait_for test -s c/state/leases/nid0.1
    : >go
    all_end 0 0 && [ "$(tries 0)" = "1 0 " ] && grep -qs 'elsewhere.*\(INJECTED\|DELAYED\)' calls.?.txt && tidy
}
what1='an offer that was not seen is gone when its shard is taken'
what2='and so is one that comes too late'
if strace -o /dev/null true 2>/dev/null; then
    export ASAN_OPTIONS=detect_leaks=0
    all="-e trace=openat,unlink"
    not_seen "$all" "$all -P $work/c/state/elsewhere -e inject=openat:error=EIO"
    result $? "$what1"
    not_seen "$all -P $work/c/state/elsewhere/0000.e0001 -e inject=openat:delay_enter=3000000" "$all"
    result $? "$what2"
else
    for what in "$what1" "$what2"; do
        count=$((count + 1))
        echo "ok $count - $what # SKIP nothing can be traced here"
    done
fi
