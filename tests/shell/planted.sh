#!/bin/sh
# Campaigns with one planted fault each: from `wflc status` it takes at most two commands to the cause, and the second
# one is what the first one advises.
. "${top_srcdir:?is set by make check}/tests/shell/verdict_lib.sh"
wflc=$(cd "${top_builddir:?}" && pwd)/wflc
shim=$(cd "$top_builddir" && pwd)/wfl-shim
grow=$(cd "$top_builddir" && pwd)/tests/shell/grow
command -v jq >/dev/null || { echo "1..0 # SKIP no jq here"; exit 0; }
unset XDG_CONFIG_HOME
HOME=$tmp
PATH=$(dirname "$wflc"):$PATH # advice is followed letter by letter
export HOME PATH

# advised PATTERN: runs the command in quotes of the first line of `output` that holds the pattern; what it says is output then
advised()
{
    sed -n "s/.*$1.*'\\(wflc [^']*\\)'.*/\\1/p" output | head -n 1 >advice
    [ -s advice ] || return 1
    sh ./advice >output 2>&1
}

# one of three nodes has no library
cat >bad.wfl <<'END'
campaign bad
set visit = 1 .. 40
task draw for v in visit {
    run "if [ -n \"$BROKEN\" ]; then echo libcfitsio.so.10: no such file >&2; : >bad/failed; exit 127; fi; until [ -e bad/failed ]; do sleep 0.02; done; sleep 0.1; echo > {o}"
    memory 10 MB
    retry 1
    output o "bad/{v}"
}
site far profile "far" { }
END
printf 'schema: 1\nname: far\ninherits: test-slurm\n' >far.yaml
"$wflc" build bad.wfl >output 2>&1
for node in 0 1 2; do
    BROKEN=$([ $node != 1 ] || echo yes) R=$node S=3 "$shim" node build/bad/far --nodes 3 --rank-var R --size-var S --node nid$node \
        --job 7 --cores 2 --expiry 30 --idle 20 --quiet 2>>err &
done
wait
"$wflc" status bad >output 2>&1 && grep -q '^left out: node nid1, where .*exit 127' output && advised 'what tasks wrote there' &&
    grep -q '^==> draw\[v=[0-9]*\], attempt 1 on nid1: exit 127' output && grep -q '^libcfitsio.so.10: no such file$' output
verdict $? "a bad host: status names it and the command that shows what its tasks said"
"$wflc" status bad >output && sed -i 's/NODE/nid1/' output && advised 'in use again' && "$wflc" status bad >output && ! grep -q 'left out' output
verdict $? "and the one that takes it back when it is mended"

# an output that is cut
cat >cut.wfl <<'END'
campaign cut
set visit = 1 .. 6
task draw for v in visit {
    run "seq 1 5000 | gzip > {o}; if [ {v} = 4 ] && [ ! -e mended ]; then truncate -s 1000 {o}; fi"
    memory 10 MB
    output o "cut/{v}.gz" check gzip
}
END
"$wflc" run cut.wfl >output 2>&1
"$wflc" status cut >output 2>&1 && grep -q '^  draw\[v=4\]: an output fails its check gzip$' output &&
    grep -q 'output cut/4.gz: failed its check gzip' output && grep -q 'ends inside the compressed data (at byte 1000)' output
verdict $? "a truncated output: status says which one, and where it ends"
: >mended
grep -q '^the next run tries it again$' output && "$wflc" run cut.wfl >output 2>&1 && grep -q '^cut: 6 of 6 done' output
verdict $? "and the next run makes it, as it says"

# an input that is not there yet
cat >late.wfl <<'END'
campaign late
set visit = 1 .. 4
task draw for v in visit { run "cat {i} > {o}"; memory 10 MB; input i "in/{v}.cat"; output o "late/{v}" }
task sum needs draw { run "cat {draw.o:list} > {o}"; memory 10 MB; output o "late/sum" }
END
mkdir in
for v in 1 2 3; do echo $v >in/$v.cat; done
"$wflc" run late.wfl >output 2>&1
"$wflc" status late >output 2>&1 && grep -q '^1 task failed, and 1 cannot start without it:$' output && grep -q 'input in/4.cat: is missing' output &&
    "$wflc" why late sum >output 2>&1 && grep -q '^    failed      draw\[v=4\]: input missing$' output
verdict $? "a late input: status says which one, and why says it of who waits for it"
echo 4 >in/4.cat
"$wflc" run late.wfl >output 2>&1 && [ "$(wc -l <late/sum)" = 4 ]
verdict $? "and when it is there the next run takes it"

# jobs that are too short
cat >short.wfl <<'END'
campaign short
set visit = 1 .. 2
task draw for v in visit { run "if [ ! -e quick ]; then sleep 600; fi; echo > {o}"; memory 10 MB; time 1 s; output o "short/{v}" }
END
"$wflc" run short.wfl --time 3s >output 2>&1
"$wflc" status short >output 2>&1 &&
    grep -q '^2 tasks of draw did not end before the job did, the longest after [0-9.]* s; it is to take 1.0 s (short.wfl:3): give jobs more time$' output &&
    grep -q 'lost to the job' output && "$wflc" status --json short | jq -e '.families[0].cut_off.tasks == 2 and .families[0].cut_off.longest_seconds > 0' >>output &&
    "$wflc" why short 'draw[v=1]' >>output 2>&1 && grep -q ': walltime after [0-9.]* s, as its job ended: give jobs more time$' output
verdict $? "a walltime that is too short: status says so, and how long it would have to be at least"
: >quick
"$wflc" run short.wfl >output 2>&1 && "$wflc" status short >output 2>&1 && ! grep -q 'did not end before' output && grep -q 'all tasks are done' output
verdict $? "and with more time it is done, and nothing of it is told any more"

# a task that needs more memory than there is
for base in /sys/fs/cgroup/memory /sys/fs/cgroup; do
    group=$base/wfl-planted-$$
    ! grep -q __asan_init "$wflc" || break # the sanitizer itself takes what there is
    mkdir "$group" 2>/dev/null || continue
    for limit in memory.limit_in_bytes memory.max; do
        [ ! -w "$group/$limit" ] || { echo 300000000 >"$group/$limit" && break 2; } 2>/dev/null
    done
    rmdir "$group"
    group=
done
if [ -d "${group-}" ]; then
    trap 'rm -rf "$tmp"; rmdir "$group"' EXIT
    cat >oom.wfl <<END
campaign oom
set visit = 1 .. 2
task draw for v in visit {
    run "[ -e enough ] || [ {v} = 1 ] || $grow 278 20 0 600000; echo > {o}"
    memory 50 MB
    output o "oom/{v}"
}
END
    (echo 0 >"$group/cgroup.procs" && exec "$wflc" run oom.wfl) >output 2>&1
    "$wflc" status oom >output 2>&1 && grep -q '^  draw\[v=2\]: memory ran out (peak 0\.[23][0-9]* GB)$' output &&
        grep -q 'draw used more memory than is stated (oom.wfl:3): up to 0.[23][0-9]* GB instead of 0.05 GB' output
    verdict $? "a family that needs more memory: status says which one, what it used, and what is stated"
else
    n=$((n + 1))
    echo "ok $n # SKIP no control group can be made, or the sanitizer fills it"
fi

echo 1..$n
