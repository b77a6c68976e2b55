#!/bin/sh
# Readers of tables: cells without a value matter where they are used, and what messages advise works when it is
# done; names of columns, numbers of texts, whole lines.
set -u

top=$(cd "${top_srcdir:?}" && pwd) || exit 99
wflc=$(cd "${top_builddir:?}" && pwd)/wflc

# shellcheck source=tests/shell/verdict_lib.sh
. "$top/tests/shell/verdict_lib.sh"

# campaign LINE...
campaign()
{
    echo 'campaign tables' >c.wfl
    printf '%s\n' "$@" >>c.wfl
}

# lists PATH...: these are the outputs
lists()
{
    "$wflc" list --outputs c.wfl >paths 2>output || return
    printf '%s\n' "$@" | cmp - paths >>output 2>&1
}

# told TEXT: the campaign is refused, and this said
told()
{
    "$wflc" check c.wfl >output 2>&1
    [ $? = 1 ] && grep -qF -e "$1" output
}

# mends LINE: each piece of advice in the last message, put into the block of the table in that line of the campaign, makes it
# a good campaign
mends()
{
    sed -n 's/^  help: correct it; or //p' output | sed 's/; or /\n/g' | sed -n 's/^[^{]*{ \(.*\) }$/\1/p' >advice
    [ -s advice ] || return
    cp c.wfl before.wfl
    while read -r what; do
        echo "$what" | sed 's/[&|\\]/\\&/g' >escaped
        sed "$1s|\$| { $(cat escaped) }|" before.wfl >c.wfl
        "$wflc" check c.wfl >output 2>&1 || {
            echo "# $what does not help" >>output
            return 1
        }
    done <advice
    cp before.wfl c.wfl
}

echo 1..57

# --- cells that nobody uses ---
printf 'a,b\n1,3.5\n2,NaN\n' >nan.csv
table='table v from csv "nan.csv"'
campaign "$table" 'task t for x in v { run "true"; output "{x.a}" }'
lists 1 2
verdict $? "a bad cell in a column that is not used"
campaign "$table { where a < 2 }" 'task t for x in v { run "true"; output "{x.b}" }'
lists 3.5
verdict $? "in a row that the table leaves out"
campaign "$table" 'task t for x in v where x.a < 2 { run "true"; output "{x.b}" }'
lists 3.5
verdict $? "in a row that no task has"
campaign "$table { where a == 1 and b > 2 }" 'task t for x in v { run "true"; output "{x.b}" }'
lists 3.5
verdict $? "in a condition that does not look at it"
campaign "$table" 'task t for x in v { run "true"; output "{x.b}" }'
told "nan.csv:3:3: error: column 'b': 'NaN' is no usable number, in nan.csv:3" && grep -q "^c.wfl:3:42: note: column 'b' is used here" output &&
    [ "$(grep -c error: output)" = 1 ]
verdict $? "where it is used: file, line, column, and who uses it"
mends 2
verdict $? "each piece of advice helps"
campaign "$table { c = b * 2; d = b * 3 }" 'task t for x in v { run "true {x.c} {x.d}"; output "{x.a}" }' \
    'task u for x in v { run "true {x.b}"; output "u{x.a}" }'
told "'NaN' is no usable number" && [ "$(grep -c error: output)" = 1 ]
verdict $? "one bad cell is one error, however many columns are made of it"

# --- the other readers ---
for cell in '' inf -Infinity 1e400 bright 99999999999999999999; do
    printf 'a,b\n1,3.5\n2,%s\n3,4\n' "$cell" >cell.csv
    campaign 'table v from csv "cell.csv"' 'task t for x in v { run "true"; output "{x.a}" }'
    lists 1 2 3 && campaign 'table v from csv "cell.csv"' 'task t for x in v { run "true {x.b}"; output "{x.a}" }' &&
        told "cell.csv:3:3: error: column 'b': " && mends 2
    verdict $? "CSV: '$cell'"
done
printf 'a,b c,for\n1,5,7\n2,x,y\n' >odd.csv
campaign 'table v from csv "odd.csv" { n = column("b c"); f = column("for") }' 'task t for x in v { run "true {x.n} {x.f}"; output "{x.a}" }'
told "column 'b c': it holds whole numbers, but this cell is 'x'" && grep -qF 'leave such rows of '"'v'"' out: { where known(n) }' output &&
    grep -qF 'column '"'for'" output
verdict $? "columns with odd names: the advice has the name that the block gives them"
sed -i 's/{ n =/{ where known(n); n =/' c.wfl
lists 1
verdict $? "and it works"

# a database that has no sqlite3 to make it: rows of all kinds (tests/golden/check/cadence.db)
cp "$top/tests/golden/check/cadence.db" .
for column in mixed bytes bad; do
    campaign "table v from sqlite \"cadence.db\" query \"SELECT n, $column FROM odd\"" "task t for x in v { run \"true {x.$column}\"; output \"{x.n}\" }"
    told "error: column '$column' of 'cadence.db' holds " && grep -q ', in row [12] \[value\]$' output &&
        [ "$(grep -c error: output)" = 1 ] && cp output said && mends 2
    verdict $? "SQLite: $column is told with its row, and each piece of advice helps"
    sql=$(sed -n 's/.*in the query: \(.*\)$/\1/p' said)
    [ -z "$sql" ] || {
        campaign "table v from sqlite \"cadence.db\" query \"SELECT n, $sql FROM odd\"" "task t for x in v { run \"true {x.$column}\"; output \"{x.n}\" }"
        "$wflc" check c.wfl >output 2>&1
        verdict $? "SQL that was advised works: $sql"
    }
done
cp "$top/tests/data/null_ra.db" .
campaign 'visits o from sqlite "null_ra.db"' 'task t for x in o { run "true"; output "{x.id}" }'
told "error: column 'fieldRA' of 'null_ra.db' holds NULL, in row 2" && [ "$(grep -c error: output)" = 1 ] && mends 2
verdict $? "NULL in the place of a visit is told with its row, and the advice helps"
campaign 'visits o from sqlite "null_ra.db" { where id != 2 }' 'task t for x in o { run "true"; output "{x.id}" }'
lists 1 3
verdict $? "and does not matter in a row that is left out"
campaign 'visits o from sqlite "null_ra.db" { rotation fbs; where known(ra) }' 'task t for x in o { run "true"; output "{x.id}" }'
told "error: column 'rotSkyPos' of 'null_ra.db' holds NULL, in row 3"
verdict $? "NULL among the angles, too"
campaign 'visits o from sqlite "null_ra.db" query "SELECT * FROM observations" { id = airmass; ra = deg(fieldDec); dec = 0 deg }' \
    'task t for x in o { run "true"; output "{x.id}" }'
told "error: column 'airmass' of 'null_ra.db' holds a number that is not finite, in row 3" && grep -q "where known(id)" output
verdict $? "infinities among ids"

printf 'obshistid 7\nrightascension 1\ndeclination 2\nfilter r\nseeing nan\n' >cat_1.txt
printf 'obshistid 8\nrightascension 1\ndeclination 92\nfilter 9\nseeing 0.5\n' >cat_2.txt
campaign 'table v from instcat "cat_*.txt"' 'task t for x in v { run "true"; output "{x.id}" }'
lists 7 8
verdict $? "headers of catalogs: values that nobody uses"
campaign 'table v from instcat "cat_*.txt"' 'task t for x in v { run "true {x.seeing}"; output "{x.id}" }'
told "cat_1.txt:5:8: error: the value of 'seeing' is no usable number" && mends 2
verdict $? "and one that is used"
campaign 'visits v from instcat "cat_*.txt"' 'task t for x in v { run "true"; output "{x.id}" }'
told "cat_2.txt:3:13: error: a declination past the pole" && mends 2
verdict $? "places of visits are used"

# --- conditions, joins, folds ---
campaign "$table" 'task t for x in v where x.b > 1 { run "true"; output "{x.a}" }'
told "column 'b': 'NaN' is no usable number, in nan.csv:3: correct it, or leave such rows of 'v' out: { where known(b) }"
verdict $? "a condition of a task"
campaign "$table" 'task t for x in v, y in v where y.b == x.b { run "true"; output "{x.a}{y.a}" }'
told "'NaN' is no usable number" && mends 2
verdict $? "an equality"
campaign "$table" 'let m = max(v.b)' 'task t for x in v where x.a < m { run "true"; output "{x.a}" }'
told "'NaN' is no usable number" && mends 2
verdict $? "a sum over the column"
campaign "$table" 'task t for x in distinct v(b) { run "true"; output "{x}" }'
told "'NaN' is no usable number" && mends 2
verdict $? "distinct rows"
campaign "$table" 'task t for x in (v where known(b)), y in v where y.b in v.b { run "true"; output "{x.a}{y.a}" }'
told "'NaN' is no usable number"
verdict $? "membership"

# --- numbers of texts, and names ---
printf '"id","b c","b-c","for",\n"1","2.50","x","007",0\n"2","-3e2","y","08",1\n' >quoted.csv
campaign 'table v from csv "quoted.csv" { i = int(id); n = number(column("b c")); f = int(column("for")); d = column("b-c") }' \
    'task t for x in v where x.i + x.f > 0 { run "true"; output "{x.i:03}_{x.n + 1}_{x.f}_{x.d}" }'
lists 001_3.5_7_x 002_-299_8_y
verdict $? "a CSV with all cells quoted, odd names and a column without one"
campaign 'table v from csv "quoted.csv"' 'task t for x in v { run "true"; output "{x.b}" }'
told "a column 'b-c' is given a name in the block of the table: { name = column(\"b-c\") }"
verdict $? "an odd name that was meant"
printf '"id","ra","dec"\n"1","10.5","-3"\n' >places.csv
campaign 'visits v from csv "places.csv"' 'task t for x in v { run "true"; output "{x.id}" }'
told "column 'ra' of 'v' must hold numbers, and holds text" && grep -qF '{ ra = number(ra) }' output &&
    sed -i 's/places.csv"/& { ra = number(ra); dec = number(dec) }/' c.wfl && lists 1
verdict $? "places in quotes, and what is advised"
campaign 'param p = "12"' 'task t for i in 1 .. 2 { run "true"; output "{int(p) + i}_{real(p) / 8}_{int("-07")}_{5.5 mod 2}_{-30 deg mod 360 deg == 330 deg}" }'
lists 13_1.5_-7_1.5_true 14_1.5_-7_1.5_true
verdict $? "int, number and mod where tasks are made"
campaign 'set s = ["1", "x2"]' 'task t for i in s { run "true"; output "{int(i)}" }'
told "'x2' is no number"
verdict $? "a text that is no number"
for text in 7.5 '' ' 7' 0x10 99999999999999999999; do
    campaign "task t { run \"true {int(\"$text\")}\"; output \"t\" }"
    told "error: '$text' is " || exit 1
done
verdict $? "int takes whole numbers only"

# --- lists ---
printf '# a list\none\t1\n# in between\ntwo\t2\n' >list.txt
campaign 'table v from list "list.txt" { columns name, n; separator tab }' 'task t for x in v { run "true"; output "{x.name}{x.n}" }'
lists one1 two2
verdict $? "comments behind the first row of a list, whatever separates its cells"
printf '"quoted" x\n  a "b\tc  d\nplain\n' >lines.txt
campaign 'table v from list "lines.txt" { columns line; separator line }' 'task t for x in v { run "echo {x} > {o}"; output o "out/{length(x)}" }'
"$wflc" run --quiet c.wfl >output 2>&1 && cat out/10 out/11 out/5 >lines.out && cmp lines.txt lines.out >>output 2>&1
verdict $? "whole lines, with quotes, blanks and tabs"
campaign 'table v from list "lines.txt" { columns line }' 'task t for x in v { run "true"; output "{x}" }'
told "lines.txt:1"
verdict $? "which blanks separate else"

# --- JSON, and names of files ---
cat >rows.json <<'END'
{ "made": "today", "rows": [
    { "id": 1, "name": "it's", "pos": { "ra": 10.5 } },
    { "id": 2, "name": "b c", "pos": { "ra": null } },
    { "id": 3, "name": "d" } ] }
END
campaign 'table v from json "rows.json" { ra = column("pos.ra") }' 'task t for x in v { run "true"; output "{x.id} {x.name}" }'
lists "1 it's" '2 b c' '3 d'
verdict $? "a table from JSON"
sed -i 's/{x.name}/{x.ra}/' c.wfl
told "error: column 'pos.ra' of 'rows.json' is null, in row 2" && [ "$(grep -c error: output)" = 1 ]
verdict $? "null matters where it is used"
sed -i 's/{ ra =/{ where known(ra); ra =/' c.wfl
lists '1 10.5'
verdict $? "and what is advised works"
mkdir -p raw/n1 raw/n2
touch raw/n1/v007_r.fits raw/n1/v012_g.fits raw/n2/v3_r_b.fits
campaign 'table v from glob "raw/n*/v*_*.fits" { columns night, visit, band; where visit < 12 }' \
    'task t for x in v { run "true"; output "{x.night}/{x.visit:03}_{x.band}" }'
lists 1/007_r 2/003_r_b
verdict $? "numbers of the names of files"
campaign 'table v from glob "raw/n*/v*_*.fits" { visit = int(slice(stem, 1, 4)) }' 'task t for x in v { run "true"; output "{x.visit}" }'
told "'3_r' is no number" && [ "$(grep -c error: output)" = 1 ]
verdict $? "or cut out of them"
if strace -o /dev/null true 2>/dev/null; then
    ! ASAN_OPTIONS=detect_leaks=0 strace -qq -o /dev/null -P "$PWD/raw/n2" -e trace=getdents64 -e inject=getdents64:error=EIO:when=1 \
        "$wflc" check c.wfl >output 2>&1 && grep -q "error: cannot read the folder 'raw/n2.*Input/output error" output
    verdict $? "a folder that cannot be read to its end is an error"
else
    verdict 0 "a folder that cannot be read to its end is an error # SKIP nothing can be traced here"
fi

# --- one observation of several proposals ---
cp "$top/tests/data/two_proposals.db" .
campaign 'visits all from sqlite "two_proposals.db"' 'task t for x in all { run "true"; output "{x.id}" }'
lists 5 6 7
verdict $? "a visit that served two proposals is one"
campaign 'visits all from sqlite "two_proposals.db"' 'task t for x in (all where propID == 56) { run "true"; output "{x.id}" }'
told "error: column 'propID' differs between rows of one visit, in row 1"
verdict $? "whose proposal is not one of both, without a word"
campaign 'visits all from sqlite "two_proposals.db" { where propID == 56 }' 'task t for x in all { run "true {x.propID}"; output "{x.id}" }'
lists 5 7
verdict $? "and is found when it is asked for before rows are joined"

# --- what is in a name, in a line, behind a guard ---
mkdir g && touch g/n12ab_1.fits g/n13_2.fits g/n14_3.fits
campaign 'table f from glob "g/n*_*.fits" { columns night, k }' 'task t for x in f { run "true"; output "{x.night}-{x.k}" }'
lists 12ab-1 13-2 14-3
verdict $? "what is text in the name of the first file is text in all"
campaign 'table f from glob "g/n[[:digit:]]*_*.fits" { columns night, k }' 'task t for x in f { run "true"; output "{x.night}-{x.k}" }'
lists 2ab-1 3-2 4-3
verdict $? "sets of a pattern are read as glob(3) reads them"
printf '0071  \n72\n' >lines.txt
campaign 'table l from csv "lines.txt" { columns line; separator line }' 'task t for x in l { run "true"; output "[{x.line}]" }'
lists '[0071  ]' '[72]'
verdict $? "a line is what it is"
printf '{"id": 7, "band": "r"}\n' >one.json
campaign 'table e from json "one.json"' 'task t for x in e { run "true"; output "{x.id}{x.band}" }'
lists 7r
verdict $? "one object is a table of one row"
printf '[{"id":1,"s":"a\\u0000b"}]' >nul.json
campaign 'table e from json "nul.json"' 'task t for x in e { run "true"; output "{x.s}" }'
told 'a NUL character'
verdict $? "a text is not cut"
printf 'need,y\n1,5\n2,\n' >guard.csv
printf 'ok\n1\n' >ok.csv
campaign 'param all = false' 'table b from csv "guard.csv"' 'table a from csv "ok.csv"' 'let m = if all then max(b.y) else 0' \
    'task t for x in b, y in a where y.ok == x.need and x.y > 2 { run "true"; output "{x.need}{m}" }' \
    'task u for x in b where all and x.need in b.y or x.need == 1 { run "true"; output "u{x.need}" }'
lists 10 u1
verdict $? "a cell without a value does not matter where nobody looks"
"$wflc" check -D all=true c.wfl >output 2>&1
[ $? = 1 ] && [ "$(grep -c "error: column 'y' of 'b' has a cell without a value" output)" = 2 ]
verdict $? "and does where somebody does"
