#!/bin/sh
# Cancels jobs of campaign everywhere on theta, by their ids. What they did stays done.
set -eu
[ $# -gt 0 ] || { echo 'usage: cancel.sh ID...' >&2; exit 2; }
# Variables that Cobalt takes for options do not reach it, but for those that say where it
# is and who pays: see wflc(1), ENVIRONMENT.
for name in $(env | awk -F= '/^(COBALT_|CQM_|CQSTAT_|QDEL_|QSTAT_|QSUB_)[A-Za-z0-9_]*=/ { print $1 }'); do
    case $name in
    COBALT_CONFIG_FILES) ;;
    *) unset "$name" ;;
    esac
done
for id; do
    qdel "$id"
done
