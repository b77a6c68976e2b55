#!/bin/sh
# Outputs that would hit each other, or files of wflc: what only the folder at hand tells.
. "${top_srcdir:?is set by make check}/tests/shell/verdict_lib.sh"
wflc=$(cd "${top_builddir:?is set by make check}" && pwd)/wflc
here=$(pwd -P)
echo 1..10

# says WHAT CODE TEXT (campaign on stdin): what wflc check makes of it
says()
{
    what=$1
    code=$2
    text=$3
    cat >c.wfl
    "$wflc" check c.wfl >output 2>&1
    got=$?
    [ $got -eq "$code" ] && grep -qF -e "$text" output
    verdict $? "$what"
}

says 'an absolute path is the relative one' 1 'two tasks write one file: a and b' <<END
campaign c
task a { run "true > {o}"; output o "out/x" }
task b { run "true > {o}"; output o "$here/out/x" }
END
says 'and so is one that goes back first' 1 'two tasks write one file: a and b' <<END
campaign c
task a { run "true > {o}"; output o "out/x" }
task b { run "true > {o}"; output o "../${here##*/}/out//x" }
END
says 'which is so for folders and many tasks' 1 "u[v=1] writes within the output of t" <<END
campaign c
task u for v in 1 .. 3 { run "true > {o}"; output o "$here/out/g{v}.txt" }
task t needs u { run "mkdir {d}; echo x > {d}/f"; output d "out" }
END
says 'a folder that holds the campaign is no output' 1 "the output of a is '$here/', where the tasks start" <<END
campaign c
task a { run "mkdir {o}"; output o "../${here##*/}" }
END
top=${here#/}
top=${top%%/*}
says 'nor is one above it' 1 "the output of a[v=$top] is a folder that holds " <<END
campaign c
set names = ["nowhere", "$top"]
task a for v in names { run "mkdir {o}"; output o "/{v}" }
END
says 'nor is the campaign itself' 1 "the output of a is 'c.wfl', of which the campaign is made" <<END
campaign c
task a { run "true > {o}"; output o "$here/c.wfl" }
END
mkdir x
says 'files elsewhere are' 0 'no errors' <<END
campaign c
task a { run "true > {o}"; output o "$here/x/c.wfl" }
task b { run "true > {o}"; output o "../c.wfl" }
END
cat >c.wfl <<END
campaign c
task a { run "true > {o}"; output o "x/c/local/a" }
END
"$wflc" build -q c.wfl && ! "$wflc" build -o x c.wfl 2>output &&
    grep -qF "the output of a lies in 'x/c', where wflc keeps the plan and the record" output
verdict $? 'it matters where it is built'
# what the issue began with: now there is no plan that deletes files
cat >c.wfl <<END
campaign d
task u for v in 1 .. 3 { run "echo {v} > {o}"; output o "out/g{v}.txt" }
task t needs u { run "mkdir {d}; echo x > {d}/f"; output d "out" }
END
"$wflc" run -q c.wfl >output 2>&1
[ $? -eq 1 ] && [ ! -e build/d ] && grep -qF 'u[v=1] writes within the output of t' output
verdict $? 'and nothing is run that would delete what others made'
cat >c.wfl <<END
campaign e
task u for v in 1 .. 3 { run "mkdir {d}; echo {v} > {d}/g"; output d "out/g{v}" }
task t needs u { run "cat out/g*/g > {o}"; output o "out/all" }
task c for v in 1 .. 3 needs u { run "cp {i} {o}"; input i "{u.d}/g"; output o "c/{v}" }
END
"$wflc" run -q c.wfl >output 2>&1 && [ "$(cat out/all c/2 | tr '\n' ' ')" = "1 2 3 2 " ]
verdict $? 'what lies side by side, and inputs of what is needed, is as before'
