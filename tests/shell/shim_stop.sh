#!/bin/sh
# wfl-shim: limits, processes left behind, requests to end.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
echo 1..13

plan <<'END'
node 2 1e9
family quick 1
memory 1e6
limit 0.2
sh sleep 100
family forks 1
memory 1e6
sh sleep 100 & echo $! > group.txt; echo done > {o0}
output x x.txt
family hides 1
memory 1e6
sh setsid sleep 101 & sleep 0.1; echo > hides.txt
END
run 1
[ "$(ends | sort | tr '\n' ,)" = "0 1 limit 15 F,1 1 ok 0 FL,2 1 ok 0 FL," ]
result $? "a limit; children left in the group and in another session"
gone group.txt && ! pgrep -f 'sleep 101' >/dev/null
result $? "and none of them lives"

plan <<'END'
node 1 1e9
family deaf 1
memory 1e6
limit 0.1
sh trap '' TERM; echo $$ > pid.txt; while :; do sleep 1; done
END
run 1 && [ "$(ends)" = "0 1 limit 9 F" ] && gone pid.txt && said "ran past its limit"
result $? "a task that ignores TERM is killed in the end"

# start_run: runs c in the background
start_run() {
    : >err
    "$shim" run c 2>err &
    pid=$!
}
# end_run WANT
end_run() {
    wait "$pid"
    got=$?
    [ $got -eq "$1" ] || echo "# exit $got, wanted $1"
    [ $got -eq "$1" ]
}
running() {
    [ "$("$record" c | grep -c start)" -ge "$1" ]
}

plan <<'END'
node 2 1e9
family f 20
memory 1e6
sh until [ -e go ]; do sleep 0.02; done; echo > {o0}
output x out/{i}.txt
END
start_run
wait_for running 2
kill -INT "$pid"
wait_for said "interrupt: no more tasks are started"
touch go
end_run 4 && [ "$(ends | sort | tr '\n' ,)" = "0 1 ok 0 F,1 1 ok 0 F," ]
result $? "the first INT lets running tasks finish"
said "2 done, 0 failed, 0 blocked, 18 left" && "$record" c | tail -n 1 | grep -q close
result $? "says what is left, and closes the record"

plan <<'END'
node 2 1e9
family f 3
memory 1e6
sh echo part > {o0}; echo $$ > pid{i}.txt; sleep 50; echo more >> {o0}
output x x{i}.out
END
start_run
wait_for test -s pid1.txt
"$shim" run c 2>err2
[ $? -eq 3 ] && grep -q "being worked on already by host .*, process $pid; its last sign of life was" err2
result $? "a second shim is told who works here"
kill -USR1 "$pid"
wait_for said "2 running, 1 ready, 0 wait"
result $? "USR1 prints a line of status"
kill -HUP "$pid"
kill -TERM "$pid"
wait_for said "no more tasks are started"
kill -TERM "$pid"
end_run 4 && [ "$(ends | sort | tr '\n' ,)" = "0 1 cancelled 15 -,1 1 cancelled 15 -," ]
result $? "the second request stops tasks, without a charge"
gone pid0.txt && gone pid1.txt && [ -z "$(find . -name '.wfl-*' -o -name '*.out')" ]
result $? "nothing of them is left"

plan <<'END'
node 2 1e9
family f 2
memory 1e6
sh echo $$ > pid{i}.txt; sleep 50
END
start_run
wait_for test -s pid1.txt
kill -USR2 "$pid"
wait_for said "the job ends soon"
kill -TERM "$pid"
end_run 4 && [ "$(ends | sort | tr '\n' ,)" = "0 1 walltime 15 -,1 1 walltime 15 -," ]
result $? "after the early warning TERM is the end of the walltime"

plan <<'END'
node 2 1e9
family f 1
memory 1e6
sh sleep 0.2; kill -STOP $$
limit 0.5
END
run 1 && [ "$(ends)" = "0 1 limit 15 F" ]
result $? "a task that stopped itself is ended by its limit"

plan <<'END'
node 2 1e9
family f 1
memory 1e6
limit 0.3
sh echo > {o0}
output x x.txt
check command sleep 100
END
run 1 && said "the check of an output ran past" && [ "$(ends)" = "0 1 output unchecked F" ]
result $? "a check has the limit of its task"

plan <<'END'
node 4 1e9
family f 8
memory 4e8
sh mkdir -p r; : > r/{i}; [ "$(ls r | wc -l)" -le 2 ] || echo too many; sleep 0.1; rm r/{i}
END
run 0 && ! said "too many"
result $? "no more run than memory allows"
