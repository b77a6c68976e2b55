#!/bin/sh
# How full nodes become when the sensors of a visit share a process and take different times; see README.md.
set -eu

visits=${BENCH_VISITS:-8}
sensors=${BENCH_SENSORS:-189}
median=${BENCH_MEDIAN:-1.4} # seconds
rounds=${BENCH_ROUNDS:-1}
spreads=${BENCH_SPREADS:-1.6 4} # p95 / p50
slots=33
nodes=${BENCH_NODES:-1} # that share the work, shard by shard

wflc=${top_builddir:?}/wflc
shim=$top_builddir/wfl-shim
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
cd "$tmp"

# The table of run times: lognormal, by a generator that is the same everywhere.
work()
{
    awk -v visits="$visits" -v sensors="$sensors" -v median="$median" -v spread="$1" -v x="$2" '
        function uniform() {
            x = (x * 16807) % 2147483647
            return x / 2147483647
        }
        BEGIN {
            sigma = log(spread) / 1.6448536
            print "v,s,seconds"
            for (v = 1; v <= visits; v++)
                for (s = 1; s <= sensors; s++) {
                    z = sqrt(-2 * log(uniform()))
                    z *= cos(6.28318530718 * uniform())
                    printf "%d,%d,%.3f\n", v, s, median * exp(sigma * z)
                }
        }'
}

# The least time in which the nodes can do it: all their slots full, or the longest task.
bound()
{
    awk -F, -v slots=$((slots * nodes)) 'NR > 1 { sum += $3; longest = $3 > longest ? $3 : longest }
        END { printf "%.1f\n", (sum / slots > longest ? sum / slots : longest) }' work.csv
}

# What there is to compare: a process for each sensor, which holds a visit's memory each; the visits' processes.
commands()
{
    case $1 in
    apart | slim) echo '    run "./sensors {w.seconds} {image}"' ;;
    bundle | planned)
        echo '    bundle by v'
        echo '    run "./sensors {bundle.join(w.seconds, " ")} {bundle.join(image, " ")}"'
        ;;
    fed | timed)
        echo '    bundle by v'
        echo '    feed "{w.seconds} {image}"'
        echo '    run "./sensors"'
        ;;
    esac
}

# The sensors of a visit have its memory in common, or each a little of its own.
memory()
{
    case $1 in
    slim) echo '    memory 2 GB' ;;
    *) echo '    memory { container 0 GB; v 10 GB; sensor 2 GB }' ;;
    esac
}

# What is said of their times.
expected()
{
    case $1 in
    timed | planned) echo '    time w.seconds * 1 s' ;;
    *) echo "    time $median s" ;;
    esac
}

# The nodes, as a site has them.
profile()
{
    cat <<END
schema: 1
name: full
scheduler: {kind: slurm, queue_via: partition}
nodes: {count: $nodes, cores: $slots, memory_gib: 71, memory_reserve_gib: 0}
queues:
  - {name: main, max_nodes: $nodes, max_walltime: "08:00:00", default: true}
END
}

# campaign KIND: plan and scripts, in KIND/
campaign()
{
    mkdir "$1"
    cp work.csv "$top_builddir/bench/sensors" "$1"
    profile >"$1/full.yaml"
    cat >"$1/full.wfl" <<END
campaign full
table work from csv "work.csv"
set visit = 1 .. $visits
task draw for v in visit, w in work where w.v == v {
$(memory "$1")
$(expected "$1")
$(commands "$1")
    output image "out/{v}/{w.s}"
}
site full profile "full" { nodes $nodes .. $nodes; walltime 8 h }
END
    (cd "$1" && "$wflc" build --site full full.wfl >build.log 2>&1) || {
        cat "$1/build.log" >&2
        exit 1
    }
}

# Seconds of one run from the start.
once()
{
    rm -rf "$1/build/full/full/state" "$1/out"
    from=$(date +%s%N)
    if [ "$nodes" = 1 ]; then
        (cd "$1" && "$shim" run --cores $slots --memory 76000000000 build/full/full >run.log 2>&1) || {
            cat "$1/run.log" >&2
            exit 1
        }
        echo "$(date +%s%N) $from" | awk '{ print ($1 - $2) / 1e9 }'
        return
    fi
    pids=
    for rank in $(seq 0 $((nodes - 1))); do
        (cd "$1" && RANK=$rank SIZE=$nodes exec "$shim" node build/full/full --nodes "$nodes" --rank-var RANK --size-var SIZE \
            --node "node$rank" --cores $slots --memory 76000000000 >"run$rank.log" 2>&1) &
        pids="$pids $!"
    done
    for pid in $pids; do
        wait "$pid" || {
            cat "$1"/run*.log >&2
            exit 1
        }
    done
    echo "$(date +%s%N) $from" | awk '{ print ($1 - $2) / 1e9 }'
}

for spread in $spreads; do
    rm -rf apart slim bundle planned fed timed
    work "$spread" 20280707 >work.csv
    least=$(bound)
    echo "$visits visits x $sensors sensors, p95/p50 = $spread, $nodes x $slots cores, 76 GB: could be done in $least s"
    for kind in ${BENCH_SECTIONS:-apart bundle planned fed timed}; do
        campaign "$kind"
        for _ in $(seq "$rounds"); do
            seconds=$(once "$kind")
            awk -v kind="$kind" -v s="$seconds" -v least="$least" \
                'BEGIN { printf "  %-8s %7.1f s   %.3f of the bound\n", kind, s, least / s }'
        done
    done
done
