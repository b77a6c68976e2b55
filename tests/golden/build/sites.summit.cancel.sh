#!/bin/sh
# Cancels jobs of campaign everywhere on summit, by their ids. What they did stays done.
set -eu
[ $# -gt 0 ] || { echo 'usage: cancel.sh ID...' >&2; exit 2; }
# Variables that LSF takes for options do not reach it, but for those that say where it
# is and who pays: see wflc(1), ENVIRONMENT.
for name in $(env | awk -F= '/^(BJOBS_|BKILL_|BSUB_|LSB_|LSF_|LS_)[A-Za-z0-9_]*=/ { print $1 }'); do
    case $name in
    LSF_ENVDIR | LSF_SERVERDIR | LSF_BINDIR | LSF_LIBDIR | LSB_DEFAULTPROJECT | \
        LSB_DEFAULT_USERGROUP) ;;
    *) unset "$name" ;;
    esac
done
for id; do
    bkill "$id"
done
