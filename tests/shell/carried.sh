#!/bin/sh
# Tasks that were begun by a plan before: attempts at them stay known, and what is left of them is asked.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
. "$top_srcdir/tests/shell/node_lib.sh"
. "$top_srcdir/tests/shell/live_lib.sh"
echo 1..12

# The first attempt leaves a checkpoint, and works on; the second one ends at once. All is stated to take longer than jobs.
begun()
{
    cat >begun <<'END_CAMPAIGN'
campaign camp
param last = 4
param mem = 1
param fails = 1
set n = 1 .. last
task t for i in n {
    memory mem * 1 MB
    time 1000 s
    checkpoint "ck{i}.txt"
    remaining "cat left.txt; echo {i} >>asked.txt"
    run "if [ -e ck{i}.txt ]; then rm ck{i}.txt; echo >{o}; exit; fi; echo >ck{i}.txt; echo this is {i}; [ {i} = {fails} ] && exit 3; sleep 600"
    output o "out/{i}"
}
task hold { memory 1 MB; time 1 s; run "echo >held.txt; until [ -e go ]; do sleep 0.02; done; echo >{h}"; output h "hold.out" }
site s profile "small" { nodes 1; walltime 2 h }
END_CAMPAIGN
    campaign "$@" <begun
    echo 1 >left.txt
    touch go
    rm -f hold.out
}

# checkpoints N: so many were left
checkpoints()
{
    [ "$(find . -maxdepth 1 -name 'ck*.txt' | wc -l)" -eq "$1" ]
}

# short: in a job that is too short for all of a task those with little left are asked about, and done
short()
{
    pids=
    node 0 1 --cores 4 --time 60
    all_end 4 && [ "$(sort asked.txt | tr -d '\n')" = 1234 ] && [ "$(find out -type f | sed 's|out/||' | sort | tr -d '\n')" = 1234 ]
}

# history LINES: attempt and reason of each in the record
history()
{
    "$wflc" history c --csv --columns task,try,reason | tail -n +2 | sort >history.txt
    printf '%s\n' "$1" | cmp -s - history.txt || { sed 's/^/# /' history.txt && return 1; }
}

begun
node 0 1 --cores 4 --grace 2
wait_for checkpoints 4 && kill -TERM "$pid" && all_end -
result $? "a job ends, and those that were begun are not done"
build 0 -D last=5 && history 'hold,1,ok
t[i=1],1,exit
t[i=2],1,walltime
t[i=3],1,walltime
t[i=4],1,walltime'
result $? "the next plan has its attempts"
[ "$("$wflc" log c i=1)" = 'this is 1' ] && [ "$("$wflc" log c i=2)" = 'this is 2' ]
result $? "and their logs"
"$wflc" tasks c --count-by state --csv | sort >states.txt && [ "$(head -n 2 states.txt)" = "1,done
5,ready" ]
result $? "what had failed is tried afresh"
build 0 -D last=6 && short
result $? "two changes later those that were begun are asked about, and done"
history 'hold,1,ok
t[i=1],1,exit
t[i=1],1,ok
t[i=2],1,ok
t[i=2],1,walltime
t[i=3],1,ok
t[i=3],1,walltime
t[i=4],1,ok
t[i=4],1,walltime'
result $? "each attempt is listed once"

# On this machine, and killed.
begun
sed -i '/^site/d' camp.wfl
"$wflc" run --cores 4 camp.wfl >output 2>&1 &
pid=$!
wait_for checkpoints 4
# shellcheck disable=SC2046 # a list
kill -9 $pid $(pgrep -P $pid)
wait $pid 2>/dev/null
"$wflc" run --cores 4 -D last=5 --time "1 min" camp.wfl >output 2>&1
[ "$(sort asked.txt | tr -d '\n')" = 1234 ] && grep -q '5 of 6 done' output
result $? "what was lost was begun, too"

# While nodes work: what runs by the plan before dies with its node.
begun -D last=8 -D fails=0
rm go
node 1 2 --cores 1 --time 60
wait_for test -e held.txt
others=$pids
node 0 2 --cores 2
wait_for checkpoints 2
two=$(find . -maxdepth 1 -name 'ck*.txt' | tr -cd '0-9\n' | sort | tr '\n' ' ')
build 0 -D last=8 -D fails=0 -D mem=2 && tells '^the new plan is in force'
result $? "a new plan comes in force"
kill_node "$pid" && pids=$others && touch go && all_end - && pids=
node 0 1 --cores 2 --time 60
all_end 4 && [ "$(sort asked.txt | tr '\n' ' ')" = "$two" ] && [ "$(find out -type f | sed 's|out/||' | sort | tr '\n' ' ')" = "$two" ]
result $? "a node dies: the next one asks what is left, and does it"
history "$(echo hold,1,ok; for i in $two; do printf 't[i=%s],1,lost\nt[i=%s],1,ok\n' "$i" "$i"; done)"
result $? "the attempts that died are listed"

# And what had ended before, for a node that works on something else.
begun
rm go
node 0 1 --cores 5 --grace 2
wait_for checkpoints 4 && wait_for test -e held.txt && kill -TERM "$pid" && all_end -
echo 5000 >left.txt
rm -f held.txt asked.txt
pids=
node 0 1 --cores 5 --time 60
wait_for test -e held.txt && wait_for lines 3 asked.txt && rm asked.txt
echo 1 >left.txt
build 0 -D last=4 -D mem=2 && tells '^the new plan is in force' && wait_for lines 4 asked.txt
result $? "what was begun in a job before is asked about by the new plan of a node at work"
touch go
all_end 0 && all_done
result $? "and done"
