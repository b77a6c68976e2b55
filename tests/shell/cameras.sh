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

echo 1..20
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
expect lsst_dc2 lsst_dc2 '189 "R01_S00" "R43_S22"'
expect comcam comcam '9 "R22_S00" "R22_S22"'
expect latiss latiss '1 "RXX_S00"'
expect hsc hsc '104 "1_53" "1_31"'
expect decam decam '62 "S29" "N31"'
expect roman roman '18 "SCA01" "SCA18"'

cat >bands.wfl <<'END'
campaign both
use lsst
use lsst_dc2
task t for b in bands, s in lsst["R22"], d in lsst_dc2["R22"] { run "echo {b} {s.name} {d.x_mm}" }
END
WFL_PATH=$stdlib "$wflc" check bands.wfl >output 2>&1 && grep -q '486 tasks' output
verdict $? "two cameras share the bands"
