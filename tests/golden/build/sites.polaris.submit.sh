#!/bin/sh
# Submits one job of campaign everywhere to polaris; options go to qsub. 'wflc submit' keeps
# a queue filled within its limits.
set -eu
here=WORKDIR/build/everywhere/polaris
# The scheduler makes no folders: without this one the job would fail, or be held.
mkdir -p -- "$here/state/jobs"
cd -- "$here"
# Variables that PBS takes for options do not reach it, but for those that say where it
# is and who pays: see wflc(1), ENVIRONMENT.
for name in $(env | awk -F= '/^(PBS_|QDEL_|QSELECT_|QSTAT_|QSUB_)[A-Za-z0-9_]*=/ { print $1 }'); do
    case $name in
    PBS_CONF_FILE | PBS_SERVER | PBS_DEFAULT | PBS_PRIMARY | PBS_SECONDARY | \
        PBS_BATCH_SERVICE_PORT | PBS_LEAF_NAME | PBS_LEAF_ROUTERS | PBS_HOME | PBS_EXEC | \
        PBS_AUTH_METHOD | PBS_ENCRYPT_METHOD) ;;
    *) unset "$name" ;;
    esac
done
code=0
said=$(exec qsub "$@" job.sh) || code=$?
[ -z "$said" ] || printf '%s\n' "$said"
# By this, 'wflc queue' and 'wflc cancel --all' know the job.
note=$here/state/by-hand/$(date +%s).$$
[ -z "$said" ] || { mkdir -p -- "$here/state/by-hand" && printf '%s\n' "$said" >"$note.new" &&
    mv -- "$note.new" "$note"; } || echo "submit.sh: wflc will not know this job: cannot write $note" >&2
exit "$code"
