#!/bin/bash
#SBATCH --job-name=gpus
#SBATCH --account=m1727_g
#SBATCH --qos=regular
#SBATCH --nodes=4
#SBATCH --time=02:00:00
#SBATCH --no-kill
#SBATCH --gpus-per-node=4
#SBATCH --constraint=gpu
#SBATCH --licenses=scratch,cfs
#SBATCH --output=WORKDIR/build/gpus/perlmutter_gpu/state/jobs/gpus.%j.out
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@600
#SBATCH --no-requeue

# A job of campaign gpus on perlmutter_gpu; made by wflc build from gpus.wfl.
# All jobs are this script: each works on what is left, until its time is up.
# The limits of the shell that submitted it are not meant for it.
for limit in t f v d u; do ulimit -S "-$limit" "$(ulimit -H "-$limit")"; done
start=$(date +%s)
# What srun takes for options is not meant for it if Slurm has not set it for this job, but
# the shell that submitted it.
for name in $(env | awk -F= '/^(SACCT_|SALLOC_|SBATCH_|SCANCEL_|SCONTROL_|SINFO_|SLURMD_|SLURM_|SQUEUE_|SRUN_|_SLURM_)[A-Za-z0-9_]*=/ { print $1 }'); do
    case $name in
    SLURM_CONF | SLURM_CONF_SERVER | SLURM_CLUSTERS | SLURM_JWT | SBATCH_ACCOUNT | \
        SBATCH_RESERVATION | SBATCH_WCKEY | SLURMD_NODENAME | SLURM_ARRAY_* | \
        SLURM_CLUSTER_NAME | SLURM_CPUS_ON_NODE | SLURM_GPUS_ON_NODE | SLURM_GTIDS | \
        SLURM_JOBID | SLURM_JOB_* | SLURM_LOCALID | SLURM_NNODES | SLURM_NODEID | \
        SLURM_NODELIST | SLURM_NODE_ALIASES | SLURM_PRIO_PROCESS | SLURM_PROCID | \
        SLURM_RESTART_COUNT | SLURM_SHARDS_ON_NODE | SLURM_SPANK_* | SLURM_SUBMIT_* | \
        SLURM_TASKS_PER_NODE | SLURM_TASK_PID | SLURM_TOPOLOGY_* | SLURM_WORKING_CLUSTER | \
        _SLURM_* | SLURM_GPUS_PER_NODE) ;;
    *) unset "$name" ;;
    esac
done
set -u

here=WORKDIR/build/gpus/perlmutter_gpu
# Relative names in the campaign start here.
cd -- WORKDIR || exit 3
: "${USER:=$(id -un)}"
export USER
id=${SLURM_JOB_ID:?this script runs as a job of Slurm: start it with submit.sh}
nnodes=$SLURM_JOB_NUM_NODES

# The end of the job, in seconds since 1970: asked once, for all nodes; if the
# answer is none, start and walltime tell it.
left=$(squeue -h -j "$SLURM_JOB_ID" -o %L) || left=
left=$(printf '%s\n' "$left" | awk -F: '
    /^([0-9]+-)?[0-9]+(:[0-9]+)?(:[0-9]+)?$/ {
        if (split($1, a, "-") == 2)
            print ((a[1] * 24 + a[2]) * 60 + $2) * 60 + $3
        else
            print NF == 3 ? ($1 * 60 + $2) * 60 + $3 : NF == 2 ? $1 * 60 + $2 : $1 * 60
    }')
left=${left%%.*}
case $left in '' | *[!0-9]*) left=0 ;; esac
[ "$left" -gt 0 ] || left=7200
end=$((start + left))

# One call starts a shim on each node. It is told with USR2 that the job ends early;
# a shell looks at signals only while it waits.
pid=
trap : TERM
trap 'scancel --signal=USR2 "$id.0"' USR1
srun "--nodes=$nnodes" "--ntasks=$nnodes" --ntasks-per-node=1 --cpus-per-task=128 \
    --cpu-bind=none --mem=0 --export=ALL --kill-on-bad-exit=0 --wait=0 --no-kill \
    --input=none --unbuffered \
    "$here/wfl-shim" node "$here" --rank-var SLURM_PROCID --size-var SLURM_NTASKS \
    --nodes "$nnodes" --until "$end" --finish-by 180 --stop-starting 1800 --grace 30 \
    --job "$id" --node-var SLURMD_NODENAME &
pid=$!
while wait "$pid"; rc=$?; [ "$rc" -gt 128 ] && kill -0 "$pid" 2>/dev/null; do :; done
if [ "$rc" -gt 128 ]; then # perhaps a signal that came as the launcher ended
    wait "$pid"
    last=$?
    [ "$last" -eq 127 ] || rc=$last
fi
exit "$rc"
