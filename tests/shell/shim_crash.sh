#!/bin/sh
# wfl-shim: killed at any moment, and a disk that is full.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
echo 1..10

# Named and unnamed outputs, dependencies, children, tasks of some milliseconds.
plan <<'END'
node 3 1e9
family named 150
memory 1e6
sh sleep 0.0$((RANDOM_OF_TASK = {i} * 7 % 10)); echo {i} > {o0}; echo {i} > {o1}; echo {i} >> log-named
output x out/{i}.x
check command grep -q . "$1"
output y out/{i}.y
family plain 60
memory 1e6
needs named all
sh sleep 0.02 & echo {i} > out/{i}.plain; sleep 0.01; wait
output - out/{i}.plain
family last 1
memory 1e6
needs plain all
sh ls out | grep -c '[0-9]$\|[xyn]$' > {o0}
output z z.txt
END
kills=0
while :; do
    "$shim" run c 2>>err &
    pid=$!
    # between 0 and 0.24 s
    sleep "0.$(printf %02d $((kills * 17 % 25)))"
    [ $kills -lt 20 ] || break
    kill -9 "$pid" 2>/dev/null && kills=$((kills + 1))
    ! wait "$pid" || break
done
wait "$pid" && [ "$(cat z.txt)" -eq 360 ]
result $? "killed $kills times at any moment, resumed, finished"
[ "$("$record" c | grep -c ' end [0-9]* [0-9]* ok ')" -eq 211 ]
result $? "every task is done once in the record"
[ "$(ends | cut -d ' ' -f 1 | sort -un | wc -l)" -eq 211 ] && ! ends | grep -v ' ok \| lost '
result $? "none is lost, none failed"
[ -z "$(find . -name '.wfl-*' -o -name 'spool-*')" ]
result $? "no temporary file is left"
for p in /proc/[0-9]*; do
    { tr '\0' '\n' <"$p/environ"; } 2>/dev/null | grep -qx "WFL_STATE=$PWD/c/state" && echo "$p"
done >orphans.txt
[ ! -s orphans.txt ]
result $? "no process is left"

plan <<'END'
node 2 1e9
family f 2
memory 1e6
sh echo $$ > pid{i}.txt; if [ {i} = 1 ]; then setsid sleep 77 & fi; echo part > out{i}.txt; [ -e go ] || sleep 50
output - out{i}.txt
END
: >err
"$shim" run c 2>err &
pid=$!
wait_for test -s pid0.txt && wait_for test -s pid1.txt
wait_for test -s out0.txt && wait_for test -s out1.txt
kill -9 "$pid"
wait "$pid"
: >go
run 0 && gone pid0.txt && gone pid1.txt && said "killing what an earlier run left running"
result $? "what a killed shim left running is killed first"
[ "$(ends | sort | tr '\n' ,)" = "0 1 lost 0 -,0 1 ok 0 F,1 1 lost 0 -,1 1 ok 0 FL," ] &&
    said "out0.txt.failed" && [ ! -e out0.txt.failed ]
result $? "its tasks are lost, not charged, and run again"

# run_short: runs c in the background; no file may grow past 512 bytes
run_short() {
    rm -f messages
    mkfifo messages
    : >err
    cat messages >>err &
    (
        # shellcheck disable=SC3045 # where -S is not known nothing can be raised again
        ulimit -S -f 1
        exec "$shim" run c 2>messages
    ) &
    pid=$!
}

# The journal may grow to 512 bytes only: the head and seven records.
plan <<'END'
node 1 1e9
family f 6
memory 1e6
sh sleep 0.1
END
run_short
wait_for said "the journal cannot be written"
result $? "a full disk is told"
prlimit --pid "$pid" --fsize=unlimited
wait "$pid" && said "can be written again" && [ "$(ends | grep -c 'ok 0 F')" -eq 6 ]
result $? "and when there is room again the run goes on"

plan <<'END'
node 2 1e9
family f 40
memory 1e6
sh sleep 0.05
END
run_short
wait_for said "the journal cannot be written"
kill -TERM "$pid"
wait_for said "no more tasks are started;"
kill -TERM "$pid"
wait "$pid"
[ $? -eq 5 ] && said "the record is incomplete" && run 0 && [ "$(ends | cut -d ' ' -f 1 | sort -un | wc -l)" -eq 40 ]
result $? "a run that cannot record ends with 5, and is resumed"
