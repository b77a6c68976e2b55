#!/bin/sh
# What failed for good is tried again when somebody asks for it, once, by jobs that start later: those
# of wflc submit, of submit.sh, and those that waited already.
set -u
. "${top_srcdir:?is set by make check-slurm}/tests/slurm/slurm_lib.sh"

with_cluster -n 2
echo 1..16

dir=$tmp/build/mended/cluster
cat >mended.wfl <<'END2'
campaign mended
set number = 1 .. 12
task part for n in number {
    memory 50 MB
    retry  0
    run    """
           echo {n} >>tried.txt
           [ {n} -gt 3 ] || [ -e fixed ] || exit 5
           echo {n} >{text}
           """
    output text "out/{n}.txt"
}
task sum needs part {
    memory 50 MB
    run    "cat {part.text:list} >{text}"
    output text "out/sum.txt"
}
site cluster profile "test-slurm" { nodes 1 .. 1; walltime 3 min }
END2
"$wflc" build --site cluster mended.wfl >output 2>&1
verdict $? "a campaign is built"
tried()
{
    sort -n tried.txt | tr '\n' ' ' >output
    : >tried.txt
    [ "$(cat output)" = "$1" ]
}
job=$(submit) && wait_for 120 ended "$job"
verdict $? "a job ends"
tried '1 2 3 4 5 6 7 8 9 10 11 12 '
verdict $? "all is tried"
"$wflc" status "$dir" >output 2>&1
grep -q "^TOTAL  *13  *9 .* 3  *1\$" output && grep -q "wflc submit --again .* has the next job try them again" output
verdict $? "three tasks failed, and status says how they are tried again"
job=$(submit) && wait_for 120 ended "$job"
verdict $? "another job ends"
tried ''
verdict $? "and tries nothing"
# one that waits when somebody asks, though it was sent by hand
other=$(sbatch --parsable --nodes 2 --exclusive --output=/dev/null --wrap 'sleep 600')
job=$(submit) && "$wflc" submit --again "$dir" >output 2>&1
grep -q '^3 failed tasks are tried again by the jobs that start from now on$' output
verdict $? "a request is made while a job waits"
squeue -h >output
[ "$(wc -l <output)" = 2 ]
verdict $? "and no other one is submitted beside it"
scancel "$other" && wait_for 120 ended "$job"
verdict $? "the job that waited ends"
tried '1 2 3 '
verdict $? "and tries what failed"
job=$(submit) && wait_for 120 ended "$job"
verdict $? "one more ends"
tried ''
verdict $? "and does not: once for each request"
: >fixed
timeout 240 "$wflc" submit --again --watch "$dir" >output 2>&1
verdict $? "submit --again --watch stays until all is done"
tried '1 2 3 '
verdict $? "by trying again what failed"
[ "$(squeue -h -t all -o %j | grep -c mended)" -ge 1 ]
verdict $? "in a job of its own"
"$wflc" status "$dir" >output 2>&1
grep -q 'all tasks are done' output && [ "$(wc -l <out/sum.txt)" -eq 12 ]
verdict $? "every output is there"
