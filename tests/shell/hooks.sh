#!/bin/sh
# Hooks: `when failed > 1 % run "..."`, by run, by nodes of jobs, by submit --watch.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
wflc=$top_builddir/wflc
LOGNAME=$(id -un)
export LOGNAME
echo 1..34

# campaign LINES: in a folder of its own
campaign() {
    cd "$work" || exit 99
    rm -rf t
    mkdir t && cd t || exit 99
    { echo campaign c; cat; } >c.wfl
    : >../err
}

wfl() {
    "$wflc" "$@" >said 2>../err
}

# told TEXT: the last command said it
told() {
    grep -qF -e "$1" said ../err
}

# A family of ten, of which those of `bad` fail.
campaign <<'END'
param bad = ""
task draw for v in 1 .. 10 {
    run    "echo {v} > {o}; case ' {bad} ' in *' {v} '*) exit 3;; esac; [ -e slow ] && sleep 0.2; true"
    output o "out/{v}"
}
task sum needs draw {
    run "cat {draw.o:list} > {all}"
    output all "all"
}
when failed run "env | grep ^WFL_ | sort > facts; pwd > where; echo seen; echo first >> runs"
when failed > 20 % run "echo fifth >> runs"
when failed > 2 of draw run "echo $WFL_FAMILY $WFL_FAILED of $WFL_TASKS >> runs"
when failed > 3 run "echo fourth >> runs"
when ended run "echo $WFL_WHEN: $WFL_DONE + $WFL_FAILED + $WFL_BLOCKED of $WFL_TASKS, $WFL_LEFT left >> runs; exit 4"
END
! wfl run c.wfl -D "bad=2 5 7" && [ "$(sort runs | tr '\n' ,)" = 'draw 3 of 10,ended: 7 + 3 + 1 of 11, 0 left,fifth,first,' ]
result $? "each that is due is run, once, and no other"
here=$(pwd -P)
[ "$(cat where)" = "$here" ]
result $? "in the folder of the tasks"
for fact in WFL_CAMPAIGN=c WFL_SITE=local "WFL_DIR=$here/build/c/local" WFL_WHEN=failed WFL_FAMILY= WFL_TASKS=11; do
    grep -qx "$fact" facts || { echo "# lacks $fact"; false; }
    result $? "facts: ${fact%%=*}"
done
sum=$(sed -n 's/^WFL_\(DONE\|FAILED\|BLOCKED\|LEFT\)=//p' facts | awk '{ sum += $1 } END { print sum }')
[ "$(sed -n 's/^WFL_\(DONE\|FAILED\|BLOCKED\|LEFT\)=.*/\1/p' facts | sort | tr '\n' ' ')" = 'BLOCKED DONE FAILED LEFT ' ] && [ "$sum" -eq 11 ]
result $? "facts: what is done, failed, blocked and left is all of it"
grep -Eqx 'WFL_FIRST_FAILED=draw\[v=[257]\]' facts
result $? "facts: one that failed"
wfl status c.wfl && told "hook 'when failed' was run " && told " ago by $(id -un)@" && told "exit 0: seen" &&
    told "hook 'when ended' was run" && told "exit 4" && told "1 hook was not run yet"
result $? "status tells how they ended, and what they wrote last"
"$wflc" status --json c.wfl | python3 -c '
import json, sys
h = json.load(sys.stdin)["hooks"]
assert [x["state"] for x in h] == ["exit 0", "exit 0", "exit 0", "not run yet", "exit 4"], h
assert h[0]["when"] == "failed" and h[1]["when"] == "failed > 20 %" and h[2]["when"] == "failed > 2 of draw", h
assert open(h[0]["output"]).read() == "seen\n" and h[0]["began"].startswith("20") and h[3]["output"] == "", h
'
result $? "for programs, too"

# Once; and again when what failed is tried again.
before=$(wc -l <runs)
wfl status c.wfl && wfl run --dry-run c.wfl -D "bad=2 5 7"
[ "$(wc -l <runs)" -eq "$before" ]
result $? "neither looking nor a dry run runs any"
wfl run c.wfl -D "bad=2 5 7"
[ "$(grep -c first runs)" -eq 2 ] && [ "$(grep -c ended runs)" -eq 2 ] && [ "$(find build/c/local/state/hooks -name '*.1.end' | wc -l)" -eq 4 ]
result $? "a run that tries failed tasks again has them run again, and keeps what was"
wfl run c.wfl -D bad= && [ "$(tail -n 1 runs)" = 'ended: 11 + 0 + 0 of 11, 0 left' ]
result $? "all is done"
wfl run c.wfl -D bad= && [ "$(grep -c ended runs)" -eq 3 ]
result $? "a run with nothing to do runs none"
wfl redo c.wfl 'draw[v=1]' --yes
wfl run c.wfl -D bad= && [ "$(grep -c ended runs)" -eq 4 ]
result $? "after a redo they may run again"

# While others work: when it has come to that, not at the end.
campaign <<'END'
task draw for v in 1 .. 3 {
    run    "[ {v} = 1 ] && exit 1; until [ -e go ]; do sleep 0.02; done; echo > {o}"
    output o "out/{v}"
}
when failed run "echo > seen"
when ended run "echo > over"
END
"$wflc" run c.wfl >said 2>../err &
pid=$!
wait_for test -e seen && [ ! -e over ] && [ ! -e out/2 ]
result $? "a threshold is seen while tasks run"
: >go
wait $pid
[ -e over ] && [ -e out/2 ]
result $? "and the end at the end"

# Who leaves with tasks left has them run, too: whatever is waited for.
while IFS=: read -r what after more; do
    campaign <<END
task a for x in 1 .. 4 { run "[ {x} -ne 3 ] && echo > {o}"; output o "o/{x}"$after }
task b { input "not-there" wait; run "echo > {o}"; output o "o/b" }
task d for x in 1 .. 3 { run "echo > {o}"; output o "d/{x}" }
$more
when failed run "echo one >> runs"
when failed > 10 % run "echo part >> runs"
when failed > 1 run "echo two >> runs"
when ended run "echo ended >> runs"
END
    ! wfl run c.wfl && [ ! -e o/b ] && [ "$(sort runs | tr '\n' ,)" = one,part, ] &&
        ! wfl run c.wfl && [ "$(sort runs | tr '\n' ,)" = one,one,part,part, ]
    result $? "a run that ends with tasks left has them run: $what"
done <<'END'
inputs that are not there::
a gate::gate "look" after 2 of d
enough have failed:; after 1 failures stop:
END
plan <<'END'
node 1 1e9
family draw 1
memory 1e6
sh exit 3
output o out/{i}
family long 1
time 1000
memory 1e6
sh echo >{o0}
output o long/{i}
when failed 0 echo failed >>runs
END
rm -f runs
run 4 --time 100 && [ "$(cat runs)" = failed ]
result $? "a shim whose time is too short for what is left has them run"

# When it is told to end: what has happened by the end of what runs; and in time.
campaign <<'END'
task draw for v in 1 .. 400 {
    run    "echo > on.{v}; until [ -e go ]; do sleep 0.02; done; exit 1"
    output o "out/{v}"
}
when failed run "echo > seen; until [ -e end ]; do sleep 0.02; done; echo > over"
END
"$wflc" run --cores 1 c.wfl >said 2>../err &
pid=$!
wait_for test -e on.1 && kill -TERM $pid && wait_for told "finishing 1 running" && : >go && wait_for test -e seen
: >go
: >end
wait $pid
[ $? -eq 4 ] && [ -e over ]
result $? "a run that was told to end has them run before it leaves"
rm -r build go end on.* seen over
"$wflc" run --cores 1 c.wfl >said 2>../err &
pid=$!
: >go
wait_for test -e seen && kill -TERM $pid && wait_for grep -q -e finishing -e "no more" said &&
    sleep 0.3 && ! ls build/c/local/state/hooks/*.end 2>/dev/null &&
    kill -TERM $pid && wait_for grep -q stopping said
wait_for ls build/c/local/state/hooks/*.end >/dev/null || : >end
wait $pid
[ $? -eq 4 ] && [ ! -e over ] && wfl status c.wfl && told "stopped after"
result $? "told twice, it ends what it has run, and says so"
plan <<'END'
node 1 1e9
jobs 1 2 600
shards 2
family draw 2
memory 1e6
sh echo $R >who.{i}; until [ -e go.{i} ]; do sleep 0.02; done; echo >{o0}; [ {i} -gt 0 ]
output o out/{i}
when failed 0 echo failed >>runs
END
: >err
rm -f runs
for rank in 0 1; do
    R=$rank S=2 "$shim" node c --nodes 2 --rank-var R --size-var S --job 7 --quiet 2>>err &
    [ $rank = 1 ] || pid0=$!
done
pid1=$!
wait_for test -s who.0 && wait_for test -s who.1
failing=$pid0
[ "$(cat who.0)" = 0 ] || failing=$pid1
kill -TERM "$failing"
wait_for said "TERM: no more"
: >go.0
wait "$failing"
[ "$(cat runs)" = failed ] && [ ! -e out/1 ]
result $? "a node that leaves has them run while others work"
: >go.1
wait

# One that hangs, one that cannot run, one that writes without end.
campaign <<'END'
task draw for v in 1 .. 2 {
    run    "echo > {o}; [ {v} = 2 ]"
    output o "out/{v}"
}
when failed run "exec /no/such/program"
when failed > 0 run "yes"
when ended run "kill -9 $$"
END
"$wflc" run c.wfl >said 2>../err &
pid=$!
wait_for sh -c 'ls build/c/local/state/hooks/*.end >/dev/null 2>&1' && wait_for pgrep -P "$(pgrep -P "$(pgrep -P $pid | head -n 1)" | head -n 1)" yes
[ -e out/2 ]
result $? "tasks go on, whatever hooks do"
for p in $(pgrep -x yes); do
    [ "$(readlink "/proc/$p/cwd")" = "$(pwd -P)" ] && kill "$p"
done
wait $pid
wfl status c.wfl && told "exit 127" && told "signal 9" && [ "$(find build/c/local/state/hooks -name '*.out' -size +64k | wc -l)" -eq 0 ]
result $? "how they end is told, and what they write is bounded"

# Nodes of a job: once, whoever sees it.
cd "$work" || exit 99
plan <<'END'
node 1 1e9
jobs 1 3 600
shards 6
family draw 12
memory 1e6
sh echo >{o0}; [ {i} -gt 3 ]
output o out/{i}
when failed 2 echo failed >>runs
when ended 0 echo ended $WFL_DONE >>runs
END
: >err
rm -f runs
for rank in 0 1 2; do
    R=$rank S=3 "$shim" node c --nodes 3 --rank-var R --size-var S --job 7 --quiet --idle 2 2>>err &
done
wait
[ "$(sort runs | tr '\n' ,)" = 'ended 8,failed,' ]
result $? "of several nodes one runs each"
R=0 S=1 "$shim" node c --nodes 1 --rank-var R --size-var S --job 8 --quiet --idle 1 2>>err
[ "$(wc -l <runs)" -eq 2 ]
result $? "the next job runs none"

# What no shim could run.
campaign <<'END'
task draw for v in 1 .. 2 {
    run    "echo > {o}; [ {v} = 2 ]"
    output o "out/{v}"
}
when failed run "echo failed >> runs"
when ended run "echo ended $WFL_DONE >> runs"
END
wfl run c.wfl
rm -r build/c/local/state/hooks runs
wfl submit --watch c.wfl
[ "$(sort runs | tr '\n' ,)" = 'ended 1,failed,' ] && told "hook 'when ended' was run: exit 0"
result $? "submit --watch runs what no shim could"
wfl submit --watch c.wfl
[ "$(wc -l <runs)" -eq 2 ]
result $? "and once, too"

# While a hook runs, the shim that runs it is all there is of that: what it closes is closed, and
# when it is killed nobody takes it for alive.
campaign <<'END'
task bad {
    run    "until [ -e fed ]; do sleep 0.02; done; exit 3"
    output o "bad"
    retry  0
}
task ready for s in ["a", "b"] {
    run    "[ {s} = a ] || until [ -e seen ]; do sleep 0.02; done; echo > {p}"
    output p "ready/{s}"
}
task draw for v in [1], s in ["a", "b"] needs ready {
    bundle by v
    feed   "{o}"
    run    "touch fed; while read -r f; do echo > $f; done; touch eof"
    output o "out/{s}"
}
task last needs draw {
    run    "touch last; until [ -e go ]; do sleep 0.02; done; echo > {all}"
    output all "all"
}
when failed run "touch seen; n=0; until [ -e end ] || [ $n -gt 1000 ]; do sleep 0.02; n=$((n + 1)); done; touch over"
END
wfl build c.wfl
"$shim" run build/c/local --cores 4 2>../err &
pid=$!
wait_for test -e eof && [ -e seen ] && [ ! -e over ]
result $? "who is fed comes to the end of file while a hook runs"
wait_for test -e last
kill -9 $pid
wait $pid
: >go
"$shim" run build/c/local --cores 4 2>../err
[ $? -eq 1 ] && [ -s all ] && [ ! -e over ]
result $? "a shim that is killed while a hook runs is not taken for alive"
: >end
wait_for test -e over
