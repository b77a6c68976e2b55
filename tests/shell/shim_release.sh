#!/bin/sh
# wfl-shim: tasks of a bundle are done while their process works on.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
. "$top_srcdir/tests/shell/node_lib.sh"

# Three tasks of a process, each with a consumer; the process goes on when what it waits for is there, and fails
# otherwise. Lines on stdin say what it does, with $1 $2 $3 for its outputs.
three() {
    {
        cat <<'END'
node 3 16e9
family draw 3 1
memory 2e8
limit 20
bundle
END
        IFS= read -r what
        printf '%s\n' "sh await() { until [ -e \"\$1\" ]; do sleep 0.02; done; }; set -- {os}; $what"
        cat
        cat <<'END'
family use 3 1
memory 1e6
needs draw same
input out/{i}
sh cp out/{i} u{i}.tmp; mv u{i}.tmp u{i}.txt
END
    } | plan
}

three <<'END'
echo a > $1; await u0.txt; echo b > $2; await u1.txt; echo c > $3; echo said
output image out/{i}
END
run 0 && [ "$(cat u0.txt u1.txt u2.txt | tr '\n' ' ')" = "a b c " ]
result $? "what needs a task of a bundle starts when its outputs are complete, on its core, while the process works on others"
[ "$(ends | grep '^[0-3] ' | tr '\n' ,)" = "0 1 ok 0 FS,3 1 ok 0 F,1 1 ok 0 FS,2 1 ok 0 FS," ]
result $? "each has its end as it comes; the last one has that of the process"
[ "$("$record" -l c | grep -c '^wfl-shim: it was done while its process')" -eq 2 ] &&
    "$record" -l c | sed -n '/ end 2 /,/ end 5 /p' | grep -qx said
result $? "what the process said is with those that ended with it, and the others say so"
[ -z "$(find . -name '.wfl-*' -o -name 'spool-*')" ]
result $? "no temporary file is left"

three <<'END'
exec 3> $1; echo a >&3; echo b > $2; await u1.txt; sleep 0.6; ls u0.txt > early.txt 2>&1; echo a >&3; exec 3>&-; await u0.txt; echo c > $3
output image out/{i}
END
run 0 && ! grep -qx u0.txt early.txt && [ "$(wc -l <u0.txt)" -eq 2 ]
result $? "a file that is open for writing is not complete before it is closed"

three <<'END'
echo bad > $1; await checked.txt; sleep 0.2; ls u0.txt > early.txt 2>&1; echo good > $1; await u0.txt; echo good > $2; echo good > $3
output image out/{i}
check command touch checked.txt; grep good "$1"
END
run 0 && [ "$(cat u0.txt)" = good ] && ! grep -qx u0.txt early.txt &&
    [ "$(ends | grep -c -v ' ok ')" -eq 0 ] && "$record" -l c | grep -qx good
result $? "one that fails its check may be written anew, and nothing is held against it"

three <<'END'
touch ck0.txt; echo a > $1; echo b > $2; await u1.txt; sleep 0.3; ls u0.txt > early.txt 2>&1; rm ck0.txt; await u0.txt; echo c > $3
checkpoint ck{i}.txt
output image out/{i}
END
run 0 && ! grep -qx u0.txt early.txt && [ -e u0.txt ]
result $? "a task is not done as long as its checkpoint is there"

three <<'END'
[ $WFL_ATTEMPT = 2 ] || { echo a > $1; await u0.txt; echo part > $2; kill -9 $$; }; for f; do echo second > $f; done
retries 1
output image out/{i}
END
run 0 && [ "$(cat u0.txt u1.txt u2.txt | tr '\n' ' ')" = "a second second " ] &&
    [ "$(ends | sort -n | grep '^[012] ' | cut -d ' ' -f 1-4 | tr '\n' ,)" = "0 1 ok 0,1 1 signal 9,1 2 ok 0,2 1 signal 9,2 2 ok 0," ]
result $? "what was done stays so when the process dies; the others are charged, and tried again"

three <<'END'
echo a > $1; await u0.txt; sleep 50
limit 4
output image out/{i}
END
run 1 && [ "$(ends | sort -n | grep '^[012]' | tr '\n' ,)" = "0 1 ok 0 FS,1 1 limit 15 FS,2 1 limit 15 FS," ] && [ -e u0.txt ]
result $? "and when it runs past its limit"

three <<'END'
trap 'touch struck.txt; exit 1' TERM; echo a > $1; while :; do sleep 0.1; done
output image out/{i}
check command [ -e struck.txt ] || sleep 60; grep -q . "$1"
limit 4
END
run 1 && [ "$(ends | sort -n | grep '^[012]' | tr '\n' ,)" = "0 1 ok 1 FS,1 1 limit 1 FS,2 1 limit 1 FS," ] && [ -e u0.txt ]
result $? "who is complete, and checked at that time, has not run past it"

three <<'END'
trap 'touch struck.txt; exit 1' TERM; echo a > $1; while :; do sleep 0.1; done
output image out/{i}
check command [ -e struck.txt ] || sleep 60; grep -q b "$1"
limit 4
END
run 1 && ! ends | grep -q ' ok ' && [ ! -e out/0 ]
result $? "unless that check finds it bad"

three <<'END'
echo a > $1; echo b > $2; sleep 0.8; ls u0.txt > early.txt 2>&1; echo c > $3
whole
output image out/{i}
END
run 0 && ! grep -qx u0.txt early.txt && [ -e u0.txt ]
result $? "bundle by v, whole: all are done with the process"

three <<'END'
echo a > $1; echo b > $2; sleep 0.8; ls u0.txt > early.txt 2>&1; echo c > $3
optional image out/{i}
END
run 0 && ! grep -qx u0.txt early.txt && [ -e u0.txt ]
result $? "without an output that it must have, a task is done with its process"

three <<'END'
mkdir $1; echo a > $1/a; echo b > $2; await u1.txt; sleep 0.6; ls out > early.txt 2>&1; echo b > $1/b; echo c > $3
output image out/{i}
END
run 1 && ! grep -qx 0 early.txt && [ -e out/0/b ]
result $? "and so it is with a folder"

three <<'END'
mkfifo $1; echo b > $2; { sleep 1; cat $1 > real.txt; } & echo a > $1; wait; mv real.txt $1; await u0.txt; echo c > $3
output image out/{i}
END
run 0 && [ "$(cat u0.txt)" = a ]
result $? "a pipe where an output will be is left alone"

# written once more
plan <<'END'
node 4 16e9
family draw 3 1
memory 1e6
limit 20
bundle
sh await() { until [ -e "$1" ]; do sleep 0.02; done; }; set -- {os}; [ $# = 3 ] || { echo two > $1; exit; }; echo one > $1; await v0.txt; echo two > $1; echo b > $2; echo c > $3
output image out/{i}
family use 3 1
memory 1e6
needs draw same
sh cp out/{i} {o0}
output copy copy/{i}
family last 3 1
memory 1e6
needs use same
sh cp copy/{i} v{i}.tmp; mv v{i}.tmp v{i}.txt
END
run 0 --sync never && said "draw[g=0 i=0]: it was done, and an output of it was written once more: it runs again" && said "'bundle by ..., whole'" &&
    [ "$(cat out/0 copy/0 v0.txt | tr '\n' ' ')" = "two two two " ]
result $? "what is written once more runs again, and what ran on it"
# the last one of the three may have been at its end, and was stopped
[ "$(ends | grep '^[03] ' | tr '\n' ,)" = "0 1 ok 0 FS,3 1 ok 0 F,0 0 gone 0 -,3 0 gone 0 -,0 1 cancelled 0 -S,0 1 ok 0 F,3 1 ok 0 F," ] &&
    ends | grep -qE '^6 . (gone|cancelled) ' && ends | grep '^6 ' | tail -n 1 | grep -q ok
result $? "and the record takes back what it said"
run 0 && said "9 of 9 tasks were done before"
result $? "until all is done"

three <<'END'
[ $# = 3 ] || { echo two > $1; exit; }; echo a > $1; await run.txt; touch twice.txt; echo two > $1; echo b > $2; echo c > $3
output image out/{i}
family keep 1
memory 1e6
needs draw all
sh touch all.txt
family slow 3 1
memory 1e6
needs draw same
sh echo $$ > run.txt; [ -e twice.txt ] || exec sleep 50; cp out/{i} w{i}.txt
END
run 0 && [ "$(cat w0.txt u0.txt | tr '\n' ' ')" = "two two " ] && ends | grep -q cancelled
result $? "what runs on it is stopped, and starts again"

three <<'END'
[ $# = 3 ] || { echo better > $1; exit; }; echo good > $1; await u0.txt; echo end >> $1; echo b > $2; echo c > $3
retries 0
output image out/{i}
END
run 0 --sync never && [ "$(cat u0.txt)" = better ] &&
    [ "$(ends | grep '^0 ' | tr '\n' ,)" = "0 1 ok 0 FS,0 0 gone 0 -,0 1 cancelled 0 -S,0 1 ok 0 F," ] &&
    ends | grep '^3 ' | tail -n 1 | grep -q ok
result $? "what is added later has a file of its own, which is not taken for the output"

# consumers that fail on what is not whole, and what is blocked for that
early() {
    {
        cat <<'END'
node 4 16e9
family draw 3 1
memory 1e6
limit 20
bundle
sh await() { until [ -e "$1" ]; do sleep 0.02; done; }; set -- {os}; echo head > $1; await read0.txt; sleep 0.3; echo whole >> $1; echo whole > $2; echo whole > $3
output - out/{i}
family use 3 1
memory 1e6
needs draw same
END
        cat
        cat <<'END'
sh touch read{i}.txt; exec grep whole out/{i} > u{i}.txt
family last 1
memory 1e6
needs use all
sh cat u0.txt u1.txt u2.txt > all.txt
END
    } | plan
    mkdir out
}

early <<'END'
retries 0
END
run 0 --sync never && [ "$(wc -l <all.txt)" -eq 3 ] &&
    [ "$(ends | grep '^[36] ' | tr '\n' ,)" = "3 1 exit 1 F,3 0 gone 0 -,3 1 ok 0 F,6 1 ok 0 F," ]
result $? "what failed on an output that was not whole runs again, and what was blocked for that"
run 0 && said "7 of 7 tasks were done before"
result $? "so says the record"

early <<'END'
retries 1
END
run 0 --sync never && [ "$(wc -l <all.txt)" -eq 3 ] &&
    [ "$(ends | grep '^3 ' | tr '\n' ,)" = "3 1 exit 1 -,3 0 gone 0 -,3 1 ok 0 F," ]
result $? "and is not charged for that, if it was to be tried again"

early <<'END'
retries 0
stop_after 2
input bad/{i}
END
mkdir bad && touch bad/0 bad/1
run 1 --sync never && ! said "no more tasks are started" && ends | grep -q '^3 1 ok' && ends | grep -q '^5 1 input missing F$'
result $? "nor is the campaign, where it is to stop when so many fail"
rm -r bad

three <<'END'
echo a > $1; await u0.txt; echo two > $1; echo b > $2; await u1.txt; echo c > $3
output - out/{i}
END
mkdir out && run 0 && [ "$(cat u0.txt u1.txt | tr '\n' ' ')" = "two b " ] && said "an output of it was written once more: it is looked at again"
result $? "so it is with an output that has no temporary name"

three <<'END'
echo a > $1; await u0.txt; rm out/0; echo b > $2; echo c > $3
output image out/{i}
END
run 0 && ! said "once more" && [ ! -e out/0 ]
result $? "what others took away was not written"

three <<'END'
echo good > $1; await checked.txt; exec 3> $1; echo one >&3; sleep 1.5; ls out/0 > early.txt 2>&1; echo two >&3; exec 3>&-; await u0.txt; echo b > $2; echo c > $3
output image out/{i}
check command touch checked.txt; sleep 0.5
END
run 0 && ! grep -qx out/0 early.txt && [ "$(tr '\n' ' ' <u0.txt)" = "one two " ] && ! said "once more"
result $? "what is written while it is checked is not done yet"

# shellcheck disable=SC2016
for how in 'ln $1 link.txt; await u0.txt; echo two >> link.txt' 'exec 3< $1; await u0.txt; echo two >> /proc/self/fd/3' \
    'echo one > real.txt; ln -sf "$PWD/real.txt" $1; await u0.txt; echo two >> real.txt' 'await u0.txt; echo two > new.txt; mv new.txt out/0'; do
    three <<END
echo one > \$1; $how; echo b > \$2; echo c > \$3
output image out/{i}
END
    run 0 && said "once more" && [ "$(tail -qn 1 out/0 u0.txt | tr '\n' ' ')" = "two two " ]
    result $? "what was done is written again in another way: $how"
done

# the process of a task that is undone goes on, while the task runs again in another one
plan <<'END'
node 8 16e9
family draw 3 1
memory 1e6
limit 20
bundle
sh await() { until [ -e "$1" ]; do sleep 0.02; done; }; set -- {os}; [ $# = 3 ] || { echo two > $1; exit; }; echo one > $1; echo b > $2; await copy/0; echo two > $1; echo c > $3
output image out/{i}
family gate 1
memory 1e6
sh until [ -e out/0 ] && [ -e out/1 ]; do sleep 0.02; done; sleep 0.1
family use 3 1
memory 1e6
limit 20
needs draw same
needs gate all
bundle
sh set -- {os}; if [ ! -e first.txt ]; then touch first.txt; echo a > $1; until [ -e second.txt ]; do sleep 0.02; done; echo b > $2; else for f; do exec 3> $f; case $f in */0|*[!0-9]0) touch second.txt; sleep 1 ;; esac; echo a >&3; done; fi
output image copy/{i}
END
rm -rf copy
run 0 --sync never && [ "$(ends | grep -c '^4 ')" -eq 3 ] && [ "$(cat copy/0 copy/1 copy/2 | tr '\n' ' ')" = "a b a " ]
result $? "one that is undone is its first process's no more"

# a consumer is complete, and the last one of its process, which is fed
plan <<'END'
node 4 16e9
family draw 3 1
memory 1e6
limit 20
bundle
sh await() { until [ -e "$1" ]; do sleep 0.02; done; }; set -- {os}; [ $# = 3 ] || { echo two > $1; exit; }; echo one > $1; await copied.txt; sleep 0.5; echo two > $1; echo b > $2; echo c > $3
output image out/{i}
family gate 1
memory 1e6
needs draw all
sh true
family use 3 1
memory 1e6
needs draw same
bundle
feed {i} {o0}
sh while read i o; do cp out/$i $o; touch copied.txt; done; [ -e slept.txt ] || { touch slept.txt; sleep 20; }
output image copy/{i}
END
run 0 && [ "$(cat copy/0)" = two ] && ends | grep -q '^4 1 cancelled'
result $? "what had been complete on something that was written anew does not count"

# the shim dies
three <<'END'
[ ! -e again.txt ] || { for f; do echo second > $f; done; exit; }; echo a > $1; await u0.txt; echo $$ > pid.txt; sleep 50
output image out/{i}
END
: >err
"$shim" run c 2>err &
pid=$!
wait_for test -s pid.txt
kill -9 "$pid"
wait "$pid"
touch again.txt
run 0 && [ "$(cat u0.txt u1.txt u2.txt | tr '\n' ' ')" = "a second second " ] &&
    [ "$(ends | grep -c '^0 ')" -eq 1 ]
result $? "what was done when the shim is killed stays so"

three <<'END'
[ ! -e again.txt ] || { for f; do echo second > $f; done; exit; }; echo a > $1; await u0.txt; echo whole > $1; echo $$ > pid.txt; sleep 50
output - out/{i}
END
: >err
mkdir out
"$shim" run c 2>err &
pid=$!
wait_for test -s pid.txt
kill -9 "$pid"
wait "$pid"
touch again.txt
run 0 && [ "$(cat u0.txt u1.txt u2.txt | tr '\n' ' ')" = "second second second " ] && said "draw[g=0 i=0]: it was done, its process wrote an output of it once more" &&
    [ "$(ends | grep '^[03] ' | tr '\n' ,)" = "0 1 ok 0 FS,3 1 ok 0 F,0 0 gone 0 -,3 0 gone 0 -,0 1 ok 0 FS,3 1 ok 0 F," ]
result $? "but for what its process wrote once more, and what ran on that"
run 0 && said "6 of 6 tasks were done before"
result $? "and the record knows"

# the job ends
three <<'END'
[ ! -e again.txt ] || { for f; do echo second > $f; done; exit; }; echo a > $1; await u0.txt; touch again.txt; sleep 50
output image out/{i}
END
run 4 --time 6 --finish-by 1 && [ "$(ends | sort -n | grep '^[012]' | tr '\n' ,)" = "0 1 ok 0 FS,1 1 walltime 15 -S,2 1 walltime 15 -S," ]
result $? "and when the job ends"
run 0 && [ "$(cat u0.txt u1.txt u2.txt | tr '\n' ' ')" = "a second second " ]
result $? "the next one does the rest"

# told that the job ends, it closes what it has written so far, and only then says that more is to come
three <<'END'
[ ! -e ck0.txt ] || { rm ck0.txt; for f; do echo whole > $f; done; exit; }; trap 'echo part > $1; sleep 0.7; ls u0.txt > early.txt 2>&1; touch ck0.txt; exit 0' USR1; while :; do sleep 0.05; done
signal 10 3
checkpoint ck0.txt
output - out/{i}
END
run 4 --time 7 --finish-by 1 && ! grep -qx u0.txt early.txt && [ -e ck0.txt ]
result $? "what is closed after the signal before the end is not taken for whole"
run 0 && [ "$(cat u0.txt)" = whole ]
result $? "and is completed by the next job"

# consumers of another shard: lines on stdin are those of the first one, whose shard is finished long before the process
shards() {
    {
        cat <<'END'
node 4 16e9
shards 2
family draw 3 1
memory 1e6
limit 20
bundle
sh await() { until [ -e "$1" ]; do sleep 0.02; done; }; set -- {os}; echo head > $1; await read.txt; sleep 2.5; echo whole >> $1; echo whole > $2; echo whole > $3
output - out/{i}
family use 1
memory 1e6
needs draw same
END
        cat
        cat <<'END'
family last 1
memory 1e6
needs use same
sh cp u0.txt last.txt
family other 1
memory 1e6
cores 2
sh true
END
    } | plan
    mkdir out
    pids=
    : >err
}
shards <<'END'
sh cat out/0 > u0.txt; touch read.txt
END
node 0 1 --idle 2
all_end 0 && grep -q whole last.txt && [ "$(ends | grep '^[34] ' | tr '\n' ,)" = "3 1 ok 0 F,4 1 ok 0 F,3 0 gone 0 -,4 0 gone 0 -,3 1 ok 0 F,4 1 ok 0 F," ]
result $? "what this node ran in other shards runs again, though they were finished"

shards <<'END'
retries 0
sh touch read.txt; grep whole out/0 > u0.txt
END
node 0 1 --idle 2
all_end 0 && grep -q whole last.txt && [ "$(ends | grep '^[34] ' | tr '\n' ,)" = "3 1 exit 1 F,3 0 gone 0 -,3 1 ok 0 F,4 1 ok 0 F," ]
result $? "also what failed there, and what was blocked for that"

shards <<'END'
cores 2
sh cat out/0 > u0.txt; touch read.txt
END
node 0 2 --idle 2 --cores 3
wait_for test -e out/0
node 1 2 --idle 2
all_end - - && said "'use[i=0]' ran on what draw[g=0 i=0] had written before, and is not of this shim's shards: it stays as it is, until \"wflc redo c 'use[i=0]'\" has it made again"
result $? "what another node ran is named"

# Who is killed gives back its memory first; what it started, and was killed with it, closes its files meanwhile.
cat >large.pl <<'END'
$x = "x" x 1.5e9;
open(P, ">>", "pids"); print P "$$\n"; close(P);
for (@ARGV) {
    next if fork;
    exec("sh", "-c", "exec >\$0; echo part; echo \$\$ >>pids; exec sleep 60", $_);
}
sleep 60;
END
begun() {
    [ "$(wc -l <pids)" -eq 4 ]
}
for shell in no yes; do
    rm -f pids
    three <<END
[ $shell = yes ] || exec perl large.pl "\$@"; perl large.pl "\$@"; code=\$?; exit \$code
output image out/{i}
END
    "$shim" run c 2>err &
    pid=$!
    wait_for begun
    xargs kill -9 <pids
    wait "$pid"
    [ $? -eq 1 ] && [ "$(ends | grep -c ' ok ')" -eq 0 ] && [ "$(ends | grep -c '^[012] 1 ')" -eq 3 ]
    result $? "what was closed as its process was killed is not done (in a shell: $shell)"
done

# One that is large and writes a core file is not on its way out yet.
# shellcheck disable=SC3045 # dash and bash know this limit
if [ "$(cat /proc/sys/kernel/core_pattern)" = core ] && (ulimit -c unlimited) 2>/dev/null; then
    rm -f pids
    three <<'END'
ulimit -c unlimited; exec perl large.pl "$@"
output image out/{i}
END
    "$shim" run c 2>err &
    pid=$!
    wait_for begun
    xargs kill -QUIT <pids
    wait "$pid"
    [ $? -eq 1 ] && [ "$(ends | grep -c ' ok ')" -eq 0 ]
    result $? "nor while it writes a core file"
    rm -f core core.*
else
    count=$((count + 1))
    echo "ok $count - nor while it writes a core file # SKIP there are none"
fi

# A program below a shell that ends by itself, which takes a while, and the shell goes on.
cat >slow.pl <<'END'
exec("sleep", 3) unless fork;
$x = "x" x 1e9;
open(F, ">", $ARGV[0]); print F "whole\n"; close(F);
require POSIX; POSIX::_exit(0);
END
three <<'END'
perl slow.pl $1; await u0.txt; echo b > $2; await u1.txt; echo c > $3
output image out/{i}
END
run 0 && [ "$(cat u0.txt)" = whole ]
result $? "but so is what one below its shell closes before it ends by itself"

# what the system does not tell
if command -v strace >strace.txt 2>&1 && strace -o strace.txt true 2>/dev/null; then
    for call in inotify_init1:error=EMFILE 'fcntl:error=EAGAIN:when=4+'; do
        three <<'END'
exec 3> $1; echo a >&3; echo b > $2; await u1.txt; sleep 0.6; ls u0.txt > early.txt 2>&1; echo a >&3; exec 3>&-; await u0.txt; echo c > $3
output image out/{i}
END
        ASAN_OPTIONS=detect_leaks=0 strace -o strace.txt -e inject="$call" "$shim" run c 2>err &&
            ! grep -qx u0.txt early.txt && [ "$(wc -l <u0.txt)" -eq 2 ] && grep -q INJECTED strace.txt
        result $? "without ${call%%:*} outputs are looked at now and then"
    done
else
    for call in inotify_init1 fcntl; do
        count=$((count + 1))
        echo "ok $count - without $call # SKIP no strace"
    done
fi
echo "1..$count"
