#!/bin/sh
# A job is cancelled while it works; the next one goes on where it was.
set -u
. "${top_srcdir:?is set by make check-slurm}/tests/slurm/slurm_lib.sh"

with_cluster -n 2
echo 1..8

campaign cancelled 24 3 'nodes 2 .. 2; walltime 5 min'
verdict $? "a campaign is built"
: >stubborn
first=$(submit) && wait_for 60 begun 8
verdict $? "a job is at work"
sh "$dir/cancel.sh" "$first" >output 2>&1 && wait_for 60 ended "$first"
verdict $? "cancel.sh ends it"
cp "$cluster/log/jobs" output
[ "$(job_field "$first" JobState)" = CANCELLED ]
verdict $? "Slurm calls it cancelled"
grep -lsz "^SLURM_CONF=$SLURM_CONF\$" /proc/[0-9]*/environ |
    xargs -r grep -lsz "^SLURM_JOB_ID=$first\$" >output
[ ! -s output ]
verdict $? "nothing that it started is left"
second=$(submit) && wait_for 120 ended "$second"
verdict $? "another job ends"
done_once 25
verdict $? "every task is done once in the record"
whole 24
verdict $? "all outputs are whole"
