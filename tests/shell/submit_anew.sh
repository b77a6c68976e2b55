#!/bin/sh
# wflc submit chooses jobs anew for what is left: fewer, shorter, smaller ones, within what the campaign
# allows, and with times as they were learned.
. "${top_srcdir:?is set by make check}/tests/shell/submit_lib.sh"
export WFL_STDLIB="$tmp/none"
unset WFL_PATH XDG_CONFIG_HOME

program sbatch <<'END'
for script; do :; done # the last one
id=$((100 + $(wc -l <"$tmp/calls")))
echo "$script" >>"$tmp/calls"
nodes=$(sed -n 's/^#SBATCH --nodes=//p' "$script")
time=$(sed -n 's/^#SBATCH --time=//p' "$script")
name=$(printf '%s\n' "$@" | sed -n 's/^--job-name=//p')
echo "$id|PENDING|0:00|$time|$nodes|main|normal|Priority|$name" >>"$tmp/inqueue"
echo $id
END
program squeue <<'END'
echo 'JOBID|STATE|TIME|TIME_LEFT|NODES|PARTITION|QOS|REASON|NAME'
cat "$tmp/inqueue"
END

mkdir sites out
cat >sites/small.yaml <<'END'
schema: 1
name: small
scheduler: {kind: slurm, poll_s: 1}
nodes: {count: 100, cores: 4, memory_gib: 8}
launch: {start_seconds: 60}
time: {finish_by_s: 60}
queues:
  - {name: main, max_nodes: 100, max_walltime: "24:00:00"}
END
# 1600 tasks of an hour, of which four run on a node: 400 node-hours
cat >c.wfl <<END
campaign c
set n = 1 .. 1600
task t for i in n {
    time   1 h;  memory 1 GB
    run    "test {i} -le 1520 && echo {i} > {o} || exec sleep 600"
    output o "out/{i}"
}
site s profile "small" { nodes 2 .. 20; walltime 2 h .. 12 h }
END
dir=$tmp/build/c/s

# build: anew, with nothing submitted and nothing done
build()
{
    rm -rf build cache out
    : >inqueue
    : >calls
    "$wflc" build -q --site s c.wfl
}

# asked: nodes and walltimes of the jobs that were submitted, "NODES HH:MM:SS" each
asked()
{
    xargs sed -n '/^#SBATCH --nodes=/h; /^#SBATCH --time=/{H;g;s/[^\n]*=\([0-9]*\)\n[^\n]*=/\1 /p}' <calls
}

# some_done: all but 80 tasks are done, and none of what was learned of them is known
some_done()
{
    "$shim" run --cores 4 "$dir" >log 2>&1 &
    pid=$!
    until [ -e out/1520 ] && [ "$(find out -type f ! -name '.*' | wc -l)" -ge 1520 ]; do sleep 0.1; done
    kill "$pid"
    sleep 0.3
    kill "$pid"
    wait "$pid"
}

build
verdict $? 'a campaign is built'
planned=$("$wflc" plan -W no-all --site s c.wfl | sed -n 's/^jobs *//p')
gives 0 'when nothing is done' "$wflc" submit "$dir"
! grep -q 'what is left' output && ! grep -qv "^$dir/job.sh\$" calls
verdict $? 'jobs are as planned'
case $planned in "$(wc -l <calls) job"*) true ;; *) echo "# $planned" && false ;; esac
verdict $? 'and as many'
gives 0 'once more' "$wflc" submit "$dir"
has 'there is nothing to submit' 'waiting; 0 of 1600 tasks are done$'
! grep -q 'submitted' output
verdict $? 'at all'

build
some_done
gives 0 'when little is left' "$wflc" submit --dry-run "$dir"
has 'other jobs would do' '^what is left is worth jobs of [0-9]* nodes for [0-9 hmin]*, not of [0-9]* for'
cp -r build learned
rm -rf "$dir/state/learned"
gives 0 'as long as no times are known' "$wflc" submit --dry-run "$dir"
has 'they are of those that are stated' '1 job would be submitted; 1520 of 1600'
has 'in a script that is not written' "^would run sbatch .* $dir/state/jobs/job-[0-9a-f]*.sh\$"
! ls "$dir"/state/jobs/job-*.sh 2>/dev/null
verdict $? 'by a dry run'
gives 0 'and submitted' "$wflc" submit "$dir"
holds 'one job is' calls 1
asked >size
# 20 node-hours, a twentieth to spare, 134 s of each job for starting and ending
awk '{ split($2, t, ":"); h = t[1] + t[2] / 60
       exit !(NR == 1 && $1 >= 2 && $1 <= 20 && h >= 2 && h <= 12 && $1 * h >= 20 && $1 * h <= 22.5) }' size
verdict $? "that does what is left, and little more: $(cat size)"
script=$(cat calls)
bash -n "$script"
verdict $? 'its script is one'
diff "$dir/job.sh" "$script" | grep '^[<>]' | grep -vc '^[<>] \(#SBATCH --\(nodes\|time\)=[0-9:]*\|.*left=[0-9]*\|.*(start + [0-9]*))\)$' >other
[ "$(cat other)" = 0 ]
verdict $? 'but for its size the same as that of the plan'
later
gives 0 'once more' "$wflc" submit "$dir"
! grep -q 'submitted' output
verdict $? 'nothing is submitted: the job that waits will do it'
gives 0 'a number of jobs that somebody wants' "$wflc" submit --keep 2 --dry-run "$dir"
has 'is of jobs as planned' "^would run sbatch .* $dir/job.sh\$"

# the tasks took no hour, but a moment: what is left is worth the least job
rm -rf build cache
: >inqueue
: >calls
mv learned build
gives 0 'with times that were learned' "$wflc" submit "$dir"
[ "$(asked)" = '2 02:00:00' ]
verdict $? 'the job is as small as the campaign allows'

# who changed the script is not fooled
: >inqueue
: >calls
fresh
later
sed -i 's/^#SBATCH --nodes=\(.*\)/&\n&/' "$dir/job.sh"
gives 0 'a script that somebody changed' "$wflc" submit "$dir"
has 'stays as it is' "they are as planned, for '$dir/job.sh' cannot be changed: "
[ "$(cat calls)" = "$dir/job.sh" ]
verdict $? 'and is what is submitted'

: >inqueue
: >calls
fresh
later
: >"$dir/job.sh"
gives 0 'one that is empty' "$wflc" submit --dry-run "$dir"
has 'is told to be none' "cannot be changed: its head is not as wflc build writes it\$"

# Jobs were too short, and may be longer: a walltime of two minutes leaves 4 s for tasks.
sed 's/^name: small/name: tight/; s/finish_by_s: 60/finish_by_s: 56/' sites/small.yaml >sites/tight.yaml
# cut WALLTIME [PROPERTY [COMMAND]]: a campaign of tasks that are to take a second, and do not end
cut()
{
    cat >cut.wfl <<END_CUT
campaign cut
task t for i in 1 .. 4 { time 1 s; memory 1 GB; ${2:-retry 0}; run "${3:-exec sleep 600}"; output o "out/{i}" }
site s profile "tight" { nodes 1; walltime $1 }
END_CUT
    rm -rf build cache out
    : >inqueue
    : >calls
    "$wflc" build -q --site s cut.wfl && "$wflc" submit -q "$cut" && asked >size && : >calls
}
# lost [SECONDS]: the jobs have ended, and lose what they ran, after so long
lost()
{
    [ $# = 0 ] || "$shim" run --cores 4 --time "$1" "$cut" >log 2>&1
    : >inqueue
    : >calls
    later
    fresh
}
cut=$tmp/build/cut/s
cut '2 min .. 10 min' && [ "$(cat size)" = '1 00:02:00' ]
verdict $? "jobs are as short as they may be"
lost 4
"$wflc" status "$cut" >output
has 'they lose all tasks' '^4 tasks of t did not end before the job did'
gives 0 'once more' "$wflc" submit "$cut"
has 'longer ones are submitted' '^what is left is worth jobs of 1 node for 3 min, not of 1 for 2 min$'
[ "$(asked)" = '1 00:03:00' ]
verdict $? "that have twice the time that did not suffice"
lost
gives 0 'when these tell nothing new' "$wflc" submit "$cut"
[ "$(asked)" = '1 00:03:00' ]
verdict $? "the next ones are the same"
lost
gives 0 'and after three of them' "$wflc" submit "$cut"
[ "$(asked)" = '1 00:10:00' ]
verdict $? "as long as can be"
lost
gives 1 'but not more' "$wflc" submit "$cut"
has 'than one such' 'the last 4 jobs ended, and not one task was done meanwhile: more of them would waste'

cut '2 min'
lost 4
gives 1 'where no job may be longer' "$wflc" submit "$cut"
has 'that is told at once' "^wflc: the last job ended, and not one task was done meanwhile; 4 tasks of t (cut.wfl:2) did not end in the [0-9.]* s that the longest job has for it, by the walltime of 2 min: let jobs of site 's' be longer, split the task, or have it go on from a checkpoint[.]"
gives 0 'they are submitted' "$wflc" submit --again "$cut"
[ "$(asked)" = '1 00:02:00' ]
verdict $? "if they are asked for"

cut '2 min .. 10 min' 'checkpoint "ck{i}"'
lost 4
gives 0 'what goes on from a checkpoint' "$wflc" submit "$cut"
[ "$(asked)" = '1 00:02:00' ]
verdict $? "needs no longer jobs"

cut '2 min .. 10 min' 'cores 2' 'sleep 3.8; echo > {o}'
lost 5
[ "$(find out -name '[1-4]' | wc -l)" = 2 ]
verdict $? 'half of the tasks are done, and took four times as long as is stated'
gives 0 'when some took longer than jobs have for them' "$wflc" submit "$cut"
[ "$(asked)" = '1 00:03:00' ]
verdict $? "jobs are longer"
echo "1..$n"
