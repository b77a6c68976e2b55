#!/bin/sh
# Cancels jobs of campaign everywhere on fluxy, by their ids. What they did stays done.
set -eu
[ $# -gt 0 ] || { echo 'usage: cancel.sh ID...' >&2; exit 2; }
# Variables that Flux takes for options do not reach it, but for those that say where it
# is and who pays: see wflc(1), ENVIRONMENT.
for name in $(env | awk -F= '/^(FLUX_)[A-Za-z0-9_]*=/ { print $1 }'); do
    case $name in
    FLUX_URI | FLUX_CONF_DIR | FLUX_CONNECTOR_PATH | FLUX_EXEC_PATH | FLUX_MODULE_PATH | \
        FLUX_PYTHONPATH_PREPEND) ;;
    *) unset "$name" ;;
    esac
done
for id; do
    flux cancel "$id"
done
