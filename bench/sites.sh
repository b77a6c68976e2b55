#!/bin/sh
# How long it takes to build for many sites, beside another wflc of the same campaigns; see README.md.
set -eu

rounds=${BENCH_ROUNDS:-5}
old=${BENCH_OLD:-} # the path of another wflc, with its wfl-shim beside it

measure=${top_builddir:?}/bench/measure
sites=$(cd "${top_srcdir:?}/tests/golden/build" && pwd)
tmp=$(mktemp -d ${BENCH_DIR:+-p "$BENCH_DIR"})
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
cd "$tmp"

# tasks N M: of costs that vary
tasks()
{
    cat <<END
set a = 1 .. $1
set b = 1 .. $2
task work for i in a, k in b {
    time   1 min + 1 s * (i mod 97) + 1 s * (k mod 61)
    memory 500 MB + 1 MB * (i mod 89) + 1 MB * (k mod 53)
    run    "true {i} {k}"
    output "out/{i}/{k}"
}
END
}

# all sites of the golden campaign, which has one for each kind of scheduler
cp -R "$sites/sites" .
{
    echo "campaign fourteen"
    grep '^site ' "$sites/sites.wfl"
    tasks 300 500
} >fourteen.wfl
{
    echo "campaign three"
    echo 'site cori       profile "cori-knl"       { account "m1727" }'
    echo 'site perlmutter profile "perlmutter-cpu" { account "m1727" }'
    echo 'site frontera   profile "frontera"       { account "AST21" }'
    tasks 2000 2000
} >three.wfl

# note CAMPAIGN WHICH WFLC: one measurement, appended to CAMPAIGN.WHICH
note()
{
    rm -rf build
    "$measure" "$3" build -q "$1.wfl" >>"$1.$2" 2>log || {
        cat log >&2
        exit 1
    }
}

median()
{
    sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

for campaign in fourteen three; do
    i=0
    while [ $i -lt "$rounds" ]; do
        note $campaign new "$top_builddir/wflc"
        [ -z "$old" ] || note $campaign old "$old"
        i=$((i + 1))
    done
    printf '%-10s %s s, %s MB' $campaign "$(cut -d ' ' -f 1 $campaign.new | median)" \
        "$(cut -d ' ' -f 2 $campaign.new | median)"
    # of each round
    [ -z "$old" ] || printf '; %s of what %s takes' \
        "$(paste -d ' ' $campaign.new $campaign.old | awk '{ print $1 / $3 }' | median)" "$old"
    echo
done
