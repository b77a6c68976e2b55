# shellcheck shell=sh
# For tests of wflc, read by them with `.`: works in a folder of its own, tells verdicts as TAP.
set -u

tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
trap 'exit 99' HUP INT TERM
cd "$tmp" || exit 99
export XDG_CACHE_HOME="$tmp/cache"

n=0
# verdict STATUS WHAT: what the file `output` holds is shown if the command failed.
verdict()
{
    n=$((n + 1))
    if [ "$1" = 0 ]; then
        echo "ok $n - $2"
    else
        sed 's/^/# /' output
        echo "not ok $n - $2"
    fi
}
