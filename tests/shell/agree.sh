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
has 'and says why' 'too short.*: the shortest is expected to take 99.0 s, and the job had 9[89]\.[0-9] s'
campaign 'time 98.9 s * 1.0'
cat >>c.wfl <<'END'
set n = 1 .. 2
task b for i in n { time 49.2 s * i;  run "echo {i} > {o}";  output o "b{i}.txt" }
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

echo "1..$n"
