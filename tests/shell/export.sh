#!/bin/sh
# wflc export: the record as a database and as lines of JSON, against what status and tasks tell.
. "${top_srcdir:?is set by make check}/tests/shell/verdict_lib.sh"
wflc=${top_builddir:?}/wflc

cat >demo.wfl <<'EOF2'
campaign demo
param good = false
set visit = 1 .. 3
set chip = ["R22_S11", "R'01"]
task draw for v in visit, c in chip {
    run "if ! {good} && [ {v} = 2 ] && [ {c} = R22_S11 ]; then exit 7; fi; echo x > {image}"
    retry 1
    output image "out/{v}/{c}"
    output note "out/{v}/{c}.txt" check optional
}
task join for v in visit needs draw { run "cat {draw.image:list} > {o}"; output o "out/{v}.txt" }
EOF2
"$wflc" run demo.wfl >output 2>&1
"$wflc" export --to demo.db >>output 2>&1
verdict $? "an export"

# asks SQL ROWS: these come
asks()
{
    sqlite3 demo.db "$1" >rows 2>&1
    printf '%s\n' "$2" | diff - rows >output
}

asks 'SELECT * FROM states' 'draw|done|5
draw|failed|1
join|blocked|1
join|done|2' && asks 'SELECT label, attempt, reason, code FROM failures' "draw[v=2 c=R22_S11]|2|exit|7" &&
    asks 'SELECT family, attempts, good FROM families' 'draw|7|5
join|2|2' && asks 'SELECT attempts, good FROM hosts' '9|7' && asks 'SELECT sum(attempts), sum(good) FROM hours' '9|7' &&
    asks 'SELECT name, site, version FROM campaign' 'demo|local|1' && asks 'SELECT name, line, tasks FROM family' 'draw|5|6
join|11|3'
verdict $? "tables and views"

asks "SELECT json_extract(variables, '\$.v'), json_extract(variables, '\$.c') FROM task WHERE task IN (1, 7)" "1|R'01
2|" && asks "SELECT path, kind, bytes FROM output JOIN task USING(task) WHERE label LIKE 'draw[v=1%'" "out/1/R22_S11|file|2
out/1/R22_S11.txt|absent|0
out/1/R'01|file|2
out/1/R'01.txt|absent|0" && asks 'SELECT count(*) FROM attempt WHERE ended < started OR wall_s < 0' 0
verdict $? "variables, outputs, times"

"$wflc" tasks --csv --columns task,state,try | sed 1d | tr -d '"' >listed
sqlite3 -csv demo.db 'SELECT label, state, attempts FROM task' | tr -d '"' | sed 's/,0$/,/' | diff listed - >output
verdict $? "each task is as wflc tasks tells it"

"$wflc" export --to demo.db >output 2>&1 && grep -q '^demo.db: 0 attempts added$' output
verdict $? "with nothing new nothing is added"

cat >two.wfl <<'EOF2'
campaign two
task t for i in 1 .. 4 { run "[ -e go ] || [ {i} -lt 3 ] || exit 1; echo > {o}"; output o "t{i}" }
EOF2
"$wflc" run two.wfl >output 2>&1
"$wflc" export two --to two.db >>output 2>&1 && : >go && "$wflc" run two.wfl >>output 2>&1 && "$wflc" export two --to two.db >>output 2>&1 &&
    grep -q '^two.db: 2 attempts added$' output && "$wflc" export two --to whole.db >>output 2>&1 &&
    [ "$(sqlite3 two.db 'SELECT count(*) FROM attempt')" = 6 ]
status=$?
for what in task 'attempt ORDER BY task, attempt, ended' output journal; do
    sqlite3 two.db "SELECT * FROM $what" >rows
    sqlite3 whole.db "SELECT * FROM $what" | diff rows - >>output || status=1
done
verdict $status "what is added later is what a whole export has"

! "$wflc" export two --to demo.db >output 2>&1 && grep -q 'is there, and is no export of this plan' output &&
    sqlite3 demo.db 'SELECT name FROM campaign' >rows && grep -qx demo rows && echo text >text && cp text kept &&
    ! "$wflc" export two --to text >output 2>&1 && cmp -s text kept && [ ! -e text.partial ]
verdict $? "another file is left alone"

mkdir no && ! "$wflc" export two --to no/dir/x.db >output 2>&1 && grep -q 'no/dir/x.db' output && ! "$wflc" export two >output 2>&1 &&
    grep -q 'export --to FILE, --crate DIR, --json or --csv: one of them' output
verdict $? "what cannot be written is told"

"$wflc" export two --json >lines && jq -r '[.label, .reason, .attempt, .final, .variables.i] | @csv' lines | sort >rows &&
    sqlite3 -csv two.db "SELECT label, reason, attempt, final, json_extract(variables, '\$.i') FROM attempt JOIN task USING(task)" |
    tr -d '"' | sed 's/,1,\([0-9]\)$/,true,\1/; s/,0,\([0-9]\)$/,false,\1/' | sort >wanted && tr -d '"' <rows | diff wanted - >output
verdict $? "lines of JSON tell the same"

# A task that is to be made again, and one that is cancelled: no attempts, and wflc is no host.
rm -f go t4
"$wflc" redo two i=3 --yes >output 2>&1 && "$wflc" run two.wfl -n >>output 2>&1
"$wflc" redo two i=4 --yes >>output 2>&1 && "$wflc" control cancel two i=4 >>output 2>&1 && "$wflc" export two --to two.db >>output 2>&1 &&
    "$wflc" export two --to again.db >>output 2>&1 && [ "$(sqlite3 two.db 'SELECT count(*) FROM attempt WHERE attempt = 0')" = 3 ] &&
    [ "$(sqlite3 two.db 'SELECT count(*), attempts, good FROM hosts')" = '1|6|4' ] &&
    [ "$(sqlite3 two.db 'SELECT attempts, good FROM families')" = '6|4' ] &&
    [ "$(sqlite3 two.db 'SELECT count(*) FROM failures')" = 2 ] && [ "$(sqlite3 two.db 'SELECT sum(attempts) FROM hours')" = 6 ] &&
    for what in attempts hosts families failures hours; do
        sqlite3 two.db "SELECT * FROM $what" >rows && sqlite3 again.db "SELECT * FROM $what" | diff rows - >>output || exit
    done
verdict $? "what is no attempt is not counted as one"
"$wflc" why two i=4 >output && grep -q '^      before it was started, 20' output && "$wflc" history two i=4 --csv --columns reason,try,host >output &&
    grep -qx 'redo,,' output && grep -qx 'cancelled,,' output
verdict $? "and nothing says that it was on wflc"

# An export from before there was the view of attempts.
sqlite3 again.db 'DROP VIEW hosts; DROP VIEW attempts; DROP VIEW twice; CREATE VIEW hosts AS SELECT host FROM attempt' &&
    "$wflc" export two --to again.db >output 2>&1 && [ "$(sqlite3 again.db 'SELECT attempts FROM hosts')" = 6 ]
verdict $? "an older export gets the views of now"

# node RANK: of a job of two, of which the second one is bad
node()
{
    R=$1 S=2 "${top_builddir:?}/wfl-shim" node bad --nodes 2 --rank-var R --size-var S --node "nid$1" --job 7 --quiet
}
"$top_builddir/tests/shell/mkplan" bad/campaign.wflp <<'EOF2'
node 2 1e9
shards 8
family f 60
memory 1e6
sh if [ $R = 1 ]; then exit 3; fi; sleep 0.2; echo {i} >{o0}
output x bad-{i}.x
EOF2
node 0 >output 2>&1 &
first=$!
tries=0
until [ -s bad-0.x ] || [ $tries = 600 ]; do
    tries=$((tries + 1))
    sleep 0.1
done
node 1 >>output 2>&1
wait $first && "$wflc" export bad --to bad.db >>output 2>&1 && [ "$(sqlite3 bad.db "SELECT count(*) > 3 FROM attempt WHERE reason = 'node'")" = 1 ] &&
    [ "$(sqlite3 bad.db 'SELECT count(*) FROM failures')" = 0 ] && [ "$(sqlite3 bad.db 'SELECT good FROM families')" = 60 ] &&
    [ "$(sqlite3 bad.db 'SELECT attempts, good FROM hosts ORDER BY host')" = "60|60
$(sqlite3 bad.db "SELECT count(*) FROM attempt WHERE reason = 'exit'")|0" ] &&
    [ "$(sqlite3 bad.db 'SELECT count(*) FROM attempts WHERE taken_back')" = "$(sqlite3 bad.db "SELECT count(*) FROM attempt WHERE reason = 'exit'")" ]
verdict $? "a failure that its node takes back is one attempt, and no failure for good"
"$wflc" history bad --csv --columns host,reason,code,time >output && [ "$(grep -c '^nid1,' output)" = "$(grep -c '^nid1,node,3,0[.]' output)" ] && ! grep -q ',0.000$' output &&
    [ "$(sed 1d output | wc -l)" = "$(sqlite3 bad.db 'SELECT count(*) FROM attempts')" ]
verdict $? "one line of the history, too"
echo 1..$n
