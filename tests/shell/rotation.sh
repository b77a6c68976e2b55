#!/bin/sh
# How the camera is turned: the angle to the sky made of the angle to the telescope, by what genuine
# databases say of both; and what is told where it cannot be made or its meaning is not known.
set -u

top=$(cd "${top_srcdir:?}" && pwd) || exit 99
wflc=$(cd "${top_builddir:?}" && pwd)/wflc

# shellcheck source=tests/shell/verdict_lib.sh
. "$top/tests/shell/verdict_lib.sh"

# told TEXT FILE: wflc refuses FILE and says this
told()
{
    "$wflc" check "$2" >output 2>&1
    [ $? = 1 ] && grep -qF "$1" output
}

echo 1..8

# 141 rows that have both angles: from altitude and azimuth, and from the sidereal time of the clock.
# In the latter the precession since 2000 is missing, up to 0.3 deg of ra, which matters near the zenith.
cat >both.wfl <<END
campaign both
use rubin
table row from csv "$top/tests/data/opsim_rotation.csv" {
    horizon = parallactic(altitude deg(altitude), azimuth deg(azimuth), latitude rubin_latitude)
    clock   = parallactic(hour_angle sidereal(mjd observationStartMJD, longitude rubin_longitude) - deg(fieldRA),
                          dec deg(fieldDec), latitude rubin_latitude)
    late    = sidereal(mjd observationStartMJD, longitude rubin_longitude) - deg(observationStartLST)
}
table angle from row {
    horizon = rotTelPos - horizon - rotSkyPos
    clock   = rotTelPos - clock - rotSkyPos
}
table left from angle { horizon = abs(horizon - 360 * round(horizon / 360)); clock = abs(clock - 360 * round(clock / 360)) }
error "{count(row)} rows" when count(row) != 141
error "{max(left.horizon)}" when max(left.horizon) > 1e-9
error "{max(left.clock)}"   when max(left.clock) > 0.25
error "{max(row.late)} {min(row.late)}" when max(row.late) > 3e-5 or min(row.late) < -3e-5
task t { run "true"; output "t" }
END
"$wflc" check both.wfl >output 2>&1
verdict $? "rotSkyPos comes back from rotTelPos: 1e-9 deg from altitude and azimuth, 0.25 deg from the clock"

# DC2's visit 466749 as its catalog has it
cat >dc2.csv <<END
id,rotskypos,rottelpos,altitude,azimuth
466749,143.68537318928682112,42.8902454,45.89293522638811851,108.22465205777777
END
cat >dc2.wfl <<END
campaign dc2
use rubin
table visit from csv "dc2.csv" {
    off = rottelpos - rotskypos -
        parallactic(altitude deg(altitude), azimuth deg(azimuth), latitude rubin_latitude) / 1 deg
}
error "{max(visit.off)}" when max(visit.off) > 0.01 or min(visit.off) < -0.01
task t { run "true"; output "t" }
END
"$wflc" check dc2.wfl >output 2>&1
verdict $? "rotTelPos = rotSkyPos + parallactic angle in a visit of DC2, to 0.01 deg"

# A database as DC2's, with the pointing and the angle of the dither, but the altitude of the field
cp "$top/tests/data/dithered.db" cadence.db
cat >dithered.wfl <<END
campaign dithered
visits night from sqlite "cadence.db" { rotation dc2 }
task t for v in night { run "true {v.rotskypos}"; output "{v.id}" }
END
told "{ rotskypos = rad(descDitheredRotTelPos) - parallactic(hour_angle rad(lst) - deg(ra), dec deg(dec), latitude rubin_latitude) }" dithered.wfl
verdict $? "a dithered Summary: told how the angle is made again for the dither"
remedy=$(sed -n "s/.*'use rubin', { \(rotskypos.*\) }$/\1/p" output)
sed "s/^visits/use rubin\n&/; s|rotation dc2|$remedy; &|" dithered.wfl >mended.wfl
# these are the numbers of visit 466749, with a sidereal time to the minute
printf 'error "{min(night.rotskypos)}" when abs(min(night.rotskypos) - 143.685) > 0.3\n' >>mended.wfl
"$wflc" check mended.wfl >output 2>&1
verdict $? "and what was told compiles and is right"

# A database without the pseudo parallactic angle, of another relation: rotSkyPos = paraAngle - rotTelPos - 90
cp "$top/tests/data/newer.db" cadence.db
told "what this database means by rotSkyPos is not known: it is not rotTelPos - paraAngle" dithered.wfl
verdict $? "a rotSkyPos of another meaning is not guessed"
sed 's/rotation dc2/rotskypos = deg(rotSkyPos); rotation pa/' dithered.wfl >mended.wfl
"$wflc" check mended.wfl >output 2>&1
verdict $? "but taken when it is said what it is"

cat >told.csv <<END
id,ra,dec,rotTelPos
1,65.5,-33.4,20
END
sed 's/from sqlite "cadence.db"/from csv "told.csv"/' dithered.wfl >told.wfl
told "which comes from columns of altitude and azimuth, of lst, or of mjd" told.wfl
verdict $? "nothing to make the angle of: told what is missing"

sed -i 's/rotTelPos/rotTelPos,altitude,azimuth/; s/,20/,20,45,108/' told.csv
told "{ rotskypos = deg(rotTelPos) - parallactic(altitude deg(altitude), azimuth deg(azimuth), latitude rubin_latitude) }" told.wfl
verdict $? "altitude and azimuth: told how"
