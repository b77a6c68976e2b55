#!/bin/sh
# A campaign is built anew while a job of two nodes works: the job goes on by the new plan.
set -u
. "${top_srcdir:?is set by make check-slurm}/tests/slurm/slurm_lib.sh"

with_cluster -n 2
echo 1..9

dir=$tmp/build/grows/cluster
cat >grows.wfl <<'END2'
campaign grows
param last = 8
param size = 50
param word = "old"
param hours = 1
set number = 1 .. last
task part for n in number {
    memory size * 1 MB
    run    """
           echo {n} $SLURM_JOB_ID >>ran.txt
           until [ -e go ]; do sleep 0.2; done
           echo {n} >{text}
           """
    output text "out/{n:03}.txt"
}
task sum needs part {
    memory 50 MB
    run    "cat {part.text:list} >{text}; echo {word} >>words.txt"
    output text "sum.txt"
}
site cluster profile "test-slurm" { nodes 2 .. 2; walltime hours * 5 min }
END2
# build [OPTION...]
build()
{
    "$wflc" build --site cluster "$@" grows.wfl >output 2>&1
}

# job: its state, and what it runs
runs()
{
    [ -e ran.txt ] && [ "$(wc -l <ran.txt)" -ge "$1" ]
}

build && id=$(sh "$dir/submit.sh")
verdict $? "a job is submitted"
wait_for 60 runs 2
verdict $? "and works"
build -D last=20 -D size=60 -D word=new -D hours=2
verdict $? "the campaign is built anew meanwhile, with more tasks, more memory and another command"
grep -qE '^the new plan is in force: [12] shims? at work go(es)? on by it, nothing that runs is ended$' output
verdict $? "it is told that the job goes on by that"
grep -q '^for jobs to come, not for those at work: #SBATCH --time=' output
verdict $? "and that its walltime stays"
[ "$(squeue -h -j "$id" -o %T)" = RUNNING ]
verdict $? "the job runs on"
touch go
wait_for 120 ended "$id"
verdict $? "and ends"
sort -n ran.txt | cut -d ' ' -f 1 >output
seq 20 | cmp -s - output && [ "$(cut -d ' ' -f 2 ran.txt | sort -u)" = "$id" ]
verdict $? "it has started every task of the new plan once"
"$wflc" status --exit-code "$dir" >output 2>&1 && [ "$(cat words.txt)" = new ] && seq 20 | cmp -s - sum.txt
verdict $? "all of it is done, by the new command"
