# What tests of jobs of several named nodes share, beside shim_lib.sh: to be sourced after it.
# shellcheck shell=sh disable=SC2154 # $shim is of shim_lib.sh

# node RANK SIZE [OPTION...]: a node of a job in the background, named nidRANK; its pid is in $pid
node() {
    rank=$1 size=$2
    shift 2
    R=$rank S=$size "$shim" node c --nodes "$size" --rank-var R --size-var S --node "nid$rank" --job 7 \
        --quiet "$@" 2>>err &
    pid=$!
    pids="$pids $pid"
}

# all_end CODE...: the nodes in $pids, in order of their start, end with these codes; `-`: with any
all_end() {
    good=0
    # shellcheck disable=SC2086 # a list
    for p in $pids; do
        wait "$p"
        got=$?
        [ "$1" = - ] || [ "$got" -eq "$1" ] || { good=1; echo "# a node ended with $got, wanted $1"; }
        shift
    done
    return $good
}
