#!/bin/sh
# Submits one job of campaign boxed to frontier; options go to sbatch. 'wflc submit' keeps
# a queue filled within its limits.
set -eu
here=WORKDIR/build/boxed/frontier
# The scheduler makes no folders: without this one the job would fail, or be held.
mkdir -p -- "$here/state/jobs"
cd -- "$here"
exec sbatch --parsable "$@" job.sh
