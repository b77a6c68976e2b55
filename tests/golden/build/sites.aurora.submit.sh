#!/bin/sh
# Submits one job of campaign everywhere to aurora; options go to qsub. 'wflc submit' keeps
# a queue filled within its limits.
set -eu
here=WORKDIR/build/everywhere/aurora
# The scheduler makes no folders: without this one the job would fail, or be held.
mkdir -p -- "$here/state/jobs"
cd -- "$here"
exec qsub "$@" job.sh
