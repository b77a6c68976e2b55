#!/bin/sh
# What a browser makes of a report, at three widths, light and dark: report_browser.js. The driver of the
# browser comes from npm, unless NODE_PATH has it; pictures are kept in $WFL_PICTURES, if that is set.
. "${top_srcdir:?is set by make check}/tests/shell/verdict_lib.sh"
wflc=$(cd "${top_builddir:?}" && pwd)/wflc
past=$(cd "$top_builddir" && pwd)/tests/shell/past
script=$(cd "$top_srcdir" && pwd)/tests/shell/report_browser.js

skip()
{
    echo "1..0 # SKIP $1"
    exit 0
}

CHROMIUM=${CHROMIUM:-/usr/bin/chromium}
export CHROMIUM
[ -x "$CHROMIUM" ] || skip "no $CHROMIUM here"
for tool in node npm; do
    command -v $tool >/dev/null || skip "no $tool here"
done
if ! node -e 'require("playwright-core")' 2>/dev/null; then
    timeout 120 npm install --cache "$tmp/npm" --fetch-retries 1 --no-package-lock --no-save --no-audit --no-fund --ignore-scripts \
        playwright-core@1 >npm.log 2>&1 || skip "npm cannot get playwright-core: $(grep -m 1 'code\|ERR' npm.log | tr '#' ' ')"
    NODE_PATH=$tmp/node_modules
    export NODE_PATH
fi

awk 'BEGIN { print "id,ra,dec"; for (i = 230; i < 250; i++) printf "%d,%.2f,%.2f\n", i, 50 + i % 7 * 1.1, -30 + i % 5 * 0.9 }' >visit.csv
awk 'BEGIN { print "name,x_mm,y_mm"; for (i = 0; i < 9; i++) printf "R22_S%d%d,%.2f,%.2f\n", i / 3, i % 3, i % 3 * 42.25, int(i / 3) * 42.25 }' >chip.csv
HOME=$tmp # the browser leaves things there
export HOME
cat >past.wfl <<'END'
campaign past
table visit from csv "visit.csv"
table chip from csv "chip.csv"
task draw_with_a_long_name for v in visit, c in chip {
    run "draw {v.id} {v.ra} {v.dec} {c.name} {c.x_mm} {c.y_mm} {image}"
    memory 120 MB
    time 45 s
    retry 1
    output image "out/{v.id}/{c.name}"
}
task join for v in visit needs draw_with_a_long_name {
    run "join {draw_with_a_long_name.image:list} {o}"
    memory 1 GB
    output o "out/{v.id}.txt"
}
task after needs join { run "after {join.o:list} {o}"; output o "out/all" }
END
mkdir pictures
if ! { "$wflc" build past.wfl && "$past" build/past/local && "$wflc" report -o page.html past &&
    "$wflc" status --json past >status.json; } >output 2>&1; then
    cat output
    echo "Bail out! no page"
    exit 99
fi
node "$script" page.html status.json pictures
status=$?
[ -z "${WFL_PICTURES-}" ] || cp pictures/*.png "$WFL_PICTURES"
exit $status
