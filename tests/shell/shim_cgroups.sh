#!/bin/sh
# wfl-shim where its control group (version 2) is its own to divide: in user-mode Linux, a kernel that is a program, with the
# files of this machine, since most machines have their groups from somebody who does not give them away.
# As the kernel's first process this is the test itself, else it starts the kernel, and shows what that wrote.
if [ $$ -ne 1 ]; then
    : "${top_builddir:?is set by make check}" "${top_srcdir:?}"
    if ! command -v linux.uml >/dev/null; then
        echo "1..0 # SKIP there is no user-mode Linux (package user-mode-linux)"
        exit 0
    fi
    if grep -q __asan_init "$top_builddir/wfl-shim"; then
        echo "1..0 # SKIP the sanitizers do not work in user-mode Linux"
        exit 0
    fi
    guest=$(mktemp -d) || exit 99
    trap 'rm -rf "$guest"' EXIT
    chmod 755 "$guest"
    self=$(cd "$(dirname "$0")" && pwd)/${0##*/}
    (cd "$top_srcdir" && pwd; cd "$top_builddir" && pwd) | {
        read -r source && read -r build
        TMPDIR=$guest timeout -k 5 300 linux.uml mem=1G rootfstype=hostfs rw quiet con=null con0=null,fd:1 init="$self" \
            top_srcdir="$source" top_builddir="$build" guest="$guest" PATH="$PATH" <&- >"$guest/console" 2>&1
    }
    if [ ! -s "$guest/tap" ]; then
        echo "1..0 # SKIP user-mode Linux does not start here: $(tail -n 1 "$guest/console")"
        exit 0
    fi
    cat "$guest/tap"
    exit
fi

exec >"${guest:?}/tap" 2>&1 </dev/null
end() {
    cd / && rm -rf "$work"
    sync
    echo o >/proc/sysrq-trigger
    sleep 60
}
mount -t proc proc /proc
mount -t tmpfs tmpfs /tmp
mount -t sysfs sysfs /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup
. "$top_srcdir/tests/shell/shim_lib.sh"
trap end EXIT
chmod 755 "$work"
grow=$top_builddir/tests/shell/grow
root=/sys/fs/cgroup
echo +memory >$root/cgroup.subtree_control
echo 1..16

# job: a group for a job, in $g, of which nothing is known
job() {
    g=$root/job$((njobs += 1))
    mkdir $g
}
njobs=0

# delegate: marks it as systemd does
delegate() {
    python3 -c "import os; os.setxattr('$g', 'trusted.delegate', b'1')"
}

# in_job WANT COMMAND...: runs it in the group, where its shell waits for it
in_job() {
    want=$1
    shift
    (read -r me _ </proc/self/stat && echo "$me" >$g/cgroup.procs && timeout 60 "$@" 2>err)
    got=$?
    [ $got -eq "$want" ] || echo "# exit $got, wanted $want"
    [ $got -eq "$want" ]
}

# united: it is as it was before
united() {
    [ -z "$(cat $g/cgroup.subtree_control)" ] && [ -z "$(find $g -mindepth 1 -type d)" ] && rmdir $g
}

# divided: it is divided now
divided() {
    [ -d $g/wfl-shim ] && [ -d $g/wfl-task-0 ]
}

# where: a campaign of two tasks, one after the other, that tell their group
where() {
    plan <<'END'
family f 2
memory 1e8
sh cat /proc/self/cgroup >group{i}; sleep 0.3
END
}

# in_group NAME: that was it, below the job's
in_group() {
    [ "$(sort -u group0 group1)" = "0::${g#"$root"}$1" ]
}

where
job
in_job 0 "$shim" run c --cores 1 && in_group "" && united
result $? "a group of which root is not told that it is given away stays as it is"
where
job
delegate
in_job 0 "$shim" run c --cores 1 && in_group /wfl-task-0 && united
result $? "one that is: tasks have groups of their own, and after the last one all is as it was"
where
job
chown nobody $g $g/cgroup.procs $g/cgroup.subtree_control
chown -R nobody c .
in_job 0 setpriv --reuid=nobody --clear-groups "$shim" run c --cores 1 && in_group /wfl-task-0 && united
result $? "the same for a user who owns it"
where
job
delegate
sleep 100 &
echo $! >$g/cgroup.procs
in_job 0 "$shim" run c --cores 1 && in_group "" && kill $! && wait_for united
result $? "where others are in it it stays as it is"
where
job
delegate
echo 1 >$g/cgroup.max.descendants
in_job 0 "$shim" run c --cores 1 && in_group /wfl-shim && united
result $? "a task that cannot have one runs all the same"
where
job
delegate
echo 0 >$g/cgroup.max.descendants
in_job 0 "$shim" run c --cores 1 && in_group "" && united
result $? "and so do all where none can be made"
plan <<'END'
family f 2
memory 1e8
sh cat /proc/self/cgroup >group{i}; until [ -e other ]; do sleep 0.05; done
END
rm group0 group1
mkdir d && cp c/campaign.wflp d/ && : >d/other
job
delegate
in_job 0 sh -c "'$shim' run c --cores 1 & until [ -e group0 ]; do :; done
    (cd d && '$shim' run . && cp group0 ../other); wait" &&
    in_group /wfl-task-0 && grep -qx "0::/job$njobs/wfl-shim" other && united
result $? "a second shim of the same shell leaves it to the first one"

# A file in memory that is no process's, which /proc does not know; the task after it has none, in the same slot.
plan <<'END'
family f 2
memory 2e8
sh if [ {i} = 0 ]; then head -c 60000000 /dev/zero >large; fi; sleep 4
END
job
delegate
in_job 0 "$shim" run c --cores 1 && "$record" -p c | awk '$2 == "end" { kib[$3] = $NF }
    END { exit !(kib[0] > 58000 && kib[0] < 80000 && kib[1] < 20000) }'
result $? "what the kernel counts for a task is its peak, and none of the next one's"

# The pages of a process that forks count once, and nobody has to ask how they are shared.
plan <<END
family f 1
memory 3e8
sh $grow 60 0 5 5000
END
job
delegate
in_job 0 "$shim" run c && "$record" -p c | awk '$2 == "end" { good = $NF > 60000 && $NF < 80000 } END { exit !good }'
result $? "60 MB that six processes share are 60 MB"

# The kernel kills the smaller one; at the same moment, as the shim sees it, a larger one ends with a mistake of its own.
cat >held.py <<'END'
import os, sys, time
held = b"x" * 150000000
open("held", "w").close()
while not os.path.exists("killed"):
    time.sleep(0.02)
sys.exit(3)
END
plan <<END
family f 2
memory 1e8
sh if [ {i} = 0 ]; then until [ -e held ]; do sleep 0.1; done; sleep 2; kill -STOP \$PPID; (echo 1000 >/proc/self/oom_score_adj; exec $grow 300 0 0 0); : >killed; sleep 0.5; kill -CONT \$PPID; sleep 1; exit 7; fi; exec python3 held.py
END
job
delegate
echo 250M >$g/memory.max
in_job 1 "$shim" run c --cores 2 && [ "$(ends | sort | tr '\n' ,)" = "0 1 oom 7 F,1 1 exit 3 F," ]
result $? "who was killed ran out of memory, and nobody else did"
united
result $? "with a limit all is as it was, too"

# A shim that is killed leaves it divided; the next one goes on with it.
plan <<'END'
family f 2
memory 1e8
sh if [ ! -e second ]; then : >second; kill -9 $PPID; sleep 100; fi; cat /proc/self/cgroup >group{i}
END
job
delegate
in_job 0 sh -c "'$shim' run c --cores 1; '$shim' run c --cores 1" && in_group /wfl-task-0 && united
result $? "after a shim that was killed the next one goes on with its groups"
rm -rf c/state second
job
delegate
in_job 0 env WFL_RANK=0 WFL_SIZE=1 "$shim" node c --cores 1 --nodes 1 --rank-var WFL_RANK --size-var WFL_SIZE &&
    in_group /wfl-task-0 && united
result $? "and so does the one that a keeper starts again"

# What is said of signals, words and descriptors holds for who is born in a group.
plan <<'END'
family f 1
memory 1e8
arg python3
arg -c
arg import os,signal; os.write(1, b'out '); os.write(2, b'err '); print(os.getsid(0) == os.getpid(), signal.pthread_sigmask(signal.SIG_BLOCK, []), signal.getsignal(signal.SIGPIPE), sorted(os.listdir('/proc/self/fd')))
END
job
delegate
in_job 0 "$shim" run c && said "out err True set() 1 ['0', '1', '2', '3']" # Python itself ignores PIPE, and 3 is the folder's
result $? "a session of its own, no signal blocked, no descriptor too many"
plan <<'END'
family f 1
memory 1e8
arg /nowhere/at/all
END
job
delegate
in_job 1 "$shim" run c && said "/nowhere/at/all: cannot be started: No such file or directory" && united
result $? "what cannot be started is said"
{
    echo "family f 1"
    echo "memory 1e8"
    printf 'sh : %0120000d; cat /proc/self/cgroup\n' 0
} | plan
job
delegate
in_job 0 "$shim" run c && said "0::/job$njobs/wfl-task-0"
result $? "a script that is too long for an argument, too"
