#!/bin/sh
# Whatever variables the shell holds that Slurm's programs read, the same job is submitted, seen, run and
# cancelled; but for those that wflc(1) names.
set -u
. "${top_srcdir:?is set by make check-slurm}/tests/slurm/slurm_lib.sh"

with_cluster -n 2
echo 1..14

# What a value that is right and one that is wrong does is not the same: both are tried. The values are
# ones that the programs act upon.
value()
{
    case $1 in
    *_ACCOUNT | *_WCKEY | *_RESERVATION | *_QOS | *_USER | *_USERS | *_NAME | *_NAMES) echo other ;;
    *_PARTITION) echo short ;;
    *_TIMELIMIT | *_DELAY_BOOT | *_PRIORITY) echo 1 ;;
    *_MEM_PER_*) echo 100M ;;
    *_ARRAY_INX) echo 1-3 ;;
    *_GRES) echo gpu:1 ;;
    *_CONSTRAINT) echo knl ;;
    *_SIGNAL) echo B:KILL@60 ;;
    *_EXPORT | *_EXPORT_ENV) echo NONE ;;
    *_OPEN_MODE) echo truncate ;;
    *_OUTPUT | *_ERROR | *_STDOUTMODE | *_STDERRMODE) echo "$tmp/stray.txt" ;;
    *_INPUT | *_STDINMODE | SLURM_CONF_OUT) echo /dev/null ;;
    *_PROLOG | *_EPILOG) echo /bin/false ;;
    *_STATE | *_STATES) echo SUSPENDED ;;
    *_TIME_FORMAT) echo relative ;;
    *_FORMAT) echo %j ;;
    *_FORMAT2) echo name ;;
    *_SORT) echo -i ;;
    *_MPI_TYPE) echo nosuch ;;
    *_HINT) echo nomultithread ;;
    *_DISTRIBUTION) echo cyclic ;;
    *_NODELIST | *_HOSTFILE) echo node9 ;;
    *_WORKING_DIR | *_REMOTE_CWD) echo / ;;
    *_JOB_ID | *_JOBID) echo 999 ;;
    *_UMASK) echo 0777 ;;
    *_CONTAINER) echo /nosuch ;;
    *_GET_USER_ENV) echo 1L ;;
    *) echo 1 ;;
    esac
}

# names: what the installed programs read, as their manuals say and as their binaries hold
names()
{
    for program in sbatch squeue scancel scontrol srun; do
        page=$(man -w "$program" 2>/dev/null) || continue
        case $page in
        *.gz) gzip -dc "$page" ;;
        *) cat "$page" ;;
        esac | awk '/^\.SH/ { within = /INPUT ENVIRONMENT|ENVIRONMENT VARIABLES/ && !/OUTPUT/ } within' |
            grep -oE 'fB(SALLOC|SBATCH|SCANCEL|SCONTROL|SLURM|SLURMD|SQUEUE|SRUN)_[A-Z0-9_]+' | sed 's/^fB//'
    done
    for program in sbatch squeue scancel scontrol srun; do
        grep -aoE '(SALLOC|SBATCH|SCANCEL|SCONTROL|SQUEUE|SRUN)_[A-Z0-9_]+' "$(command -v $program)"
    done
}
names | sort -u >names.txt
# so that a manual that is laid out otherwise, or is not installed, does not let all of this pass: those
# that were found to do harm are always tried
cat >>names.txt <<'END'
SBATCH_ARRAY_INX
SBATCH_MEM_PER_NODE
SBATCH_OUTPUT
SBATCH_WAIT
SCANCEL_STATE
SCONTROL_ALL
SLURM_EXIT_ERROR
SLURM_GPUS_PER_NODE
SLURM_GRES
SLURM_TASK_PROLOG
SLURM_THREADS_PER_CORE
SLURM_TIMELIMIT
SLURM_TIME_FORMAT
SQUEUE_FORMAT
SQUEUE_PARTITION
SQUEUE_STATES
SQUEUE_USERS
SRUN_CPUS_PER_TASK
END
# as wflc(1) says, and what Slurm sets for a job and a step anyhow
passed='SLURM_CONF SLURM_CONF_SERVER SLURM_CLUSTERS SLURM_JWT SBATCH_ACCOUNT SBATCH_RESERVATION SBATCH_WCKEY'
for name in $passed; do
    grep -qx ".It Ev $name" "$top_srcdir/man/wflc.1" || echo "wflc(1) does not name $name"
done >output
[ ! -s output ]
verdict $? "what passes stands in the manual"
sort -u names.txt | grep -vxF "$(echo "$passed" | tr ' ' '\n')" >tried.txt
[ "$(wc -l <tried.txt)" -ge 18 ]
verdict $? "$(wc -l <tried.txt) others are tried"

campaign hostile 3 1 'nodes 2 .. 2; walltime 2 min'
verdict $? "a campaign is built"

# what Slurm has of a job, without what differs from job to job: its options, and its environment
seen()
{
    scontrol show job -d "$1" | tr ' ' '\n' | grep -vE '^$|^(JobId|JobName|SubmitTime|EligibleTime|AccrueTime|LastSchedEval|StdOut|StdErr|Priority|StartTime|EndTime|Scheduler)='
    # the lines of shells' own, and of this test
    tr '\0' '\n' <"$cluster/state/hash.$(($1 % 10))/job.$1/environment" |
        grep -aE '^_?(SACCT|SALLOC|SBATCH|SCANCEL|SCONTROL|SINFO|SLURM|SLURMD|SQUEUE|SRUN)_' |
        grep -avE '^SLURM_JOB_NAME=|^SLURM_PRIO_PROCESS=' | sort
}

# once HOW NAME=VALUE...: a job is submitted, seen and cancelled with these variables; what Slurm has of it
# goes to `got`. Nothing starts meanwhile.
once()
{
    how=$1
    shift
    rm -rf "$dir/state" "$XDG_CACHE_HOME" got
    if [ "$how" = wflc ]; then
        env "$@" "$wflc" submit "$dir" >output 2>&1 || return
        rm -rf "$XDG_CACHE_HOME"
        env "$@" "$wflc" queue "$dir" >>output 2>&1 && grep -q '^[0-9]* *waiting ' output || return
    else
        env "$@" "$dir/submit.sh" >output 2>&1 || return
    fi
    squeue -h -o '%i %T' >jobs.txt
    [ "$(wc -l <jobs.txt)" = 1 ] && read -r id state <jobs.txt && [ "$state" = PENDING ] || return
    seen "$id" >got
    rm -rf "$XDG_CACHE_HOME"
    if [ "$how" = wflc ]; then
        env "$@" "$wflc" cancel --all "$dir" >>output 2>&1 || return
    else
        env "$@" "$dir/cancel.sh" "$id" >>output 2>&1 || return
    fi
    [ -z "$(squeue -h)" ]
}

scontrol update partitionname=main state=down
for how in wflc submit.sh; do
    once $how NOTHING=1 && mv got "want.$how" && grep -q "^SLURM_CONF=" "want.$how"
    verdict $? "$how: a job is submitted, seen and cancelled"
done

differences=0
: >all.txt
while read -r name; do
    pair=$name=$(value "$name")
    echo "$pair" >>all.txt
    if once wflc "$pair" && cmp -s got want.wflc; then
        continue
    fi
    differences=$((differences + 1))
    echo "# $pair"
    sed 's/^/#   /' output
    [ ! -e got ] || diff want.wflc got | sed 's/^/#   /'
    scancel -u "$(id -un)"
done <tried.txt
echo "$differences differences" >output
[ "$differences" = 0 ]
verdict $? "wflc: one at a time, none of $(wc -l <all.txt) makes a difference"
# none of these values has a blank in it
# shellcheck disable=SC2046
once submit.sh $(cat all.txt) && diff want.submit.sh got >output
verdict $? "submit.sh and cancel.sh: nor do they together"
# shellcheck disable=SC2046
once wflc $(cat all.txt) && diff want.wflc got >output
verdict $? "wflc: nor do they together"

# what passes does so, unless the campaign says it
once wflc SBATCH_ACCOUNT=mine && grep -qx Account=mine got
verdict $? "wflc: an account passes"
once submit.sh SBATCH_ACCOUNT=mine && grep -qx Account=mine got
verdict $? "submit.sh: it does, too"
campaign hostile 3 1 'account "theirs"; nodes 2 .. 2; walltime 2 min'
once wflc SBATCH_ACCOUNT=mine && grep -qx Account=theirs got
verdict $? "wflc: the campaign's own goes before it"
once submit.sh SBATCH_ACCOUNT=mine && grep -qx Account=theirs got
verdict $? "submit.sh: it does, too"
scontrol update partitionname=main state=up

# A job by hand is handed all that sbatch does not take for itself; srun must not get it.
campaign hostile 3 1 'nodes 2 .. 2; walltime 2 min'
rm -rf "$dir/state"
mkdir -p "$dir/state/jobs"
# shellcheck disable=SC2046
first=$(env $(grep -E '^(SLURM_|SRUN_|SLURMD_)' all.txt | grep -vE '^SLURM_(CONF_OUT|EXIT_ERROR|UMASK|DEBUG_FLAGS|CLUSTERS|HOSTFILE)=') \
    sbatch --parsable --chdir="$dir" "$dir/job.sh") && wait_for 100 ended "$first"
verdict $? "a job by hand ends"
done_once 4
verdict $? "every task is done once in the record"
