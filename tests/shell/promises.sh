#!/bin/sh
# Sentences of the manuals, each tried.
set -u

. "${top_srcdir:?is set by make check}/tests/shell/verdict_lib.sh"
wflc=${top_builddir:?}/wflc

echo 1..17

# campaign TEXT: writes it as x.wfl
campaign()
{
    printf 'campaign c\n%s\n' "$1" >x.wfl
}

# refuses TEXT PATTERN...: its errors, which hold each of them
refuses()
{
    campaign "$1"
    shift
    ! "$wflc" check x.wfl >said 2>&1 || return 1
    cat said >>output
    for pattern; do
        grep -q -e "$pattern" said || { echo "lacks: $pattern" >>output; return 1; }
    done
}

# takes TEXT
takes()
{
    campaign "$1"
    "$wflc" check x.wfl >>output 2>&1
}

mkdir stale && cd stale || exit 99
campaign 'param write = true
task a {
    run "echo > {o}; if {write}; then echo new > x; echo new > {p}; fi"
    output o "o"
    output p "p" check optional
    output "x" check optional
}'
echo old >x
echo old >p
"$wflc" run -D write=false x.wfl >../output 2>&1 && [ ! -e x ] && [ ! -e p ] &&
    [ "$(cat x.before-1 p.before-1)" = "old
old" ]
status=$?
"$wflc" run x.wfl >>../output 2>&1 && [ "$(cat x p)" = "new
new" ] && "$wflc" run -D write=false x.wfl >>../output 2>&1 && [ ! -e x ] && [ ! -e p ] || status=1
cd ..
verdict $status "an old optional output that is not written is put away"

: >output
refuses 'task t { input i "x.wfl" check optional; run "cat {i} > {o}"; output o "o" }' 'an input cannot be optional'
verdict $? "an input is not optional"

: >output
printf 'id,ra,dec,rotskypos,band\n1,361,-30,1081,r\n2,-300,-30,-721,r\n' >turns.csv
printf 'id,ra,dec,rotskypos,band\n1,3601,-30,0,r\n' >more.csv
takes 'visits v from csv "turns.csv" { rotation pa }
task t for x in v { run "echo > {o}"; output o "o{x.id}" }' &&
    refuses 'visits v from csv "more.csv" { rotation pa }
task t for x in v { run "echo > {o}"; output o "o{x.id}" }' 'degrees are wanted from -3600 to 3600'
verdict $? "angles need not be brought to 0 .. 360"

: >output
campaign 'region a = box(ra 0 deg .. 360 deg, dec -10 deg .. 20 deg)
region b = box(ra 10 deg .. 730 deg, dec -10 deg .. 20 deg)
region c = box(ra -90 deg .. 450 deg, dec -10 deg .. 20 deg)
region d = strip(ra 7 deg, dec -10 deg .. 20 deg, half_width 400 deg)
error "not all around: {area(a)} {area(b)} {area(c)} {area(d)}" when area(b) != area(a) or area(c) != area(a) or area(d) != area(a) or not (area(a) in 10636 .. 10637)
task t { run "echo > {o}"; output o "o" }'
"$wflc" check x.wfl >output 2>&1 &&
    refuses 'region r = box(ra 0 deg .. 370 deg, dec -1 deg .. 1 deg, edge greatcircle)
error "{area(r)}" when true
task t { run "echo" }' 'too far from each other'
verdict $? "what goes all around is no larger"

: >output
s='task t { run "echo" }'
refuses "error \"{separation((1 deg, 95 deg), (2 deg, 3 deg)) / 1 deg}\" when true
$s" 'a declination lies between -90 and 90 deg' &&
    refuses "error \"{parallactic(hour_angle 1 deg, dec -95 deg, latitude 3 deg) / 1 deg}\" when true
$s" 'a declination lies between -90 and 90 deg' &&
    refuses "error \"{parallactic(hour_angle 1 deg, dec -5 deg, latitude 93 deg) / 1 deg}\" when true
$s" 'a latitude lies between' &&
    refuses "error \"{parallactic(altitude 91 deg, azimuth 400 deg, latitude 3 deg) / 1 deg}\" when true
$s" 'an altitude lies between' &&
    refuses "error \"{sidereal(mjd 2460000.5, longitude 3 deg) / 1 deg}\" when true
$s" 'this is no MJD'
verdict $? "functions of the sky look at their angles"

: >output
printf 'name,detector,x_mm,y_mm,width_mm,height_mm\na,1,0,0,40,40\nb,2,40,0,40,40\n' >cam.csv
k='task t for s in k { run "echo > {o}"; output o "o{s.name}" }'
refuses "camera k from csv \"cam.csv\" { scale 90 deg }
$k" 'looks 6146 deg aside' &&
    refuses "camera k from csv \"cam.csv\" { scale 20 arcsec; distortion 1 }
$k" 'this distortion moves' &&
    takes "camera k from csv \"cam.csv\" { scale 20 arcsec; distortion -8.3e-9, -1e-15 }
$k"
verdict $? "a scale and a distortion that cannot be"

: >output
status=0
for image in -x :tag 'a b' a: a@ a//b / -x.sif a:b:c 'a;b'; do
    [ "$image" != / ] || continue
    refuses "task t { image \"$image\"; run \"echo > {o}\"; output o \"o\" }" "is no name of an image" || status=1
done
for image in Ubuntu docker:x localhost:5000/x docker://reg.io:5000/a/b:1 a/b-c_d.e:Run2.2i-v1 x.sif ./a "a@sha256:$(printf %064d 1)"; do
    takes "task t { image \"$image\"; run \"echo > {o}\"; output o \"o\" }" || status=1
done
verdict $status "names of images"

: >output
long=$(printf 'a%.0s' $(seq 300))
printf 'campaign %s\ntask t { run "true" }\nsite %s profile "theta" { account "x"; nodes 128 .. 200 }\n' "$long" "$long" >x.wfl
! "$wflc" check x.wfl >output 2>&1 && [ "$(grep -c '300 letters are too many' output)" = 2 ]
verdict $? "a name that no folder can have"

: >output
refuses 'task t { memory 5 XB; retry 2 times; time 10 foo; run "echo {5:.3d} {5 XB / 1 B}"; output "o" }' \
    'retry needs a number without a unit' "leave 'times' out" 'help: units are B kB MB GB TB PB KiB MiB GiB TiB PiB$' \
    'help: units are ms s min h d$' 'PiB, ms s min h d, rad deg arcmin arcsec' 'has digits behind a point' &&
    refuses 'region r = strip(ra 1, dec -44.33 .. -27 deg, half_width 3 deg)
task t { run "echo {area(r)}" }' 'write for example: -44.33 deg'
verdict $? "what is said of units"

: >output
refuses 'error "two\n  lines\tand more" when true
error "a hole: {1 + } " when true
task t { run "echo" }' 'error: two$' '^      lines    and more \[message\]$' 'unexpected' && ! grep -q 'a hole:.*\[message\]' said
verdict $? "a campaign's own messages have lines, and no holes"

: >output
campaign 'warning "told" when true
task t { output "o";  run "echo > o" }'
"$wflc" check x.wfl >output 2>&1 && grep -q 'told' output && "$wflc" check -q x.wfl >said 2>&1 && [ ! -s said ] &&
    ! "$wflc" check -q -E message x.wfl >said 2>&1 && grep -q told said
verdict $? "with -q only errors are told"

: >output
"$wflc" check --list >list
grep -q '^unknown-name .*function or check that' list && grep -q '^duplicate .*a name or a property' list &&
    grep -q '^use .*cannot be found or read$' list &&
    refuses 'task t { retry 1; retry 2; run "echo" }' '\[duplicate\]$' && refuses 'task t { memory 1 XB; run "echo" }' '\[unit\]$'
verdict $? "check --list tells what each check finds"

: >output
refuses 'task t { time 1e13 s; run "echo" }' 'it is at most 1e+12 s' && refuses 'task t { priority 10000000000; run "echo" }' 'from -1e+09 to 1e+09'
verdict $? "the range of a value is told"

: >output
refuses 'task t { memory 1 XB; run "echo > {o}"; output o "o" }
site a profile "perlmutter-cpu" { account "m" }
site b profile "cori-knl" { account "m" }' unit
! "$wflc" plan --compare a,b x.wfl >output 2>&1 && [ "$(grep -c 'error:' output)" = 1 ] &&
    [ "$(grep -c 'warning:' output)" = 1 ]
verdict $? "plan --compare says once what is wrong for several sites"

: >output
mkdir barrier && cd barrier || exit 99
campaign 'set x = 1 .. 3
set y = 5 .. 6
task a for v in x { run "echo > {o}"; output o "a{v}" }
task b for v in y needs a where true { run "cat {a.o:list} > {o}"; output o "b{v}" }'
"$wflc" run x.wfl >../output 2>&1 && [ "$(wc -l <b5)" = 3 ] && [ "$(wc -l <b6)" = 3 ]
status=$?
cd ..
verdict $status "needs where true: all tasks of another family"

: >output
{
    printf 'id\n'
    seq 5000
} >ids.csv
takes 'table b from csv "ids.csv"
set x = 4000 .. 4001
task t for i in x { warning "known" when i in b.id;  run "echo > {o}"; output o "o{i}" }' && grep -q known output
verdict $? "long columns are looked up in warnings"

: >output
mkdir lengths && cd lengths || exit 99
printf 'n,seconds\n0,10\n1,100\n2,10\n3,80\n4,11\n5,100\n' >work.csv
campaign 'table work from csv "work.csv"
set v = [1]
task a for i in v, w in work {
    memory { container 0 GB; i 100 MB; sensor 1 MB }
    bundle by i, whole
    time w.seconds * 1 s
    run "echo {bundle.join(w.n, " ")} >> log; echo {bundle.join(o, " ")} | xargs -n 1 cp x.wfl"
    output o "o{w.n}"
}'
"$wflc" run --cores 3 x.wfl >../output 2>&1 && [ "$(cat log)" = "1 5 3
4 0 2" ]
status=$?
[ "$status" = 0 ] || cat log >>../output
cd ..
verdict $status "tasks of a bundle that take equally long share a process"
