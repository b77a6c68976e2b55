#!/bin/sh
# Work can be shared as long as tasks are ready: plans that wflc makes for one job of one node, and three
# nodes with room for one task each, as of further jobs, or started by hand.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
wflc=$top_builddir/wflc
unset WFL_PATH WFL_STDLIB
export HOME="$work" XDG_CACHE_HOME="$work/cache"
echo 1..9

# built: the campaign on stdin, for one job of one node, is in c; its tasks wait for the file go
built() {
    rm -rf c build out begun go
    mkdir begun
    { echo 'campaign shared'; cat; echo 'site one profile "test-slurm" { nodes 1 .. 1; walltime 1 h }'; } >shared.wfl
    "$wflc" build -q --site one shared.wfl >built 2>&1 || { sed 's/^/# /' built; exit 99; }
    cp -r build/shared/one c
    : >err
}

# node NAME: its pid is added to $pids
node() {
    R=0 S=1 "$shim" node c --nodes 1 --rank-var R --size-var S --node "$1" --cores 1 --quiet 2>>err &
    pids="$pids $!"
}

begun() {
    [ "$(find begun -type f | wc -l)" -eq "$1" ]
}

# done_once N: all nodes end with 0, and each of N tasks is done, once in the record
done_once() {
    : >go
    good=0
    for p in $pids; do
        wait "$p" || { good=1; echo "# a node ended with $?"; }
    done
    pids=
    [ $good -eq 0 ] && [ "$(ends | grep -c ' ok ')" -eq "$1" ] &&
        [ "$(ends | cut -d ' ' -f 1 | sort -un | wc -l)" -eq "$1" ]
}

pids=
built <<'END'
task t for i in 1 .. 60 {
    memory 1 MB
    time 1 s
    run "touch begun/{i}; until [ -e go ]; do sleep 0.02; done; echo {i} >{o}"
    output o "out/{i}.txt"
}
END
for n in a b c; do node $n; done
wait_for begun 3
result $? "three nodes work at once, though one was planned"
done_once 60
result $? "and do all tasks once"
[ "$(find c/state/logs -name '*.log' | wc -l)" -eq 3 ]
result $? "none of them has ended with nothing"

# Tasks that need each other, few of them: one, then twelve, then one.
built <<'END'
task first for i in 1 .. 1 { memory 1 MB; run "echo {i} >{o}"; output o "out/first.txt" }
task wide for k in 1 .. 12 needs first {
    memory 1 MB
    run "touch begun/{k}; until [ -e go ]; do sleep 0.02; done; echo {k} >{o}"
    output o "out/{k}.txt"
}
task last needs wide { memory 1 MB; run "cat {wide.o:list} >{o}"; output o "out/last.txt" }
END
for n in a b c; do node $n; done
wait_for begun 3
result $? "what waited for one task is for all nodes when it is done"
done_once 14 && [ "$(wc -l <out/last.txt)" -eq 12 ]
result $? "and its end for one of them"

# One that dies leaves what it had begun, and nothing else.
built <<'END'
task a for i in 1 .. 9 {
    memory 1 MB
    run "touch begun/{i}; until [ -e go ]; do sleep 0.02; done; echo {i} >{o}"
    output o "out/a{i}.txt"
}
task b for i in 1 .. 9 needs a { memory 1 MB; run "cat {a.o} >{o}"; output o "out/b{i}.txt" }
END
for n in a b c; do node $n; done
wait_for begun 3
result $? "chains are shared, too"
dead=${pids%"${pids# *[0-9] }"}
pids=${pids#"$dead"}
# shellcheck disable=SC2046,SC2086
kill -9 $dead $(pgrep -P ${dead# })
done_once 18 && ! ends | grep -v ' ok \| lost '
result $? "a node that is killed with one leaves the others to those that live"
[ "$(ends | grep -c ' lost ')" -le 1 ]
result $? "it had one task, and nobody else had to do more again"
[ -z "$(find . -name '.wfl-*' -o -name 'spool-*')" ]
result $? "and nothing else is left"
