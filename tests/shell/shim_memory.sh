#!/bin/sh
# wfl-shim in a control group of 300 MB: how much there is, and who ran out of it.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
if ! group=$(memory_group 300000000); then
    echo "1..0 # SKIP no control group can be made"
    exit 0
fi
if ! sh -c "echo \$\$ >$group/cgroup.procs && ! dd if=/dev/zero of=/dev/null bs=400M count=1" 2>/dev/null; then
    rmdir "$group"
    echo "1..0 # SKIP a control group does not keep a process from using more"
    exit 0
fi
trap 'cd / && rm -rf "$work"; rmdir "$group"' EXIT
grow=$top_builddir/tests/shell/grow
echo 1..27

# grouped WANT [OPTION...]: runs c in the group, checks the exit code
grouped() {
    want=$1
    shift
    (echo 0 >"$group/cgroup.procs" && exec timeout -k 5 60 "$shim" run c "$@" 2>err)
    got=$?
    [ $got -eq "$want" ] || echo "# exit $got, wanted $want"
    [ $got -eq "$want" ]
}

# use N: a command that uses N MB at once
use() {
    echo "dd if=/dev/zero of=/dev/null bs=${1}M count=1 2>/dev/null"
}

# exceed N: a command that uses N MB at once while the shim, its parent, cannot stop it: the kernel has to
exceed() {
    echo "kill -STOP \$PPID; $(use "$1"); kill -CONT \$PPID"
}

# What it has follows from the group.
plan <<END
family f 4
memory 200e6
sh mkdir at-work || echo two at once; $(use 170); sleep 0.1; rmdir at-work
END
grouped 0 --cores 4 && ! said "two at once" && [ "$(ends | grep -c ' 1 ok 0 F$')" -eq 4 ]
result $? "two tasks of 200 MB do not run at once in 300 MB"
large=250000000 small=200000 # KiB
if grep -q __asan_init "$shim"; then
    large=unlimited small=unlimited # the sanitizer itself takes more than any limit leaves
fi
# shellcheck disable=SC3045 # all shells that matter have it
(ulimit -v $large && "$shim" run c --cores 4) 2>err && [ "$(ends | wc -l)" -eq 4 ]
result $? "a limit of the address space that is large is none"

plan <<END
family f 1
memory 2e8
sh true
END
if [ $small = unlimited ]; then
    count=$((count + 1))
    echo "ok $count # SKIP the sanitizer itself takes more address space than any limit leaves"
else
    # shellcheck disable=SC3045
    (ulimit -v $small && "$shim" run c 2>err)
    [ $? -eq 3 ] && said "needs 1 core and 200 MB of memory"
    result $? "one that is smaller than a task is seen before it runs"
fi
SLURM_JOB_ID=1 SLURM_MEM_PER_CPU=100 SLURM_CPUS_ON_NODE=2 "$shim" run c 2>err
[ $? -eq 3 ]
result $? "and so is what Slurm gave to the job"

# A worker is killed; its parent exits with a code of its own, at once or much later. One kill at a time: each is seen by itself.
plan <<END
node 2 280e6
family f 2
memory 120e6
retries 1
retry_memory 2
sh if [ \$WFL_ATTEMPT = 1 ]; then : >in{i}; until [ -e in\$((1 - {i})) ]; do sleep 0.02; done; exec 9>lock; flock 9; $(exceed 400); sleep 1.2; exec 9>&-; sleep \$(({i} * 2)).2; exit 7; fi; mkdir at-work || echo two at once; $(use 170); sleep 0.1; rmdir at-work
END
grouped 0 && [ "$(ends | sort | tr '\n' ,)" = "0 1 oom 7 -,0 2 ok 0 F,1 1 oom 7 -,1 2 ok 0 F," ]
result $? "a worker that is killed for want of memory is told, whatever its parent exits with"
! said "two at once" && said "ran out of memory: "
result $? "and the next attempt is expected to use more"

plan <<END
node 4 1e9
family guilty 1
memory 50e6
sh $(exceed 400); : >killed; until [ -e steadied ]; do sleep 0.02; done; sleep 0.5; exit 7
family steady 1
memory 150e6
sh dd if=/dev/zero bs=80M count=1 2>/dev/null | { until [ -e coped ]; do sleep 0.02; done; sleep 1.3; cat >/dev/null; }; : >steadied; exit 3
family busy 1
memory 50e6
sh until [ -e killed ]; do sleep 0.02; done; exit 4
family copes 1
memory 50e6
sh until [ -e killed ]; do sleep 0.02; done; $(exceed 400); : >coped; exit 0
END
rm -f killed coped steadied
grouped 1 && [ "$(ends | sort | tr '\n' ,)" = "0 1 oom 7 F,1 1 exit 3 F,2 1 exit 4 F,3 1 ok 0 F," ]
result $? "a task beside one that ran out of memory fails for its own reason, and who copes is done"

plan <<END
node 1 50e6
family self 1
memory 50e6
sh exec dd if=/dev/zero of=/dev/null bs=400M count=1
family killed 1
memory 50e6
sh kill -9 \$\$
END
grouped 1 && [ "$(ends | sort | tr '\n' ,)" = "0 1 oom 9 F,1 1 signal 9 F," ]
result $? "killed by the kernel, or by somebody else right after it"

plan <<END
node 2 1e9
family f 2
memory 50e6
sh : >go\$((1 - {i})); until [ -e go{i} ]; do sleep 0.02; done; kill -STOP \$PPID; $(use 390); : >done{i}; until [ -e done\$((1 - {i})) ]; do sleep 0.02; done; kill -CONT \$PPID; exit 137
END
grouped 1 && [ "$(ends | sort | tr '\n' ,)" = "0 1 oom 137 F,1 1 oom 137 F," ]
result $? "two at once"

plan <<END
node 1 280e6
family f 1
memory 50e6
retries 1
retry_memory 2
sh echo \$WFL_ATTEMPT > {o0}
output x x.txt
check command [ "\$(cat "\$1")" = 2 ] || { $(exceed 400); exit 137; }
family input 1
memory 50e6
needs f all
input x.txt
check command $(exceed 400); exit 137
sh true
family damaged 1
memory 50e6
sh $(exceed 400); echo > {o0}
output y y.txt
check command exit 1
END
grouped 1 && [ "$(ends | sort | tr '\n' ,)" = "0 1 oom 0 -,0 2 ok 0 F,1 1 oom 0 F,2 1 output command F," ]
result $? "a check that ran out of memory is told from a damaged file"
said "that ran out of memory, which says nothing of the file"
result $? "in words"

# Before the kernel has to: who uses more than was expected goes, and comes again.
plan <<END
node 16 270e6
family f 30
memory 20e6
retries 9
sh $grow 55 600 0 500
END
grouped 0 && [ "$(ends | grep -c ' ok 0 F$')" -eq 30 ]
result $? "a node whose tasks use three times what they should is not lost"

# What they use is learned, from what an earlier job found, too: then no more start than there is room for.
plan <<END
node 16 500e6
family f 14
memory 40e6
sh mkdir at-work-{i}; ls -d at-work-* | wc -l >>seen; $grow 110 50 0 400; rmdir at-work-{i}; [ {i} != 1 ] || ! mkdir killed || kill \$PPID
END
rm -rf seen* killed
run 4 --cores 1 && [ "$(sort -n seen | tail -n 1)" -eq 1 ] && run 0 &&
    [ "$(sort -n seen | tail -n 1)" -le 4 ] && [ "$(sort -n seen | tail -n 1)" -ge 2 ]
result $? "what they use is learned, and holds in the next job"
rm -r c/state/journal seen
run 0 && [ "$(sort -n seen | tail -n 1)" -le 4 ] && [ "$(sort -n seen | tail -n 1)" -ge 2 ]
result $? "and for tasks of which no record tells"
"$top_builddir/wflc" status c >out.txt 2>&1 && "$top_builddir/wflc" status --json c >json.txt &&
    grep -q '^1[0-4] tasks of f used more memory than is stated (test.wfl:1): up to 0.1[0-9] GB instead of 0.04 GB$' out.txt &&
    grep -q '"over_memory": {"tasks": 1[0-4], "used_bytes": 1[0-9]*, "stated_bytes": 40000000}' json.txt
result $? "status names the family"

# Less than is stated is counted on only if the campaign says so.
rm -f seen*
for learn in unbound learn_memory; do
    plan <<END
node 6 1800e6
family f 34
memory 900e6
$learn
sh mkdir at-work-{i}; ls -d at-work-* | wc -l >>seen-$learn; $grow 90 20 0 150; rmdir at-work-{i}
END
    run 0
done
[ "$(wc -l <seen-unbound)" -eq 34 ] && [ "$(sort -n seen-unbound | tail -n 1)" -le 2 ] && [ "$(head -n 20 seen-learn_memory | sort -n | tail -n 1)" -le 2 ] &&
    [ "$(sort -n seen-learn_memory | tail -n 1)" -ge 3 ]
result $? "what they use less is used if the campaign says so"

# The first time it is not held against it, as others were to blame as well; nor is there more than all.
plan <<END
node 2 270e6
family large 1
memory 50e6
retries 1
sh [ \$WFL_ATTEMPT = 2 ] || exec $grow 400 1500 0 9000
family small 1
memory 50e6
sh sleep 2
END
grouped 0 && [ "$(ends | sort | tr '\n' ,)" = "0 1 oom 9 -,0 1 oom 9 -,0 2 ok 0 F,1 1 ok 0 F," ]
result $? "who uses too much is stopped, and who does not goes on"
said "stopped, for this node ran short of memory: 0." && said "0.05 GB were expected" && said "0.27 GB were" &&
    said "this node runs short of memory: tasks are stopped"
result $? "and all are told"

# Others use the memory: who uses little is not stopped for that, whatever is stated.
plan <<END
node 2 270e6
family f 4
memory 3e6
sh $grow 6 20 0 500
END
(echo 0 >"$group/cgroup.procs" && exec "$grow" 275 0 0 20000) &
other=$!
used() {
    cat "$group/memory.usage_in_bytes" "$group/memory.current" 2>/dev/null
}
# shellcheck disable=SC2016
wait_for eval '[ "$(used)" -gt 287000000 ]' && grouped 0 && [ "$(ends | grep -c ' 1 ok 0 F$')" -eq 4 ] && [ "$(ends | wc -l)" -eq 4 ]
result $? "who uses little is not stopped when others use the memory"
kill $other

# Pages that are shared count once; what is in a group of its own must not matter.
plan <<END
node 2 1e9
family f 1
memory 100e6
sh exec $grow 120 0 5 2500
END
grouped 0
kib=$("$record" -p c | sed -n 's/.* //p' | sort -n | tail -n 1)
[ "$kib" -gt 120000 ] && [ "$kib" -lt 160000 ] || echo "# $kib KiB"
[ "$kib" -gt 120000 ] && [ "$kib" -lt 160000 ]
result $? "what a process loaded before it forked counts once"

# Workers come and go while they are looked at.
cat >pool.py <<'END'
import os, random, time
held = bytearray(80000000)
for i in range(0, len(held), 4096):
    held[i] = 1
end, workers = time.time() + 5, 0
while time.time() < end:
    if workers == 4:
        os.wait()
        workers -= 1
    if os.fork() == 0:
        time.sleep(random.uniform(0.02, 0.12))
        os._exit(0)
    workers += 1
END
plan <<END
node 4 1e9
family f 4
memory 100e6
sh exec python3 pool.py
END
run 0
kib=$("$record" -p c | sed -n 's/.* //p' | sort -n | tail -n 1)
[ "$kib" -lt 140000 ] || echo "# $kib KiB"
[ "$kib" -gt 80000 ] && [ "$kib" -lt 140000 ]
result $? "nor does it count for each of many short workers"

# A worker that is killed closes what it wrote a part of, and its process works on: of that one nothing more is
# taken for whole before it ends.
plan <<END
node 3 280e6
family draw 3 1
memory 40e6
limit 20
bundle
sh set -- {os}; echo whole >\$1; until [ -e out/0 ]; do sleep 0.02; done; (exec >\$2; echo part; kill -STOP \$PPID; exec dd if=/dev/zero bs=400M count=1 2>/dev/null); kill -CONT \$PPID; echo whole >\$3; sleep 3; exit \$((\$WFL_ATTEMPT == 1 ? 7 : 0))
output image out/{i}
END
grouped 1 && [ "$(ends | sort | tr '\n' ,)" = "0 1 ok 0 FS,1 1 oom 7 FS,2 1 oom 7 FS," ]
result $? "what a process closes after one of its workers was killed for want of memory is not done before it ends"

plan <<END
node 2 280e6
family draw 6 1
memory 60e6
shared 20e6
bundle
feed {i} {o0}
limit 20
retries 1
retry_memory 1.2
sh bad=0; while read -r i o; do if [ \$i = 1 ] && [ ! -e struck ]; then : >struck; (exec >\$o; echo part; kill -STOP \$PPID; exec dd if=/dev/zero bs=400M count=1 2>/dev/null) || bad=7; kill -CONT \$PPID; else echo whole >\$o; fi; done; exit \$bad
output image out/{i}
END
rm -rf out struck
grouped 0 && [ "$(cat out/* | sort -u)" = whole ] && ends | grep -q '^1 1 oom 7 ' && [ "$(ends | grep -c ' ok 0 F')" -eq 6 ]
result $? "a fed one is told of no more tasks, and the next one does them"

# Another task loses a larger process at the same moment: that is who ran out of memory, as far as can be told.
plan <<END
node 4 280e6
family draw 3 1
memory 40e6
limit 20
bundle
sh set -- {os}; until [ -e held ]; do sleep 0.02; done; sleep 2.2; echo whole >\$1; until [ -e out/0 ]; do sleep 0.02; done; (exec >\$2; echo part; kill -STOP \$PPID; exec dd if=/dev/zero bs=400M count=1 2>/dev/null); : >end; until grep -q "^State:.*Z" /proc/\$(cat held)/status; do sleep 0.02; done; kill -CONT \$PPID; echo whole >\$3; sleep 3; exit 7
output image out/{i}
family hold 1
memory 150e6
sh exec perl -e '\$x = "x" x 60e6; open(H, ">", "held.new"); print H \$\$; close(H); rename("held.new", "held"); select(undef, undef, undef, 0.02) until -e "end"; exec("true")'
END
rm -f held end
grouped 1 --cores 4 && ends | grep -q '^0 1 ok 0 FS' && ! ends | grep -q '^[12] 1 ok ' && [ ! -e out/1 ]
result $? "nor if the kill is put down to another task"

# The kernel rather takes tasks than the shim.
plan <<END
node 2 1e9
family f 1
sh cat /proc/self/oom_score_adj >own.txt; cat /proc/\$PPID/oom_score_adj >shim.txt
END
run 0
own=$(cat /proc/self/oom_score_adj) most=1000
[ $((own + 500)) -gt $most ] || most=$((own + 500))
[ "$(cat own.txt)" -eq $most ] && [ "$(cat shim.txt)" -eq "$own" ]
result $? "tasks are what the kernel kills first"

# The kernel of the shim counts the same for wflc.
cat >it.wfl <<'END'
campaign it
task t { memory 200 MB; run "echo > {o}"; output o "it.txt" }
END
(echo 0 >"$group/cgroup.procs" && exec "$top_builddir/wflc" plan it.wfl) >err 2>&1 && grep -q "270 MB\|0.27 GB" err
result $? "wflc plan finds what a run would"
sed 's/200 MB/290 MB/' it.wfl >large.wfl
! (echo 0 >"$group/cgroup.procs" && exec "$top_builddir/wflc" run large.wfl) >err 2>&1 && grep -q "270 MB" err
result $? "and wflc run says what there is"
