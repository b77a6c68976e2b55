#!/bin/sh
# wflc submit --again: what had failed for good is tried again by the jobs that start from then on,
# once, and what needs it goes on; on every scheduler.
. "${top_srcdir:?is set by make check}/tests/shell/submit_lib.sh"

# number NAME: the next id; the job is in the queue under this name
cat >bin/number <<'END2'
#!/bin/sh
id=$((100 + $(wc -l <"$tmp/calls")))
echo "$1" >>"$tmp/calls"
echo "$id $1" >>"$tmp/inqueue"
echo $id
END2
chmod +x bin/number
program sbatch <<'END2'
number "$(printf '%s\n' "$@" | sed -n 's/^--job-name=//p')"
END2
program squeue <<'END2'
echo 'JOBID|STATE|TIME|TIME_LEFT|NODES|PARTITION|QOS|REASON|NAME'
sed 's/\(.*\) \(.*\)/\1|PENDING|0:00|1:00:00|1|main|normal|Priority|\2/' "$tmp/inqueue"
END2
program qsub <<'END2'
number "$(printf '%s\n' "$@" | sed -n '/^-N$\|^--jobname$/{n;p;}')"
END2
program qselect <<'END2'
cut -d ' ' -f 1 "$tmp/inqueue"
END2
program qstat <<'END2'
case " $* " in
*json*)
    printf '{"Jobs":{'
    sed 's/\(.*\) \(.*\)/"\1":{"Job_Name":"\2","job_state":"Q","queue":"main"},/; $s/,$//' "$tmp/inqueue"
    echo '}}'
    ;;
*)
    [ -s "$tmp/inqueue" ] || exit 1
    echo 'JobID  State    RunTime   TimeRemaining  Nodes  Queue    JobName'
    echo '================================================================='
    sed 's/\(.*\) \(.*\)/\1 queued 00:00:00 01:00:00 1 main \2/' "$tmp/inqueue"
    ;;
esac
END2
program bsub <<'END2'
echo "Job <$(number "$(printf '%s\n' "$@" | sed -n '/^-J$/{n;p;}')")> is submitted to queue <main>."
END2
program bjobs <<'END2'
[ -s "$tmp/inqueue" ] || { echo 'No job found' >&2 && exit 255; }
printf '{"COMMAND":"bjobs","JOBS":1,"RECORDS":['
sed 's/\(.*\) \(.*\)/{"JOBID":"\1","JOBINDEX":"0","STAT":"PEND","QUEUE":"main","JOB_NAME":"\2"},/; $s/,$//' "$tmp/inqueue"
echo ']}'
END2
program flux <<'END2'
case $1 in
batch) number "$(printf '%s\n' "$@" | sed -n 's/^--job-name=//p')" ;;
jobs)
    printf '{"jobs": ['
    sed 's/\(.*\) \(.*\)/{"id": \1, "name": "\2", "state": "SCHED", "nnodes": 1, "expiration": 0.0},/; $s/,$//' "$tmp/inqueue"
    echo ']}'
    ;;
esac
END2

# campaign KIND: eight tasks, of which three fail until there is a file `fixed`; one needs them all, and
# one needs that; each attempt leaves a line in tries.txt. Four shards.
site=build/demo/site
campaign()
{
    rm -rf build cache calls inqueue fixed tries.txt out
    "$mkplan" $site/campaign.wflp <<END2 || exit 99
node 2 1e9
shards 4
jobs 1 1 3600
family part 8
memory 1e6
sh echo {i} >> tries.txt; [ {i} -ge 3 ] || [ -e fixed ] || exit 5
family sum 1
memory 1e6
needs part all
sh echo sum >> tries.txt
family last 1
memory 1e6
needs sum all
sh echo last >> tries.txt
END2
    cat >$site/site.yaml <<END2
schema: 1
name: site
scheduler: {kind: $1, poll_s: 1}
nodes: {cores: 2, memory_gib: 8}
launch: {rank_var: RANK, size_var: SIZE, size_from: env}
queues:
  - {name: main, max_walltime: "02:00:00"}
END2
    tag='#SBATCH --partition=main'
    case $1 in
    cobalt) tag='#COBALT -n 2 -t 60 -q main' ;;
    pbs) tag='#PBS -q main' ;;
    lsf) tag='#BSUB -q main' ;;
    flux) tag='# flux: --queue=main' ;;
    esac
    printf '%s\n' '#!/bin/sh' "$tag" "RANK=0 SIZE=1 exec $shim node $tmp/$site --quiet \\" \
        '    --nodes 1 --rank-var RANK --size-var SIZE' >$site/job.sh
    chmod +x $site/job.sh
    : >inqueue
    : >calls
}

# job CODE WHAT: a job that was submitted before runs to its end
job()
{
    fresh
    : >inqueue
    : >tries.txt
    gives "$1" "$2" $site/job.sh
}

# tried WHAT [NAME...]: these were, in the last job
tried()
{
    what=$1
    shift
    [ "$(sort tries.txt | tr '\n' ' ')" = "$*${*:+ }" ] || sed 's/^/# tried /' tries.txt
    [ "$(sort tries.txt | tr '\n' ' ')" = "$*${*:+ }" ]
    verdict $? "$what"
}

echo 1..91
for kind in slurm pbs cobalt lsf flux; do
    campaign $kind
    gives 0 "$kind: a job" "$wflc" submit
    job 1 'fails in part'
    tried 'each task is tried once' 0 1 2 3 4 5 6 7
    touch fixed
    job 1 'the next job'
    tried 'does not try them again'
    gives 0 'a request' "$wflc" submit --again
    has 'tells how many' '^3 failed tasks are tried again by the jobs that start from now on$'
    job 0 'the job after it does all'
    tried 'what failed, and what needs it' 0 1 2 last sum
done

# what is said before it is done, and what is true then
campaign slurm
"$wflc" submit >output 2>&1
job 1 'three tasks fail'
gives 0 'status' "$wflc" status
has 'says how they are tried again' "^'wflc submit --again $site' has the next job try them again\$"
gives 1 'submit' "$wflc" submit
has 'says so, too' 'to try them once more: wflc submit --again build/demo/site'
gives 0 'a dry run' "$wflc" submit --again --dry-run
has 'says how many would be' '^3 failed tasks would be tried again'
[ ! -e $site/state/again ]
verdict $? 'and asks for nothing'
gives 0 'a request' "$wflc" submit --again
gives 0 'status' "$wflc" status
has 'shows the tasks as ready, and what needs them as waiting' '^TOTAL  *10  *5  *\.  *3  *2$'
fresh
gives 0 'the same request once more' "$wflc" submit --again
! grep -q 'failed' output
verdict $? 'asks for nothing new'
job 1 'while nothing is mended'
tried 'all that failed is tried' 0 1 2
job 1 'the next job'
tried 'tries nothing: once for each request'
gives 0 'another request' "$wflc" submit --again
touch fixed
job 0 'is another try'
tried 'for what failed' 0 1 2 last sum

# a job that is at work when somebody asks: what it fails later is not tried again
campaign slurm
sed -i 's/--nodes 1/--nodes 1 --cores 1/' $site/job.sh
"$mkplan" $site/campaign.wflp <<END2 || exit 99
node 1 1e9
jobs 1 1 3600
family a 1
priority 1
sh echo a >> tries.txt; exit 5
family b 1
sh echo b >> tries.txt; until [ -e fixed ]; do sleep 0.02; done; exit 5
END2
fresh
$site/job.sh >output 2>&1 &
until grep -q b tries.txt 2>/dev/null; do sleep 0.02; done
gives 0 'a request during a job' "$wflc" submit --again
has 'is about what has failed by then' '^1 failed task is tried again'
touch fixed
wait
job 1 'the next job'
tried 'tries that, and not what failed later' a

# by hand, and with a request that is damaged or of another plan
gives 0 'a request' "$wflc" submit --again
sed -i 's/^0 /1 /' $site/state/again
job 1 'one that is damaged'
tried 'is none'
gives 0 'another one' "$wflc" submit --again
job 1 'counts, whatever the damaged one was'
tried 'for all that failed' a b
rm $site/state/again
gives 0 'when the file was removed' "$wflc" submit --again
job 1 'the next request counts'
tried 'as well' a b
mkfifo $site/state/again.fifo && mv $site/state/again.fifo $site/state/again
gives 0 'a pipe in its place' "$wflc" status
has 'does no harm' '^TOTAL  *2 .*  2$'
rm $site/state/again

# a local site: each run tries again
gives 1 'wfl-shim run' "$shim" run $site --quiet
: >tries.txt
gives 1 'tries again' "$shim" run $site --quiet
tried 'without a request' a b

# a job that cannot know of the request takes what failed before and closes it: the job after it goes on
campaign slurm
$site/job.sh >output 2>&1
gives 0 'a request' "$wflc" submit --again
mv $site/state/again kept
job 1 'a job that does not see it'
mv kept $site/state/again
touch fixed
job 0 'is no end of it'
tried 'the next one tries what had failed' 0 1 2 last sum

# nodes that know of it wait for each other's tries
campaign slurm
"$mkplan" $site/campaign.wflp <<END2 || exit 99
node 2 1e9
shards 2
jobs 1 2 3600
family f 1
memory 1e6
cores 2
sh [ ! -e hold ] || : >begun; until [ ! -e hold ]; do sleep 0.02; done; [ -e fixed ]
family g 1
memory 1e6
needs f all
sh echo g >> tries.txt
END2
fresh
$site/job.sh >output 2>&1
gives 0 'a request' "$wflc" submit --again
: >hold
: >fixed
: >tries.txt
for rank in 0 1; do
    RANK=$rank SIZE=2 "$shim" node $site --quiet --nodes 2 --rank-var RANK --size-var SIZE >>output 2>&1 &
    pids="${pids-} $!"
    until [ -e begun ]; do sleep 0.02; done
done
sleep 0.3
rm hold
for pid in $pids; do
    wait "$pid"
    verdict $? 'a node waits for what the other one tries again'
done
tried 'and what needs it runs' g
