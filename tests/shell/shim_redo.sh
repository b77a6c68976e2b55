#!/bin/sh
# wflc redo while nodes of jobs work: what they knew of tasks does not hold any more.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
. "$top_srcdir/tests/shell/node_lib.sh"
wflc=$top_builddir/wflc
echo 1..6

# place: where tasks run, as the script of a job tells it
place() {
    printf "here='%s'\nwork='%s'\n" "$work/c" "$work" >c/job.sh
    rm -rf began go fixed fresh
    : >err
    pids=
}

# redo CODE TERM...: what it says is in redo.log
redo() {
    want=$1
    shift
    "$wflc" redo c "$@" --yes >redo.log 2>&1 </dev/null
    got=$?
    [ $got -eq "$want" ] || { sed 's/^/# /' redo.log && echo "# redo: exit $got, wanted $want" && return 1; }
}

# made TERM...: the node at work hands back what this is about, sooner or later
made() {
    tries=0
    until redo 0 "$@"; do
        tries=$((tries + 1))
        [ $tries -lt 10 ] || return 1
    done
}

# tells TASK: reasons of the ends of its attempts, in their order
tells() {
    ends | sed -n "s/^$1 [0-9]* \([a-z]*\) .*/\1/p" | tr '\n' ' '
}

# ended TASK: that is on record
ended() {
    ends | grep -q "^$1 "
}

# waits: a plan of which the last task needs two others, and each is of a shard of its own
waits() {
    plan <<'END'
node 1 1e9
shards 3
family a 1
memory 1e6
sh echo run >> a.txt; echo $$ > {o0}
output x out/a.x
family hold 1
memory 1e6
sh touch began; until [ -e go ]; do sleep 0.02; done
family last 1
memory 1e6
needs a all
needs hold all
sh cat out/a.x > {o0}
output y out/last.y
END
    place
}

# The node has made `a`, and gave it back; while it works on `hold`, it is made again. The last task
# is of a shard that nobody had yet.
waits
node 0 1
wait_for test -e began
cp out/a.x old.x
made family=a
status=$?
touch go
all_end 0 && [ $status = 0 ] && [ "$(tells 0)" = 'ok redo ok ' ] && [ "$(tells 2)" = 'ok ' ] && [ "$(wc -l <a.txt)" = 2 ] &&
    cmp out/a.x out/last.y && cmp old.x c/state/quarantine/1/out/a.x && ! cmp -s old.x out/a.x
result $? "a node that had made it makes it again, before what needs it"

# The same of one that failed, and of what it blocks.
plan <<'END'
node 1 1e9
shards 4
family a 1
memory 1e6
sh [ -e fixed ] || exit 3; echo $$ > {o0}
output x out/a.x
family hold 1
memory 1e6
sh touch began; until [ -e go ]; do sleep 0.02; done
family b 1
memory 1e6
needs a all
sh cat out/a.x > {o0}
output y out/b.y
family c 1
memory 1e6
needs b all
needs hold all
sh cat out/b.y > {o0}
output y out/c.y
END
place
node 0 1
wait_for test -e began
touch fixed
made state=failed
status=$?
touch go
all_end - && [ $status = 0 ] && [ "$(tells 0)" = 'exit redo ok ' ] && [ "$(tells 2)$(tells 3)" = 'ok ok ' ] && cmp out/a.x out/c.y
result $? "a node that saw it fail tries it again, and what needs it goes on"

# A node that comes then looks at the shard that waits before it takes the one of `a`, and takes it behind that, while the other node
# still works on what it needs besides.
waits
node 0 2
wait_for test -e began
made family=a
status=$?
node 1 2
wait_for sh -c "'$record' c | grep -c ' end 0 1 ok' | grep -q 2"
sleep 1
touch go
wait_for ended 2 && [ $status = 0 ] && all_end 0 0
status=$?
# shellcheck disable=SC2086 # a list
[ $status = 0 ] || { kill -9 $pids; pids=; }
result $status "and one that comes meanwhile goes on when the other one has done its part"

# What a node holds is left to it, with what it is made of.
plan <<'END'
node 1 1e9
shards 2
family a 1
memory 1e6
sh echo $$ > {o0}
output x out/a.x
family b 1
memory 1e6
needs a all
sh touch began; until [ -e go ]; do sleep 0.02; done; cat out/a.x > {o0}
output y out/b.y
END
place
node 0 1
wait_for test -e began && wait_for ended 0
redo 1 family=a && grep -q '^1 chosen task stays as it is' redo.log
status=$?
touch go
all_end 0 && [ $status = 0 ] && [ "$(tells 0)$(tells 1)" = 'ok ok ' ] && redo 0 family=a && [ "$(tells 1)" = 'ok redo ' ]
result $? "what runs on it keeps it"

# A dead one's is left to the next one.
pids=
plan <<'END'
node 1 1e9
shards 2
family a 1
memory 1e6
sh echo $$ > {o0}
output x out/a.x
family b 1
memory 1e6
needs a all
sh [ -e fixed ] || { touch began; exec sleep 600; }; cat out/a.x > {o0}
output y out/b.y
END
place
node 0 1
wait_for test -e began && wait_for ended 0
kill -9 $pid "$(pgrep -P $pid)"
wait $pid 2>/dev/null
touch fixed
redo 1 family=a && grep -q 'was left by a job or run that died' redo.log
status=$?
pids=
node 0 1
all_end 0 && [ $status = 0 ] && [ "$(tells 0)" = 'ok ' ] && redo 0 family=a
result $? "what a dead one held is left to the next one"

# Three nodes; tasks are made again all the while, and every third time that is killed. Each task is
# made again as often as that was on record, and what is there at last was made of what is there.
plan <<'END'
node 2 1e9
shards 24
family a 24
memory 1e6
sh echo {i} $$ > {o0}
output x out/a{i}.x
family b 24
memory 1e6
needs a same
sh cat out/a{i}.x > {o0}; echo $$ >> {o0}
output x out/b{i}.x
family c 24
memory 1e6
needs b same
sh [ {i} != 23 ] || until [ -e go ]; do sleep 0.02; done; cat out/b{i}.x > {o0}; echo $$ >> {o0}
output x out/c{i}.x
END
place
for rank in 0 1 2; do
    node $rank 3
done
times=0 made=0
while [ $times -lt 40 ]; do
    times=$((times + 1))
    status=0
    if [ $((times % 3)) = 0 ] && command -v strace >/dev/null; then
        ASAN_OPTIONS=detect_leaks=0 strace -qq -o /dev/null -e trace=linkat,rename,pwrite64 \
            -e inject=linkat,rename,pwrite64:signal=KILL:when=$((times * 7 % 23 + 1)) \
            "$wflc" redo c state=done i=$((times * 5 % 23)) --yes >redo.log 2>&1 </dev/null || status=$?
    else
        "$wflc" redo c state=done i=$((times * 5 % 23)) --yes >redo.log 2>&1 </dev/null || status=$?
    fi
    [ $status != 0 ] || made=$((made + 1))
done
touch go
all_end 0 0 0
status=$?
"$shim" run c --quiet 2>>err || status=1
ends | awk '$3 == "ok" { if (done[$1]) { print "# task", $1, "was made twice"; bad = 1 } done[$1] = 1 }
    $3 == "redo" || $3 == "gone" { done[$1] = 0; redone++ } $3 != "ok" && $3 != "redo" && $3 != "gone" { print "#", $0; bad = 1 }
    END { for (t = 0; t < 72; t++) if (!done[t]) { print "# task", t, "is not done"; bad = 1 } exit bad || !redone }' || status=1
i=0
while [ $i -lt 24 ]; do
    head -n 1 out/b$i.x | cmp - out/a$i.x && head -n 2 out/c$i.x | cmp - out/b$i.x || status=1
    i=$((i + 1))
done
echo "# $made of $times were made"
[ $status = 0 ] && [ $made -gt 0 ]
result $? "nodes, and many of them"
