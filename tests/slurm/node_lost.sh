#!/bin/sh
# A node dies with all that runs on it; then the node on which the script of a job runs.
set -u
. "${top_srcdir:?is set by make check-slurm}/tests/slurm/slurm_lib.sh"

with_cluster -n 6
echo 1..10

campaign lost 60 3 'nodes 4 .. 4; walltime 5 min'
verdict $? "a campaign is built"
id=$(submit) && wait_for 60 begun 1 node3
verdict $? "a job is at work on four nodes"
sh "$cluster_sh" lose "$cluster" node3 >output 2>&1
verdict $? "one of them dies"
wait_for 180 ended "$id"
verdict $? "the job ends"
done_once 61
verdict $? "the other three have done its work: every task is done once in the record"
whole 60
verdict $? "all outputs are whole"

campaign headless 24 3 'nodes 2 .. 2; walltime 5 min'
id=$(submit) && wait_for 60 begun 1 node1
verdict $? "another job is at work"
sh "$cluster_sh" lose "$cluster" node1 >output 2>&1 && wait_for 90 done_once 25
verdict $? "the node of its script dies, and the other one does all that is left"
whole 24
verdict $? "all outputs are whole"
# Slurm keeps such a job until its time is up: that of its script is not among the nodes it looks at.
scancel "$id" && wait_for 60 ended "$id"
verdict $? "the job can be cancelled"
