#!/bin/sh
# Runs campaign everywhere on this machine; made by wflc build from sites.wfl.
# Done tasks are not run again: start it as often as needed.
set -eu
here=$(cd -- "$(dirname -- "$0")" && pwd -P)

# Relative names in the campaign start here.
work=WORKDIR
cd -- "$work"

exec "$here/wfl-shim" run "$here" "$@"
