#!/bin/sh
# wflc redo: tasks are made again, with what was made of them; while jobs run, and if it dies.
. "${top_srcdir:?is set by make check}/tests/shell/wflc_lib.sh"

# times are left out
plain()
{
    sed 's/some [0-9.e+-]* core/some N core/'
}

# Every attempt at a task leaves its name and its process in its output, after those of what it needs.
cat >v.wfl <<'END'
campaign v
set k = 1 .. 3
task a for i in k { run "[ {i} != 3 ] || [ -e fixed ] || exit 7; echo a{i} $$ > {o}"; output o "out/a{i}.txt" }
task b for i in k needs a { run "cat {a.o} > {o}; echo b{i} $$ >> {o}"; output o "out/b{i}.txt" }
task c needs b { run "cat {b.o:list} > {o}; echo c $$ >> {o}"; output o "out/c.txt" }
task d for i in k needs a { run "cat {a.o} > {o}; echo d{i} $$ >> {o}"; output o "out/d{i}.txt" }
END

# consistent: what is there was made of what is there
consistent()
{
    for i in 1 2 3; do
        head -n 1 out/b$i.txt | cmp - out/a$i.txt && head -n 1 out/d$i.txt | cmp - out/a$i.txt || return
    done >>output 2>&1
    cat out/b[123].txt | cmp - /dev/fd/3 3<<END2
$(sed '$d' out/c.txt)
END2
}

wflc 2 redo v.wfl && wflc 2 redo && grep -q 'which tasks?' output
verdict $? "which tasks has to be said"

wflc 1 run -q v.wfl
mkdir old && cp out/* old && wflc 1 redo state=ready && shows 'wflc: no task is like that' &&
    wflc 0 redo i=2 family=b --dry-run && shows '1 task is made again
  b: 1 chosen (done): b[i=2]
  this takes some N core-hours, as it took before' &&
    wflc 2 redo i=2 && shows '3 tasks are made again
  a: 1 chosen (done): a[i=2]
  b: 1 chosen (done): b[i=2]
  d: 1 chosen (done): d[i=2]
  this takes some N core-hours, as it took before
wflc: nobody can be asked here; --yes does it without, and --dry-run tells only' && left '6,done
3,blocked
1,failed' && diff -r out old >output
verdict $? "nothing is done by a dry run, or if nobody can be asked"

wflc 0 redo family=a i=1,3 --yes && shows '7 tasks are made again: 2 chosen, and 5 that need what they make
  a: 2 chosen (1 done, 1 failed): a[i=1], a[i=3]
  b: 2 follow (1 done, 1 blocked): b[i=1], b[i=3]
  c: 1 follows (blocked): c
  d: 2 follow (1 done, 1 blocked): d[i=1], d[i=3]
  this takes some N core-hours, as it took before; how long 4 tasks take is not known
7 tasks are on record as to be made again: the next job, or run, does so, and so do jobs at work
3 old outputs are in build/v/local/state/quarantine/1'
verdict $? "what failed and what is done, with what needs it"

left '5,waiting
3,done
2,ready' && [ ! -e out/a1.txt ] && [ ! -e out/b1.txt ] && [ ! -e out/d1.txt ] && (cd build/v/local/state/quarantine/1/out && for f in *; do
    cmp "$f" "$tmp/old/$f" || exit
done >>"$tmp/output") && [ "$(find build/v/local/state/quarantine -type f | wc -l)" = 3 ] && diff old/a2.txt out/a2.txt
verdict $? "old outputs are in quarantine, byte by byte"

touch fixed
wflc 0 run -q v.wfl && left '10,done' && consistent && cmp old/a2.txt out/a2.txt && cmp old/b2.txt out/b2.txt && ! cmp -s old/a1.txt out/a1.txt &&
    wflc 0 verify
verdict $? "they are made again, and nothing else is"

rm -rf old && cp -r out old
wflc 0 redo v.wfl 'b[i=1]' --yes && wflc 0 run -q v.wfl && consistent && cmp old/b1.txt build/v/local/state/quarantine/2/out/b1.txt &&
    cmp old/c.txt build/v/local/state/quarantine/2/out/c.txt && ! cmp -s old/c.txt out/c.txt && diff -x b1.txt -x c.txt -r old out >>output
verdict $? "from the middle on"

wflc 0 history i=1 family=b --columns reason,task && sort -o output output && shows 'REASON      TASK
ok          b[i=1]
ok          b[i=1]
ok          b[i=1]
redo        b[i=1]
redo        b[i=1]'
verdict $? "the history tells of it"

# what it asks on a terminal
answers()
{
    echo "$1" | script -qec "$wflc redo v.wfl family=c" /dev/null >output 2>&1
}
if command -v script >/dev/null; then
    answers n
    grep -q 'Go on?' output && grep -q 'nothing was done' output && left 10,done && answers y && left '9,done
1,ready' && wflc 0 run -q v.wfl
    verdict $? "on a terminal it asks"
fi

# a run that holds all of it
cat >w.wfl <<'END'
campaign w
set k = 1 .. 2
task a for i in k { run "echo a{i} $$ > {o}"; output o "w/a{i}.txt" }
task b for i in k needs a { run "echo >> began; until [ -e go ]; do sleep 0.05; done; cat {a.o} > {o}"; output o "w/b{i}.txt" }
END
"$wflc" run -q w.wfl --cores 1 >run.log 2>&1 &
wait_for test -e began
wflc 1 redo w.wfl family=a,b --yes && shows '2 tasks that are like that are not done yet, and made anyhow
1 task that is like that runs now, and goes on; to have it made again, use --wait, or give the command again when it has ended
1 chosen task stays as it is: it or what needs it is with a job or run at work ('"'wflc status'"' shows them); --wait waits for that to end' &&
    [ -e w/a1.txt ] && [ ! -e build/w/local/state/quarantine ]
status=$?
wflc 1 redo w.wfl 'b[i=2]' --yes && shows '1 task that is like that is not done yet, and made anyhow' || status=1
touch go
wait $!
verdict $status "what a run at work has is left to it"

rm -rf build/w w began go
"$wflc" run -q w.wfl --cores 1 >run.log 2>&1 &
run=$!
wait_for test -e began
"$wflc" redo w.wfl family=a,b --yes --wait >waited 2>&1 &
redo=$!
wait_for grep -q 'waiting for 1 shard' waited
kill -TERM $redo
wait $redo
status=$?
cp waited output
[ $status = 4 ] && grep -qx 'wflc: told to end while waiting; nothing was done' waited && [ -e w/a1.txt ]
verdict $? "a wait for a run can be ended"
"$wflc" redo w.wfl family=a,b --yes --wait >waited 2>&1 &
redo=$!
wait_for grep -q 'waiting for 1 shard' waited
cp w/a1.txt old-a1
touch go
wait $run && wait $redo
status=$?
cp waited output
[ $status = 0 ] && grep -q '^1 task that is like that runs now, and is made again when it has ended$' waited &&
    grep -q '^2 tasks are on record as to be made again' waited && cmp old-a1 build/w/local/state/quarantine/1/w/a1.txt &&
    [ -e build/w/local/state/quarantine/1/w/b1.txt ] && wflc 0 run -q w.wfl && ! cmp -s old-a1 w/a1.txt && [ "$(head -n 1 w/b1.txt)" = "$(cat w/a1.txt)" ]
verdict $? "--wait has what runs made again when it has ended"

# killed at every step of it: nothing is lost, and what is there fits together
calls=linkat,rename,renameat,mkdir,unlinkat,pwrite64
if strace -qq -o /dev/null -e trace=none true 2>/dev/null; then
    rm -rf build out
    wflc 0 run -q v.wfl && mkdir saved && cp -rp build out saved
    status=$? step=0 killed=137
    while [ $status = 0 ] && [ $killed = 137 ]; do
        step=$((step + 1))
        rm -rf build out && cp -rp saved/build saved/out . || exit 99
        ASAN_OPTIONS=detect_leaks=0 strace -qq -f -o /dev/null -e trace=$calls -e inject=$calls:signal=KILL:when=$step \
            "$wflc" redo v.wfl family=a i=1,2 --yes >output 2>&1 </dev/null
        killed=$?
        [ $killed = 0 ] || [ $killed = 137 ] || status=1
        wflc 0 run -q v.wfl && left '10,done' && consistent && wflc 0 verify || status=1
        # every byte of before is somewhere
        for f in saved/out/*; do
            find out build/v/local/state/quarantine -name "${f##*/}*" -exec cmp -s "$f" {} \; -print 2>/dev/null | grep -q . || {
                echo "$f is lost" >>output
                status=1
            }
        done
        [ $status = 0 ] || echo "killed at call $step" >>output
    done
    [ $status = 0 ] && [ $step -gt 10 ]
    verdict $? "killed at each of its $step calls it does no harm"
fi
echo 1..$n
