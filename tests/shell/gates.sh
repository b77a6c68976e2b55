#!/bin/sh
# Gates: what is held back until people release it, on this machine, by nodes of jobs, by submit.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
. "$top_srcdir/tests/shell/node_lib.sh"
. "$top_srcdir/tests/shell/live_lib.sh"
LOGNAME=$(id -un)
export LOGNAME
echo 1..25

# wfl ARGUMENT...: what it says is in `built`
wfl() {
    "$wflc" "$@" >built 2>&1
}

# made N: so many of t are done, and no other one was begun
made() {
    has "$1" && [ "$(wc -l <ran.txt)" -eq "$1" ]
}

has() {
    [ "$(find out -name 't*' | wc -l)" -eq "$1" ]
}

# On this machine.
cd "$work" || exit 99
mkdir -p out
cat >camp.wfl <<'END_CAMPAIGN'
campaign camp
set n = 1 .. 12
task t for i in n {
    run    "echo {i} >>ran.txt; echo {i} >{o}"
    output o "out/t{i}"
}
task sum for i in n needs t {
    run    "cat {t.o:list} >{all}"
    output all "out/sum{i}"
}
task all needs t {
    run    "cat {t.o:list} >{all}"
    output all "out/all"
}
gate "look at five" after 5 of t
END_CAMPAIGN
wfl run camp.wfl
[ $? -eq 4 ] && made 5 && [ "$(sort -n ran.txt | tr '\n' ' ')" = '1 2 3 4 5 ' ] && [ "$(find out -name 'sum*' | wc -l)" -eq 5 ] && [ ! -e out/all ]
result $? "run: the first ones, and what needs them"
tells "gate 'look at five' holds back 7 tasks of t: 'wflc control release' has them started"
result $? "it is told why no more"
wfl status camp.wfl && tells '^gate: look at five: 5 of the first 5 of t are done; the other 7 wait for you$' &&
    tells "\(they start after: wflc control release 'look at five' build/camp/local\)" &&
    tells '^t +12 +5 .* 7$' && tells '^all +1 .* 1$' && tells '^nothing more is started before a gate is released$'
result $? "status tells it, and the command"
wfl status --json camp.wfl && tells '{"gate": "look at five", "family": "t", "after": 5, "done": 5, "released_by": ""}'
result $? "for programs, too"
wfl why camp.wfl 't[i=9]' && tells '^  held back by a gate after 5 of t: look at five$' && tells "^  it starts after: wflc control release 'look at five' build/camp/local$"
result $? "why"
wfl why camp.wfl all && tells '^all: gated$' && tells '^  needs 12 of t: 5 done, 7 gated'
result $? "why of what needs them"
wfl tasks --count-by family camp.wfl state=gated && tells '^ +7  t$' && tells '^ +7  sum$' && tells '^ +1  all$'
result $? "they are asked for by their state"
WFL_STDLIB=$top_srcdir/stdlib wfl submit --dry-run camp.wfl
[ $? -eq 4 ] && tells '15 tasks are held back by a gate, and nothing else is left'
result $? "no job is submitted for them"
! wfl control release 'look at' camp.wfl && tells "the campaign has no gate 'look at'; its gate is 'look at five'"
result $? "a gate that is none"
! wfl control release && tells 'which gate\? wflc control release GATE'
result $? "and no gate"
eval "$(sed -n "s/^ *(they start after: wflc \(.*\))$/wfl \1/p" <<END_STATUS
$("$wflc" status camp.wfl)
END_STATUS
)"
tells '^released: 7 more tasks of t may start$'
result $? "the command that status tells releases it"
wfl control release 'look at five' camp.wfl && tells "^it is released already, by $(id -un)@"
result $? "which is done once"
wfl control camp.wfl && tells "^gate 'look at five' released by $(id -un)@.* at " && wfl control --all camp.wfl && tells "  release look at five$"
result $? "who did it is kept"
wfl run camp.wfl && made 12 && [ -e out/all ] && ! tells 'gate'
result $? "the others are run"
sed -i 's/1 .. 12/1 .. 14/' camp.wfl
wfl run camp.wfl && made 14
result $? "another build keeps it released"
sed -i 's/1 .. 14/1 .. 16/; s/look at five/look once more/; s/after 5/after 15/' camp.wfl
! wfl run camp.wfl && made 15
result $? "a gate of another name is another one"

# Nodes of jobs: shards with nothing else are not taken, and a node that can do no more ends.
campaign -q <<'END_CAMPAIGN'
campaign camp
set n = 1 .. 24
task t for i in n {
    memory 1 MB
    time   1 min
    run    "echo {i} >>ran.txt; [ {i} != 1 ] || until [ -e go ]; do sleep 0.02; done; echo >{o}"
    output o "out/t{i}"
}
task sum needs t {
    run    "cat {t.o:list} >{all}"
    output all "out/all"
}
site s profile "small" { nodes 1; walltime 2 h }
gate "look" after 5 of t
END_CAMPAIGN
: >go
node 0 2 --cores 2 --idle 1
node 1 2 --cores 2 --idle 1
all_end 4 4 && made 5 && said "gate 'look' holds back 19 tasks of t"
result $? "two nodes end when nothing but held tasks is left"
R=0 S=1 "$shim" node c --nodes 1 --rank-var R --size-var S --job 8 --idle 1 2>err
said "5 done, 0 failed, 0 blocked, 1 left here; 0 with other nodes"
result $? "what is held is not said to be with others"
wfl status c && tells '^t +24 .* 19$' && tells '^gate: look: 5 of the first 5'
result $? "status tells it of a job"
wfl control release look c
pids=
node 0 2 --cores 2
node 1 2 --cores 2
all_end 0 0 && made 24 && all_done
result $? "when it is released the next job does the rest"

# Released while a node works.
cp camp.wfl camp.tmp
campaign -q <camp.tmp
rm -f go
node 0 1 --cores 2 --idle 30
wait_for has 4 && [ "$(wc -l <ran.txt)" -eq 5 ]
result $? "a node works on the first ones"
wfl control release look c && wait_for lines 24 ran.txt && said "gate 'look' released by $(id -un)@"
result $? "it takes the others at once when they are released"
: >go
all_end 0 && made 24 && all_done
result $? "and all is done"

# A gate that is new holds for nodes at work from the build on.
sed '/^gate/d' camp.wfl >open.wfl
sed 's/\[ {i} != 1 \] ||//' open.wfl >camp.tmp
campaign -q <camp.tmp
rm -f go
node 0 1 --cores 2 --idle 1
wait_for lines 2 ran.txt
echo 'gate "look" after 7 of t' >>camp.wfl
build 0 && : >go
all_end 4
made 7 && wfl status c && tells '^gate: look: 7 of the first 7'
result $? "a gate that a build brings holds for nodes at work"
pids=
sed -i 's/after 7/after 9/' camp.wfl
build 0 && ! "$wflc" status --exit-code c >status.txt 2>&1 && node 0 1 --cores 2 --idle 1 && all_end 4 && made 9
result $? "and one that is changed is as it is now"
