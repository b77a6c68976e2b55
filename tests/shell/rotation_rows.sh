#!/bin/sh
# Genuine sensors are found where they are: rows of cadence databases of both kinds, with rotation fbs and
# rotation telescope, and headers of HSC, DECam, ComCam and Roman (tests/data/SOURCES.md); and what is told of rows
# that keep no known relation.
set -u

top=$(cd "${top_srcdir:?}" && pwd) || exit 99
wflc=$(cd "${top_builddir:?}" && pwd)/wflc

# shellcheck source=tests/shell/verdict_lib.sh
. "$top/tests/shell/verdict_lib.sh"

# check CODE FILE: what is said is kept
check()
{
    "$wflc" check "$2" >output 2>&1
    [ $? = "$1" ]
}

# told TEXT FILE: FILE is refused, and this said
told()
{
    check 1 "$2" && grep -qF "$1" output
}

echo 1..23

# Each database is a table of its own, as it is decided.
data=$top/tests/data/rotation_now.csv
columns=observationId,fieldRA,fieldDec,rotTelPos,rotSkyPos,paraAngle
awk -F, -v columns=$columns 'NR > 1 && !seen[$1 $2]++ {
    file = ($8 == "" ? "old" : "new") "-" $1
    sub(/[.]db/, ".csv", file)
    if (!(file in made)) { made[file]; print columns ($8 == "" ? "" : ",pseudoParaAngle") >file }
    print $2 "," $3 "," $4 "," $5 "," $6 "," $7 ($8 == "" ? "" : "," $8) >file
}' "$data"

# centres ROTATION WHICH MM: all sensors whose centres, of column WHICH and the next, are seen by a square of so many mm
# around the centre of that sensor, and by no other, as a campaign
centres()
{
    cat <<END
campaign centres
camera lsst from csv "$top/stdlib/cameras/lsst_sensors.csv" {
    scale      20.005867576692737 arcsec
    distortion -8.337e-9, -1.414e-15
    width_mm  = $3
    height_mm = $3
}
END
    for file in old-*.csv new-*.csv; do
        echo "visits $(echo "${file%%.*}" | tr - _) from csv \"$file\" {
            id = observationId; ra = deg(fieldRA); dec = deg(fieldDec); rotation $1 }"
    done
    awk -F, -v which="$2" 'NR > 1 {
        table = ($8 == "" ? "old" : "new") "_" $1
        sub(/[.].*/, "", table)
        gsub("-", "_", table)
        printf "region at%d = circle(ra %s deg, dec %s deg, radius 0.001 arcsec)\n", NR, $which, $(which + 1)
        printf "task t%d for v in (%s where id == %s), s in lsst where overlaps(v, s, at%d) {", NR, table, $2, NR
        print " run \"true\"; output \"{v.id} {s.name}\" }"
    }' "$data"
}
awk -F, 'NR > 1 { print $2, $10 }' "$data" | sort >all

# found ROTATION WHICH MM
found()
{
    centres "$1" "$2" "$3" >centres.wfl
    "$wflc" list --outputs centres.wfl >paths 2>output
    sort paths >list
    cmp all list >>output 2>&1
}
[ "$(wc -l <all)" = 54 ] && found fbs 11 0.8
verdict $? "rotation fbs: the centres of 54 genuine sensors by the rule, to 8 arcsec"
found fbs 13 6.5
verdict $? "and by imSim's ray trace, to 65 arcsec"
found telescope 13 6.5
verdict $? "rotation telescope: by imSim's ray trace, to 65 arcsec, old and new alike"
# the other convention sees other sensors there
! found pa 11 40
verdict $? "the position angle alone is wrong for the old rows"
! found imsim2 11 40
verdict $? "270 - rotSkyPos is wrong for the new ones"

# A row of another kind
relation()
{
    cat >relation.wfl <<END
campaign relation
visits night from csv "$1" { id = observationId; ra = deg(fieldRA); dec = deg(fieldDec); rotation ${2:-fbs} }
task t for v in night { run "true {v.rotSkyPos}"; output "{v.id}" }
END
}
new=new-sample_opsim.csv old=old-small_opsim.csv
relation odd.csv
awk -F, -v OFS=, -v CONVFMT=%.9g 'NR == 3 { $5 += 0.002 } 1' $new >odd.csv
told "in row 2 (odd.csv:3) pseudoParaAngle - rotSkyPos - 90 - rotTelPos, 0 since version 1.2 of the scheduler, is -0.002;" \
    relation.wfl && grep -q 'and rotSkyPos + paraAngle - rotTelPos, 0 before, is [-0-9.]* (degrees)' output
verdict $? "one row of new kind 0.002 degrees off: it is named, with both differences"
sed 's/fieldDec; rotation/fieldDec; where id != 103; rotation/; s/deg(fieldDec); rotation/&/' relation.wfl >kept.wfl
sed -i 's/; rotation fbs/; where id != 103; rotation fbs/' kept.wfl
check 0 kept.wfl
verdict $? "only rows that are kept count"
awk -F, -v OFS=, -v CONVFMT=%.9g 'NR == 2 { $5 += 0.002 } 1' $old >odd.csv
told "in row 1 (odd.csv:2) rotSkyPos + paraAngle - rotTelPos, 0 before version 1.2 of the scheduler, is 0.002;" \
    relation.wfl && grep -qF 'pseudoParaAngle - rotSkyPos - 90 - rotTelPos is 0 (with paraAngle it is' output
verdict $? "and one of the old kind"
awk -F, -v OFS=, -v CONVFMT=%.9g 'NR > 1 { $5 += 0.0009; $4 -= 720 } 1' $new >odd.csv
check 0 relation.wfl
verdict $? "0.0009 degrees are let pass, and whole turns"
cut -d, -f1-6 $new >odd.csv
told "nothing is guessed: rotation telescope takes the angle from rotTelPos" relation.wfl
verdict $? "the new relation is never tried with the true parallactic angle"
sed 's/pseudo/psudo/' $new >odd.csv
check 0 relation.wfl
verdict $? "the spelling of version 1.2"

# AuxTel: a pseudo column with the old relation; ComCam: rotTelPos = zp - rotSkyPos
awk -F, -v OFS=, -v CONVFMT=%.9g 'NR > 1 { $4 = $5 + $7 } 1' $new >odd.csv
told "visits of the auxiliary telescope are so; if these are: { rotskypos = deg(rotSkyPos); rotation pa }, with the camera 'latiss'" relation.wfl
verdict $? "visits of the auxiliary telescope are refused, and what to write is told"
awk -F, -v OFS=, -v CONVFMT=%.9g 'NR > 1 { $4 = $7 - $5 } 1' $new >odd.csv
told "visits of ComCam are so; if these are: { rotskypos = deg(rotSkyPos); rotation pa }, with the camera 'comcam'" relation.wfl
verdict $? "those of ComCam, too"
sed 's/rotation fbs/rotskypos = deg(rotSkyPos); rotation pa/' relation.wfl >mended.wfl
check 0 mended.wfl
verdict $? "and what was told works"

cut -d, -f1-3,5 $new >odd.csv
told "rotation fbs needs the columns rotSkyPos, rotTelPos, and paraAngle or pseudoParaAngle, and 'night' has no numbers in rotTelPos" relation.wfl
verdict $? "without rotTelPos"

# rotation telescope makes what it lacks, as it says
{ echo "id,ra,dec,rotTelPos,altitude,azimuth"; echo "466749,65.50997517,-33.40601777,42.8902454,45.89293523,108.22465205"; } >odd.csv
cat >relation.wfl <<END
campaign relation
use rubin
visits night from csv "odd.csv" { rotation telescope }
error "{min(night.position_angle)}" when abs(min(night.position_angle) - 126.3146) > 0.01   # 270 - 143.6854
task t for v in night { run "true {v.ra}"; output "{v.id}" }
END
told "rotation telescope needs the columns rottelpos and paraangle, in degrees, and 'night' has no numbers in paraangle" relation.wfl
remedy=$(sed -n "s/.*'use rubin': { \(paraangle.*\) }$/\1/p" output)
sed "s|rotation telescope|$remedy; &|" relation.wfl >mended.wfl
check 0 mended.wfl
verdict $? "rotation telescope tells how the parallactic angle is made, and that is right"
cp "$top/tests/data/dithered.db" .
sed 's/csv "odd.csv"/sqlite "dithered.db"/' relation.wfl >summary.wfl
told "has no numbers in both" summary.wfl
remedy=$(sed -n "s/.*'use rubin': { \(rottelpos.*\) }$/\1/p" output)
sed "s|rotation telescope|$remedy; &|; s/0.01/0.3/" summary.wfl >mended.wfl
check 0 mended.wfl
verdict $? "for a Summary of OpSim as well, in radians"
sed 's/rotation telescope/rotation fbs/' summary.wfl >fbs.wfl
told "rotation fbs is for the tables 'observations'" fbs.wfl || grep -q "no column 'rotskypos'" output
verdict $? "rotation fbs is not for that one"

# What contradicts the database
cp "$top/tests/data/genuine/small_opsim.db" old.db
cp "$top/tests/data/observations_new.db" new.db
printf '%s\n' 'campaign stated' 'visits night from sqlite "new.db" { rotation imsim2 }' \
    'task t for v in night { run "true {v.rotskypos}"; output "{v.id}" }' >stated.wfl
told "this database has rotTelPos = pseudoParaAngle - rotSkyPos - 90, and rotSkyPos is then the position angle itself" stated.wfl
verdict $? "rotation imsim2 for a new database is a mistake"
sed 's/imsim2/fbs/' stated.wfl >mended.wfl
check 0 mended.wfl && sed 's/imsim2/pa/' stated.wfl >mended.wfl && check 0 mended.wfl && ! grep -q warning output
verdict $? "fbs and pa are right for it"
sed 's/new.db/old.db/; s/imsim2/pa/' stated.wfl >mended.wfl
check 0 mended.wfl && grep -q "warning: this database has rotTelPos = rotSkyPos + paraAngle" output
verdict $? "rotation pa for an old one is doubted"

# The other cameras, with how they are turned as the manual says
cp "$top/tests/data/camera_places.csv" places.csv
cat >cameras.wfl <<END
campaign cameras
use hsc
use decam
use comcam
use roman
table row from csv "places.csv" { id = "{exposure} {detector}" }
visits on_hsc    from (row where camera == "hsc")    { rotskypos = deg(angle); rotation imsim2 }
visits on_decam  from (row where camera == "decam")  { rotskypos = deg(angle); rotation pa }
visits on_comcam from (row where camera == "comcam") { rotskypos = deg(angle); rotation pa }
visits on_roman  from (row where camera == "roman")  { rotskypos = deg(angle); rotation pa }
$(awk -F, 'NR > 1 {
    printf "region at%d = circle(ra %s deg, dec %s deg, radius 0.001 arcsec)\n", NR, $7, $8
    printf "task t%d for v in (on_%s where id == \"%s %s\"), s in %s where overlaps(v, s, at%d) {", NR, $1, $2, $3, $1, NR
    print " run \"true\"; output \"{v.camera} {v.exposure} {s.detector}\" }"
}' places.csv)
END
awk -F, 'NR > 1 { print $1, $2, $3 }' places.csv | sort >all
"$wflc" list --outputs cameras.wfl >paths 2>output
sort paths >list
cmp all list >>output 2>&1
verdict $? "HSC, DECam, ComCam and Roman: 16 genuine places lie on their sensors"
# turned by half a turn, or mirrored, no place is on its sensor; LATISS has one sensor, which lies in the middle
grep -q '^ *mirrored true' "$top/stdlib/decam.wfl" && grep -q '^ *mirrored true' "$top/stdlib/latiss.wfl" &&
    sed "s|^use decam|camera decam from csv \"$top/stdlib/cameras/decam_sensors.csv\" { scale 17.575 arcsec }|" cameras.wfl >wrong.wfl &&
    ! "$wflc" list --outputs wrong.wfl 2>&1 | grep -q '^decam .* \(1\|25\)$'
verdict $? "DECam and LATISS are mirrored, and without that DECam sees elsewhere"
