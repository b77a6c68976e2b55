#!/bin/sh
# wflc top in a real terminal, that of tmux, while a real run is at work.
. "${top_srcdir:?is set by make check}/tests/shell/verdict_lib.sh"
wflc=${top_builddir:?}/wflc
LOGNAME=$(id -un)
export LOGNAME
if ! command -v tmux >/dev/null || ! command -v jq >/dev/null; then
    echo '1..0 # SKIP there is no tmux, or no jq'
    exit
fi
unset TMUX NO_COLOR
echo 1..37

mux()
{
    tmux -S "$tmp/tmux" -f /dev/null "$@"
}
trap 'leave; mux kill-server 2>/dev/null; touch "$tmp/go" "$tmp/end"; rm -rf "$tmp"' EXIT

mux new-session -d -s stays cat

# leave: what runs there ends before its terminal does. A hangup brings SIGCONT, too, and if leaks are looked for at
# that moment, who waits for that process to stop waits for ever, and it spins.
leave()
{
    mux send-keys -t top C-c 2>/dev/null
    for _ in $(seq 50); do
        [ "$(mux display -p -t top '#{pane_current_command}' 2>/dev/null)" = wflc ] || break
        sleep 0.1
    done
    mux kill-session -t top 2>/dev/null
}

# top WIDTH HEIGHT [NAME=VALUE...] COMMAND: in a new terminal of that size
top()
{
    width=$1 height=$2 with=
    shift 2
    while [ $# -gt 1 ]; do
        with="$with $1"
        shift
    done
    leave
    printf '%s\n' "$1" 'exec cat' >shown
    # shellcheck disable=SC2086 # a list
    mux new-session -d -s top -x "$width" -y "$height" env $with sh "$tmp/shown"
}

# keys KEY...: are pressed; typed TEXT: is typed
keys()
{
    mux send-keys -t top "$@"
}
typed()
{
    mux send-keys -t top -l "$1"
}

# look: the screen is in `output`
look()
{
    mux capture-pane -p -t top >output 2>&1
}

# shows PATTERN: it is on the screen; or will be
is_shown()
{
    look
    grep -q -e "$1" output
}
wait_until()
{
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ $tries -lt "${TOP_TRIES:-1200}" ] || return 1
        sleep 0.05
    done
}
shows()
{
    wait_until is_shown "$1"
}

# hides PATTERN: it is not on the screen; or will not be
is_hidden()
{
    look
    ! grep -q -e "$1" output
}
hides()
{
    wait_until is_hidden "$1"
}

# same: the matrix on the screen is what status says now: a line "NAME COLUMN NUMBER" for all that is not 0
same()
{
    "$wflc" status --json demo 2>/dev/null | jq -r '((.families[]), (.tasks + {name: "TOTAL"})) as $f | $f | to_entries[] |
        select(.key | IN("total", "done", "running", "ready", "waiting", "interrupted", "failed", "blocked")) |
        select(.value > 0) | [$f.name, .key, .value] | join(" ")' | sort >counted
    look
    awk '$1 == "total" && $2 == "done" { columns = split($0, name); next }
        columns { sub(/^[> ] /, ""); for (i = 1; i <= columns; i++) if ($(i + 1) != ".") print $1, name[i], $(i + 1) }
        $1 == "TOTAL" { exit }' output | sort >drawn
    cmp -s counted drawn && [ -s counted ]
}

# counts STATE N: so many tasks are in it
counts()
{
    [ "$("$wflc" status --json demo 2>/dev/null | jq ".tasks.$1")" = "$2" ]
}

cat >demo.wfl <<'EOF2'
campaign demo
set visit = 1 .. 6
set chip = ["R22_S11", "R22_S12", "R01_S00"]
task draw for v in visit, c in chip {
    run "echo drawing {v} {c}; if [ {v}{c} = 2R01_S00 ]; then echo no star; exit 7; fi; if [ {v} -gt 2 ]; then until [ -e go ]; do sleep 0.05; [ ! -e more ] || echo more of {v}; done; fi; echo x > {image}"
    memory 10 MB
    time 2 s
    output image "out/{v}/{c}"
}
task join for v in visit needs draw { run "cat {draw.image:list} > {o}"; output o "out/{v}.txt" }
task report needs join { run "cat {join.o:list} > {o}"; output o "out/all" }
EOF2

: >output
"$wflc" top >output 2>&1 </dev/null
[ $? = 3 ] && grep -q 'no campaign was built' output
verdict $? "of what was not built it says so"

"$wflc" run demo.wfl --cores 4 >ran 2>&1 &
run=$!
wait_until counts running 4 && wait_until counts failed 1 && wait_until counts 'done' 6
verdict $? "a run is at work"

"$wflc" top demo >said 2>output </dev/null
[ $? = 2 ] && grep -q "top needs a terminal: standard input is .*'wflc status --watch'" output && [ ! -s said ]
verdict $? "without a terminal it refuses, and tells what to use"

"$wflc" top demo sate=failed >output 2>&1 </dev/null
[ $? = 2 ] && grep -q "did you mean 'state'" output && grep -q '\^~~~' output
verdict $? "wrong terms of a filter are told before the screen is taken"

top 160 24 "$wflc top demo >said"
shows "standard output is no terminal; 'wflc status --watch'"
verdict $? "one for its keys alone is not enough"
top 160 24 TERM=nonsense "$wflc top demo" && shows "terminal 'nonsense' (TERM) nothing is known" &&
    top 160 24 TERM=dumb "$wflc top demo" && shows "terminal 'dumb' (TERM)" && shows "wflc status --watch"
verdict $? "nor is one of which nothing is known, or that cannot do enough"

top 80 24 "$wflc top demo; echo ended with \$?"
shows '^campaign demo on local  ' && shows '^at work: 1 node$' && wait_until same
verdict $? "the matrix is that of status"
shows ' 4  4 draw ' && shows '^- RUNNING 4, the longest first' && shows '^> .* 1  draw\[v=3 c=R22_S11\] ' &&
    shows '^- ENDED 7, the latest first' && shows 'failed   exit 7 .*draw\[v=2 c=R01_S00\]'
verdict $? "nodes with their tasks, what runs, and what ended, with reasons"

keys / && typed 'sate=failed' && keys Enter && shows "there is no field 'sate'; did you mean 'state'?" && shows '^    \^~~~$'
verdict $? "a filter that is wrong is told with a caret"
keys C-u && typed 'state=ready v=5' && keys BSpace && typed '4,5' && keys Enter &&
    shows '^- NOT RUNNING 5, .*, of state=ready v=4,5 -' && shows '^- RUNNING 0' && shows 'ready    draw\[v=5 c=R01_S00\]' &&
    wait_until same
verdict $? "when it is mended, tasks of any state are listed; the matrix stays"
keys Escape && shows '^- RUNNING 4' && shows '^- ENDED 7'
verdict $? "Escape takes it away"
keys Tab Tab && shows '^> draw ' && keys Down Enter && shows 'NOT RUNNING 6, .*of family=join' && keys Enter && shows '^- ENDED 7' &&
    keys Tab && shows '^> [^ ]* .* 4 draw' && keys Enter && shows 'RUNNING 4, .*of host=' && keys Enter && shows '^- ENDED 7, the latest first -'
verdict $? "Enter filters the tasks of a family, and of a node"

keys Tab Tab s && shows '^- ENDED 7, by task -' && shows '^> done .*draw\[v=1 c=R22_S11\]' && keys R && shows 'by task reversed' &&
    shows '^> done .*join\[v=1\]' && keys S && shows '^- ENDED 7, the latest first'
verdict $? "sorted"

keys / && typed 'v=2' && keys Enter && shows '^- NOT RUNNING 4' && keys Home l && shows '^==> draw\[v=2 c=[RS0-9_]*\], attempt 1 on ' && keys q
keys / C-u && typed 'state=failed' && keys Enter && shows 'NOT RUNNING 1' && keys l &&
    shows '^==> draw\[v=2 c=R01_S00\], attempt 1 on .*: exit 7 <==' && shows '^no star$'
verdict $? "the log of a task that failed"
keys q && shows '^campaign' && keys w && shows '^draw\[v=2 c=R01_S00\]' && shows 'declared at demo.wfl:4' && shows 'command:'
verdict $? "why"
keys q && shows '^campaign' && keys i && shows '^status build/demo/local' && shows '^time of nodes' && keys End && shows 'the next run tries it again'
verdict $? "all of status"
keys q && shows '^campaign' && keys Escape BTab && shows '^> .*draw\[v=3 c=R22_S11\]' && keys Enter && shows '^==> draw\[v=3 c=R22_S11\], attempt 1 .* not ended <==' &&
    shows '^drawing 3 R22_S11' && touch more && shows '^more of 3'
verdict $? "the log of a task that runs goes on"
rm more
keys q && shows '^campaign' && keys '?' && shows '^help of wflc top' && keys End && shows '^q   end$' && keys q && shows '^campaign'
verdict $? "help"

keys p && shows '^Pause demo on local? ' && keys n && shows '^nothing was ordered$' &&
    "$wflc" control --all demo >output && grep -q '^no order is in force$' output
verdict $? "to pause is a question"
keys p && shows '^Pause demo on local? ' && keys y && shows '^paused: nothing more is started' && shows "^paused by $LOGNAME@.* since [0-9:]*: nothing is started\$" &&
    "$wflc" control --all demo >output && grep -q " $LOGNAME@.*  pause\$" output
verdict $? "who paused it, and when, is kept"
keys Down && shows 'd:drain i:status' && wait_until same
verdict $? "the figures stay those of status"
keys p && shows "^Resume demo on local? It was paused by $LOGNAME@" && keys y && shows '^resumed$' && hides '^paused by' &&
    "$wflc" control --all demo >output && grep -q ' resume$' output
verdict $? "resumed"

# narrow WIDTH: no line is wider
narrow()
{
    look
    awk -v w="$1" 'length > w { bad = 1 } END { exit bad }' output
}
keys Down && shows 'd:drain i:status'
mux resize-window -t top -x 60 -y 15
shows '^  TOTAL  .* 25  ' && shows '^- RUNNING 4' && shows '^- ENDED 7' && [ "$(wc -l <output)" -le 15 ] && narrow 60
verdict $? "in a smaller terminal there is some of everything"
mux resize-window -t top -x 30 -y 5
shows '^too small: 30 x 5; needed: 40' && hides RUNNING
verdict $? "one that is too small is told"
mux resize-window -t top -x 40 -y 8
shows '^- RUNNING 4' && shows '^campaign demo' && narrow 40 && keys Tab Tab && shows '^  TOTAL'
verdict $? "the smallest one"
mux resize-window -t top -x 80 -y 24
shows '^- RUNNING 4' && shows '^- ENDED 7' && shows '^  report ' && wait_until same
verdict $? "and back"

keys q && shows '^ended with 0$'
verdict $? "q ends it"

# colours: as they are sent
colours()
{
    mux capture-pane -p -e -t top | grep -q "$(printf '\033')\\[[0-9;]*3[0-7]"
}
top 80 24 TERM=screen-256color "$wflc top demo state=failed" && shows '^- NOT RUNNING 1, .*of state=failed' && wait_until colours
verdict $? "with colours; terms are the first filter"
top 80 24 TERM=screen-256color NO_COLOR=1 "$wflc top demo" && shows '^- ENDED 7' && ! colours && keys q &&
    top 80 24 TERM=vt100 "$wflc top demo" && shows '^- ENDED 7' && wait_until same && ! colours && keys Down && shows 'd:drain i:status'
verdict $? "without, by NO_COLOR, or on a terminal that has none"

# To look writes nothing.
cp -r build copied
find copied -type f -exec cksum {} + | sort >before
find copied -printf '%p %T@\n' | sort >>before
top 80 24 "$wflc top -o copied demo; echo ended with \$?" && shows '^- ENDED 7' && keys r Down && wait_until same && keys q && shows '^ended with 0$' && {
    find copied -type f -exec cksum {} + | sort
    find copied -printf '%p %T@\n' | sort
} >after && diff before after >output
verdict $? "to look writes nothing"

top 80 24 "sh -c 'echo \$\$ >pid; exec $wflc top demo'; echo ended with \$?" && shows '^- RUNNING 4' && keys d && shows '^Drain host .* its 4 tasks have ended' && keys y &&
    shows ' starts nothing more, and ends with what runs: drained by ' && "$wflc" control --all demo >output && grep -q "$LOGNAME@.*  drain-host " output
verdict $? "the node of a task is drained"
: >go
wait $run
shows '^no job is at work$' && shows '^  none is at work' && shows '^- RUNNING 0' && wait_until same
verdict $? "which ends with what ran, and the screen tells it"
"$wflc" run demo.wfl >ran 2>&1
shows '^- ENDED 23' && shows 'nothing more can run' && wait_until same
verdict $? "the next run goes on, and the screen with it"
kill -TERM "$(cat pid)" && shows '^ended with 0$'
verdict $? "a signal ends it, and the terminal is as before"

cat >two.wfl <<'EOF2'
campaign two
set i = 1 .. 3
task t for i in i { run "echo > {o}"; output o "{i}" }
site here  profile "workstation"
site there profile "workstation"
EOF2
"$wflc" build -q two.wfl >output 2>&1
top 80 24 "$wflc top two" && shows '^campaign two on here (site 1 of 2, n: the next)' && keys n && shows '^campaign two on there (site 2 of 2'
verdict $? "of several sites one after the other"
rm build/two/here/campaign.wflp
keys n && shows "^build/two/here/campaign.wflp: No such file" && shows '^campaign two on there (site 2 of 2'
verdict $? "if one cannot be read the other stays"

mkdir -p sites
cat >sites/far.yaml <<'EOF2'
schema: 1
name: far
scheduler: {kind: slurm}
nodes: {cores: 2, memory_gib: 8}
queues:
  - {name: main, max_walltime: "02:00:00"}
EOF2
cat >far.wfl <<'EOF2'
campaign away
task a for i in 1 .. 3 { run "echo > {o}"; output o "w/{i}"; time 1 min }
site far profile "far" {}
EOF2
WFL_PATH=$tmp "$wflc" build -q far.wfl >output 2>&1 && cp -r build/away/far moved && top 80 24 "$wflc top moved" && shows '^campaign away on far  ' && keys p &&
    shows '^Pause away on far? ' && keys y && shows 'is a copy, to which nobody at work looks' && [ ! -e moved/state/control ]
verdict $? "a copy takes no orders"
