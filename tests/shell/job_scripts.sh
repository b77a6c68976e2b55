#!/bin/sh
# The scripts of all sites: clean to shellcheck, understood by bash and dash, few files; and what job.sh
# does between the scheduler and the launcher, with stand-ins for schedulers that cannot be had here.
set -u

. "${top_srcdir:?is set by make check}/tests/shell/verdict_lib.sh"
here=$PWD
PATH=$here/bin:${top_builddir:?}:$PATH
wflc=$top_builddir/wflc
: >output

# try "COMMAND ARGUMENT..." WHAT
try()
{
    # shellcheck disable=SC2086 # words
    $1
    verdict $? "$2"
}

cp -R "$top_srcdir/tests/golden/build/." .
for campaign in sites boxed gpus launchers; do
    "$wflc" build -q "$campaign.wfl" >>output 2>&1 || echo "# $campaign cannot be built"
done

few_files()
{
    for dir in build/*/*; do
        [ "$(find "$dir" -type f | wc -l)" -le 12 ] || return
    done
}
try few_files 'at most 12 files for a site'

checked()
{
    for script in build/*/*/*.sh; do
        shellcheck "$script" >>output 2>&1 || return
    done
}
if command -v shellcheck >/dev/null; then
    try checked 'shellcheck finds nothing'
fi

understood()
{
    for script in build/*/*/*.sh; do
        "$1" -n "$script" >>output 2>&1 || return
    done
}
for shell in bash dash; do
    command -v $shell >/dev/null && try "understood $shell" "$shell understands all scripts"
done

cat >isoed.yaml <<'END'
schema: 1
name: isoed
inherits: pbs-hydra
scheduler: {kind: pbs}
time: {remaining: {kind: command, value: pbs_left, parse: iso8601}}
END
cat >isoed.wfl <<'END'
campaign isoed
task t { time 1 min; run "true > {o}"; output o "o" }
site here profile "isoed" { nodes 2; walltime 2 h }
END
"$wflc" build -q isoed.wfl >>output 2>&1 || echo "# isoed cannot be built"

# --- job.sh at work ---

mkdir bin state
# A launcher that is told to end: it notes its arguments and the variable that is passed, and waits.
cat >bin/launcher <<'END'
#!/bin/sh
printf '%s\n' "$@" >"$STATE/args"
env >"$STATE/environment"
trap 'echo warned >>"$STATE/signals"; exit 4' USR2
echo $$ >"$STATE/launcher.new"
mv "$STATE/launcher.new" "$STATE/launcher"
n=0
while [ $n -lt 300 ]; do
    [ -n "${RC-}" ] && exit "$RC"
    sleep 0.1
    n=$((n + 1))
done
exit 99
END
chmod +x bin/launcher
for name in aprun jsrun mpiexec mpirun srun ibrun; do
    ln -s launcher bin/$name
done
cat >bin/scancel <<'END'
#!/bin/sh
[ "$*" = '--signal=USR2 77.0' ] && kill -USR2 "$(cat "$STATE/launcher")"
END
cat >bin/squeue <<'END'
#!/bin/sh
[ "$*" = '-h -j 77 -o %L' ] && echo "$ANSWER"
END
cat >bin/flux <<'END'
#!/bin/sh
case "$1 $2" in
'run '*) shift; exec launcher run "$@" ;;
'resource list') printf '3\n0\n0\n' ;;
'job timeleft') echo "$ANSWER" ;;
'job id') [ "$*" = 'job id --to=dec f5' ] && echo 205 ;;
'getattr parent-uri') [ "$FLUX_URI" = local:///own ] && echo local:///parent ;;
*) exit 1 ;;
esac
END
cat >bin/pbs_left <<'END'
#!/bin/sh
echo "$ANSWER"
END
cat >bin/bjobs <<'END'
#!/bin/sh
[ "$*" = '-noheader -o time_left 5' ] && echo "${ANSWER-}" | tr _ ' '
END
chmod +x bin/*
STATE=$here/state
printf 'n1\nn1\nn2\nn3\n' >pbs.nodes
printf 'batch4\nn1\nn1\nn2\nn3\n' >lsf.nodes
export STATE

# job SHELL SITE [VARIABLE=VALUE...]: what a job of the scheduler would see, and nothing else of it
job()
{
    shell=$1 site=$2
    shift 2
    rm -f state/*
    mkdir -p "build/$site/state/jobs"
    env -u USER "$@" "$shell" "build/$site/job.sh" >output 2>&1
}

# the arguments of the shim, as one line
shim()
{
    sed -n '/wfl-shim$/,$p' state/args | tr '\n' ' '
}

# until SECONDS: --until is so much later than now, within a minute
until_in()
{
    until=$(sed -n '/^--until$/{n;p;}' state/args)
    now=$(date +%s)
    [ $((until - now)) -gt $(($1 - 60)) ] && [ $((until - now)) -le "$1" ]
}

for shell in bash dash; do
    command -v $shell >/dev/null || continue

    slurm()
    {
        job "$shell" everywhere/cori_knl SLURM_JOB_ID=77 SLURM_JOB_NUM_NODES=3 RC=1 \
            ANSWER=1:00:00 SLURM_TIME_FORMAT=relative TZ=STD0DST-1,J60/2,J332/17:00
        [ $? = 1 ] && until_in 3600 && grep -qx -e --ntasks=3 state/args &&
            case $(shim) in
            "$here/build/everywhere/cori_knl/wfl-shim node $here/build/everywhere/cori_knl --rank-var \
SLURM_PROCID --size-var SLURM_NTASKS --nodes 3 --until $until --finish-by 180 --stop-starting 1800 --grace 30 --job 77 \
--node-var SLURMD_NODENAME ") ;;
            *) false ;;
            esac
    }
    try slurm "$shell: a job of Slurm starts the shims once, and keeps their exit code"

    no_answer()
    {
        job "$shell" everywhere/cori_knl SLURM_JOB_ID=77 SLURM_JOB_NUM_NODES=3 RC=0 ANSWER="${1-}" &&
            until_in 57600
    }
    try no_answer "$shell: without an answer, start and walltime tell the end"
    try 'no_answer UNLIMITED' "$shell: nor does an answer that is no time"
    try 'no_answer 0:00' "$shell: nor one that is over"

    # Of the shell that submitted it, srun is told nothing; of Slurm, all.
    hostile()
    {
        job "$shell" everywhere/cori_knl SLURM_JOB_ID=77 SLURM_JOB_NUM_NODES=3 RC=0 ANSWER= \
            SLURM_TIMELIMIT=1 SLURM_GPUS_PER_NODE=1 SLURM_GRES=gpu:1 SLURM_NTASKS=5 SLURM_MEM_PER_NODE=77 \
            SLURM_TASK_PROLOG=/x SLURMD_DEBUG=9 SRUN_EXPORT_ENV=NONE SBATCH_WAIT=1 SQUEUE_USERS=x \
            SLURM_CONF=/a/b SLURM_NODELIST=n1 SLURMD_NODENAME=n1 SLURM_SPANK_X=1 _SLURM_SPANK_OPTION_x=1 \
            SBATCH_ACCOUNT=a TWO="x
SLURM_X=y" || return
        grep -E '^_?(SBATCH|SLURM|SLURMD|SQUEUE|SRUN)_' state/environment | grep -v '^SLURM_X=' | LC_ALL=C sort >output
        [ "$(cut -d = -f 1 output | tr '\n' ' ')" = "SBATCH_ACCOUNT SLURMD_NODENAME SLURM_CONF \
SLURM_JOB_ID SLURM_JOB_NUM_NODES SLURM_NODELIST SLURM_SPANK_X _SLURM_SPANK_OPTION_x " ]
    }
    try hostile "$shell: variables of who submitted do not reach srun"
    iso()
    {
        job "$shell" isoed/here PBS_JOBID=5.pbs PBS_NODEFILE="$here/pbs.nodes" RC=0 ANSWER="$1" &&
            until_in "$2"
    }
    try "iso $(TZ=UTC date -d '+ 1 hour' +%Y-%m-%dT%H:%M:%SZ) 3600" "$shell: an end with its zone"
    try "iso $(TZ=STD3 date -d '+ 1 hour' +%Y-%m-%dT%H:%M:%S-03:00) 3600" "$shell: with another one"
    try "iso $(TZ=UTC date -d '+ 1 hour' +%Y-%m-%dT%H:%M:%S) 7200" \
        "$shell: without it is none, for it may come twice"

    cobalt()
    {
        end=$(($(date +%s) + 1000))
        job "$shell" everywhere/theta COBALT_JOBID=5 COBALT_PARTSIZE=3 COBALT_ENDTIME=$end RC=3
        [ $? = 3 ] && until_in 1000 && grep -qx WFL_NNODES=3 state/args
    }
    try cobalt "$shell: a job of Cobalt knows its end from its environment"

    pbs()
    {
        job "$shell" everywhere/polaris PBS_JOBID=5.pbs PBS_NODEFILE="$here/pbs.nodes" RC=0 &&
            until_in 21600 && grep -qx WFL_NNODES=3 state/args && grep -qx 5.pbs state/args
    }
    try pbs "$shell: a job of PBS counts its nodes"

    left()
    {
        job "$shell" launchers/hydra PBS_JOBID=5.pbs PBS_NODEFILE="$here/pbs.nodes" RC=0 ANSWER="$1" &&
            until_in "$2"
    }
    try 'left 1-02:03:04 93784' "$shell: days and a clock"
    try 'left 02:03:04 7384' "$shell: a clock"
    try 'left 03:04 184' "$shell: minutes and seconds"
    try 'left 1-02 93600' "$shell: days and hours"
    try 'left INVALID 720000' "$shell: no clock"

    # lsf_left ANSWER SECONDS
    lsf_left()
    {
        job "$shell" everywhere/lsfy LSB_JOBID=5 LSB_DJOB_HOSTFILE="$here/lsf.nodes" RC=0 ANSWER="$1" &&
            until_in "$2"
    }
    try 'lsf_left 0:50_L 3000' "$shell: what LSF made of -W"
    try 'lsf_left 12:09 43740' "$shell: or without a letter"
    try 'lsf_left - 5400' "$shell: LSF does not know it"

    lsf()
    {
        job "$shell" everywhere/summit LSB_JOBID=5 LSB_DJOB_HOSTFILE="$here/lsf.nodes" RC=0 &&
            until_in 43200 && [ "$(sed -n 2p state/args)" = 3 ] &&
            job "$shell" everywhere/lsfy LSB_JOBID=5 LSB_DJOB_HOSTFILE="$here/lsf.nodes" RC=0 &&
            [ "$(tr '\n' ' ' <build/everywhere/lsfy/state/jobs/5.hosts)" = 'n1 n2 n3 ' ]
    }
    try lsf "$shell: a job of LSF does not count its batch node"

    flux()
    {
        job "$shell" everywhere/fluxy FLUX_ENCLOSING_ID=f5 RC=0 ANSWER=500 && until_in 500 &&
            grep -qx -e -N3 state/args && [ "$(sed -n '/^--job$/{n;p;}' state/args)" = 205 ]
    }
    try flux "$shell: a job of Flux asks for what is left, and has one id"

    outside()
    {
        ! job "$shell" "$1" && grep -q 'submit.sh' output && [ ! -e state/args ]
    }
    for site in cori_knl theta polaris summit fluxy; do
        try "outside everywhere/$site" "$shell: outside of a job nothing starts on $site"
    done

    # warned SITE VARIABLE=VALUE...: USR1 to the script reaches the shims as USR2
    warned()
    {
        rm -f state/*
        (
            site=$1
            shift
            exec env "$@" "$shell" "build/everywhere/$site/job.sh" >output 2>&1
        ) &
        pid=$!
        waits=0
        while [ ! -e state/launcher ] && [ $waits -lt 200 ]; do
            sleep 0.1
            waits=$((waits + 1))
        done
        kill -TERM $pid # the end of the job: not the script's to act on
        sleep 0.2
        kill -USR1 $pid
        wait $pid
        [ $? = 4 ] && [ "$(cat state/signals)" = warned ]
    }
    try 'warned cori_knl SLURM_JOB_ID=77 SLURM_JOB_NUM_NODES=3 ANSWER=' \
        "$shell: Slurm's warning reaches the shims"
    try 'warned theta COBALT_JOBID=5 COBALT_PARTSIZE=3' "$shell: so does one of Cobalt"
    try "warned polaris PBS_JOBID=5 PBS_NODEFILE=$here/pbs.nodes" "$shell: and of PBS"
    try "warned summit LSB_JOBID=5 LSB_DJOB_HOSTFILE=$here/lsf.nodes" "$shell: and of LSF"
done

# --- submit.sh and cancel.sh ---

cat >bin/sbatch <<'END'
#!/bin/sh
for arg; do printf '%s\n' "$arg"; done >"$STATE/submit"
cat >>"$STATE/submit"
END
ln -s sbatch bin/qsub
ln -s sbatch bin/bsub
cat >bin/qdel <<'END'
#!/bin/sh
echo "$@" >>"$STATE/cancel"
END
chmod +x bin/*

submit()
{
    rm -rf state/* "build/everywhere/$1/state"
    site=$1
    shift
    (cd / && "$here/build/everywhere/$site/submit.sh" "$@") </dev/null >output 2>&1 &&
        [ -d "build/everywhere/$site/state/jobs" ]
}
slurm_submit()
{
    submit cori_knl --dependency=afterany:7 &&
        [ "$(tr '\n' ' ' <state/submit)" = '--parsable --dependency=afterany:7 job.sh ' ]
}
try slurm_submit 'submit.sh makes the folder for output and passes options on'
lsf_submit()
{
    submit lsfy && cmp -s state/submit build/everywhere/lsfy/job.sh &&
        submit summit && [ "$(cat state/submit)" = job.sh ]
}
try lsf_submit 'bsub reads the script from its input, but not on Summit'
cobalt_submit()
{
    submit theta && script=$(cat state/submit) && [ -x "$script" ] &&
        cmp -s "$script" build/everywhere/theta/job.sh && [ "$script" != job.sh ]
}
try cobalt_submit 'Cobalt is given a script that stays'
cancel()
{
    build/everywhere/polaris/cancel.sh 1.pbs 2.pbs && [ "$(cat state/cancel)" = '1.pbs
2.pbs' ]
}
try cancel 'cancel.sh cancels each job'
no_id()
{
    build/everywhere/polaris/cancel.sh 2>output
    [ $? = 2 ] && grep -q usage output
}
try no_id 'and wants to know which'

# A site where jobs may submit others.
cat >chained.yaml <<'END'
schema: 1
name: chained
inherits: test-slurm
scheduler: {kind: slurm, submit_from_jobs: true}
END
cat >chained.wfl <<'END'
campaign chained
task t for i in 1 .. 2 { time 1 min; run "true > {o}"; output o "{i}" }
site here profile "chained" { nodes 2; walltime 10 min }
END
chained()
{
    # shellcheck disable=SC2016 # the script's variables
    "$wflc" build -q chained.wfl >output 2>&1 &&
        grep -q '/wflc submit --ending "$id" "$here"$' build/chained/here/job.sh &&
        { ! command -v shellcheck >/dev/null || shellcheck build/chained/here/job.sh >>output; }
}
try chained 'a job fills the queue up again as it ends, where it may'

# A job of Flux is an instance of its own: others are submitted to the one that has it.
sed -e 's/^inherits.*//' -e 's/kind: slurm/kind: flux/' chained.yaml >fluxed.yaml
cat >>fluxed.yaml <<'END'
nodes: {cores: 4, memory_gib: 8}
END
sed -i 's/name: chained/name: fluxed/' fluxed.yaml
sed 's/chained/fluxed/' chained.wfl >fluxed.wfl
parent()
{
    "$wflc" build -q fluxed.wfl >output 2>&1 &&
        sed -i "s|^\(.*&& \)[^ ]*/wflc submit|\1env >$here/state/env; : submit|" build/fluxed/here/job.sh &&
        job bash fluxed/here FLUX_ENCLOSING_ID=f5 FLUX_URI=local:///own RC=0 ANSWER=500 &&
        grep -qx FLUX_URI=local:///parent state/env &&
        ! job bash fluxed/here FLUX_ENCLOSING_ID=f5 FLUX_URI=local:///other RC=9 ANSWER=500 && [ ! -e state/env ]
}
try parent 'a job of Flux submits to the instance that has it, and to no other'

echo "1..$n"
