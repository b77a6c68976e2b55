#!/bin/sh
# The example of DC2: its numbers, on both machines, and with other lists of visits.
set -u

top=$(cd "${top_srcdir:?}" && pwd) || exit 99
wflc=$(cd "${top_builddir:?}" && pwd)/wflc
example=$top/examples/dc2

# shellcheck source=tests/shell/verdict_lib.sh
. "$top/tests/shell/verdict_lib.sh"

# The README says this number of that.
readme()
{
    grep -F "$1" "$example/README.md" | grep -qF "| $(echo "$2" | sed 's/\([0-9]\{3\}\)$/ \1/') |" && return
    echo "the README has another number of $1: $2" >>output
    return 1
}

echo 1..10

for site in '' cori theta; do
    "$wflc" check ${site:+--site "$site"} "$example/dc2.wfl" >output 2>&1 &&
        grep -q '1 family, 399415 tasks, no errors' output
    verdict $? "399 415 images${site:+ on $site}"
done

"$wflc" list --outputs --site theta "$example/dc2.wfl" >listed 2>output
cut -d/ -f6 listed | sed 's/^0*//' | sort -u >seen
[ "$(wc -l <listed)" = 399415 ] && [ "$(wc -l <seen)" = 2813 ] &&
    [ "$(head -n 1 listed)" = /lus/theta-fs0/dc2/y1-wfd/00001472/lsst_a_1472_R10_S00_z.fits ]
verdict $? "their paths"

# rules of the README
cat >rules.wfl <<END
campaign rules
use lsst_dc2
use dc2
$(grep '^region quad' "$example/README.md")
visits wfd from csv "$example/pointings.csv" { id = obsHistID; rotation dc2 }
task all   for v in wfd, s in lsst_dc2 { run "true"; output "all/{v.id}/{s.name}" }
task trim  for v in wfd, s in lsst_dc2 where corner_in(v, s, dc2_wfd) or overlaps(v, s, quad) { run "true"; output "trim/{v.id}/{s.name}" }
task poly  for v in wfd, s in lsst_dc2 where overlaps(v, s, quad) { run "true"; output "poly/{v.id}/{s.name}" }
task exact for v in wfd, s in lsst_dc2 where overlaps(v, s, dc2_wfd) { run "true"; output "exact/{v.id}/{s.name}" }
task less  for v in wfd, s in lsst_dc2 where ambiguous(v, s, dc2_wfd, 30 arcsec) { run "true"; output "less/{v.id}/{s.name}" }
END
"$wflc" list --outputs --quiet rules.wfl >listed 2>output
status=$?
readme '3 018 visits x 189' "$(grep -c ^all/ listed)" || status=1
readme '| trim |' "$(grep -c ^trim/ listed)" || status=1
readme '| poly |' "$(grep -c ^poly/ listed)" || status=1
readme '| exact |' "$(grep -c ^exact/ listed)" || status=1
readme 'decided by less than 30 arcsec' "$(grep -c ^less/ listed)" || status=1
readme 'visits that keep any' "$(wc -l <seen)" || status=1
readme 'kept: a corner' 399415 || status=1
readme '| trimmed |' $((570402 - 399415)) || status=1
verdict $status "the numbers of the README"

printf 'band,obsHistID\nz,1472\nz,1473\nu,900000\nz,2188\n' >planned.csv
"$wflc" check -D planned=planned.csv "$example/dc2.wfl" >output 2>&1
grep -q '1 of 3 visits that are wanted have no pointing' output
verdict $? "a list of visits: those without pointing are told"

# The names of the first five years: a long list, looked up
awk 'BEGIN { print "obsHistID"; for (i = 1; i < 300000; i += 2) print i }' >odd.csv
"$wflc" list --outputs -D planned=odd.csv "$example/dc2.wfl" >listed 2>output
cut -d/ -f2 listed | sed 's/^0*//' | sort -u >have
grep '[13579]$' seen >want
[ -s want ] && diff want have >>output
verdict $? "a long list of visits"

cp "$example/dc2.wfl" "$example/pointings.csv" .
(cd "$top" && "$wflc" check --quiet "$tmp/dc2.wfl") >output 2>&1
verdict $? "a campaign may be named as a file of the library that it uses"

# Jobs from ranges: little more than the work, packed at the bound, and the nodes have it done in them
for site in cori theta; do
    "$wflc" plan -W no-all --json --site $site "$example/dc2.wfl" >output 2>&1
    asked=$(sed -n 's/.*"node_hours_asked": \([0-9.]*\).*/\1/p' output)
    bound=$(sed -n 's/.*"at_least": \([0-9]*\).*/\1/p' output)
    awk -v asked="$asked" -v bound="$bound" 'BEGIN { exit !(bound && asked <= 1.07 * 12 * bound) }' &&
        "$wflc" plan -W no-all --site $site "$example/dc2.wfl" >output 2>&1 &&
        grep -q '^expected  *all done 24 h' output && ! grep -q 'rounds of jobs' output
    verdict $? "jobs on $site: $asked node-hours for 12 x $bound"
done
