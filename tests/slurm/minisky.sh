#!/bin/sh
# The example minisky on four nodes, with four of its ten visits.
set -u
. "${top_srcdir:?is set by make check-slurm}/tests/slurm/slurm_lib.sh"

for tool in astmkprof source-extractor SWarp convert; do
    command -v "$tool" >/dev/null || {
        echo "1..0 # SKIP $tool is not installed"
        exit 0
    }
done
with_cluster -n 4
echo 1..6

cp -r "$top_srcdir/examples/minisky" sky && chmod -R u+w sky || exit 99
awk -F, 'NR == 1 || !seen[$2, $3]++' sky/pointings.csv >visits.csv
# so little work would be for one node alone, if it were known
sed -i '/^ *time /d' sky/minisky.wfl
echo 'site cluster profile "test-slurm" { nodes 4 .. 4; walltime 15 min }' >>sky/minisky.wfl
dir=$tmp/build/minisky/cluster
"$wflc" build --site cluster -D visits=visits.csv sky/minisky.wfl >output 2>&1
verdict $? "the campaign is built"
id=$(submit) && wait_for 800 ended "$id"
verdict $? "the job ends"
cp "$cluster/log/jobs" output
[ "$(job_field "$id" JobState)" = COMPLETED ] && [ "$(job_field "$id" NodeCnt)" = 4 ]
verdict $? "well, on four nodes"
done_once 77
verdict $? "all 77 tasks are done once in the record"
find minisky-out -name '*.fits' -exec "$top_builddir/wfl-shim" check fits {} + >output 2>&1
verdict $? "all FITS files are whole"
find minisky-out -type f >output
[ "$(grep -c 'images/.*fits$' output)" = 36 ] && [ "$(grep -c 'catalogs/.*fits$' output)" = 36 ] &&
    [ "$(grep -c 'coadds/.*fits$' output)" = 4 ] && [ "$(wc -l <output)" = 78 ]
verdict $? "there are 36 images, 36 catalogs, 4 coadds, a table, a picture, and nothing else"
