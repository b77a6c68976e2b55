#!/bin/sh
# The rules that chose DC2's sensors, written in the language, against a slow program that finds them by
# other means: over visits near the borders of DC2, across ra 0, with a distorted camera, and with a
# region smaller than a sensor.
set -u

top=$(cd "${top_srcdir:?}" && pwd) || exit 99
bin=$(cd "${top_builddir:?}" && pwd) || exit 99

# shellcheck source=tests/shell/verdict_lib.sh
. "$top/tests/shell/verdict_lib.sh"

# near RA_MID DEC_LO DEC_HI HALF_WIDTH EVERY: of the visits in `pointings`, every so many of those whose
# camera may meet the border
near()
{
    awk -v mid="$1" -v lo="$2" -v hi="$3" -v w="$4" -v every="$5" '{
        a = $2 - mid; a -= 360 * int((a + 540) / 360 - 1); if (a < 0) a = -a
        d = w - a * cos($3 * 0.017453292519943295)
        if ($3 - lo < d) d = $3 - lo
        if (hi - $3 < d) d = hi - $3
        if (d < 2.2 && d > -2.2 && k++ % every == 0) print
    }' pointings
}

# corners RA_MID DEC_LO DEC_HI HALF_WIDTH: the condition that one of the corners is spanned
corners()
{
    awk -v mid="$1" -v lo="$2" -v hi="$3" -v w="$4" 'BEGIN {
        for (i = 0; i < 4; i++) {
            dec = i < 2 ? lo : hi; half = w / cos(dec * 0.017453292519943295)
            printf "%sspans(v, s, (%.15g deg, %.15g deg))", i ? " or " : "", mid + (i % 2 ? half : -half), dec
        }
    }'
}

# compare NAME CAMERA FILE SCALE C3 C5 RA_MID DEC_LO DEC_HI HALF_WIDTH
compare()
{
    { echo 'id ra dec rotskypos' && cat visits; } >visits.txt
    cat >rules.wfl <<END
campaign rules
camera ccds from csv "$top/stdlib/cameras/$3" { scale $4 arcsec; distortion $5, $6; science = type == "SCIENCE" }
region strip = strip(ra $7 deg, dec $8 deg .. $9 deg, half_width ${10} deg)
region quad  = strip(ra $7 deg, dec $8 deg .. $9 deg, half_width ${10} deg, edge greatcircle)
visits near from list "visits.txt" { rotation dc2 }
task corner for v in near, s in ccds where corner_in(v, s, strip) or $(corners "$7" "$8" "$9" "${10}") {
    run "true"; output "corner/{v.id}/{s.name}"
}
task trim for v in near, s in ccds where corner_in(v, s, strip) or overlaps(v, s, quad) {
    run "true"; output "trim/{v.id}/{s.name}"
}
task poly  for v in near, s in ccds where overlaps(v, s, quad)  { run "true"; output "poly/{v.id}/{s.name}" }
task exact for v in near, s in ccds where overlaps(v, s, strip) { run "true"; output "exact/{v.id}/{s.name}" }
END
    "$bin/wflc" list --outputs --quiet rules.wfl >listed 2>output
    status=$?
    "$bin/tests/shell/slow_rules" "$top/stdlib/cameras/$3" "$4" "$5" "$6" "$7" "$8" "$9" "${10}" <visits >slow || status=1
    sed -n 's/^? //p' slow | sort >ties
    sort listed | comm -23 - ties >fast
    grep -v '^?' slow | sort | comm -23 - ties >expected
    diff expected fast >different || status=1
    head -n 40 different >>output
    [ -s fast ] || status=1
    verdict $status "$1: as the slow program ($(grep -c . visits) visits, $(grep -c . ties) ties)"
    for rule in corner trim poly exact; do
        printf '# %s: %s\n' "$rule" "$(grep -c "^$rule/" fast)"
    done
}

echo 1..9

# Edges: great circles from corner to corner are those of a polygon, and bulge by what is said of them.
cat >edges.wfl <<'END'
campaign edges
use dc2
region quad  = strip(ra 61.855 deg, dec -44.33 deg .. -27.25 deg, half_width 8.539 deg, edge greatcircle)
region strip = strip(ra 61.855 deg, dec -44.33 deg .. -27.25 deg, half_width 8.539 deg, edge parallel)
region box   = box(ra 355 deg .. 20 deg, dec 10 deg .. 30 deg, edge greatcircle)
region four  = polygon((355 deg, 10 deg), (20 deg, 10 deg), (20 deg, 30 deg), (355 deg, 30 deg))
region plain = box(ra 355 deg .. 20 deg, dec 10 deg .. 30 deg)
error "parallels are the rule: {area(strip)} {area(dc2_wfd)}" when area(strip) != area(dc2_wfd)
error "a box: {area(box)} {area(four)}"   when abs(area(box) - area(four)) > 1e-9
error "not the plain one: {area(plain)}"  when abs(area(plain) - area(box)) < 1
error "0.63 deg to the south"             when not contains(quad, (61.855 deg, -44.95 deg))
error "and no more"                       when contains(quad, (61.855 deg, -44.97 deg))
error "0.33 deg of the north are missing" when contains(quad, (61.855 deg, -27.57 deg))
error "and no more"                       when not contains(quad, (61.855 deg, -27.59 deg))
error "the corners"                       when not (contains(quad, (71.459 deg, -27.251 deg)) and contains(quad, (49.92 deg, -44.329 deg)))
task t { run "true"; output "t" }
END
"$bin/wflc" check edges.wfl >output 2>&1
verdict $? "edges along great circles"
cut -d, -f1-4 "$top/examples/dc2/pointings.csv" | tr , ' ' | sed 1d >genuine

cp genuine pointings
near 61.855 -44.33 -27.25 8.539 6 >visits
compare "the borders of DC2" lsst_dc2 lsst_dc2_imsim_sensors.csv 20 0 0 61.855 -44.33 -27.25 8.539
for rule in corner trim poly exact; do
    grep "^$rule/" fast | sed 's/^[^/]*//' >"$rule"
done
! cmp -s corner trim && ! cmp -s trim poly && ! cmp -s poly exact && ! cmp -s corner exact
verdict $? "the rules differ there"
comm -23 poly trim >output
[ ! -s output ]
verdict $? "what poly keeps, trim keeps"

# ra 0 in the middle
awk '{ $2 -= 61.855; if ($2 < 0) $2 += 360; print }' genuine >pointings
near 0 -44.33 -27.25 8.539 24 >visits
compare "across ra 0" lsst lsst_sensors.csv 20.005867576692737 0 0 0 -44.33 -27.25 8.539

# ten times the real distortion and more, so that it matters
cp genuine pointings
near 61.855 -44.33 -27.25 8.539 24 >visits
compare "a distorted camera" lsst lsst_sensors.csv 20.005867576692737 -2e-7 -5e-13 61.855 -44.33 -27.25 8.539
mv fast distorted
compare "the same without distortion" lsst lsst_sensors.csv 20.005867576692737 0 0 61.855 -44.33 -27.25 8.539
! cmp -s fast distorted
verdict $? "the distortion matters"

# a region smaller than a sensor: only some rules find it
awk '{ print $1, 62 + ($2 - 62) / 8, -35 + ($3 + 35) / 8, $4 }' genuine | awk 'NR % 40 == 1' >visits
compare "a region smaller than a sensor" lsst lsst_sensors.csv 20.005867576692737 0 0 62 -35.02 -34.98 0.02
