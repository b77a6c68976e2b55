#!/bin/sh
# The cluster of these tests itself: a job of several nodes, a second cluster, a lost node, the end.
set -u
. "${top_srcdir:?is set by make check-slurm}/tests/slurm/slurm_lib.sh"

with_cluster -n 4
echo 1..8

cat >job.sh <<'END'
#!/bin/sh
#SBATCH --nodes=4 --time=2 --no-kill --output=job.out
srun --ntasks-per-node=1 --no-kill --kill-on-bad-exit=0 sh -c '
    echo "$SLURM_PROCID of $SLURM_NTASKS on $SLURMD_NODENAME"
    echo $$ >$SLURMD_NODENAME.pid
    exec sleep "$1"' sh "${1-0}"
END
runs() { kill -0 "$(cat "$1.pid")" && ! grep -q '^State:.*Z' "/proc/$(cat "$1.pid")/status"; }
all_run() { runs node1 && runs node2 && runs node3 && runs node4; }

sbatch --wait job.sh >output 2>&1
verdict $? "a job is run"
sort job.out >output
printf '%s of 4 on %s\n' 0 node1 1 node2 2 node3 3 node4 | cmp -s - output
verdict $? "on four nodes, once on each"

other=$tmp/other
sh "$cluster_sh" start "$other" -w $$ -n 1 >output 2>&1 &&
    (export SLURM_CONF="$other/slurm.conf" && srun sinfo -h -o %D) >output 2>&1 &&
    [ "$(cat output)" = 1 ]
verdict $? "there may be another cluster at the same time"
sh "$cluster_sh" stop "$other" >output 2>&1 && [ ! -e "$other" ] && srun -N4 true >>output 2>&1
verdict $? "its end is not that of the first"

rm -f ./*.pid
id=$(sbatch --parsable job.sh 300) && wait_for 20 all_run
verdict $? "a job runs on all nodes"
sh "$cluster_sh" lose "$cluster" node3 >output 2>&1 && wait_for 5 eval '! runs node3'
verdict $? "what a lost node ran is gone"
runs node1 && runs node2 && runs node4 && [ "$(state "$id")" = RUNNING ]
verdict $? "the job and its other nodes are not"

sh "$cluster_sh" stop "$cluster" >output 2>&1 && [ ! -e "$cluster" ] &&
    ! grep -lsz -e "=$cluster" /proc/[0-9]*/environ >>output && ! runs node1 2>>output
verdict $? "at the end nothing is left"
