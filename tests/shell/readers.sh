#!/bin/sh
# Commands that read, again and again, beside shims that write and are killed: tests/python/wfl_readers.py.
# WFL_READINGS=N: so many readings, WFL_SEED=N: other moments.
. "${top_srcdir:?is set by make check}/tests/shell/verdict_lib.sh"
wflc=$(cd "${top_builddir:?}" && pwd)/wflc
readers=$(cd "$top_srcdir" && pwd)/tests/python/wfl_readers.py
for tool in python3 pgrep; do
    command -v $tool >/dev/null || { echo "1..0 # SKIP no $tool here"; exit 0; }
done
unset XDG_CONFIG_HOME
HOME=$tmp # no profiles of the user
export HOME
python3 "$readers" "$wflc" "$(dirname "$wflc")/wfl-shim" "${WFL_READINGS:-1000}" "${WFL_SEED:-1}"
