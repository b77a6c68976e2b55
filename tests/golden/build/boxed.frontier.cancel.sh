#!/bin/sh
# Cancels jobs of campaign boxed on frontier, by their ids. What they did stays done.
set -eu
[ $# -gt 0 ] || { echo 'usage: cancel.sh ID...' >&2; exit 2; }
for id; do
    scancel "$id"
done
