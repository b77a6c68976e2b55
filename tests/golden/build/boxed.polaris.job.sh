#!/bin/bash
#PBS -N boxed
#PBS -A LSSTsky
#PBS -q prod
#PBS -l select=25:ncpus=32:system=polaris
#PBS -l place=scatter:excl
#PBS -l walltime=06:00:00
#PBS -l filesystems=home:eagle
#PBS -o WORKDIR/build/boxed/polaris/state/jobs/
#PBS -j oe
#PBS -r n
#PBS -l singularity_fakeroot=true

# A job of campaign boxed on polaris; made by wflc build from boxed.wfl.
# All jobs are this script: each works on what is left, until its time is up.
# The limits of the shell that submitted it are not meant for it.
for limit in t f v d u; do ulimit -S "-$limit" "$(ulimit -H "-$limit")"; done
start=$(date +%s)
ml use /soft/modulefiles
ml spack-pe-base
ml apptainer
unset OMP_NUM_THREADS
# not before: a site's own functions may use variables that are not set
set -u

here=WORKDIR/build/boxed/polaris
# Relative names in the campaign start here.
cd -- WORKDIR || exit 3
: "${USER:=$(id -un)}"
export USER
id=${PBS_JOBID:?this script runs as a job of PBS: start it with submit.sh}
nnodes=$(($(sort -u "$PBS_NODEFILE" | wc -l)))
hostfile=$PBS_NODEFILE

# The end of the job, in seconds since 1970: the scheduler does not tell it.
end=$((start + 21600))

# One call starts a shim on each node. It is told with USR2 that the job ends early;
# a shell looks at signals only while it waits.
pid=
trap : TERM
trap '[ -z "$pid" ] || kill -USR2 "$pid"' USR1
mpiexec -n "$nnodes" --ppn 1 --hostfile "$hostfile" --cpu-bind none --env \
    "WFL_NNODES=$nnodes" \
    "$here/wfl-shim" node "$here" --rank-var PALS_RANKID --size-var WFL_NNODES \
    --nodes "$nnodes" --until "$end" --finish-by 180 --stop-starting 1800 --grace 10 \
    --job "$id" --local /local/scratch &
pid=$!
while wait "$pid"; rc=$?; [ "$rc" -gt 128 ] && kill -0 "$pid" 2>/dev/null; do :; done
if [ "$rc" -gt 128 ]; then # perhaps a signal that came as the launcher ended
    wait "$pid"
    last=$?
    [ "$last" -eq 127 ] || rc=$last
fi
exit "$rc"
