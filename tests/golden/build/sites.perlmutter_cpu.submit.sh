#!/bin/sh
# Submits one job of campaign everywhere to perlmutter_cpu; options go to sbatch. 'wflc submit' keeps
# a queue filled within its limits.
set -eu
here=WORKDIR/build/everywhere/perlmutter_cpu
# The scheduler makes no folders: without this one the job would fail, or be held.
mkdir -p -- "$here/state/jobs"
cd -- "$here"
exec sbatch --parsable "$@" job.sh
