#!/bin/sh
# The example in a container, with Charliecloud: one sensor of four visits, from an image of the packages
# that it needs, none of which has to be installed here.
. "${top_srcdir:?is set by make check}/tests/shell/container_lib.sh"

command -v ch-run >/dev/null || skip "ch-run (package charliecloud) is not installed"
image=$top_builddir/tests/image-sky
sh "$top_srcdir/tests/shell/image.sh" "$image" dash coreutils sed mawk grep gzip findutils gnuastro \
    source-extractor swarp imagemagick || skip "no Debian packages to make an image of"
ch-run "$image" -- true >said 2>&1 || skip "ch-run does not start here: $(tail -n 1 said)"
echo 1..3

cp -R "$top_srcdir/examples/minisky/." . && chmod -R u+w .
# without the last task: so few images give no picture
sed -i '/^# A table of how good/,$d' minisky.wfl
awk -v image="$image" '{ print } /^campaign/ { printf "container sky { image \"%s\" }\n", image }
    /^    memory/ { print "    container sky" }' minisky.wfl >c.wfl
awk -F, 'NR == 1 || !seen[$2, $3]++' pointings.csv >visits.csv
awk 'NR == 1 || /S11/' raft.csv >sensor.csv && mv sensor.csv raft.csv
run 0 -D visits=visits.csv
result $? "four visits, in containers only"
[ "$(find minisky-out/images -name '*.fits' | wc -l)" = 4 ] &&
    [ "$(find minisky-out/coadds -name '*.fits' | wc -l)" = 4 ]
result $? "make their images, and what follows from them"
"$wflc" status --json build/minisky/local >said 2>&1 && grep -q '"done": *12' said
result $? "all 12 tasks are done in the record"
