#!/bin/sh
# wfl-shim node: jobs of several nodes that are killed, stand still beyond their lease, and whose calls are
# slow, at any moment. WFL_STRESS=N: N deaths, N / 2 nodes that stand still and N / 2 slow ones; without it
# a few of each.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
echo 1..3
kills=${WFL_STRESS:-12}
others=$(((kills + 1) / 2))

campaign() {
    plan <<'END'
node 2 1e9
shards 8
family draw 40
memory 1e6
retries 200
sh sleep 0.0$(({i} * 7 % 9)); seq 1 1000{i} > {o0}; : > {o1}; seq 1 200{i} >> {o1}
output x out/{i}.x
output - out/{i}.plain
family next 40
memory 1e6
retries 200
needs draw same
sh mkdir {o0}; cp out/{i}.x {o0}/x; sleep 0.02 & wait; echo {i} > {o0}/n
output d out/{i}.d
family pack 5 8
memory 1e6
retries 200
bundle
sh for f in {os}; do { echo {g}; sleep 0.01; echo whole; } > $f; sleep 0.0$(({g} * 3 % 7)); done
output z pack/{g}{i}
family sum 1
memory 1e6
retries 200
needs next all
needs pack all
sh cat out/*.d/n | sort -n | tr '\n' ' ' > {o0}
output y sum.txt
END
    : >err
}

# nodes N [PREFIX...]: N more of them, of two jobs; their pids are added to $pids
nodes() {
    want=$1 have=0
    shift
    while [ $have -lt "$want" ]; do
        R=$((have % 2)) S=2 "$@" "$shim" node c --nodes 2 --rank-var R --size-var S --expiry 2 --idle 8 \
            --job $((have / 2)) --quiet 2>>err &
        pids="$pids $!"
        have=$((have + 1))
    done
}

# What a task's outputs must be.
right() {
    i=0
    while [ $i -lt 40 ]; do
        if [ "$(tail -n 1 out/$i.x)" != "1000$i" ] || [ "$(wc -l <out/$i.x)" -ne "1000$i" ] ||
            [ "$(wc -l <out/$i.plain)" -ne "200$i" ] || ! cmp -s out/$i.x out/$i.d/x ||
            [ "$(cat out/$i.d/n)" != $i ]; then
            echo "outputs of $i"
            return 1
        fi
        i=$((i + 1))
    done
    [ "$(cat pack/* | grep -c whole)" -eq 40 ] && [ "$(wc -w <sum.txt)" -eq 40 ]
}

# All of a campaign: each task is done once, its outputs are whole, and nothing is left of anything.
check() {
    : >"$work/bad"
    [ "$(ends | grep -c ' ok ')" -eq 121 ] || echo "$(ends | grep -c ' ok ') done" >>"$work/bad"
    [ "$(ends | grep ' ok ' | cut -d ' ' -f 1 | sort -un | wc -l)" -eq 121 ] || echo "not all" >>"$work/bad"
    ends | grep -v " ok \| lost \| walltime \| cancelled \| node \|$1" >>"$work/bad"
    right >>"$work/bad" || echo "outputs" >>"$work/bad"
    {
        find . -name '.wfl-*' -o -name 'spool-*'
        find c/state/leases -type f
        find c/state/journal -name '.*' -type f
        find out pack -name '*.failed' -newer c/campaign.wflp -size 0
    } >>"$work/bad"
    for p in /proc/[0-9]*; do
        { tr '\0' '\n' <"$p/environ"; } 2>/dev/null | grep -qx "WFL_STATE=$work/c/state" && echo "$p"
    done >>"$work/bad"
    [ ! -s "$work/bad" ] || { sed 's/^/# /' "$work/bad"; cp err "$work/err.bad"; }
    [ ! -s "$work/bad" ]
}

# finish: until the campaign is done; then one more, who sweeps
finish() {
    # shellcheck disable=SC2086 # numbers
    wait $pids
    tries=0
    until [ -s sum.txt ] || [ $tries -ge 20 ]; do
        pids=
        nodes 2
        # shellcheck disable=SC2086
        wait $pids
        tries=$((tries + 1))
    done
    pids=
    nodes 1
    wait "$pids"
}

# kill_one N PID: the Nth death, of the node whose keeper is PID, in one of four ways
kill_one() {
    children=$(pgrep -P "$2")
    case $(($1 % 4)) in
        0) kill -9 "$children" ;;
        1) kill -9 "$2" "$children" ;;
        2) kill -9 "$2" ;;
        3)
            task=$(pgrep -P "$children" | head -n 1)
            [ -n "$task" ] && kill -9 "$task"
            ;;
    esac
}

deaths=0 bad=0 campaigns=0
{
    while [ $deaths -lt "$kills" ]; do
        campaign
        campaigns=$((campaigns + 1))
        pids=
        nodes 4
        for p in $pids $pids; do
            sleep "0.$(printf %02d $((deaths * 17 % 29)))"
            [ -s sum.txt ] || { kill_one $deaths "$p" && deaths=$((deaths + 1)); }
        done
        finish
        check ' signal 9 \| exit 137 ' || bad=$((bad + 1))
    done
} 2>/dev/null
[ $bad -eq 0 ]
result $? "$deaths deaths of shims, keepers and tasks in $campaigns campaigns"

stops=0 bad=0 campaigns=0
{
    while [ $stops -lt "$others" ]; do
        campaign
        campaigns=$((campaigns + 1))
        pids=
        nodes 4
        stopped=
        sleep "0.$(printf %02d $((stops * 13 % 31)))"
        for p in $(echo "$pids" | cut -d ' ' -f 2-4); do
            both="$p $(pgrep -P "$p")"
            # shellcheck disable=SC2086
            kill -STOP $both && stops=$((stops + 1))
            stopped="$stopped $both"
            sleep "0.$(printf %02d $((stops * 7 % 11)))"
        done
        sleep 4
        # shellcheck disable=SC2086
        kill -CONT $stopped
        finish
        check ' none ' || bad=$((bad + 1))
    done
} 2>/dev/null
[ $bad -eq 0 ]
result $? "$stops nodes that stood still beyond their lease in $campaigns campaigns"

if ! strace -o trace.txt true 2>/dev/null; then
    echo "ok 3 # SKIP strace cannot trace here"
    exit 0
fi
slow=0 bad=0 campaigns=0
while [ $slow -lt "$others" ]; do
    for call in linkat:delay_enter=30000 openat:delay_exit=3000 pwrite64:delay_enter=20000 \
        linkat:delay_exit=30000 unlinkat,unlink:delay_enter=20000 getdents64:delay_exit=20000 \
        rename:delay_enter=20000 utimensat:delay_exit=50000 newfstatat:delay_enter=2000 \
        fdatasync:delay_enter=50000; do
        [ $slow -lt "$others" ] || break
        campaign
        campaigns=$((campaigns + 1))
        pids=
        nodes 2 strace -f --seccomp-bpf -qq -o /dev/null -e "trace=${call%%:*}" -e "inject=$call"
        nodes 2
        slow=$((slow + 2))
        # shellcheck disable=SC2086
        wait $pids
        finish
        check ' none ' || { bad=$((bad + 1)); echo "# $call"; }
    done
done
[ $bad -eq 0 ]
result $? "$slow nodes whose calls of files are slow in $campaigns campaigns"
