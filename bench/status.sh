#!/bin/sh
# How long `wflc status` and `wflc report` take of a large campaign in full work, beside reading its journals; see README.md.
set -eu

rounds=${BENCH_ROUNDS:-5}
tasks=${BENCH_TASKS:-5000000}
shards=${BENCH_SHARDS:-15000}

top=$(cd "${top_builddir:?}" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
cd "$tmp"

median()
{
    sort -n "$1" | awk -v c="$2" '{ v[NR] = $c } END { print v[int((NR + 1) / 2)] }'
}

mkdir campaign
printf 'shards %s\nfamily work %s\nsh true {i}\noutput o "out/{i}"\n' "$shards" "$tasks" |
    "$top/tests/shell/mkplan" campaign/campaign.wflp
"$top/bench/journals" campaign
i=0
while [ $i -lt "$rounds" ]; do
    "$top/bench/measure" find campaign/state/journal -type f -exec cat {} + >>cat.times
    "$top/bench/measure" "$top/wflc" status campaign >>status.times
    "$top/bench/measure" "$top/wflc" report -o report.html campaign >>report.times
    i=$((i + 1))
done
cat=$(median cat.times 1)
status=$(median status.times 1)
printf '%s tasks, %s journals of %s records: status %.3f s, %.1f MB; cat %.3f s; ratio %.1f\n' "$tasks" \
    "$(find campaign/state/journal -type f | wc -l)" \
    "$(find campaign/state/journal -type f -exec cat {} + | wc -c | awk '{ print $1 / 64 }')" \
    "$status" "$(median status.times 2)" "$cat" "$(echo "$status $cat" | awk '{ print $1 / $2 }')"
printf 'report %.3f s, %.1f MB, a page of %s bytes; ratio %.1f\n' "$(median report.times 1)" "$(median report.times 2)" \
    "$(wc -c <report.html)" "$(echo "$(median report.times 1) $cat" | awk '{ print $1 / $2 }')"
