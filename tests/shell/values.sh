#!/bin/sh
# What wfl(5) promises of values: each expression is evaluated by wflc, and over rows by the shim.
set -u

. "${top_srcdir:?is set by make check}/tests/shell/verdict_lib.sh"
wflc=${top_builddir:?}/wflc

echo 1..6

# gives NAME <EXPRESSION|VALUE...: one task prints them all; the table `v` has one row, of odd values
gives()
{
    mkdir "$1" && cd "$1" || exit 99
    cat >list
    printf 'name,e,two,tiny,least,big,ids\néa,"e\314\201b",2.5,5e-324,-9223372036854775808,9007199254740993,9007199254740993\n' >v.csv
    {
        printf 'campaign values\nparam n = 0\nset none = 1 .. 3 where none > 5\ntable v from csv "v.csv"\n'
        printf 'set large = 9223372036854775806 .. 9223372036854775807\n'
        printf 'set twelve = 1 .. 12\ntable some from csv "v.csv" where two > n\ntable far from csv "v.csv" where two > 1000\n'
        printf 'task t for x in v, i in large where i > 9223372036854775806 {\n    run "printf '\''%%s\\\\n'\'' '
        while IFS='|' read -r e _; do
            printf '%s ' "{$e}"
        done <list
        printf '> {o}"\n    output o "values"\n}\n'
    } >values.wfl
    sed 's/^[^|]*|//' list >expected
    "$wflc" run values.wfl >log 2>&1 && diff expected values >>log
    status=$?
    cp log ../output
    cd .. || exit 99
    verdict $status "$1"
}

gives texts <<'END'
x.name:.1s|é
"é":.1s|é
"éa":.1|é
x.name:5|   éa
"éa":5|   éa
x.name:-5|éa   
x.name:05|   éa
x.name:-3.1s|é  
x.e:.1s|e
length(x.e)|3
"日本語":.2|日本
"日本語":5|  日本語
true:6|  true
x.two > 1:06|  true
slice("日本語", 1, 2)|本
END

gives numbers <<'END'
round(2.5)|2
round(3.5)|4
round(x.two)|2
x.two:.0f|2
3.5:.0f|4
round(-0.5)|0
round(-2.5)|-2
-255:x|-ff
-255:08x|-00000ff
-255:-6x|-ff   
x.least:x|-8000000000000000
255:06x|0000ff
5e-324|5e-324
x.tiny|5e-324
1e-310|1e-310
2.2250738585072014e-308|2.2250738585072014e-308
0.1|0.1
0.1 + 0.2|0.30000000000000004
1e22|1e+22
1e23|1e+23
-0.0|-0
123456789012345680.0|1.2345678901234568e+17
9007199254740993 == 9007199254740992.0|false
x.big == 9007199254740992.0|false
x.big > 9007199254740992.0|true
9007199254740992.0 < x.ids|true
x.big == x.ids|true
9223372036854775807 < 9223372036854775808.0|true
x.least == -9223372036854775808.0|true
floor(9.3e15)|9300000000000000
floor(9.22e18)|9220000000000000000
round(-9.2233720368547758e18)|-9223372036854775808
i|9223372036854775807
END

gives laziness <<'END'
if n == 0 then 0 else 10 div n|0
n == 0 or 10 div n > 1|true
n != 0 and 10 mod n == 1|false
if n != 0 then sqrt(-1) else 1 / 2|0.5
if count(none) > 0 then max(none) else -1|-1
if x.two < 0 then max(none) else 7|7
if x.two < 0 then 10 div n else 8|8
if n == 0 then 1 else if n == 1 then 1 div n else 2 div n|1
if n == 0 or max(none) > 3 then "a" else "b"|a
if n == 0 then 1 deg / 1 deg else separation((0 deg, 95 deg), (0 deg, 0 deg)) / 1 deg|1
count(none)|0
sum(none)|0
2 in none|false
count(some)|1
count((v where two > 5))|0
count(far)|0
if count(far) > 0 then max(far.two) else -1.5|-1.5
x.two in far.two|false
END

# An error that is asked for is told, once, with its place; so is a condition over nothing.
cat >bad.wfl <<'END'
campaign bad
param n = 0
set none = 1 .. 3 where none > 5
error "there is {max(none)}" when count(none) > 0
error "there is {min(none)}" when count(none) == 0
task t for k in 1 .. 2 {
    run "echo {if n == 0 then 10 div n else 0} {if k > 1 then 10 mod n else 0} > {o}"
    output o "o{k}"
}
task u for k in none { run "echo > {o}";  output o "u{k}" }
END
"$wflc" check bad.wfl >output 2>&1
[ $? = 1 ] && [ "$(grep -c 'error: ' output)" = 3 ] &&
    grep -q '^bad.wfl:5:18: error: min of nothing' output &&
    grep -q '^bad.wfl:7:31: error: division by zero' output &&
    grep -q '^bad.wfl:3:25: error: no row of .none. fulfils this condition' output
status=$?
sed -i '/^error.*min/d; /^task u/d; s/if n == 0 then 10/if n != 0 then 10/' bad.wfl
"$wflc" check bad.wfl >again 2>&1
[ $? = 1 ] && [ "$(grep -c 'error: ' again)" = 1 ] && grep -q '^bad.wfl:6:63: error: t.k=2.: division by zero' again || status=1
cat again >>output
verdict $status "what is asked for and fails is told"

# Where rows are compared with constants and columns, and joined: whole and real numbers exactly.
{
    echo id
    i=0
    while [ $i -lt 1500 ]; do
        echo $((9007199254740992 + 2 * i))
        i=$((i + 1))
    done
} >even.csv
printf 'id\n9007199254740993\n9007199254740994\n' >two.csv
printf 'x\n9007199254740992.0\n9007199254740994.0\n' >real.csv
cat >exact.wfl <<'END'
campaign exact
table even from csv "even.csv"
table two from csv "two.csv"
table real from csv "real.csv"
task a for t in two where t.id in even.id { run "echo > {o}";  output o "a{t.id}" }
task b for t in (two where id > 9007199254740992.0 and id < 9007199254740994.0) { run "echo > {o}";  output o "b{t.id}" }
task c for t in two, r in real where r.x == t.id { run "echo > {o}";  output o "c{t.id}" }
task d for t in two needs r where r.r.x == t.id { run "echo {count(r)} > {o}";  output o "d{t.id}" }
task r for r in (real where x >= 9007199254740993) { run "echo > {o}";  output o "r{r.x}" }
END
"$wflc" run exact.wfl >output 2>&1
grep -q '6 of 6 done' output && [ -e a9007199254740994 ] && [ -e b9007199254740993 ] &&
    [ -e c9007199254740994 ] && [ "$(cat d9007199254740993)" = 0 ] && [ "$(cat d9007199254740994)" = 1 ] &&
    [ -e r9007199254740994 ]
verdict $? "comparisons and joins are exact"

# All values of a column or of a set, quoted, in a command and as arguments.
printf "id,name\n1,a b\n2,it's\n3,\$(touch code)\n" >names.csv
cat >column.wfl <<'END'
campaign column
table names from csv "names.csv"
set ids = 5 .. 7
task a { run "printf '%s,' {names.name:list} {names.id:list} {ids:list} > {o}"; output o "all" }
task b { run ["sh", "-c", "echo $# $2 >words", "x", "{names.name:list}"]; output "words" }
END
"$wflc" run -q column.wfl >output 2>&1
[ "$(cat all)" = "a b,it's,\$(touch code),1,2,3,5,6,7," ] && [ "$(cat words)" = "3 it's" ] && [ ! -e code ]
status=$?
cat >nocolumn.wfl <<'END'
campaign nocolumn
table names from csv "names.csv"
task a { run "echo {names:list} {names.nam:list}"; output "never" }
task b { run "echo '{names.id:list}'"; output "neither" }
END
"$wflc" check nocolumn.wfl >again 2>&1
grep -q "^nocolumn.wfl:3:.*'names' has 2 columns, and one is wanted" again &&
    grep -q "^nocolumn.wfl:3:.*table 'names' has no column 'nam'" again &&
    grep -q '^nocolumn.wfl:4:.*a list is inserted inside quotes' again || status=1
cat again >>output
verdict $status "a list of a column"
