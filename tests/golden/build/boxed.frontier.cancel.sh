#!/bin/sh
# Cancels jobs of campaign boxed on frontier, by their ids. What they did stays done.
set -eu
[ $# -gt 0 ] || { echo 'usage: cancel.sh ID...' >&2; exit 2; }
# Variables that Slurm takes for options do not reach it, but for those that say where it
# is and who pays: see wflc(1), ENVIRONMENT.
for name in $(env | awk -F= '/^(SACCT_|SALLOC_|SBATCH_|SCANCEL_|SCONTROL_|SINFO_|SLURMD_|SLURM_|SQUEUE_|SRUN_|_SLURM_)[A-Za-z0-9_]*=/ { print $1 }'); do
    case $name in
    SLURM_CONF | SLURM_CONF_SERVER | SLURM_CLUSTERS | SLURM_JWT | SBATCH_ACCOUNT | \
        SBATCH_RESERVATION | SBATCH_WCKEY) ;;
    *) unset "$name" ;;
    esac
done
for id; do
    scancel "$id"
done
