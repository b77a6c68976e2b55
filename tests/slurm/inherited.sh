#!/bin/sh
# Slurm hands the limits of the shell that submits on to the job: tasks have none of them.
# shellcheck disable=SC3045 # dash and bash know these limits
set -u
. "${top_srcdir:?is set by make check-slurm}/tests/slurm/slurm_lib.sh"

with_cluster -n 2
echo 1..5

dir=$tmp/build/limits/cluster
cat >limits.wfl <<'END'
campaign limits
set number = 1 .. 2
task part for n in number {
    memory 50 MB
    retry  0
    run    "ulimit -t >{text}; ulimit -f >>{text}; ulimit -v >>{text}"
    output text "out/{n}.txt"
}
site cluster profile "test-slurm" { nodes 2 .. 2; walltime 2 min }
END
"$wflc" build --site cluster limits.wfl >output 2>&1
verdict $? "a campaign is built"
for how in "submit" "submit.sh"; do
    rm -rf out "$dir/state"
    if [ $how = submit ]; then
        (ulimit -t 2 && ulimit -f 4000 && ulimit -v 4000000 && "$wflc" submit "$dir") >output 2>&1
    else
        (ulimit -t 2 && ulimit -f 4000 && ulimit -v 4000000 && sh "$dir/submit.sh") >output 2>&1
    fi
    wait_for 120 all_ended
    verdict $? "a job of $how ends"
    cat "$dir"/state/jobs/* out/*.txt >output 2>&1
    [ "$(cat out/1.txt out/2.txt | sort -u)" = unlimited ]
    verdict $? "its tasks have no limits of the shell"
done
