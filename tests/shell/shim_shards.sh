#!/bin/sh
# wfl-shim node: several nodes and several jobs in one folder.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
echo 1..31

# node RANK SIZE [OPTION...]: a node of a job in the background; its pid is in $pid
node() {
    rank=$1 size=$2
    shift 2
    R=$rank S=$size "$shim" node c --nodes "$size" --rank-var R --size-var S --quiet "$@" 2>>err &
    pid=$!
}

# all_ends: waits for the nodes in $pids; all must end with 0
all_ends() {
    good=0
    for p in $pids; do
        wait "$p" || { good=1; echo "# a node ended with $?"; }
    done
    return $good
}

# once N: N tasks are done, each once in the record, and nothing else ended
once() {
    [ "$(ends | grep -c ' ok ')" -eq "$1" ] && [ "$(ends | cut -d ' ' -f 1 | sort -un | wc -l)" -eq "$1" ]
}

tidy() {
    [ -z "$(find . -name '.wfl-*' -o -name 'spool-*')" ] && [ -z "$(ls c/state/leases)" ] &&
        [ -z "$(find c/state/journal -name '.*' -type f)" ]
}

many() {
    plan <<END
node 2 1e9
shards $1
family draw 60
memory 1e6
sh sleep 0.03; echo {i} > {o0}
output x out/{i}.x
family sum 1
memory 1e6
needs draw all
sh cat out/*.x | sort -n | tr '\n' ' ' > {o0}
output y sum.txt
END
    : >err
}

plan <<END
node 2 1e9
family f 1
memory 1e6
sh true
END
: >err
env -u R -u S "$shim" node c --nodes 2 --rank-var R --size-var S 2>err
[ $? -eq 3 ] && said "the variable S (--size-var) is not set: was this started by the launcher"
result $? "a node without a rank is refused"
R=0 S=3 "$shim" node c --nodes 2 --rank-var R --size-var S 2>err
[ $? -eq 3 ] && said "started 3 shims (S) on a job of 2 nodes"
result $? "so is a job of another size"
R=2 S=2 "$shim" node c --nodes 2 --rank-var R --size-var S 2>err
[ $? -eq 3 ] && said "this is node 2 (R) of 2 (S)"
result $? "and a rank that cannot be"
R=0 S=1 "$shim" node c --nodes 1 --rank-var R 2>err
[ $? -eq 2 ] && said "--size-var is missing"
result $? "the variables must be named"
[ ! -e c/state ]
result $? "and nothing is left of that"

many 12
pids=
for r in 0 1 2 3; do
    node $r 4 --node "nid$r"
    pids="$pids $pid"
done
all_ends && once 61 && [ "$(wc -w <sum.txt)" -eq 60 ] && tidy
result $? "four nodes share the shards, and the last one waits for those it needs"
[ "$(find c/state/logs -name 'nid*.1.log' | wc -l)" -eq 4 ]
result $? "each has its own log"
node 0 1
wait "$pid" && once 61
result $? "a job that comes later finds nothing to do"

many 30
pids=
for r in 0 1; do
    node $r 2 --job 1
    pids="$pids $pid"
    node $r 2 --job 2
    pids="$pids $pid"
done
all_ends && once 61 && tidy
result $? "two jobs at once in one folder"

# The keeper starts a shim again that is killed.
many 6
node 0 1
keeper=$pid
wait_for test -s out/3.x
kill -9 "$(pgrep -P "$keeper")"
wait "$keeper" && said "the shim was killed by signal 9" && said "it is started again" &&
    [ "$(ends | grep -c ' ok ')" -eq 61 ] && tidy
result $? "a shim that crashes is started again, and goes on"

# A node is lost: keeper and shim.
many 12
pids=
node 0 3
dead=$pid
for r in 1 2; do
    node $r 3
    pids="$pids $pid"
done
wait_for test -s out/3.x
kill -9 "$dead" "$(pgrep -P "$dead")"
all_ends && [ "$(ends | grep -c ' ok ')" -eq 61 ] && ! ends | grep -v ' ok \| lost '
result $? "the shards of a node that is lost are taken over"
tidy
result $? "and what it left is cleared away"

# A node stands still for so long that it is taken for dead, and comes back.
plan <<'END'
node 2 1e9
shards 4
family f 8
memory 1e6
sh echo $$ >> pid{i}.txt; n=0; while [ ! -e go ] && [ $n -lt 400 ]; do sleep 0.02; n=$((n+1)); done; echo {i} > {o0}
output x out/{i}.x
END
: >err
node 0 2 --expiry 2 --node nid0
old=$pid
wait_for test -s pid0.txt && wait_for test -s pid1.txt
# shellcheck disable=SC2046
kill -STOP "$old" $(pgrep -P "$old")
node 1 2 --expiry 2 --node nid1
new=$pid
wait_for test -s pid4.txt
sleep 1 # the lease of the other one is late by then: it is worth waiting for
: >go
wait "$new" && [ "$(ends | grep -c ' ok ')" -eq 8 ]
result $? "a node that gives no sign of life loses its shards"
# shellcheck disable=SC2046
kill -CONT $(pgrep -P "$old") "$old"
wait "$old" && said "was taken for dead" && [ "$(ends | grep -c ' ok ')" -eq 8 ]
result $? "when it comes back it learns that, and starts afresh"
[ -z "$(find . -name '.wfl-*' -o -name 'spool-*')" ] && [ "$(cat out/*.x | wc -l)" -eq 8 ]
result $? "and does no harm"

# Who fails for good is not tried again by every job; when that is asked for, again.sh tells.
plan <<'END'
node 2 1e9
shards 3
family f 6
memory 1e6
sh [ {i} != 4 ] || [ -e repaired ]
family g 1
memory 1e6
needs f all
sh true
END
: >err
node 0 1
wait "$pid"
[ $? -eq 1 ] && [ "$(ends | grep -c '^4 ')" -eq 1 ]
result $? "a failure is told by the exit code"
node 0 1
wait "$pid"
[ $? -eq 1 ] && [ "$(ends | grep -c '^4 ')" -eq 1 ]
result $? "the next job does not try it again"
: >repaired
run 0 && [ "$(ends | grep -c ' ok ')" -eq 7 ]
result $? "but wfl-shim run does, and what waited for it runs"

# Time that is too short: nothing is started that cannot finish, and nothing is lost.
plan <<'END'
node 2 1e9
shards 4
family f 4
memory 1e6
time 3600
sh true
END
: >err
node 0 1 --time 60
wait "$pid"
[ $? -eq 4 ] && [ -z "$(ends)" ] && run 0 && once 4
result $? "what cannot finish is left to the next job"

# What is ready does not fit beside what runs: the node takes what does.
fit() {
    plan <<'END'
node 4 4e9
shards 3
family first 1
memory 1.5e9
sh until [ -e go ]; do sleep 0.02; done
family large 1
memory 3e9
sh touch large
family small 1
memory 1e9
sh touch small
END
    rm -f go large small
    : >err
}
fit
node 0 1
wait_for [ -e small ] && [ ! -e large ]
result $? "room that is left is for a shard that fits, if what is ready does not"
: >go
wait "$pid" && [ -e large ] && once 3 && tidy
result $? "which comes when there is room for it"

# The same of time: what is ready takes too long, what another shard has does not.
plan <<'END'
node 1 1e9
shards 4
family long 3
memory 1e6
time 3600
sh touch long
family short 1
memory 1e6
time 1
sh touch short
END
rm -f long short
: >err
node 0 1 --time 60
wait "$pid"
[ $? -eq 4 ] && [ -e short ] && [ ! -e long ] && tidy
result $? "a node without time for what is ready takes what is short enough, and ends"

if grep -q __asan_init "$shim"; then
    count=$((count + 1))
    echo "ok $count # SKIP the sanitizer itself takes more address space than any limit leaves"
else
    plan <<'END'
node 1 1e9
family f 1
memory 1e6
sh ulimit -v > limit.txt
END
    : >err
    node 0 1 --address-space 10737418240
    wait "$pid" && [ "$(cat limit.txt)" = 10485760 ]
    result $? "the address space of tasks is limited"
fi
# A shim that is started again knows that the job ends soon.
plan <<'END'
node 2 1e9
shards 2
family f 2
memory 1e6
sh echo $$ >>begun; sleep 3
END
: >err
rm -f begun repaired
node 0 1
keeper=$pid
wait_for test -s begun
kill -USR2 "$keeper"
wait_for said "the job ends soon"
kill -9 "$(pgrep -P "$keeper")"
wait "$keeper"
[ $? -eq 4 ] && [ "$(grep -c "the job ends soon" err)" -eq 2 ] && [ "$(wc -l <begun)" -le 2 ]
result $? "one that is started again is told again that the job ends soon"

# Where no journal can be made, that is not the end of all work. The folder is in the way of one.
plan <<'END'
node 2 1e9
shards 300
family f 300
memory 1e6
sh true
END
: >err
mkdir -p c/state/journal/.0000.e0001.nid0.1
node 0 1 --node nid0
wait "$pid"
[ $? -eq 5 ] && [ "$(grep -c "a new journal cannot be made" err)" -le 2 ] && [ -z "$(ends)" ]
result $? "a node that can take nothing says so, but not for each shard, and by its exit code"

# More shards than files that may be open at first.
# shellcheck disable=SC3045 # where -S is not known nothing can be raised
(ulimit -S -n 150 && run 0) && once 300
result $? "one machine alone works on many shards"

# What differs from task to task is looked at when its shard is taken.
plan <<'END'
node 4 995
shards 10
family f 1000
memory i
sh true
END
: >err
large="f[i=996] needs 1 core and 996 bytes of memory; this node has 4 cores and 995 bytes for tasks"
run 3 && run 3 && said "$large" && [ -z "$(ends)" ] &&
    [ -z "$(find c/state/journal c/state/logs -type f 2>/dev/null)" ]
result $? "one machine alone takes and starts nothing if any task is too large for it"
: >err
node 0 1 --node nid0
wait "$pid"
[ $? -eq 3 ] && [ "$(grep -cF "$large" err)" -eq 1 ] && once 900 && tidy
result $? "a node takes no shard with a task that is too large for it, and ends what it has"

# It has nothing to look for while the rest runs, and what it did is told.
plan <<'END'
node 99 1e9
shards 2
family f 100
cores i+1
memory 1e3
sh [ {i} != 0 ] || sleep 4
END
: >err
(R=0 S=1 "$shim" node c --nodes 1 --rank-var R --size-var S --node nid0 2>>err; times >used)
awk 'NR == 2 { gsub(/[ms]/, " "); exit $1 * 60 + $2 + $3 * 60 + $4 > 2 }' used && grep -q '^wfl-shim: 5. done, 0 failed' err
result $? "meanwhile it does not use the processor, and it tells what was done"

# Nor does it stay for what others may leave.
plan <<'END'
node 1 1e9
shards 3
family f 300
memory i
retries 3
sh case {i} in 100) until [ -e go ]; do sleep 0.05; done ;; 299) until [ -e again ]; do sleep 0.05; done; [ $WFL_ATTEMPT -gt 1 ] ;; esac
END
: >err
rm -f go # of what was before
node 0 3 --node nid0 --job 7 --idle 40 --memory 295
first=$pid
node 1 3 --node nid1 --job 7
second=$pid
node 2 3 --node nid2 --job 7
done_so_far() {
    [ "$(ends | grep -c ' ok ')" -ge "$1" ]
}
wait_for done_so_far 199 || wait_for done_so_far 199 # a machine that has much to do needs longer
sleep 2 # until the first one knows that the others have all of it
touch again
wait_for done_so_far 298 || wait_for done_so_far 298
wait_for said "this node has 1 core and 295 bytes"
touch go
wait "$second" "$pid"
gone() {
    ! kill -0 "$first"
}
wait_for gone || wait_for gone
good=$?
kill "$first" 2>/dev/null
wait "$first"
[ $? -eq 3 ] && [ $good -eq 0 ] && [ "$(ends | grep -c ' ok ')" -eq 300 ]
result $? "and it does not stay when all others have left"

# this machine alone takes all shards of a plan for nodes, though what is ready fills it
plan <<END
node 2 1e9
shards 9
family draw 8
memory 5e8
time 60
sh echo {i} > {o0}
output x out/{i}.x
family sum 1
memory 1e6
time 1
needs draw all
sh cat out/*.x > {o0}
output y sum.txt
END
"$shim" run --cores 2 c 2>err && once 9
result $? "run takes all shards at once"
