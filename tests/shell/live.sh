#!/bin/sh
# wflc build while nodes of jobs work: they take the new plan up.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
. "$top_srcdir/tests/shell/node_lib.sh"
. "$top_srcdir/tests/shell/live_lib.sh"
echo 1..28

# Tasks that wait for a file each; more of them, with other memory, times, retries and priorities.
campaign -D last=24 <<'END_CAMPAIGN'
campaign camp
param last = 24
param mem = 1
param tries = 1
set n = 1 .. last
task t for i in n {
    memory mem * 1 MB
    time 1 min
    retry tries
    run "echo {i} >>ran.txt; until [ -e go ] || [ -e go{i} ]; do sleep 0.02; done; echo $$ >{o}"
    output o "out/{i}"
}
site s profile "small" { nodes 1; walltime 2 h }
END_CAMPAIGN
node 0 3 --cores 2
node 1 3 --cores 2
node 2 3 --cores 2
wait_for lines 6 ran.txt
result $? "three nodes are at work"
build 0 -D last=30 -D mem=2 -D tries=3
result $? "a new plan is built meanwhile"
tells '^the new plan is in force: 3 shims at work go on by it'
result $? "it is told who takes it up"
tells '^6 tasks run on by the plan before, 6 of them that it has, too'
result $? "and what runs"
cmp -s c/campaign.wflp c/state/plans/*.wflp
[ $? = 1 ] && lines 6 ran.txt
result $? "nothing was ended, and nothing started"
"$wflc" status c >status.txt
grep -q '30' status.txt &&
    grep -q '^the plan was changed: 6 tasks are not started while nodes run them by the one before$' status.txt
result $? "status tells of the new one, and of that"
"$wflc" why c i="$(head -n 1 ran.txt)" >why.txt
grep -qE '^  it runs by the plan before, with nid[0-2]\.1, and is done when that is$' why.txt
result $? "and why of one of them"
touch go
all_end 0 0 0 && once 30 && all_done
result $? "every task of it is done once"

# What is gone is not started any more; what has another command waits for the one that runs.
campaign <<'END_CAMPAIGN'
campaign camp
param last = 8
param word = "old"
set n = 1 .. last
task t for i in n {
    memory 1 MB
    run "echo {i}-{word}-begins >>ran.txt; until [ -e go-{word} ]; do sleep 0.02; done; echo {i}-{word}-ends >>ran.txt; echo {word} >{o}"
    output o "out/{i}"
}
site s profile "small" { nodes 1; walltime 2 h }
END_CAMPAIGN
node 0 2 --cores 2
node 1 2 --cores 2
wait_for lines 4 ran.txt
result $? "two nodes are at work"
build 0 -D word=new -D last=6
result $? "another command, and fewer tasks"
tells '^4 tasks run on by the plan before, 0 of them that it has, too'
result $? "which is not what runs"
"$wflc" status c >status.txt
grep -q '^the plan was changed: .* run them by the one before, or what is in the way$' status.txt
result $? "what waits for them is told"
touch go-new go-old
all_end 0 0 && all_done && [ "$(cat out/[1-6] | sort | uniq -c | tr -s ' ')" = " 6 new" ]
result $? "all of it is made by the new command, and only then"
awk -F- '{ k = $1 } $3 == "begins" && n[k]++ { bad = 1 } $3 == "ends" { n[k]-- } END { exit bad }' ran.txt
result $? "no two at a time"
[ "$(grep -c 'old-begins' ran.txt)" = 4 ] && [ "$(grep -c 'new-begins' ran.txt)" = 6 ]
result $? "and nothing of the old one was started"

# A node that dies as it brings its last tasks to their end: they are made by others.
campaign <<'END_CAMPAIGN'
campaign camp
param last = 6
param mem = 1
set n = 1 .. last
task t for i in n {
    memory mem * 1 MB
    run "echo {i} >>ran.txt; until [ -e go ]; do sleep 0.02; done; echo $$ >{o}"
    output o "out/{i}"
}
site s profile "small" { nodes 1; walltime 2 h }
END_CAMPAIGN
node 0 2 --cores 2
first=$pid
node 1 2 --cores 2
wait_for lines 4 ran.txt && build 0 -D mem=2
result $? "a new plan for two nodes"
kill_node "$first" && touch go && pids=${pids#* "$first"} && all_end 0 && all_done
result $? "one of which dies: the other one does all"
[ "$(sort -n ran.txt | uniq | wc -l)" = 6 ] && [ "$(wc -l <ran.txt)" -le 8 ]
result $? "and nothing but what died with it is done twice"

# What jobs were asked for as they are, and a run on one machine.
campaign <<'END_CAMPAIGN'
campaign camp
param mem = 1
param hours = 2
task t { memory mem * 1 MB; run "echo 1 >>ran.txt; until [ -e go ]; do sleep 0.02; done" }
site s profile "small" { nodes 1; walltime hours * 1 h }
END_CAMPAIGN
node 0 1 --cores 2
wait_for lines 1 ran.txt && build 0 -D mem=1 && tells '^the plan is the one that is in force'
result $? "the same plan is nothing new"
build 0 -D mem=2 -D hours=4 && tells '^for jobs to come, not for those at work: #SBATCH --time=04:00:00'
result $? "what a job's script says is told to be for jobs to come"
build 0 -D mem=3 && tells '^1 task runs on by the plan before, 1 of them that it has, too' && lines 1 ran.txt
result $? "and one more change, while it still runs"
build 3 && tells 'tasks still run by that very plan, which was in force before'
result $? "but not back to the plan that it runs by"
touch go
all_end 0 && all_done && once 1
result $? "all of it is done once"

# The next change is there before a shim has looked what became of the one that it agreed to.
campaign <<'END_CAMPAIGN'
campaign camp
param mem = 1
task t { memory mem * 1 MB; run "echo 1 >>ran.txt; until [ -e go ]; do sleep 0.02; done" }
site s profile "small" { nodes 1; walltime 2 h }
END_CAMPAIGN
node 0 1 --cores 2
wait_for lines 1 ran.txt
build 0 -D mem=2 &
builder=$!
wait_for test -s c/state/next/0001.nid0.1
# shellcheck disable=SC2086 # a list
stopped=$(pgrep -P "$pid") && kill -STOP $stopped && wait $builder
result $? "a shim stops when it has agreed to a new plan"
build 0 -D mem=3 &
builder=$!
# shellcheck disable=SC2086 # a list
wait_for test -s c/state/next/0002 && kill -CONT $stopped && wait $builder &&
    tells '^1 task runs on by the plan before, 1 of them that it has, too' && lines 1 ran.txt
result $? "and agrees to the next one, too, when it goes on"
: >go
all_end 0 && all_done && once 1
result $? "and all is done once"

# What done tasks were made from has changed meanwhile: that is told, too.
campaign <<'END_CAMPAIGN'
campaign camp
param last = 4
set n = 1 .. last
task t for i in n {
    memory 1 MB
    uses  "tool.txt"
    input "in{i}.txt"
    run "cat tool.txt in{i}.txt >{o}; echo {i} >>ran.txt; [ {i} -lt 3 ] || until [ -e go ]; do sleep 0.02; done"
    output o "out/{i}"
}
site s profile "small" { nodes 1; walltime 2 h }
END_CAMPAIGN
for i in 1 2 3 4 5; do echo $i >in$i.txt; done
echo old >tool.txt
build 0
node 0 1 --cores 2
wait_for lines 4 ran.txt
sleep 0.1
echo new >tool.txt
echo new >in2.txt
told_both() {
    build 0 -D last=5 && tells "^1 done task has inputs that were written since, as t\[i=2\]: 'wflc redo changed=inputs' has it made again$" &&
        tells "^2 done tasks have files they use \(uses\) that have changed since, as t\[i=1\]: 'wflc redo changed=uses' has them made again$"
}
told_both
result $? "what has changed since is told by a build while nodes work"
: >go
all_end 0 && once 5 && all_done
result $? "and all is done"
