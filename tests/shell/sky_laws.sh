#!/bin/sh
# Laws that hold for every campaign on the sky, asked of whole campaigns: turning sky, region and camera
# together changes nothing; a region and the rest of the sky share the sensors on the edge only; more sky,
# more sensors; places have one name too many at the poles and across ra 0.
set -u

top=$(cd "${top_srcdir:?}" && pwd) || exit 99
wflc=$(cd "${top_builddir:?}" && pwd)/wflc

# shellcheck source=tests/shell/verdict_lib.sh
. "$top/tests/shell/verdict_lib.sh"

echo 1..12

# turn A B C: lines `id ra dec angle` on a sky turned by A about the poles, by B about ra 90, and by C about the poles
turn()
{
    awk -v a="$1" -v b="$2" -v c="$3" '
        function turned(v, k) { # the vector v[0..2], in place
            k = v[0]; v[0] = ca * k - sa * v[1]; v[1] = sa * k + ca * v[1]
            k = v[0]; v[0] = cb * k + sb * v[2]; v[2] = cb * v[2] - sb * k
            k = v[0]; v[0] = cc * k - sc * v[1]; v[1] = sc * k + cc * v[1]
        }
        BEGIN {
            d = atan2(0, -1) / 180
            ca = cos(a * d); sa = sin(a * d); cb = cos(b * d); sb = sin(b * d); cc = cos(c * d); sc = sin(c * d)
        }
        {
            r = $2 * d; e = $3 * d; q = $4 * d
            p[0] = cos(e) * cos(r); p[1] = cos(e) * sin(r); p[2] = sin(e)
            # what the angle points to: north times its cosine, east times its sine
            t[0] = -sin(e) * cos(r) * cos(q) - sin(r) * sin(q)
            t[1] = -sin(e) * sin(r) * cos(q) + cos(r) * sin(q)
            t[2] = cos(e) * cos(q)
            turned(p); turned(t)
            rho = sqrt(p[0] * p[0] + p[1] * p[1])
            ra = atan2(p[1], p[0]); dec = atan2(p[2], rho)
            north = (rho * t[2] - p[2] * (p[0] * t[0] + p[1] * t[1]) / rho)
            east = (p[0] * t[1] - p[1] * t[0]) / rho
            printf "%s %.17g %.17g %.17g\n", $1, (ra < 0 ? ra / d + 360 : ra / d), dec / d, atan2(east, north) / d
        }'
}

# Corners a1 .. a5 of a polygon about (40, 10), and the centres c, e of two circles on its border
cat >scene <<END
a1 36 6 0
a2 44 5 0
a3 47 11 0
a4 41 15 0
a5 34 12 0
c 44 12 0
e 37 8 0
END
awk 'BEGIN {
    srand(7)
    for (i = 1; i <= 60; i++)
        printf "%d %.6f %.6f %.6f\n", i, 31 + 19 * rand(), 2 + 17 * rand(), 360 * rand()
}' >places

place()
{
    awk -v id="$1" '$1 == id { printf "%s deg, %s deg", $2, $3 }' turned
}

# campaign: about the files `turned` (the scene) and visits.txt; what it lists depends on the sky alone
campaign()
{
    { echo 'id ra dec rotskypos' && cat places.turned; } >visits.txt
    cat >laws.wfl <<END
campaign laws
use lsst
region five  = polygon(($(place a1)), ($(place a2)), ($(place a3)), ($(place a4)), ($(place a5)))
region disc  = circle(ra $(place c | sed 's/,/, dec/'), radius 2.5 deg)
region hole  = circle(ra $(place e | sed 's/,/, dec/'), radius 1.25 deg)
region holed = five minus hole
region all   = (five or disc) minus hole
region both  = five and disc
region sky   = box(ra 0 deg .. 360 deg, dec -90 deg .. 90 deg)
region rest  = sky minus all
region ring  = circle(ra $(place c | sed 's/,/, dec/'), radius 2.5 deg + 0.001 arcsec) minus
               circle(ra $(place c | sed 's/,/, dec/'), radius 2.5 deg - 0.001 arcsec)
region undisc = sky minus disc
visits night from list "visits.txt" { rotation pa }
task a for v in night, s in lsst where overlaps(v, s, all) and not ambiguous(v, s, all, 0.01 arcsec) {
    run "true"; output "all/{v.id}/{s.name}"
}
task b for v in night, s in lsst where overlaps(v, s, both) and not ambiguous(v, s, both, 0.01 arcsec) {
    run "true"; output "both/{v.id}/{s.name}"
}
task c for v in night, s in lsst where corner_in(v, s, holed) and not ambiguous(v, s, all, 0.01 arcsec) {
    run "true"; output "corner/{v.id}/{s.name}"
}
task d for v in night, s in lsst where overlaps(v, s, rest) and not ambiguous(v, s, rest, 0.01 arcsec) {
    run "true"; output "rest/{v.id}/{s.name}"
}
task law for v in night, s in lsst {
    run "true"; output "law/{v.id}/{s.name}"
    error "neither here nor there"    when not overlaps(v, s, all) and not overlaps(v, s, rest)
    error "on both sides of no edge"  when (overlaps(v, s, disc) and overlaps(v, s, undisc)) != overlaps(v, s, ring) and
        not ambiguous(v, s, disc, 0.01 arcsec) and not ambiguous(v, s, undisc, 0.01 arcsec)
    error "less of more sky, or"      when (overlaps(v, s, five) or overlaps(v, s, disc)) != overlaps(v, s, five or disc)
    error "less of more sky, minus"   when overlaps(v, s, holed) and not overlaps(v, s, five)
    error "less of more sky, and"     when overlaps(v, s, both) and not (overlaps(v, s, five) and overlaps(v, s, disc))
    error "less of more sky, corners" when corner_in(v, s, holed) and not corner_in(v, s, five)
    error "a corner, and no overlap"  when corner_in(v, s, all) and not overlaps(v, s, all)
    error "ambiguity shrinks"         when ambiguous(v, s, all, 10 arcsec) and not ambiguous(v, s, all, 30 arcsec)
}
END
}

cp scene turned
cp places places.turned
campaign
"$wflc" list --outputs --quiet laws.wfl >output 2>&1
status=$?
for what in all both corner rest; do
    grep -q "^$what/" output || status=1
done
verdict $status "the laws hold"
grep -v '^law/' output >before
counts=$(cut -d/ -f1 before | sort | uniq -c | awk '{ printf " %s %s", $2, $1 }')
echo "#$counts"

# the last one moves the region to the other side of the sphere
for angles in '120 0 0' '-40 -90 0' '-40 100 20' '-40 0 0' '-41.3 17 -11' '140 180 0' '33 77 -211'; do
    # shellcheck disable=SC2086
    turn $angles <scene >turned
    # shellcheck disable=SC2086
    turn $angles <places >places.turned
    campaign
    "$wflc" list --outputs --quiet laws.wfl >listed 2>output
    status=$?
    grep -v '^law/' listed | diff before - >>output || status=1
    verdict $status "turned by $angles: all the same ($(awk '$1 == "c" { printf "%.4g %.4g", $2, $3 }' turned))"
done

# One pointing with several names
cat >names.txt <<END
id ra dec rotskypos
a1 2 30 15
a2 362 30 375
a3 -358 30 -345
b1 0 90 15
b2 40 90 55
b3 -170 90 -155
c1 0 -90 15
c2 40 -90 -25
c3 350 -90 25
END
sed -i 's/^a2 362/a2 2/' names.txt
cat >names.wfl <<END
campaign names
use lsst
region wrap  = box(ra 359.5 deg .. 361.7 deg, dec 28 deg .. 31 deg)
region same  = box(ra -0.5 deg .. 1.7 deg, dec 28 deg .. 31 deg)
region north = polygon((10 deg, 89 deg), (100 deg, 89.5 deg), (200 deg, 89.7 deg), (300 deg, 88 deg))
region south = strip(ra 100 deg, dec -90 deg .. -88.5 deg, half_width 0.7 deg)
region sky   = box(ra 0 deg .. 360 deg, dec -90 deg .. 90 deg)
region few   = wrap or north or south
region spot  = circle(ra 182 deg, dec -30 deg, radius 5 deg)
region but   = sky minus spot
visits name from list "names.txt" { rotation pa }
task a for v in name, s in lsst where overlaps(v, s, few) {
    run "true"; output "{v.id}/{s.name}"
    error "not the same" when overlaps(v, s, wrap) != overlaps(v, s, same)
    error "an edge that is at the antipode" when v.id in [a1, a2, a3] and ambiguous(v, s, but, 5 deg)
}
task b for v in name, s in lsst where overlaps(v, s, but) {
    run "true"; output "most/{v.id}/{s.name}"
    error "sees through the Earth" when overlaps(v, s, spot)
}
END
"$wflc" list --outputs --quiet names.wfl >listed 2>output
for pointing in a b c; do
    sed -n "s/^${pointing}1//p" listed >one
    status=0
    [ -s one ] || status=1
    for i in 2 3; do
        sed -n "s/^$pointing$i//p" listed | diff one - >>output || status=1
    done
    verdict $status "pointing $pointing has three names, and $(grep -c . one) sensors"
done
[ "$(grep -c ^most/ listed)" = $((9 * 189)) ]
verdict $? "all but a place at the antipode is seen by every sensor"
