#!/bin/sh
# Submits one job of campaign boxed to frontier; options go to sbatch. 'wflc submit' keeps
# a queue filled within its limits.
set -eu
here=WORKDIR/build/boxed/frontier
# The scheduler makes no folders: without this one the job would fail, or be held.
mkdir -p -- "$here/state/jobs"
cd -- "$here"
# What job.sh says is meant, and these would go before it; options go before both.
unset SBATCH_CONSTRAINT SBATCH_EXCLUSIVE SBATCH_EXPORT SBATCH_NO_REQUEUE SBATCH_OPEN_MODE SBATCH_PARTITION SBATCH_QOS SBATCH_REQUEUE SBATCH_SIGNAL SBATCH_TIMELIMIT
exec sbatch --parsable "$@" job.sh
