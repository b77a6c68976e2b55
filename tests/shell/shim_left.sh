#!/bin/sh
# wfl-shim: what is left of a task that goes on from a checkpoint.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
echo 1..13

# begun N: run until so many have written their checkpoint, then kill it, with all that it runs
begun() {
    rm -f ck.*
    "$shim" run c 2>err &
    pid=$!
    wait_for have "$1"
    kill -KILL $pid
    wait $pid 2>/dev/null
}

have() {
    [ "$(find . -maxdepth 1 -name 'ck.*' -size +0 | wc -l)" -eq "$1" ]
}

done_now() {
    find . -name 'out*.txt' | sort | tr '\n' ' '
}

# the first attempt writes a checkpoint and works on; the second one ends at once
script='if [ -e ck.{i} ]; then rm ck.{i}; echo x >{o0}; else echo 1 >ck.{i}; sleep 600; fi'

plan <<END
node 4 1e9
family f 4
memory 1e6
time 1000
sh $script
checkpoint ck.{i}
left echo reading \$1; echo \$1 >>asked.txt; [ {i} = 3 ] && echo 900 || echo " 0.{i} "
output x out{i}.txt
END
begun 4
run 4 --time 60 && [ "$(done_now)" = "./out0.txt ./out1.txt ./out2.txt " ] && [ "$(ends | grep -c ' ok 0 F')" -eq 3 ]
result $? "what has little left runs in a job that is too short for all of it"
said "f[i=3]: 900 s of it are left, and the job has 5" && said "3 done, 0 failed, 0 blocked, 1 left"
result $? "it is said what has more left, and how much"
[ "$(sed 's|.*/||' asked.txt | sort | tr '\n' ' ')" = "ck.0 ck.1 ck.2 ck.3 " ]
result $? "the command is told of the checkpoint"
! said reading && [ "$("$record" c | grep -c ' start 3 ')" -eq 1 ]
result $? "what it prints is not in the log, and what waits did not start"
run 0 && [ "$(done_now)" = "./out0.txt ./out1.txt ./out2.txt ./out3.txt " ] && [ "$(wc -l <asked.txt)" -eq 4 ]
result $? "without an end nothing is asked, and the rest is done"

# the same by numbers
plan <<END
node 4 1e9
family f 2
memory 1e6
time 1000
sh $script
checkpoint ck.{i}
remaining 1
output x out{i}.txt
family g 2
memory 1e6
time 1000
sh $(echo "$script" | sed 's/{i}/g{i}/g')
checkpoint ck.g{i}
remaining 500
output x outg{i}.txt
END
begun 4
run 4 --time 60 && [ "$(done_now)" = "./out0.txt ./out1.txt " ] && said "g[i=0]: 500 s of it are left" && said "g[i=1]: 500 s"
result $? "a number tells it as well"

# those that were told to stop, and those of which nothing can be told
plan <<END
node 5 1e9
family f 5
memory 1e6
time 1000
limit 100
sh $script
checkpoint ck.{i}
left case {i} in 0) echo 1;; 1) echo 1; echo no such column; exit 1;; 2) echo soon;; 3) ;; 4) echo -5;; esac
output x out{i}.txt
END
rm -f ck.*
: >err
"$shim" run c 2>>err &
pid=$!
wait_for have 5 && kill -TERM $pid && wait_for said "no more tasks are started" && kill -TERM $pid
wait $pid
run 4 --time 60 && [ "$(done_now)" = "./out0.txt " ] && [ "$(grep -c 'cannot be told, so it is taken for all of it' err)" -eq 4 ] &&
    said "who was asked failed: no such column" && said "no number of seconds: soon"
result $? "without an answer it is all of it"

# a command that hangs is ended by the task's limit
plan <<END
node 1 1e9
family f 1
memory 1e6
time 1000
limit 1
retries 5
sh echo 1 >ck.{i}; sleep 600
checkpoint ck.{i}
left sleep 600
output x out{i}.txt
END
begun 1
run 4 --time 60 && said "who was asked ran past the task's limit" && said "f[i=0]: 1000 s of it are left"
result $? "who is asked has the time of the task's limit"

# what fails, and left a checkpoint, is asked in the same job
plan <<END
node 1 1e9
family f 1
memory 1e6
time 1000
sh if [ -e ck.{i} ]; then rm ck.{i}; echo x >{o0}; else echo 1 >ck.{i}; sleep 5; exit 1; fi
retries 1
checkpoint ck.{i}
left echo 0.1
output x out{i}.txt
END
rm -f ck.*
run 0 --time 1017 && [ "$(ends | tr '\n' ,)" = "0 1 exit 1 -,0 2 ok 0 F," ]
result $? "what failed goes on in the same job, though it is too late for all of it"

# who has no checkpoint has all of it to do
plan <<END
node 2 1e9
family f 2
memory 1e6
time 1000
sh echo 1 >ck.{i}; sleep 600
checkpoint ck.{i}
left echo asked >>asked.txt; echo 0
output x out{i}.txt
END
begun 2
rm ck.*
run 4 --time 60 && [ ! -e asked.txt ] && said "f[i=0]: 1000 s of it are left"
result $? "without a checkpoint nothing is asked: it is all of it"

# bundles: those that have little left share a process again
plan <<END
node 4 1e9
family f 4 1
memory 1e6
time 1000
bundle
sh echo \$\$ >>processes.txt; for i in {is}; do if [ -e ck.\$i ]; then rm ck.\$i; echo x >\$WFL_OUT.\$i; else echo 1 >ck.\$i; fi; done; sleep 1
checkpoint ck.{i}
left [ {i} = 3 ] && echo 900 || echo 1
output x out{i}.txt
END
begun 4
run 4 --time 60 && [ "$("$record" c | grep -c ' start 3 ')" -eq 1 ] && [ "$("$record" c | grep -c ' start [012] ')" -eq 6 ] && [ "$(wc -l <processes.txt)" -eq 2 ]
result $? "of a bundle those run together that have little left"

# a fed process is given those that have
plan <<END
node 4 1e9
family f 4 1
memory 1e6
time 1000
bundle
feed {i} {o0}
sh while read -r i o; do if [ -e ck.\$i ]; then rm ck.\$i; echo x >\$o; else echo 1 >ck.\$i; fi; done
checkpoint ck.{i}
left [ {i} = 3 ] && echo 900 || echo 1
output x out{i}.txt
END
begun 4
run 4 --time 60 && [ "$(done_now)" = "./out0.txt ./out1.txt ./out2.txt " ]
result $? "a process that is fed is told of those that have little left"

# a node that has only what takes too long takes a shard in which something was begun
plan <<END
node 1 1e9
shards 2
family f 2
memory 1e6
time 1000
sh $script
checkpoint ck.{i}
left echo 0.1
output x out{i}.txt
END
rm -f ck.*
R=1 S=2 "$shim" node c --nodes 2 --rank-var R --size-var S --quiet 2>err &
pid=$!
wait_for test -s ck.1
kill -KILL $pid $(pgrep -P $pid)
wait $pid 2>/dev/null
R=0 S=1 "$shim" node c --nodes 1 --rank-var R --size-var S --time 60 2>err
[ "$(done_now)" = "./out1.txt " ] && [ ! -e ck.0 ]
result $? "a shard in which something was begun is looked at, however short the job is"
