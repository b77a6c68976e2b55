#!/bin/sh
# A chain of three jobs: the walltime of the first ends before the work does, the second finishes it,
# and the third has nothing to do.
set -u
. "${top_srcdir:?is set by make check-slurm}/tests/slurm/slurm_lib.sh"

with_cluster -n 1
echo 1..12

expected=4 campaign chain 36 4 'nodes 1 .. 1; walltime 2 min'
verdict $? "a campaign is built"
: >stubborn
first=$(submit) && second=$(submit_after "$first") && third=$(submit_after "$second")
verdict $? "three jobs are submitted, each after the one before"
wait_for 300 ended "$first" "$second" "$third"
verdict $? "they end"

cp "$cluster/log/jobs" output
[ "$(job_field "$first" JobState):$(job_field "$first" ExitCode)" = FAILED:4:0 ]
verdict $? "the first one ends by itself, and says that it is not done"
[ "$(job_field "$second" JobState) $(job_field "$third" JobState)" = 'COMPLETED COMPLETED' ]
verdict $? "the others say that all is done"
grep -q 'ends soon' "$dir/state/jobs/chain.$first.out"
verdict $? "Slurm's warning reaches the shims"
# 10 s before the end all has ended (finish_by_s of the profile), and a part takes 4 s
began=$(date -d "$(job_field "$first" StartTime)" +%s)
awk -v id="$first" -v last=$((began + 120 - 10 - 4)) \
    '$2 == id { n++; print; if ($4 > last) late = 1 } END { exit late || n < 15 }' ran.txt >output
verdict $? "nothing starts that cannot end in time"
awk -v id="$second" -v end="$(date -d "$(job_field "$first" EndTime)" +%s)" \
    '$2 == id { n++; print; if ($4 < end) early = 1 } END { exit early || n < 2 }' ran.txt >output
verdict $? "the second begins when the first has ended"
"$record" "$dir" >output 2>&1
[ "$(awk '$2 == "end" && $5 == "walltime" { print $3, $4 }' output)" = '0 1' ]
verdict $? "one task was running at the end, and is on record so"
[ "$(awk '$2 == "end" && $3 == 0 && $5 == "ok" { print $4 }' output)" = 1 ]
verdict $? "that was no failure: it is the first attempt still"
done_once 37
verdict $? "every task is done once in the record"
whole 36
verdict $? "all outputs are whole"
