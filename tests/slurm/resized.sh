#!/bin/sh
# When most of a campaign is done, wflc submit asks Slurm for a smaller, shorter job, in which the rest is done.
set -u
. "${top_srcdir:?is set by make check-slurm}/tests/slurm/slurm_lib.sh"

with_cluster -n 4
echo 1..7

expected=60
campaign resized 48 '1; until [ {n} -le 40 ] || [ -e go ]; do sleep 1; done' 'nodes 1 .. 4; walltime 2 min .. 20 min'
verdict $? "a campaign is built"
enough()
{
    [ "$(find out -name '*.txt' ! -name '.*' | wc -l)" -ge 40 ]
}
first=$(submit) && wait_for 100 enough && scancel "$first" && wait_for 60 ended "$first"
verdict $? "most of it is done when a job is cancelled"
: >go
rm -rf "$dir/state/learned" # each part is still expected to take a minute
"$wflc" submit "$dir" >output 2>&1
verdict $? "the rest is submitted"
grep -q '^what is left is worth jobs of' output
verdict $? "in a job of another size"
job=$(squeue -h -o %i)
planned=$(sed -n 's/^#SBATCH --nodes=//p; s/^#SBATCH --time=//p' "$dir/job.sh" | tr '\n' ' ')
wait_for 150 ended "$job"
got="$(job_field "$job" NumNodes) $(job_field "$job" TimeLimit) "
echo "planned: $planned, got: $got" >output
[ "$(job_field "$job" JobState)" = COMPLETED ] && [ "$got" != "$planned" ]
verdict $? "Slurm runs it as what it is"
done_once 49
verdict $? "every task is done once in the record"
whole 48
verdict $? "all outputs are whole"
