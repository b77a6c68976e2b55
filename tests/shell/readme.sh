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

echo 1..8

awk '/^```wfl$/ { on = 1; next } /^```$/ { on = 0 } on' "$readme" >brightest.wfl
cp brightest.wfl output
[ -s brightest.wfl ]
verdict $? "README.md holds a campaign"

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
