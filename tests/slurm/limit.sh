#!/bin/sh
# wflc submit keeps to the limits of a queue: the profile's, and one that only Slurm knows.
set -u
. "${top_srcdir:?is set by make check-slurm}/tests/slurm/slurm_lib.sh"

# Slurm takes no more than about five jobs, and those that have ended count until it forgets them.
with_cluster -n 4 MaxJobCount=5 MinJobAge=2
echo 1..8

refusals() { grep -c "MaxJobCount limit" "$cluster/log/slurmctld.log"; }
refused_again() { [ "$(refusals)" -gt "$before" ]; }

# Said to take a minute each, so that they seem worth more jobs than there may be.
expected=60 campaign limited 60 2 'queue "short"; nodes 1 .. 1; walltime 2 min'
verdict $? "a campaign is built"

# somebody else's; sbatch itself tries again and again when there are too many
others=0
while [ $others -lt 9 ] && timeout 3 sbatch --quiet --hold --output=/dev/null --wrap true 2>output; do
    others=$((others + 1))
done
before=$(refusals)
"$wflc" submit --keep 8 "$dir" >submitted 2>&1 &
pid=$!
wait_for 60 refused_again
verdict $? "there are as many jobs as Slurm takes, and it does not take ours"
scancel --state=PENDING --name=wrap
wait $pid
code=$?
cp submitted output
[ $code = 0 ]
verdict $? "when they are gone it does"
squeue -h >output
[ "$(wc -l <output)" -le 4 ]
verdict $? "there are no more of ours than the profile allows"
"$wflc" submit --keep 8 "$dir" >>output 2>&1
squeue -h >>output
[ "$(squeue -h | wc -l)" -le 4 ]
verdict $? "also when more are asked for"
timeout 240 "$wflc" submit --keep 8 --watch "$dir" >output 2>&1
verdict $? "submit --watch stays until all is done"
done_once 61
verdict $? "every task is done once in the record"
whole 60
verdict $? "all outputs are whole"
