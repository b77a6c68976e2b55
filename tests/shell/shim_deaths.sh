#!/bin/sh
# wfl-shim: who dies with the job, and who kills its shim.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
echo 1..13

# start run|node [OPTION...]: in the background; its pid is in $pid, the shim's proper in $shim_pid
start() {
    how=$1
    shift
    : >err
    if [ "$how" = run ]; then
        "$shim" run c "$@" 2>>err &
    else
        R=0 S=1 "$shim" node c --nodes 1 --rank-var R --size-var S "$@" 2>>err &
    fi
    pid=$!
}
shim_pid() {
    if [ "$how" = run ]; then echo "$pid"; else pgrep -P "$pid"; fi
}
# told TEXT: the shim said so, not a log
told() {
    grep -qF -e "$1" err
}

# What asks for much more than it uses is not taken for one that the kernel killed, whatever other tests do.
deaf() {
    plan <<'END'
node 2 1e9
family f 1
memory 2e8
retries 0
sh trap '' TERM; sleep 347 & echo $! > child.txt; echo $$ > pid.txt; wait $!; exit $?
family g 1
memory 2e8
retries 0
sh trap '' TERM; echo $$ > own.txt; exec sleep 347
END
}

# --- with the job ---

for how in run node; do
    deaf
    start $how
    wait_for test -s pid.txt && wait_for test -s own.txt
    kill -TERM "$pid"
    wait_for told "no more tasks are started"
    kill -KILL "$(cat child.txt)" "$(cat own.txt)"
    wait "$pid"
    [ $? -eq 4 ] && [ "$(ends | sort | tr '\n' ,)" = "0 1 cancelled 137 -,1 1 cancelled 9 -," ]
    result $? "$how: killed with a job that was told to end"
done

deaf
start node
wait_for test -s pid.txt && wait_for test -s own.txt
kill -USR2 "$pid"
wait_for told "the job ends soon"
kill -KILL "$(cat child.txt)"
kill -HUP "$(cat own.txt)"
wait "$pid"
[ $? -eq 4 ] && [ "$(ends | sort | tr '\n' ,)" = "0 1 walltime 137 -,1 1 walltime 1 -," ]
result $? "or that was said to end soon"

# The signal comes to all at once, and a task dies before the shim has read its own.
deaf
start run
wait_for test -s pid.txt && wait_for test -s own.txt
kill -STOP "$pid"
kill -KILL "$(cat child.txt)" "$(cat own.txt)"
kill -TERM "$pid"
kill -CONT "$pid"
wait "$pid"
[ "$(ends | sort | tr '\n' ,)" = "0 1 cancelled 137 -,1 1 cancelled 9 -," ]
result $? "or whose signal has not been read yet"

deaf
start run
wait_for test -s pid.txt && wait_for test -s own.txt
kill -KILL "$(cat child.txt)" "$(cat own.txt)" "$pid"
wait "$pid" 2>/dev/null
[ -z "$(ends)" ]
result $? "or that was killed as a whole, without a warning"

deaf
start run
wait_for test -s pid.txt && wait_for test -s own.txt
kill -KILL "$(cat child.txt)" "$(cat own.txt)"
wait "$pid"
[ $? -eq 1 ] && [ "$(ends | sort | tr '\n' ,)" = "0 1 exit 137 F,1 1 signal 9 F," ]
result $? "else a death is the task's own"

plan <<'END'
node 2 1e9
family f 1
memory 2e8
retries 0
sh echo x > {o0}
output x out.txt
check command echo $$ > check.txt; exec sleep 347
family g 1
memory 2e8
retries 0
input in.txt
check command echo $$ > input.txt; exec sleep 347
sh true
END
echo x >in.txt
start run
wait_for test -s check.txt && wait_for test -s input.txt
kill -TERM "$pid"
wait_for told "no more tasks are started"
kill -KILL "$(cat check.txt)" "$(cat input.txt)"
wait "$pid"
[ "$(ends | sort | tr '\n' ,)" = "0 1 cancelled 0 -,1 1 cancelled 0 -," ]
result $? "so are checks that are killed with the job"

# Who is told to end may end as it likes; only a crash is a crash.
plan <<'END'
node 4 1e9
family f 1
memory 1e6
sh trap 'kill -SEGV $$' TERM; while :; do sleep 0.05; done
family g 1
memory 1e6
sh trap 'exit 139' TERM; while :; do sleep 0.05; done
family h 1
memory 1e6
sh trap 'kill -ABRT $$' TERM; while :; do sleep 0.05; done
family k 1
memory 1e6
sh trap 'exit 1' TERM; while :; do sleep 0.05; done
END
run 4 --time 2
[ "$(ends | sort | tr '\n' ,)" = "0 1 signal 11 F,1 1 exit 139 F,2 1 walltime 6 -,3 1 walltime 1 -," ]
result $? "a crash at the end of the job is held against it"

# --- a task that kills its shim ---

# poison RETRIES: of six tasks that run at once the fourth one is one; the others take a while
poison() {
    plan <<END
node 4 1e9
family f 6
memory 1e6
retries $1
sh echo {i} >> started-{i}; echo {i} >> order; if [ {i} = 3 ]; then while [ "\$(ls started-* | wc -l)" -lt 4 ]; do sleep 0.02; done; kill -9 \$PPID; fi; [ {i} -gt 2 ] || sleep 0.3; echo {i} > {o0}
output x out/{i}.x
END
    rm -f started-* order
}
# Its neighbours are done, and were not charged, whatever was lost with it.
neighbours() {
    [ "$(ends | grep -c ' ok ')" -eq 5 ] && ! ends | grep -v ' ok \|^[^3].* 1 lost 0 -\|^3 ' && [ ! -e out/3.x ]
}

poison 0
codes=
: >err
for n in 1 2 3 4; do
    "$shim" run c 2>>err
    codes="$codes $?"
done 2>/dev/null
[ "$codes" = " 137 137 137 1" ] && neighbours &&
    [ "$(ends | grep '^3 ' | tr '\n' ,)" = "3 1 lost 0 -,3 1 lost 0 -,3 1 lost 3 FA," ]
result $? "run: a task that kills its shim is tried by itself, and has failed then"
[ "$(tail -n 1 order)" -eq 3 ] && told "each of them is tried by itself, after all others" &&
    "$record" -l c | grep -q '^wfl-shim: the wfl-shim that ran it died with it 3 times in a row'
result $? "last, and that is said"
"$top_builddir/wflc" status c >status.txt 2>&1
sed 's/^/# /' status.txt
grep -q 'its shim died with it, 3 times in a row, the last time with nothing beside it' status.txt
result $? "wflc status tells, too"

poison 1
start node
wait "$pid"
[ $? -eq 1 ] && neighbours &&
    [ "$(ends | grep '^3 ' | tr '\n' ,)" = "3 1 lost 0 -,3 1 lost 0 -,3 1 lost 3 -A,3 2 lost 4 FA," ]
result $? "node: the keeper goes on, and its retries are counted"

# Deaths of a job that was told to end are nobody's.
deaf
n=0
while [ $n -lt 4 ]; do
    n=$((n + 1))
    rm -f pid.txt own.txt
    start run
    wait_for test -s pid.txt && wait_for test -s own.txt
    kill -TERM "$pid"
    wait_for told "no more tasks are started"
    kill -KILL "$pid"
    wait "$pid" 2>/dev/null
done
! ends | grep lost && [ "$(ends | grep -c ' 1 walltime 0 -')" -eq 6 ]
result $? "jobs that are killed after they were told to end are not counted"
