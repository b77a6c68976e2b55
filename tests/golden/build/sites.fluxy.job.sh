#!/bin/bash
#flux: --job-name=everywhere
#flux: --queue=batch
#flux: --nodes=12
#flux: --time-limit=90m
#flux: --requires='(knl and not host:foo) and (fast)'
#flux: --output='WORKDIR/build/everywhere/fluxy/state/jobs/everywhere.{{id.dec}}.out'

# A job of campaign everywhere on fluxy; made by wflc build from sites.wfl.
# All jobs are this script: each works on what is left, until its time is up.
# The limits of the shell that submitted it are not meant for it.
for limit in t f v d u; do ulimit -S "-$limit" "$(ulimit -H "-$limit")"; done
start=$(date +%s)
set -u

here=WORKDIR/build/everywhere/fluxy
# Relative names in the campaign start here.
cd -- WORKDIR || exit 3
: "${USER:=$(id -un)}"
export USER
id=${FLUX_ENCLOSING_ID:?this script runs as a job of Flux: start it with submit.sh}
id=$(flux job id --to=dec "$id") || id=$FLUX_ENCLOSING_ID
nnodes=$(flux resource list -n -o '{nnodes}' | awk '{ n += $1 } END { print n + 0 }')

# The end of the job, in seconds since 1970: asked once, for all nodes; if the
# answer is none, start and walltime tell it.
left=$(flux job timeleft) || left=
left=${left%%.*}
case $left in '' | *[!0-9]*) left=0 ;; esac
[ "$left" -gt 0 ] || left=5400
end=$((start + left))

# One call starts a shim on each node, which knows the end of the job;
# a shell looks at signals only while it waits.
pid=
trap : TERM
flux run "-N$nnodes" "-n$nnodes" --exclusive -o cpu-affinity=off -o exit-timeout=none \
    "$here/wfl-shim" node "$here" --rank-var FLUX_TASK_RANK --size-var FLUX_JOB_SIZE \
    --nodes "$nnodes" --until "$end" --finish-by 120 --stop-starting 600 --grace 5 \
    --job "$id" &
pid=$!
while wait "$pid"; rc=$?; [ "$rc" -gt 128 ] && kill -0 "$pid" 2>/dev/null; do :; done
if [ "$rc" -gt 128 ]; then # perhaps a signal that came as the launcher ended
    wait "$pid"
    last=$?
    [ "$last" -eq 127 ] || rc=$last
fi
exit "$rc"
