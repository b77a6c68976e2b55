#!/bin/sh
# The cameras of the library: how many sensors each has, and selections as the domain writes them.
set -u

stdlib=$(cd "${top_srcdir:?}/stdlib" && pwd) || exit 99
wflc=$(cd "${top_builddir:?}" && pwd)/wflc

[ -d "$stdlib/cameras" ] || {
    echo "1..0 # SKIP the tables of the cameras are not here"
    exit 0
}

# shellcheck source=tests/shell/verdict_lib.sh
. "$top_srcdir/tests/shell/verdict_lib.sh"

# sensors FACE ROWS: how many there are, and the first and last name.
sensors()
{
    {
        printf 'campaign cameras\nuse %s\n' "$1"
        printf 'task t for s in %s { run "echo {s.name}" }\n' "$2"
    } >camera.wfl
    WFL_PATH=$stdlib "$wflc" check --dump-plan camera.wfl >plan 2>output || return
    sed -n 's/^table 0 .*: \([0-9]*\) rows.*/\1/p; s/^  column 0 name string: \("[^"]*"\).*\("[^"]*"\)$/\1 \2/p
            s/^  column 0 name string: \("[^"]*"\)$/\1/p' plan | tr '\n' ' '
}

# expect FACE ROWS WHAT
expect()
{
    have=$(sensors "$1" "$2")
    [ "$have" = "$3 " ] || echo "# $have" | cat - output
    [ "$have" = "$3 " ]
    verdict $? "$2: $3"
}

echo 1..48
expect lsst lsst '189 "R01_S00" "R43_S22"'
expect lsst lsst.all '205 "R01_S00" "R44_SW1"'
expect lsst lsst.guider '8 "R00_SG0" "R44_SG1"'
expect lsst lsst.wavefront '8 "R00_SW0" "R44_SW1"'
expect lsst 'lsst[94]' '1 "R22_S11"'
expect lsst 'lsst["R:2,2 S:1,1"]' '1 "R22_S11"'
expect lsst 'lsst["R22_*"]' '9 "R22_S00" "R22_S22"'
expect lsst 'lsst["*_S11"]' '21 "R01_S11" "R43_S11"'
expect lsst 'lsst["R00"]' '4 "R00_SG0" "R00_SW1"'
expect lsst 'lsst["R*"]' '189 "R01_S00" "R43_S22"'
expect lsst 'lsst[0 .. 8]' '9 "R01_S00" "R01_S22"'
expect lsst 'lsst[[0 .. 8, 94], "R43_S22"]' '11 "R01_S00" "R43_S22"'
expect lsst '(lsst where raft in [R22, R23] and vendor == "E2V")' '18 "R22_S00" "R23_S22"'
expect lsst 'lsst["R:2,2 S:1,1^R:2,2 S:1,0"]' '2 "R22_S10" "R22_S11"'
expect lsst 'lsst["R22-S11-det094^R01_S00"]' '2 "R01_S00" "R22_S11"'
expect lsst 'lsst["R22-S12-det095^R22-S10"]' '2 "R22_S10" "R22_S12"'
expect lsst 'lsst["R22-det095"]' '1 "R22_S12"'
expect lsst 'lsst["R00-SG0-det189"]' '1 "R00_SG0"'
expect lsst 'lsst["R:2,2 S:1,1-det094"]' '1 "R22_S11"'
expect comcam 'comcam["R22-S11-det004"]' '1 "R22_S11"'
expect lsst 'lsst["R:0,1"]' '9 "R01_S00" "R01_S22"'
expect lsst 'lsst["R00_SG0"]' '1 "R00_SG0"'
expect lsst 'lsst[[0 .. 204]]' '189 "R01_S00" "R43_S22"'
expect lsst 'lsst[[189 .. 204]]' '16 "R00_SG0" "R44_SW1"'
expect lsst 'lsst["R22", "R00"]' '13 "R22_S00" "R00_SW1"'
expect lsst '(lsst where type != "SCIENCE" or x_mm > 0)' '87 "R02_S02" "R43_S22"'
expect lsst_dc2 'lsst_dc2["R:2,2 S:1,1"]' '1 "R22_S11"'
expect lsst_dc2 lsst_dc2 '189 "R01_S00" "R43_S22"'
expect comcam comcam '9 "R22_S00" "R22_S22"'
expect latiss latiss '1 "RXX_S00"'
expect hsc hsc '104 "1_53" "1_31"'
expect decam decam '62 "S29" "N31"'
expect roman roman '18 "SCA01" "SCA18"'

# refused FACE ROWS TEXT: a name and a number that contradict each other, and what is told
refused()
{
    printf 'campaign cameras\nuse %s\ntask t for s in %s { run "echo {s.name}" }\n' "$1" "$2" >camera.wfl
    ! WFL_PATH=$stdlib "$wflc" check camera.wfl >output 2>&1 && grep -qF "$3" output
    verdict $? "$2 is refused: $3"
}
refused lsst 'lsst["R22-S11-det095"]' 'detector 95 is R22_S12, and R22_S11 is detector 94: which one is meant?'
refused lsst 'lsst["R:2,2 S:1,1-det095"]' "detector 95 of 'lsst' is not 'R22_S11'"
refused lsst 'lsst["R23-det095"]' 'detector 95 is R22_S12'
refused lsst 'lsst["R01_*-det095"]' "detector 95 of 'lsst' is not 'R01_*'"
refused lsst 'lsst["R22-S11-det094^R22-S11-det095"]' 'which one is meant?'
refused lsst 'lsst["R22_S11-det300"]' 'there is no detector 300; R22_S11 is detector 94'
refused lsst 'lsst["R00-SG0-det190"]' 'detector 190 is R00_SG1, and R00_SG0 is detector 189'
refused lsst_dc2 'lsst_dc2["R22-S11-det000"]' 'detector 0 is R01_S00, and R22_S11 is detector 94'
refused comcam 'comcam["R22-S11-det094"]' 'there is no detector 94; R22_S11 is detector 4'
refused decam 'decam["S29-det002"]' 'detector 2 is S30, and S29 is detector 1'
refused hsc 'hsc["1_53-det001"]' 'detector 1 is 1_54, and 1_53 is detector 0'

cat >bands.wfl <<'END'
campaign both
use lsst
use lsst_dc2
task t for b in bands, s in lsst["R22"], d in lsst_dc2["R22"] { run "echo {b} {s.name} {d.x_mm}" }
END
WFL_PATH=$stdlib "$wflc" check bands.wfl >output 2>&1 && grep -q '486 tasks' output
verdict $? "two cameras share the bands"

# Detector numbers are 9 * (rank of the raft) + 3 * (row) + (column), and the guiders and wavefront
# sensors follow; rafts are 127 mm apart and sensors 42.25 mm, R22_S11 in the middle.
for camera in lsst_sensors lsst_dc2_imsim_sensors; do
    awk -F, '$12 == "SCIENCE" {
        if (!($2 in rank)) rank[$2] = n++
        split($4, c, "")
        if ($1 != 9 * rank[$2] + 3 * c[6] + c[7] || $2 < last) print "number", $0
        last = $2
        x = 127 * (c[3] - 2) + 42.25 * (c[7] - 1) - $5
        y = 127 * (c[2] - 2) + 42.25 * (c[6] - 1) - $6
        if (x * x + y * y > 1.5 * 1.5) print "place", x, y, $0
        count++
    } $12 ~ /GUIDER|WAVEFRONT/ && ($1 < 189 || $1 > 204) { print "corner", $0 }
    END { if (count != 189 || n != 21) print count, n }' "$stdlib/cameras/$camera.csv" >output
    [ ! -s output ]
    verdict $? "$camera: numbers and places follow from the names"
done

# A mirrored camera sees at its left what another sees at its right.
cat >mirror.csv <<'END'
name,detector,x_mm,y_mm,width_mm,height_mm
left,0,-100,0,40,40
right,1,100,0,40,40
END
printf 'id,ra,dec,rotskypos\n1,30,0,0\n' >one.csv
cat >mirror.wfl <<'END'
campaign mirror
camera plain from csv "mirror.csv" { scale 20 arcsec }
camera other from csv "mirror.csv" { scale 20 arcsec; mirrored true }
visits one from csv "one.csv" { rotation pa }
region west = circle(ra 29.444 deg, dec 0 deg, radius 0.01 deg)
task a for v in one, s in plain where overlaps(v, s, west) { run "true"; output "plain {s.name}" }
task b for v in one, s in other where overlaps(v, s, west) { run "true"; output "other {s.name}" }
END
[ "$("$wflc" list --outputs mirror.wfl 2>output | tr '\n' ' ')" = 'plain right other left ' ]
verdict $? "with North up, +x is West; mirrored, East"
