#!/bin/sh
# How long those take that look at a large campaign in full work, beside reading its journals, and `wflc verify` beside `find`;
# see README.md.
set -eu

rounds=${BENCH_ROUNDS:-5}
tasks=${BENCH_TASKS:-5000000}
shards=${BENCH_SHARDS:-16000}
folders=${BENCH_FOLDERS:-300} # of a thousand files

top=$(cd "${top_builddir:?}" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
cd "$tmp"

median()
{
    sort -n "$1" | awk -v c="$2" '{ v[NR] = $c } END { print v[int((NR + 1) / 2)] }'
}

# timed NAME COMMAND...: once more
timed()
{
    name=$1
    shift
    "$top/bench/measure" "$@" >>"$name.times"
}

# told NAME: its median, and its ratio to $base
told()
{
    printf '%-8s %.3f s, %.1f MB; ratio %.2f\n' "$1" "$(median "$1.times" 1)" "$(median "$1.times" 2)" \
        "$(echo "$(median "$1.times" 1) $base" | awk '{ print $1 / $2 }')"
}

mkdir campaign
printf 'shards %s\nfamily work %s\nsh true {i}\noutput o "out/{i}"\n' "$shards" "$tasks" |
    "$top/tests/shell/mkplan" campaign/campaign.wflp
"$top/bench/journals" campaign
i=0
while [ $i -lt "$rounds" ]; do
    timed cat find campaign/state/journal -type f -exec cat {} +
    timed status "$top/wflc" status campaign
    timed report "$top/wflc" report -o report.html campaign
    timed tasks "$top/wflc" tasks campaign 'time>20s' 'host=n1*' --count-by host
    timed why "$top/wflc" why campaign "work[i=$((tasks / 2))]"
    timed log "$top/wflc" log campaign "work[i=$((tasks / 2))]"
    i=$((i + 1))
done
rm -f record.db
timed export "$top/wflc" export --to record.db campaign
base=$(median cat.times 1)
printf '%s tasks, %s journals of %s records; cat %.3f s\n' "$tasks" "$(find campaign/state/journal -type f | wc -l)" \
    "$(find campaign/state/journal -type f -exec cat {} + | wc -c | awk '{ print $1 / 64 }')" "$base"
for name in status report tasks why log export; do
    told "$name"
done
printf 'a page of %s bytes; %s rows a second\n' "$(wc -c <report.html)" \
    "$(sqlite3 record.db 'SELECT (SELECT count(*) FROM task) + (SELECT count(*) FROM attempt) + (SELECT count(*) FROM output)' |
        awk -v s="$(median export.times 1)" '{ printf "%.0f", $1 / s }')"
rm -rf campaign record.db

# Outputs that were made by others, one byte each.
printf 'campaign outputs\nset folder = 1 .. %s\nset name = 0 .. 999\ntask t for x in folder, y in name {\n' "$folders" >v.wfl
printf '    run "true"\n    output "out/{x}/f{y}"\n}\n' >>v.wfl
i=0
while [ $i -lt "$folders" ]; do
    i=$((i + 1))
    mkdir -p "out/$i"
    # shellcheck disable=SC2016 # expanded by that shell
    (cd "out/$i" && seq 0 999 | sed 's/^/f/' | xargs sh -c 'for f; do printf x >"$f"; done' -)
done
"$top/wflc" build v.wfl >/dev/null
"$top/wflc" verify --adopt build/outputs/local >/dev/null
i=0
while [ $i -lt "$rounds" ]; do
    timed find find out -size +0
    timed verify "$top/wflc" verify build/outputs/local
    i=$((i + 1))
done
base=$(median find.times 1)
printf '%s files; find -size +0 %.3f s\n' "$((folders * 1000))" "$base"
told verify
