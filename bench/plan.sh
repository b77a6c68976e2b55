#!/bin/sh
# How long it takes to know what to do: wflc build of large campaigns, and beside make and
# snakemake; see README.md.
set -eu

rounds=${BENCH_ROUNDS:-5}
sections=${BENCH_SECTIONS:-irf drp compare growth jobs}
most=${BENCH_MOST:-1000000}         # tasks beside make
snakes=${BENCH_SNAKES:-10000 100000} # tasks beside snakemake: it takes minutes for more

here=$(cd "${top_srcdir:?}/bench" && pwd)
measure=${top_builddir:?}/bench/measure
overlaps=$top_builddir/bench/overlaps
wflc=$top_builddir/wflc
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
cd "$tmp"

have()
{
    command -v "$1" >/dev/null
}

# median FILE COLUMN
median()
{
    sort -n -k "$2,$2" "$1" |
        awk -v c="$2" '{ v[NR] = $c } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# note NAME COMMAND...: one measurement of it, appended to NAME.times.
note()
{
    name=$1
    shift
    "$measure" "$@" >>"$name.times" 2>"$name.log" || {
        cat "$name.log" >&2
        exit 1
    }
}

# big NAME SECONDS MB: builds NAME.wfl some times and tells what it cost, beside what is allowed.
big()
{
    i=0
    rm -f "$1.times"
    while [ $i -lt "$rounds" ]; do
        rm -rf build
        note "$1" "$wflc" build -q "$1.wfl"
        i=$((i + 1))
    done
    dir=$(echo build/*/local)
    printf '%-10s %10s tasks  %7.3f s (at most %s)  %6.1f MB (at most %s)  plan %.1f MB  %s files\n' \
        "$1" "$("$wflc" status --json "$dir" | sed -n 's/.*"tasks": {"total": \([0-9]*\).*/\1/p')" \
        "$(median "$1.times" 1)" "$2" "$(median "$1.times" 2)" "$3" \
        "$(wc -c <"$dir/campaign.wflp" | awk '{ print $1 / 1e6 }')" \
        "$(find build -type f | wc -l)"
}

cat >wflc.sh <<END
set -e
rm -rf build
'$wflc' build -q fan.wfl
'$wflc' status build/fan/local
END

# --- the same work for all: N tasks that make a file each, and one that needs all of them ---

# fan FOLDER N
fan()
{
    mkdir "$1"
    cat >"$1/fan.wfl" <<END
campaign fan
set n = 1 .. $2
task work for i in n {
    run "echo {i} > {part}"
    output part "out/{i}.txt"
}
task gather needs work {
    run "cat {work.part:list} > {all}"
    output all "all.txt"
}
END
    cat >"$1/Makefile" <<END
PARTS := \$(patsubst %,out/%.txt,\$(shell seq $2))
all.txt: \$(PARTS)
	cat \$(PARTS) > \$@
out/%.txt:
	echo \$* > \$@
END
    cat >"$1/Snakefile" <<END
PARTS = expand("out/{i}.txt", i=range(1, $2 + 1))
rule gather:
    input: PARTS
    output: "all.txt"
    shell: "cat out/*.txt > {output}"
rule work:
    output: "out/{i}.txt"
    shell: "echo {wildcards.i} > {output}"
END
}

# plan TOOL FOLDER: from its text to knowing which tasks would run, none of them being done.
plan()
{
    case $1 in
    wflc) note "$2.$1" sh ../wflc.sh ;;
    make) note "$2.$1" make -n ;;
    snakemake) note "$2.$1" snakemake -n --quiet -j 1 ;;
    esac
}

# row TOOL N FOLDER: its medians, and how often ours goes into them.
row()
{
    printf '%9s  %-9s %9.3f s %8.1f MB   %s\n' "$2" "$1" "$(median "$3.$1.times" 1)" \
        "$(median "$3.$1.times" 2)" \
        "$(echo "$(median "$3.$1.times" 1) $(median "$3.wflc.times" 1)" | awk '{ printf "x %.0f", $1 / $2 }')"
}

compare()
{
    echo "N tasks, and one that needs all of them: from the text to knowing what would run"
    for n in 10000 100000 1000000; do
        [ "$n" -le "$most" ] || continue
        fan "fan$n" "$n"
        tools='wflc make'
        case " $snakes " in
        *" $n "*) if have snakemake; then tools="$tools snakemake"; fi ;;
        esac
        cd "fan$n"
        i=0
        while [ $i -lt "$rounds" ]; do
            for tool in $tools; do
                # once is enough for what takes so long
                if [ "$tool" != snakemake ] || [ $i = 0 ]; then
                    plan "$tool" "../fan$n"
                fi
            done
            i=$((i + 1))
        done
        cd ..
        for tool in $tools; do
            row "$tool" "$n" "fan$n"
        done
    done
    have snakemake || echo "(snakemake is not installed)"
}

# --- growth ---

# A table of N rows, a task for each, one for each ten of them, joined; nothing in it is arithmetic.
rows()
{
    mkdir "rows$1"
    awk -v n="$1" 'BEGIN {
        print "visit,detector,patch,band"
        for (i = 0; i < n; i++)
            print 1000 + int(i / 100) "," i % 100 "," int(i / 10) "," substr("ugrizy", i % 6 + 1, 1)
    }' >"rows$1/seen.csv"
    cat >"rows$1/rows.wfl" <<'END'
campaign rows
table seen from csv "seen.csv"
task image for s in distinct seen(visit, detector) where s.detector != 50 {
    run "true {s.visit} {s.detector}"
    output "image/{s.visit}/{s.detector}.fits"
}
task patch for p in distinct seen(patch) needs image via seen {
    run "true {p.patch}"
    output "patch/{p.patch}.fits"
}
END
}

sweep()
{
    mkdir "sweep$1"
    cat >"sweep$1/sweep.wfl" <<END
campaign sweep
set a = 1 .. $(($1 / 100))
set b = 1 .. 100
task first for i in a, k in b {
    run "true {i} {k}"
    output "first/{i}/{k}"
}
END
}

growth()
{
    echo "ten times the tasks: a product of two sets (sweep), rows of a table joined with others (rows)"
    for kind in sweep rows; do
        before=
        for n in 10000 100000 1000000 10000000; do
            if [ "$kind$n" = rows10000000 ] || [ "$n" -gt $((most * 10)) ]; then
                continue
            fi
            $kind $n
            cd $kind$n
            i=0
            while [ $i -lt "$rounds" ]; do
                rm -rf build
                note ../$kind$n "$wflc" build -q $kind.wfl
                i=$((i + 1))
            done
            cd ..
            t=$(median $kind$n.times 1)
            printf '%9s  %-6s %9.4f s %8.1f MB   %s\n' $n $kind "$t" "$(median $kind$n.times 2)" \
                "$(echo "$t ${before:-0}" | awk '{ if ($2) printf "x %.1f", $1 / $2 }')"
            before=$t
        done
    done
}

# --- jobs ---

# asked SITE FILE: node-hours that are asked for, and those of the fewest nodes that hold all tasks of 12 h.
asked()
{
    "$wflc" plan -W no-all --json --site "$1" "$2" >plan.json
    sed -n 's/.*"node_hours_asked": \([0-9.]*\).*/\1/p' plan.json
    sed -n 's/.*"at_least": \([0-9]*\).*/\1/p' plan.json | awk '{ print 12 * $1 }'
}

jobs()
{
    echo "DC2's first year: node-hours that jobs ask for, and those of the work, packed at the bound"
    dc2=${here%/*}/examples/dc2
    sed "s:{here}:$dc2:; s/walltime [0-9]* h \.\. /walltime /" "$dc2/dc2.wfl" >longest.wfl
    for site in cori theta; do
        i=0
        while [ $i -lt "$rounds" ]; do
            note "jobs.$site" "$wflc" plan -W no-all --site $site "$dc2/dc2.wfl"
            i=$((i + 1))
        done
        # shellcheck disable=SC2046 # two numbers each
        set -- $(asked $site "$dc2/dc2.wfl") $(asked $site longest.wfl)
        printf '%-6s %8.0f of %8.0f: %s (at most 1.07); the longest walltime alone: %s; plan %.3f s (at most 0.2)\n' \
            $site "$1" "$2" "$(echo "$1 $2" | awk '{ printf "%.3f", $1 / $2 }')" \
            "$(echo "$3 $4" | awk '{ printf "%.3f", $1 / $2 }')" "$(median jobs.$site.times 1)"
    done
}

for section in $sections; do
    case $section in
    irf)
        cp "$here/irf.wfl" .
        rm -rf build
        big irf 0.5 200
        ;;
    drp)
        cp "$here/drp.wfl" .
        "$overlaps" .
        big drp 1.0 300
        ;;
    compare) compare ;;
    growth) growth ;;
    jobs) jobs ;;
    *)
        echo "plan.sh: no section '$section'" >&2
        exit 1
        ;;
    esac
    rm -rf build
done
