#!/bin/sh
# What Slurm gave to a job is what wflc run uses there, whether or not it is kept to that.
set -u
. "${top_srcdir:?is set by make check-slurm}/tests/slurm/slurm_lib.sh"

with_cluster -n 1
echo 1..4

cat >it.wfl <<'END'
campaign granted
set i = 1 .. 4
task t for v in i {
    memory 300 MB
    run    "mkdir at-work || exit 3; sleep 0.5; rmdir at-work; echo {v} > {o}"
    output o "{v}.txt"
}
END

# job OPTION...: wflc run in a job; its exit code, what it said is in `output`.
job()
{
    rm -rf build ./*.txt at-work
    sbatch --quiet --wait -n 1 --output=output "$@" --wrap "exec '$wflc' run it.wfl" </dev/null
}

job -c 2 --mem=500
verdict $? "two tasks of 300 MB do not run at once in a job of 500 MB"
job -c 2 --mem-per-cpu=250
verdict $? "nor in one of 250 MB for each of its two cores"
! job -c 2 --mem=200 && grep -q "needs 300 MB of memory, and this machine has" output
verdict $? "and in one of 200 MB none does, which is said"
! job -c 2 --mem=1000 && grep -q "exit 3\|exit code 3\|exited with 3" output
verdict $? "but two do in one of 1 GB"
