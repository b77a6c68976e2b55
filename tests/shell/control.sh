#!/bin/sh
# wflc control: pause, resume, drain, exclude, cancel, while shims run.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
. "$top_srcdir/tests/shell/node_lib.sh"
wflc=$top_builddir/wflc
LOGNAME=$(id -un)
export LOGNAME
echo 1..62

fresh() {
    pids=
    plan
    rm -f go*
    : >err
}

# control ORDER...: given, and what was said is in ctl
control() {
    "$wflc" control "$@" >ctl 2>&1
}

# told TEXT: the last command, or a shim, said it
told() {
    grep -qF -e "$1" ctl err
}

started() {
    [ "$("$record" c | grep -c ' start ')" -ge "$1" ]
}

# heard N TEXT: so many shims said it
heard() {
    [ "$(grep -cF -e "$2" err)" -ge "$1" ]
}

quiet_since() {
    [ "$("$record" c | grep -c ' start ')" -eq "$1" ]
}

# Nothing was ordered.
fresh <<'END'
node 2 1e9
shards 12
family f 24
memory 1e6
sh until [ -e go{i} ] || [ -e go ]; do sleep 0.02; done; echo $R >{o0}
output x out/{i}.x
END
control c && told "no order is in force" && ! control puase && told "did you mean the order 'pause'?" &&
    ! control drian nid1 c && told "'drian' is no order; did you mean 'drain'?"
result $? "without orders none is in force"
[ ! -e c/state/control ]
result $? "and to look makes no files"

# Pause: what runs goes on, nothing more starts, the node stays.
node 0 2
wait_for started 2
control pause c && told "paused: nothing more is started"
result $? "pause"
wait_for said "paused by "
result $? "the shim heeds it"
n=$("$record" c | grep -c ' start ')
: >go0
: >go1
wait_for test -e out/0.x && wait_for test -e out/1.x
result $? "what runs goes on to its end"
shows_pause() {
    "$wflc" status c >ctl && told "paused by $(id -un)@" && told "nothing is started until 'wflc control resume c'" &&
        told "nothing more is started while it is paused"
}
wait_for shows_pause # what ended may not be on record yet
result $? "status tells who paused it"
"$wflc" status --json c >ctl && grep -q '"kind": "pause", "of": "", "by": "[^"]*@[^"]*", "at": "20[-0-9T:]*Z", "in_force": true' ctl
result $? "for programs, too"
"$wflc" why c state=ready >ctl && told "nothing is started: paused by "
result $? "why tells it as a reason"
control pause c && told "it is paused already, by $(id -un)@" && [ "$(ls c/state/control)" = 0001 ]
result $? "who pauses it once more is told, and it is not ordered twice"

# A second node that starts meanwhile waits.
node 1 2
second=$pid
wait_for test -e c/state/leases/nid1.1 && wait_for heard 2 'paused by ' && kill -0 "$second"
result $? "a node that starts while it is paused waits"
"$wflc" status c >ctl && [ "$(grep -c '^at work: node ' ctl)" -eq 2 ] && told ", which has no tasks of this plan now" &&
    told "nothing more is started while it is paused" && "$wflc" status --json c >ctl &&
    jq -e '[.jobs[] | .since == null and .shard == null] | any and length == 2' ctl >/dev/null
result $? "status counts it though it has no tasks"
"$wflc" status --nodes c >ctl && grep -q '^nid0.1 ' ctl && grep -q '^nid1.1 ' ctl && ! told 'no node is at work' &&
    [ "$("$wflc" status --json c | jq '.nodes | length')" -eq 2 ] && "$wflc" jobs c >ctl && grep -qE '^7 +running +2 ' ctl
result $? "and is among the nodes, and in its job"
quiet_since "$n"
result $? "nothing was started since"
control resume c && told "resumed" && wait_for said "resumed by $(id -un)@"
result $? "resume"
wait_for started 6 # of two nodes
: >go
all_end 0 0 && [ "$(find out -name '*.x' | wc -l)" -eq 24 ]
result $? "it goes on, and all is done"
grep -q 1 out/*.x
result $? "by the second one, too"
control resume c && told "it is not paused"
result $? "what is not paused is not resumed"
"$wflc" status --json c >ctl && sed 's/.*"idle_paused": //; s/,.*//' ctl | awk '$1 > 0 { found = 1 } END { exit !found }'
result $? "the time of nodes that was passed like that is told"
control --all c && [ "$(grep -c "$(id -un)@.*  \(pause\|resume\)$" ctl)" -eq 2 ]
result $? "every order is kept"

# On this machine alone: paused before it begins, it waits.
fresh <<'END'
node 2 1e9
family f 4
memory 1e6
sh echo >{o0}
output x out/{i}.x
END
control pause c
"$shim" run c 2>err &
pid=$!
wait_for said "paused by " && "$wflc" status c >ctl && told "nothing more is started while it is paused" &&
    [ "$("$wflc" status --json c | jq '.jobs | length')" -eq 1 ]
result $? "status tells of a run that is paused before it begins"
control resume c && wait "$pid" && [ "$(ends | grep -c ' ok ')" -eq 4 ]
result $? "a run that begins while it is paused waits, and goes on"

# Tasks that tell by whom they are begun, and end when they may.
held() {
    fresh <<'END'
node 2 1e9
shards 12
family f 24
memory 1e6
sh echo $R >began{i}; until [ -e go ]; do sleep 0.02; done; echo $R >{o0}
output x out/{i}.x
END
    rm -f began*
}

# One node of two is drained.
two_nodes() {
    held
    node 0 2
    wait_for sh -c 'grep -qs 0 began*'
    node 1 2
    wait_for sh -c 'grep -qs 1 began*'
}
two_nodes
control drain --host nid1 c && told "host nid1 starts nothing more"
result $? "drain a host"
wait_for said "this host (nid1) is to end its work, by $(id -un)@"
result $? "its shim heeds it"
"$wflc" status c >ctl && told "host nid1 starts nothing more, and ends with what runs: drained by "
result $? "status tells it"
: >go
all_end 0 0 && [ "$(find out -name '*.x' | wc -l)" -eq 24 ] && [ "$(cat out/*.x | grep -c 1)" -eq 2 ]
result $? "it ends with what ran, and the other one does the rest"
"$wflc" status c >ctl && ! told "drained by"
result $? "when it has ended nothing is told of that"
control drain --host nid1 c
[ $? -eq 1 ] && told "no shim on host 'nid1' is at work, nor on any other host"
result $? "who is not at work cannot be drained"

# A drain is over when who was there has ended: it is not about who comes to the host later.
# in_force TRUE: is the drain of a host, by both commands
in_force() {
    for command in status control; do
        "$wflc" $command --json c >ctl && grep -q "\"kind\": \"drain-host\".*\"in_force\": $1" ctl || return
    done
}
held
node 0 1
wait_for sh -c 'grep -qs 0 began*'
control drain --host nid0 c && wait_for said "this host (nid0) is to end its work" && in_force true
: >go
all_end 0 && [ "$(find out -name '*.x' | wc -l)" -eq 2 ] && in_force false
result $? "for programs, too, a drain is over when nobody is at work"
rm -f go began*
pids=
node 0 1
wait_for sh -c 'grep -qs 0 began*'
in_force false && "$wflc" status c >ctl && told "at work: " && ! told "drained by" && control c && told "no order is in force"
result $? "nor is it told of a later shim on the host"
: >go
all_end 0 && [ "$(find out -name '*.x' | wc -l)" -eq 24 ]

# A job is drained: all of its nodes end, and the next one goes on.
two_nodes
control drain --job 8 c
[ $? -eq 1 ] && told "no shim of job '8' is at work; at work is: 7"
result $? "of a job that is not at work it is told which are"
control drain --job 7 c && wait_for heard 2 'job 7 is to end, by '
: >go
all_end 0 0 && [ "$(find out -name '*.x' | wc -l)" -eq 4 ]
result $? "drain a job: each node ends with what ran"
pids=
R=0 S=1 "$shim" node c --nodes 1 --rank-var R --size-var S --node nid1 --job 9 --quiet 2>>err && [ "$(find out -name '*.x' | wc -l)" -eq 24 ]
result $? "another job goes on, also on a host that was drained"

# A host is excluded.
two_nodes
control exclude nid1 c && told "host nid1 takes no more tasks" &&
    wait_for said "this host (nid1) takes no work: excluded by $(id -un)@"
result $? "exclude a host: its shim heeds it"
: >go
all_end 0 0 && [ "$(find out -name '*.x' | wc -l)" -eq 24 ] && [ "$(cat out/*.x | grep -c 1)" -eq 2 ]
result $? "and ends with what ran"
fresh <<'END'
node 2 1e9
family f 4
memory 1e6
sh echo >{o0}
output x out/{i}.x
END
control exclude nid1 c
R=0 S=1 "$shim" node c --nodes 1 --rank-var R --size-var S --node nid1 --job 9 --quiet 2>>err &&
    said "this host (nid1) takes no work" && [ "$(ends | wc -l)" -eq 0 ]
result $? "a shim that starts there takes nothing, even alone"
control include nid2 c
[ $? -eq 1 ] && told "host 'nid2' is not excluded; excluded is: nid1"
result $? "what is not excluded cannot be included"
mkdir -p c/state/nodes
echo "wfl-node 1 9 1700000000 1 3 nid1.1 6" >c/state/nodes/nid1
control include nid1 c && [ ! -e c/state/nodes/nid1 ] &&
    R=0 S=1 "$shim" node c --nodes 1 --rank-var R --size-var S --node nid1 --job 9 --quiet 2>>err && [ "$(ends | grep -c ' ok ')" -eq 4 ]
result $? "included it takes tasks again, also if it had been found to be bad"

# Two writers at once, and files that are no orders.
fresh <<'END'
node 2 1e9
family f 4
memory 1e6
sh echo >{o0}
output x out/{i}.x
END
i=0
while [ $i -lt 20 ]; do
    "$wflc" control exclude "a$i" c >/dev/null &
    "$wflc" control exclude "b$i" c >/dev/null
    wait $!
    i=$((i + 1))
done
[ "$(find c/state/control -name '00*' | wc -l)" -eq 40 ] && control c && [ "$(grep -c '^left out: host [ab]' ctl)" -eq 40 ]
result $? "of orders that are given at the same time none is lost"
echo nonsense >c/state/control/0041
mkfifo c/state/control/0042
printf 'wfl-order 1 pause 1700000000 a@b\nof \nend 00000000\n' >c/state/control/0043
: >c/state/control/0044
control c && told "4 files in 'c/state/control' are damaged, and no orders" && run 0
result $? "what is no order does no harm"
control pause c && [ -e c/state/control/0045 ] && control c && told "paused by "
result $? "and the next one comes behind it"

# Cancel: what runs is stopped, what is ready does not start, what needs it is blocked.
fresh <<'END'
node 2 1e9
family f 8
memory 1e6
retries 3
sh echo $$ >pid{i}; until [ -e go ]; do sleep 0.02; done; echo >{o0}
output x out/{i}.x
family g 8
needs f same
memory 1e6
sh echo >{o0}
output x out/g{i}.x
END
rm -f pid*
node 0 1
wait_for test -s pid0 && wait_for test -s pid1
control cancel c
[ $? -eq 2 ] && told "which tasks? wflc control cancel"
result $? "cancel wants to be told which tasks"
control cancel c family=h
[ $? -eq 2 ] && told "family"
result $? "selectors that are wrong are told"
control cancel -n c family=f i=0,5 && told "2 tasks would be cancelled: 1 that runs would be stopped" && [ -z "$(ls c/state/control)" ]
result $? "--dry-run only tells how many"
control cancel c family=f i=0,5 && told "2 tasks are cancelled: 1 that runs is stopped"
result $? "cancel one that runs and one that is ready"
wait_for gone pid0 && said "cancelled by $(id -un)@"
result $? "the one that runs is stopped"
kill -0 "$(cat pid1)"
result $? "the other one is not"
control cancel c 'g[i=3]' && told "1 task is cancelled" && wait_for heard 2 "cancelled by "
result $? "cancel one that waits"
: >go
all_end 1
[ "$(cd out && echo *.x)" = '1.x 2.x 3.x 4.x 6.x 7.x g1.x g2.x g4.x g6.x g7.x' ] && [ ! -e pid5 ]
result $? "all others are done"
[ "$(ends | grep ' cancelled ' | sort | tr '\n' ,)" = "0 1 cancelled 15 F,11 0 cancelled 0 F,5 0 cancelled 0 F," ]
result $? "each is on record as cancelled, once, and not tried again"
"$wflc" tasks c reason=cancelled >ctl && [ "$(grep -c '^failed' ctl)" -eq 3 ] &&
    "$wflc" tasks c state=blocked >ctl && [ "$(grep -c '^blocked' ctl)" -eq 2 ]
result $? "status counts them as failed, and what needs them as blocked"
"$wflc" why c 'f[i=5]' >ctl && told "f[i=5]: cancelled" && told "before it was started, " &&
    told "cancelled by $(id -un)@" && told "(family=f i=0,5)"
result $? "why tells who did that"
pids=
node 0 1
all_end 1 && [ "$(ends | grep -c ' cancelled ')" -eq 3 ]
result $? "the next job leaves them alone"
run 0 && [ "$(find out -name '*.x' | wc -l)" -eq 16 ] && [ "$(ends | grep -c ' cancelled ')" -eq 3 ]
result $? "a run takes them up again"
control cancel c family=f
[ $? -eq 1 ] && told "no task is like that which runs, or could yet"
result $? "what is done is not cancelled"

# Nobody is at work: it is on record at once.
fresh <<'END'
node 2 1e9
shards 2
family f 8
memory 1e6
sh echo >{o0}
output x out/{i}.x
END
control cancel c i=1,6 && [ "$(ends | sort | tr '\n' ,)" = "1 0 cancelled 0 F,6 0 cancelled 0 F," ]
result $? "where nobody is at work it is on record at once"
node 0 1
all_end 1 && [ "$(find out -name '*.x' | wc -l)" -eq 6 ]
result $? "and heeded"

# A shim that died had the task: who takes it over heeds the order.
fresh <<'END'
node 2 1e9
shards 1
family f 3
memory 1e6
sh echo $$ >pid{i}; until [ -e go ]; do sleep 0.02; done; echo >{o0}
output x out/{i}.x
END
rm -f pid*
"$shim" run c --quiet 2>>err &
pid=$!
wait_for test -s pid0 && wait_for test -s pid1
kill -STOP "$pid" # so that it does not see the order
control cancel c i=2
kill -KILL "$pid"
wait "$pid" 2>/dev/null
[ "$(ends | wc -l)" -eq 0 ]
result $? "an order that the holder did not live to heed"
: >go
node 0 1
all_end 1 && [ ! -e out/2.x ] && ends | grep -q '^2 0 cancelled 0 F' && [ -e out/0.x ] && [ -e out/1.x ]
result $? "is heeded by who takes its tasks over"

# Two orders at once: each does what it says, and is said to have done that.
fresh <<'END'
node 2 1e9
family f 3
memory 1e6
sh echo $$ >pid{i}; until [ -e go ]; do sleep 0.02; done; echo >{o0}
output x out/{i}.x
END
rm -f pid*
node 0 1
wait_for test -s pid0 && wait_for test -s pid1
# shellcheck disable=SC2086
kill -STOP $pids
control cancel c i=2 && control cancel c i=1
# shellcheck disable=SC2086
kill -CONT $pids
wait_for said "(i=2): 1 task is not started, 0 processes are stopped" && wait_for said "(i=1): 0 tasks are not started, 1 process is stopped"
result $? "of two orders that are seen at once each is told what it did"
: >go
all_end 1

# A process of several tasks is stopped for one of them; the others are tried again.
fresh <<'END'
node 4 1e9
family f 4 1
bundle
whole
memory 1e6
sh echo $$ >pid{n}; [ {n} = 3 ] || sleep 100; for o in {os}; do echo >$o; done
output x out/{g}.{i}.x
END
rm -f pid*
node 0 1
wait_for test -s pid4
control cancel c i=2
all_end 1 && [ "$(find out -name '*.x' | wc -l)" -eq 3 ] && [ ! -e out/0.2.x ] && gone pid4 && [ "$(ends | grep -c ' cancelled [0-9]* F')" -eq 1 ]
result $? "a process of several tasks is stopped for one of them, and the others are tried again"

# So is one that would go on from a checkpoint, of which it was not asked yet how much is left.
fresh <<'END'
node 2 1e9
family f 2
memory 1e6
time 1000
sh if [ -e go.{i} ]; then rm go.{i}; echo >{o0}; else echo 1 >go.{i}; sleep 600; fi
checkpoint go.{i}
left echo 1
output x out/{i}.x
END
"$shim" run c 2>>err &
pid=$!
wait_for test -s go.0 && wait_for test -s go.1
kill -KILL $pid
wait $pid 2>/dev/null
control pause c
"$shim" run c --time 60 2>>err &
pid=$!
wait_for heard 1 "paused by"
control cancel c i=0
wait_for heard 1 "cancelled by"
control resume c
wait $pid
[ ! -e out/0.x ] && [ -e out/1.x ] && ends | grep -q '^0 0 cancelled 0 F'
result $? "a task that was begun before is cancelled, too"

# What was cancelled is taken up again by redo, and only what it is told.
cd "$work" || exit 99
rm -rf c out
cat >demo.wfl <<'END'
campaign demo
set visit = 1 .. 3
task draw for v in visit { run "echo x > {image}"; output image "out/{v}.fits" }
END
WFL_SHIM=$shim "$wflc" build -q demo.wfl && ln -s build/demo/local c || exit 99
"$wflc" control cancel -q demo v=2,3
"$wflc" redo --yes demo v=2 >ctl 2>&1
pids=
: >err
node 0 1
all_end 1 && [ "$(cd out && echo *.fits)" = '1.fits 2.fits' ]
result $? "redo takes cancelled tasks up again, by jobs as well"
