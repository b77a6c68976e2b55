#!/bin/sh
# Jobs that the cluster refuses: in a queue that it does not have, and for longer than a queue allows.
set -u
. "${top_srcdir:?is set by make check-slurm}/tests/slurm/slurm_lib.sh"

with_cluster -n 1
echo 1..8

# A profile that is wrong about the cluster.
mkdir sites
cat >sites/wrong.yaml <<'END'
schema: 1
name: wrong
inherits: test-slurm
scheduler: {kind: slurm}
nodes: {cores: 2, memory_gib: 2}
queues:
  - {name: nosuch, max_walltime: "01:00:00"}
  - {name: short, max_walltime: "01:00:00", default: true}
END
refused()
{
    "$wflc" submit "$dir" >output 2>&1
    [ $? = 1 ] && grep -q 'refuses' output && grep -q "$1" output && [ -z "$(squeue -h)" ]
}

profile=wrong
campaign elsewhere 2 1 'queue "nosuch"; nodes 1 .. 1; walltime 2 min'
verdict $? "a campaign is built for a queue that is not there"
refused 'Invalid partition name'
verdict $? "submit says what sbatch said"
refused 'Invalid partition name'
verdict $? "and again"
campaign toolong 2 1 'queue "short"; nodes 1 .. 1; walltime 10 min'
verdict $? "a campaign is built for longer than the queue allows"
refused 'Requested time limit is invalid'
verdict $? "submit says what sbatch said"
campaign toolong 2 1 'queue "short"; nodes 1 .. 1; walltime 2 min' && "$wflc" submit "$dir" >>output 2>&1 &&
    wait_for 60 all_ended
verdict $? "once mended, the job is submitted"
done_once 3
verdict $? "every task is done once in the record"
whole 2
verdict $? "all outputs are whole"
