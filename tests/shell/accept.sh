#!/bin/sh
# A campaign that changes: what of what is done stays done, what is another one, and --accept.
. "${top_srcdir:?is set by make check}/tests/shell/wflc_lib.sh"

# folders are left out
plain()
{
    sed 's/; the old plan is in .*//'
}

# runs FAMILIES: how often tasks of each were run
runs()
{
    sort runs | uniq -c | awk '{ printf "%s%d ", $2, $1 }' >output
    [ "$(cat output)" = "$1 " ]
}

cat >v.wfl <<'END'
campaign v
set k = 1 .. 3
task a for i in k { run "echo a >> runs; echo {i} > {o}"; output o "out/a{i}.txt" }
task b for i in k needs a { run "echo b >> runs; cat {a.o} > {o}"; output o "out/b{i}.txt" }
task c for i in k { run "echo c >> runs; echo {i} > {o}"; output o "out/c{i}.txt" }
END
wflc 0 run -q v.wfl && runs 'a3 b3 c3' || exit 99
cp -rp build before

sed -i 's/{o}"; output o "out.a/{o}; true"; output o "out\/a/; s/c{i}.txt/cc{i}.txt/' v.wfl
wflc 0 run --dry-run v.wfl && shows '0 of 9 tasks done before are carried over, 6 changed or gone, 3 need what runs again
of the others 3 had another command (--accept keeps them), 3 other outputs' && wflc 0 build -n --accept v.wfl && shows '6 of 9 tasks done before are carried over, 3 changed or gone
3 of those that are carried over had another command: their outputs stay as they are
of the others 3 other outputs' && diff -r before build >output && runs 'a3 b3 c3'
verdict $? "a dry run tells what is another one, and writes nothing"

wflc 0 run --accept -q v.wfl && runs 'a3 b3 c6' && left 9,done
verdict $? "--accept keeps what has another command, and what was made of it"

wflc 0 build v.wfl && wflc 0 run -q v.wfl && runs 'a3 b3 c6'
verdict $? "from then on that is the command with which it was done"

sed -i 's/1 .. 3/2 .. 4/; s/; true/; true; true/' v.wfl
wflc 0 run -n v.wfl && shows '2 of 9 tasks done before are carried over, 5 changed or gone, 2 need what runs again
of the others 2 had another command (--accept keeps them), 3 are not in the campaign any more' && wflc 0 run -q v.wfl && runs 'a6 b6 c7'
verdict $? "without it tasks with another command run again, with what needs them"

sed -i 's/ needs a {/& env MODE = "{i}";/; s/\(out.a{i}.txt"\)/\1 check size > 1 B/; 3s/{ run/{ input "v.wfl"; run/' v.wfl
wflc 0 run -n v.wfl && shows "9 of 9 tasks done before are carried over, 0 changed or gone
3 of those that are carried over had other inputs, as a[i=2]: 'wflc redo' has them made again
3 of those that are carried over had other variables (env), as b[i=2]: 'wflc redo' has them made again
3 of those that are carried over had other checks, as a[i=2]: 'wflc redo' has them made again
3 done tasks have inputs that were written since, as a[i=2]: 'wflc redo changed=inputs' has them made again" && wflc 0 run -q v.wfl && runs 'a6 b6 c7'
verdict $? "what else is another one is told by its kind"

# on a terminal it asks when many are to run again
answers()
{
    echo "$1" | script -qec "$wflc run w.wfl" /dev/null >output 2>&1
}
if command -v script >/dev/null; then
    echo 'campaign w
task a for i in 1 .. 20 { run "echo w >> runs; echo {i} > {o}"; output o "w/{i}.txt" }' >w.wfl
    rm -f runs
    wflc 0 run -q w.wfl && sed -i 's/> {o}/> {o}; true/' w.wfl && ! answers n && grep -q 'nothing was built; --accept keeps' output && runs w20 && answers y && runs w40
    verdict $? "on a terminal it asks when many are to run again"
fi
echo 1..$n
