# What the tests of wfl-shim share: to be sourced. They work in a folder of their own.
# shellcheck shell=sh
shim=${top_builddir:?is set by make check}/wfl-shim
mkplan=$top_builddir/tests/shell/mkplan
record=$top_builddir/tests/shell/record
work=$(mktemp -d) || exit 99
trap 'cd / && rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM
cd "$work" || exit 99
count=0

# result STATUS WHAT: a line of TAP; on failure what the shim said
result() {
    count=$((count + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $count - $2"
    else
        echo "not ok $count - $2"
        sed 's/^/# /' err 2>/dev/null
        "$record" -l c 2>/dev/null | head -n 40 | sed 's/^/# /'
    fi
}

# plan (lines on stdin): a fresh campaign in c
plan() {
    cd "$work" || exit 99
    rm -rf c out pack ./*.txt ./*.fits ./*.gz
    "$mkplan" c/campaign.wflp || exit 99
}

# run WANT [OPTION...]: runs c, checks the exit code
run() {
    want=$1
    shift
    "$shim" run c "$@" 2>err
    got=$?
    [ $got -eq "$want" ] || echo "# exit $got, wanted $want"
    [ $got -eq "$want" ]
}

# ends: "task attempt reason code flags" of every END
ends() {
    "$record" c | sed -n 's/^[0-9]* end //p'
}

# said TEXT: the log of some attempt, or the shim, holds it. Empty err before a shim is started in
# the background: what an earlier one said there must not count, or a signal for the new one comes
# before it is a shim.
said() {
    { "$record" -l c; cat err; } | grep -qF -e "$1"
}

# wait_for TEST...: until the command succeeds; 10 s at most
wait_for() {
    tries=0
    until "$@" 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -lt 500 ] || return 1
        sleep 0.02
    done
}

# gone FILE: the process whose number the file holds has ended
gone() {
    ! kill -0 "$(cat "$1")" 2>/dev/null
}

# memory_group BYTES: makes a control group of so many for us, prints its folder; fails where it cannot
memory_group() {
    for base in /sys/fs/cgroup/memory /sys/fs/cgroup; do
        g=$base/wfl-test-$$
        mkdir "$g" 2>/dev/null || continue
        for limit in memory.limit_in_bytes memory.max; do
            [ -w "$g/$limit" ] && echo "$1" >"$g/$limit" 2>/dev/null && echo "$g" && return 0
        done
        rmdir "$g"
    done
    return 1
}
