#!/bin/sh
# Submits one job of campaign everywhere to fluxy; options go to flux. 'wflc submit' keeps
# a queue filled within its limits.
set -eu
here=WORKDIR/build/everywhere/fluxy
# The scheduler makes no folders: without this one the job would fail, or be held.
mkdir -p -- "$here/state/jobs"
cd -- "$here"
exec flux batch "$@" job.sh
