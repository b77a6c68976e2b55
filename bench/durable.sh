#!/bin/sh
# What it costs that outputs are on the disk before the record calls their tasks done; see README.md.
set -eu

n=${BENCH_N:-5000}
rounds=${BENCH_ROUNDS:-5}
slots=2
options=${BENCH_SHIM_OPTIONS:-} # of one more contender, e.g. one that takes risks

writes=${top_builddir:?}/bench/writes
wflc=$top_builddir/wflc
shim=$top_builddir/wfl-shim
tmp=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/durable.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
cd "$tmp"

kind=$(stat -f -c %T .)
case $kind in
tmpfs | ramfs) echo "$tmp is in memory ($kind), where nothing has to be synced: BENCH_DIR=FOLDER names one on a disk" ;;
esac

cat >durable.wfl <<END
campaign durable
set i = 1 .. $n
task t for i in i {
    memory 1 MB
    run ["$writes", "one", "{o}"]
    output o "out/{i}"
}
END
"$wflc" build durable.wfl >build.log 2>&1 || {
    cat build.log >&2
    exit 1
}

contender()
{
    case $1 in
    none | sync) "$writes" loop "$n" $slots "$1" out ;;
    *)
        # shellcheck disable=SC2086 # its options are words
        "$shim" run --cores $slots ${1#wfl-shim} build/durable/local
        ;;
    esac
}

# fresh: forgets what an earlier round left, which is on the disk by then
fresh()
{
    rm -rf out build/durable/local/state
    mkdir out
    sync -f .
}

# Nanoseconds of a command.
clock()
{
    from=$(date +%s%N)
    "$@" >&2
    echo $(($(date +%s%N) - from))
}

median()
{
    sort -n | awk '{ x[NR] = $1 } END { print NR % 2 ? x[(NR + 1) / 2] : (x[NR / 2] + x[NR / 2 + 1]) / 2 }'
}

{
    printf 'none\nsync\nwfl-shim\n'
    [ -z "$options" ] || echo "wfl-shim $options"
} >names
for round in $(seq "$rounds"); do
    while read -r name <&3; do
        fresh
        ns=$(clock contender "$name" 2>err) || {
            cat err >&2
            exit 1
        }
        [ "$(find out -type f -size 4096c | wc -l)" -eq "$n" ] || {
            echo "$name: not all outputs are there" >&2
            exit 1
        }
        printf '%s\t%s\t%s\n' "$round" "$name" "$ns" >>rounds.txt
    done 3<names
done

# ratios NAME OTHER: of the rates, round by round
ratios()
{
    awk -F '\t' -v name="$1" -v other="$2" '
        $2 == other { ns[$1] = $3 }
        $2 == name { mine[$1] = $3 }
        END { for (i in mine) print ns[i] / mine[i] }' rounds.txt | sort -n
}

echo "$n tasks that write 4 KiB each, $slots slots, $kind: medians of $rounds rounds (lowest .. highest)"
printf '  %-24s %8s  %-24s %s\n' '' tasks/s 'to the loop: no sync' 'fsync of file and folder'
while read -r name; do
    rate=$(awk -F '\t' -v name="$name" -v n="$n" '$2 == name { print n / $3 * 1e9 }' rounds.txt | median)
    printf '  %-24s %8.0f' "$name" "$rate"
    for other in none sync; do
        ratios "$name" $other >ratios.txt
        printf '  %6.3f (%.3f .. %.3f)' "$(median <ratios.txt)" "$(head -n 1 ratios.txt)" "$(tail -n 1 ratios.txt)"
    done
    echo
done <names
