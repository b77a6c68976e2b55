#!/bin/sh
# What a job or a run inherits from the shell that starts it: limits, signals that are ignored, closed
# files, folders that are gone. None of it makes tasks fail without a word.
# shellcheck disable=SC3045 # dash and bash know these limits
. "${top_srcdir:?is set by make check}/tests/shell/submit_lib.sh"

cat >demo.wfl <<'END2'
campaign demo
set n = 1 .. 2
task t for i in n {
    memory 10 MB
    run """
        ulimit -t >{o}
        ulimit -f >>{o}
        grep -i sigign /proc/self/status >>{o}
        umask >>{o}
        """
    output o "out/{i}.txt"
}
END2

# done_all: a job that was submitted here has ended, and all is done; nobody writes into its folder any more
done_all()
{
    for _ in $(seq 400); do
        "$wflc" status >output 2>&1 && grep -q 'all tasks are done' output && ! grep -q '^at work: ' output && return 0
        sleep 0.05
    done
    return 1
}
# again: as if it never ran
again()
{
    rm -rf build out
    "$wflc" build -q demo.wfl
}
# ignored: the signals that a task ignores, of the first 28
ignored()
{
    sed -n 's/^SigIgn:.*\(.......\)$/\1/p' out/1.txt
}

echo 1..29
again
( ulimit -S -t 9 && ulimit -S -f 1000000 && exec "$wflc" submit ) >output 2>&1
verdict $? 'a job is submitted from a shell with limits'
done_all
verdict $? 'it ends'
cp out/1.txt output
[ "$(sed 2q out/1.txt | tr '\n' ' ')" = "$(ulimit -H -t) $(ulimit -H -f) " ]
verdict $? 'and its tasks have none of them'
again
( ulimit -t 900 && exec "$wflc" submit ) >output 2>&1
verdict $? 'limits that cannot be raised'
has 'are told by submit' 'jobs and their tasks will have the limits of this shell: 900 s of processor time (ulimit -t)'
done_all
verdict $? 'and hold'
[ "$(sed 1q out/1.txt)" = 900 ]
verdict $? 'as was said'
again
( ulimit -S -t 900 && exec "$wflc" run demo.wfl ) >output 2>&1
verdict $? 'a run with a limit'
has 'says so' 'each process here, and so each of a task, has limits: 900 s of processor time (ulimit -t)'
[ "$(sed 1q out/1.txt)" = 900 ]
verdict $? 'and keeps it: it is meant'

# signals
again
sh -c "trap '' CHLD PIPE HUP INT QUIT ALRM TERM USR1; exec timeout 60 $wflc run demo.wfl" >output 2>&1
verdict $? 'a run whose shell ignores signals ends'
cp out/1.txt output
[ "$(ignored)" = 0000800 ] # USR2: the warning of a scheduler, which all of a job get
verdict $? 'and its tasks do not ignore them'
again
sh -c "trap '' CHLD PIPE HUP; exec timeout 60 $wflc submit" >output 2>&1
verdict $? 'so does a submission'
done_all
verdict $? 'whose job works'
[ "$(ignored)" = 0000800 ]
verdict $? 'as others do'
campaign slurm 2 1
program sbatch <<'END2'
echo 7
END2
program squeue <<'END2'
echo 'JOBID|STATE|TIME|TIME_LEFT|NODES|PARTITION|QOS|REASON|NAME'
END2
sh -c "trap '' CHLD; exec timeout 60 $wflc submit" >output 2>&1
verdict $? 'a scheduler is asked by who ignores that children end'
has 'and answers' '1 job submitted (7)'
sh -c "trap '' CHLD; exec env RANK=0 SIZE=1 $shim node build/demo/site --quiet --nodes 1 --rank-var RANK --size-var SIZE" \
    >output 2>&1
[ $? = 1 ]
verdict $? 'a node tells how it ended to who ignores that'

# files
again
"$wflc" run demo.wfl >output 2>&1 <&-
verdict $? 'a run without standard input'
again
"$wflc" submit 2>output >&-
[ $? = 3 ] && grep -q 'cannot write to standard output' output
verdict $? 'a submission without standard output says so'
done_all
verdict $? 'its job works all the same'
grep -aq submitted build/demo/local/state/submitted
[ $? = 1 ]
verdict $? 'and nothing was written into the record'
again
mkdir gone
( cd gone && rmdir ../gone && exec "$wflc" submit "$tmp/build/demo/local" ) >output 2>&1
verdict $? 'a submission from a folder that was removed'
done_all
verdict $? 'works'
again
( unset HOME XDG_CACHE_HOME XDG_CONFIG_HOME LOGNAME USER && exec "$wflc" submit ) >output 2>&1
verdict $? 'and one without HOME, user and caches'
done_all
verdict $? 'too'

# open files are not handed on, nor on a Linux that has no close_range (before 5.11)
cat >open.wfl <<'END2'
campaign open
task t { memory 10 MB; run "ls -l /proc/self/fd >{o}"; output o "open.txt" }
END2
for without in no close_range; do
    rm -rf build/open open.txt
    "$wflc" build -q open.wfl
    # shellcheck disable=SC2016 # dash knows no descriptors above 9
    WITHOUT=$without bash -c 'exec 7<open.wfl 1500<open.wfl
        [ $WITHOUT = no ] || set -- strace -f -qq -o /dev/null -e trace=close_range -e inject=close_range:error=ENOSYS "$@"
        exec "$@"' - "$shim" run --quiet build/open/local >output 2>&1
    cat open.txt >>output
    [ -s open.txt ] && ! grep -qE 'open.wfl| (7|1500) ->' open.txt
    verdict $? "no open file reaches a task, without $without"
done

# what dies of a limit is told so
cat >limit.wfl <<'END2'
campaign limit
task cpu { memory 10 MB; run "ulimit -S -t 1; while :; do :; done"; output o "never" }
task big { memory 10 MB; run "ulimit -f 1; head -c 100000 /dev/zero >{o}"; output o "big" }
END2
"$wflc" run limit.wfl >output 2>&1
grep -q 'killed by SIGXCPU (limit of processor time, ulimit -t)' output &&
    grep -q 'killed by SIGXFSZ (limit of file size, ulimit -f)' output
verdict $? 'what dies of a limit is told so'
