#!/bin/sh
# How schedulers of all kinds are asked: what of the user's environment reaches them, what is no answer, what
# is no refusal, and what is there though the record says otherwise. Answers as in submit_kinds.sh.
. "${top_srcdir:?is set by make check}/tests/shell/submit_lib.sh"

# One program plays all of them; files that the tests make have it do odd things: `ask`, `submit` and
# `cancel` are shell code that it runs before it does what it should. Jobs are lines "ID STATE NAME" of
# inqueue, STATE as WAITING or RUNNING. Flux's ids are 0, 1, 2 ..., those of others 101, 102 ...
program play <<'END'
kind=$(cat "$tmp/kind")
env | grep -E '^(BSUB|COBALT|FLUX|LSB|LSF|PBS|QSTAT|QSUB|SBATCH|SLURM|SQUEUE)_' | cut -d = -f 1 |
    LC_ALL=C sort | tr '\n' ' ' >"$tmp/given.${0##*/}"
case ${0##*/}:$1 in
sbatch:* | qsub:* | bsub:* | flux:batch) what=submit ;;
qselect:*)
    [ ! -e "$tmp/select" ] || . "$tmp/select"
    sed 's/ .*/.pbs-01/' "$tmp/inqueue"
    exit ;;
squeue:* | qstat:* | bjobs:* | flux:jobs) what=ask ;;
*) what=cancel ;;
esac
echo "${0##*/} $*" >>"$tmp/calls.$what"
id=$((100 + $(wc -l <"$tmp/calls.submit")))
[ $kind != flux ] || id=$((id - 101))
name=$(printf '%s\n' "$@" | sed -n 's/^--job-name=//p')
[ -n "$name" ] || name=$(printf '%s\n' "$@" | grep -A 1 -xe -N -e -J -e --jobname | sed -n 2p)
[ ! -e "$tmp/$what" ] || . "$tmp/$what"
case $kind:$what in
*:submit) echo "$id WAITING ${name:-hand}" >>"$tmp/inqueue" ;;
*:cancel) eval "id=\${$#}" && sed -i "/^${id%.pbs-01} /d" "$tmp/inqueue" ;;
esac
case $kind:$what in
slurm:submit | cobalt:submit) echo "$id" ;;
pbs:submit) echo "$id.pbs-01" ;;
lsf:submit) echo "Job <$id> is submitted to queue <main>." ;;
flux:submit) printf '\306\222%d\n' $((id + 1)) ;;
slurm:ask)
    echo 'JOBID|STATE|TIME|TIME_LEFT|NODES|PARTITION|QOS|REASON|NAME'
    sed 's/\(.*\) WAITING \(.*\)/\1|PENDING|0:00|1:00:00|2|main|normal|Priority|\2/
         s/\(.*\) RUNNING \(.*\)/\1|RUNNING|10:00|50:00|2|main|normal|None|\2/
         s/\([0-9]*\) \([A-Z_]*\)=\([^ ]*\) \(.*\)/\1|\2|0:00|1:00:00|2|main|normal|\3|\4/' "$tmp/inqueue" |
        sed 's/~/ /g' ;;
cobalt:ask)
    [ -s "$tmp/inqueue" ] || exit 1
    echo 'JobID  State    RunTime   TimeRemaining  Nodes  Queue    JobName'
    echo '================================================================='
    sed 's/\(.*\) WAITING \(.*\)/\1  queued  00:00:00  01:00:00  2  main  \2/
         s/\(.*\) RUNNING \(.*\)/\1  running  00:10:00  00:50:00  2  main  \2/
         s/\([0-9]*\) \([a-z_]*\)=\([^ ]*\) \(.*\)/\1  \2  00:00:00  01:00:00  2  main  \4/' "$tmp/inqueue" ;;
pbs:ask)
    printf '{"timestamp":1, "pbs_server":"pbs-01", "Jobs":{'
    sed 's/\(.*\) WAITING \(.*\)/"\1.pbs-01":{"Job_Name":"\2","job_state":"Q","queue":"main"},/
         s/\(.*\) RUNNING \(.*\)/"\1.pbs-01":{"Job_Name":"\2","job_state":"R","queue":"main"},/
         s/\([0-9]*\) \([A-Z]\)=\([^ ]*\) \(.*\)/"\1.pbs-01":{"Job_Name":"\4","job_state":"\2","Hold_Types":"\3"},/
         $s/,$//' "$tmp/inqueue"
    echo '}}' ;;
lsf:ask)
    [ -s "$tmp/inqueue" ] || { echo 'No job found' >&2 && exit 255; }
    echo '{"COMMAND":"bjobs", "JOBS":1, "RECORDS":['
    sed 's/\(.*\) WAITING \(.*\)/{"JOBID":"\1","STAT":"PEND","QUEUE":"main","JOB_NAME":"\2"},/
         s/\(.*\) RUNNING \(.*\)/{"JOBID":"\1","STAT":"RUN","QUEUE":"main","JOB_NAME":"\2"},/
         s/\([0-9]*\) \([A-Z]*\)=\([^ ]*\) \(.*\)/{"JOBID":"\1","STAT":"\2","QUEUE":"main","JOB_NAME":"\4"},/
         $s/,$//' "$tmp/inqueue"
    echo ']}' ;;
flux:ask)
    printf '{"jobs": ['
    sed 's/\(.*\) WAITING \(.*\)/{"id":\1,"state":"SCHED","urgency":16,"name":"\2"},/
         s/\(.*\) RUNNING \(.*\)/{"id":\1,"state":"RUN","urgency":16,"name":"\2"},/
         s/\([0-9]*\) \([A-Z]*\)=\([^ ]*\) \(.*\)/{"id":\1,"state":"\2","urgency":\3,"name":"\4"},/
         $s/,$//' "$tmp/inqueue"
    echo ']}' ;;
esac
END
for name in sbatch squeue scancel qsub qselect qstat qdel bsub bjobs bkill flux; do
    ln -s play "bin/$name"
done

# site KIND [JOBS]: a campaign of some tasks for a site of this kind, and no odd things
site()
{
    campaign "$1" 100 "${2-2}"
    rm -rf ask submit select cancel state given.* calls.*
    : >calls.submit
    : >calls.ask
    : >calls.cancel
    echo "$1" >kind
}

# state_is STATE ID: queue shows this job so
state_is()
{
    fresh
    "$wflc" queue --all >output 2>&1 && grep -qE "^$2(\.pbs-01)? +$1 " output
}

kinds='slurm pbs lsf cobalt flux'
# first KIND: the id of the first job
first()
{
    [ "$1" = flux ] && echo 0 || echo 101
}

# --- the user's variables ---
sed -n 's/^ *X(SITE_\([A-Z]*\), "\([A-Z_]*\)", .*/\1 \2/p' "$source/src/codegen/variables.h" >passes.txt
[ "$(wc -l <passes.txt)" -gt 25 ]
verdict $? 'the list of what passes is there'
while read -r kind name; do
    grep -qx ".It Ev $name" "$source/man/wflc.1" || echo "$name ($kind) is not in wflc(1), ENVIRONMENT"
done <passes.txt >output
[ ! -s output ]
verdict $? 'and wflc(1) has it'
for kind in $kinds; do
    site "$kind"
    upper=$(echo "$kind" | tr '[:lower:]' '[:upper:]')
    sed -n "s/^$upper //p" passes.txt | LC_ALL=C sort | tr '\n' ' ' >want
    # all that any of them has, and one that none has, in each family
    set -- SBATCH_WAIT=1 SLURM_NTASKS=1 SQUEUE_PARTITION=x PBS_DPREFIX=x QSTAT_HEADER=x QSUB_X=1 \
        BSUB_QUIET=y LSB_DEFAULTQUEUE=x LSF_X=1 COBALT_X=1 FLUX_JOBS_FORMAT_DEFAULT=x
    while read -r _ name; do
        set -- "$@" "$name=/x"
    done <passes.txt
    family=SLURM\|SBATCH\|SQUEUE
    case $kind in
    pbs) family=PBS\|QSUB\|QSTAT ;;
    cobalt) family=COBALT\|QSUB\|QSTAT ;;
    lsf) family=LSB\|LSF\|BSUB ;;
    flux) family=FLUX ;;
    esac
    gives 0 "$kind: with variables of all schedulers a job is submitted" env "$@" "$wflc" submit --jobs 1
    rm -rf cache
    env "$@" "$wflc" cancel --all >output 2>&1
    for given in given.*; do
        tr ' ' '\n' <"$given" | grep -E "^($family)_" | tr '\n' ' ' >got
        cmp -s want got || { echo "# $given: $(cat got)" && touch differs; }
    done
    [ ! -e differs ]
    verdict $? "$kind: those that pass reach its programs, and no others"
    rm -f differs
done
# --- no answer is not an empty answer ---
for kind in $kinds; do
    site "$kind"
    gives 0 "$kind: a job is there" "$wflc" submit --jobs 1
    cp build/demo/site/state/submitted before
    jobs=$(cat inqueue)
    # what squeue says of a user that the machine cannot resolve, with nothing on standard output
    cat >ask <<'END'
[ "$kind" != slurm ] || echo 'JOBID|STATE|TIME|TIME_LEFT|NODES|PARTITION|QOS|REASON|NAME'
echo 'error: Invalid user: 4242' >&2
exit 0
END
    cp ask select
    later
    gives 3 "$kind: an empty answer with an error is none" "$wflc" submit
    has 'which is told' 'cannot be asked for your jobs: .*Invalid user: 4242'
    cmp -s before build/demo/site/state/submitted && [ "$(wc -l <calls.submit)" = 1 ]
    verdict $? "$kind: nothing is written or submitted"
    gives 3 "$kind: queue shows no empty table" "$wflc" queue
    gives 3 "$kind: cancel --all does not say that there are none" "$wflc" cancel --all
    echo 'exit 0' >ask
    rm select
    gives 3 "$kind: nor is nothing at all an answer" "$wflc" submit
    : >inqueue
    echo 'echo "warning: the site is down on Tuesday" >&2' >ask
    [ "$kind" = lsf ] && rm ask # it exits with an error, and says "No job found"
    [ "$kind" = cobalt ] && echo 'echo "No handlers could be found for logger \"x\"" >&2' >ask
    gives 0 "$kind: but an empty queue is one, whatever a site warns of" "$wflc" queue
    has 'and shows no jobs' 'no jobs'
    rm -f ask
    echo "$jobs" >inqueue
    fresh
    gives 0 "$kind: all is as before" "$wflc" submit --keep 1
    has 'and the job is there' ': 1 waiting; '
done
site slurm
cat >ask <<'END'
case "$*" in
*--me*) echo "squeue: unrecognized option '--me'" >&2 && exit 1 ;;
*"-u $(id -un) "*) ;;
*) exit 1 ;;
esac
END
gives 0 'an old squeue, which does not know --me' "$wflc" submit --jobs 1
fresh
gives 0 'is asked by name' "$wflc" queue
has 'for all jobs' '^101  *waiting'

# --- what the scheduler shows is there, whatever the record says ---
for kind in $kinds; do
    site "$kind"
    gives 0 "$kind: jobs are submitted" "$wflc" submit --jobs 2
    cp inqueue jobs
    id=$(first "$kind")
    : >inqueue
    later
    later
    "$wflc" submit --jobs 1 >output 2>&1
    gives 0 "$kind: they seem to be over" "$wflc" queue --all
    [ "$(grep -c '^[0-9][^ ]* *ended ' output)" = 2 ]
    verdict $? "$kind: both"
    cat jobs inqueue >all && mv all inqueue && sed -i "s/^$id WAITING/$id RUNNING/" inqueue
    later
    fresh
    gives 0 "$kind: the scheduler shows them again, and queue" "$wflc" queue
    grep -qE "^$id(\.pbs-01)? +running " output && [ "$(grep -c '^[0-9]' output)" = 3 ]
    verdict $? "$kind: does, too"
    later
    gives 0 "$kind: submit" "$wflc" submit
    has 'tells it' "^job $id.* is in the queue, though it was taken for over$"
    has 'and counts them' ': 1 running, 2 waiting; '
    [ "$(wc -l <calls.submit)" = 3 ]
    verdict $? "$kind: nothing more is submitted"
    gives 0 "$kind: they can be cancelled" "$wflc" cancel --all
    [ ! -s inqueue ] && [ "$(wc -l <calls.cancel)" = 3 ]
    verdict $? "$kind: all"
done

# --- jobs of submit.sh ---
cat >hand.wfl <<'END'
campaign hand
task t for i in 1 .. 4 { time 1 min; run "true > {o}"; output o "{i}" }
END
for kind in $kinds; do
    site "$kind"
    cat >hand.yaml <<END
schema: 1
name: hand
scheduler: {kind: $kind, poll_s: 1}
nodes: {cores: 4, threads_per_core: 1, memory_gib: 8}
launch: {rank_var: RANK, size_var: SIZE, size_from: env}
queues:
  - {name: main, max_walltime: "02:00:00"}
END
    "$wflc" build -q --site "here" hand.wfl >output 2>&1
    cp hand.wfl "$kind.wfl"
    sed -i "s/campaign hand/campaign hand_$kind/" "$kind.wfl"
    printf 'site here profile "hand" { nodes 2; walltime 1 h }\n' >>"$kind.wfl"
    "$wflc" build -q "$kind.wfl" >>output 2>&1
    dir=build/hand_$kind/here
    said=$("$dir/submit.sh" 2>&1)
    [ -n "$said" ] && [ "$(wc -l <inqueue)" = 1 ]
    verdict $? "$kind: submit.sh submits a job, and says what the scheduler said"
    id=$(first "$kind")
    fresh
    gives 0 "$kind: wflc queue" "$wflc" queue "$dir"
    grep -qE "^$id(\.pbs-01)? +waiting .* by hand $id" output
    verdict $? "$kind: shows it"
    gives 0 "$kind: wflc status" "$wflc" status "$dir"
    has 'knows it before it is in the record' 'no job is at work; 1 is submitted: wflc queue build/hand'
    gives 0 "$kind: wflc submit" "$wflc" submit --keep 1 "$dir"
    has 'counts it' ': 1 waiting; '
    [ "$(wc -l <calls.submit)" = 1 ] && [ -z "$(ls "$dir/state/by-hand")" ]
    verdict $? "$kind: and notes it in the record"
    gives 0 "$kind: wflc status" "$wflc" status "$dir"
    has 'knows it then, too' 'no job is at work; 1 is submitted: wflc queue build/hand'
    gives 0 "$kind: cancel --all" "$wflc" cancel --all "$dir"
    [ ! -s inqueue ]
    verdict $? "$kind: cancels it"
    rm -f submit
    echo 'echo no >&2; exit 7' >submit
    "$dir/submit.sh" >output 2>&1
    [ $? = 7 ] && [ -z "$(ls "$dir/state/by-hand")" ]
    verdict $? "$kind: submit.sh exits as the scheduler's program does, and notes no job then"
done

# --- jobs that end before anything began ---
for kind in $kinds; do
    site "$kind"
    "$wflc" submit --jobs 1 >output 2>&1
    id=$(first "$kind")
    printf '%s\n' 'srun: error: first' 'srun: error: Unable to create step: Requested nodes are busy' '' \
        >build/demo/site/state/jobs/"test.$id.out"
    echo other >build/demo/site/state/jobs/"test.9$id.out"
    : >inqueue
    later
    later
    gives 0 "$kind: queue --all tells of a job that ended" "$wflc" queue --all
    has 'what it said last' "^$id.* ended .* srun: error: Unable to create step: Requested nodes are busy$"
    gives 0 "$kind: so does submit" "$wflc" submit --jobs 1
    has 'with the file' "^job $id.* ended, and no task was done meanwhile; the last line of its 'state/jobs/test.$id.out': srun: error: Unable"
    gives 0 "$kind: and later queue --all" "$wflc" queue --all
    has 'does, too' "^$id.* ended .* srun: error: Unable to create step: Requested nodes are busy$"
done

# --- no clear answer is no refusal ---
# older: what the record tells happened a quarter of an hour before
older()
{
    tab=$(printf '\t')
    while IFS= read -r line; do
        line=${line%"$tab"*}
        line=$((${line%%"$tab"*} - 900))$tab${line#*"$tab"}
        printf '%s\t%s\n' "$line" "$(printf %s "$line" | gzip -c | tail -c 8 | od -An -tx4 -N 4 | tr -d ' ')"
    done <build/demo/site/state/submitted >older.txt
    mv older.txt build/demo/site/state/submitted
    rm -rf cache
}
for kind in $kinds; do
    site "$kind"
    # taken, and not said; then with its id, and an error
    cat >submit <<'END'
echo "$id WAITING $name" >>"$tmp/inqueue"
echo 'Unexpected message received' >&2
[ ! -e "$tmp/tells" ] || { [ $kind = lsf ] && echo "Job <$id>" || { [ $kind = flux ] && printf '\306\222%d\n' $((id + 1)); } || echo $id; }
exit 1
END
    gives 4 "$kind: what is not plainly a refusal" "$wflc" submit --jobs 1
    has 'is none' 'gave no clear answer: .*Unexpected message received.*; the job is looked for by its name'
    rm -rf cache
    touch tells
    gives 0 "$kind: the job is found" "$wflc" submit --jobs 1
    has 'by its name' "^job $(first "$kind").* was taken, though the scheduler gave no clear answer$"
    rm -rf cache tells
    gives 0 "$kind: one that came with an id and an error" "$wflc" submit --keep 2
    has 'is, too' ': 2 waiting; '
    [ "$(wc -l <inqueue)" = 2 ]
    verdict $? "$kind: no job is there twice"
done
site slurm
echo 'echo "sbatch: error: Batch job submission failed: Unexpected message received" >&2; exit 1' >submit
for i in 1 2 3 4 5 6 7 8 9; do
    "$wflc" submit >output 2>&1
    [ $? = 4 ] && [ "$(wc -l <calls.submit)" = $i ] || echo "# time $i: $(cat output)"
    older
done
gives 4 'without a clear answer it is tried again' "$wflc" submit
holds 'ten times' calls.submit 10
older
gives 1 'then it is given up' "$wflc" submit
has 'with what was said' 'no clear answer to the last 10 jobs, .*Unexpected message received.*wflc submit --again build/demo/site$'
holds 'without asking' calls.submit 10
rm submit
gives 0 'until somebody wants it' "$wflc" submit --again
has 'again' ': 2 jobs submitted (111, 112); 2 waiting'
site slurm
echo 'echo "sbatch: error: Batch job submission failed: Invalid feature specification" >&2; exit 1' >submit
gives 1 'a plain refusal is one at once' "$wflc" submit
has 'and named' 'refuses this job: .*Invalid feature'
gives 0 'queue' "$wflc" queue
has 'does not call it over' "^1 submission was refused or never arrived; 'wflc queue --all' shows it, too$"

# --- held ---
site slurm
gives 0 'a job' "$wflc" submit --jobs 1
sed -i 's/WAITING/PENDING=job~requeued~in~held~state/' inqueue
later
gives 0 'that was requeued in held state' "$wflc" queue
has 'is held' '^101  *held .*job requeued in held state$'
has 'and it is told what helps' "^job 101 is held: release it with 'scontrol release 101'$"
: >calls.ask
"$wflc" submit --keep 1 --watch >watch.txt 2>&1 &
pid=$!
tries=0
until [ "$(wc -l <calls.ask)" -ge 3 ] || [ $tries -ge 300 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
kill $pid
wait $pid
cp watch.txt output
[ "$(grep -c "^job 101 is held (job requeued in held state): release it with 'scontrol release 101'$" output)" = 1 ]
verdict $? 'submit --watch tells it once'
has 'and counts it as held' ': 1 held; '
for case in 'cobalt user_hold=x qrls 101' 'pbs H=u qrls 101.pbs-01' 'lsf PSUSP=x bresume 101' \
    'flux SCHED=0 flux job urgency 0 default'; do
    # shellcheck disable=SC2086 # words
    set -- $case
    kind=$1 state=$2
    shift 2
    site "$kind"
    "$wflc" submit --jobs 1 >output 2>&1
    sed -i "s/WAITING/$state/" inqueue
    later
    gives 0 "$kind: submit" "$wflc" submit --jobs 1
    has 'tells what releases a job' "^job .* is held.*: .* with '$*'"
done

# --- what else queue and cancel tell ---
site slurm
gives 0 'a job' "$wflc" submit --jobs 1
mkdir -p build/demo/site/state/nodes
for node in n1 n2; do
    echo "wfl-node 1 12 1700000000 1 1 $node.1 77" >"build/demo/site/state/nodes/$node"
done
fresh
gives 0 'queue' "$wflc" queue
has 'names the nodes that are left out' "^nodes left out: n1, n2; 'wflc status build/demo/site' tells why$"
gives 0 'queue --json' "$wflc" queue --json
has 'does so, too' '"left_out": \["n1", "n2"\]'
"$mkplan" build/demo/site/campaign.wflp <<END
jobs 1 2 3600
family t 100
stop_after 2
sh test -e $tmp/go
END
rm -rf build/demo/site/state
RANK=0 SIZE=1 "$shim" node build/demo/site --quiet --nodes 1 --rank-var RANK --size-var SIZE >output 2>&1
gives 0 'after a stop, queue' "$wflc" queue
has 'tells it' '^the campaign was stopped: [0-9]* tasks of t failed; .*wflc submit --again build/demo/site$'
gives 0 'queue --json' "$wflc" queue --json
has 'does, too' '"stopped_by": "t", *"stopped_failures": [0-9]'

# cancel --all while somebody works without a job
rm -rf build here.wfl
cat >here.wfl <<'END'
campaign here
task t { run "touch $PWD/begun; while [ ! -e $PWD/go ]; do sleep 0.1; done; echo > {o}"; output o "o" }
END
"$wflc" run here.wfl >run.txt 2>&1 &
pid=$!
tries=0
until [ -e begun ] || [ $tries -ge 300 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
gives 1 'cancel --all during a local run' "$wflc" cancel --all
has 'does not say that there are no jobs' "^wflc: no job of the queue, but process [0-9]* on .* works on the campaign: end it there, with Ctrl-C or with 'kill [0-9]*'$"
: >go
wait $pid
gives 0 'cancel --all after it' "$wflc" cancel --all
has 'has nothing to cancel' '^no jobs in the queue$'

echo "1..$n"
