#!/bin/sh
# Inputs that are waited for: `input ... wait`.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
. "$top_srcdir/tests/shell/node_lib.sh"
wflc=$top_builddir/wflc
echo 1..25

fresh() {
    plan
    rm -rf in in.* go*
    : >err
}

starts() {
    "$record" c | grep -c " start "
}

# asked COMMAND...: what wflc says
asked() {
    "$wflc" "$@" >asked 2>&1
}

answered() {
    grep -qF -e "$1" asked
}

# What is there runs; what is late waits, and nothing is recorded of an attempt.
fresh <<'END'
node 2 1e9
family f 4
memory 1e6
retries 1
sh cat in/{i} >{o0}
wait in/{i}
output x out/{i}.x
END
mkdir in
echo 1 >in/1
run 4 && [ -e out/1.x ] && [ "$(starts)" -eq 1 ] && [ "$(ends)" = '1 1 ok 0 F' ]
result $? "a task whose input is late does not start, and has no failure"
said "f[i=0] waits for its input in/0 (missing)" && said "3 tasks wait for inputs that are not there, such as in/" && said "the next run looks again"
result $? "the shim says which, and that it ends"
asked status c && answered "late" && answered "3 tasks wait for an input that is not there, or not good yet:" &&
    answered "f[i=0] waits for its input in/0 (missing, when a job looked last), for "
result $? "status names the file, and since when"
asked tasks c state=late && [ "$(grep -c 'f\[i=' asked)" -eq 3 ]
result $? "tasks selects them"
asked why c 'f[i=2]' && answered "f[i=2]: late" && answered "waits for its input in/2 (missing, when a job looked last), for " && answered "it starts when that is there"
result $? "why tells of one"
"$wflc" status --json c | python3 -c '
import json, sys
s = json.load(sys.stdin)
assert s["tasks"]["late"] == 3 and s["tasks"]["ready"] == 0, s["tasks"]
assert [l["task"] for l in s["late"]] == [0, 2, 3] and s["late"][0]["flaw"] == "missing" and s["late"][0]["since"].startswith("20"), s["late"]
'
result $? "and so is it for programs"
first=$("$wflc" status --json c | grep -o '"since": "[^"]*"' | tail -n 1)
echo 0 >in/0
run 4 && [ "$(starts)" -eq 2 ] && [ "$("$wflc" status --json c | grep -o '"since": "[^"]*"' | tail -n 1)" = "$first" ]
result $? "the next run starts what has come; since when the others wait stays known"
echo 2 >in/2
echo 3 >in/3
run 0 && [ "$(ends | grep -c ' 1 ok 0 F')" -eq 4 ] && [ "$(cat out/*.x | tr -d '\n')" = 0123 ]
result $? "all is done, each by its first attempt"

# While others work, it starts when the file comes; also one in a folder that comes later.
fresh <<'END'
node 4 1e9
family work 1
memory 1e6
sh until [ -e go ]; do sleep 0.02; done; echo x >{o0}
output x out/work.x
family f 2
memory 1e6
sh cat in/sub/{i} >{o0}
wait in/sub/{i}
output x out/{i}.x
family g 1
memory 1e6
sh cat out/0.x >{o0}
output x out/g.x
needs f all
END
"$shim" run c 2>err &
pid=$!
wait_for said "f[i=1] waits for its input in/sub/1" && mkdir -p in/sub && echo 0 >in/sub/0 && wait_for test -e out/0.x
result $? "a file that comes is found while others work"
asked status c && answered "f[i=1] waits for its input in/sub/1 (missing)" && ! answered "f[i=0] waits" && asked why c 'g[i=0]' && answered "late"
result $? "the other one still waits, and what needs it tells so"
echo 1 >in/sub/1.part && mv in/sub/1.part in/sub/1 && wait_for test -e out/g.x && : >go && wait $pid && [ "$(ends | grep -c ' 1 ok 0 F')" -eq 4 ]
result $? "and what needs them runs in the same job"

# A file that is there and fails its checks is not complete yet.
fresh <<'END'
node 2 1e9
family f 1
memory 1e6
sh cat in.txt.gz >{o0}
wait in.txt.gz
check size > 30
check gzip
output x out/x
END
echo short >in.txt.gz
run 4 && said "waits for its input in.txt.gz (size)" && [ "$(starts)" -eq 0 ]
result $? "a size that is not reached"
yes | head -n 1000 | tr -d '\n' >in.txt.gz
run 4 && said "waits for its input in.txt.gz (gzip)" && asked why c 'f[i=0]' && answered "(gzip, when a job looked last)"
result $? "a file that is not whole"
yes 0123456789 | head -n 10000 | gzip >in.txt.gz
run 0 && [ "$(ends)" = '0 1 ok 0 F' ]
result $? "when it is, the task starts"

# A command as a check, and a file that is written while the shim is at work.
fresh <<'END'
node 2 1e9
family work 1
memory 1e6
sh until [ -e out/x ]; do sleep 0.02; done; echo x >{o0}
output x out/work.x
family f 1
memory 1e6
sh cp in.log {o0}
wait in.log
check command echo looked >>looks; grep -q complete "$1"
output x out/x
END
rm -f looks
echo begun >in.log
"$shim" run c 2>err &
pid=$!
wait_for said "waits for its input in.log (command)" && echo complete >>in.log && wait $pid && grep -q complete out/x && [ "$(ends | grep -c ' 1 ok 0 F')" -eq 2 ]
result $? "a file that becomes good is found by its change"
[ "$(wc -l <looks)" -eq 2 ]
result $? "and is checked no more often than it changed"
rm -f looks

# What is wrong for good is a failure as ever.
fresh <<'END'
node 2 1e9
family f 1
memory 1e6
sh true
wait in
check command exit 3
input in.other
END
mkdir in
run 4 && said "(command)"
result $? "a check that says no is waited for"
fresh <<'END'
node 2 1e9
family f 1
memory 1e6
sh true
wait in/0
input in.other
END
mkdir in && echo x >in/0
run 1 && [ "$(ends)" = '0 1 input missing F' ] && ! said "waits for its input"
result $? "an input without 'wait' fails beside one that is there"
fresh <<'END'
node 2 1e9
family f 1
memory 1e6
sh true
wait in/0
END
echo x >in
run 1 && [ "$(ends)" = '0 1 input unreadable F' ]
result $? "what is no matter of time fails, too"

# Bundles: those that are late are left out.
fresh <<'END'
node 4 1e9
family f 4 1
memory 1e6
bundle
sh echo {is} >>processes; for i in {is}; do echo x >out/$i.x; done
wait in/{i}
output - out/{i}.x
END
mkdir -p in out
for i in 0 2 3; do echo x >in/$i; done
rm -f processes
run 4 && [ "$(cat processes)" = "0 2 3" ] && [ "$(starts)" -eq 3 ]
result $? "of a bundle those run together whose inputs are there"
echo x >in/1
run 0 && [ "$(tail -n 1 processes)" = 1 ]
result $? "and the other one later"

# A node: it waits as long as for other work, then leaves it to the next job.
fresh <<'END'
node 2 1e9
jobs 1 1 60
shards 2
family f 4
memory 1e6
sh cat in/{i} >{o0}
wait in/{i}
output x out/{i}.x
END
mkdir in
echo x >in/0
R=0 S=1 "$shim" node c --nodes 1 --rank-var R --size-var S --idle 1 2>err
got=$?
[ $got -eq 4 ] && said "3 tasks wait for inputs that are not there" && said "the next job looks again" && [ "$(starts)" -eq 1 ]
result $? "a node with nothing else to do ends, and says so"
for i in 1 2 3; do echo x >in/$i; done
R=0 S=1 "$shim" node c --nodes 1 --rank-var R --size-var S --idle 1 2>err && [ "$(ends | grep -c ' 1 ok 0 F')" -eq 4 ]
result $? "the next one does it"

# What waits can be cancelled.
fresh <<'END'
node 2 1e9
family work 1
memory 1e6
sh until [ -e go ]; do sleep 0.02; done; echo x >{o0}
output x out/work.x
family f 1
memory 1e6
sh cat in/{i} >{o0}
wait in/{i}
output x out/{i}.x
END
mkdir in
"$shim" run c 2>err &
pid=$!
wait_for said "waits for its input in/0" && asked control cancel c 'f[i=0]' && wait_for said "cancelled by" && echo x >in/0 && : >go
wait $pid
[ "$(ends | sort | tr '\n' ,)" = '0 1 ok 0 F,1 0 cancelled 0 F,' ] && [ ! -e out/0.x ]
result $? "what waits is cancelled as all else"

# Many that wait for files of one folder do not ask for each.
fresh <<'END'
node 2 1e9
family f 3000
memory 1e6
sh cat in/{i} >{o0}
wait in/{i}
output x out/{i}.x
END
mkdir in
echo x >in/2999
run 4 && [ "$(starts)" -eq 1 ] && said "2999 tasks wait for inputs" && [ "$(grep -c 'waits for its input' err)" -eq 5 ]
result $? "thousands wait, and five are told of"
