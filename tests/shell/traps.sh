#!/bin/sh
# Genuine files of the survey, and what is odd about them. Files that may not be copied are written anew.
#
#   trap                                              file                            test
#   angles in arcseconds                              field_head.csv                  1, 2
#   a place on the pole                               field_head.csv                  2
#   bare ids, one a line; two programmes mixed        run_1.2_visits.txt              3
#   sorted ids of gen3_shared_repo_admin              (as those)                      4
#   a header of blank-separated names                 (as the per-band lists)         5
#   no header, one or two blanks                      protoDC2_visits_*.txt           6, 7
#   CSV of band,fID,obsHistID joined with pointings   (as DC2VisitList_*.csv)         8
#   names like MoonPhase(opsim), runs of blanks       test_opsimObsData.dat           9
#   comments before and between objects               bad_instcat.txt                 10
#   lines with ` inf ` are dropped, and told          bad_instcat.txt                 10, 11
#   inf inside an id or a file name is fine           bad_instcat.txt                 10
#   ids that are no numbers                           bad_instcat.txt                 10
#   no seqnum; includes that are not there            phosim_cat_466749.txt           12, 13
#   filter is a letter, angles in degrees             small_opsim.db                  14
#   numExposures 1 or 2                               small_opsim.db                  15
#   rotTelPos 0..360, and -90..90                     small_opsim.db, opsim_seqnum_part.db  16, 17
#   Summary: radians, dithers of DESC                 minion_1016_like_summary.db     18
#   Summary: one visit of several proposals           golden plan/sources.wfl
#   includeobj, .gz, key order, header keys in capitals  unit test_table, test_objects
#   infinite, missing, odd values in headers          unit test_table, golden check/instcat.wfl
set -u

data=$(cd "${top_srcdir:?}/tests/data/genuine" && pwd) || exit 99
wflc=$(cd "${top_builddir:?}" && pwd)/wflc

# shellcheck source=tests/shell/verdict_lib.sh
. "$top_srcdir/tests/shell/verdict_lib.sh"

# campaign TEXT: checks it; the plan is in `plan`, messages in `output`.
campaign()
{
    printf 'campaign trap\n%s\n' "$1" >trap.wfl
    "$wflc" check -W no-without-output --dump-plan trap.wfl >plan 2>output
}

# found PATTERN N: so many lines of the plan match; or says what is there.
found()
{
    [ "$(grep -c "$1" plan)" = "$2" ] && return
    { echo "$(grep -c "$1" plan) lines match $1, not $2:"; head -40 plan; } >>output
    return 1
}

echo 1..18

! campaign "visits fields from csv \"$data/field_head.csv\" { id = fieldID; ra = fieldRA; dec = fieldDec }
task t for v in fields { run \"echo {v.id}\" }" && grep -q 'degrees are wanted from -3600 to 3600' output &&
    grep -q 'help: if the column is in arcseconds: { ra = ra \* 1 arcsec }' output
verdict $? "field.csv: arcseconds are no degrees"

campaign "use lsst
visits fields from csv \"$data/field_head.csv\" { id = fieldID; ra = fieldRA * 1 arcsec; dec = fieldDec * 1 arcsec; rotskypos = 0; rotation dc2 }
task t for v in (fields where id == 1), s in lsst where overlaps(v, s, circle(ra 77 deg, dec -90 deg, radius 3 deg)) { run \"echo {v.id} {v.dec} {s.name}\" }" &&
    found 'column . dec real: -90$' 1 && found '^  task [0-9]*: 0 ' 189
verdict $? "field.csv: its first field is the pole, all around which sensors look"

campaign "table ids from list \"$data/run_1.2_visits.txt\" { columns id }
task t for v in ids { run \"echo {v.id}\" }" && found '^  task ' 1999 && found 'column 0 id int: 230 250 260 .*1931739 1931758$' 1
verdict $? "run_1.2_visits.txt: bare ids"

printf '1472\n1474\n1502\n2166\n' >DR6.txt
campaign "table ids from list \"DR6.txt\" { columns id }
task t for v in ids { run \"echo {v.id}\" }" && found 'column 0 id int: 1472 1474 1502 2166$' 1
verdict $? "DR6_Run2.2i_WFD_visits.txt: bare ids"

printf 'obsHistID expMJD\n6822 59589.199131\n6823 59589.19958\n' >i-band.txt
campaign "table ids from list \"i-band.txt\"
task t for v in ids { run \"echo {v.obsHistID} {v.expMJD}\" }" &&
    found 'column 0 obsHistID int: 6822 6823$' 1 && found 'column 1 expMJD real: 59589.199131' 1
verdict $? "DC2_Run2_i-band_WFDvisits.txt: a header"

campaign "table ids from list \"$data/protoDC2_visits_u-band.txt\" { columns id, mjd }
task t for v in ids { run \"echo {v.id} {v.mjd}\" }" && found '^  task ' 534 && found 'column 0 id int: 179145 179146 ' 1
verdict $? "protoDC2_visits_u-band.txt: no header, two blanks"

campaign "table ids from list \"$data/protoDC2_visits_uDDF_u-band.txt\" { columns id, mjd }
task t for v in ids { run \"echo {v.id} {v.mjd}\" }" && found '^  task ' 192 && found 'column 1 mjd real: 59583.072495' 1
verdict $? "protoDC2_visits_uDDF_u-band.txt: no header, one blank"

printf 'band,fID,obsHistID\nz,778,1472\nr,1427,230\n' >WFDvisitsInWFD.csv
printf 'obsHistID,ra,dec\n1472,59.9,-43.6\n230,53.0,-27.4\n9,0.5,0.5\n' >pointings.csv
campaign "table chosen from csv \"WFDvisitsInWFD.csv\"
visits pointed from csv \"pointings.csv\" { id = obsHistID }
task t for l in chosen, v in pointed where l.obsHistID == v.id { run \"echo {l.band} {v.id}\" }" && found '^  task ' 2
verdict $? "DC2VisitList_*.csv: joined with the pointings of visits"

campaign "table seen from list \"$data/test_opsimObsData.dat\"
task t for v in seen { run \"echo {v.MJD} {v.filter} {v.MoonPhase}\" }" && found '^  task ' 2 &&
    found 'column . filter string: "i" "r"' 1 && found 'MoonPhase real: 41.630*3* 41.7' 1
verdict $? "test_opsimObsData.dat: blanks and odd names"

# with a margin as wide as the camera each object counts
campaign "use lsst
visits v0 from instcat \"$data/bad_instcat.txt\" { rotation dc2 }
task t for v in v0, s in lsst[94] { time 1 s + 1 s * objects(v, s, 4 deg); run \"echo {v.id} {s.name}\" }" &&
    found "answer int: $(grep '^object' "$data/bad_instcat.txt" | grep -vc ' inf ')\$" 1
verdict $? "bad_instcat.txt: comments, names, and what is dropped"

grep -q 'warning: 2 objects with an infinite value are not counted' output
verdict $? "bad_instcat.txt: that it was dropped is told"

campaign "visits v0 from instcat \"$data/phosim_cat_*.txt\" { rotation dc2 }
task t for v in v0 { run \"echo {v.id} {v.band} {v.minsource}\" }" && found 'column 0 id int: 466749$' 1
verdict $? "phosim_cat_466749.txt: its header is enough"

! campaign "use lsst
visits v0 from instcat \"$data/phosim_cat_*.txt\" { rotation dc2 }
task t for v in v0, s in lsst where objects(v, s) > 0 { run \"echo {v.id} {s.name}\" }" &&
    grep -q 'star_cat_466749.txt.gz: cannot read this file, which .*phosim_cat_466749.txt includes: No such file' output
verdict $? "phosim_cat_466749.txt: what it includes is missing when it is wanted"

campaign "use lsst
visits v0 from sqlite \"$data/small_opsim.db\" { rotation imsim2 }
task t for v in v0, s in lsst[94] where overlaps(v, s, box(ra 65 deg .. 66 deg, dec -34 deg .. -33 deg)) { run \"echo {v.id} {v.band} {s.name}\" }" &&
    found '^  task ' 68 && found 'column . band string: \("[ugrizy]" *\)*$' 1
verdict $? "small_opsim.db: degrees and letters"

campaign "visits v0 from sqlite \"$data/small_opsim.db\"
task t for v in v0 where v.numExposures == 2 { run \"echo {v.id} {v.numExposures}\" }" && ! found '^  task ' 68 2>/dev/null &&
    grep -q 'numExposures int: [12 ]*$' plan
verdict $? "small_opsim.db: one or two exposures"

campaign "table a from sqlite \"$data/small_opsim.db\"
table b from sqlite \"$data/opsim_seqnum_part.db\"
task t for v in a where v.rotTelPos > 180 { run \"echo {v.observationId}\" }
task u for v in b where v.rotTelPos < 0 { run \"echo {v.observationId}\" }"
verdict $? "opsim databases: rotTelPos of both kinds"

printf 'id,ra,dec,rotTelPos,q\n1,60,-30,349.25,12\n2,60,-30,-10.75,12\n' >turned.csv
campaign "use lsst
visits v0 from csv \"turned.csv\" { rotskypos = deg(rotTelPos - q); rotation dc2 }
region half = box(ra 60 deg .. 70 deg, dec -35 deg .. -30 deg)
task t for v in v0, s in lsst where overlaps(v, s, half) { run \"echo {v.id} {s.name}\" }" &&
    sed -n 's/^  task [0-9]*: 0 //p' plan >one && sed -n 's/^  task [0-9]*: 1 //p' plan >two && [ -s one ] && cmp one two >>output
verdict $? "angles a turn apart see the same"

campaign "visits v0 from sqlite \"$data/minion_1016_like_summary.db\"
region camera = box(ra 40 deg .. 85 deg, dec -50 deg .. -20 deg)
task t for v in v0 where contains(camera, v) { run \"echo {v.id} {v.band}\" }" && found '^  task ' 160
verdict $? "minion_1016: radians, and the dithers of DESC"
