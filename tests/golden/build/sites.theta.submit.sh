#!/bin/sh
# Submits one job of campaign everywhere to theta; options go to qsub. 'wflc submit' keeps
# a queue filled within its limits.
set -eu
here=WORKDIR/build/everywhere/theta
# The scheduler makes no folders: without this one the job would fail, or be held.
mkdir -p -- "$here/state/jobs"
cd -- "$here"
# Cobalt reads the script when the job starts: one that no later build replaces.
script=$here/state/jobs/job-$(cksum <job.sh | cut -d ' ' -f 1).sh
[ -x "$script" ] || { cp job.sh "$script.$$" && chmod 755 "$script.$$" &&
    mv "$script.$$" "$script"; }
# Variables that Cobalt takes for options do not reach it, but for those that say where it
# is and who pays: see wflc(1), ENVIRONMENT.
for name in $(env | awk -F= '/^(COBALT_|CQM_|CQSTAT_|QDEL_|QSTAT_|QSUB_)[A-Za-z0-9_]*=/ { print $1 }'); do
    case $name in
    COBALT_CONFIG_FILES) ;;
    *) unset "$name" ;;
    esac
done
code=0
said=$(exec qsub "$@" "$script") || code=$?
[ -z "$said" ] || printf '%s\n' "$said"
# By this, 'wflc queue' and 'wflc cancel --all' know the job.
note=$here/state/by-hand/$(date +%s).$$
[ -z "$said" ] || { mkdir -p -- "$here/state/by-hand" && printf '%s\n' "$said" >"$note.new" &&
    mv -- "$note.new" "$note"; } || echo "submit.sh: wflc will not know this job: cannot write $note" >&2
exit "$code"
