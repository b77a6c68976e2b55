#!/bin/sh
# Golden files: what wflc says and writes about the campaigns beside this script, compared whole.
#
#   check/NAME.wfl   `wflc check`: NAME.err is its stderr, and a last line "exit N"
#   plan/NAME.wfl    `wflc check --dump-plan`: NAME.plan is its stdout
#   build/NAME.wfl   `wflc build`: NAME.SITE.FILE are the scripts and the README of each site;
#                    WORKDIR stands for the folder that they were built in
#   sky/NAME.wfl     `wflc sky -o FILE`: NAME.txt is its stdout, NAME.svg the picture
#   outlook/NAME.wfl `wflc plan`, once with the arguments of each line of NAME.args: NAME.txt holds
#                    what it printed
#
# NAME.args, but for outlooks, holds further arguments, one a line. Every check of the compiler must show in one
# .err at least. `make update-golden` (UPDATE_GOLDEN=1) writes the files anew; read the diff.
set -u

here=${top_srcdir:?}/tests/golden
wflc=${top_builddir:?}/wflc
checks=$top_srcdir/src/diag/checks.h
update=${UPDATE_GOLDEN-}

tmp=$(mktemp -d) && tmp=$(cd "$tmp" && pwd -P) || exit 99
trap 'rm -rf "$tmp"' EXIT
trap 'exit 99' HUP INT TERM

# nothing of this machine's user or installation
unset WFL_PATH WFL_STDLIB XDG_CACHE_HOME XDG_CONFIG_HOME
HOME=$tmp
export HOME

n=0
# verdict STATUS WHAT
verdict()
{
    n=$((n + 1))
    if [ "$1" = 0 ]; then
        echo "ok $n - $2"
    else
        echo "not ok $n - $2"
    fi
}

# run COMMAND ARGUMENT...: `wflc COMMAND ... NAME.wfl` with the case's arguments.
run()
{
    if [ -f "$name.args" ]; then
        while IFS= read -r arg || [ -n "$arg" ]; do
            set -- "$@" "$arg"
        done <"$name.args"
    fi
    "$wflc" "$@" "$name.wfl" >"$tmp/out" 2>"$tmp/err" </dev/null
}

# same ACTUAL EXPECTED: shows the difference, or takes ACTUAL over.
same()
{
    if [ -n "$update" ]; then
        cmp -s "$1" "$2" || cp "$1" "$2"
        return
    fi
    [ -f "$2" ] || {
        echo "# $2 is missing; the output was:"
        sed 's/^/# /' "$1"
        return 1
    }
    diff -u "$2" "$1" >"$tmp/diff" && return
    sed 's/^/# /' "$tmp/diff"
    return 1
}

# good STATUS: shows the messages of a run that should not have failed.
good()
{
    [ "$1" = 0 ] && return
    echo "# exit $1"
    sed 's/^/# /' "$tmp/err"
    return 1
}

case_check()
{
    run check --memory 1PB --cores 100000 # whatever this machine has
    echo "exit $?" >>"$tmp/err"
    same "$tmp/err" "$here/check/$name.err"
}

case_plan()
{
    run check --memory 1PB --cores 100000 --dump-plan
    good $? && same "$tmp/out" "$here/plan/$name.plan"
}

case_build()
{
    rm -rf build
    run build
    good $? || return
    bad=0
    rm -f "$tmp/written"
    for file in build/*/*/*.sh build/*/*/README; do
        [ -f "$file" ] || continue
        site=${file%/*}
        golden=$name.${site##*/}.${file##*/}
        echo "$golden" >>"$tmp/written"
        sed "s|$tmp/build|WORKDIR|g" "$file" >"$tmp/text"
        same "$tmp/text" "$here/build/$golden" || bad=1
    done
    [ -f "$tmp/written" ] || {
        echo "# nothing was written"
        return 1
    }
    # what is expected, but was not written
    for golden in "$name".*.*; do
        [ -f "$golden" ] || continue
        grep -qxF "$golden" "$tmp/written" && continue
        if [ -n "$update" ]; then
            rm -f "$here/build/$golden"
        else
            echo "# not written: $golden"
            bad=1
        fi
    done
    return $bad
}

case_sky()
{
    run sky -o "$tmp/picture"
    good $? && same "$tmp/out" "$here/sky/$name.txt" && same "$tmp/picture" "$here/sky/$name.svg"
}

case_outlook()
{
    : >"$tmp/told"
    while read -r args; do
        echo "$ wflc plan $args" >>"$tmp/told"
        # shellcheck disable=SC2086 # words
        "$wflc" plan $args "$name.wfl" >>"$tmp/told" 2>"$tmp/err" </dev/null
        good $? || return
        echo >>"$tmp/told"
    done <"$name.args"
    same "$tmp/told" "$here/outlook/$name.txt"
}

for kind in check plan build sky outlook; do
    # In a copy: a build writes beside the campaign, and the sources may be read-only.
    mkdir "$tmp/$kind" || exit 99
    [ -d "$here/$kind" ] || continue
    cp -R "$here/$kind/." "$tmp/$kind" && chmod -R u+w "$tmp/$kind" && cd "$tmp/$kind" || exit 99
    for file in *.wfl; do
        [ -f "$file" ] || continue
        name=${file%.wfl}
        "case_$kind"
        verdict $? "$kind $name"
    done
done

if [ -f "$checks" ]; then
    names=$(sed -n 's/^ *X([^"]*"\([a-z][a-z0-9-]*\)".*/\1/p' "$checks")
    for check in $names; do
        grep -qsF "[$check]" "$here"/check/*.err
        verdict $? "[$check] is shown by a golden file"
    done
fi

if [ $n = 0 ]; then
    echo "1..0 # SKIP no golden files"
else
    echo "1..$n"
fi
