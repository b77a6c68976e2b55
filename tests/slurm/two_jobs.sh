#!/bin/sh
# Two jobs of two nodes each in one campaign folder share the work, and a third finds nothing to do.
set -u
. "${top_srcdir:?is set by make check-slurm}/tests/slurm/slurm_lib.sh"

with_cluster -n 4
echo 1..9

campaign two 40 2 'nodes 2 .. 2; walltime 5 min'
verdict $? "a campaign is built"
first=$(submit) && second=$(submit) && third=$(submit_after "$first:$second")
verdict $? "jobs are submitted"
wait_for 150 ended "$first" "$second" "$third"
verdict $? "they end"
cp "$cluster/log/jobs" output
[ "$(job_field "$first" JobState) $(job_field "$second" JobState) $(job_field "$third" JobState)" = \
    'COMPLETED COMPLETED COMPLETED' ]
verdict $? "with exit code 0"
done_once 41
verdict $? "every task is done once in the record"
whole 40
verdict $? "all outputs are whole"
awk '{ print $1 }' ran.txt | sort -n >output
seq 40 | cmp -s - output
verdict $? "every task was started once"
kinds 2 2
verdict $? "two jobs have worked, and the third had nothing to do"
kinds 4 3
verdict $? "on four nodes"
