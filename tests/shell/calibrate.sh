#!/bin/sh
# wflc calibrate: a campaign whose program takes known memory, and which states something else.
. "${top_srcdir:?is set by make check}/tests/shell/verdict_lib.sh"
wflc=${top_builddir:?}/wflc
grow=$(cd "$top_builddir/tests/shell" && pwd)/grow

# 24 visits with 1 to 4 sensors; of the bands, u takes more
awk 'BEGIN { print "id,n,band"; for (i = 1; i <= 24; i++) print i "," 1 + i % 4 "," (i % 3 ? "g" : "u") }' >shots.csv

# campaign MEMORY: one whose tasks `draw` are bundled, 40 MiB for each process and 10 for each task
campaign()
{
    cat <<END
campaign demo
param top = 100 MB
visits shots from csv "shots.csv" { ra = id * 1 deg; dec = id * 1 deg; mjd = 60000.0 + id }
task draw for v in shots, c in 1 .. 4 where c <= v.n {
$1
    bundle by v, whole
    run """"$grow" \$((40 + 10 * {bundle.size})) 10 0 20
        for i in {bundle.join(c, ' '):raw}; do echo x >draw.{v.id}.\$i; done"""
    output "draw.{v.id}.{c}"
}
END
}

cat >rest.wfl <<END
task even for v in shots, i in 1 .. 2 {       # the same of all, stated as a formula
    memory 20 MB + 1 MB * v.n * 0
    run """"$grow" 50 10 0 20; echo >{o}"""
    output o "even.{v.id}.{i}"
}
task band for v in shots, i in 1 .. 2 {       # memory depends on what is not stated
    memory top
    run """"$grow" \$(if [ {v.band} = u ]; then echo 90; else echo 50; fi) 10 0 20; echo >{o}"""
    output o "band.{v.id}.{i}"
}
task bare for v in shots { run """"$grow" 60 10 0 20; echo >{o}"""; output o "bare.{v.id}" }
task rare for i in 1 .. 3 { memory 1 GB; run "echo >{o}"; output o "rare.{i}" }
END

stated='    memory { container 20 MB; visit 30 MB; sensor 20 MB }
    time 1 h'
{ campaign "$stated"; cat rest.wfl; } >demo.wfl
"$wflc" check demo.wfl >output 2>&1
verdict $? "a campaign"

"$wflc" calibrate demo.wfl >output 2>&1
[ $? = 3 ] && grep -q "was not built in 'build' yet" output
verdict $? "before it was built it is told so"

"$wflc" build demo.wfl >output 2>&1 && "$wflc" calibrate demo >output 2>&1 && [ "$(grep -c 'memory: too few' output)" = 5 ] &&
    ! grep -q '^ ' output
verdict $? "before it ran there is nothing to paste"

"$wflc" run --cores 100 demo.wfl >output 2>&1
verdict $? "it runs"

# figure FAMILY FILTER: of the JSON
figure()
{
    jq -r --arg family "$1" '.families[] | select(.name == $family) | '"$2" json
}
# within LOW HIGH: is the number on standard input there?
within()
{
    awk -v low="$1" -v high="$2" '{ print } !($1 >= low && $1 <= high) { bad = 1 } END { exit bad || !NR }' >>output
}

"$wflc" calibrate demo.wfl >lines 2>output && "$wflc" calibrate --json demo >json 2>>output && jq -e . json >/dev/null
verdict $? "it is calibrated"

: >output
cat lines >>output
grep -q '^# draw: 60 attempts, 24 processes with 1 to 4 tasks$' lines && [ "$(figure draw .memory.answer)" = terms ] &&
    figure draw '.memory.once.value * 50' | within 41 50 && figure draw '.memory.each.value * 20' | within 10 12 &&
    grep -q '^    memory { container .* MB;  visit .* MB;  sensor .* MB }  # ± .*; of container and visit only the sum is known$' lines
verdict $? "terms of a process and of its tasks are told apart"

# 50 MiB and what a program has anyway, of the 20 MB that the formula gives
cat lines >output
[ "$(figure even .memory.answer)" = factor ] && figure even .memory.half.value | within 2.6 3.2 &&
    grep -q '^    memory [23]\.[0-9]* \* (20 MB + 1 MB \* v\.n \* 0)  # ±' lines
verdict $? "a formula is multiplied"

cat lines >output
grep -q '^#   warning: memory depends on v.band ' lines && grep -q ' for g, .* for u$' lines && [ "$(figure band .memory.depends.on)" = v.band ] &&
    [ "$(figure even .memory.depends)" = null ] && [ "$(grep -c 'warning: memory' lines)" = 1 ]
verdict $? "a column that makes a difference is found, and no other"

cat lines >output
figure bare '.memory.most.value * 1000' | within 62 72 && grep -q '^    memory 7[0-9]\(\.[0-9]*\)\? MB  # ±' lines &&
    grep -q 'nothing is stated' lines
verdict $? "what is not stated has a line"

cat lines >output
sed -n '/^# rare/,$p' lines >rare && grep -q 'memory: too few were seen to their end, 3 of at least 20$' rare && ! grep -q '^ ' rare
verdict $? "of what has few attempts there is none"

# the hour that is stated for draw becomes seconds
cat lines >output
grep -q '^# wflc plan would tell  *as stated  *with these lines$' lines && grep -q '^# node-hours used  *[0-9.<]*  *[0-9.<]*$' lines &&
    jq -e '.plan[0].node_hours > .plan[1].node_hours and .plan[1].node_hours > 0' json >/dev/null
verdict $? "what the plan would be like is told"

# the lines replace what was stated; in the end all is within them, by a tenth or so
paste=$(sed -n '/^# draw/,/^$/p' lines)
{ campaign "$paste"; cat rest.wfl; } >next.wfl
"$wflc" check next.wfl >output 2>&1
verdict $? "they can be pasted, with the comments"
for family in even band bare; do
    sed -n "/^# $family/,/^\$/{/^    /p}" lines >"$family.lines"
    awk -v file="$family.lines" -v family="$family" '$1 == "task" { mine = $2 == family; bare = mine && / { run/ }
        mine && $1 == "memory" { while ((getline line <file) > 0) print line; next }
        bare { sub(/ { run/, " {"); sub(/}$/, ""); print; while ((getline line <file) > 0) print line; next } { print }' next.wfl >new.wfl
    [ "$family" = bare ] || mv new.wfl next.wfl
done
"$wflc" check next.wfl >output 2>&1 && mv build before && rm -f draw.* even.* band.* && "$wflc" run --cores 100 next.wfl >>output 2>&1 &&
    "$wflc" calibrate --json next.wfl >json 2>>output
status=$?
for family in draw even; do
    figure $family .memory.most.value | within 0.84 0.96 || status=1
done
verdict $status "and then it is what is stated, less a tenth"

# another plan, into which they are carried over: what processes of bundles used is known from the one before
"$wflc" calibrate next.wfl 2>output | grep '^# draw' >was
sed -i '0,/bundle by v, whole/s//priority 1; bundle by v, whole/' next.wfl
"$wflc" build next.wfl >output 2>&1 && grep -q ' tasks done before are carried over, 0 changed or gone' output && "$wflc" calibrate --json next.wfl >json 2>>output &&
    "$wflc" calibrate next.wfl >>output 2>&1 && grep -qxFf was output && figure draw .memory.most.value | within 0.84 0.96
verdict $? "tasks of bundles that were carried over count with their processes"

# a second change, by which a task of six processes is gone
processes()
{
    sed -n 's/^# draw: .* attempts, \([0-9]*\) processes with .*/\1/p' "$1"
}
sed -i 's/where c <= v.n/where c <= v.n and c < 4/' next.wfl
"$wflc" build next.wfl >output 2>&1 && "$wflc" calibrate next.wfl >output 2>&1 && grep -q '^# draw: 54 attempts, ' output &&
    [ "$(processes output)" -ge $(($(processes was) - 6)) ]
verdict $? "and so they do when the plan changes once more"

# without its text, or with another one
mkdir -p else && cp -R before/demo/local else/ && (cd else && "$wflc" calibrate local) >output 2>&1 &&
    grep -q 'no line: the campaign is not at hand, or has errors: name its file' output && ! grep -q '^ ' output &&
    grep -q '^# draw: 60 attempts' output
verdict $? "without the campaign the figures are told"
sed -i 's/20 MB + 1 MB/21 MB + 1 MB/' demo.wfl
rm -rf build && mv before build && "$wflc" calibrate demo.wfl >output 2>&1 &&
    grep -q 'no line: the campaign was changed since this was built' output && [ "$(grep -c '^    memory' output)" = 3 ]
verdict $? "and so for what was changed since"

"$wflc" calibrate demo -D nosuch=1 >output 2>&1
[ $? = 1 ] && [ "$(cat output)" = "$("$wflc" check demo.wfl -D nosuch=1 2>&1)" ] && grep -q 'the campaign has no such parameter' output
verdict $? "a parameter that there is not is told"

"$wflc" calibrate nowhere >output 2>&1
[ $? = 3 ] && grep -q "'nowhere' is neither" output
verdict $? "what is no build is told"

echo 1..$n
