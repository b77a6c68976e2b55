# shellcheck shell=sh disable=SC2034
# What the tests of submit, queue and cancel share: to be read with `.`. Schedulers that cannot be
# installed here, and crashes and limits of those that can, are played by small programs in bin/,
# which log how they are called; Slurm itself is in tests/slurm.
: "${top_builddir:?is set by make check}" "${top_srcdir:?is set by make check}"
wflc=$(cd "$top_builddir" && pwd)/wflc
shim=$(cd "$top_builddir" && pwd)/wfl-shim
mkplan=$(cd "$top_builddir" && pwd)/tests/shell/mkplan
source=$(cd "$top_srcdir" && pwd)
. "$source/tests/shell/verdict_lib.sh"
tmp=$(pwd -P) # as wflc shows it
export HOME="$tmp" XDG_CACHE_HOME="$tmp/cache"
mkdir bin
PATH=$tmp/bin:$PATH
export PATH tmp

# program NAME (script on stdin): a program of the scheduler
program()
{
    { echo '#!/bin/sh' && cat; } >"bin/$1" && chmod +x "bin/$1"
}

# campaign KIND TASKS JOBS [QUEUE]: build/demo/site, whose tasks fail until there is a file `go`; in one
# shard, or $shards of them
campaign()
{
    rm -rf build cache calls inqueue polls
    "$mkplan" build/demo/site/campaign.wflp <<END || exit 99
jobs $3 2 3600
shards ${shards:-1}
family t $2
sh test -e $tmp/go
END
    cat >build/demo/site/site.yaml <<END
schema: 1
name: site
scheduler: {kind: $1, poll_s: 1}
nodes: {cores: 4, memory_gib: 8}
launch: {rank_var: RANK, size_var: SIZE, size_from: env}
queues:
  - {name: main, max_walltime: "02:00:00"${4:+, $4}}
END
    tag='#SBATCH --partition=main'
    case $1 in
    cobalt) tag='#COBALT -n 2 -t 60 -q main' ;;
    pbs) tag='#PBS -q main' ;;
    lsf) tag='#BSUB -q main' ;;
    flux) tag='# flux: --queue=main' ;;
    esac
    printf '%s\n' '#!/bin/sh' "$tag" 'exit 0' >build/demo/site/job.sh
    chmod +x build/demo/site/job.sh
    : >inqueue
    : >calls
    : >polls
}

# gives CODE WHAT COMMAND...: the command exits with CODE; its output is in `output`.
gives()
{
    code=$1
    what=$2
    shift 2
    "$@" >output 2>&1
    got=$?
    [ $got = "$code" ] || echo "# exit $got, wanted $code"
    [ $got = "$code" ]
    verdict $? "$what"
}

has()
{
    grep -qe "$2" output
    verdict $? "$1"
}

# holds WHAT FILE N: the file has N lines
holds()
{
    [ "$(wc -l <"$2")" -eq "$3" ] || { echo "# $2 has:" && sed 's/^/# /' "$2"; }
    [ "$(wc -l <"$2")" -eq "$3" ]
    verdict $? "$1"
}

# poll SECONDS: the scheduler may be asked so often
poll()
{
    sed -i "s/poll_s: [0-9]*/poll_s: $1/" build/demo/site/site.yaml
}

# later: the answer that is kept is too old, and jobs are old enough to be missed
later()
{
    sleep 1.1
}

# fresh: the scheduler is asked at once
fresh()
{
    rm -rf cache
}
