#!/bin/sh
# wflc sky: its numbers are those of wflc list, its pictures are XML whatever the names are, and hold
# the sky over ra 0, at the poles and all of it. What pictures look like is in tests/golden/sky.
set -u

. "${top_srcdir:?is set by make check}/tests/shell/verdict_lib.sh"
wflc=${top_builddir:?}/wflc

# wflc CODE ARGUMENT...: what it prints is kept.
wflc()
{
    code=$1
    shift
    "$wflc" sky -W no-all "$@" >output 2>err </dev/null
    got=$?
    cat err >>output
    [ $got = "$code" ]
}

# wellformed FILE: is it XML, and one picture?
if command -v xmllint >/dev/null; then
    wellformed()
    {
        xmllint --noout "$1" >output 2>&1
    }
else
    wellformed()
    {
        [ "$(grep -c '<svg ' "$1")" = 1 ] && [ "$(tail -n 1 "$1")" = '</svg>' ]
    }
fi

# number KEY: of the JSON in `output`, the first.
number()
{
    sed -n "s/.*\"$1\": \([-0-9.]*\).*/\1/p" output | head -n 1
}

# campaign NAME WHERE [REGION]: over visits.csv.
campaign()
{
    cat >"$1.wfl" <<END
campaign $1
use lsst
${3-}
visits night from csv "$1.csv" { rotation pa }
task first for v in night { run "x" }
task simulate for v in night, s in lsst $2 {
    run "x > {o}"
    output o "out/{v.id}_{s.name}"
}
END
}

echo 1..32

# --- numbers ---
awk 'BEGIN { srand(7); print "id,ra,dec,rotskypos,band"
    for (i = 0; i < 60; i++)
        printf "%d,%.4f,%.4f,%.3f,%s\n", i, (356 + 8 * rand()) % 360, 6 * rand() - 3, 360 * rand(),
            substr("ugrizy", i % 6 + 1, 1) }' >wrap.csv
campaign wrap 'where overlaps(v, s, field) and v.band != "u"' \
    'region field = circle(ra 0 deg, dec 0 deg, radius 2 deg)'
"$wflc" list -W no-all wrap.wfl | grep '^simulate' >tasks
wflc 0 --json -o wrap.svg wrap.wfl && [ "$(number sensors_kept)" = "$(wc -l <tasks)" ]
verdict $? "sensors are kept as the plan has tasks"
[ $(($(number sensors_kept) + $(number sensors_trimmed))) = $((60 * 189)) ]
verdict $? "all others are trimmed"
[ "$(number visits_with_sensors)" = "$(sed 's/.*v=\([0-9]*\) .*/\1/' tasks | sort -u | wc -l)" ]
verdict $? "visits are counted"
grep -q '"band": "u", "visits": 10, "visits_with_sensors": 0' output
verdict $? "and those of each band"
grep -q '"name": "field", "square_degrees": 12\.56' output
verdict $? "the region has its area"
[ "$(number median)" -gt 3 ] && [ "$(number most)" -lt 51 ] && [ "$(number percentile_5)" -le "$(number median)" ]
verdict $? "depth is told"
wellformed wrap.svg && grep -q '>358°<' wrap.svg && grep -q '>0°<' wrap.svg && ! grep -q '>360°<' wrap.svg
verdict $? "a picture over ra 0"

cat >ambiguous.wfl <<'END'
use lsst
campaign ambiguous
region field = circle(ra 0 deg, dec 0 deg, radius 2 deg)
visits night from csv "wrap.csv" { rotation pa }
task kept for v in night, s in lsst where ambiguous(v, s, field, 2 arcmin) and overlaps(v, s, field) { run "x" }
task trimmed for v in night, s in lsst where ambiguous(v, s, field, 2 arcmin) and not overlaps(v, s, field) { run "x" }
task all for v in night, s in lsst where overlaps(v, s, field) { run "x" }
END
"$wflc" list -W no-all ambiguous.wfl >tasks
wflc 0 --json --family=all --margin="2 arcmin" ambiguous.wfl &&
    [ "$(number ambiguous_kept)" = "$(grep -c '^kept' tasks)" ] &&
    [ "$(number ambiguous_trimmed)" = "$(grep -c '^trimmed' tasks)" ]
verdict $? "what is ambiguous is what ambiguous() says"
wflc 0 ambiguous.wfl && grep -q '^campaign ambiguous, task kept for' output &&
    grep -qF '(2 more tasks run over visits and sensors: --family)' output
verdict $? "the first family is looked at"

# --- one visit ---
visit=$(sed -n 's/^kept\[v=\([0-9]*\) .*/\1/p' tasks | head -n 1)
wflc 0 --json --family=all --margin=2arcmin --visit="$visit" -o visit.svg ambiguous.wfl &&
    [ "$(grep -c '"kept": true' output)" = "$(grep -c "^all\[v=$visit " tasks)" ]
verdict $? "a visit has its sensors"
awk -F '"margin_arcsec": ' '/margin_arcsec/ {
    near = $1 ~ /"ambiguous": true/; m = $2 + 0; if (m < 0) m = -m
    if (near != (m < 120)) exit 1; n++ } END { if (n != 189) exit 1 }' output
verdict $? "margins say which are ambiguous"
wellformed visit.svg && [ "$(grep -c '<title>R[0-9_S]*: kept, ambiguous, margin' visit.svg)" = \
    "$(grep -c "^kept\[v=$visit " tasks)" ]
verdict $? "sensors tell about themselves"
wflc 1 --visit=nobody wrap.wfl && grep -q "^wflc: no visit 'nobody' in 'night'; its ids are like 0, 1, 2$" output
verdict $? "a visit that is not there"

# --- where ---
awk 'BEGIN { srand(8); print "id,ra,dec,rotskypos,band"
    for (i = 0; i < 80; i++)
        printf "%d,%.4f,%.4f,%.3f,%s\n", i, 360 * rand(), -82 - 8 * rand(), 360 * rand(), i % 2 }' >pole.csv
campaign pole 'where overlaps(v, s, cap)' 'region cap = box(ra 0 deg .. 360 deg, dec -90 deg .. -85 deg)'
wflc 0 -o pole.svg pole.wfl && wellformed pole.svg &&
    [ "$(grep -c '<text[^>]*>\(0\|30\|60\|90\|120\|150\|180\|210\|240\|270\|300\|330\)°<' pole.svg)" = 12 ]
verdict $? "the pole, and all meridians around it"
grep -q '<text[^>]*>−85°<' pole.svg || grep -q '<text[^>]*>−80°<' pole.svg
verdict $? "and parallels"

awk 'BEGIN { srand(9); print "id,ra,dec,rotskypos,band"
    for (i = 0; i < 500; i++) {
        z = 2 * rand() - 1
        printf "%d,%.4f,%.4f,%.3f,r\n", i, 360 * rand(), atan2(z, sqrt(1 - z * z)) * 57.29578, 360 * rand() } }' >whole.csv
campaign whole '' && wflc 0 -o whole.svg whole.wfl && wellformed whole.svg &&
    grep -q '<ellipse class="frame"' whole.svg
verdict $? "the whole sky is an ellipse"
"$wflc" sky -W no-all whole.wfl >output 2>&1
grep -q '^region      none' output && grep -q '94 500 kept, 0 trimmed$' output && ! grep -q ambiguous output
verdict $? "without a region nothing is trimmed"
campaign everything 'where overlaps(v, s, all)' 'region all = circle(ra 0 deg, dec 0 deg, radius 180 deg)'
mv whole.csv everything.csv
wflc 0 -o everything.svg everything.wfl && grep -q '41252\.96 square' output && wellformed everything.svg
verdict $? "a region without an edge"

sed 's/^task simulate.*/task simulate for v in night, s in lsst {/' wrap.wfl |
    sed 's/{ rotation pa }/{ rotation pa; where contains(field, (ra * 1 deg, dec * 1 deg)) }/' >asked.wfl
wflc 0 asked.wfl && grep -q '^region      field: 12' output && ! grep -q ambiguous output
verdict $? "regions that the visits were chosen by"
sed 's/overlaps(v, s, field)/contains(field, v)/' wrap.wfl >pointed.wfl
wflc 0 pointed.wfl && grep -q '^region      field: 12' output && ! grep -q ambiguous output
verdict $? "and where a region decides about whole visits, no sensor is ambiguous"

# --- names ---
cat >hostile.csv <<'END'
id,ra,dec,rotskypos,band
"</title><script>alert(1)</script>",10,-10,12,"<b>&""'"
END
printf '"\342\200\256 \303\244",10.3,-10,12,]]>\n' >>hostile.csv
campaign hostile 'where s.name != "R22_S11"'
wflc 0 -o hostile.svg hostile.wfl && wellformed hostile.svg && ! grep -q '<script\|<b>' hostile.svg
verdict $? "names of data are text"
wflc 0 --visit='</title><script>alert(1)</script>' -o hostile.svg hostile.wfl && wellformed hostile.svg &&
    ! grep -q '<script' hostile.svg && grep -q 'visit &lt;/title&gt;&lt;script&gt;' hostile.svg
verdict $? "ids of visits, too"
wflc 0 --json hostile.wfl && grep -qF '{"band": "<b>&\"'"'"'", "visits": 1' output
verdict $? "and in JSON"

# --- files ---
rm -f output.svg
wflc 0 wrap.wfl && [ "$(find . -name '*.svg' -newer hostile.svg)" = '' ]
verdict $? "nothing is written without -o"
"$wflc" sky -W no-all wrap.wfl -o - >piped.svg 2>output && cmp piped.svg wrap.svg >output 2>&1
verdict $? "-o - writes the picture to standard output"
wflc 3 -o none/at/all.svg wrap.wfl && grep -q "^wflc: cannot write 'none/at/all.svg': " output
verdict $? "a folder that is not there"

# --- campaigns that have no sky ---
printf 'campaign plain\ntask t { run "x" }\n' >plain.wfl
wflc 1 -o plain.svg plain.wfl && grep -q "^wflc: campaign 'plain' has no visits, so there" output && [ ! -e plain.svg ]
verdict $? "no visits"
sed '/^task simulate/,$d' wrap.wfl >catalogs.wfl
wflc 1 catalogs.wfl && grep -q "^wflc: no task of campaign 'wrap' runs over visits and sensors; " output
verdict $? "no sensors"
wflc 1 --family=first wrap.wfl && grep -q "no task 'first' runs over visits and sensors; these do: simulate$" output
verdict $? "a family without"
sed '/^task/,$d; s/{ rotation pa }//' wrap.wfl >unturned.wfl
echo 'task t for v in night, s in lsst { run "x" }' >>unturned.wfl
wflc 1 unturned.wfl && grep -q "^wflc: how the camera is turned in the visits of 'night' is not stated; add" output
verdict $? "no rotation"
wflc 2 --margin=3 wrap.wfl && grep -q '^wflc: --margin: ' output &&
    wflc 2 --margin='6 deg' wrap.wfl && grep -q 'not within 0 and 5 deg' output
verdict $? "a margin is an angle"

# --- the example: its picture is in the README ---
example=$top_srcdir/examples/dc2
wflc 0 -o y1.svg "$example/dc2.wfl" && grep -q "399 415 kept, 170 987 trimmed$" output &&
    wellformed y1.svg && [ "$(wc -c <y1.svg)" -lt 400000 ]
verdict $? "the example is as its README says"
