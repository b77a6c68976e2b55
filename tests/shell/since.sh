#!/bin/sh
# What done tasks were made from has changed since: their inputs, and files that their commands use.
. "${top_srcdir:?is set by make check}/tests/shell/wflc_lib.sh"

mkdir bin
echo one >bin/x.py
echo one >bin/y.py
echo one >lib.sh
for i in 1 2 3; do echo $i >in$i; done
cat >v.wfl <<'END'
campaign v
uses "lib.sh"
set k = 1 .. 3
task a for i in k { uses "bin/*.py"; input "in{i}"; run "cat in{i} bin/x.py > {o}"; output o "out/a{i}.txt" }
task b for i in k needs a { run "cat {a.o} lib.sh > {o}"; output o "out/b{i}.txt" }
END

# nothing: that is all it has to say
nothing()
{
    [ ! -s output ]
}

# dry: a dry run; what it says of changes is in `output`
dry()
{
    wflc 0 run -n v.wfl && sed '$d' output >changes && tail -n 1 output | grep -qx 'v: 6 of 6 tasks are done, 0 would be run' && mv changes output
}

# has KINDS TASKS: these were made from what has changed
has()
{
    "$wflc" tasks v "changed=$1" --columns task --csv 2>&1 | sed 1d | tr '\n' ' ' >output
    [ "$(cat output)" = "$2${2:+ }" ]
}

# tells LINE: of a task
tells()
{
    grep -qxF "  $1" output
}

wflc 0 run -q v.wfl && dry && nothing && has inputs,uses ''
verdict $? "nothing has changed"

newer()
{
    echo new >in2
    has inputs 'a[i=2]'
}
wait_for newer && dry &&
    shows "1 done task has inputs that were written since, as a[i=2]: 'wflc redo changed=inputs' has it made again" &&
    wflc 0 build v.wfl && grep -q '^1 done task has inputs' output && wflc 0 run v.wfl && grep -q '^1 done task has inputs' output && has uses '' &&
    ! grep -q new out/a2.txt
verdict $? "an input that was written since is told, and its task stays done"

wflc 0 why v 'a[i=2]' && tells 'its input in2 was written since' && wflc 0 why v 'a[i=1]' && ! grep since output &&
    (cd / && "$wflc" why "$tmp/build/v/local" 'a[i=2]') >output && tells 'its input in2 was written since'
verdict $? "why of that task tells it, from any folder"

wflc 0 redo v changed=inputs --yes && wflc 0 run -q v.wfl && grep -q new out/a2.txt && grep -q new out/b2.txt && has inputs '' && dry && nothing
verdict $? "it is made again, with what was made of it, and is not newer then"

rm in1 && has inputs '' && touch -d 2001-01-01 in3 && has inputs '' && touch -d 2001-01-01 out/a3.txt && has inputs ''
verdict $? "one that is gone or older has not changed"

echo two >bin/x.py
dry && shows "3 done tasks have files they use (uses) that have changed since, as a[i=1]: 'wflc redo changed=uses' has them made again" &&
    has uses 'a[i=1] a[i=2] a[i=3]' && wflc 0 tasks v changed!=uses --count-by family --csv && shows 'tasks,family
3,b' && wflc 0 why v 'a[i=1]' && tells 'it uses bin/x.py, which has another content since' && wflc 0 why v 'b[i=1]' && ! grep another output && touch bin/y.py && echo one >bin/x.py && has uses ''
verdict $? "of files that are used the content counts"

echo 1 >in1
echo two >bin/x.py
wflc 0 build v.wfl && has uses 'a[i=1] a[i=2] a[i=3]' && wflc 0 redo v changed=uses i=1 --yes && wflc 0 run -q v.wfl && has uses 'a[i=2] a[i=3]' &&
    echo one >bin/x.py && has uses 'a[i=1]' && echo two >bin/x.py && has uses 'a[i=2] a[i=3]' && wflc 0 run -q --only changed=uses v.wfl &&
    ! grep -q two out/a2.txt && wflc 0 redo v changed=uses --yes && wflc 0 run -q v.wfl && has uses ''
verdict $? "it is known what each task was made with, whatever was built since"

echo two >lib.sh
has uses 'a[i=1] a[i=2] a[i=3] b[i=1] b[i=2] b[i=3]' && echo >bin/new.py && echo one >lib.sh && has uses ''
verdict $? "files of the campaign are used by all tasks; what is new has not changed"

newer_again()
{
    echo newer >in2
    has inputs 'a[i=2]'
}
sed -i 's/cat {a.o}/cat  {a.o}/' v.wfl
echo two >lib.sh
wait_for newer_again && wflc 0 run --accept v.wfl && ! grep -q 'since' output && has inputs,uses '' && echo three >lib.sh && has uses 'a[i=1] a[i=2] a[i=3] b[i=1] b[i=2] b[i=3]'
verdict $? "--accept takes all that has changed until now"
echo two >lib.sh

sed -i 's/cat  {a.o}/cat {a.o}/' v.wfl
wflc 0 run -q v.wfl && echo three >lib.sh && dry &&
    [ "$(cut -c -34 output)" = '6 done tasks have files they use (' ] && echo two >lib.sh
verdict $? "so it is under another plan"

cp build/v/local/state/since since
for bytes in 0 1 20 100 200; do
    head -c $bytes since >build/v/local/state/since
    echo four >lib.sh
    has uses '' && dry || break
done && { tail -c +2 since && echo; } >build/v/local/state/since && has uses '' && wflc 0 run -q v.wfl && echo five >lib.sh && has uses ''
verdict $? "where it was noted was damaged: nothing is known of before"

sed -i 's/lib.sh/lib.no/' v.wfl
wflc 2 tasks v changed=inptus && shows "wflc: there is no kind of change 'inptus'; did you mean 'inputs'?
    changed=inptus
            ^~~~~~" && wflc 0 build v.wfl && grep -qx 'wflc: v.wfl:2: no file here fits uses "lib.no"' output
verdict $? "wrong words, and a pattern that nothing fits"
# With that many inputs a build looks at them, with one more it does not.
record=$(cd "${top_builddir:?}/tests/shell" && pwd)/record
cat >many.wfl <<'END'
campaign many
param n = 100000
set k = 1 .. n
task a for i in k { input "m{i}"; run "cat m{i} > {o}"; output o "out/m{i}" }
END
wflc 0 build -q many.wfl && "$record" -d build/many/local && echo new >m7 && wflc 0 build many.wfl &&
    grep -q '^1 done task has inputs that were written since, as a.i=7.: ' output
verdict $? "100000 inputs are looked at by a build"

sed 's/many/more/; s/100000/100001/' many.wfl >more.wfl
wflc 0 build -q more.wfl && "$record" -d build/more/local && wflc 0 build more.wfl &&
    grep -qx "too many inputs to look whether they were written since: 'wflc tasks changed=inputs' does it" output &&
    ! grep -q 'inputs that were' output &&
    "$wflc" tasks more changed=inputs --columns task --csv >output 2>&1 && [ "$(sed 1d output)" = 'a[i=7]' ]
verdict $? "more are not, which is told; to ask for such tasks looks at all"
echo 1..$n
