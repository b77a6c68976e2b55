#!/bin/sh
# wflc tasks, why, log, history: what is asked of the record.
. "${top_srcdir:?is set by make check}/tests/shell/wflc_lib.sh"

# times, sizes and the name of the host are left out
plain()
{
    sed -E 's/[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9:]{8}Z?/DATE/g; s/ +[0-9.]+ (s|ms) / TIME /g; s/ +[0-9.]+ [kM]B / SIZE /g
        s/after [0-9.]+ m?s/after TIME/; s/at most [0-9.]+ [kM]B/at most SIZE/' |
        sed "s/ $host / HOST /g; s/,$host,/,HOST,/g; s/ on $host\([,:]\)/ on HOST\1/; s/ *\$//; s/  */ /g"
}

host=$(uname -n | cut -d. -f1 | tr -cd 'A-Za-z0-9_-' | tail -c 16)
cat >demo.wfl <<'EOF2'
campaign demo
param good = false
set visit = 1 .. 3
set chip = ["R22_S11", "R22_S12", "R01_S00"]
task draw for v in visit, c in chip {
    run "echo drawing {v} {c}; if ! {good} && [ {v} = 2 ] && [ {c} = R01_S00 ]; then echo no star >&2; exit 7; fi; echo x > {image}"
    memory 100 MB
    time 2 s
    retry 1
    output image "out/{v}/{c}"
}
task join for v in visit needs draw { run "cat {draw.image:list} > {o}"; output o "out/{v}.txt" }
task report needs join { run "cat {join.o:list} > {o}"; output o "out/all" }
EOF2
"$wflc" run demo.wfl >output 2>&1
verdict "$([ $? = 1 ]; echo $?)" "a campaign with a task that fails"

wflc 0 tasks && [ "$(wc -l <output)" = 14 ] && sed -n 7p output >line && cp line output &&
    shows 'failed 2 exit 7 TIME SIZE DATE HOST draw[v=2 c=R01_S00]'
verdict $? "tasks: all of them, with their last attempt"

wflc 0 tasks state=failed,blocked --columns state,task && shows 'STATE TASK
failed draw[v=2 c=R01_S00]
blocked join[v=2]
blocked report'
verdict $? "by state"

wflc 0 tasks 'c=R22_*' v=2 state!=failed --columns=task && shows 'TASK
draw[v=2 c=R22_S11]
draw[v=2 c=R22_S12]' && wflc 0 tasks 'v>=2' 'chip=R01_S0?,none' --columns=task && shows 'TASK
draw[v=2 c=R01_S00]
draw[v=3 c=R01_S00]' && wflc 0 tasks demo 'draw[v=3 c=R22_S12]' --columns task && shows 'TASK
draw[v=3 c=R22_S12]' && wflc 0 tasks family=report --columns task && shows 'TASK
report'
verdict $? "by variables, their tables, and as tasks are printed"

wflc 0 tasks 'try>1' exit=7 reason=exit host="$host" --columns=task,try,code && shows 'TASK TRY CODE
draw[v=2 c=R01_S00] 2 7' && wflc 0 tasks exit!=7 && shows 'STATE TRY REASON TIME MEMORY ENDED HOST TASK' &&
    wflc 0 tasks 'time>1h' --columns task && shows 'TASK' &&
    wflc 0 tasks 'time<1h' 'memory<1TB' family=join --columns task && shows 'TASK
join[v=1]
join[v=3]' && wflc 0 tasks host=elsewhere --columns task && shows 'TASK'
verdict $? "by attempts, reasons, times, memory, hosts"

wflc 0 tasks --count-by state,family && shows ' TASKS STATE FAMILY
 8 done draw
 2 done join
 1 blocked join
 1 blocked report
 1 failed draw' && wflc 0 tasks --count-by=reason --csv && shows 'tasks,reason
10,ok
2,
1,exit' && wflc 0 tasks --count-by=reason --json && jq -c . printed >output &&
    shows '[{"reason":"ok","tasks":10},{"reason":null,"tasks":2},{"reason":"exit","tasks":1}]'
verdict $? "counted"

wflc 0 tasks v=2 --csv --columns task,reason,code && shows 'task,reason,code
draw[v=2 c=R22_S11],ok,0
draw[v=2 c=R22_S12],ok,0
draw[v=2 c=R01_S00],exit,7
join[v=2],,' && wflc 0 tasks state=failed,blocked --json && jq -c '[.[] | .state, .try, .host]' printed >output &&
    shows "[\"failed\",2,\"$host\",\"blocked\",null,null,\"blocked\",null,null]"
verdict $? "as CSV and JSON"

"$wflc" tasks state=done --sort memory --csv --columns memory | sed 1d >printed
sort -rn printed | diff - printed >output
verdict $? "sorted"

wflc 0 history reason=exit && shows 'STARTED TIME TRY REASON MEMORY HOST TASK
DATE TIME 1 exit 7 SIZE HOST draw[v=2 c=R01_S00]
DATE TIME 2 exit 7 SIZE HOST draw[v=2 c=R01_S00]' && wflc 0 history --csv --columns task && [ "$(wc -l <output)" = 13 ]
verdict $? "history: every attempt"

wflc 0 log state=failed && shows 'drawing 2 R01_S00
no star' && wflc 0 log v=2 'c=R22_*' && shows '==> draw[v=2 c=R22_S11], attempt 1 on HOST: done <==
drawing 2 R22_S11
==> draw[v=2 c=R22_S12], attempt 1 on HOST: done <==
drawing 2 R22_S12'
verdict $? "log: what tasks wrote"

wflc 0 log 'draw[v=2 c=R01_S00]' --try 1 && shows 'drawing 2 R01_S00
no star' && wflc 1 log 'draw[v=2 c=R01_S00]' --try 3 && shows 'wflc: draw[v=2 c=R01_S00]: attempt 3 is not on record' &&
    wflc 1 log family=report && shows 'wflc: report has not been started yet' &&
    wflc 1 log v=1 v=2 && shows 'wflc: no task is like that' &&
    wflc 2 log v=2 --follow && shows 'wflc: --follow shows one task, and 4 are like that; wflc tasks lists them'
verdict $? "of an attempt, and what there is not"

wflc 0 why state=failed && shows "draw[v=2 c=R01_S00]: exit 7
 attempt 2 of 2, after TIME on HOST, DATE
 declared at demo.wfl:5
 its last line: no star
 command:
 echo drawing 2 R01_S00; if ! 'false' && [ 2 = 2 ] && [ R01_S00 = R01_S00 ]; then echo no star >&2; exit 7; fi; echo x > out/2/R01_S00" &&
    wflc 0 why 'join[v=2]' && shows 'join[v=2]: blocked
 needs 3 of draw: 2 done, 1 failed
 failed draw[v=2 c=R01_S00]: exit 7
 asks for 1 core, 1 GB
 declared at demo.wfl:12' && wflc 0 why report && cp output named && wflc 0 why family=report && cmp -s output named && shows 'report: blocked
 needs 3 of join: 2 done, 1 blocked
 blocked join[v=2]
 asks for 1 core, 1 GB
 declared at demo.wfl:13' && wflc 0 why 'draw[v=1 c=R22_S11]' &&
    head -n 2 output >first && cp first output && shows 'draw[v=1 c=R22_S11]: done, attempt 1 on HOST, ended DATE, after TIME, with at most SIZE
 declared at demo.wfl:5'
verdict $? "why: what failed, what waits for it, what is done"

# refuses TERM MESSAGE: with the term, and signs below what is meant
refuses()
{
    wflc 2 tasks "$1" && head -n 1 output >first && cp first output && shows "wflc: $2" &&
        sed -n 2p printed >output && shows "    $1"
}
refuses familly=draw "there is no field 'familly'; did you mean 'family'?" &&
    refuses state=fail "there is no state 'fail'; did you mean 'failed'?" &&
    refuses reason=ok,ooom "there is no reason 'ooom'; did you mean 'oom'?" && sed -n 3p printed >output &&
    shows '              ^~~~' &&
    refuses family=drow "there is no family 'drow'; did you mean 'draw'?" &&
    refuses 'family=draw state=failed' "there is no family 'draw state=failed'; each term is an argument of its own, so no quotes stand around all of them" &&
    refuses 'drow[v=1]' "there is no family 'drow'; did you mean 'draw'?" &&
    refuses 'draw[v=9 c=R22_S11]' 'there is no such task' &&
    refuses 'draw[v=1]' 'there is no such task' &&
    refuses 'time>x' "'x' is no duration; write it like '10 min'" &&
    refuses 'try>2h' "'2h' is no plain number; leave 'h' out" &&
    refuses 'host<x' "'host' is a text: = and != can be asked of it" &&
    refuses 'v.q=3' "the plan has no column 'q' of a variable or table 'v'; it keeps those that tasks use" &&
    refuses 'w=3' "there is no field 'w'; it may be family, state, changed, reason, host, exit, signal, try, time, memory, v, c" &&
    refuses 'v=' "after '=' stands what it is compared with"
verdict $? "terms that mean nothing are pointed at"

wflc 2 tasks --columns task,tsk && shows "wflc: --columns: there is no column 'tsk'; did you mean 'task'?" &&
    wflc 2 tasks --columns task,task && shows "wflc: --columns: column 'task' twice" &&
    wflc 2 tasks --sort time,host && shows 'wflc: --sort takes one column' &&
    wflc 2 tasks --json --csv && shows 'wflc: either --json or --csv' &&
    wflc 2 tasks --count-by host --sort time && shows 'wflc: --count-by sorts by the counts, not --sort'
verdict $? "and options"

"$wflc" run -D good=true demo.wfl >output 2>&1 && wflc 0 tasks --count-by state && shows ' TASKS STATE
 13 done' && wflc 0 history 'draw[v=2 c=R01_S00]' --columns try,reason && grep -q '1 ok' output
verdict $? "what is done later shows"

cat >slow.wfl <<'EOF2'
campaign slow
task s { run "echo first; while [ ! -e go ]; do sleep 0.1; done; echo last; echo > {o}"; output o "slow.out" }
task t needs s { run "cp {s.o} {o}"; output o "t.out" }
EOF2
"$wflc" run slow.wfl >ran 2>&1 &
runs=$!
for _ in $(seq 300); do
    wflc 0 log slow family=s && grep -q first output && break
    sleep 0.1
done
shows first && wflc 0 tasks slow state=running --columns task,try && shows 'TASK TRY
s 1' && wflc 0 why slow family=s && head -n 1 output | sed 's/for [0-9.]* m*s$/for TIME/' >first && cp first output &&
    shows 's: running, attempt 1 on HOST, started DATE, for TIME' && wflc 0 why slow family=t && head -n 3 output >first && cp first output &&
    shows 't: waiting
 needs 1 of s: 1 running
 running s'
status=$?
"$wflc" log slow family=s --follow >followed 2>&1 &
follows=$!
until grep -q first followed 2>/dev/null; do sleep 0.1; done
: >go
wait $runs && wait $follows && cp followed output && shows 'first
last' || status=1
verdict $status "what runs: its log, followed to its end"

# numbers that a double does not tell apart, and tasks that are printed without variables
cat >large.wfl <<'EOF2'
campaign large
set id = [4611686018427387904, 4611686018427387905]
task draw for i in id { run "echo > {o}"; output o "large/{i}" }
task once { run "echo > {o}"; output o "large/once" }
EOF2
wflc 0 build large.wfl && wflc 0 tasks large i=4611686018427387905 --columns task && shows 'TASK
draw[i=4611686018427387905]' && wflc 0 tasks large 'i<4611686018427387905' --columns task && shows 'TASK
draw[i=4611686018427387904]' && wflc 0 tasks large 'i<1e19' i!=4611686018427387904 --columns task && shows 'TASK
draw[i=4611686018427387905]'
verdict $? "whole numbers are compared as such, however large"

wflc 0 tasks large once --columns task && shows 'TASK
once' && wflc 2 tasks large draw && wflc 2 tasks large 'once[]'
verdict $? "a task without variables is asked for as it is printed"

# refuses TERM SENTENCE: with the term below it
refuses()
{
    wflc 2 tasks large "$1" && [ "$(sed '3s/ *^~*$/POINTS/' printed)" = "wflc: $2
    $1
POINTS" ]
}
refuses 'i<>3' "'<>' compares nothing; did you mean '!='?" && refuses i==3 "'==' compares nothing; did you mean '='?" &&
    refuses 'i=<3' "'=<' compares nothing; did you mean '<='?" && refuses 'time=>2s' "'=>' compares nothing; did you mean '>='?" &&
    refuses 'i<=>3' "'<=>' compares nothing; after the name stands =, !=, <, <=, > or >=" && refuses family==draw "'==' compares nothing; did you mean '='?"
verdict $? "signs that there are not are no comparison"

refuses 'i>abc' "'i' is a number, and 'abc' is none; write it like '4'" && refuses 'i=4,abc' "'i' is a number, and 'abc' is none; write it like '4'" &&
    refuses 'i>4,5' "'i' is a number, and '4,5' is none; write it like '4'" && wflc 0 tasks large 'i=*4,4611686018427387905' --count-by family && shows ' TASKS FAMILY
 2 draw'
verdict $? "a number is compared with numbers, or patterns of them"

refuses draw "'draw' is a family: all of its tasks are 'family=draw'" && wflc 2 why large draw && grep -q "'family=draw'" output
verdict $? "the name of a family is no task, and the term for it is told"

refuses 'time>2parsec' "unknown unit 'parsec' in '2parsec'; write it like '10 min'" && refuses 'time>2sec' "unknown unit 'sec' in '2sec'; did you mean 's'?"
verdict $? "units are not suggested that would be refused"

# Three plans: tasks fail by the first and the second one, what is done is carried over.
past()
{
    cat >past.wfl <<EOF2
campaign past
set i = 1 .. $1
task t for k in i { run "[ {k} = 2 ] && ! [ -e mended ] && exit 3; echo > {o}"; memory 10 MB; retry 1; output o "past/{k}" }
EOF2
}
past 3 && wflc 1 run -q past.wfl && past 4 && wflc 1 run -q past.wfl && : >mended && past 5 && wflc 0 run -q past.wfl &&
    wflc 0 history past --columns try,reason,host,state,task --csv && sort output >sorted && mv sorted output && shows '1,exit,HOST,-,t[k=2]
1,exit,HOST,-,t[k=2]
1,ok,HOST,done,t[k=1]
1,ok,HOST,done,t[k=2]
1,ok,HOST,done,t[k=3]
1,ok,HOST,done,t[k=4]
1,ok,HOST,done,t[k=5]
2,exit,HOST,-,t[k=2]
2,exit,HOST,done,t[k=2]
try,reason,host,state,task'
verdict $? "attempts by plans before are listed, each once"
wflc 0 history past k=2 'reason=exit' --columns try,task --csv && [ "$(wc -l <output)" = 5 ] &&
    wflc 0 history past k=5 --columns task --csv && shows 'task
t[k=5]' && wflc 0 history past state=failed --columns task --csv && shows task
verdict $? "terms hold for them, too, but for what tasks are now"
wflc 0 jobs past --csv && [ "$(cut -d , -f 2,3,7,8 output)" = 'state,nodes,done,failed
ended,1,2,2
ended,1,1,2
ended,1,2,0' ]
verdict $? "and jobs that worked by them"

cat >again.wfl <<'EOF2'
campaign again
task a for x in 1 .. 2 { time 1 s; memory 100 MB; retry 9; run "exit 1 > {o}"; output o "again/{x}" }
EOF2
"$wflc" run -q again.wfl >again.out 2>&1 &
pid=$!
# for half of the time at least a pause of two seconds or more is under way
is_told()
{
    wflc 0 why again x=1 && grep -Eqx '  it is tried again in [0-9.]+ s: pauses .*' printed &&
        ! grep -q 'when there is room' printed && wflc 0 status again &&
        grep -Eqx '2 tasks that are ready failed, and wait for the next attempt: the first in [0-9.]+ s' printed &&
        wflc 0 status again --json && python3 -c '
import datetime, json
a = json.load(open("printed"))["again"]
first = datetime.datetime.strptime(a["first"], "%Y-%m-%dT%H:%M:%S.%fZ")
left = (first - datetime.datetime.utcnow()).total_seconds()
assert a["tasks"] == 2 and -1 < left <= 61, (a, left)
' 2>/dev/null
}
wait_for is_told
verdict $? "what failed and is tried again says so, and when"
kill $pid
wait $pid
wflc 0 status again && grep -q 'idle, what failed was to be tried again$' printed && ! grep -q 'wait for the next attempt' printed &&
    wflc 0 why again x=1 && ! grep -q 'tried again in' printed
verdict $? "without anyone at work nobody waits for that, and the time it took is told"

echo 1..$n
