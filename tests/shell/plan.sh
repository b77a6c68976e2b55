#!/bin/sh
# wflc plan: what it says about a campaign on a site, for people and for programs. What it prints as
# a whole is in tests/golden/outlook.
set -u

. "${top_srcdir:?is set by make check}/tests/shell/verdict_lib.sh"
wflc=$(cd "${top_builddir:?}" && pwd)/wflc
unset WFL_PATH WFL_STDLIB XDG_CONFIG_HOME
HOME=${tmp:?}
export HOME

# gives CODE WHAT ARGUMENT...: wflc plan; what it prints is kept.
gives()
{
    code=$1 what=$2
    shift 2
    "$wflc" plan -W no-all "$@" >output 2>err </dev/null
    got=$?
    cat err >>output
    [ $got = "$code" ]
    verdict $? "$what"
}

has()
{
    grep -qe "$2" output
    verdict $? "$1"
}


cat >c.wfl <<'EOF'
campaign many
param size = 2 GB
set n = 1 .. 4000
task draw for i in n {
    memory size;  time 3 h
    run    "draw {i}"
    output "out/{i}"
}
site cori  profile "cori-knl" { account "x" }
site small profile "test-slurm" { account "x" }
site large profile "cori-knl" { account "x";  param size = 8 GB }
site debug profile "polaris"  { account "x";  queue "debug-scaling" }
EOF

echo 1..65
gives 0 'a campaign on a site' --site cori c.wfl
has 'how many fit on a node' '40 x 2 GB = 80 GB of 81.6 GB; memory is the limit'
has 'and how much work it is' '^work  *12 000 task-hours = 300 node-hours'
! grep -q '.\{101\}' output
verdict $? 'in 100 columns'
[ ! -d build ]
verdict $? 'nothing is written'
gives 0 'parameters of a site hold' --site large c.wfl
has 'with less room on a node' '10 x 8 GB'
gives 0 'this machine' c.wfl
has 'is told, and that there are sites' 'the campaign has cori, small, large, debug:'
gives 0 'for programs' --json --site cori c.wfl
has 'there are numbers' '"slots": 40, "limit": "memory"'
gives 1 'a site that is too small' --site small c.wfl
has 'is told with what does not fit' 'is expected to take 3 h, and no job of .small. is that long'
sed 's/^site large.*/site haste profile "theta" { account "x";  nodes 128;  walltime 8 h }/' c.wfl >d.wfl
gives 1 'a walltime that no tier allows' --site haste d.wfl
has 'names the tiers' 'allows 3 h from 128 nodes on, 6 h from 256'
gives 1 'side by side, with one that does not fit' --compare cori,small,large c.wfl
has 'those that fit are there' '^SITE  *cori  *large$'
has 'with their jobs' '^jobs  *[0-9]*  *[0-9]*$'
gives 0 'a list for programs' --json --compare cori,large c.wfl
[ "$(grep -c '"campaign": "many"' output)" = 2 ]
verdict $? 'of both'
cat >few.wfl <<'EOF'
campaign few
set n = 1 .. 36
task draw for i in n {
    memory 300 MB;  time 6 s
    run    "draw {i} > {image}"
    output image "out/{i}"
}
task all needs draw {                # so that all hang together
    memory 300 MB;  time 1 s
    run    "join {draw.image:list} > {image}"
    output image "out/all"
}
site here profile "test-slurm" { account "x";  nodes 2 }
EOF
gives 0 'little work' --site here few.wfl
has 'is not nothing' '^work  *0.06 task-hours = 0.03 node-hours'
has 'and each node of a job has its part' '^ *9[0-9]\.[0-9] % of the nodes'
gives 1 'an unknown site' --site corri c.wfl
has 'is guessed' "did you mean 'cori'"
gives 2 'two ways to name sites' --site cori --compare large c.wfl
"$wflc" sites --json >output 2>&1
has 'sites are listed for programs' '"name": "theta", "scheduler": "cobalt", "status": "retired", "nodes": 4392'
"$wflc" sites show theta --json >output 2>&1
has 'but not shown' 'wflc sites --json'
cat >differ.wfl <<'EOF'
campaign differ
set n = 1 .. 70000
task draw for i in n { memory 1 GB;  time 10 s;  priority i;  run "true" }
EOF
gives 0 'tasks that all differ' differ.wfl
has 'have their forecast' '^expected  *all done '
cat >huge.wfl <<'EOF'
campaign huge
set n = 0 .. 9
task draw for i in n { memory 1 GB + i * 1 PB;  time 10 s;  run "true" }
EOF
gives 0 'a task that no node has room for' huge.wfl
has 'is why there is no forecast' '^expected  *not known: draw.i=1. needs more than a node has$'
gives 0 'for programs' --json huge.wfl
has 'that is told, too' '"unknown_because": "draw.i=1. needs more than a node has"'

# --- ranges, and what sites charge for ---

mkdir sites
cat >sites/dear.yaml <<'EOF'
schema: 1
name: dear
inherits: cori-knl
charging: {min_nodes: 100, round_minutes: 60, boot_minutes: 30}
EOF
cat >waves.wfl <<'EOF'
campaign waves
set n = 1 .. 40000
task draw for i in n { memory 2 GB;  time 3 h;  run "draw {i}";  output "out/{i}" }
site range profile "cori-knl" { account "x";  nodes 50 .. 400;  walltime 2 h .. 5 h }
site one   profile "cori-knl" { account "x";  nodes 50 .. 400;  walltime 5 h }
site dear  profile "dear"     { account "x";  nodes 50 .. 400;  walltime 2 h .. 5 h }
site brief profile "cori-knl" { account "x";  nodes 50 .. 400;  walltime 1 h .. 2 h }
EOF
# 1000 nodes are filled once; 3 h and a twentieth, 317 s to start and to end
gives 0 'jobs from ranges' --site range waves.wfl
has 'have room for whole waves' '^jobs  *[0-9]* jobs x [0-9]* nodes x 3 h 15 min,'
has 'and fill the last one' '^cost  *3257 node-hours are asked for, 3000 of them used by tasks; jobs as long as the'
has 'and what is wasted' '^wasted  *257 node-hours: 33 to start jobs, 6.3 of nodes that nothing is left for, 217 at the'
tr -s '\n ' ' ' <output >line && mv line output
has 'it is told what that saves' 'as the campaign allows would cost 5[0-9]*, so the choice saves 3[0-9] %'
gives 0 'one walltime' --site one waves.wfl
has 'is what jobs have' '^jobs  *[0-9]* jobs x [0-9]* nodes x 5 h,'
has 'and what helps is told' '^better  *with walltime 9 h .. 10 h it would cost 39 % less: 3190 node-hours for'
sed '/^site one/s/5 h/9 h .. 10 h/' waves.wfl >better.wfl
gives 0 'which, if it is done' --site one better.wfl
has 'is so' '^cost  *3190 node-hours are asked for'
gives 0 'a site that charges for more' --site dear waves.wfl
has 'is told with what it adds' '^cost  *[0-9]* node-hours are asked for, charged as [0-9]*, 3000 of them used by tasks'
gives 0 'for programs' --json --site range waves.wfl
has 'the same: what it would be' '"node_hours_if_longest": 5[0-9]*\.[0-9]*,'
has 'and the waste' '"wasted_node_hours": {"start": 33\.400, "room": 0\.000, "tail": 6\.327, "ends": 216\.773, "charged": 0\.000}'
gives 1 'a range that ends too early' --site brief waves.wfl
has 'is told by its end' 'the longest walltime is 2 h, less'

# --- gates ---

cat >held.wfl <<'EOF'
campaign held
set n = 1 .. 4000
task draw for i in n { memory 2 GB;  time 3 h;  run "draw {i} >{o}";  output o "out/{i}" }
task sum for i in n needs draw { memory 2 GB;  time 3 h;  run "sum {draw.o} >{o}";  output o "sum/{i}" }
gate "look at the first hundred" after 100 of draw
gate "look again" after 1000 of draw
site cori profile "cori-knl" { account "x" }
EOF
gives 0 'what gates hold back' --site cori held.wfl
has 'is told of each gate' "^gate  *'look at the first hundred': 3900 of 4000 tasks of draw wait for its release$"
has 'by its name' "^gate  *'look again': 3000 of 4000 tasks of draw wait for its release$"
has 'with the order that does it' "^  *('wflc control release')$"
has 'and what may run before, with what needs it' '^  *200 tasks may run before that, 15 node-hours; work, jobs and times above are told as$'
has 'all else is told of all tasks' '^work  *24 000 task-hours = 600 node-hours'
"$wflc" plan --json --site cori held.wfl 2>err | jq -c '[.gates, .before_gates, .node_hours]' >output
has 'for programs, too' '^.\[{"gate":"look at the first hundred","family":"draw","after":100,"held":3900},{"gate":"look again","family":"draw","after":1000,"held":3000}\],{"tasks":200,"node_hours":15.*},600.*\]$'
"$wflc" build -q --site cori held.wfl >output 2>&1 && "$wflc" control release 'look at the first hundred' build/held/cori >>output 2>&1
verdict $? 'people release one before anything has begun'
gives 0 'which is heeded' --site cori held.wfl
has 'by what may run then' '^  *2000 tasks may run before that, 150 node-hours'
! grep -q 'first hundred' output
verdict $? 'and it is told no more'
"$wflc" control release 'look again' build/held/cori >output 2>&1
gives 0 'when all are released' --site cori held.wfl
! grep -q -e '^gate' -e 'may run before' output
verdict $? 'nothing is told of gates'
"$wflc" plan --json --site cori held.wfl 2>err | jq -c '[.gates, .before_gates]' >output
has 'nor for programs' '^\[null,null\]$'
