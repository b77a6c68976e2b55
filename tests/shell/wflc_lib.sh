# shellcheck shell=sh
# For tests of wflc's commands, read by them with `.`: verdict_lib.sh, and what they share.
. "${top_srcdir:?is set by make check}/tests/shell/verdict_lib.sh"
wflc=${top_builddir:?}/wflc

# plain: what of the standard input differs from run to run is left out; tests have their own
plain()
{
    cat
}

# wflc CODE ARGUMENT...: what it prints is in `printed`, and, made plain, in `output`
wflc()
{
    want=$1
    shift
    "$wflc" "$@" >printed 2>&1 </dev/null
    got=$?
    plain <printed >output
    [ $got = "$want" ] || { echo "exit $got" >>output; return 1; }
}

# shows LINES: these, and nothing else
shows()
{
    printf '%s\n' "$1" | diff - output >difference && return
    cat difference >>output
    return 1
}

# left STATES: how many tasks are in each
left()
{
    wflc 0 tasks --count-by state --csv && shows "tasks,state
$1"
}

# wait_for COMMAND...: until it succeeds; a minute at the most
wait_for()
{
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || return
        sleep 0.1
    done 2>/dev/null
}
