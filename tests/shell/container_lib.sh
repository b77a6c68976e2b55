# What the tests of containers share: to be sourced. They work in a folder that is not below /tmp,
# which Charliecloud would show anyway.
# shellcheck shell=sh
top_srcdir=$(cd "${top_srcdir:?is set by make check}" && pwd)
top_builddir=$(cd "${top_builddir:?is set by make check}" && pwd)
wflc=$top_builddir/wflc
record=$top_builddir/tests/shell/record
# shellcheck disable=SC2034 # for those who read this
image=$top_builddir/tests/image

skip() {
    echo "1..0 # SKIP $*"
    exit 0
}

# need_image: a root folder with a shell and small programs, kept for the next time
need_image() {
    sh "$top_srcdir/tests/shell/image.sh" "$image" dash coreutils sed grep mawk findutils ||
        skip "no Debian packages to make an image of"
    : >"$image/etc/inside"
}

work=$(mktemp -d -p /var/tmp wfl-test.XXXXXX) && work=$(cd "$work" && pwd -P) || exit 99
trap 'cd / && chmod -R u+rwX "$work" && rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM
cd "$work" || exit 99
export HOME="$work" USER="${USER:-$(id -un)}"
unset XDG_CONFIG_HOME WFL_PATH

count=0
# result STATUS WHAT: a line of TAP; on failure what was said
result() {
    count=$((count + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $count - $2"
    else
        echo "not ok $count - $2"
        sed 's/^/# /' said
        "$record" -l build/*/local 2>/dev/null | head -n 40 | sed 's/^/# /'
    fi
}

# run WANT [ARGUMENT...]: wflc run c.wfl, in a fresh folder unless $again; what it says is in ./said
run() {
    want=$1
    shift
    [ -n "${again-}" ] || rm -rf build out log
    "$wflc" run "$@" c.wfl >said 2>&1
    got=$?
    [ $got -eq "$want" ] || echo "# exit $got, wanted $want"
    [ $got -eq "$want" ]
}

# said TEXT: it was said, or is in a task's log
said() {
    { cat said; "$record" -l build/*/local; } 2>/dev/null | grep -qF -e "$1"
}

# wait_for TEST...: until the command succeeds; 20 s at most
wait_for() {
    tries=0
    until "$@" 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -lt 1000 ] || return 1
        sleep 0.02
    done
}
