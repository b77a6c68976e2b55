#!/bin/bash
#COBALT --jobname everywhere
#COBALT -A LSSTsky
#COBALT -q default
#COBALT -n 256
#COBALT -t 03:00:00
#COBALT --attrs mcdram=cache:numa=quad:ssds=required:ssd_size=128:enable_ssh=1:filesystems=home,theta-fs0,eagle,grand
#COBALT -O WORKDIR/build/everywhere/theta/state/jobs/everywhere.$jobid

# A job of campaign everywhere on theta; made by wflc build from sites.wfl.
# All jobs are this script: each works on what is left, until its time is up.
# The limits of the shell that submitted it are not meant for it.
for limit in t f v d u; do ulimit -S "-$limit" "$(ulimit -H "-$limit")"; done
start=$(date +%s)
module unload trackdeps darshan xalt
export PMI_NO_FORK=1
# not before: a site's own functions may use variables that are not set
set -u

here=WORKDIR/build/everywhere/theta
# Relative names in the campaign start here.
cd -- WORKDIR || exit 3
: "${USER:=$(id -un)}"
export USER
id=${COBALT_JOBID:?this script runs as a job of Cobalt: start it with submit.sh}
nnodes=$COBALT_PARTSIZE

# The end of the job, in seconds since 1970: asked once, for all nodes; if the
# answer is none, start and walltime tell it.
end=${COBALT_ENDTIME-}
case $end in '' | *[!0-9]*) end=0 ;; esac
[ "$end" -gt "$start" ] || end=$((start + 10800))

# One call starts a shim on each node. It is told with USR2 that the job ends early;
# a shell looks at signals only while it waits.
pid=
trap : TERM
trap '[ -z "$pid" ] || kill -USR2 "$pid"' USR1
aprun -n "$nnodes" -N 1 -d 256 -j 4 -cc none -b -e "WFL_NNODES=$nnodes" \
    "$here/wfl-shim" node "$here" --rank-var ALPS_APP_PE --size-var WFL_NNODES \
    --nodes "$nnodes" --until "$end" --finish-by 180 --stop-starting 1800 --grace 300 \
    --job "$id" --address-space 122406567936 &
pid=$!
while wait "$pid"; rc=$?; [ "$rc" -gt 128 ] && kill -0 "$pid" 2>/dev/null; do :; done
if [ "$rc" -gt 128 ]; then # perhaps a signal that came as the launcher ended
    wait "$pid"
    last=$?
    [ "$last" -eq 127 ] || rc=$last
fi
exit "$rc"
