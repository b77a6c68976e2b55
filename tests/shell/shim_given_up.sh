#!/bin/sh
# wfl-shim node: `after N failures stop` counts what all shims saw fail, of all jobs.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
echo 1..10

# node RANK SIZE [OPTION...]: a node of a job in the background, named nidRANK
node() {
    rank=$1 size=$2
    shift 2
    R=$rank S=$size "$shim" node c --nodes "$size" --rank-var R --size-var S --node "nid$rank" --job 7 \
        --quiet "$@" 2>>err &
    pids="$pids $!"
}

# all_end CODE: the nodes in $pids end with it
all_end() {
    good=0
    for p in $pids; do
        wait "$p"
        got=$?
        [ "$got" -eq "$1" ] || { good=1; echo "# a node ended with $got, wanted $1"; }
    done
    return $good
}

failures() {
    ends | grep -c ' exit 1 F'
}

# Four nodes; each fails one task in a second, so that none sees five by itself before the others did.
pids=
plan <<'END'
node 1 1e9
shards 40
family f 400
memory 1e6
stop_after 5
sh sleep 0.7; [ $(({i} % 2)) -eq 0 ] || exit 1
END
: >err
for r in 0 1 2 3; do
    node $r 4
done
all_end 1
result $? "all nodes stop"
[ "$(failures)" -ge 5 ] && [ "$(failures)" -le 24 ] && [ "$(ends | wc -l)" -lt 100 ]
result $? "soon after so many failed on all of them together"
said "of f failed for good, at which the campaign is to stop; no more tasks are started"
result $? "and say why"
grep -q "^wfl-stop 1 [0-9a-f]* 0 [0-9]*\$" c/state/stop && [ "$(find c/state/failed -type f | wc -l)" -ge 2 ]
result $? "as the files tell"
n=$(ends | wc -l)
pids=
: >err
node 0 1
all_end 1 && [ "$(ends | wc -l)" -eq "$n" ] && said "nothing is started before 'wflc submit --again c'"
result $? "the next job starts nothing, and says what to do"
rm c/state/stop c/state/failed/*
pids=
node 0 1 --time 20 --finish-by 0
all_end 1 && [ "$(ends | wc -l)" -gt "$n" ]
result $? "without that it goes on"

# Of several jobs, one after the other: none sees enough by itself.
plan <<'END'
node 1 1e9
shards 4
family f 12
memory 1e6
stop_after 4
sh [ {i} = 0 ] || until [ -e go ]; do sleep 0.05; done; exit 1
END
: >err
pids=
rm -f go
node 0 1
some() { [ "$(failures)" -ge 1 ]; }
wait_for some
kill -TERM "${pids# }"
sleep 1
touch go
wait "${pids# }"
first=$(failures)
[ "$first" -lt 4 ] && [ ! -e c/state/stop ]
result $? "a job that ends before so many failed does not stop the campaign"
pids=
node 0 1
all_end 1 && [ "$(failures)" -ge 4 ] && [ "$(failures)" -lt 8 ] && [ -e c/state/stop ]
result $? "the next one does, as failures of earlier jobs count"
run 1 && [ ! -e c/state/stop ]
result $? "this machine alone begins anew"

# A campaign that has no such rule leaves no such files.
plan <<'END'
node 1 1e9
family f 2
memory 1e6
sh exit 1
END
: >err
pids=
node 0 1
all_end 1 && [ ! -e c/state/stop ] && [ ! -e c/state/failed ]
result $? "without the rule there is nothing of that"
