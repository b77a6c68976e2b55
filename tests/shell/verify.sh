#!/bin/sh
# wflc verify: outputs against plan and record.
. "${top_srcdir:?is set by make check}/tests/shell/wflc_lib.sh"

cat >v.wfl <<'EOF2'
campaign v
set k = 1 .. 3
task a for i in k { run "echo {i} | gzip > {o}; echo log > {l}"; output o "out/{i}.gz" check gzip; output l "out/{i}.log" check optional }
task b for i in k needs a { run "zcat {a.o} > {o}"; output o "out/b{i}.txt" check command "grep -q {i} \"$1\"", size > 1 B }
EOF2
wflc 0 run -q v.wfl && wflc 0 verify && shows '9 outputs of 6 done tasks looked at' && wflc 0 verify --deep --orphans &&
    shows '9 outputs of 6 done tasks looked at and checked
0 files belong to no task'
verdict $? "all is well"

rm out/b1.txt
: >out/2.gz
echo x >out/strange
head -c "$(wc -c <out/3.gz)" /dev/zero >out/3.bad && mv out/3.bad out/3.gz
wflc 1 verify && shows '9 outputs of 6 done tasks looked at
2 done tasks are not as they should be:
    a[i=2]: out/2.gz is empty
    b[i=1]: out/b1.txt is missing
  --repair puts that on record, so that they are made again' && wflc 1 verify family=a i=3 --deep &&
    shows '2 outputs of 1 done task looked at and checked
1 done task is not as it should be:
    a[i=3]: out/3.gz fails its check
  --repair puts that on record, so that they are made again' && left '6,done'
verdict $? "what is lost, and with --deep what fails its check, is told; nothing is written"

wflc 1 verify --deep --orphans --repair && shows '9 outputs of 6 done tasks looked at and checked
3 done tasks are not as they should be:
    a[i=2]: out/2.gz is empty
    a[i=3]: out/3.gz fails its check
    b[i=1]: out/b1.txt is missing
  3 are on record: the next job, or run, makes them again
1 file belongs to no task:
    out/strange' && left '3,done
3,ready'
verdict $? "--repair puts it on record, --orphans finds what belongs to no task"

wflc 0 run -q v.wfl && wflc 0 verify --deep && shows '9 outputs of 6 done tasks looked at and checked' && [ -e out/strange ]
verdict $? "then it is made again; what belongs to no task stays"

mv out out.elsewhere
wflc 1 verify --repair && grep -q 'a\[i=1\]: out/1.gz is missing with its folder' output && grep -q 'not there, seen from this host' output &&
    left '6,done'
status=$?
mv out.elsewhere out
verdict $status "with its folder nothing is taken for lost"

rm -rf build
wflc 0 build v.wfl && rm out/b3.txt && : >out/2.gz && wflc 0 verify && shows '0 outputs of 0 done tasks looked at
4 tasks are not done, and their outputs are there and good:
    a[i=1]
    a[i=3]
    b[i=1]
    b[i=2]
  --adopt takes them as done' && left '3,ready
3,waiting' && wflc 0 verify --adopt family=a && shows '0 outputs of 0 done tasks looked at
2 tasks are not done, and their outputs are there and good:
    a[i=1]
    a[i=3]
  2 are on record as done now' && wflc 0 verify --adopt && wflc 0 verify && shows '6 outputs of 4 done tasks looked at' && left '4,done
2,ready'
verdict $? "--adopt takes as done what was made elsewhere, and passes its checks"

before=$(stat -c %Y%i out/1.gz out/b1.txt)
wflc 0 run v.wfl && grep -q '4 of 6 tasks are done already' output && left '6,done' && [ "$before" = "$(stat -c %Y%i out/1.gz out/b1.txt)" ]
verdict $? "and the campaign goes on from there, and overwrites nothing"

cat >far.yaml <<'EOF2'
schema: 1
name: far
scheduler: {kind: slurm}
nodes: {cores: 2, memory_gib: 8}
queues:
  - {name: main, max_walltime: "02:00:00"}
EOF2
cat >w.wfl <<'EOF2'
campaign w
task a for i in 1 .. 3 { run "echo > {o}"; output o "w/{i}"; time 1 min }
site far profile "far" {}
EOF2
wflc 0 build w.wfl && cp -r build/w/far copy && wflc 3 verify copy --adopt && grep -q 'is a copy' output && wflc 0 verify build/w/far --adopt
verdict $? "a copy is not written to"
cat >here.wfl <<'EOF2'
campaign here
task a for i in 1 .. 3 { run "echo > {o}"; output o "h/{i}"; time 1 min }
EOF2
wflc 0 run here.wfl && cp -r build/here/local mine && wflc 3 redo -y mine 'a[i=1]' && grep -q 'is a copy' output && [ -e h/1 ] &&
    wflc 3 control pause mine && grep -q 'is a copy' output && [ -z "$(ls mine/state/control)" ] &&
    ! sh mine/job.sh 2>output && grep -q 'is a copy of .*/build/here/local: run that one$' output
verdict $? "nor is one of a campaign of this machine, which takes no outputs away"
mv build/here moved && sh moved/local/job.sh 2>output && grep -q '^wfl-shim: 3 of 3 tasks were done before' output && wflc 0 redo -y moved/local 'a[i=1]'
verdict $? "what was only moved is no copy"

cat >slow.wfl <<'EOF2'
campaign slow
task s for i in 1 .. 2 { run "echo > {o}; while [ ! -e go{i} ]; do sleep 0.1; done"; output o "o{i}" }
EOF2
: >go1
"$wflc" run slow.wfl >ran 2>&1 &
runs=$!
for _ in $(seq 300); do
    wflc 0 tasks slow state=done --csv --columns task && grep -q 'i=1' output && break
    sleep 0.1
done
wflc 0 verify slow && shows '0 outputs of 0 done tasks looked at; those of 1 more are left out, as a job at work has them'
status=$?
: >go2
wait $runs || status=1
verdict $status "what a job at work has is left out"

cat >spelt.wfl <<'EOF2'
campaign spelt
task a for i in 1 .. 2 { run "echo > {o}"; output o "./ways/{i}" }
task b for i in 1 .. 2 { run "echo > {o}"; output o "ways//b{i}" }
task c for i in 1 .. 2 { run "echo > {o}"; output o "link/c{i}" }
EOF2
mkdir ways && ln -s ways link
wflc 0 run -q spelt.wfl && : >ways/strange && wflc 0 verify spelt --orphans &&
    shows '6 outputs of 6 done tasks looked at
1 file belongs to no task:
    ./ways/strange'
verdict $? "however folders are spelt, what tasks made belongs to them"

echo 1..$n
