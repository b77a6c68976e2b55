#!/bin/sh
# wfl-shim: the end of the job.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
echo 1..20

sorted_ends() {
    ends | sort | tr '\n' ,
}

plan <<'END'
node 4 1e9
family long 1
memory 1e6
time 60
sh echo long
family short 2
memory 1e6
time 0.5
sh echo short
family unknown 1
memory 1e6
sh echo unknown
END
run 4 --time 5 && ! said "end 0" && [ "$(sorted_ends)" = "1 1 ok 0 F,2 1 ok 0 F,3 1 ok 0 F," ]
result $? "nothing starts that does not fit into the time left"
said "the job's time is too short for what is ready to start" && said "3 done, 0 failed, 0 blocked, 1 left"
result $? "and who waits for nothing ends early"
run 4 --until 1000 && [ "$(ends | wc -l)" -eq 3 ] && said "the job has no time left"
result $? "no time is left: nothing starts"
run 0 --until $(($(date +%s) + 300)) && [ "$(ends | wc -l)" -eq 4 ]
result $? "enough is left"

plan <<'END'
node 1 1e9
family f 1
memory 1e6
time 1
sh sleep 3
family g 1
memory 1e6
time 25
needs f all
sh true
END
run 4 --time 30
sed -n 's/.*shortest is expected to take \([0-9.]*\) s, and \([0-9.]*\) s are left for tasks, of \([0-9.]*\) s when.*/\1 \2 \3/p' err |
    awk '{ good = $1 > $2 && $2 < $3 } END { exit !good }'
result $? "what is said of the time is what is left of it"

plan <<'END'
node 4 1e9
family f 3
memory 1e6
retries 0
sh echo $$ > pid{i}.txt; trap 'exit 5' TERM; [ {i} = 1 ] && trap '' TERM; [ {i} = 2 ] && trap 'echo x > {o0}; exit 0' TERM; while :; do sleep 0.05; done
output x out{i}.txt
END
from=$(date +%s%N)
run 4 --time 2
took=$((($(date +%s%N) - from) / 1000000))
[ "$(sorted_ends)" = "0 1 walltime 5 -,1 1 walltime 9 -,2 1 ok 0 F," ]
result $? "at the end tasks are stopped, and not charged"
[ $took -gt 1500 ] && [ $took -lt 9000 ] && gone pid0.txt && gone pid1.txt && said "the job ends: stopping 3 tasks"
result $? "in time"

# 10 is USR1. The program writes a checkpoint when it is told, and goes on from it.
plan <<'END'
node 5 1e9
family f 3 1
memory 1e6
bundle
whole
signal 10 1
checkpoint ckpt{i}
sh trap 'for i in {is}; do echo > ckpt$i; done; exit 0' USR1; [ -e ckpt0 ] && { rm ckpt?; echo x > out1; echo x > out2; exit; }; echo x > out0; while :; do sleep 0.05; done
output - out{i}
family g 1
memory 1e6
signal 10 1
sh sh -c 'trap "sleep 0.2; echo > saved; exit" USR1; while :; do sleep 0.05; done'; :
family h 1
memory 1e6
signal 10 1
sh trap "kill -SEGV $$" USR1; while :; do sleep 0.05; done
END
run 4 --time 2
[ "$(sorted_ends)" = "0 1 walltime 0 -S,1 1 walltime 0 -S,2 1 walltime 0 -S,3 1 walltime 10 -,4 1 signal 11 F," ]
result $? "the signal before the end: not charged, but for a crash"
[ -e ckpt2 ] && [ -e out0 ] && [ ! -e out0.failed ]
result $? "outputs stay for who goes on from a checkpoint"
[ -e saved ]
result $? "a program below a shell has its time"
"$shim" run c --time 2 2>/dev/null
ends | grep -q '^0 1 ok' && [ -e out0 ] && [ -e out2 ] && [ ! -e ckpt0 ]
result $? "and the next job finishes what was begun"

plan <<'END'
node 4 1e9
family f 1
memory 1e6
signal 10 100
sh trap 'echo > ckpt; exit 3' USR1; echo > ready.txt; while :; do sleep 0.05; done
checkpoint ckpt
family g 20
memory 1e6
sh sleep 0.2
END
: >err
"$shim" run c 2>err &
pid=$!
wait_for test -e ready.txt
kill -USR2 "$pid"
wait "$pid"
[ $? -eq 4 ] && [ -e ckpt ] && ends | grep -q '^0 1 walltime 3 -' && said "the job ends soon" &&
    ! ends | grep -v ' ok \|walltime'
result $? "the early warning is the signal for all that runs"

# Slurm signals every process of a step.
plan <<'END'
node 4 1e9
family f 1
memory 1e6
sh kill -USR2 $$; sh -c 'kill -USR2 $$; echo > went-on.txt'
END
run 0 && [ -e went-on.txt ] && [ "$(ends)" = "0 1 ok 0 F" ]
result $? "the early warning does not kill tasks that get it, too"

plan <<'END'
node 4 1e9
family f 1
memory 1e6
signal 12 1
sh trap 'echo warned; exit 0' USR2; kill -USR2 $$; exit 1
END
run 0 && said warned
result $? "unless they want that signal"

plan <<'END'
node 4 1e9
family late 1
memory 1e6
signal 10 100
sh trap 'echo told; exit 0' USR1; while :; do sleep 0.05; done
END
run 0 --time 2 && said told && [ "$(ends)" = "0 1 ok 0 F" ]
result $? "who starts late is told when it has to stop"

plan <<'END'
node 4 1e9
family f 1
memory 1e6
sh echo x > {o0}
output x out.txt
check command sleep 100
END
run 4 --time 2 && [ "$(ends)" = "0 1 walltime 0 -" ]
result $? "a check that does not end in time"

plan <<'END'
node 1 1e9
family f 1
memory 1e6
retries 3
time 2
sh exit 1
END
run 4 --time 3 && [ "$(ends | wc -l)" -le 2 ]
result $? "a retry that does not fit any more is not waited for"

# A job that is told to end is killed some time later, on Cobalt after minutes: that is its end.
plan <<'END'
node 5 1e9
family f 3
memory 1e6
retries 0
sh echo $$ > pid{i}.txt; [ {i} != 0 ] || { sleep 1; echo x > {o0}; exit; }; [ {i} = 1 ] && trap '' TERM; while :; do sleep 0.05; done
output x out{i}.txt
family g 1
memory 1e6
signal 10 1
checkpoint ckpt
sh trap 'echo > ckpt; exit 0' USR1; echo $$ > pid3.txt; while :; do sleep 0.05; done
END
R=0 S=1 "$shim" node c --nodes 1 --rank-var R --size-var S --job 7 --grace 4 >err 2>&1 &
pid=$!
for i in 0 1 2 3; do
    wait_for test -s pid$i.txt
done
kill -TERM $pid
wait $pid
[ $? -eq 4 ] && grep -q 'no more tasks are started; 4 that run have 4 s, for the job is killed then' err
result $? "a job that is told to end has the time of its grace"
[ "$(ends | sort | sed -n '1p;4p' | tr '\n' ,)" = "0 1 ok 0 F,3 1 walltime 0 -," ] && [ -e ckpt ]
result $? "what can end in it is done, and what asked for a signal has it"
[ "$(ends | sort | sed -n '2,3p' | tr '\n' ,)" = "1 1 walltime 9 -,2 1 walltime 15 -," ] && gone pid1.txt && gone pid2.txt
result $? "the rest is stopped before the job is killed, and not charged"
