# shellcheck shell=sh disable=SC2034 # who reads this uses them
# For tests on a Slurm of their own, read by them with `.`; see cluster.sh. They work in a folder of
# their own, and the cluster ends with them however they end.

. "${top_srcdir:?is set by make check-slurm}/tests/shell/verdict_lib.sh"

wflc=${top_builddir:?}/wflc
record=$top_builddir/tests/shell/record
cluster_sh=$top_srcdir/tests/slurm/cluster.sh
cluster=$tmp/slurm
trap 'sh "$cluster_sh" stop "$cluster"; rm -rf "$tmp"' EXIT

# with_cluster [ARGUMENT...]: starts it with these arguments of `cluster.sh start`, or ends the test.
with_cluster()
{
    sh "$cluster_sh" start "$cluster" -w $$ "$@" >output 2>&1
    case $? in
    0) export SLURM_CONF="$cluster/slurm.conf" ;;
    77)
        echo "1..0 # SKIP $(sed 's/^cluster.sh: //' output)"
        exit 0
        ;;
    *)
        sed 's/^/# /' output
        echo "Bail out! the cluster does not start"
        exit 99
        ;;
    esac
}

# wait_for SECONDS COMMAND...: until it succeeds; what it says is in `output`.
wait_for()
{
    left=$(($1 * 2))
    shift
    until "$@" >output 2>&1; do
        [ $left -gt 0 ] || return
        left=$((left - 1))
        sleep 0.5
    done
}

# state JOB: one word, for some minutes after its end, too
state()
{
    squeue -h -t all -j "$1" -o %T
}

# ended JOB...: all have, however
ended()
{
    squeue -h -o %i >jobs.txt && for id; do
        ! grep -qx "$id" jobs.txt || return
    done
}

# all_ended: no job waits or runs
all_ended()
{
    squeue -h -o '%i %T' && [ -z "$(squeue -h -o %i)" ]
}

# job_field JOB NAME: what Slurm has noted of a job that has ended
job_field()
{
    tr ' ' '\n' <"$cluster/log/jobs" | awk -F = -v id="$1" -v name="$2" '
        $1 == "JobId" { ours = $2 == id } ours && $1 == name { value = $2 } END { print value }'
}

# campaign NAME PARTS SECONDS SITE: NAME.wfl with so many tasks of so many seconds each, and a last one
# that needs all of them; SITE is what its site says. Its folder on the cluster is $dir. Each part
# adds a line to ran.txt when it begins: its number, job, node, and the time. Part 1 takes ten minutes
# if there is a file `stubborn`, which it removes. No task may fail. The campaign tells that parts
# take $expected seconds if that is set; little work is then one shard, for one node.
campaign()
{
    dir=$tmp/build/$1/cluster
    cat >"$1.wfl" <<END
campaign $1
set number = 1 .. $2
task part for n in number {
    memory 50 MB
    ${expected:+time $expected s}
    retry  0
    run    """
            echo {n} \$SLURM_JOB_ID \$SLURMD_NODENAME \$(date +%s) >>ran.txt
            if [ {n} = 1 ] && rm stubborn 2>/dev/null; then sleep 600; else sleep $3; fi
            printf '%s\\nwhole\\n' {n} >{text}
            """
    output text "out/{n}.txt"
}
task sum needs part {
    memory 50 MB
    time   1 s
    run    "cat {part.text:list} >{text}"
    output text "out/sum.txt"
}
site cluster profile "${profile-test-slurm}" { $4 }
END
    rm -rf out ran.txt
    : >ran.txt
    "$wflc" build --site cluster "$1.wfl" >output 2>&1
}

# submit: the id of a job of the campaign in $dir, by its own script
submit()
{
    sh "$dir/submit.sh"
}

# submit_after JOB[:JOB...]: the same, to start when these have ended, however
submit_after()
{
    sh "$dir/submit.sh" --dependency="afterany:$1"
}

# begun N [WORD]: so many lines of ran.txt, with this word, are there
begun()
{
    [ "$(grep -cw -e "${2-node[0-9]*}" ran.txt)" -ge "$1" ]
}

# done_once TASKS: in the record every task of the campaign in $dir is done, and only once. What all
# jobs have said is shown if not.
done_once()
{
    "$wflc" status --json "$dir" >output 2>&1
    "$record" "$dir" >>output 2>&1
    tail -n 20 "$dir"/state/jobs/* >>output 2>&1
    grep -q "\"tasks\": {\"total\": $1, \"done\": $1," output &&
        awk -v tasks="$1" '
            $2 == "end" && $5 == "ok" && $7 ~ /F/ && times[$3]++ { twice = 1 }
            END { for (t in times) n++; exit twice || n != tasks }' output
}

# whole PARTS: the outputs of a campaign of so many
whole()
{
    i=1
    while [ "$i" -le "$1" ]; do
        printf '%s\nwhole\n' "$i"
        i=$((i + 1))
    done >want.txt
    find out >output
    cmp want.txt out/sum.txt >>output 2>&1 && [ "$(find out -type f | wc -l)" = $(($1 + 1)) ]
}

# kinds N COLUMN: this column of ran.txt has so many different words
kinds()
{
    cp ran.txt output
    [ "$(awk -v column="$2" '{ print $column }' ran.txt | sort -u | wc -l)" = "$1" ]
}
