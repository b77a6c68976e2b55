#!/bin/sh
# Submits one job of campaign everywhere to perlmutter_cpu; options go to sbatch. 'wflc submit' keeps
# a queue filled within its limits.
set -eu
here=WORKDIR/build/everywhere/perlmutter_cpu
# The scheduler makes no folders: without this one the job would fail, or be held.
mkdir -p -- "$here/state/jobs"
cd -- "$here"
# Variables that Slurm takes for options do not reach it, but for those that say where it
# is and who pays: see wflc(1), ENVIRONMENT.
for name in $(env | awk -F= '/^(SACCT_|SALLOC_|SBATCH_|SCANCEL_|SCONTROL_|SINFO_|SLURMD_|SLURM_|SQUEUE_|SRUN_|_SLURM_)[A-Za-z0-9_]*=/ { print $1 }'); do
    case $name in
    SLURM_CONF | SLURM_CONF_SERVER | SLURM_CLUSTERS | SLURM_JWT | SBATCH_RESERVATION | \
        SBATCH_WCKEY) ;;
    *) unset "$name" ;;
    esac
done
code=0
said=$(exec sbatch --parsable "$@" job.sh) || code=$?
[ -z "$said" ] || printf '%s\n' "$said"
# By this, 'wflc queue' and 'wflc cancel --all' know the job.
note=$here/state/by-hand/$(date +%s).$$
[ -z "$said" ] || { mkdir -p -- "$here/state/by-hand" && printf '%s\n' "$said" >"$note.new" &&
    mv -- "$note.new" "$note"; } || echo "submit.sh: wflc will not know this job: cannot write $note" >&2
exit "$code"
