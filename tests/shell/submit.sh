#!/bin/sh
# wflc submit, queue and cancel with a scheduler that limits, refuses, is down, and with crashes.
. "${top_srcdir:?is set by make check}/tests/shell/submit_lib.sh"

program sbatch <<'END'
echo "sbatch $*" >>"$tmp/calls"
echo "${SBATCH_TIMELIMIT-} ${SBATCH_ACCOUNT-}" >"$tmp/given"
name=$(printf '%s\n' "$@" | sed -n 's/^--job-name=//p')
if [ -e "$tmp/refuse" ]; then
    cat "$tmp/refuse" >&2
    exit 1
fi
if [ -e "$tmp/max" ] && [ "$(wc -l <"$tmp/inqueue")" -ge "$(cat "$tmp/max")" ]; then
    echo "sbatch: error: QOSMaxSubmitJobPerUserLimit" >&2
    echo "sbatch: error: Batch job submission failed: Job violates accounting/QOS policy" \
        "(job submit limit, user's size and/or time limits)" >&2
    exit 1
fi
[ ! -e "$tmp/kill-before" ] || { rm "$tmp/kill-before" && kill -9 $PPID && sleep 5; }
id=$((100 + $(wc -l <"$tmp/calls")))
echo "$id|PENDING|0:00|1:00:00|2|main|normal|Priority|$name" >>"$tmp/inqueue"
[ ! -e "$tmp/kill-after" ] || { rm "$tmp/kill-after" && kill -9 $PPID; sleep 5; }
echo "sbatch: see https://example.org" >&2
echo "$id"
END
program squeue <<'END'
echo "squeue $*" >>"$tmp/polls"
if [ -e "$tmp/down" ]; then
    echo "slurm_load_jobs error: Unable to contact slurm controller (connect failure)" >&2
    exit 1
fi
echo 'JOBID|STATE|TIME|TIME_LEFT|NODES|PARTITION|QOS|REASON|NAME'
cat "$tmp/inqueue"
END
program scancel <<'END'
echo "scancel $*" >>"$tmp/calls"
sed -i "/^$1|/d" "$tmp/inqueue"
END
# runs ID: the job runs
runs()
{
    sed -i "/^$1|/s/PENDING|0:00|1:00:00\(.*\)Priority/RUNNING|10:00|50:00\1None/" inqueue
}
# ends ID
ends()
{
    sed -i "/^$1|/d" inqueue
}

echo 1..111
campaign slurm 100 5
poll 60
gives 0 'a dry run' "$wflc" submit --dry-run
has 'tells what it would run' "^would run sbatch --parsable '--job-name=test-TAG-NUMBER' $tmp/build/demo/site/job.sh\$"
has 'and how many' '5 jobs would be submitted'
gives 0 'a dry run of a chain' "$wflc" submit --dry-run --chain
has 'tells that jobs wait' '^each further one would wait for the end of the one before it$'
holds 'but submits nothing' calls 0
[ ! -e build/demo/site/state ]
verdict $? 'and writes no record'
gives 0 'all jobs are submitted' env SBATCH_TIMELIMIT=1 SBATCH_ACCOUNT=mine "$wflc" submit
[ "$(cat given)" = ' mine' ]
verdict $? 'with the walltime of the script, whatever the environment says'
has 'and told' ': 5 jobs submitted (101, 102, 103, 104, 105); 5 waiting; 0 of 100 tasks are done$'
[ "$(sed 's/.*--job-name=//; s/ .*//' calls | sort -u | wc -l)" = 5 ]
verdict $? 'each under a name of its own'
[ -d build/demo/site/state/jobs ]
verdict $? 'the folder for their output was made before'
gives 0 'once more' "$wflc" submit
has 'there is nothing to submit' ': 5 waiting; 0 of 100'
holds 'nothing was' calls 5
gives 0 'queue' "$wflc" queue
has 'takes them for waiting' '^105  *waiting'
holds 'and the scheduler was asked no more than once a minute' polls 1
grep -qe '--me -r -t all' polls && ! grep -qe '-j' polls
verdict $? 'for all jobs of the user at once'
poll 1
fresh
runs 101
gives 0 'queue' "$wflc" queue
has 'shows what runs' '^101  *running  *2  *10 min  *50 min  *[^ ]*-1  *-$'
has 'and why the others wait' '^102  *waiting  *2  *0.0 s  *1 h  *[^ ]*-2  *Priority$'
gives 0 'queue --json' "$wflc" queue --json
has 'says the same' '"id": "101",.* "elapsed_s": 600, "left_s": 3000'
later
esc=$(printf '\033')
sed -i "/^103|/s/Priority/[${esc}[2J]/" inqueue
gives 0 'queue' "$wflc" queue
has 'prints no control characters' '^103  *waiting .*\[?\[2J\]$'
later
ends 102
gives 0 'a job that ended' "$wflc" submit
has 'is replaced' '1 job submitted (106); 1 running, 4 waiting'
gives 0 'all jobs' "$wflc" queue --all
has 'are remembered' '^102  *ended '

# limits of the queue
campaign slurm 100 8 'max_queued: 4'
printf '%s\n' '55|RUNNING|1:00|1:00|1|main|normal|None|x' '56|PENDING|0:00|1:00|1|other|n|None|x' >inqueue
gives 0 'a queue of four jobs' "$wflc" submit
has 'takes three besides one of mine' '3 jobs submitted'
campaign slurm 100 8 'max_queued: 4, queued_counts: eligible'
echo '55|RUNNING|1:00|1:00|1|main|normal|None|x' >inqueue
gives 0 'a queue that counts what waits' "$wflc" submit
has 'takes four' '4 jobs submitted'
campaign slurm 100 8
gives 0 'as many as wanted' "$wflc" submit --keep 2
has 'are kept' '2 jobs submitted'
later
runs 101
ends 102
gives 0 'when one ends' "$wflc" submit --keep 3 --jobs 1
has 'no more than --jobs' '1 job submitted (103)'
# what --keep promises in its help: so many, as long as there are ready tasks that they could share
"$wflc" help submit >output 2>&1
has 'the help of --keep says' 'have N jobs at a time, while there are ready tasks that they could share'
shards=60 campaign slurm 60 1
gives 0 'one job was planned' "$wflc" submit --dry-run
has 'and is worth it' '1 job would be submitted'
gives 0 'three are kept' "$wflc" submit --keep 3
has 'though one was planned' '3 jobs submitted (101, 102, 103)'
gives 0 'a chain' "$wflc" submit --keep 5 --chain --dry-run
has 'has no more than were planned' 'no jobs; \|: 3 waiting; 0 of 60'
later
runs 101
ends 102
gives 0 'when one ends' "$wflc" submit --keep 3
has 'it is replaced' '1 job submitted (104); 1 running, 2 waiting'
shards=3 campaign slurm 60 1
gives 0 'shards for two jobs of two nodes' "$wflc" submit --keep 9
has 'are not shared by more' '2 jobs submitted (101, 102)'
unset shards
campaign slurm 100 8
echo 3 >max
gives 0 'a limit that the profile does not know' "$wflc" submit
has 'shows when it is met' '3 jobs submitted'
has 'and is quoted' 'takes no more jobs of yours now: .*QOSMaxSubmitJobPerUserLimit'
holds 'nothing more is tried' calls 4
later
echo 0 >max
: >inqueue
gives 4 'with no job at all it is told' "$wflc" submit --again
rm max

# refusals
campaign slurm 100 8
echo 'sbatch: error: Batch job submission failed: Invalid account or account/partition combination specified' >refuse
gives 1 'a refusal by policy' "$wflc" submit
has 'is one' 'does not let you submit .*Invalid account'
holds 'and is not repeated' calls 1
echo 'sbatch: error: invalid partition specified: main' >refuse
gives 1 'a mistake' "$wflc" submit
has 'is quoted with the job' 'refuses this job: .*invalid partition specified: main. The job is build/demo/site/job.sh'
echo 'sbatch: error: Batch job submission failed: Socket timed out on send/recv operation' >refuse
gives 4 'a scheduler without an answer' "$wflc" submit
has 'gave none' 'no clear answer: .*Socket timed out'
holds 'once is enough' calls 3
rm refuse
poll 60
gives 4 'while nobody knows whether it has the job' "$wflc" submit
has 'nothing is submitted' 'may not show its job yet'
poll 1
sleep 2.1
gives 0 'when it is clear that it has not' "$wflc" submit
has 'all are' '8 jobs submitted'
fresh
touch down
gives 3 'a scheduler that cannot be asked' "$wflc" submit
has 'is told' "cannot be asked for your jobs: 'squeue' exited with 1: .*Unable to contact"
gives 3 'for queue, too' "$wflc" queue
rm down

# crashes
campaign slurm 100 3
touch kill-after
gives 137 'killed between submission and record' "$wflc" submit
holds 'one job is there' inqueue 1
fresh
gives 0 'the next one finds it by its name' "$wflc" submit
has 'and says so' '^job 101 .* was submitted before wflc was interrupted$'
has 'and submits the others' '2 jobs submitted (102, 103)'
holds 'no job is there twice' inqueue 3
campaign slurm 100 3
touch kill-before
gives 137 'killed between intent and submission' "$wflc" submit
holds 'no job is there' inqueue 0
poll 60
fresh
gives 4 'the next one does not know yet' "$wflc" submit
poll 1
sleep 2.1
gives 0 'but later' "$wflc" submit
has 'submits them all' '3 jobs submitted'
holds 'once' inqueue 3
campaign slurm 100 12
for _ in 1 2 3 4 5 6; do
    touch kill-after
    "$wflc" submit >>output 2>&1
    fresh
done
gives 0 'killed at every job' "$wflc" submit
[ "$(cut -d '|' -f 9 inqueue | sort -u | wc -l)" = 12 ] && [ "$(wc -l <inqueue)" = 12 ]
verdict $? 'there are as many as there should be'

# the end
campaign slurm 100 2
"$wflc" submit >output 2>&1
"$shim" run build/demo/site --quiet >/dev/null 2>&1
fresh
gives 1 'when all that is left has failed' "$wflc" submit
has 'it is told with a remedy' '100 tasks failed; nothing else is left: .*wflc submit --again build/demo/site'
holds 'and nothing is submitted' calls 2
: >inqueue
later
gives 0 'unless somebody wants it' "$wflc" submit --again
has 'afresh' '2 jobs submitted'
touch go
"$shim" run build/demo/site --quiet >/dev/null 2>&1
fresh
gives 0 'when all is done' "$wflc" submit
has 'it is told' '100 of 100 tasks are done'
holds 'nothing more is submitted' calls 4
rm go

# jobs that end at once
campaign slurm 100 1
for _ in 1 2 3; do
    "$wflc" submit >output 2>&1
    : >inqueue
    later
done
gives 1 'three jobs that did nothing' "$wflc" submit
has 'are enough' 'the last 3 jobs ended, and not one task was done meanwhile'
has 'with places to look' 'build/demo/site/state/jobs'
holds 'no fourth one is submitted' calls 3
gives 0 'unless somebody wants it' "$wflc" submit --again
holds 'again' calls 4

# a chain, and cancelling
campaign slurm 100 3
gives 0 'a chain' "$wflc" submit --chain
grep -q -- '--dependency=afterany:102' calls && ! sed 1q calls | grep -q dependency
verdict $? 'waits for one after the other'
gives 0 'cancel' "$wflc" cancel 102
holds 'asks the scheduler' inqueue 2
gives 1 'a job of somebody else' "$wflc" cancel 55
has 'is not ours' "'55' is no job of this campaign"
gives 2 'cancel without jobs' "$wflc" cancel
fresh
gives 0 'all' "$wflc" cancel --all
holds 'are cancelled' inqueue 0
[ "$(grep -c scancel calls)" = 3 ]
verdict $? 'each once'

# a job that ends asks for the next one
campaign slurm 100 1
"$wflc" submit >output 2>&1
later
gives 0 'one job is what the work is worth' "$wflc" submit
holds 'so there is no second one' calls 1
later
gives 0 'but when it is about to end' "$wflc" submit --ending 101
holds 'the next one is submitted' calls 2
