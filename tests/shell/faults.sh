#!/bin/sh
# A system call of the shim fails: the file system's trouble, or the machine's, is nobody's fault. A
# campaign of which every byte is known is run while strace makes one call, or all from some moment on,
# fail; then
# - no task is called done that is not, and none is blamed: each would succeed if it were left alone;
# - who ends early says why;
# - the next run, which nothing happens to, makes everything whole.
# Runs begin with nothing, in the middle of what a killed shim left, or behind a run whose outputs are
# partly gone; as `run` or `node`. Calls of the shim itself (of a node: of its keeper) fail, or also those of the children that it
# forks, up to the moment when they become something else.
# FAULTS=N (default: 48) runs are made, random ones of FAULTS_SEED; `make check-faults` makes 1200. FAULT='run
# fresh rename EIO 3 itself' makes one, as it is named in the result.
command -v strace >/dev/null || { echo "1..0 # SKIP there is no strace" && exit 0; }
strace -qq -f -b execve -e trace=none true 2>/dev/null || {
    echo "1..0 # SKIP nothing can be traced here, or strace has no --detach-on"
    exit 0
}
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
if grep -q __asan_init "$shim"; then
    echo "1..0 # SKIP the sanitizer's own calls would fail, too"
    exit 0
fi
. "$top_srcdir/tests/shell/truth_lib.sh"
faults=${FAULTS:-48}
seed=${FAULTS_SEED:-1}
export SIZE=1 RANK=0

# begin run|node [WORD...]: the shim, behind the words
begin() {
    mode=$1
    shift
    case $mode in
    run) set -- "$@" "$shim" run c ;;
    node) set -- "$@" "$shim" node c --nodes 1 --rank-var RANK --size-var SIZE ;;
    esac
    ${exec:-} "$@"
}

# --- what runs begin with: folders that are copied, for each mode ---

# some_ended: it is in the middle of its work
some_ended() {
    [ "$("$record" c | grep -c end)" -ge 5 ]
}

# prepare MODE SHARDS
prepare() {
    mkdir "$work/$1-fresh" && cd "$work/$1-fresh" || exit 99
    truth_plan "$2" 1
    cp -a . "../$1-killed" && cd "../$1-killed" || exit 99
    # it stands still at some record, until it is killed with its tracer
    (exec='exec' && begin "$1" setsid strace -qq -f -b execve -o /dev/null -e trace=pwrite64 \
        -e inject=pwrite64:delay_enter=100000000:when=12 2>/dev/null) &
    leader=$!
    wait_for some_ended
    kill -9 -$leader
    wait $leader 2>/dev/null
    cp -a . "../$1-partly" && cd "../$1-partly" || exit 99
    begin "$1" 2>/dev/null
    rm -rf plain/1 deep/0 several/1.b folder/1 bundle/0.3 one/2
    # as long as nobody looked, the record cannot know of these
    grep -v -e ' plain/1$' -e ' deep/0/' -e ' several/1.b$' -e ' folder/1/' -e ' bundle/0.3$' -e ' one/2$' \
        expected >expected.rest
    cd "$work" || exit 99
}
prepare run 1
prepare node 5
rm -rf node-partly # where no shard is left, a node looks at nothing

# How often each call is made, as "MODE BEGIN CALL COUNT".
for mode in run node; do
    for from in fresh killed partly; do
        [ -e "$mode-$from" ] || continue
        rm -rf try && cp -a "$mode-$from" try && cd try || exit 99
        begin "$mode" strace -f -b execve -c -o ../profile 2>/dev/null
        cd ..
        awk -v mode="$mode" -v from="$from" '$1 ~ /^[0-9.]+$/ && $NF != "total" { print mode, from, $NF, $4 }' \
            profile
    done
done >calls

# --- the faults ---

# One line each: mode, begin, call, error, when it fails, whether children's calls do so, too. Each call
# has its turn. Not among them: those of a program that is just being started, those that end one, and
# errors that the kernel does not give.
awk -v n="$faults" -v seed="$seed" '
    BEGIN {
        srand(seed)
        path = "EIO ENOSPC EDQUOT ESTALE EACCES ENOMEM EINTR"
        file = "EIO ENOSPC EDQUOT ESTALE EINTR"
        split("open openat newfstatat stat lstat statx access faccessat faccessat2 mkdir mkdirat rename " \
            "renameat renameat2 unlink unlinkat rmdir link linkat symlink readlink readlinkat getdents64 utimensat " \
            "chmod fchmodat statfs getcwd", paths, " ")
        for (i in paths)
            errors[paths[i]] = path (paths[i] ~ /mkdir|rename|link|rmdir|access|utimensat|chmod/ ? " EROFS" : "")
        errors["openat"] = path " EROFS EMFILE ENFILE"
        errors["rename"] = errors["renameat"] = errors["renameat2"] = path " EROFS EXDEV"
        split("read write pread64 pwrite64 writev pwritev fsync fdatasync ftruncate fallocate sync_file_range " \
            "syncfs fstatfs fstat copy_file_range lseek close", files, " ")
        for (i in files)
            errors[files[i]] = file
        errors["clone3"] = errors["clone"] = errors["vfork"] = errors["fork"] = "EAGAIN ENOMEM"
        errors["mmap"] = "ENOMEM"
        errors["wait4"] = errors["epoll_wait"] = errors["poll"] = errors["ppoll"] = "EINTR"
        errors["clock_nanosleep"] = "EINTR"
        errors["epoll_create1"] = errors["signalfd4"] = errors["eventfd2"] = "EMFILE ENFILE ENOMEM"
        errors["pipe2"] = errors["socketpair"] = errors["memfd_create"] = "EMFILE ENFILE ENOMEM"
        errors["epoll_ctl"] = "ENOMEM ENOSPC"
        errors["sendto"] = errors["sendmsg"] = errors["recvfrom"] = errors["recvmsg"] = "EINTR EAGAIN ENOMEM"
        errors["prctl"] = errors["prlimit64"] = "EPERM EINVAL"
        errors["fcntl"] = errors["flock"] = "EINTR ENOLCK EIO"
        errors["close_range"] = "ENOSYS"
        errors["dup2"] = errors["dup3"] = "EINTR EMFILE"
        errors["uname"] = errors["sched_getaffinity"] = "EINVAL"
    }
    $3 in errors {
        if (!($3 in begins))
            name[++ncalls] = $3
        begins[$3] = begins[$3] $1 " " $2 " " $4 ","
    }
    END {
        for (i = 0; i < n; i++) {
            call = name[i % ncalls + 1]
            k = split(substr(begins[call], 1, length(begins[call]) - 1), b, ",")
            split(b[1 + int(k * rand())], begin, " ")
            m = split(errors[call], e, " ")
            when = 1 + int(begin[3] * rand())
            error = e[1 + int(m * rand())]
            # no signal comes for ever, and who waits is not told to come again for ever
            print begin[1], begin[2], call, error, when (rand() < 0.15 && error !~ /EINTR|EAGAIN/ ? "+" : ""), \
                (rand() < (begin[1] == "node" ? 0.9 : 0.5) ? "children" : "itself")
        }
    }' calls >faults.txt
[ -z "${FAULT:-}" ] || { echo "$FAULT" >faults.txt && faults=1; }

# fair ERROR: folders that nobody may write to are rather a mistake of the campaign
fair() {
    [ "$1" = EACCES ] || truth_fair
}

# ended PID SECONDS: within that time
ended() {
    tries=$(($2 * 20))
    while kill -0 "$1" 2>/dev/null; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || return 1
        sleep 0.05
    done
}

# await TRACER: who waits for better times is asked to end after a while, then to stop what runs, then not
# to wait for the disk, and killed if that is not enough; the exit code
await() {
    if ! ended "$1" 5; then
        traced=$(cat "/proc/$1/task/$1/children")
        # shellcheck disable=SC2086 # words
        {
            kill $traced
            ended "$1" 1 || kill $traced
            ended "$1" 1 || kill $traced
            ended "$1" 20 || kill -9 $traced "$1"
        } 2>/dev/null
    fi
    wait "$1"
}

# fault MODE BEGIN CALL ERROR WHEN itself|children: what it finds is printed; true: all is well
fault() {
    cd "$work" && rm -rf try && cp -a "$1-$2" try && cd try || return 1
    follow=
    [ "$6" = itself ] || follow='-f -b execve'
    # shellcheck disable=SC2086 # words
    (exec='exec' && begin "$1" strace -qq $follow -o /dev/null -e "trace=$3" -e "inject=$3:error=$4:when=$5" \
        2>err) &
    await $!
    end=$?
    good=0
    [ $end -ne 137 ] || { echo '# did not end when it was asked to' && good=1; }
    rest=expected
    [ "$2" != partly ] || rest=expected.rest
    truth_told $rest || good=1
    fair "$4" || good=1
    [ $end -eq 0 ] || [ "$3" = write ] || grep -q '^wfl' err || { echo "# ended with $end, and not a word" && good=1; }
    mv err first
    next=$1
    [ "$4" != EACCES ] || next=run # which tries again what had failed
    begin "$next" 2>err || { echo '# the next run fails' && good=1; }
    truth_whole || good=1
    fair "$4" || good=1
    [ $good -eq 0 ] || sed 's/^/# first: /' first
    return $good
}

echo "1..$faults"
echo "# FAULTS_SEED=$seed, $(cut -d ' ' -f 3 faults.txt | sort -u | wc -l) system calls"
while read -r line <&3; do
    # shellcheck disable=SC2086 # words
    fault $line
    end=$?
    cd "$work" && cp -f try/err err
    result $end "$line"
done 3<faults.txt
