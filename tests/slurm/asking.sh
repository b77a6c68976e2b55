#!/bin/sh
# What Slurm shows is what wflc knows: jobs that it did not submit, jobs that are held, and jobs that ended before
# anything began; and variables that hide jobs from squeue hide none from wflc.
set -u
. "${top_srcdir:?is set by make check-slurm}/tests/slurm/slurm_lib.sh"

with_cluster -n 2
echo 1..20

# now COMMAND: with a fresh answer of the scheduler
now()
{
    rm -rf "$XDG_CACHE_HOME"
    "$@" >output 2>&1
}

campaign asking 8 1 'nodes 1 .. 1; walltime 2 min'
verdict $? "a campaign is built"
sed -i 's/poll_s: .*/poll_s: 1/' "$dir/site.yaml"
scontrol update partitionname=main state=down

# 4.1
for _ in 1 2 3; do
    now env SQUEUE_PARTITION=debug SQUEUE_STATES=RUNNING "$wflc" submit --again --keep 1 "$dir"
    sleep 1.1
done
[ "$(squeue -h | wc -l)" = 1 ]
verdict $? "variables of squeue do not have a job submitted thrice"
now env SQUEUE_PARTITION=debug SCANCEL_STATE=RUNNING "$wflc" cancel --all "$dir" && [ -z "$(squeue -h)" ]
verdict $? "nor those of scancel leave it there"

# 4.6
first=$(submit)
now "$wflc" queue "$dir" && grep -q "^$first  *waiting .* by hand $first  *PartitionDown" output
verdict $? "a job of submit.sh is shown, and why it waits"

# 4.5
scontrol hold "$first"
now "$wflc" queue "$dir" && grep -q "^$first  *held .*JobHeld" output &&
    grep -q "^job $first is held: .*release" output
verdict $? "held, it is"
now "$wflc" submit --keep 1 "$dir" && grep -q "^job $first is held" output && grep -q ': 1 held;' output
verdict $? "submit counts it, and tells what releases it"
scontrol release "$first"
now "$wflc" queue "$dir" && grep -q "^$first  *waiting " output
verdict $? "released, it waits"
now "$wflc" cancel --all "$dir" && [ -z "$(squeue -h)" ]
verdict $? "cancel --all cancels it"

# the record says that it is over, and it is not
campaign asking 8 1 'nodes 1 .. 1; walltime 2 min'
rm -rf "$dir/state"
sed -i 's/poll_s: .*/poll_s: 1/' "$dir/site.yaml"
now "$wflc" submit --keep 1 "$dir"
verdict $? "a job is submitted"
mkdir bin
printf '%s\n' '#!/bin/sh' 'echo "JOBID|STATE"' >bin/squeue && chmod +x bin/squeue
sleep 2.1
now env PATH="$tmp/bin:$PATH" "$wflc" submit --jobs 1 --keep 1 "$dir"
sleep 1.1 # an answer of the same second might be older than the verdict
now "$wflc" queue --all "$dir" && [ "$(grep -c ' waiting ' output)" = 2 ]
verdict $? "a job that was taken for over is shown for what it is"
now "$wflc" submit --keep 1 "$dir" && grep -q 'is in the queue, though it was taken for over$' output &&
    grep -q ': 2 waiting;' output
verdict $? "submit tells it, and counts it"
now "$wflc" cancel --all "$dir" && [ -z "$(squeue -h)" ]
verdict $? "both can be cancelled"
scontrol update partitionname=main state=up

# requeued and held while it runs; suspended
campaign asking 8 1 'nodes 1 .. 1; walltime 2 min'
rm -rf "$dir/state"
: >stubborn
sed -i 's/poll_s: .*/poll_s: 1/' "$dir/site.yaml"
sed -i 's/^#SBATCH --no-requeue/#SBATCH --requeue/' "$dir/job.sh"
second=$(submit) && wait_for 60 begun 1
verdict $? "a job runs"
scontrol suspend "$second"
now "$wflc" queue "$dir" && grep -q "^$second  *suspended " output
verdict $? "suspended, it is"
scontrol resume "$second"
scontrol requeuehold "$second"
requeued()
{
    now "$wflc" queue "$dir" && grep -q "^$second  *held .*job.requeued.in.held.state" output &&
        grep -q "scontrol release $second" output
}
wait_for 30 requeued
verdict $? "requeued in held state, it is held, and it is told what releases it"
now "$wflc" cancel --all "$dir" && [ -z "$(squeue -h -t pending,running,suspended)" ]
verdict $? "it can be cancelled"

# a job that ends before anything begins
campaign asking 8 1 'nodes 1 .. 1; walltime 2 min'
rm -rf "$dir/state"
sed -i -e 's/poll_s: .*/poll_s: 1/' "$dir/site.yaml"
sed -i 's/^srun /nosuchprogram /' "$dir/job.sh"
now "$wflc" submit --keep 1 "$dir" && wait_for 60 all_ended
verdict $? "a job ends that cannot start anything"
now "$wflc" queue --all "$dir" && grep -q ' ended .*nosuchprogram: command not found' output
verdict $? "queue --all tells why"
sleep 1.1
now "$wflc" submit --keep 1 "$dir" && grep -q 'no task was done meanwhile; the last line of .*nosuchprogram: command not found' output
verdict $? "so does submit"
wait_for 60 all_ended
verdict $? "the next one ends, too"
