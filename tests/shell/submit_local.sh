#!/bin/sh
# wflc submit, queue and cancel without a batch system: jobs are processes here.
. "${top_srcdir:?is set by make check}/tests/shell/submit_lib.sh"

cat >demo.wfl <<END
campaign demo
set n = 1..4
task t for i in n {
    memory 10 MB
    run    "until test -e $tmp/go; do sleep 0.05; done; echo {i} >{i}.txt"
    output "{i}.txt"
}
END
# wait_for COMMAND...: until it succeeds; 20 s at most
wait_for()
{
    for _ in $(seq 400); do
        "$@" >output 2>&1 && return 0
        sleep 0.05
    done
    return 1
}
no_jobs()
{
    "$wflc" queue | grep -q 'no jobs in the queue'
}
tasks_run()
{
    "$wflc" status --json | grep -q '"running": [1-9]'
}

echo 1..24
gives 3 'before it is built' "$wflc" submit
has 'there is a remedy' 'no campaign was built'
"$wflc" build -q demo.wfl
gives 0 'a job is started' "$wflc" submit demo.wfl
has 'one' '1 job submitted ([0-9.]*); 1 running; 0 of 4'
pid=$(sed -n 's/.*submitted (\([0-9]*\)\..*/\1/p' output)
[ "$(sed 's/.*) //' "/proc/$pid/stat" | cut -d ' ' -f 4)" = "$pid" ]
verdict $? 'in a session of its own'
gives 0 'no second one' "$wflc" submit
has 'beside it' ': 1 running; 0 of 4'
gives 0 'queue' "$wflc" queue
has 'shows it' "^$pid\\.[0-9]*  *running  *1 "
touch go
wait_for no_jobs
verdict $? 'it ends'
gives 0 'then' "$wflc" submit
has 'all is done' 'no jobs; 4 of 4 tasks are done'

# between start and record: the process is found by its name
rm -rf go build ./*.txt
"$wflc" build -q demo.wfl
"$wflc" submit >output 2>&1
sed -i '/	job	/d' build/demo/local/state/submitted
gives 0 'a job that nobody recorded' "$wflc" submit
has 'is found' '^job [0-9.]* .* was submitted before wflc was interrupted$'
has 'and none is started' ': 1 running; 0 of 4'
pid=$("$wflc" queue | sed -n 's/^\([0-9]*\)\..*/\1/p')
wait_for tasks_run
verdict $? 'its tasks run'
gives 0 'cancel by the number of the process' "$wflc" cancel "$pid"
gives 0 'and again' "$wflc" cancel --all
wait_for no_jobs
verdict $? 'stops it'
gives 0 'a job that was cancelled' "$wflc" submit --dry-run
has 'does not count as one of no use' '1 job would be submitted'

# a watch
touch go
gives 0 'watch' "$wflc" submit --watch
has 'stays until all is done' '4 of 4 tasks are done'

# all is done, and the node is still there, for a second or two
cat >late.wfl <<END
campaign late
task t for i in 1 .. 2 {
    memory 10 MB
    run    "echo {i} >{i}.out"
    output "{i}.out"
}
END
"$wflc" build -q late.wfl
name='a watch goes on while a node is at work'
if strace -o /dev/null true 2>/dev/null; then
    ASAN_OPTIONS=detect_leaks=0 strace -qq -f -o /dev/null -e trace=unlink -e inject=unlink:delay_enter=700000 \
        build/late/local/job.sh 2>job.err &
    wait_for grep -qx 2 2.out
    wait_for sh -c "'$wflc' status late | grep -qx 'all tasks are done'"
    "$wflc" submit --watch late >output 2>&1 && [ -z "$(ls build/late/local/state/leases)" ] &&
        grep -q ' 2 of 2 tasks are done, and 1 node is still at work$' output &&
        tail -n 1 output | grep -q ' 2 of 2 tasks are done$'
    verdict $? "$name"
    wait
else
    echo "ok 24 - $name # SKIP nothing can be traced here"
fi
