#!/bin/bash
#BSUB -J everywhere
#BSUB -P HEP109
#BSUB -q batch
#BSUB -nnodes 92
#BSUB -W 720
#BSUB -o WORKDIR/build/everywhere/summit/state/jobs/everywhere.%J.out
#BSUB -rn

# A job of campaign everywhere on summit; made by wflc build from sites.wfl.
# All jobs are this script: each works on what is left, until its time is up.
# The limits of the shell that submitted it are not meant for it.
for limit in t f v d u; do ulimit -S "-$limit" "$(ulimit -H "-$limit")"; done
start=$(date +%s)
set -u

here=WORKDIR/build/everywhere/summit
# Relative names in the campaign start here.
cd -- WORKDIR || exit 3
: "${USER:=$(id -un)}"
export USER
id=${LSB_JOBID:?this script runs as a job of LSF: start it with submit.sh}
nnodes=$(sort -u "$LSB_DJOB_HOSTFILE" | grep -vc '^batch')

# The end of the job, in seconds since 1970: asked once, for all nodes; if the
# answer is none, start and walltime tell it.
left=$(bjobs -noheader -o time_left "$LSB_JOBID") || left=
left=$(printf '%s\n' "$left" | awk '/^ *[0-9]+:[0-9]+/ { split($1, a, ":"); print (a[1] * 60 + a[2]) * 60 }')
left=${left%%.*}
case $left in '' | *[!0-9]*) left=0 ;; esac
[ "$left" -gt 0 ] || left=43200
end=$((start + left))

# One call starts a shim on each node. It is told with USR2 that the job ends early;
# a shell looks at signals only while it waits.
pid=
trap : INT TERM
trap '[ -z "$pid" ] || kill -USR2 "$pid"' USR1 USR2
jsrun -n "$nnodes" -r 1 -a 1 -c 42 -g 6 -d packed -b none \
    "$here/wfl-shim" node "$here" --rank-var OMPI_COMM_WORLD_RANK --size-var OMPI_COMM_WORLD_SIZE \
    --nodes "$nnodes" --until "$end" --finish-by 180 --stop-starting 1800 --grace 600 \
    --job "$id" &
pid=$!
while wait "$pid"; rc=$?; [ "$rc" -gt 128 ] && kill -0 "$pid" 2>/dev/null; do :; done
if [ "$rc" -gt 128 ]; then # perhaps a signal that came as the launcher ended
    wait "$pid"
    last=$?
    [ "$last" -eq 127 ] || rc=$last
fi
exit "$rc"
