#!/bin/sh
# Outputs of done tasks that are gone: told, put on record at once, and made again, on a site with a
# batch system, whose shards are finished, and on this machine.
. "${top_srcdir:?is set by make check}/tests/shell/submit_lib.sh"
record=$(cd "$top_builddir" && pwd)/tests/shell/record

program sbatch <<'END'
echo "sbatch $*" >>"$tmp/calls"
echo "$((100 + $(wc -l <"$tmp/calls")))"
END
program squeue <<'END'
echo 'JOBID|STATE|TIME|TIME_LEFT|NODES|PARTITION|QOS|REASON|NAME'
cat "$tmp/inqueue"
END
program scancel <<'END'
exit 0
END

site=build/demo/site
# campaign: twelve tasks, and one that needs them all
campaign()
{
    rm -rf build cache out new tries.txt work
    mkdir work
    "$mkplan" $site/campaign.wflp <<END || exit 99
node 2 1e9
shards 4
jobs 1 1 3600
family sim 12
memory 1e6
sh echo {i} >>$tmp/tries.txt; echo {i} >{o0}
output o out/{i}.txt
family sum 1
memory 1e6
sh cat out/*.txt >{o0}; echo sum >>$tmp/tries.txt
output o sum.txt
needs sim all
END
    # long enough for what a test asks twice, however slow this machine is
    cat >$site/site.yaml <<END
schema: 1
name: site
scheduler: {kind: slurm, poll_s: 60}
nodes: {cores: 2, memory_gib: 8}
launch: {rank_var: RANK, size_var: SIZE, size_from: env}
queues:
  - {name: main, max_walltime: "02:00:00"}
END
    cat >$site/job.sh <<END
#!/bin/sh
#SBATCH --partition=main
here=$tmp/$site
cd -- $tmp/work || exit 3
RANK=0 SIZE=1 exec $shim node $tmp/$site --quiet --nodes 1 --rank-var RANK --size-var SIZE
END
    chmod +x $site/job.sh
    : >inqueue
    : >calls
}

# job WHAT: a job that was submitted before runs to its end
job()
{
    fresh
    : >tries.txt
    gives 0 "$1" $site/job.sh
}

# tried WHAT [NAME...]: these were, in the last job
tried()
{
    what=$1
    shift
    [ "$(sort -n tries.txt | tr '\n' ' ')" = "$*${*:+ }" ] || sed 's/^/# tried /' tries.txt
    [ "$(sort -n tries.txt | tr '\n' ' ')" = "$*${*:+ }" ]
    verdict $? "$what"
}

# gone N: so many tasks are told to be gone by the record
gone()
{
    "$record" $site >output
    [ "$(grep -c ' gone ' output)" -eq "$1" ]
    verdict $? "$1 are gone by the record"
}

echo 1..62
# what the issue began with
# shellcheck disable=SC2119
campaign
job 'a campaign is done'
gives 0 'submit' "$wflc" submit
has 'says so' 'no jobs; 13 of 13 tasks are done$'
rm work/out/2.txt work/out/5.txt
gives 0 'a dry run' "$wflc" submit --dry-run
has 'tells what is lost' '^2 of 13 done tasks have lost outputs (the first: out/2.txt of sim\[i=2\] is not there): they run again$'
has 'and what would be done' '1 job would be submitted; 11 of 13 tasks are done$'
gone 0
gives 0 'submit' "$wflc" submit
has 'tells it' '^2 of 13 done tasks have lost outputs (the first: out/2.txt of sim'
has 'and sends a job' ': 1 job submitted (101); 1 waiting; 11 of 13 tasks are done$'
gone 2
gives 0 'status' "$wflc" status
has 'knows it, too' '^TOTAL  *13  *11  *\.  *2'
has 'without looking' '^2 tasks to do: the next job goes on with them$'
gives 0 'submit once more' "$wflc" submit
has 'does not send another one' ': 1 waiting; 11 of 13 tasks are done$'
job 'the next job'
tried 'makes them again, and nothing else' 2 5
gives 0 'status' "$wflc" status
has 'tells that all is done' '^all tasks are done$'
[ "$(cat work/out/5.txt)" = 5 ]
verdict $? 'the outputs are there'

# status finds it, too; other ways to lose an output
: >work/out/3.txt
rm work/sum.txt
mkdir work/sum.txt
gives 0 'status' "$wflc" status
has 'finds what is empty' '^2 of 13 done tasks have lost outputs (the first: out/3.txt of sim\[i=3\] is empty): they run again$'
has 'and counts it' '^TOTAL  *13  *11 '
gone 4
gives 0 'status --json' "$wflc" status --json
has 'says so to programs' '"tasks": {"total": 13, "done": 11,'
has 'with what was looked at' '"outputs": {"of_done_tasks": 11, "looked_at": 11, "tasks_lost": 0,'
rmdir work/sum.txt
job 'a job'
tried 'makes these' sum 3

# a file system that is not here
mv work/out elsewhere
gives 0 'a folder that is not there' "$wflc" submit
has 'may be elsewhere' "^the folder out of 12 done tasks' output is not there, seen from this host; if it is really gone, 'wflc submit --again build/demo/site' has them made again\$"
has 'so nothing is lost' '13 of 13 tasks are done$'
gives 0 'status' "$wflc" status
has 'says the same' "^the folder out of 12 done tasks' output is not there"
gone 4
mv elsewhere work/out
gives 0 'when it is back' "$wflc" submit
[ "$(wc -l <output)" -eq 1 ]
verdict $? 'nothing is to be told'
ln -s nowhere link && mv work/out work/real && mv link work/out
gives 0 'a link to nowhere' "$wflc" status
has 'is such a folder' "^the folder out of 12 done tasks' output is not there"
rm work/out && mv work/real work/out
mv work there
gives 0 'the working folder itself' "$wflc" status
has 'too' "^the folder $tmp/work of 13 done tasks' output is not there"
mv there work
rm -r work/out
sed -i 's/poll_s: 60/poll_s: 1/' $site/site.yaml
later
fresh
gives 0 'what is really gone' "$wflc" submit --again
has 'is said to be' '^12 of 13 done tasks have lost outputs'
has 'and sent' '1 job submitted (102); 1 waiting; 1 of 13 tasks are done$'
job 'the job'
tried 'makes it' 0 1 2 3 4 5 6 7 8 9 10 11

# who may not write, and who has a copy, only tells
rm work/out/7.txt
cp -r $site copy
gives 0 'a copy of the folder' "$wflc" status copy
has 'tells' '^1 of 13 done tasks has lost outputs (out/7.txt of sim\[i=7\] is not there): it runs again$'
has 'and does not count it' '^TOTAL  *13  *12 '
[ "$("$record" copy | grep -c ' gone ')" -eq 16 ]
verdict $? 'but writes nothing'
rm -r copy
# shards of shims at work are theirs: this one waits for `go`
"$mkplan" $site/campaign.wflp <<END
node 2 1e9
jobs 1 1 3600
family sim 3
memory 1e6
sh echo {i} >{o0}; [ {i} != 2 ] || while [ ! -e $tmp/go ]; do sleep 0.02; done
output o new/{i}.txt
END
$site/job.sh 2>/dev/null &
pid=$!
tries=0
until "$wflc" status 2>/dev/null | grep -q '^sim  *3  *2  *1' || [ $tries -eq 500 ]; do
    tries=$((tries + 1))
    sleep 0.02
done
rm work/new/1.txt
gives 0 'of a shim at work' "$wflc" status
has 'nothing is written' '^sim  *3  *2  *1'
: >go
wait $pid
verdict $? 'it ends well'
gives 0 'then' "$wflc" status
has 'it is' '^1 of 3 done tasks has lost outputs (new/1.txt of sim\[i=1\] is not there): it runs again$'
gone 1

# many: status looks at a part of them
# shellcheck disable=SC2119
campaign
"$mkplan" $site/campaign.wflp <<END
node 4 1e9
shards 20
jobs 1 1 3600
family sim 30000
memory 1e6
output - out/{i}.txt
sh true
END
"$record" -d $site
mkdir work/out
# shellcheck disable=SC2016 # for another shell
(cd work/out && seq 0 29999 | xargs sh -c 'for f do echo >"$f.txt"; done' sh)
rm work/out/2.txt work/out/4.txt work/out/10003.txt
gives 0 'status of many' "$wflc" status
has 'looks at some' "^of [1-9][0-9 ]* outputs looked at, those of 2 done tasks are lost (the first: out/2.txt of sim\[i=2\] is not there): they run again; 'wflc submit build/demo/site' looks at all 30 000\$"
gives 0 'submit' "$wflc" submit
has 'at all' '^1 of 29 998 done tasks has lost outputs (out/10003.txt of sim\[i=10003\] is not there): it runs again$'
gone 3
