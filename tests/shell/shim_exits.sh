#!/bin/sh
# The exit codes of wfl-shim(1), and the sentence that comes with each; 6 is in shim_leases.sh.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
echo 1..19

# gives CODE COMMAND...
gives() {
    want=$1
    shift
    "$@" 2>err >out.txt
    got=$?
    [ $got -eq "$want" ] || { echo "# exit $got, wanted $want: $*"; sed 's/^/# /' err; }
    [ $got -eq "$want" ]
}

node() {
    R=0 S=1 gives "$1" "$shim" node c --nodes 1 --rank-var R --size-var S --node nid0 --quiet
}

# one TEXT: a plan with one task that runs it, in a shard of two
one() {
    plan <<END
node 2 1e9
shards 2
family f 2
memory 1e6
retries 0
sh $1
END
    : >err
}

one true
run 0 && node 0
result $? "0: all is done"
gives 0 "$shim" --help && gives 0 "$shim" --version && grep -q '^wfl-shim ' out.txt
result $? "0: it was told what it is"
one 'test {i} = 0'
run 1 && node 1
result $? "1: a task failed"
echo >bad.fits
gives 1 "$shim" check fits bad.fits && grep -q "^bad.fits: " out.txt err
result $? "1: a file is not good"

gives 2 "$shim" && gives 2 "$shim" walk c && gives 2 "$shim" check && gives 2 "$shim" check fits
result $? "2: no such command"
gives 2 "$shim" run && said "the folder of the plan is missing" &&
    gives 2 "$shim" run c d && said "one folder is wanted" && gives 2 "$shim" run c --walk &&
    gives 2 "$shim" run c --cores 0 && gives 2 "$shim" run c --sync no
result $? "2: no such option"
one true
gives 2 "$shim" node c && said "--nodes is missing" &&
    gives 2 "$shim" node c --nodes 1 && said "--size-var is missing" &&
    gives 2 "$shim" node c --nodes 1 --size-var S && said "--rank-var is missing"
result $? "2: a node that was not told who says it"
good=0
for option in '--nodes 2' '--rank-var R' '--size-var S' '--node-var N' '--job 1' '--node nid0' '--expiry 9' '--idle 9'; do
    # shellcheck disable=SC2086 # an option and its value
    gives 2 "$shim" run c $option && said "${option% *} is for 'node'; 'run' has this machine alone" || good=1
done
result $good "2: run takes no options of node"
[ ! -e c/state ]
result $? "of all this nothing is left"

gives 3 "$shim" run nowhere && said "nowhere/campaign.wflp cannot be read"
result $? "3: there is no plan"
gives 3 env -u R S=1 "$shim" node c --nodes 1 --rank-var R --size-var S && said "the variable R (--rank-var) is not set" &&
    S=2 R=0 gives 3 "$shim" node c --nodes 1 --rank-var R --size-var S && said "started 2 shims (S) on a job of 1 nodes"
result $? "3: the launcher does not tell which node this is"
one 'until [ -e go ]; do sleep 0.02; done'
rm -f go
"$shim" run c 2>first &
pid=$!
wait_for test -s c/state/journal/0001.e0001
run 3 && said "c is being worked on already by host"
result $? "3: it is being run"
kill "$pid"
: >go
wait "$pid"
result $? "0: told to end when all had begun, which is waited for"
rm -f go
plan <<'END'
node 1 1e9
family f 2
memory 1e6
sh : >begun; until [ -e go ]; do sleep 0.02; done
END
rm -f begun
"$shim" run c 2>err &
pid=$!
wait_for test -e begun
kill "$pid"
wait_for said "no more tasks are started"
: >go
wait "$pid"
[ $? -eq 4 ]
result $? "4: told to end before all was done"

# A holder on another host gives no sign of life, and this node does not wait for it for ever.
plan <<'END'
node 2 1e9
shards 2
family f 2
memory 1e6
sh : >begun{i}; until [ -e go ]; do sleep 0.02; done
END
rm -f go begun*
: >err
R=0 S=1 "$shim" node c --nodes 1 --rank-var R --size-var S --node other --quiet 2>>err &
keeper=$!
wait_for test -e begun0 && wait_for test -e begun1
cp c/state/leases/other.1 lease
kill -9 $keeper "$(pgrep -P $keeper)"
: >go
# elsewhere SECONDS AGE: its lease, which is to be renewed within so many seconds
elsewhere() {
    sed "s/^[^ ]* /elsewhere /; s/ [^ ]* [0-9]* \([0-9]* [^ ]*\)\$/ - $1 \1/" lease >c/state/leases/other.1
    touch -d "$2 ago" c/state/leases/other.1
}
elsewhere 300 '150 seconds'
R=0 S=1 gives 4 "$shim" node c --nodes 1 --rank-var R --size-var S --node nid0 --idle 0 --quiet &&
    said "tasks are left with other.1, whose lease is late"
result $? "4: tasks are left with one that may be dead"
elsewhere 2 '2 days'
node 0 && [ "$(ends | grep -c ' ok ')" -eq 2 ]
result $? "0: when it is known to be, they are done"

one true
mkdir -p c/state/journal/.0000.e0001.nid0.1 c/state/journal/.0001.e0001.nid0.1
node 5 && said "a new journal cannot be made"
result $? "5: nothing can be recorded"

# GPUs: of those that the batch system shows no more are handed out.
plan <<'END'
node 8 1e9
family gpu 4
memory 1e6
gpus 1
sh echo "$CUDA_VISIBLE_DEVICES" >>used.txt
END
rm -f used.txt
CUDA_VISIBLE_DEVICES=4,5 run 0 --gpus 3 && said "3 GPUs were told, and CUDA_VISIBLE_DEVICES lists 2 of them" &&
    [ "$(sort -u used.txt | tr '\n' ' ')" = '4 5 ' ]
result $? "no more GPUs than are visible"
rm -rf c/state used.txt
CUDA_VISIBLE_DEVICES=NoDevFiles run 3 --gpus 3 && said "lists 0 of them" && [ ! -e used.txt ]
result $? "and none where none is"
