#!/bin/sh
# What became of the time of nodes, and of jobs: wflc status, wflc jobs.
. "${top_srcdir:?is set by make check}/tests/shell/wflc_lib.sh"
shim=${top_builddir:?}/wfl-shim

# parts FOLDER: "NAME SECONDS" of each part of the time of nodes, "all" among them.
parts()
{
    "$wflc" status --json "$1" >json 2>&1 && sed -n 's/.*"node_seconds": {\([^}]*\)}.*/\1/p' json | tr ',' '\n' |
        sed 's/[":]//g' | tee parts >output
}

# add_up: they do, but for the rounding of each.
add_up()
{
    awk '$1 == "all" { all = $2; next } { sum += $2 } $2 < 0 { bad = 1 }
        END { exit bad || NR != 16 || all <= 0 || sum - all > 0.01 || all - sum > 0.01 }' parts
}

# has NAME: a part that is not nothing.
has()
{
    awk -v name="$1" '$1 == name && $2 > 0 { found = 1 } END { exit !found }' parts
}

cat >demo.wfl <<'EOF'
campaign demo
param bad = false
set visit = 1 .. 4
task draw for v in visit {
    run "sleep 0.3; if {bad} && [ {v} = 2 ]; then exit 7; fi; echo x > {o}"
    memory 600 MB
    time 1 s
    output o "out/{v}"
}
task join needs draw { run "sleep 0.3; cat {draw.o:list} > {o}"; output o "out/all" }
EOF
"$wflc" run --cores 2 --memory '1 GB' demo.wfl -D bad=true >output 2>&1
verdict "$([ $? = 1 ]; echo $?)" "a campaign on two cores, with memory for one task, one of which fails"

parts build/demo/local && add_up && has useful && has failed && has idle_memory && has idle_nothing && ! has unknown
verdict $? "its time is useful, failed, and idle for want of memory and of ready tasks; and that is all of it"

"$wflc" status >output && grep -qx 'time of nodes: .*' output && grep -q ' %  .* s  idle, too little memory was free$' output &&
    awk '$2 == "%" { sum += $1 } END { exit sum < 99.99 || sum > 100.01 }' output
verdict $? "the shares that people read make a hundred"

# What a shim says of itself stands where readers of older records pass over it, and an older record says nothing.
cp -r build/demo/local old
for journal in old/state/journal/*; do
    : >new
    record=0
    while [ $record -lt $(($(wc -c <"$journal") / 64)) ]; do
        dd if="$journal" bs=64 skip=$record count=1 of=one 2>/dev/null
        case $(od -An -tu1 -j4 -N1 one | tr -d ' ') in
        6) ;;
        *) cat one >>new ;;
        esac
        record=$((record + 1))
    done
    cp new "$journal"
done
parts old && add_up && has unknown && ! has useful && "$wflc" status old >output && ! grep -q 'time of nodes' output
verdict $? "a record from before cores were told: nothing is made up"

# One that is killed, and one that is told to end.
export WFL_BEGAN="$tmp/began"
"$top_builddir/tests/shell/mkplan" long/campaign.wflp <<'EOF'
node 2 1e9
family wait 1
memory 1e6
sh touch "$WFL_BEGAN"; exec sleep 100
EOF
rm -f began
"$shim" run long --cores 2 >shim.out 2>&1 &
pid=$!
wait_for test -e began
cp shim.out output
parts long && add_up && has running
verdict $? "what runs is neither useful nor lost"
kill -9 $pid
wait $pid 2>/dev/null
parts long && add_up && ! has running
verdict $? "nor does it run when its shim was killed"

rm -f began
"$shim" run long --cores 2 >shim.out 2>&1 &
pid=$!
wait_for test -e began
kill -TERM $pid
wait_for grep -q 'once more' shim.out
kill -TERM $pid
wait $pid
cp shim.out output
parts long && add_up && has killed
verdict $? "what was stopped by its owner is killed"


# --- jobs ---

# jobs WHERE OPTION...: columns without times, separated by commas
jobs()
{
    where=$1
    shift
    "$wflc" jobs "$where" --csv "$@" >csv 2>output && cut -d, -f1-3,7-10,14 csv >output
}
host=$(uname -n | cut -d. -f1 | tr -cd 'A-Za-z0-9_-' | tail -c 16)

jobs build/demo/local && [ "$(tail -n +2 output)" = "$host.1,ended,1,3,1,0,0," ]
verdict $? "a run on this machine is a job, too"

# Each journal that wflc writes has a head with a holder's name, as those of shims have.
cat >mended.wfl <<'EOF'
campaign mended
task one for i in 1 .. 3 { run "echo {i} > {o}"; output o "mended/{i}"; memory 1 MB; time 1 s }
EOF
"$wflc" run --cores 2 mended.wfl >output 2>&1 && "$wflc" redo --yes mended i=1 >output 2>&1 && rm mended/2
"$wflc" verify --repair mended >output 2>&1
jobs build/mended/local && [ "$(tail -n +2 output)" = "$host.1,ended,1,3,0,0,0," ] && parts build/mended/local && add_up && ! has unknown
verdict $? "what wflc itself puts on record is the work of no node"
jobs long && [ "$(tail -n +2 output | cut -d, -f1-7)" = "$host.1,died,1,0,0,1,0
$host.2,ended,1,0,0,1,0" ]
verdict $? "one that was killed died, and one that was stopped lost its task"

"$top_builddir/tests/shell/mkplan" batch/campaign.wflp <<'EOF'
node 2 1e9
shards 2
family good 4
memory 1e6
sh true
family bad 1
memory 1e6
sh exit 3
EOF
export WFL_RANK=0 WFL_SIZE=1
"$shim" node batch --nodes 1 --rank-var WFL_RANK --size-var WFL_SIZE --node nid7 --job 123.server --until 4000000000 \
    >shim.out 2>&1
mkdir -p batch/state/jobs
printf 'begins\nslurmstepd: all over\n\n' >batch/state/jobs/x.123.out
cp shim.out output
jobs batch && [ "$(tail -n +2 output)" = '123.server,ended,1,4,1,0,0,slurmstepd: all over' ]
verdict $? "a job of a batch system, by its id, with the last words of its output"
"$wflc" jobs batch >output && [ "$(wc -l <output)" = 2 ] && "$wflc" jobs --last batch >output &&
    [ "$(sed -n 3p output)" = '    slurmstepd: all over' ]
verdict $? "they are shown of jobs that came to nothing, or of all"
"$wflc" jobs --json batch >output && grep -q '{"job": "123.server", "state": "ended", "nodes": 1, "began": "20' output &&
    sed 's/.*"node_seconds": {\([^}]*\)}.*/\1/' output | tr ',' '\n' | sed 's/[":]//g' | awk '$1 == "failed" { found = 1 }
        END { exit !found }'
verdict $? "the same as JSON"

# The end of a job cuts a task short; and one runs, of which the end is known.
"$top_builddir/tests/shell/mkplan" short/campaign.wflp <<'EOF'
node 1 1e9
family wait 1
memory 1e6
sh exec sleep 100
EOF
"$shim" node short --nodes 1 --rank-var WFL_RANK --size-var WFL_SIZE --node nid7 --job 124 --time 3 --finish-by 1 >output 2>&1
parts short && add_up && has lost_to_walltime && jobs short && [ "$(tail -n +2 output)" = '124,ended,1,0,0,1,0,' ]
verdict $? "a job whose time was over before its task was"
rm -f began
"$top_builddir/tests/shell/mkplan" whole/campaign.wflp <<'EOF'
node 1 1e9
family wait 1
memory 1e6
sh touch "$WFL_BEGAN"; exec sleep 100
EOF
"$shim" node whole --nodes 1 --rank-var WFL_RANK --size-var WFL_SIZE --node nid7 --job 125 --until 4000000000 >shim.out 2>&1 &
pid=$!
wait_for test -e began
jobs whole && [ "$(tail -n +2 output)" = '125,running,1,0,0,0,1,' ] && tail -n +2 csv | cut -d, -f5,6 | grep -q '^,[1-9][0-9]*\.[0-9]*$'
verdict $? "one that runs has so much time left"
kill -TERM $pid
wait_for grep -q 'once more' shim.out
kill -TERM $pid
wait $pid
mkdir none && cp long/campaign.wflp none && "$wflc" jobs none >output && [ "$(cat output)" = 'no job is on record' ]
verdict $? "there is none yet"
"$wflc" jobs --json --csv batch >output 2>&1
verdict "$([ $? = 2 ] && grep -q 'either --json or --csv' output; echo $?)" "one form at a time"

# --- what scripts ask, and who watches ---

"$wflc" status --csv build/demo/local >output && [ "$(cat output)" = 'campaign,site,family,total,done,running,ready,waiting,late,gated,interrupted,failed,blocked
demo,local,draw,4,3,0,0,0,0,0,0,1,0
demo,local,join,1,0,0,0,0,0,0,0,0,1
demo,local,TOTAL,5,3,0,0,0,0,0,0,1,1' ]
verdict $? "status --csv"
"$wflc" status --csv --nodes batch >output 2>&1
verdict "$([ $? = 2 ] && grep -q 'csv has no nodes' output; echo $?)" "status --csv has no nodes"
"$wflc" status --exit-code build/demo/local >output 2>&1
verdict "$([ $? = 1 ]; echo $?)" "status --exit-code: tasks failed, and nothing is left"
"$wflc" status --exit-code none >output 2>&1
verdict "$([ $? = 3 ]; echo $?)" "work is left"
"$wflc" run demo.wfl -D bad=false >output 2>&1 && "$wflc" status --exit-code --watch demo >output 2>&1 &&
    [ "$(grep -c "^campaign demo" output)" = 1 ] && grep -qx "all tasks are done" output
verdict $? "all is done, and --watch has nothing to wait for"

cat >slow.wfl <<'EOF'
campaign slow
task wait { run "until [ -e $WFL_GO ]; do sleep 0.1; done; echo x > {o}"; output o "out/slow"; memory 100 MB; time 1 min }
EOF
export WFL_GO="$tmp/go"
"$wflc" run slow.wfl --cores 1 >run.out 2>&1 &
run=$!
runs_now()
{
    "$wflc" status --json slow | grep -q '"running": 1'
}
wait_for runs_now
"$wflc" status --nodes slow >output && grep -q "^NODE  *JOB  *CORES" output && grep -q "^$host\.1  .* 1 wait\$" output
verdict $? "status --nodes: what runs where"
"$wflc" status --json slow >output && grep -q '"nodes": \[' output && grep -q '"tasks": {"wait": 1}' output
verdict $? "and as JSON"
"$wflc" status --watch slow >watched 2>&1 &
watch=$!
twice()
{
    [ "$(grep -c '^campaign slow' watched)" -ge 2 ]
}
wait_for twice
: >go
wait $watch
code=$?
wait $run
cp watched output
verdict "$([ $code = 0 ] && tail -n 20 watched | grep -qx 'all tasks are done' && ! grep -q "$(printf '\033')" watched; echo $?)" \
    "status --watch: one block after the other, until all is done"

chmod -R a-w old batch && parts old && add_up && "$wflc" jobs batch >output && "$wflc" status --nodes batch >output
verdict $? "a copy that nobody may write"
chmod -R u+w old batch

echo "1..$n"
