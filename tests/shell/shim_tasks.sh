#!/bin/sh
# wfl-shim: commands, environment, order, retries, logs.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
echo 1..23

plan <<'END'
node 3 1e9
family make 6
memory 1e6
sh echo hello {i}; echo data {i} > {o0}
output x out/{i}.txt
family sum 1
memory 1e6
needs make all
sh cat out/*.txt > {o0}
output y sum.txt
END
run 0 && [ "$(wc -l <sum.txt)" -eq 6 ]
result $? "tasks run, and what needs them runs after them"
[ "$(ends | grep -c 'ok 0 F')" -eq 7 ] && [ "$("$record" c | tail -n 1 | cut -d ' ' -f 2)" = close ]
result $? "the record holds every end and the close"
said "hello 3"
result $? "the log holds what a task wrote"
run 0 && [ "$("$record" c | grep -c start)" -eq 7 ]
result $? "a second run starts nothing"
rm out/3.txt
run 0 && [ -s out/3.txt ] && [ "$("$record" c | grep -c start)" -eq 8 ] && said "out/3.txt is missing"
result $? "a done task whose output is gone runs again"
[ -z "$(find . -name '.wfl-*' -o -name 'spool-*')" ]
result $? "no temporary file is left"

plan <<'END'
node 2 1e9
family env 1
memory 1e6
cores 2
env FOO bar {i}
env HOME elsewhere
sh echo "$WFL_TASK $WFL_ATTEMPT $WFL_CORES $WFL_FAMILY $WFL_CAMPAIGN $FOO $HOME"; env | grep -c '^HOME='; [ -d "$WFL_STATE/journal" ] && echo state; cat; ls -l /proc/self/fd | wc -l
END
run 0 && said "0 1 2 env test bar 0 elsewhere" && said state
result $? "the environment of a task"
[ "$("$record" -l c | tail -n 3 | head -n 1)" = state ] && "$record" -l c | grep -qx '5'
result $? "a task has three descriptors, and nothing on stdin"

plan <<'END'
node 1 1e9
family words 1
memory 1e6
arg printf
arg <%s>
arg a  b
arg
arg $HOME 'x'
END
run 0 && said "<a  b><><\$HOME 'x'>"
result $? "an argument list passes no shell"

plan <<'END'
node 2 1e9
family retry 2
memory 1e6
retries 1
sh echo attempt $WFL_ATTEMPT; [ {i} = 0 ] && [ $WFL_ATTEMPT = 2 ] || exit 7
family after 2
memory 1e6
needs retry same
sh true
END
run 1
result $? "a task that fails for good gives exit code 1"
ends >ends.txt
cat >want.txt <<'END'
0 1 exit 7 -
0 2 ok 0 F
1 1 exit 7 -
1 2 exit 7 F
2 1 ok 0 F
END
sort ends.txt | cmp -s - want.txt
result $? "retries are made and counted; what needs a failed task is blocked"
said "2 done, 1 failed, 1 blocked" && said "retry[i=1]: exit 7, attempt 2 (test.wfl:1)"
result $? "and the shim says so"

plan <<'END'
node 1 1e9
family nothing 1
memory 1e6
arg wfl-no-such-program
family folder 1
memory 1e6
arg /
family input 1
memory 1e6
input no/such/file
sh true
family signal 1
memory 1e6
sh kill -SEGV $$
END
run 1
ends | sort >ends.txt
cat >want.txt <<'END'
0 1 exit 127 F
1 1 exit 126 F
2 1 input missing F
3 1 signal 11 F
END
cmp -s ends.txt want.txt
result $? "reasons: not found, cannot be run, no input, a signal"
said "wfl-no-such-program: not found in PATH" && said "input no/such/file: is missing"
result $? "with a line in the log"

plan <<'END'
node 1 1e9
family long 1
memory 1e6
sh head -c 3000000 /dev/zero | tr '\0' x; echo; echo the end
family short 1
memory 1e6
sh printf unterminated; exit 3
END
run 1
said "bytes left out" && said "the end"
result $? "a long output is kept at both ends"
[ "$("$record" -l c | wc -c)" -lt 1100000 ]
result $? "and bounded"

awk 'BEGIN {
    print "node 1 1e9"; print "family big 1"; print "memory 1e6"
    printf "sh true "; for (i = 0; i < 40000; i++) printf "12345 "; print "; echo long script $?" }' |
    plan
run 0 && said "long script 0"
result $? "a script larger than an argument may be"

# Some programs notice by themselves that there is no more memory.
plan <<'END'
node 3 1e9
family f 3
memory 300e6
retries 2
retry_memory 2
oom 9
oom 134
unless 9
sh [ $WFL_ATTEMPT = 1 ] || { mkdir alone || echo not alone; sleep 0.1; rmdir alone; exit 0; }; case {i} in 0) exit 9 ;; 1) kill -ABRT $$ ;; 2) sh -c 'kill -ABRT $$'; exit $? ;; esac
END
run 0 && [ "$(ends | sort | tr '\n' ,)" = "0 1 oom 9 -,0 2 ok 0 F,1 1 oom 6 -,1 2 ok 0 F,2 1 oom 134 -,2 2 ok 0 F," ]
result $? "codes and signals that mean out of memory do so"
! said "not alone" && said "as the campaign says of who ran out of memory"
result $? "and the next attempt is expected to use more"

plan <<'END'
node 2 1000
family large 1
memory 2000
sh true
END
run 3 && said "needs 1 core and 2000 bytes"
result $? "a task larger than the node is refused"
run 0 --memory 5000
result $? "and runs when there is more"
echo garbage >c/campaign.wflp
run 3 && said campaign.wflp
result $? "a plan that is none"
"$shim" run 2>/dev/null
[ $? -eq 2 ] && "$shim" --version | grep -q wfl-shim && "$shim" --help | grep -q usage
result $? "usage"
