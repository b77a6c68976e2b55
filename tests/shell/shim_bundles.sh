#!/bin/sh
# wfl-shim: several tasks in one process.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
echo 1..18

# sorted_ends: all ends in one line, by task and attempt
sorted_ends() {
    ends | sort -n | tr '\n' ,
}

plan <<'END'
node 10 76e9
family draw 5 3
memory 12e9
shared 10e9
time 100
bundle
whole
sh echo "$WFL_TASK {n} g{g}: {is}" >> log.txt; for f in {os}; do echo x > $f; done; echo said; sleep 0.1
output image out/{g}-{i}.fits
family sum 1
memory 1e6
needs draw all
sh ls out | wc -l > {o0}
output n n.txt
END
run 0 && [ "$(cat n.txt)" -eq 15 ]
result $? "the tasks of a bundle are done by one process, and what needs them goes on"
[ "$(sort log.txt | tr '\n' ,)" = "0 5 g0: 0 1 2 3 4,10 5 g2: 0 1 2 3 4,5 5 g1: 0 1 2 3 4," ]
result $? "each with the tasks of its group"
[ "$("$record" c | grep -c start)" -eq 16 ] && [ "$(ends | grep -c 'ok 0 FS')" -eq 15 ] &&
    [ "$(ends | grep -c 'ok 0 F$')" -eq 1 ]
result $? "each task has its start and its end; those that shared a process say so"
[ "$("$record" -l c | grep -cx said)" -eq 3 ] &&
    [ "$("$record" -l c | grep -c 'what it wrote is in the log of draw\[g=1 i=0\]')" -eq 4 ]
result $? "the log is kept once, and found from the others"
[ -z "$(find . -name '.wfl-*' -o -name 'spool-*')" ]
result $? "no temporary file is left"

# 12 + 2 + 2 GB: three at a time
plan <<'END'
node 10 16.5e9
family draw 8 1
memory 12e9
shared 10e9
bundle
sh echo "{is}" >> log.txt; sleep 0.1
END
run 0 && [ "$(tr '\n' , <log.txt)" = "0 1 2,3 4 5,6 7," ]
result $? "as many as memory allows"

plan <<'END'
node 4 16e9
family draw 8 1
memory 1e6
cores 2
bundle
sh echo "{is} $WFL_CORES" >> log.txt; sleep 0.1
END
run 0 && [ "$(tr '\n' , <log.txt)" = "0 1 4,2 3 4,4 5 4,6 7 4," ]
result $? "and as cores allow, which are counted for all of them"

plan <<'END'
node 4 16e9
family draw 4 1
memory 1e6
bundle
sh for f in {os}; do case $f in *.2) ;; *) echo x > $f;; esac; done
output image out/{i}
check command sleep 0.1
END
run 1 && [ "$(sorted_ends)" = "0 1 ok 0 FS,1 1 ok 0 FS,2 1 output missing FS,3 1 ok 0 FS," ]
result $? "after exit 0 each task is judged by its own outputs"

plan <<'END'
node 4 16e9
family draw 2 1
memory 1e6
retries 1
bundle
sh for f in {os}; do echo x > $f; done; [ "$WFL_ATTEMPT" = 2 ] || exit 3
output - out/{i}
END
run 0 && [ "$(sorted_ends)" = "0 1 exit 3 -S,0 2 ok 0 F,1 1 exit 3 -S,1 2 ok 0 F," ] &&
    said "out/0.failed" && said "out/1.failed" && [ ! -e out/0.failed ] && [ ! -e out/1.failed ]
result $? "after another exit code all of them fail, and are tried again"

# One of them fails whatever is done; in this shim, or when the last attempt is another one's.
for again in "" "; [ \$WFL_ATTEMPT != 2 ] || kill -TERM \$PPID"; do
    plan <<END
node 4 16e9
family draw 4 1
memory 1e6
retries 2
bundle
sh code=0; for f in {os}; do [ \$f != out/1 ] && echo x > \$f || code=3; done$again; exit \$code
output - out/{i}
END
    if [ -n "$again" ]; then
        run 4
    fi
    # the others are done at the second attempt where their pauses did not end together
    run 1 && [ "$(ends | grep -c '^. 1 exit 3 -S$')" -eq 4 ] && [ "$(ends | grep -c ' ok ')" -eq 3 ] &&
        ends | grep -qx '1 3 exit 3 F' && ! ends | grep '^. 3 .*S$'
    result $? "one that always fails does not take the others with it${again:+, in another run}"
done

plan <<'END'
node 4 16e9
family draw 4 1
memory 1e6
bundle
input in{i}.txt
check size > 2
check command ! grep -q bad "$1"
sh for f in {os}; do echo x > $f; done; echo "{n}: {is}" > log.txt
output image out/{i}
END
for i in 0 3; do echo good >in$i.txt; done
echo bad >in1.txt
run 1 && [ "$(cat log.txt)" = "2: 0 3" ] && said "input in1.txt: failed its check command (exit 1)" &&
    said "input in2.txt: is missing" &&
    [ "$(sorted_ends)" = "0 1 ok 0 FS,1 1 input command F,2 1 input missing F,3 1 ok 0 FS," ]
result $? "a task whose input is not good fails alone"
echo x >in2.txt
echo good >in1.txt
run 1 && said "input in2.txt: has 2 bytes, must have > 2" && [ -e out/1 ] && [ ! -e out/2 ]
result $? "and is looked at again in the next run"

plan <<'END'
node 4 16e9
family long 2 1
memory 1e6
bundle
limit i+0.3
sh sleep 0.6
family short 2 1
memory 1e6
bundle
limit 0.3
sh sleep 50 & wait
END
run 1 && [ "$(sorted_ends)" = "0 1 ok 0 FS,1 1 ok 0 FS,2 1 limit 15 FS,3 1 limit 15 FS," ]
result $? "the limit of a bundle is its longest one"

plan <<'END'
node 4 16e9
family draw 4 1
memory 1e6
bundle
sh exec 3> out0.txt; echo part >&3; echo $$ > pid.txt; [ -e go ] || sleep 50; exec 3>&-; for f in {os}; do echo x > $f; done
output - out{i}.txt
END
"$shim" run c 2>err &
pid=$!
wait_for test -s pid.txt
kill -INT "$pid"
wait_for said "waiting for 4 that run"
kill -INT "$pid"
wait "$pid"
[ $? -eq 4 ] && gone pid.txt &&
    [ "$(sorted_ends)" = "0 1 cancelled 15 -S,1 1 cancelled 15 -S,2 1 cancelled 15 -S,3 1 cancelled 15 -S," ]
result $? "a bundle that is stopped is not charged"

: >err
rm pid.txt
"$shim" run c 2>err &
pid=$!
wait_for test -s pid.txt
kill -9 "$pid"
wait "$pid"
: >go
run 0 && said "4 tasks running; 0 of them were complete" && [ "$(ends | grep -c lost)" -eq 4 ] &&
    [ "$(ends | grep -c 'ok 0 FS')" -eq 4 ] && gone pid.txt
result $? "what a killed shim worked on is lost, task by task, and runs again"

# random: bundles that fail, leave children and are killed with their shim
plan <<'END'
node 7 7e9
family draw 40 5
memory 1e9
shared 5e8
retries 9
bundle
sh for f in {os}; do echo x > $f; done; (sleep 0.02 &); sleep 0.0$WFL_ATTEMPT; [ $(($$ % 5)) != 0 ]
output image out/{g}-{i}
check command grep -q . "$1"
END
kills=0
while :; do
    "$shim" run c 2>>err &
    pid=$!
    sleep "0.$(printf %02d $((kills * 7 % 30)))"
    [ $kills -lt 6 ] || break
    kill -9 "$pid" 2>/dev/null && kills=$((kills + 1))
    ! wait "$pid" || break
done
wait "$pid"
[ "$(ends | grep -c ' ok ')" -eq 200 ] && [ "$(ends | grep ' ok ' | cut -d ' ' -f 1 | sort -un | wc -l)" -eq 200 ] &&
    [ "$(find out -type f ! -name '.*' ! -name '*.failed' | wc -l)" -eq 200 ]
result $? "killed $kills times at any moment, each task is done once"
[ -z "$(find . -name '.wfl-*' -o -name 'spool-*')" ]
result $? "and nothing is left behind"
