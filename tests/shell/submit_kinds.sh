#!/bin/sh
# wflc submit, queue and cancel with the programs of every scheduler: how they are called, and what
# they print. Forms as in the manuals and sources of OpenPBS, Cobalt 1.0.33, LSF 10.1, flux-core.
. "${top_srcdir:?is set by make check}/tests/shell/submit_lib.sh"

# number: the next id
cat >bin/number <<'END'
#!/bin/sh
echo "$*" >>"$tmp/calls"
echo $((100 + $(wc -l <"$tmp/calls")))
END
chmod +x bin/number
echo 1..55

# --- Cobalt ---
program qsub <<'END'
id=$(number "qsub $*")
name=$(printf '%s\n' "$@" | grep -A 1 '^--jobname$' | tail -n 1)
for script; do :; done
[ -x "$script" ] && printf '%s %s %s\n' "$id" "$name" "$script" >>"$tmp/inqueue"
echo 'WARNING: the project has little time left' >&2
printf '%s\n' "$id" 'memory mode is cache-quad' 7
END
program qstat <<'END'
echo "qstat $*" >>"$tmp/polls"
echo 'No handlers could be found for logger "ComponentProxy"' >&2
[ -s "$tmp/inqueue" ] || exit 1
echo 'JobID  State    RunTime   TimeRemaining  Nodes  Queue    JobName'
echo '================================================================='
while read -r id name script; do
    echo "$id    running  00:10:00  00:50:00       2      main     $name  "
done <"$tmp/inqueue"
END
program qdel <<'END'
echo "qdel $*" >>"$tmp/calls"
END
campaign cobalt 100 3
gives 0 'Cobalt' "$wflc" submit
has 'takes jobs' '3 jobs submitted (101, 102, 103); 3 waiting'
grep -q "^qsub --jobname test-....-1 $tmp/build/demo/site/state/jobs/job-[0-9a-f]*.sh\$" calls
verdict $? 'of a script that stays as it is'
[ "$(cut -d ' ' -f 3 inqueue | sort -u | wc -l)" = 1 ]
verdict $? 'of which there is one copy'
echo '# changed' >>build/demo/site/job.sh
fresh
gives 0 'its queue' "$wflc" queue
has 'is read' '^101  *running  *2  *10 min  *50 min '
grep -q '^qstat --header JobID:State:RunTime:TimeRemaining:Nodes:Queue:JobName -u ' polls
verdict $? 'in columns without blanks'
later
sed -i 1d inqueue
gives 0 'a chain' "$wflc" submit --chain
has 'is one after the other: Cobalt knows afterok only' ': 2 running; '
fresh
gives 0 'another build' "$wflc" submit
[ "$(find build/demo/site/state/jobs -name 'job-*.sh' | wc -l)" = 2 ]
verdict $? 'has another script'
: >inqueue
later
gives 0 'no jobs' "$wflc" queue
has 'are no error' 'no jobs in the queue'
# a queue that drains takes jobs again some day
program qsub <<'END'
echo 'No handlers could be found for logger "ComponentProxy"' >&2
echo "The queue main is draining" >&2
exit 1
END
gives 4 'a queue that drains' "$wflc" submit --again
has 'takes no more for now, which is quoted without the noise' 'takes no more jobs of yours now: The queue main is draining$'
mkdir 'a b' && cp -r build/demo/site 'a b/site' && rm -r 'a b/site/state'
gives 1 'a folder with a blank' "$wflc" submit 'a b/site'
has 'cannot be' 'has a blank in its name'

# --- PBS ---
program qsub <<'END'
id=$(number "qsub $*")
name=$(printf '%s\n' "$@" | grep -A 1 '^-N$' | tail -n 1)
echo "$id $name" >>"$tmp/inqueue"
echo "$id.pbs-01"
END
program qselect <<'END'
echo "qselect $*" >>"$tmp/polls"
sed 's/ .*/.pbs-01/' "$tmp/inqueue"
END
program qstat <<'END'
echo "qstat $*" >>"$tmp/polls"
printf '{\n    "timestamp":1,\n    "pbs_server":"pbs-01",\n    "Jobs":{\n'
comma=
while read -r id name; do
    [ "$id" != gone ] || continue
    printf '%s        "%s.pbs-01":{\n            "Job_Name":"%s",\n            "job_state":"Q",\n' \
        "$comma" "$id" "$name"
    printf '            "queue":"small",\n            "comment":"Not Running: Insufficient resources",\n'
    printf '            "Variable_List":{\n                "PS1":"\\e[1m"x"\n            }\n        }'
    comma=',
'
done <"$tmp/inqueue"
printf '\n    }\n}\n'
echo 'qstat: Unknown Job Id 99.pbs-01' >&2
exit 153
END
campaign pbs 100 3
gives 0 'PBS' "$wflc" submit --chain
has 'takes jobs' '3 jobs submitted (101.pbs-01, 102.pbs-01, 103.pbs-01); 3 waiting'
grep -q "^qsub -N test-....-2 -W depend=afterany:101.pbs-01 $tmp/build/demo/site/job.sh\$" calls
verdict $? 'one after the other'
holds 'without jobs only the ids are asked for' polls 1
fresh
gives 0 'its queue' "$wflc" queue
has 'is read, odd environment or not' '^101.pbs-01  *waiting .*Not Running: Insufficient'
grep -q '^qstat -f -F json 101.pbs-01 102.pbs-01 103.pbs-01$' polls
verdict $? 'by one question for all'
gives 0 'cancel' "$wflc" cancel 102
grep -q '^qdel 102.pbs-01$' calls
verdict $? 'by the whole id'
# from 2023-12 on it prints one job of those that it is asked for
mv bin/qstat bin/qstat-all
program qstat <<'END'
for id; do
    case $id in *.pbs-01) break ;; esac
done
{ grep "^${id%.pbs-01} " "$tmp/inqueue"; } >"$tmp/inqueue.1"
sed "s|inqueue|inqueue.1|g" "$tmp/bin/qstat-all" >"$tmp/bin/qstat-one"
sh "$tmp/bin/qstat-one" "$@"
END
fresh
: >polls
gives 0 'a qstat that prints one job' "$wflc" queue
[ "$(grep -c '^10[123].pbs-01  *waiting' output)" = 3 ]
verdict $? 'is asked for the others'
grep -qx 'qstat -f -F json 102.pbs-01' polls && grep -qx 'qstat -f -F json 103.pbs-01' polls &&
    ! grep -qx 'qstat -f -F json 101.pbs-01' polls
verdict $? 'one by one'
gives 0 'nothing more' "$wflc" submit
has 'is submitted' ': 3 waiting; '
gives 0 'all' "$wflc" cancel --all
[ "$(grep -c '^qdel 10[123].pbs-01$' calls)" = 4 ]
verdict $? 'are cancelled'
mv bin/qstat-all bin/qstat
# a routing queue that has no place for a job takes it, and it vanishes
campaign pbs 100 1
for _ in 1 2 3; do
    "$wflc" submit >output 2>&1
    : >inqueue
    later
done
gives 1 'jobs that vanish' "$wflc" submit
has 'are not submitted for ever' 'the last 3 jobs ended, and not one task'

# --- LSF ---
program bsub <<'END'
id=$(number "bsub $*")
grep -q '^#BSUB' || exit 1
name=$(printf '%s\n' "$@" | grep -A 1 '^-J$' | tail -n 1)
echo "$id $name" >>"$tmp/inqueue"
echo '*** <<< welcome >>> ***'
echo "Job <$id> is submitted to queue <main>."
END
program bjobs <<'END'
echo "bjobs $*" >>"$tmp/polls"
if [ ! -s "$tmp/inqueue" ]; then
    echo 'No job found' >&2
    exit 255
fi
printf '{\n  "COMMAND":"bjobs",\n  "JOBS":1,\n  "RECORDS":[\n'
sed 's/\(.*\) \(.*\)/{"JOBID":"\1","JOBINDEX":"0","STAT":"RUN","QUEUE":"main","NEXEC_HOST":"2","RUN_TIME":"600 second(s)","TIME_LEFT":"0:50 L","PEND_REASON":"","JOB_NAME":"\2"},/; $s/,$//' "$tmp/inqueue"
printf '  ]\n}\n'
END
program bkill <<'END'
echo "bkill $*" >>"$tmp/calls"
END
campaign lsf 100 2
gives 0 'LSF' "$wflc" submit --chain
has 'takes jobs from standard input' '2 jobs submitted (101, 102)'
grep -q '^bsub -J test-....-2 -w ended(101)$' calls
verdict $? 'one after the other'
fresh
gives 0 'its queue' "$wflc" queue
has 'is read' '^102  *running  *2  *10 min  *50 min '
grep -q ' pend_reason ' polls
verdict $? 'and asked why jobs wait'
gives 0 'cancel' "$wflc" cancel 102 101
[ "$(grep -c '^bkill 10[12]$' calls)" = 2 ]
verdict $? 'of several'
: >inqueue
later
gives 0 'no jobs' "$wflc" queue
has 'are no error' 'no jobs'

# --- Flux ---
program flux <<'END'
case $1 in
batch)
    number "flux $*" >"$tmp/number"
    name=$(printf '%s\n' "$@" | sed -n 's/^--job-name=//p')
    echo "$(($(cat "$tmp/number") - 101)) $name" >>"$tmp/inqueue"
    # the digits 1, 2 and 3 of base 58 are 0, 1 and 2
    printf '\306\222%d\n' $(($(cat "$tmp/number") - 100))
    ;;
jobs)
    echo "flux $*" >>"$tmp/polls"
    printf '{"jobs": ['
    sed 's/\(.*\) \(.*\)/{"id": \1, "name": "\2", "state": "SCHED", "nnodes": 2, "expiration": 0.0},/; $s/,$//' \
        "$tmp/inqueue"
    echo ']}'
    ;;
*) echo "flux $*" >>"$tmp/calls" ;;
esac
END
campaign flux 100 3
gives 0 'Flux' "$wflc" submit
has 'takes jobs' '3 jobs submitted (0, 1, 2)'
grep -q "^flux batch --job-name=test-....-1 $tmp/build/demo/site/job.sh\$" calls
verdict $? 'by name'
fresh
gives 0 'its queue' "$wflc" queue
has 'is read' '^2  *waiting  *2 '
# a hold is no wait
sed -i 's/"state": "SCHED", /"state": "SCHED", "urgency": 0, /' bin/flux
fresh
gives 0 'urgency 0' "$wflc" queue
has 'is a hold' '^2  *held  *2 .* its urgency is 0'
gives 0 'cancel by the short id' "$wflc" cancel "$(printf '\306\2222')"
grep -q '^flux cancel 1$' calls
verdict $? 'or the long one'
# the id of a job that is about to end is one, in both spellings
for id in 2 "$(printf '\306\2223')" f3; do
    "$wflc" submit --dry-run --ending "$id" >output 2>&1
    cat output
done >endings
[ "$(grep -c '; 2 held; ' endings)" = 3 ] || sed 's/^/# /' endings
[ "$(grep -c '; 2 held; ' endings)" = 3 ]
verdict $? 'of a job that ends, too'
