#!/bin/sh
# Cancels jobs of campaign boxed on theta, by their ids. What they did stays done.
set -eu
[ $# -gt 0 ] || { echo 'usage: cancel.sh ID...' >&2; exit 2; }
for id; do
    qdel "$id"
done
