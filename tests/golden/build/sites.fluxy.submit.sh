#!/bin/sh
# Submits one job of campaign everywhere to fluxy; options go to flux. 'wflc submit' keeps
# a queue filled within its limits.
set -eu
here=WORKDIR/build/everywhere/fluxy
# The scheduler makes no folders: without this one the job would fail, or be held.
mkdir -p -- "$here/state/jobs"
cd -- "$here"
# Variables that Flux takes for options do not reach it, but for those that say where it
# is and who pays: see wflc(1), ENVIRONMENT.
for name in $(env | awk -F= '/^(FLUX_)[A-Za-z0-9_]*=/ { print $1 }'); do
    case $name in
    FLUX_URI | FLUX_CONF_DIR | FLUX_CONNECTOR_PATH | FLUX_EXEC_PATH | FLUX_MODULE_PATH | \
        FLUX_PYTHONPATH_PREPEND) ;;
    *) unset "$name" ;;
    esac
done
code=0
said=$(exec flux batch "$@" job.sh) || code=$?
[ -z "$said" ] || printf '%s\n' "$said"
# By this, 'wflc queue' and 'wflc cancel --all' know the job.
note=$here/state/by-hand/$(date +%s).$$
[ -z "$said" ] || { mkdir -p -- "$here/state/by-hand" && printf '%s\n' "$said" >"$note.new" &&
    mv -- "$note.new" "$note"; } || echo "submit.sh: wflc will not know this job: cannot write $note" >&2
exit "$code"
