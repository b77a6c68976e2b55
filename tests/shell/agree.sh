#!/bin/sh
# What check and plan say of jobs and tasks is what jobs and shims do.
. "${top_srcdir:?is set by make check}/tests/shell/verdict_lib.sh"
wflc=$(cd "${top_builddir:?}" && pwd)/wflc
unset WFL_PATH WFL_STDLIB XDG_CONFIG_HOME
HOME=${tmp:?}
export HOME

# gives CODE WHAT ARGUMENT...: wflc; what it prints is kept.
gives()
{
    code=$1 what=$2
    shift 2
    "$wflc" "$@" >output 2>&1 </dev/null
    got=$?
    [ $got = "$code" ] || echo "exit $got" >>output
    [ $got = "$code" ]
    verdict $? "$what"
}

# has WHAT PATTERN
has()
{
    grep -qe "$2" output
    verdict $? "$1"
}

# --- what is kept back of a job's time ---

# profile START FINISH WALLTIME: of the site `brief`.
profile()
{
    mkdir -p sites
    cat >sites/brief.yaml <<END
schema: 1
name: brief
scheduler: {kind: slurm}
nodes: {count: 4, cores: 4, memory_gib: 8}
launch: {start_seconds: $1}
time: {finish_by_s: $2}
queues:
  - {name: short, max_walltime: "$3"}
END
}

# campaign TIME
campaign()
{
    cat >c.wfl <<END
campaign c
task a { $1;  run "echo a > {o}";  output o "a.txt" }
site s profile "brief" { nodes 1 }
END
}

# starts MESSAGE: a node of the job that was built, 5 s after the job began. Did its task run?
starts()
{
    rm -rf a.txt build
    gives 0 "and built" build -q c.wfl
    R=0 S=1 build/c/s/wfl-shim node build/c/s --rank-var R --size-var S --nodes 1 --time 115 \
        --finish-by 5 --stop-starting 600 --job 1 >>output 2>&1
    [ -e a.txt ]
}

profile 5 5 00:02:00
campaign 'time 110 s'
gives 1 'a task as long as a job less what is kept back but the time to stop is refused' check c.wfl
has 'with all numbers' 'at most 2 min, less 5 s to start, 5 s to end and 11 s to stop what runs = 1 min 39 s'
gives 1 'by build, too' build c.wfl
campaign 'time 98 s'
gives 0 'one that is short enough is admitted' check c.wfl
starts
verdict $? 'and started'
# the shim's own word, when the job's start took longer than the profile says
campaign 'time 99 s'
! starts
verdict $? 'a node that comes too late does not start it'
has 'and says why' 'too short.*: the shortest is expected to take 99.0 s, and 9[5-8]\.[0-9] s are left for tasks, of 9[89]\.[0-9] s'
campaign 'time 98 s * 1.0'
cat >>c.wfl <<'END'
set n = 1 .. 2
task b for i in n { time 49 s * i;  run "echo {i} > {o}";  output o "b{i}.txt" }
END
starts && [ -e b2.txt ]
verdict $? 'a time that differs from task to task is not made longer than the job'

profile 60 120 00:02:00
campaign 'memory 1 GB'
gives 1 'jobs that have no time for any task are refused' check c.wfl
has 'whatever tasks say' "jobs of 's' have no time for any task"
has 'with all numbers, too' 'at most 2 min, less 1 min to start and 2 min to end = nothing'
has 'and what to do' 'launch.start_seconds, time.finish_by_s'
cp c.wfl d.wfl
sed -i 's/nodes 1/walltime 1 min/' d.wfl
profile 60 20 01:00:00
gives 1 'so is a walltime that leaves none' check d.wfl
has "at its place" "^d.wfl:3:[0-9]*: error"
has 'with a longer one as the remedy' 'let jobs have a longer walltime'
profile 60 20 00:02:00
gives 0 'where a little is left, a task without a time is admitted' check c.wfl
starts
verdict $? 'and started'

# --- lists of paths ---

# 60 000 tasks that are done, half of which wrote their output; the first campaign is only a record of that
record=$(cd "$top_builddir" && pwd)/tests/shell/record
rm -rf build
cat >draw.part <<'END'
campaign lists
set n = 1 .. 60000
task draw for i in n {
    memory 1 MB
    run    "true"
    output o "out/a/long/name/of/a/folder/so/that/the/list/is/long/enough/{i:06}.txt" check optional
}
END
cp draw.part l.wfl
cat draw.part - >m.wfl <<'END'
task lines needs draw { run "wc -l < {draw.o:file} > {r}; tail -n 1 {draw.o:file} >> {r}";  output r "lines.txt" }
task same needs draw { run "printf '%s\n' {draw.o:list} | cmp - {draw.o:file}; stat -c %s {draw.o:file} > {r}";  output r "same.txt" }
task word needs draw { run ["cp", "--", "{draw.o:file}", "{r}"];  output r "word.txt" }
task many needs draw { run ["cp", "{draw.o:list}", "{r}"];  output r "many.txt" }
task moved needs draw { run "cd /; head -n 1 {draw.o:file} > {r}";  output r "moved.txt" }
END
mkdir -p out/a/long/name/of/a/folder/so/that/the/list/is/long/enough
seq -f 'out/a/long/name/of/a/folder/so/that/the/list/is/long/enough/%06.0f.txt' 1 2 59999 >want
awk '{ print > $0; close($0) }' want
gives 0 'a campaign of 60 000 tasks' build -q l.wfl
"$record" -d build/lists/local
gives 1 'more tasks, that use their outputs' run m.wfl
has 'are warned of what no program can be given' 'many: 60 000 paths of .draw. are more'
[ "$(cat lines.txt)" = "30000
$(tail -n 1 want)" ]
verdict $? 'a file of paths has those of all outputs that were written'
cmp -s word.txt want && [ "$(cat same.txt)" = "$(stat -c %s want)" ]
verdict $? 'as the list has, in the order of tasks'
[ "$(cat moved.txt)" = "$PWD/$(head -n 1 want)" ]
verdict $? 'from the root on, if the command goes elsewhere'
"$record" -l build/lists/local >output
has 'and a task says why' 'cp: cannot be started: Argument list too long; {task.output:file} names'
! find build | grep -q 'list[0-9]'
verdict $? 'the files are gone when their tasks have ended'

cat >k.wfl <<'END'
campaign killed
set n = 1 .. 3
task draw for i in n { run "[ {i} = 2 ] || echo {i} > {o}";  output o "k/{i}" check optional }
task wait needs draw { run "cat {draw.o:file} {draw.o:list} > {r}; [ -e go ] || {{ echo > there; sleep 60; }}";  output r "k.txt" }
END
"$wflc" run k.wfl >output 2>&1 &
tries=0
until [ -e there ] || [ $tries -gt 1000 ]; do
    tries=$((tries + 1))
    sleep 0.02
done
find build/killed | grep -q 'list0'
verdict $? 'while a task runs, its file is there'
for process in /proc/[0-9]*; do
    [ "$(readlink "$process/cwd")" = "$PWD" ] && grep -q wfl-shim "$process/comm" &&
        kill -9 "${process#/proc/}"
done 2>/dev/null
wait
touch go
gives 0 'after a crash' run k.wfl
printf 'k/1\nk/3\n1\n3\n' | cmp -s - k.txt && ! find build/killed | grep -q 'list[0-9]'
verdict $? 'it is swept, and made again; what was not written is in no list'

# --- what is asked for, and what is used ---

rm -rf build
cat >w.wfl <<'END'
campaign work
param size = 8 GB
set n = 1 .. 40000
task a for i in n { time 15 min;  memory size;  run "a {i} > {o}";  output o "{i}.a" }
site th    profile "theta"       { account "x";  walltime 12 h }
site large profile "theta"       { account "x";  nodes 2048;  param size = 4 GB }
site free  profile "theta"       { account "x" }
site here  profile "workstation"
END
gives 0 'a walltime that asks for large jobs' plan -W no-all --site th w.wfl
has 'is told with its cost' '^cost  *7680 node-hours are asked for, 476 of them used by tasks$'
tr -s '\n ' ' ' <output >line && mv line output
has 'what helps' 'better with walltime 2 h .. 3 h it would cost 93 % less: 519 node-hours for 1 job x 212 nodes x 2 h 27 min'
sed 's/walltime 12 h/walltime 2 h .. 3 h/' w.wfl >better.wfl
gives 0 'which is done' plan -W no-all --site th better.wfl
has 'and so it is' '^jobs  *1 job x 212 nodes x 2 h 27 min'
has 'with its cost' '^cost  *519 node-hours'
gives 0 'so are nodes' plan -W no-all --site large w.wfl
tr -s '\n ' ' ' <output >line && mv line output
has 'what helps' 'better with any number of nodes it would cost [0-9]* % less: [0-9]* node-hours for 1 job x'
gives 0 'what fits is not remarked on' plan -W no-all --site free w.wfl
has 'but told' '^cost  *610 node-hours are asked for, 476 of them used by tasks$'
gives 0 'side by side' plan -W no-all --compare th,free w.wfl
has 'both are there: used' '^node-hours used  *476  *476$'
has 'and asked for' '^node-hours asked  *7680  *610$'
gives 0 'for programs' plan -W no-all --json --site th w.wfl
has 'too' '"node_hours_asked": 7680.000, "node_hours_used": 476.190,'
gives 0 'for this machine' plan -W no-all w.wfl
! grep -q '^cost' output
verdict $? 'nothing is asked for'

# size SITE: of the plan file, as it is told and as it is written
size()
{
    "$wflc" plan -W no-all --json ${1:+--site "$1"} "$2" >output 2>&1
    grep -q "\"plan_bytes\": $(stat -c %s "build/work/${1:-local}/campaign.wflp")," output
}
"$wflc" build -q -W no-all w.wfl >output 2>&1
size th w.wfl && size large w.wfl && size here w.wfl
verdict $? 'the size of the plan that is told is what is written, for each site'
grep -v ^site w.wfl >v.wfl
"$wflc" build -q v.wfl >output 2>&1
size '' v.wfl
verdict $? 'and for this machine'

cat >v.wfl <<'END'
campaign some
set n = 1 .. 10
set m = 1 .. 23
task a for i in n { time 1 h;  run "a {i} > {o}";  output o "{i}.a" }
task b for i in m { run "b {i} > {o}";  output o "{i}.b" }
site s profile "perlmutter-cpu" { account "x" }
END
gives 0 'tasks without a time' plan --site s v.wfl
has 'add nothing to the work' '^work  *10 task-hours = 0.08 node-hours'
has 'nor to what nodes do' '  *use 7\.[0-9] % of the nodes'
tr -s '\n ' ' ' <output >line && mv line output
has 'which is said' '23 tasks without an expected time are not counted'

# --- each task, each site, and this machine ---

cat >h.wfl <<'END'
campaign here
set n = 1 .. 4
task a for i in n { memory { container 2 GB; task 98 GB };  run "a {i} > {o}";  output o "{i}.a" }
task b for i in n { memory 20 GB * i;  cores 3 * i;  run "b {i} > {o}";  output o "{i}.b" }
END
gives 0 'a campaign of this machine' check --memory '70 GB' --cores 10 h.wfl
has 'is warned of what is too large for it' "^h.wfl:3:[0-9]*: warning: task 'a' needs 100 GB of memory, and this machine has 70 GB"
has 'with the sum' 'note: container 2 GB + task 98 GB = 100 GB'
has 'each family' '^h.wfl:4:[0-9]*: warning: b\[i=4\] needs 80 GB of memory'
has 'in all that it asks for' '^h.wfl:4:[0-9]*: warning: b\[i=4\] needs 12 cores, and this machine has 10 '
gives 0 'plan' plan --memory '70 GB' h.wfl
has 'says so, too' "warning: task 'a' needs 100 GB"
has 'and that none fits on a node' '^  a  *4  *100%  *none  memory'
gives 1 'run' run --memory '70 GB' --cores 10 h.wfl
has 'refuses it, at its place' "^h.wfl:3:[0-9]*: error: task 'a' needs 100 GB"
echo 'site s profile "frontier" { account "x" }' >>h.wfl
gives 0 'a campaign of a site' check --memory '70 GB' h.wfl
! grep -q 'this machine' output
verdict $? 'need not fit here'
gives 0 'unless it is planned for this machine' plan --memory '70 GB' h.wfl
has 'which is told' 'this machine has 70 GB'
echo 'site here profile "workstation"' >>h.wfl
gives 0 'or has a site that is whatever machine' check --memory '70 GB' h.wfl
has 'as this one' 'this machine has 70 GB'

cat >o.wfl <<'END'
campaign others
param size = 200 GB
set n = 1 .. 4
task a for i in n { time 2 h;  memory size;  run "a {i} > {o}";  output o "{i}.a" }
site small   profile "cori-knl"       { account "x" }
site large   profile "perlmutter-cpu" { account "x" }
site nowhere profile "no-such"        { queue 7;  param what = 3 }
END
gives 1 'check tells all' check -W no-all o.wfl
[ "$(grep -c ': error:' output)" = 4 ]
verdict $? 'that is wrong with any site'
gives 0 'what is wrong with others is no matter' check -E all --site large o.wfl
gives 0 'to build' build -q --site large o.wfl
gives 0 'to plan' plan --site large o.wfl
gives 1 'and side by side' plan -W no-all --compare nowhere,large,small o.wfl
has 'the one that is good is there' '^node-hours asked  *[0-9.]*$'
gives 1 'its own mistakes are told' plan --site nowhere o.wfl
gives 1 'its own tasks that do not fit' build --site small o.wfl

# --- jobs and the time that all takes ---

cat >r.wfl <<'END'
campaign rounds
set n = 1 .. 4
task a for i in n { time 1 h;  run "a {i} > {o}";  output o "{i}.a" }
task b for i in n needs a { time 1 h;  run "b {i} {a.o} > {o}";  output o "{i}.b" }
task c needs b { time 1 h;  run "c {b.o:list} > {o}";  output o "c" }
site free  profile "perlmutter-cpu" { account "x" }
site short profile "perlmutter-cpu" { account "x";  walltime 90 min }
END
gives 0 'tasks that need each other' plan --site free r.wfl
has 'have one job' '^jobs  *1 job x 1 node x 3 h 3[0-9] min'
has 'in which all is done' '^expected  *all done 3 h 1 min'
! grep -q 'rounds of jobs' output
verdict $? 'at once'
gives 0 'too short a walltime' plan --site short r.wfl
tr -s '\n ' ' ' <output >line && mv line output
has 'is told with what follows' 'in 3 rounds of jobs: the last tasks of all take longer than the job above, so .wflc submit --watch. sends more'

echo "1..$n"
