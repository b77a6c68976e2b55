#!/bin/sh
# Site profiles: `wflc sites check NAME.yaml` on those in tests/golden/site says NAME.err, whole,
# and a last line "exit N". Every check of profiles must show in one .err at least.
# UPDATE_GOLDEN=1 (`make update-golden`) writes the files anew; read the diff.
set -u

here=${top_srcdir:?}/tests/golden/site
wflc=$(cd "${top_builddir:?}" && pwd)/wflc
checks=$(cd "$top_srcdir" && pwd)/src/site/rules.h
update=${UPDATE_GOLDEN-}

tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
trap 'exit 99' HUP INT TERM
cd "$here" || exit 99

# nothing of this machine's user or installation
unset WFL_PATH XDG_CONFIG_HOME
HOME=$tmp
WFL_STDLIB=$tmp/none
export HOME WFL_STDLIB

n=0
verdict()
{
    n=$((n + 1))
    if [ "$1" = 0 ]; then
        echo "ok $n - $2"
    else
        echo "not ok $n - $2"
    fi
}

for file in *.yaml; do
    name=${file%.yaml}
    "$wflc" sites check --max-errors 0 "$file" >/dev/null 2>"$tmp/err" </dev/null
    echo "exit $?" >>"$tmp/err"
    if [ -n "$update" ]; then
        cmp -s "$tmp/err" "$name.err" || cp "$tmp/err" "$name.err"
    fi
    diff -u "$name.err" "$tmp/err" >"$tmp/diff" 2>&1
    code=$?
    [ $code = 0 ] || sed 's/^/# /' "$tmp/diff"
    verdict $code "$name"
done

names=$(sed -n 's/^ *X([^"]*"\(site-[a-z-]*\)".*/\1/p' "$checks")
for check in $names; do
    grep -qsF "[$check]" ./*.err
    verdict $? "[$check] is shown by a golden file"
done
echo "1..$n"
