#!/bin/sh
# A Slurm cluster of one's own on this machine: munged, slurmctld and some slurmd, with all their
# files in one folder. Needs the Debian packages munge, slurm-client, slurmctld and slurmd, but no
# service of theirs. Any user may start one, and several do not get in each other's way.
#
#   cluster.sh start DIR [-n NODES] [-w PID] [LINE...]
#   cluster.sh lose DIR NODE
#   cluster.sh stop DIR
#
# start: makes DIR and returns when jobs can be submitted. There are NODES nodes, 4 unless said,
#   named node1, node2, ...; each claims two cores and 2 GiB, whatever the machine has. The cluster stops
#   by itself when process PID ends. Each LINE is added to slurm.conf; `Include FILE` is one.
# lose: NODE is dead from now on, with all that runs on it, as if its power had failed.
# stop: ends all of it, jobs included, and removes what start made.
# Exit codes: 0 all is well; 1 the cluster does not start, and the logs on stderr say why; 2 wrong use;
# 77 Slurm is not installed.
#
# To try things as a user would:
#
#   tests/slurm/cluster.sh start /tmp/slurm "Include $PWD/tests/slurm/partitions.conf"
#   . /tmp/slurm/env                # from now on sinfo, sbatch and wflc submit mean this cluster
#   wflc build --site test-slurm my.wfl
#   tests/slurm/cluster.sh stop /tmp/slurm
# shellcheck disable=SC2046,SC2086 # lists of process ids, and paths without blanks
set -eu
PATH=$PATH:/usr/sbin:/sbin

fail()
{
    code=$1
    shift
    printf 'cluster.sh: %s\n' "$*" >&2
    exit "$code"
}

usage()
{
    fail 2 "usage: cluster.sh start DIR [-n NODES] [-w PID] [LINE...] | lose DIR NODE | stop DIR"
}

# holding NAME=VALUE [PID...]: those processes (of all, unless named) with this in their environment.
# A process that has ended holds nothing.
holding()
{
    what=$1
    shift
    if [ $# -eq 0 ]; then
        set -- /proc/[0-9]*/environ
    else
        set -- $(printf '/proc/%s/environ ' "$@")
    fi
    grep -lszxF -e "$what" "$@" | cut -d / -f 3 || true
}

# tasks [NODE]: what jobs run, on that node or on any. (Whoever has read DIR/env has SLURM_CONF, too.)
tasks()
{
    set -- "${1-}" $(holding "SLURM_CONF=$dir/slurm.conf")
    node=$1
    shift
    [ $# -gt 0 ] || return 0
    if [ -n "$node" ]; then
        holding "SLURMD_NODENAME=$node" "$@"
    else
        grep -lsz '^SLURMD_NODENAME=' $(printf '/proc/%s/environ ' "$@") | cut -d / -f 3
    fi
}

# steps PID...: the slurmstepd that are parents of these processes
steps()
{
    for pid; do
        parent=$(sed -n 's/^PPid:[^0-9]*//p' "/proc/$pid/status" 2>/dev/null) &&
            grep -qsx slurmstepd "/proc/$parent/comm" && echo "$parent"
    done
    return 0
}

# end_now PID...: no handler runs, and nobody is left to tell of the others' end.
end_now()
{
    [ $# -eq 0 ] || kill -9 "$@" 2>/dev/null || true
}

# in_use FIRST COUNT: somebody listens on one of these ports, or has used it just now.
in_use()
{
    port=$1
    while [ "$port" -lt $(($1 + $2)) ]; do
        cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
            grep -qi "^ *[0-9]*: [0-9A-F]*:$(printf %04X "$port") " && return
        port=$((port + 1))
    done
    return 1
}

# daemon NAME COMMAND...: every daemon is known by the variables that it gets here.
daemon()
{
    name=$1
    shift
    env WFL_CLUSTER="$dir" WFL_CLUSTER_NODE="$name" SLURM_CONF="$dir/slurm.conf" \
        "$@" </dev/null >>"$dir/log/$name.out" 2>&1 &
}

configure()
{
    cat <<END
ClusterName=wfl
SlurmctldHost=$(uname -n | cut -d. -f1)(127.0.0.1)
SlurmctldPort=$port0
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$dir/run/munge
CredType=cred/munge
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool/%n
SlurmctldPidFile=$dir/run/slurmctld.pid
SlurmdPidFile=$dir/run/%n.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/%n.log
MailProg=/bin/true
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$dir/log/jobs
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
# the nodes have what is said here, not what the machine has
SlurmdParameters=config_overrides
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,sched_interval=2,bf_interval=2
# jobs that a partition can never run are refused when they are submitted
EnforcePartLimits=ALL
JobRequeue=0
OverTimeLimit=0
KillWait=5
SlurmdTimeout=20
ReturnToService=2
NodeName=node[1-$nodes] NodeHostname=localhost NodeAddr=127.0.0.1 Port=[$((port0 + 1))-$((port0 + nodes))] CPUs=2 CoresPerSocket=2 RealMemory=2048
PartitionName=main Nodes=node[1-$nodes] Default=YES MaxTime=60 OverSubscribe=EXCLUSIVE
PartitionName=short Nodes=node[1-$nodes] MaxNodes=2 MaxTime=2 OverSubscribe=EXCLUSIVE
END
    [ $# -eq 0 ] || printf '%s\n' "$@"
}

# ready: waits for all daemons and nodes; fails if one has ended, or after half a minute.
ready()
{
    tries=0
    while [ $tries -lt 150 ]; do
        sleep 0.2
        idle=$(SLURM_CONF=$dir/slurm.conf sinfo -h -p main -t idle -o %D 2>/dev/null) || idle=0
        [ "$idle" != "$nodes" ] || return 0
        # 2: munged and slurmctld
        [ "$(holding "WFL_CLUSTER=$dir" | wc -l)" -ge $((nodes + 2)) ] || return 1
        tries=$((tries + 1))
    done
    return 1
}

start_daemons()
{
    end_now $(holding "WFL_CLUSTER=$dir")
    rm -rf "$dir/run" "$dir/log" "$dir/state" "$dir/spool"
    mkdir "$dir/run" "$dir/log" "$dir/state" "$dir/spool"
    configure "$@" >"$dir/slurm.conf"
    (umask 077 && head -c 1024 /dev/urandom >"$dir/run/key")
    # --force: it wants a socket that all users of the machine reach, and this one is ours alone
    daemon munged munged --foreground --force --socket="$dir/run/munge" --key-file="$dir/run/key" \
        --pid-file="$dir/run/munged.pid" --seed-file="$dir/run/seed"
    tries=0
    until [ -S "$dir/run/munge" ] || [ $tries -ge 100 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    [ -S "$dir/run/munge" ] || return 1
    daemon slurmctld slurmctld -D
    i=1
    while [ $i -le "$nodes" ]; do
        mkdir "$dir/spool/node$i"
        daemon "node$i" slurmd -D -N "node$i"
        i=$((i + 1))
    done
    ready
}

start()
{
    nodes=4
    watched=
    while getopts n:w: option; do
        case $option in
        n) nodes=$OPTARG ;;
        w) watched=$OPTARG ;;
        *) usage ;;
        esac
    done
    shift $((OPTIND - 1))
    for program in munged slurmctld slurmd sbatch srun; do
        command -v $program >/dev/null || fail 77 "$program is not installed"
    done
    mkdir "$dir" || fail 2 "choose a folder that does not exist yet"
    trap 'stop; exit 1' HUP INT TERM
    echo "export SLURM_CONF='$dir/slurm.conf'" >"$dir/env"
    # below the ports that the system gives to everybody
    port0=$((20000 + $$ * 97 % 11000))
    attempt=1
    until { ! in_use $port0 $((nodes + 1)) && start_daemons "$@"; }; do
        if [ $attempt -lt 5 ] && { [ ! -d "$dir/log" ] || grep -qsi 'already in use' "$dir"/log/*; }; then
            attempt=$((attempt + 1))
            port0=$((20000 + (port0 + 997) % 11000))
            continue
        fi
        for log in "$dir"/log/*.out; do
            echo "--- $log"
            # Debian's Slurm comes without this one, and complains at each start
            grep -v pmix "$log" | tail -n 10
        done >&2
        stop
        fail 1 "the cluster does not start; its logs are above"
    done
    [ -z "$watched" ] || (
        while kill -0 "$watched" 2>/dev/null && [ -e "$dir/env" ]; do
            sleep 1
        done
        stop
    ) </dev/null >/dev/null 2>&1 &
}

stop()
{
    [ -e "$dir/env" ] || return 0
    end_now $(holding "WFL_CLUSTER=$dir")
    # with no daemon left, nothing starts what was not there a moment ago
    pids=$(tasks)
    end_now $(steps $pids) $pids
    rm -rf "$dir/run" "$dir/log" "$dir/state" "$dir/spool" "$dir/slurm.conf" "$dir/env"
    rmdir "$dir" 2>/dev/null || true
}

lose()
{
    [ -d "$dir/spool/$1" ] || fail 2 "there is no $1"
    pids=$(tasks "$1")
    end_now $(holding "WFL_CLUSTER_NODE=$1" $(holding "WFL_CLUSTER=$dir")) $(steps $pids) $pids
}

[ $# -ge 2 ] || usage
command=$1
case $2 in
/*) dir=$2 ;;
*) dir=$(pwd)/$2 ;;
esac
shift 2
case $dir in
*[!a-zA-Z0-9/._-]*) fail 2 "choose a folder without blanks and special characters: $dir" ;;
esac
[ ${#dir} -le 80 ] || fail 2 "choose a shorter name, for the sockets in it: $dir"
case $command:$# in
start:*) start "$@" ;;
lose:1) lose "$1" ;;
stop:0) stop ;;
*) usage ;;
esac
