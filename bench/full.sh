#!/bin/sh
# How full one node becomes when the sensors of a visit share a process and take different times; see
# README.md.
set -eu

visits=${BENCH_VISITS:-8}
sensors=${BENCH_SENSORS:-189}
median=${BENCH_MEDIAN:-1.4} # seconds
rounds=${BENCH_ROUNDS:-1}
spreads=${BENCH_SPREADS:-1.6 4} # p95 / p50
slots=33

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

# The least time in which the node can do it: all its slots full, or its longest task.
bound()
{
    awk -F, -v slots=$slots 'NR > 1 { sum += $3; longest = $3 > longest ? $3 : longest }
        END { printf "%.1f\n", (sum / slots > longest ? sum / slots : longest) }' work.csv
}

cat >draw <<'END'
#!/bin/sh
sleep "$1" && echo drawn >"$2"
END
# the sensors of a visit, side by side: their times, their outputs
cat >draw_all <<'END'
#!/bin/sh
outputs=$2
for seconds in $1; do
    ./draw "$seconds" "${outputs%% *}" &
    outputs=${outputs#* }
done
wait
END
chmod +x draw draw_all

# What there is to compare: a process for each sensor, which holds a visit's memory each; the visits' processes.
commands()
{
    case $1 in
    apart) echo '    run "./draw {w.seconds} {image}"' ;;
    bundle)
        echo '    bundle by v'
        echo '    run "./draw_all {bundle.join(w.seconds, " ")} {bundle.join(image, " ")}"'
        ;;
    esac
}

# campaign KIND: plan and scripts, in KIND/
campaign()
{
    mkdir "$1"
    cp work.csv draw draw_all "$1"
    cat >"$1/full.wfl" <<END
campaign full
table work from csv "work.csv"
set visit = 1 .. $visits
task draw for v in visit, w in work where w.v == v {
    memory { container 0 GB; v 10 GB; sensor 2 GB }
    time   $median s
$(commands "$1")
    output image "out/{v}/{w.s}"
}
END
    (cd "$1" && "$wflc" build full.wfl >build.log 2>&1) || {
        cat "$1/build.log" >&2
        exit 1
    }
}

# Seconds of one run from the start.
once()
{
    rm -rf "$1/build/full/local/state" "$1/out"
    from=$(date +%s%N)
    (cd "$1" && "$shim" run --cores $slots --memory 76000000000 build/full/local >run.log 2>&1) || {
        cat "$1/run.log" >&2
        exit 1
    }
    echo "$(date +%s%N) $from" | awk '{ print ($1 - $2) / 1e9 }'
}

for spread in $spreads; do
    rm -rf apart bundle
    work "$spread" 20280707 >work.csv
    least=$(bound)
    echo "$visits visits x $sensors sensors, p95/p50 = $spread, $slots cores, 76 GB: the node could be done in $least s"
    for kind in ${BENCH_SECTIONS:-apart bundle}; do
        campaign "$kind"
        for _ in $(seq "$rounds"); do
            seconds=$(once "$kind")
            awk -v kind="$kind" -v s="$seconds" -v least="$least" \
                'BEGIN { printf "  %-8s %7.1f s   %.3f of the bound\n", kind, s, least / s }'
        done
    done
done
