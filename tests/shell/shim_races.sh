#!/bin/sh
# wfl-shim node: nodes and jobs that race, are slow, and die at any moment.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
echo 1..6

many() {
    plan <<'END'
node 1 1e9
shards 10
family draw 60
memory 1e6
retries 9
sh sleep 0.0$((RANDOM_OF_TASK = {i} * 7 % 4)); echo {i} > {o0}; echo {i} >> log-{i}
output x out/{i}.x
family sum 1
memory 1e6
retries 9
needs draw all
sh cat out/*.x | sort -n | tr '\n' ' ' > {o0}
output y sum.txt
END
    rm -f log-*
    : >err
}

# node RANK SIZE [COMMAND...]: in the background; its pid is in $pid
node() {
    rank=$1 size=$2
    shift 2
    R=$rank S=$size "$@" "$shim" node c --nodes "$size" --rank-var R --size-var S --quiet 2>>err &
    pid=$!
}

whole() {
    [ "$(ends | grep -c ' ok ')" -eq 61 ] && [ "$(ends | cut -d ' ' -f 1 | sort -un | wc -l)" -eq 61 ] &&
        ! ends | grep -v ' ok \| lost \| walltime ' && [ "$(wc -w <sum.txt)" -eq 60 ]
}

tidy() {
    {
        find . -name '.wfl-*' -o -name 'spool-*'
        find c/state/leases c/state/journal -type f '(' -path '*/leases/*' -o -name '.*' ')'
    } >left.lst
    sed 's/^/# left: /' left.lst
    [ ! -s left.lst ]
}

# Two jobs of two nodes each, of which three die one after the other, keeper and shim or the shim
# alone: fifty deaths in all, in as many campaigns as that takes.
deaths=0 campaigns=0 bad=0 untidy=0
while [ $deaths -lt 50 ]; do
    many
    campaigns=$((campaigns + 1))
    until ends | grep -q "^60 [0-9]* ok "; do # it may be there, and not be on record
        pids=
        for job in 1 2; do
            for rank in 0 1; do
                node $rank 2
                pids="$pids $pid"
            done
        done
        # shellcheck disable=SC2086
        set -- $pids
        while [ $# -gt 1 ]; do
            sleep "0.$(printf %02d $((deaths * 17 % 23)))"
            children=$(pgrep -P "$1")
            # shellcheck disable=SC2086
            if [ $((deaths % 3)) -eq 0 ] && [ -n "$children" ]; then
                kill -9 $children
            else
                kill -9 "$1" $children
            fi && deaths=$((deaths + 1))
            shift
        done
        for p in $pids; do
            wait "$p"
        done
    done
    whole || bad=$((bad + 1))
    # who died with nothing in work is cleared away by the next job
    node 0 1
    wait "$pid"
    tidy || untidy=$((untidy + 1))
done 2>/dev/null
[ $bad -eq 0 ]
result $? "$deaths deaths in $campaigns campaigns: every task is done once in the record, every output is whole"
[ $untidy -eq 0 ]
result $? "and the next job leaves nothing lying about"
for p in /proc/[0-9]*; do
    { tr '\0' '\n' <"$p/environ"; } 2>/dev/null | grep -qx "WFL_STATE=$PWD/c/state" && echo "$p"
done >orphans.txt
[ ! -s orphans.txt ]
result $? "no process either"

# A file system whose calls take long, now these, now those: the gaps between looking and taking
# become wide.
if ! strace -o trace.txt true 2>/dev/null; then
    for t in 4 5 6; do
        echo "ok $t # SKIP strace cannot trace here"
    done
    exit 0
fi
round=0
for slow in linkat:delay_enter=30000 openat:delay_exit=3000 pwrite64:delay_enter=20000 \
    linkat:delay_exit=30000 unlinkat:delay_enter=30000 getdents64:delay_exit=20000; do
    many
    round=$((round + 1))
    pids=
    for job in 1 2; do
        for rank in 0 1; do
            # the jobs are slow in turns, so that one overtakes the other
            if [ $((round % 2)) -eq $((job % 2)) ]; then
                node $rank 2 strace -f -qq -o /dev/null -e "trace=${slow%%:*}" -e "inject=$slow"
            else
                node $rank 2
            fi
            pids="$pids $pid"
        done
    done
    for p in $pids; do
        wait "$p" || echo "# round $round: exit $?"
    done
    whole && tidy || echo "bad: $slow"
done >races.txt 2>&1
! grep bad races.txt
result $? "two jobs race for shards while the calls of files are slow"
[ "$(cat log-* | wc -l)" -eq 60 ]
result $? "no task runs twice"
[ "$(find c/state/journal -name '*.e0002' | wc -l)" -eq 0 ]
result $? "and no shard is taken twice"
