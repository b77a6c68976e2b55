#!/bin/sh
# What the sky costs; see README.md. BENCH_SECTIONS: pairs visits headers objects; BENCH_ROUNDS.
# Lists of visits may be given as arguments, for the section pairs.
set -eu

bin=${top_builddir:?}
here=${top_srcdir:?}/bench
sections=${BENCH_SECTIONS:-pairs visits headers objects}
rounds=${BENCH_ROUNDS:-5}
ncatalogs=${BENCH_CATALOGS:-30000}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
export XDG_CACHE_HOME="$tmp/cache"

# run NAME COMMAND...: median seconds and largest peak memory, into $tmp/NAME
run()
{
    name=$1
    shift
    "$bin/bench/measure" "$@" >>"$tmp/$name.all"
    sort -n "$tmp/$name.all" | awk '{ t[NR] = $1; if ($2 > m) m = $2 }
        END { n = int((NR + 1) / 2); printf "%.3f %.1f\n", t[n], m }' >"$tmp/$name"
}

# row TEXT NAME [OTHER]: with the ratio to OTHER
row()
{
    other=${3:-$2}
    cat "$tmp/$2" "$tmp/$other" | awk -v text="$1" -v with="${3:-}" '
        NR == 1 { t = $1; m = $2 } NR == 2 { o = $1 }
        END { printf "%-44s %8.3f s %8.1f MB%s\n", text, t, m, with ? sprintf("  %.2f x", t / o) : "" }'
}

# campaign NAME TASK USE
campaign()
{
    cat >"$tmp/$1.wfl" <<END
campaign $1
$3
visits observed from instcat "$tmp/$1.d/*/*/phosim_cat_*.txt" { rotation dc2 }
$2
END
}

for section in $sections; do
    case $section in
    pairs)
        "$bin/bench/sky" "$top_srcdir/stdlib/cameras" "$@"
        ;;
    visits)
        echo "31 579 visits x 189 sensors (DC2, data release 6): read, trimmed, planned, written"
        i=0
        while [ $((i += 1)) -le "$rounds" ]; do
            run visits "$bin/wflc" build -o "$tmp/build" "$here/visits.wfl"
        done
        row "wflc build" visits
        ;;
    headers)
        sh "$here/catalogs.sh" "$ncatalogs" "$tmp/headers.d" 40
        echo "headers of $ncatalogs instance catalogs, which are found by a pattern"
        campaign headers 'task draw for v in observed { run "draw {v.path}"; output "{v.id}.fits" }' ""
        i=0
        while [ $((i += 1)) -le "$rounds" ]; do
            run head sh -c "find '$tmp/headers.d' -name 'phosim_cat_*.txt' -print0 | xargs -0 head -n 50"
            run headers "$bin/wflc" check "$tmp/headers.wfl"
        done
        row "find | xargs head -n 50" head
        row "wflc check" headers head
        ;;
    objects)
        sh "$here/catalogs.sh" 100 "$tmp/objects.d" 10000
        echo "1 000 000 objects of 100 catalogs, each on 189 sensors"
        campaign objects 'task draw for v in observed, s in lsst where objects(v, s) >= 1 {
            time 1 min + 1 s * objects(v, s)
            run "draw {v.path} {s.name}"; output "{v.id}/{s.name}.fits" }' "use lsst"
        i=0
        while [ $((i += 1)) -le "$rounds" ]; do
            rm -rf "$tmp/cache"
            run lines sh -c "find '$tmp/objects.d' -name 'phosim_cat_*.txt' -print0 | xargs -0 cat | grep -c '^object'"
            run cold "$bin/wflc" check "$tmp/objects.wfl"
            run warm "$bin/wflc" check "$tmp/objects.wfl"
        done
        row "cat | grep -c '^object'" lines
        row "wflc check, nothing in the cache" cold lines
        row "wflc check, all in the cache" warm cold
        ;;
    *)
        echo "unknown section '$section'" >&2
        exit 2
        ;;
    esac
done
