#!/bin/sh
# Two tasks were interrupted. The next job is too short for what is stated of them: the one of which little is left is done.
set -u
. "${top_srcdir:?is set by make check-slurm}/tests/slurm/slurm_lib.sh"

with_cluster -n 1
echo 1..8

dir=$tmp/build/left/cluster
cat >left.wfl <<'END'
campaign left
set number = 1 .. 2
task part for n in number {
    memory     50 MB
    time       3 min
    checkpoint "part{n}.ckpt"
    remaining  "tail -n 1 $1"
    run        """
               echo {n} $SLURM_JOB_ID >>ran.txt
               if [ -e part{n}.ckpt ]; then rm part{n}.ckpt; echo {n} >{text}; exit; fi
               if [ {n} = 1 ]; then echo 5; else echo 3000; fi >part{n}.ckpt
               sleep 600
               """
    output text "out/{n}.txt"
}
site cluster profile "test-slurm" { nodes 1 .. 1; walltime 5 min }
END
written()
{
    [ -s part1.ckpt ] && [ -s part2.ckpt ]
}

"$wflc" build --site cluster left.wfl >output 2>&1 && first=$(submit) && wait_for 60 written
verdict $? "a job works, and both have written their checkpoints"
sh "$dir/cancel.sh" "$first" >output 2>&1 && wait_for 60 ended "$first"
verdict $? "it is cancelled"
second=$(SBATCH_TIMELIMIT=2 submit) && wait_for 180 ended "$second"
verdict $? "another one of two minutes ends"
cp "$dir/state/jobs/left.$second.out" output
[ "$(cat out/1.txt)" = 1 ] && [ ! -e out/2.txt ] && [ -e part2.ckpt ]
verdict $? "the one with five seconds to go is done, though three minutes are stated"
grep -q '\[n=2\]: 3000 s of it are left, and the job has [0-9]*' output
verdict $? "it is said what is left of the other one"
[ "$(grep -c "^2 $second\$" ran.txt)" -eq 0 ] && [ "$(job_field "$second" ExitCode)" = 4:0 ]
verdict $? "which was not started: the job ends, and some is left"
third=$(submit) && wait_for 60 ended "$third" && [ ! -e out/2.txt ]
verdict $? "nor is it in a job of five minutes"
echo 20 >part2.ckpt
fourth=$(submit) && wait_for 60 ended "$fourth" && done_once 2
verdict $? "when twenty seconds are left it is, and each is done once"
