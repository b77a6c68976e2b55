#!/bin/sh
# wfl-shim: what it learns of times, within a job and for the next one.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
echo 1..13

started() {
    find . -name 'started.*' | wc -l
}

# they take four times what is stated
plan <<'END'
node 24 1e9
family f 48
memory 1e6
time 0.5
sh echo >started.{i}; sleep 2; echo x >{o0}
output x out{i}.txt
END
run 4 --time 4 && [ "$(started)" -eq 24 ] && [ "$(ends | grep -c ' ok ')" -eq 24 ]
result $? "what was seen to take longer does not start when it is too late for that"
[ "$(find c/state/learned -type f | wc -l)" -ge 1 ] && [ -z "$(find c/state/learned -name '.*' -type f)" ]
result $? "it is kept"
run 4 --time 2 && [ "$(started)" -eq 24 ] && said "the job's time is too short" && said "is expected to take 2"
result $? "the next job knows: nothing starts in one that is too short"
for f in c/state/learned/*; do # as of a machine that lost its power
    echo torn >"$f"
done
run 4 --time 2 && [ "$(ends | grep -c ' walltime ')" -eq 24 ]
result $? "and without that, by what is stated, all would have been lost"
run 0 && [ "$(ends | grep -c ' ok ')" -eq 48 ]
result $? "in a long one all is done"

# they take a tenth of it
plan <<'END'
node 24 1e9
family f 48
memory 1e6
time 6
sh echo x >{o0}
output x out{i}.txt
END
run 0 && rm out*.txt && run 0 --time 4 && [ "$(ends | grep -c ' gone ')" -eq 48 ] && [ "$(ends | grep -c ' ok ')" -eq 96 ]
result $? "what takes less than is stated starts in a job shorter than that"

# half of them take two seconds; what is stated is too much for all
plan <<'END'
node 48 1e9
family f 24 2
memory 1e6
time 10
learn {g}
sh [ {g} = 0 ] || sleep 2; echo x >{o0}
output x out{g}-{i}.txt
END
run 0 && rm out*.txt && run 4 --time 2 && [ "$(find . -name 'out0-*.txt' | wc -l)" -eq 24 ] &&
    [ "$(find . -name 'out1-*.txt' | wc -l)" -eq 0 ] && [ "$(ends | grep -c ' gone ')" -eq 48 ] && ! said walltime
result $? "those of one kind start, and those of another do not"

"$top_builddir/wflc" status c >shown && grep -q '^f: measured .* what is stated, 95 of 100 within 0.2.* x; 72 attempts$' shown &&
    grep -q '^  0: measured 0.0.* x what is stated' shown && grep -q '^  1: measured 0.2.* x what is stated, .*; 24 attempts$' shown &&
    "$top_builddir/wflc" status --json c | grep -q '"family": "f", "by": "1", "attempts": 24, "ratio": 0.2'
result $? "status says what was measured, of each kind"

# nothing is stated: then nothing starts near the end, until it is known
plan <<'END'
node 24 1e9
family f 48
memory 1e6
sh echo x >{o0}
output x out{i}.txt
END
run 0 && rm out*.txt && run 0 --time 100000 --stop-starting 100000 && [ "$(ends | grep -c ' ok ')" -eq 96 ]
result $? "times of which nothing is stated become known"
mkdir c/state/learned/.odd && echo x >c/state/learned/.learned.e7.nid9.1 && mkfifo c/state/learned/999 && rm -f c/state/learned/[1-8]* && rm out*.txt && run 0 && [ ! -e c/state/learned/.learned.e7.nid9.1 ]
result $? "things in its folder that are nothing of it"

# what is carried over to another plan is known there
wflc=$top_builddir/wflc
campaign() {
    cat >d.wfl <<END
campaign d
set n = 1 .. $1
task f for i in n { memory 1 MB; time 10 s; run "echo x >{o}"; output o "d/{i}" }
END
}
campaign 24 && "$wflc" run -q d.wfl 2>err && campaign 30 && "$wflc" build -q d.wfl 2>err &&
    "$wflc" plan d.wfl >plan.out 2>err && grep -q '^so far .*24 of 30 tasks are done (build/d/local)' plan.out &&
    tr -s ' \n' '  ' <plan.out | grep -q 'node-hours by what was measured, and .* as it is stated' && grep -q '^ *f: measured .* x; 24 attempts$' plan.out &&
    "$wflc" plan --json d.wfl 2>err | grep -q '"so_far": {"tasks": 30, "done": 24, "left": 6, "node_hours_stated": '
result $? "plan tells how far it is, and what is left by what was measured"
"$shim" run build/d/local --time 3 2>err && [ "$(find d -type f | wc -l)" -eq 30 ]
result $? "the record that a build carries over tells of times, too"

# killed with its job, which it knew to end
plan <<'END'
node 1 1e9
family f 1
memory 1e6
sh echo $$ >pid.txt; sleep 60
END
: >err
"$shim" run c 2>>err &
pid=$!
wait_for test -s pid.txt && sleep 1.2 && kill -TERM $pid && wait_for said "no more tasks are started" && kill -KILL $pid
wait $pid 2>/dev/null
"$shim" run c --time 1 2>>err
ran=$(od -An -tu4 -j $((2 * 64 + 24)) -N 4 c/state/journal/0000.e0002 | tr -d ' ') # behind the head, and who writes it
ends | grep -q '^0 1 walltime ' && [ "$ran" -ge 1000 ] && [ "$ran" -lt 60000 ]
result $? "what was lost with its job was known to run so long"
