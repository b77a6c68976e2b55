# shellcheck shell=sh disable=SC2034 # who reads this uses them
# For tests on a Slurm of their own, read by them with `.`; see cluster.sh. They work in a folder of
# their own, and the cluster ends with them however they end.

. "${top_srcdir:?is set by make check-slurm}/tests/shell/verdict_lib.sh"

wflc=${top_builddir:?}/wflc
record=$top_builddir/tests/shell/record
cluster_sh=$top_srcdir/tests/slurm/cluster.sh
cluster=$tmp/slurm
trap 'sh "$cluster_sh" stop "$cluster"; rm -rf "$tmp"' EXIT

# with_cluster [ARGUMENT...]: starts it with these arguments of `cluster.sh start`, or ends the test.
with_cluster()
{
    sh "$cluster_sh" start "$cluster" -w $$ "$@" >output 2>&1
    case $? in
    0) export SLURM_CONF="$cluster/slurm.conf" ;;
    77)
        echo "1..0 # SKIP $(sed 's/^cluster.sh: //' output)"
        exit 0
        ;;
    *)
        sed 's/^/# /' output
        echo "Bail out! the cluster does not start"
        exit 99
        ;;
    esac
}

# wait_for SECONDS COMMAND...: until it succeeds; what it says is in `output`.
wait_for()
{
    left=$(($1 * 2))
    shift
    until "$@" >output 2>&1; do
        [ $left -gt 0 ] || return
        left=$((left - 1))
        sleep 0.5
    done
}

# state JOB: one word, also of a job that has ended
state()
{
    squeue -h -t all -j "$1" -o %T
}

# ended JOB...: all have, however
ended()
{
    [ -z "$(squeue -h -j "$(echo "$*" | tr ' ' ,)" -o '%i %T')" ]
}
