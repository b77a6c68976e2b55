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
echo 1..13

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

# A worker is killed; its parent exits with a code of its own, at once or much later.
plan <<END
node 2 280e6
family f 2
memory 120e6
retries 1
retry_memory 2
sh if [ \$WFL_ATTEMPT = 1 ]; then flock lock $(use 400); sleep \$(({i} * 2)).2; exit 7; fi; mkdir at-work || echo two at once; $(use 170); sleep 0.1; rmdir at-work
END
grouped 0 && [ "$(ends | sort | tr '\n' ,)" = "0 1 oom 7 -,0 2 ok 0 F,1 1 oom 7 -,1 2 ok 0 F," ]
result $? "a worker that is killed for want of memory is told, whatever its parent exits with"
! said "two at once" && said "ran out of memory: "
result $? "and the next attempt is expected to use more"

plan <<END
node 4 1e9
family guilty 1
memory 50e6
sh $(use 400); : >killed; sleep 1.5; exit 7
family steady 1
memory 150e6
sh dd if=/dev/zero bs=80M count=1 2>/dev/null | { sleep 1.3; cat >/dev/null; }; until [ -e killed ]; do sleep 0.02; done; exit 3
family busy 1
memory 50e6
sh until [ -e killed ]; do sleep 0.02; done; exit 4
family copes 1
memory 50e6
sh until [ -e killed ]; do sleep 0.02; done; $(use 400); exit 0
END
grouped 1 && [ "$(ends | sort | tr '\n' ,)" = "0 1 oom 7 F,1 1 exit 3 F,2 1 exit 4 F,3 1 ok 0 F," ]
result $? "a task beside one that ran out of memory fails for its own reason, and who copes is done"

plan <<END
node 1 1e9
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
sh : >go\$((1 - {i})); until [ -e go{i} ]; do sleep 0.02; done; exec dd if=/dev/zero of=/dev/null bs=\$((390 + {i}))M count=1
END
grouped 1 && [ "$(ends | sort | tr '\n' ,)" = "0 1 oom 9 F,1 1 oom 9 F," ]
result $? "two at once"

plan <<END
node 1 280e6
family f 1
memory 50e6
retries 1
retry_memory 2
sh echo \$WFL_ATTEMPT > {o0}
output x x.txt
check command [ "\$(cat "\$1")" = 2 ] || $(use 400)
family input 1
memory 50e6
needs f all
input x.txt
check command $(use 400)
sh true
family damaged 1
memory 50e6
sh $(use 400); echo > {o0}
output y y.txt
check command exit 1
END
grouped 1 && [ "$(ends | sort | tr '\n' ,)" = "0 1 oom 0 -,0 2 ok 0 F,1 1 oom 0 F,2 1 output command F," ]
result $? "a check that ran out of memory is told from a damaged file"
said "that ran out of memory, which says nothing of the file"
result $? "in words"

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
