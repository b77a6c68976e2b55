#!/bin/sh
# wflc run --only: these tasks and what they need, and nothing else.
. "${top_srcdir:?is set by make check}/tests/shell/wflc_lib.sh"

# are STATE TASKS: these are, and no others
are()
{
    "$wflc" tasks state="$1" --columns task --csv 2>&1 | sed 1d | tr '\n' ' ' >output
    [ "$(cat output)" = "$2${2:+ }" ]
}

cat >v.wfl <<'END'
campaign v
set k = 1 .. 4
task a for i in k { run "echo a{i} >> runs; [ {i} != 4 ] || [ -e fixed ] || exit 3; echo {i} > {o}"; output o "out/a{i}.txt" }
task b for i in k needs a { run "echo b{i} >> runs; cat {a.o} > {o}"; output o "out/b{i}.txt" }
task c needs b { run "echo c >> runs; cat {b.o:list} > {o}"; output o "out/c.txt" }
END

wflc 0 run -n v.wfl && shows 'v: 0 of 9 tasks are done, 9 would be run' && wflc 0 run -n --only 'b[i=2]' v.wfl &&
    shows 'v: 1 task would be run, with 1 that it needs' && wflc 1 run -n --only i=7 v.wfl && shows 'wflc: no task is like that' && [ ! -e build ]
verdict $? "a dry run of what was not built yet"

wflc 0 run --only 'b[i=2]' v.wfl && grep -q '^v: 1 task is run, with 1 that it needs$' output && are 'done' 'a[i=2] b[i=2]' && [ "$(tr '\n' ' ' <runs)" = 'a2 b2 ' ]
verdict $? "a task, and what it needs"

wflc 0 run -n v.wfl && shows 'v: 2 of 9 tasks are done, 7 would be run' && wflc 0 run -n --only 'i=2,3' --only family=a v.wfl &&
    shows 'v: 2 tasks would be run; of these 1 is done already' && wflc 0 run -nq v.wfl && [ ! -s output ] && [ "$(tr '\n' ' ' <runs)" = 'a2 b2 ' ]
verdict $? "a dry run, of a plan that has not changed"

wflc 1 run -q --only 'family=b i=4' v.wfl && are failed 'a[i=4]' && are blocked 'b[i=4] c' && wflc 0 run -q --only i=1 --only family=a v.wfl &&
    are failed 'a[i=4]' && are 'done' 'a[i=1] a[i=2] b[i=2]'
verdict $? "one that fails; it stays failed while others are run"

rm out/a2.txt
wflc 0 run -q --only 'b[i=1]' v.wfl && are 'done' 'a[i=1] a[i=2] b[i=1] b[i=2]' && [ ! -e out/a2.txt ] && wflc 0 run -q --only 'b[i=2]' v.wfl && [ -e out/a2.txt ] &&
    [ "$(grep -c a2 runs)" = 2 ]
verdict $? "outputs of others are not looked at, those of what is needed are"

touch fixed
wflc 0 run --only state=failed v.wfl && are failed '' && are 'done' 'a[i=1] a[i=2] a[i=4] b[i=1] b[i=2]' && wflc 0 run --only state=done,waiting --only 'family=a' v.wfl &&
    grep -q '^v: 3 tasks are run; of these 3 are done already (.wflc redo. has tasks made again)$' output && are ready 'a[i=3] b[i=4]'
verdict $? "chosen by their state"

wflc 0 run -q v.wfl && are 'done' 'a[i=1] a[i=2] a[i=3] a[i=4] b[i=1] b[i=2] b[i=3] b[i=4] c' && [ "$(sort runs | uniq -c | awk '$1 > 1 { print $2 }' | tr '\n' ' ')" = 'a2 a4 ' ]
verdict $? "then the rest, each once"

wflc 2 run --only 'b[i=7]' v.wfl && grep -q 'there is no such task' output && wflc 2 run --only ' ' v.wfl && grep -q 'takes terms' output &&
    wflc 1 run --only state=failed v.wfl && grep -q 'no task is like that' output
verdict $? "terms that are wrong, or fit nothing"

"$top_builddir"/wfl-shim run build/v/local --only <v.wfl >output 2>&1
[ $? = 3 ] && grep -q 'standard input is no list' output
status=$?
"$top_builddir"/wfl-shim node build/v/local --only <v.wfl >output 2>&1
[ $? = 2 ] && grep -q 'is for .run.' output && [ $status = 0 ]
verdict $? "wfl-shim takes such a list, and no other"

# what is not run need not fit
cat >w.wfl <<'END'
campaign w
set k = 1 .. 2
task small for i in k { run "echo {i} > {o}"; output o "w/small{i}.txt"; memory 1 MB }
task big needs small { run "cat {small.o:list} > {o}"; output o "w/big.txt"; memory 900 TB }
task wide for i in k { run "echo {i} > {o}"; output o "w/wide{i}.txt"; memory 1 MB * i; cores 5000 * i }
END
wflc 1 run w.wfl && grep -q 'needs 900 TB of memory' output && wflc 0 run -q --only 'small[i=1]' w.wfl && [ "$(ls w)" = small1.txt ] &&
    wflc 1 run -q --only family=big w.wfl && [ "$(sed 's/has .* for/has N for/' output)" = "wflc: big needs 900 TB of memory, and this machine has N for tasks; --memory SIZE uses more of it" ] &&
    wflc 1 run -q --cores 4 --only 'wide[i=2]' w.wfl &&
    [ "$(cat output)" = 'wflc: wide[i=2] needs 10000 cores, and this machine has 4' ] && [ "$(ls w)" = small1.txt ]
verdict $? "what is too large for this machine is so only if it is to be run"
echo 1..$n
