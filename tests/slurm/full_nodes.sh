#!/bin/sh
# Sensors of a visit that share a process, as they end one by one, and fed line by line: three nodes, two jobs.
set -u
. "${top_srcdir:?is set by make check-slurm}/tests/slurm/slurm_lib.sh"

with_cluster -n 3
echo 1..10

cat >draw <<'END'
#!/bin/sh
# draw SECONDS OUTPUT
echo "$SLURM_JOB_ID $SLURMD_NODENAME $2" >>ran.txt
sleep "$1" && echo whole >"$2"
END
cat >draw_all <<'END'
#!/bin/sh
# draw_all "OUTPUT ...": side by side, the first one takes longer
seconds=8
for output in $1; do
    ./draw $seconds "$output" &
    seconds=0.3
done
wait
END
chmod +x draw draw_all

cat >full.wfl <<'END'
campaign full
set visit = 1 .. 3
set sensor = 1 .. 12
task fed for v in visit, s in sensor {
    bundle by v
    feed   "0.{s mod 5 + 1} {image}"
    run    "echo {v} >>processes.txt; exec xargs -P {bundle.width} -L 1 ./draw"
    memory { container 0 B; v 100 MB; sensor 50 MB }
    time   1 s
    retry  0
    output image "out/fed.{v}.{s}"
}
task apart for v in visit, s in 1 .. 2 {
    bundle by v
    run    "./draw_all {bundle.join(image, " ")}"
    memory { container 0 B; v 100 MB; sensor 50 MB }
    time   20 s
    retry  0
    output image "out/apart.{v}.{s}"
}
task copy for v in visit, s in 1 .. 2 needs apart {
    run    "cp {apart.image} {image}"
    memory 10 MB
    time   1 s
    retry  0
    output image "out/copy.{v}.{s}"
}
site cluster profile "test-slurm" { nodes 2 .. 2; walltime 5 min }
END
dir=$tmp/build/full/cluster
"$wflc" build --site cluster full.wfl >output 2>&1
verdict $? "a campaign is built"
: >ran.txt
first=$(submit) && second=$(sh "$dir/submit.sh" --nodes=1)
verdict $? "jobs of two nodes and of one are submitted"
wait_for 150 ended "$first" "$second"
verdict $? "they end"
done_once 48
verdict $? "every task is done once in the record"
find out -type f -exec cat {} + | grep -cx whole >output
[ "$(cat output)" = 48 ]
verdict $? "all outputs are whole"
cut -d ' ' -f 3 ran.txt | sort | uniq -d >output
[ ! -s output ] && [ "$(wc -l <ran.txt)" = 42 ]
verdict $? "every sensor was worked on once"
kinds 2 1
verdict $? "by two jobs"
cp processes.txt output
[ "$(wc -l <processes.txt)" -le 12 ]
verdict $? "a process was fed more than one sensor after the other"
"$wflc" tasks "$dir" family=copy --csv --columns started,task >output && "$wflc" tasks "$dir" family=apart --csv --columns ended,task >>output
awk -F '[],=[ ]' 'NR > 1 && $2 == "copy" && $6 == 2 { started[$4] = $1 } $2 == "apart" && $6 == 1 { ended[$4] = $1 }
    END { for (v in ended) { n++; early += started[v] < ended[v] } exit !(n == 3 && early) }' output
verdict $? "what needs a sensor starts while its process works on another one"
"$wflc" history "$dir" --csv --columns reason | sort | uniq -c >output
[ "$(awk '{ print $2 }' output | sort -u | tr '\n' ' ')" = 'ok reason ' ]
verdict $? "and nothing failed, or was tried again"
