#!/bin/sh
# One bad node of four: nothing fails for good, it is named, and the next job leaves it out.
set -u
. "${top_srcdir:?is set by make check-slurm}/tests/slurm/slurm_lib.sh"

# TASKS and SECONDS in the environment make a larger one of it.
tasks=${TASKS-48} seconds=${SECONDS_EACH-2}

with_cluster -n 5
echo 1..10

dir=$tmp/build/bad/cluster
cat >bad.wfl <<END
campaign bad
set number = 1 .. $tasks
task part for n in number {
    memory 50 MB
    time   $seconds s
    retry  2
    run    """
            echo {n} \$SLURM_JOB_ID \$SLURMD_NODENAME >>ran.txt
            [ \$SLURMD_NODENAME != node2 ] || exit 1
            sleep $seconds
            printf '%s\\nwhole\\n' {n} >{text}
            """
    output text "out/{n}.txt"
}
task last needs part {
    memory 50 MB
    time   1 s
    run    "[ -e mended ] || exit 3; cat {part.text:list} >{all}"
    output all "out/sum.txt"
}
site cluster profile "test-slurm" { nodes 4 .. 4; walltime 10 min }
END
: >ran.txt
"$wflc" build --site cluster bad.wfl >output 2>&1
verdict $? "a campaign is built"

# named: status names the bad node
named()
{
    "$wflc" status bad.wfl && "$wflc" status bad.wfl | grep -q '^left out: node node2, where [0-9]* processes in a row failed (exit 1)'
}

"$wflc" submit bad.wfl --jobs 1 >output 2>&1 && id=$(squeue -h -o %i)
verdict $? "a job of four nodes is submitted"
wait_for 60 begun 4 node2 && begin=$(date +%s) && wait_for 20 named
verdict $? "status names the bad node ($(($(date +%s) - ${begin-0})) s after its fourth task)"
wait_for 900 ended "$id"
verdict $? "the job ends"
"$wflc" status --json bad.wfl >output 2>&1
tr -d ' \n' <output | grep -q "\"name\":\"part\",\"total\":$tasks,\"done\":$tasks,.*\"bad_nodes\":\[{\"name\":\"node2\""
verdict $? "all tasks are done, none failed for good"
[ "$(grep -c node2 ran.txt)" -le 12 ]
verdict $? "few were tried on the bad node ($(grep -c node2 ran.txt))"

# The last task failed, so that there is something for a next job.
: >mended
dry()
{
    "$wflc" submit --dry-run bad.wfl
}
dry >output 2>&1
sed -i 's/needs part {/needs part {\n    retry 1/' bad.wfl
"$wflc" build --site cluster bad.wfl >>output 2>&1 && dry >>output 2>&1 && grep -q -e '--exclude=node2' output &&
    grep -q 'new jobs leave out the node node2' output
verdict $? "the next job leaves it out"
"$wflc" submit bad.wfl --jobs 1 >output 2>&1 && id=$(squeue -h -o %i) &&
    scontrol show job "$id" >>output && grep -q 'ExcNodeList=node2' output
verdict $? "as Slurm says, too"
wait_for 120 ended "$id" && [ -s out/sum.txt ]
verdict $? "it is done on the other nodes"

# Whoever asks for it has it back.
rm -f out/sum.txt
"$wflc" submit --again --dry-run bad.wfl >output 2>&1
! grep -q -e --exclude output && [ -e "$dir/state/nodes/node2" ]
verdict $? "with --again it is used again"
