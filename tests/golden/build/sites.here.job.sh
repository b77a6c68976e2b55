#!/bin/sh
# Runs campaign everywhere on this machine; made by wflc build from sites.wfl.
# Done tasks are not run again: start it as often as needed.
set -eu
here=$(cd -- "$(dirname -- "$0")" && pwd -P)

# A copy has a record of its own, of the same outputs; what was only moved is none.
made=WORKDIR/build/everywhere/here
if [ "$here" != "$made" ] && [ -e "$made/job.sh" ]; then
    echo "$0: this is a copy of $made: run that one" >&2
    exit 2
fi

# Relative names in the campaign start here.
work=WORKDIR
cd -- "$work"

exec "$here/wfl-shim" run "$here" "$@"
