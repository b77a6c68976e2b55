#!/bin/bash
#PBS -N launchers
#PBS -q workq
#PBS -l select=16:ncpus=64:mem=200gb
#PBS -l place=scatter
#PBS -l walltime=200:00:00
#PBS -o WORKDIR/build/launchers/hydra/state/jobs/
#PBS -j oe
#PBS -r y

# A job of campaign launchers on hydra; made by wflc build from launchers.wfl.
# All jobs are this script: each works on what is left, until its time is up.
# The limits of the shell that submitted it are not meant for it.
for limit in t f v d u; do ulimit -S "-$limit" "$(ulimit -H "-$limit")"; done
start=$(date +%s)
unset OMP_NUM_THREADS
set -u

here=WORKDIR/build/launchers/hydra
# Relative names in the campaign start here.
cd -- WORKDIR || exit 3
: "${USER:=$(id -un)}"
export USER
id=${PBS_JOBID:?this script runs as a job of PBS: start it with submit.sh}
nnodes=$(($(sort -u "$PBS_NODEFILE" | wc -l)))

# The end of the job, in seconds since 1970: asked once, for all nodes; if the
# answer is none, start and walltime tell it.
left=$(pbs_left) || left=
left=$(printf '%s\n' "$left" | awk -F: '
    /^([0-9]+-)?[0-9]+(:[0-9]+)?(:[0-9]+)?$/ {
        if (split($1, a, "-") == 2)
            print ((a[1] * 24 + a[2]) * 60 + $2) * 60 + $3
        else
            print NF == 3 ? ($1 * 60 + $2) * 60 + $3 : NF == 2 ? $1 * 60 + $2 : $1 * 60
    }')
left=${left%%.*}
case $left in '' | *[!0-9]*) left=0 ;; esac
[ "$left" -gt 0 ] || left=720000
end=$((start + left))

# One call starts a shim on each node. It is told with USR2 that the job ends early;
# a shell looks at signals only while it waits.
pid=
trap : TERM
trap '[ -z "$pid" ] || kill -USR2 "$pid"' USR1
mpiexec -n "$nnodes" -ppn 1 -bind-to none \
    "$here/wfl-shim" node "$here" --rank-var PMI_RANK --size-var PMI_SIZE \
    --nodes "$nnodes" --until "$end" --finish-by 120 --stop-starting 600 --grace 10 \
    --job "$id" &
pid=$!
while wait "$pid"; rc=$?; [ "$rc" -gt 128 ] && kill -0 "$pid" 2>/dev/null; do :; done
if [ "$rc" -gt 128 ]; then # perhaps a signal that came as the launcher ended
    wait "$pid"
    last=$?
    [ "$last" -eq 127 ] || rc=$last
fi
exit "$rc"
