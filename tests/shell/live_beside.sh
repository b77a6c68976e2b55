#!/bin/sh
# A node goes on by a new plan while tasks of the one before run: on what these leave of it.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
. "$top_srcdir/tests/shell/node_lib.sh"
. "$top_srcdir/tests/shell/live_lib.sh"
echo 1..34

# most N: no more than N ran at a time, by lines "begin" and "end" of log.txt
most() {
    awk -v most="$1" '$1 == "begin" { n++ } $1 == "end" { n-- } n > most { bad = 1 } END { exit bad }' log.txt
}

# reached N: so many did, when the slow one was over
reached() {
    awk -v most="$1" '$1 == "begin" && ++n == most && over { good = 1 } $1 == "end" { n-- } $1 == "over" { over = 1 } END { exit !good }' log.txt
}

# the shims of a node, the first one of them the older one
shims_of() {
    pgrep -P "$1"
}

two_shims() {
    [ "$(shims_of "$1" | wc -l)" = 2 ]
}

# A slow task, and others.
long() {
    rm -f log.txt
    campaign "$@" <<'END_CAMPAIGN'
campaign camp
param last = 2
param slow_mb = 1
param mb = 1
set n = 2 .. last
task slow { memory slow_mb * 1 MB; retry 2; run "echo hello; echo 1 >>ran.txt; echo begin >>log.txt; until [ -e go ]; do sleep 0.02; done; printf 'end\\nover\\n' >>log.txt; echo $$ >{o}"; output o "out/1" }
task fast for i in n { memory mb * 1 MB; run "echo {i}; echo {i} >>ran.txt; echo begin >>log.txt; sleep 0.3; echo end >>log.txt; echo $$ >{o}"; output o "out/{i}" }
site s profile "small" { nodes 1; walltime 2 h }
END_CAMPAIGN
}

long
node 0 1 --cores 2
wait_for lines 2 ran.txt && build 0 -D last=12 && wait_for lines 12 ran.txt
result $? "tasks of the new plan run while one of the plan before does"
wait_for lines 23 log.txt && ! [ -e out/1 ] && most 2
result $? "which keeps its core"
"$wflc" why c slow >why.txt
grep -qE '^  it runs by the plan before' why.txt
result $? "why tells that it still runs"
[ "$("$wflc" log c slow)" = hello ]
result $? "and its log what it writes"
build 0 -D last=14 && wait_for lines 14 ran.txt && wait_for lines 27 log.txt && most 2 && [ "$("$wflc" log c slow)" = hello ]
result $? "a further plan meanwhile: the same"
touch go
all_end 0 && once 14 && all_done
result $? "all is done once, and the node ends when both shims have"
[ "$("$wflc" log c slow)" = hello ]
result $? "the log is kept"
build 0 -D last=14 -D mb=2 && build 0 -D last=14 -D slow_mb=2 && [ "$("$wflc" log c slow)" = hello ] && [ "$("$wflc" log c 'fast[i=3]')" = 3 ]
result $? "so are those of tasks that are carried over, once and once more"

long
node 0 1 --cores 2
wait_for lines 2 ran.txt && build 0 -D last=40 && wait_for lines 4 ran.txt && "$wflc" why c 'fast[i=40]' >why.txt
grep -qE '^  no node has taken it yet; (1 is|those) at work' why.txt
result $? "why of one that nobody has yet does not say that nobody works"
touch go
all_end 0 && once 40 && all_done
result $? "and all is done"

long -D slow_mb=60
node 0 1 --cores 4 --memory 100000000
wait_for lines 2 ran.txt && build 0 -D slow_mb=60 -D mb=30 -D last=9 && wait_for lines 17 log.txt && most 2
result $? "nor is memory given out that it has"
touch go
all_end 0 && once 9 && all_done
result $? "and all is done"

# What was held is used when its task has ended.
long
node 0 1 --cores 2
wait_for lines 2 ran.txt && build 0 -D last=30 && wait_for lines 4 ran.txt
result $? "beside a slow task"
touch go
all_end 0 && once 30 && all_done && most 2 && reached 2
result $? "its core is used when it has ended"

# The slow one is needed.
campaign <<'END_CAMPAIGN'
campaign camp
param last = 2
set n = 1 .. last
task slow for i in n { memory 1 MB; run "echo {i} >>ran.txt; [ {i} != 1 ] || until [ -e go ]; do sleep 0.02; done; echo $$ >{o}"; output o "out/{i}" }
task all needs slow { memory 1 MB; run "echo 100 >>ran.txt; cat {slow.o:list} >{o}"; output o "out/all" }
site s profile "small" { nodes 1; walltime 2 h }
END_CAMPAIGN
node 0 1 --cores 2
wait_for lines 2 ran.txt && build 0 -D last=3 && wait_for lines 3 ran.txt
result $? "what is new has run, and something needs the slow task"
touch go
all_end 0 && all_done && lines 4 ran.txt && lines 3 out/all
result $? "the node stays for that, which runs in the same job"

# Three plans, each with a task that still runs; the second one's ends first.
campaign <<'END_CAMPAIGN'
campaign camp
param slows = 1
param last = 1
set k = 1 .. slows
set n = 1 .. last
task slow for i in k { memory 1 MB; run "echo begin {i} >>log.txt; until [ -e go{i} ]; do sleep 0.02; done; echo end {i} >>log.txt; echo {i} >{o}"; output o "out/slow{i}" }
task fast for i in n { memory 1 MB; run "echo begin 0 >>log.txt; sleep 0.2; echo end 0 >>log.txt; echo {i} >>ran.txt; echo {i} >{o}"; output o "out/{i}" }
site s profile "small" { nodes 1; walltime 2 h }
END_CAMPAIGN
rm -f log.txt
node 0 1 --cores 3
keeper=$pid
wait_for lines 1 ran.txt && build 0 -D slows=2 && wait_for grep -q 'begin 2' log.txt && build 0 -D slows=3 && wait_for grep -q 'begin 3' log.txt
result $? "three plans, one after the other"
[ "$(shims_of "$keeper" | wc -l)" = 3 ] && most 3
result $? "have a shim each"
"$wflc" jobs --csv c >jobs.txt && [ "$(wc -l <jobs.txt)" = 2 ] && grep -q '^7,running,1,' jobs.txt
result $? "and are one node of one job"
touch go2
wait_for grep -q 'end 2' log.txt && build 0 -D slows=3 -D last=12 && wait_for lines 12 ran.txt && most 3
result $? "what ended is used, what runs by the first one is not, though the second has nothing left"
touch go1 go3
all_end 0 && all_done && [ "$(grep -c 'begin [1-9]' log.txt)" = 3 ] && once 12
result $? "all is done once"

# A task that runs is in no plan any more, and then in one again.
cp camp.wfl again.wfl
campaign -D slows=2 <again.wfl
rm -f log.txt
node 0 1 --cores 3
wait_for grep -q 'begin 2' log.txt && wait_for lines 1 ran.txt && build 0 -D slows=1 && build 3 -D slows=2 && tells 'by that very plan' &&
    build 0 -D slows=2 -D last=5 && wait_for lines 5 ran.txt && [ "$(grep -c 'begin 2' log.txt)" = 1 ]
result $? "it is not started while it runs"
touch go1 go2
all_end 0 && all_done && awk '$1 == "begin" && $2 && n[$2]++ { bad = 1 } $1 == "end" { n[$2]-- } END { exit bad }' log.txt
result $? "nor ever twice at a time"

# Either of the two dies.
long
node 0 1 --cores 2 --expiry 2
keeper=$pid
wait_for lines 2 ran.txt && build 0 -D last=3 && wait_for two_shims "$keeper" && wait_for lines 3 ran.txt
result $? "two shims are at work"
slow=$(pgrep -f 'until \[ -e go \]' | head -n 1)
kill -9 "$(shims_of "$keeper" | head -n 1)" && wait_for lines 4 ran.txt
result $? "the older one dies: its task is begun once more"
ps -o stat= -p "$slow" | grep -q '^[^Z]'
[ $? = 1 ]
result $? "and does not run any more as it was"
touch go
all_end 0 && all_done && grep -q 'the shim of the plan before was killed by signal 9' err
result $? "all is done, and it was told"

long
node 0 1 --cores 2 --expiry 2
keeper=$pid
wait_for lines 2 ran.txt && build 0 -D last=40 && wait_for two_shims "$keeper" && wait_for lines 4 ran.txt
kill -9 "$(shims_of "$keeper" | tail -n 1)" && { wait_for lines 40 ran.txt || wait_for lines 40 ran.txt; } && ! [ -e out/1 ]
result $? "the younger one dies, and is started again beside the older one"
touch go
all_end 0 && all_done && [ "$(sort -n ran.txt | uniq | wc -l)" = 40 ] && [ "$(grep -cx 1 ran.txt)" = 1 ]
result $? "whose task is not begun anew"

# A job that is told to end tells both.
long
node 0 1 --cores 2
keeper=$pid
wait_for lines 2 ran.txt && build 0 -D last=200 && wait_for lines 4 ran.txt && kill -TERM "$keeper"
result $? "the job is told to end"
sleep 1
touch go
all_end 4 && [ -s out/1 ] && [ "$(wc -l <ran.txt)" -lt 50 ]
result $? "both bring to their end what runs, and start nothing more"

# Processors and GPUs.
sed 's/^name: small/name: gpus/; s/cores: 4,/cores: 4, gpus: 2,/' "$work/sites/small.yaml" >"$work/sites/gpus.yaml"
campaign <<END_CAMPAIGN
campaign camp
param last = 2
set n = 2 .. last
task slow { cores $(($(nproc) > 1 ? $(nproc) - 1 : 1)); gpus 1; memory 1 MB; run "grep Cpus_allowed_list /proc/self/status >slow.txt; echo \$CUDA_VISIBLE_DEVICES >slow.gpu; echo 1 >>ran.txt; until [ -e go ]; do sleep 0.02; done; echo done >{o}"; output o "out/1" }
task fast for i in n { gpus 1; memory 1 MB; run "grep Cpus_allowed_list /proc/self/status >>fast.txt; echo \$CUDA_VISIBLE_DEVICES >>fast.gpu; echo {i} >>ran.txt; echo done >{o}"; output o "out/{i}" }
site s profile "gpus" { nodes 1; walltime 2 h }
END_CAMPAIGN
CUDA_VISIBLE_DEVICES=5,7 node 0 1 --cores "$(nproc)"
if [ "$(nproc)" -gt 1 ]; then
    wait_for lines 2 ran.txt && build 0 -D last=6 && wait_for lines 6 ran.txt && ! grep -qxFf slow.txt fast.txt
    result $? "its processors are not given to others"
    [ "$(sort -u fast.gpu | wc -l)" = 1 ] && ! grep -qxFf slow.gpu fast.gpu
    result $? "nor its GPU"
else
    echo "ok 31 - its processors are not given to others # SKIP there is one"
    echo "ok 32 - nor its GPU # SKIP there is one processor"
fi
touch go
all_end 0 && all_done
result $? "and all of them are done"
