#!/bin/sh
# Who lives: leases that cannot be looked at, that are old, of other hosts and boots.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
export ASAN_OPTIONS=detect_leaks=0 # which cannot work in who is traced
wflc=$top_builddir/wflc
echo 1..28

# node NAME [COMMAND...]: one of a job, in the background; its pid is in $pid
node() {
    name=$1
    shift
    R=1 S=2 "$@" "$shim" node c --nodes 2 --rank-var R --size-var S --node "$name" --expiry 2 --idle 1 \
        --quiet 2>>err &
    pid=$!
}

# Tasks that wait for the file go.
waiting_plan() {
    plan <<'END'
node 4 1e9
shards 2
family f 4
memory 1e6
retries 0
sh echo $$ > pid{i}.txt; until [ -e go ]; do sleep 0.02; done; echo {i} > {o0}
output x out/{i}.x
END
    rm -f go
    : >err
}

all_run() {
    [ -s pid0.txt ] && [ -s pid1.txt ] && [ -s pid2.txt ] && [ -s pid3.txt ]
}

# unharmed: the tasks are done, each at its first attempt, and nobody took anything over
unharmed() {
    [ "$(ends | sort | tr '\n' ,)" = "0 1 ok 0 F,1 1 ok 0 F,2 1 ok 0 F,3 1 ok 0 F," ] &&
        [ -z "$(find c/state/journal -name '*.e0002')" ]
}

skip() {
    while [ $count -lt "$1" ]; do
        count=$((count + 1))
        echo "ok $count # SKIP strace cannot trace here"
    done
}

# --- calls that fail ---

if strace -o trace.txt true 2>/dev/null; then
    lease=$work/c/state/leases/first.1
    # traced CALL HOW: another shim, whose calls of that kind about that lease fail
    traced() {
        strace -f --seccomp-bpf -qq -o trace.txt -P "$lease" -e "trace=$1" -e "inject=$1:$2" "$shim" node c \
            --nodes 2 --rank-var R --size-var S --node other --expiry 2 --idle 1 --quiet 2>>err
    }

    # Another shim looks at a healthy one's lease, and each of its calls fails: once, or always.
    waiting_plan
    node first
    first=$pid
    wait_for all_run
    export R=0 S=2
    injected=0
    for call in openat 'newfstatat,?stat,?lstat,?fstat' pread64 fcntl; do
        errors="EIO ESTALE"
        [ "$call" != openat ] || errors="EIO ESTALE EACCES ENOMEM EMFILE EINTR ETIMEDOUT ENOTCONN"
        for error in $errors; do
            traced "$call" "error=$error:when=1"
            grep -q INJECTED trace.txt && injected=$((injected + 1))
        done
        traced "$call" error=EIO
    done
    # that it is not there is not believed at once, nor when its folder is not there either
    traced openat error=ENOENT:when=1
    traced 'newfstatat,?stat,?lstat,?fstat' error=ENOENT
    traced fcntl error=EOPNOTSUPP
    : >go
    wait "$first" && unharmed && [ $injected -ge 14 ]
    result $? "what cannot be looked at is not dead ($injected calls failed once)"
    said "the lease of first.1 cannot be looked at: Input/output error; asking again"
    result $? "and it is said"

    # The same of its own lease, when it is renewed: whatever fails, it is not lost.
    export R=1
    for call in openat 'newfstatat,?stat,?lstat,?fstat' utimensat; do
        waiting_plan
        node first strace -f -qq -o trace.txt -P "$lease" -e "inject=$call:error=ESTALE:when=2..3"
        wait_for all_run && wait_for said "the lease cannot be renewed: Stale file handle" &&
            wait_for said "the lease can be renewed again"
        : >go
        wait "$pid" && unharmed && ! said "taken for dead"
        result $? "a heartbeat that fails ($call) is tried again"
    done

    # Where nothing can be locked, a free lock says nothing.
    waiting_plan
    node first strace -f -qq -o trace.txt -P "$work/c/state/leases/.first.1" -e inject=fcntl:error=ENOLCK
    first=$pid
    wait_for all_run
    grep -q ' ? 2 ' "$lease" && node second && wait "$pid"
    : >go
    wait "$first" && unharmed
    result $? "a lease that could not be locked"

    # Nor where a file server lost the lock: the process is still there.
    waiting_plan
    node first strace -f -qq -o trace.txt -P "$work/c/state/leases/.first.1" -e inject=fcntl:retval=0
    first=$pid
    wait_for all_run
    ! grep -q ' ? 2 ' "$lease" && node second && wait "$pid"
    : >go
    wait "$first" && unharmed
    result $? "a lease whose lock was lost"
    unset R S
else
    skip 7
fi

# The folder is away for a while.
waiting_plan
node first
wait_for all_run
mv c/state/leases c/state/away
wait_for said "the lease cannot be renewed: No such file or directory"
mv c/state/away c/state/leases
wait_for said "the lease can be renewed again"
: >go
wait "$pid" && unharmed
result $? "a folder that vanished is trouble, and no death"

# But a lease that was removed, or is another file, is lost: exit 6, which the keeper hears.
for how in 'rm c/state/leases/first.1' 'cp c/state/leases/first.1 x; mv x c/state/leases/first.1'; do
    waiting_plan
    node first
    wait_for all_run
    eval "$how"
    wait_for said "was taken for dead"
    : >go
    wait "$pid" && said "it is started again" && [ "$(ends | grep -c ' ok ')" -eq 4 ]
    result $? "$how"
done
waiting_plan
node first
wait_for all_run
cat pid?.txt >pids
rm -rf c
wait "$pid"
[ $? -eq 3 ] && said "c/campaign.wflp cannot be read" && ! xargs ps -o pid= -p <pids
result $? "where the whole campaign was removed, all ends"

# Docker's containers are no children of ours.
mkdir bin
cat >bin/docker <<'END'
#!/bin/sh
echo "$*" >>asked
case $* in run*" :" | [!r]* | rm*) exit 0 ;; esac
: >started
exec sleep 30
END
chmod +x bin/docker
printf 'schema: 1\nname: here\ninherits: workstation\ncontainers: [{runtime: docker}]\n' >here.yaml
cat >c.wfl <<'END'
campaign c
task t { memory 10 MB; image "localhost/x:1"; run "true" }
site local profile "here" { }
END
PATH=$work/bin:$PATH DOCKER_HOST=unix:///nowhere "$wflc" build -q c.wfl >err 2>&1
rm -rf c
ln -s build/c/local c
: >err
R=0 S=1 PATH=$work/bin:$PATH "$shim" node c --nodes 1 --rank-var R --size-var S --node first --expiry 2 --quiet 2>err &
pid=$!
wait_for test -e started
rm c/state/leases/first.1
wait_for said "it is started again"
name=$(sed -n 's/^run.* --name=\([^ ]*\) .*/\1/p' asked | tail -n 1)
[ -n "$name" ] && grep -qx "kill $name" asked && grep -qx "rm --force $name" asked
result $? "containers that live apart from their client are ended, too"
kill -TERM "$pid"
wait "$pid"
"$shim" --help | grep -q '^6 taken for dead'
result $? "the help tells of exit code 6"

# --- leases that are old ---

# killed: a run that was killed in its first task; its lease is the file $lease
killed() {
    plan <<'END'
node 1 1e9
family f 2
memory 1e6
sh [ -e go ] || { echo > begun.txt; sleep 50; }; echo {i} > {o0}
output x out/{i}.x
END
    rm -f go
    : >err
    "$shim" run c 2>>err &
    pid=$!
    wait_for test -s begun.txt
    kill -9 "$pid"
    wait "$pid" 2>/dev/null
    lease=$(echo c/state/leases/*.1)
    : >go
}
# says HOST BOOT SECONDS [AGE]: what the lease of the killed run says from now on; -: as it did
says() {
    read -r host p boot _ start job <"$lease"
    [ "$1" = - ] || host=$1
    [ "$2" = - ] || boot=$2
    echo "$host $p $boot $3 $start $job" >"$lease"
    touch -d "${4:-2 days ago}" "$lease"
}
other_boot=11111111-2222-3333-4444-555555555555

killed
run 0 && ! said waiting
result $? "the lock of one that died is free"

killed
says - $other_boot 300
run 0 && ! said waiting
result $? "an earlier boot of this host is dead at once"

killed
says elsewhere - 3
run 0 && said "c: host elsewhere, process $pid, held this until 2 days ago, and may still live; waiting 1 s"
result $? "one of another host is waited for, and that is said"

killed
says elsewhere - 3 "1.5 seconds ago"
run 0 && said "held this until 2 s ago, and may still live; waiting 2 s"
result $? "for as long as it may live"

killed
says elsewhere $other_boot 30 "1 second ago"
(while [ -e go ]; do touch "$lease"; sleep 0.2; done) &
run 3 && said "c is being worked on already by host elsewhere, process $pid; its last sign of life was" &&
    [ -z "$(ends)" ]
result $? "if it gives a sign of life, it is left alone"
rm go
wait $!

for sig in INT TERM; do
    killed
    : >"$lease"
    touch -d '2 days ago' "$lease"
    : >err
    "$shim" run c 2>>err &
    p=$!
    wait_for said "c: ${lease##*/} held this until 2 days ago, and may still live; waiting 100 s"
    kill -s $sig $p
    wait $p
    [ $? -eq 4 ] && said "told to end while waiting; nothing was started"
    result $? "a lease that is empty; $sig ends the wait"
done

killed
says elsewhere - 300
run 4 --time 1 && said "the job has no time left; nothing was started"
result $? "so does the end of the job's time"

# Many that died at once, each with a shard.
plan <<'END'
node 1 1e9
shards 20
family f 20
memory 1e6
sh : > begun{i}.txt; until [ -e go ]; do sleep 0.1; done; echo {i} > {o0}
output x out/{i}.x
END
: >err
rm -f go
n=0
pids=
while [ $n -lt 20 ]; do
    R=$n S=20 "$shim" node c --nodes 20 --rank-var R --size-var S --node "n$n" --cores 1 --quiet 2>>err &
    n=$((n + 1))
    pids="$pids $!"
done
all_begun() {
    [ "$(find . -name 'begun*' | wc -l)" -eq 20 ]
}
wait_for all_begun
: >go
# shellcheck disable=SC2086
wait $pids
for j in c/state/journal/*.e0001; do
    # without its CLOSE, and of a holder elsewhere
    head -c 64 "$j" >x && mv x "$j"
    holder=$(tail -c 24 "$j" | tr -d '\0')
    echo "elsewhere 17 $other_boot 2 0 -" >"c/state/leases/$holder"
    touch -d '2 days ago' "c/state/leases/$holder"
done
[ "$(find c/state/leases -type f | wc -l)" -eq 20 ]
result $? "many nodes that died all at once"
run 0 && [ "$(find c/state/journal -name '*.e0002' | wc -l)" -eq 20 ]
result $? "are waited for together"

# --- what is left behind ---

# The record of the start did not reach the disk, what the task wrote did.
plan <<'END'
node 1 1e9
family f 1
memory 1e6
sh [ -e go ] && exit 3; mkdir {o0}; echo part > {o0}/x; echo > begun.txt; sleep 50
output x out/{i}.x
END
rm -f go
"$shim" run c 2>err &
pid=$!
wait_for test -s begun.txt
kill -9 "$pid"
wait "$pid" 2>/dev/null
head -c 64 c/state/journal/0000.e0001 >x && mv x c/state/journal/0000.e0001
[ -d out/.wfl-e1-0.0.x ]
: >go
run 1 && [ -z "$(find out -name '.wfl-*')" ] && [ "$(ends)" = "0 1 exit 3 F" ]
result $? "a temporary output whose start is not on record"

# Leases of shims that had nothing: of a host that is gone, and one that died before it had its name.
plan <<'END'
node 4 1e9
family f 1
memory 1e6
sh n=0; while [ -e c/state/leases/second.1 ] && [ $n -lt 500 ]; do n=$((n+1)); sleep 0.02; done; [ $n -lt 500 ]
END
mkdir -p c/state/leases c/state/logs
echo "elsewhere 17 $other_boot 2 0 -" >c/state/leases/second.1
touch -d '2 days ago' c/state/leases/second.1
echo "$(hostname) 1 $(cat /proc/sys/kernel/random/boot_id) 300 1 -" >c/state/leases/.third.1
R=0 S=1 "$shim" node c --nodes 1 --rank-var R --size-var S --node first --expiry 2 2>err &&
    [ -z "$(ls -A c/state/leases)" ]
result $? "leases of who died elsewhere, or early, are swept while others work"
R=0 S=1 "$shim" node c --nodes 1 --rank-var R --size-var S --node first 2>err &&
    [ "$(ls c/state/logs)" = first.1.log ]
result $? "and a shim that finds nothing to do leaves no log"

# A launcher that has ignored SIGCHLD.
plan <<'END'
node 1 1e9
family f 1
memory 1e6
sh [ -e begun.txt ] || { echo > begun.txt; sleep 50; }
END
: >err
(
    trap '' CHLD
    export R=0 S=1
    exec "$shim" node c --nodes 1 --rank-var R --size-var S 2>>err
) &
pid=$!
wait_for test -s begun.txt
kill -9 "$(pgrep -P "$pid")"
wait "$pid" && said "the shim was killed by signal 9" && ends | grep -q ' ok '
result $? "a keeper learns how its shim ended where SIGCHLD was ignored"

# --- wflc ---
cat >held.wfl <<'END'
campaign held
task t { memory 1 MB; run "echo x > {o}"; output o "held.txt" }
END
"$wflc" run -q held.wfl
echo "elsewhere 17 $other_boot 2 0 -" >build/held/local/state/leases/x.1
touch -d '2 days ago' build/held/local/state/leases/x.1
"$wflc" build -q held.wfl >err 2>&1 &&
    grep -q '^wflc: build/held/local: host elsewhere, process 17, held this until 2 days ago' err
result $? "wflc build waits for one who may live"
