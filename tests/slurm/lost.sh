#!/bin/sh
# Outputs of done tasks that were removed are made again, by a job of wflc submit.
set -u
. "${top_srcdir:?is set by make check-slurm}/tests/slurm/slurm_lib.sh"

with_cluster -n 2
echo 1..9

dir=$tmp/build/lost/cluster
cat >lost.wfl <<'END2'
campaign lost
set number = 1 .. 12
task part for n in number {
    memory 50 MB
    run    """
           echo {n} >>tried.txt
           echo {n} >{text}
           """
    output text "out/{n:03}.txt"
}
task sum needs part {
    memory 50 MB
    run    "cat {part.text:list} >{text}; echo sum >>tried.txt"
    output text "sum.txt"
}
site cluster profile "test-slurm" { nodes 1 .. 1; walltime 3 min }
END2
"$wflc" build --site cluster lost.wfl >output 2>&1
verdict $? "a campaign is built"
timeout 240 "$wflc" submit --watch "$dir" >output 2>&1
verdict $? "and done"
rm out/002.txt out/005.txt tried.txt
(cd / && "$wflc" submit --dry-run "$dir") >output 2>&1
grep -q '^2 of 13 done tasks have lost outputs (the first: out/002.txt of part\[n=2\] is not there): they run again$' output
verdict $? "two outputs are missed, from whatever folder one asks"
timeout 240 "$wflc" submit --watch "$dir" >output 2>&1
verdict $? "submit stays until all is done"
grep -q '^2 of 13 done tasks have lost outputs' output && grep -q '1 job submitted' output
verdict $? "which is a job more"
[ "$(sort tried.txt | tr '\n' ' ')" = '2 5 ' ] && [ "$(cat out/002.txt out/005.txt | tr '\n' ' ')" = '2 5 ' ]
verdict $? "that makes these two"
"$wflc" status "$dir" >output 2>&1
grep -q '^all tasks are done$' output && ! grep -q 'lost outputs' output
verdict $? "status knows it"
: >out/007.txt
rm tried.txt
"$wflc" status "$dir" >output 2>&1
grep -q '^1 of 13 done tasks has lost outputs (out/007.txt of part\[.*=7\] is empty): it runs again$' output
verdict $? "and finds one that is empty"
timeout 240 "$wflc" submit --watch "$dir" >output 2>&1 && [ "$(cat tried.txt)" = 7 ] && [ "$(wc -l <out/007.txt)" -eq 1 ]
verdict $? "which is made again, too"
