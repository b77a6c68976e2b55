#!/bin/sh
# The campaign in README.md does what README.md says about it.
set -u

readme=${top_srcdir:?}/README.md
wflc=${top_builddir:?}/wflc

. "${top_srcdir:?is set by make check}/tests/shell/verdict_lib.sh"

# wflc COMMAND: of the campaign; what it prints is kept.
wflc()
{
    "$wflc" "$@" brightest.wfl >output 2>&1 </dev/null
}

echo 1..11

awk '/^```wfl$/ { on = 1; n++; next } /^```$/ { on = 0 } on { print >"campaign" n }' "$readme"
mv campaign1 brightest.wfl
cp brightest.wfl output
[ -s brightest.wfl ]
verdict $? "README.md holds a campaign"

diff brightest.wfl "$top_srcdir/examples/brightest/brightest.wfl" >output 2>&1
verdict $? "which is among the examples"

wflc check && grep -q '105 tasks' output
verdict $? "check finds no mistake and 105 tasks"

[ ! -d build ] && [ ! -d out ]
verdict $? "check writes nothing"

wflc run
verdict $? "run ends well"

ls -R out >output 2>&1
[ "$(find out -name '[0-9]*.txt' | wc -l)" = 100 ] && [ -z "$(find out -name '.*')" ]
verdict $? "there are 100 images and nothing temporary"

status=0
for field in 1 2 3 4 5; do
    sort -n "out/$field"/[0-9]*.txt | tail -n 1 | cmp - "out/$field/brightest.txt" >output 2>&1 ||
        status=1
done
verdict $status "each field has its brightest value"

wflc status && grep -q 105 output
verdict $? "status counts 105 tasks"

rm out/3/brightest.txt
touch mark
wflc run && [ -s out/3/brightest.txt ] &&
    [ "$(find out -type f -newer mark)" = out/3/brightest.txt ]
verdict $? "run again does only what is not done"

cat >visits.csv <<'END'
id,ra,dec,rotskypos,mjd,band
230,53.0,-27.4,12.5,59583.1,z
231,53.2,-27.1,80.0,59584.1,u
END
mv campaign2 first_year.wfl
"$wflc" check -E all first_year.wfl >output 2>&1 && grep -q '2 families' output
verdict $? "the survey compiles"
"$wflc" list --site nersc --outputs first_year.wfl >output 2>&1 && grep -q '^/pscratch/survey/.*_R22_S11_' output
verdict $? "and for its site"
