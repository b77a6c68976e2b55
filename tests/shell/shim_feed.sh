#!/bin/sh
# wfl-shim: processes that are told of their tasks line by line, and what programs may do with that.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"

# ends_in_line: all ends in one line, by task
ends_in_line() {
    ends | sort -n | tr '\n' ,
}

# fed COUNT [GROUPS]: a plan of one family, on 3 cores and 16 GB: a process uses 10 GB, and each task 2 GB beside
# that. Lines on stdin: what its program does, and what else the family says.
fed() {
    {
        printf 'node 3 16e9\nfamily draw %s %s\nmemory 12e9\nshared 10e9\nbundle\nfeed {i} {o0}\nlimit 20\n' "$1" "${2:-1}"
        IFS= read -r what
        printf 'sh echo $$ >> processes.txt; %s\n' "$what"
        cat
    } | plan
}

# The program of most: works on each line in a process of its own, and tells how many there are at a time.
# shellcheck disable=SC2016
good='while read -r i o; do { mkdir "at-$i"; ls -d at-* | wc -l >> most.txt; sleep 0.1; rmdir "at-$i"; echo "$i" > $o; } & done; wait'

fed 9 <<END
$good; echo said {w}
output image out/{i}
END
run 0 && [ "$(cat out/* | sort -n | tr '\n' ' ')" = "0 1 2 3 4 5 6 7 8 " ]
result $? "each task is told to the process and done"
[ "$(wc -l <processes.txt)" -eq 1 ] && [ "$(sort -n most.txt | tail -n 1)" -eq 3 ]
result $? "by one process, which is kept full, and never has more at a time than there is room for"
[ "$(ends | grep -c ' 1 ok 0 FS$')" -eq 9 ] && [ "$(ends | cut -d' ' -f1 | sort -u | wc -l)" -eq 9 ]
result $? "each has one end"
"$record" -l c | grep -qx 'said 3'
result $? "the command knows how many there may be at a time"
[ -z "$(find . -name '.wfl-*' -o -name 'spool-*' -o -name 'at-*')" ]
result $? "no temporary file is left"

fed 5 2 <<END
$good
output image out/{i}
END
run 0 && [ "$(ends | grep -c ' 1 ok 0 F')" -eq 10 ] && [ "$(wc -l <processes.txt)" -eq 2 ]
result $? "two visits that do not fit beside each other have a process each"

# A visit that is in several shards: the node takes the next one, and its process goes on with that.
{
    printf 'node 3 16e9\nshards 4\nfamily draw 12 1\nmemory 12e9\nshared 10e9\nbundle\nfeed {i} {o0}\nlimit 20\n'
    printf 'sh echo $$ >> processes.txt; %s\noutput image out/{i}\n' "$good"
} | plan
R=0 S=1 "$shim" node c --nodes 1 --rank-var R --size-var S --quiet 2>err && [ "$(ends | grep -c ' 1 ok 0 F')" -eq 12 ] && [ "$(wc -l <processes.txt)" -lt 4 ] &&
    [ "$(find c/state/journal -type f | wc -l)" -eq 4 ]
result $? "a process is told of tasks of several shards, too"

# The same on a node that has room for all of them before the process is there.
{
    printf 'node 3 16e9\nshards 3\nfamily draw 6 1\nmemory 12e9\nshared 10e9\nbundle\nfeed {i} {o0}\nlimit 20\n'
    printf 'sh echo $$ >> processes.txt; %s\noutput image out/{i}\n' "$good"
} | plan
R=0 S=1 "$shim" node c --nodes 1 --rank-var R --size-var S --cores 6 --memory 40000000000 --quiet 2>err &&
    [ "$(ends | grep -c ' 1 ok 0 F')" -eq 6 ] && [ "$(wc -l <processes.txt)" -eq 1 ]
result $? "those of shards that are taken together wait for the process of the first one"

# --- programs that do something else ---

fed 5 <<'END'
cat > all.txt; while read -r i o; do echo $i > $o; done < all.txt
END
"$shim" run c 2>err
[ $? -eq 3 ] && said "a family"
result $? "a family that is fed and has no output cannot be planned"

# They fill the node. Without a word that no more come, the end of file is given after ten seconds of rest.
for node in run "node --nodes 1 --rank-var R --size-var S"; do
    fed 3 <<'END'
s=$(date +%s); cat > all.txt; [ $(($(date +%s) - s)) -lt 8 ] && touch soon.txt; while read -r i o; do echo $i > $o; done < all.txt
output image out/{i}
END
    # shellcheck disable=SC2086
    R=0 S=1 "$shim" $node c --quiet 2>err && [ "$(ends_in_line)" = "0 1 ok 0 FS,1 1 ok 0 FS,2 1 ok 0 FS," ] && [ -e soon.txt ]
    result $? "${node%% *}: the end of file comes as soon as no more lines do"
done

fed 4 <<'END'
exit 0
retries 1
output image out/{i}
END
run 1 && [ "$(ends | grep -c 'output missing')" -eq 8 ] && [ "$(wc -l <processes.txt)" -le 8 ]
result $? "who reads nothing and ends has done nothing: charged, and not started for ever"

fed 4 <<'END'
read -r i o; echo $i > $o
retries 0
output image out/{i}
END
run 0 && [ "$(wc -l <processes.txt)" -eq 4 ] && ! ends | grep -v ' ok \| cancelled '
result $? "who reads one line and ends well: the others were not told, so they are not charged"

fed 4 <<'END'
read -r i o; exec <&-; echo $i > $o; sleep 0.5
retries 0
output image out/{i}
END
run 0 && ! ends | grep -v ' ok \| cancelled ' && [ "$(cat out/* | wc -l)" -eq 4 ]
result $? "who closes its input takes no more, and another process does the rest"

fed 3 <<'END'
kill -9 $$
retries 1
output image out/{i}
END
run 1 && [ "$(ends | grep -c 'signal 9')" -eq 6 ]
result $? "who dies at once is charged by the usual rules"

fed 4 <<'END'
while read -r i o; do [ $i = 3 ] && [ $WFL_ATTEMPT = 1 ] && sleep 0.5 && exit 7; echo $i > $o; done
retries 1
output image out/{i}
END
run 0 && [ "$(ends | grep -v ' ok ' | sort -n)" = "3 1 exit 7 -S" ]
result $? "when a process fails, what it had done stays so"

fed 5 <<'END'
while read -r i o; do [ $i = 1 ] || { sleep 0.1; echo $i > $o; } & done; wait; sleep 0.8; exit 1
retries 0
output image out/{i}
END
run 1 && [ "$(ends | grep -v ' ok ')" = "1 1 exit 1 FS" ] && [ "$(ends | grep -c ' 1 ok ')" -eq 4 ]
result $? "who ends badly because one task failed, as xargs does, is charged with that one alone"

fed 5 <<'END'
while read -r i o; do sleep 0.2; echo $i > $o; done
output image out/{i}
END
run 0 && [ "$(wc -l <processes.txt)" -eq 1 ] && ! ends | grep -v ' 1 ok '
result $? "who works on one after the other gets them all the same"

fed 5 <<'END'
read -r i p; for k in 3 4; do echo early > ${p%0.$i}$k.$k; done; echo $i > $p; while read -r i p; do [ -e $p ] && echo $i >> early.txt; echo $i > $p; done
output image out/{i}
END
# temporary names are DIR/.wfl-TAG-TASK.BASE, which are no business of its own
run 0 && ! ends | grep -v ' 1 ok ' && [ ! -e early.txt ]
result $? "what a program wrote for a task that it was not told of yet is none of its outputs"

fed 4 <<'END'
while read -r i o; do { [ $i = 1 ] && sleep 60; echo $i > $o; } & done; wait
output image out/{i}
retries 0
limit i+1
END
run 1 && [ "$(ends | grep -v ' ok ' | grep -v ' cancelled ' | cut -d' ' -f1-4)" = "1 1 limit 15" ] &&
    [ "$(ends | grep -c ' ok ')" -eq 3 ]
result $? "of a process with a task over its limit only that one is charged"

fed 4 <<'END'
while read -r i o; do { case $i in [01]) sleep 5;; 2) sleep 4;; 3) until [ -e out/0 ] && [ -e out/1 ]; do sleep 0.1; done;; esac; echo $i > $o; } & done; wait
output image out/{i}
check command case "$1" in *[01]) sleep 5;; esac; grep -q . "$1"
retries 0
limit i+8
END
run 0 && [ "$(ends | grep -c ' 1 ok ')" -eq 4 ] && [ "$(wc -l <processes.txt)" -eq 1 ]
result $? "the time of its check is not a task's own"

fed 3 <<'END'
trap 'touch struck.txt; exit 1' TERM; while read -r i o; do [ $i = 2 ] || echo $i > $o; done; while :; do sleep 0.1; done
output image out/{i}
check command [ -e struck.txt ] || sleep 60; grep -q . "$1"
retries 0
limit 4
END
run 1 && [ "$(ends_in_line)" = "0 1 ok 1 FS,1 1 ok 1 FS,2 1 limit 1 FS," ]
result $? "who is checked when another one is past its limit has not run past its own"

fed 3 <<'END'
while read -r i o; do [ $i = 2 ] && echo $i > $o & done; wait
retries 0
output image out/{i}
END
run 1 --cores 2 && [ "$(ends_in_line)" = "0 1 output missing FS,1 1 output missing FS,2 1 ok 0 F," ] && [ "$(wc -l <processes.txt)" -eq 2 ]
result $? "a process in which all have failed, and which waits for more, gets the end of file"

fed 4 <<END
p=; $top_builddir/tests/shell/grow 200 50 0 60000 & g=\$!; while read -r i o; do { sleep 3; echo \$i > \$o; } & p="\$p \$!"; done; wait \$p; kill \$g
memory 30e6
shared 10e6
output image out/{i}
END
run 0 && "$top_builddir/wflc" status c >status.txt 2>&1 && grep -q '^4 tasks of draw used more memory than is stated' status.txt
result $? "each task of a process that used more memory than is stated is on record, those that were done before it, too"

# --- retries, inputs, order ---

fed 4 <<'END'
while read -r i o; do [ $i = 2 ] && [ ! -e failed.txt ] && { touch failed.txt; continue; }; echo $i > $o & done; wait
retries 1
output image out/{i}
END
run 0 && [ "$(ends | grep -c ' ok ')" -eq 4 ] && ends | grep -q '^2 1 output missing' && [ "$(wc -l <processes.txt)" -eq 2 ]
result $? "what failed is tried again, in a process of its own if nothing else is left"

fed 6 <<END
$good
output image out/{i}
input in{i}.txt
END
for i in 0 1 2 3 5; do echo > in$i.txt; done
run 1 && [ "$(ends | grep -c ' 1 ok ')" -eq 5 ] && ends | grep -q '^4 1 input missing' && [ "$(wc -l <processes.txt)" -eq 1 ]
result $? "a task whose input is missing fails by itself, and the process goes on"

fed 6 <<END
$good
output image out/{i}
input in{i}.txt
check command sleep 0.1; grep -q good "\$1"
END
for i in 0 1 2 3 4 5; do echo good > in$i.txt; done
echo bad > in4.txt
run 1 && [ "$(ends | grep -c ' 1 ok ')" -eq 5 ] && ends | grep -q '^4 1 input' && [ "$(wc -l <processes.txt)" -eq 1 ]
result $? "inputs of those that join are checked beside the process"

# --- others of the bundle wait for what they need ---

# waits WHAT: what makes {i} before its task, and is to await a file, is WHAT; more of the plan on stdin
waits() {
    {
        # shellcheck disable=SC2016
        printf 'node 3 16e9\nfamily pre 3\nmemory 1e6\nlimit 60\nsh await() { until [ -e $1 ]; do sleep 0.05; done; }; %s\n' "$1"
        printf 'output - pre/{i}\nfamily draw 3 1\nmemory 12e9\nshared 10e9\nbundle\nfeed {i} {o0}\nlimit 4\nneeds pre same\n'
        # shellcheck disable=SC2016
        printf 'sh echo $$ >> processes.txt; began=$(date +%%s); while read -r i o; do { echo $i > $o; touch did-$i.txt; } & done; [ $(($(date +%%s) - began)) -lt 8 ] && touch soon.txt; wait\n'
        printf 'output - out/{i}\n'
        cat
    } | plan
}

# Its first task is complete long before the limit of four seconds, and waits beyond that.
waits 'case {i} in 1) await did-0.txt; sleep 6;; 2) await did-1.txt; sleep 2;; esac; echo > {o0}' </dev/null
run 0 && [ "$(wc -l <processes.txt)" -eq 1 ] && [ "$(ends | grep -c ' 1 ok ')" -eq 6 ]
result $? "a process whose tasks are complete is kept while what the others need is made, and their limits wait"

waits 'case {i} in 0) ;; *) await big.txt;; esac; echo > {o0}' <<'END'
family big 1
cores 1
memory 1e6
priority -1
needs pre same
sh [ -e soon.txt ] && echo > big.txt
END
run 0 && [ "$(wc -l <processes.txt)" -eq 2 ]
result $? "but not when something is ready and there is no room for it"

# --- the end ---

# shellcheck disable=SC2016
slow='trap "" TERM; while read -r i o; do { echo $i >> told.txt; until [ -e go.txt ]; do sleep 0.02; done; echo $i > $o; } & done; wait'

# told N: so many lines were read
told() {
    [ "$(wc -l <told.txt)" -ge "$1" ]
}

fed 6 <<END
$slow
output image out/{i}
END
: >err
"$shim" run c 2>err &
pid=$!
wait_for told 3
kill -TERM "$pid"
wait_for said "no more tasks are started"
touch go.txt
wait "$pid"
[ $? -eq 4 ] && [ "$(ends | grep -c ' 1 ok ')" -eq 3 ] && [ "$(wc -l <told.txt)" -eq 3 ]
result $? "a node that drains feeds no more, and what was told is done"
run 0 && [ "$(ends | grep -c ' 1 ok ')" -eq 6 ] && [ "$(sort told.txt | uniq -d | wc -l)" -eq 0 ]
result $? "the next run does the rest"

fed 6 <<END
$slow
output image out/{i}
END
: >err
"$shim" run c 2>err &
pid=$!
wait_for told 3
kill -9 "$pid"
wait "$pid" 2>/dev/null
"$record" c | sed -n 's/^[0-9]* start \([0-9]*\) .*/\1/p' | sort -u >started.txt
sort -u told.txt | comm -23 - started.txt >untold.txt
[ ! -s untold.txt ]
result $? "the START of a task is on file before its line is sent"
touch go.txt
run 0 && [ "$(ends | grep ' ok ' | cut -d' ' -f1 | sort -u | wc -l)" -eq 6 ] &&
    [ "$(ends | grep -c ' ok ')" -eq 6 ] && [ "$(cat out/* | sort -n | tr '\n' ' ')" = "0 1 2 3 4 5 " ]
result $? "killed and started again, all are done, each once"

fed 4 <<'END'
trap 'for i in $(cat ids); do echo > ckpt$i; done; exit 0' USR1; while read -r i o; do echo $i >> ids; [ -e ckpt$i ] && { rm ckpt$i; echo $i > $o; }; done; while :; do sleep 0.05; done
signal 10 1
checkpoint ckpt{i}
output - out{i}
END
run 4 --time 2 && ! ends | grep -v ' walltime ' && [ -e ckpt0 ]
result $? "the signal before the end of the job: nobody is charged"

fed 4 <<'END'
while read -r i o; do { sleep 30; echo $i > $o; } & done; wait
output image out/{i}
END
run 4 --time 2 && ! ends | grep -v ' walltime '
result $? "at the end of the job those at work are stopped, and not charged"

fed 4 <<'END'
exec sh -c 'while read -r i o; do echo $i > $o; done'
output image out/{i}
time 5
END
run 4 --time 2 && [ -z "$(ends)" ] && [ ! -e processes.txt ]
result $? "nothing is fed that cannot be done in time"

# A worker leaves a part, and the program says so at its end, while the check of that is at work beside it.
for how in 'exit 1' 'kill -9 $$'; do
    fed 3 <<END
while read -r i o; do if [ \$i = 1 ]; then echo part > \$o; else echo whole > \$o; fi; done; until [ -e checked.txt ]; do sleep 0.01; done; $how
output image out/{i}
check command grep -qx part "\$1" && touch checked.txt; sleep 0.1; grep -qx whole "\$1"
END
    run 1 && ends | grep -q '^0 1 ok ' && ! ends | grep -q '^1 1 ok ' && [ ! -e out/1 ]
    result $? "what does not pass its check is not done, whatever its process ends with ($how)"
done

echo "1..$count"
