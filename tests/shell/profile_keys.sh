#!/bin/sh
# Every key of site profiles has an effect: another value of it changes a script, a plan, what is submitted
# or asked, or is refused. The keys are those of wfl-site(5), which a unit test compares with the schema; a
# key without a case here fails.
. "${top_srcdir:?is set by make check}/tests/shell/verdict_lib.sh"
wflc=$(cd "${top_builddir:?}" && pwd)/wflc
page=$(cd "$top_srcdir" && pwd)/man/wfl-site.5
tmp=$PWD
unset WFL_PATH XDG_CONFIG_HOME
export HOME="$tmp" XDG_CACHE_HOME="$tmp/cache" WFL_STDLIB="$tmp/none"
PATH=$tmp/bin:$PATH
: >cases

mkdir bin seen
cat >bin/sbatch <<'STUB'
#!/bin/sh
echo 'job 77 or 88'
STUB
cat >bin/squeue <<'STUB'
#!/bin/sh
echo "$(basename "$0") $*" >>"$HOME/asked"
echo 'JOBID|STATE|TIME|TIME_LEFT|NODES|PARTITION|QOS|REASON|NAME'
echo '5|PENDING|0:00|1:00|1|main|q|Priority|x'
echo '6|RUNNING|0:10|1:00|1|main|q|None|y'
echo '7|RUNNING|0:10|1:00|1|other|q|None|z'
echo '8|RUNNING|0:10|1:00|1|other|q|None|z'
echo '9|PENDING|0:10|1:00|1|other|q|JobHeldUser|z'
STUB
cp bin/squeue bin/myqueue
chmod +x bin/*

for kind in slurm pbs cobalt lsf flux; do
    cat >base-$kind.yaml <<BASE
schema: 1
name: base-$kind
scheduler: {kind: $kind}
nodes: {cores: 8, memory_gib: 64}
queues: [{name: main, max_nodes: 10, max_walltime: "02:00:00"}]
BASE
done
cat >other.yaml <<'BASE'
schema: 1
name: other
scheduler: {kind: slurm}
nodes: {cores: 16, memory_gib: 32}
BASE

# the campaign, with $1 in its task and $2 before it
campaign()
{
    cat <<WFL
campaign keys
$2
task t for i in 1 .. 400 { time 1 min; memory 1 GB; run "true > {o}"; output o "o/{i}"; $1 }
site here profile "v" { }
WFL
}
campaign '' '' >plain.wfl
campaign 'container box' 'container box { image "lsst/imsim:2"; bind "/scratch/me" }' >boxed.wfl
campaign 'gpus 1' '' >gpus.wfl

# look CAMPAIGN KIND TEXT: all that is said and written for the profile, in `now`
look()
{
    rm -rf build cache asked
    {
        echo "$3" | grep -q '^schema:' || echo 'schema: 1'
        echo "$3" | grep -q '^name:' || echo 'name: v'
        echo "$3" | grep -q '^inherits:' || echo "inherits: base-$2"
        echo "$3"
    } >v.yaml
    {
        "$wflc" build --site here "$1.wfl" &&
            "$wflc" plan --site here "$1.wfl" &&
            "$wflc" check --dump-plan --site here "$1.wfl"
        for part in build/keys/here/*; do
            [ ! -f "$part" ] || case $part in
            *.wflp | *wfl-shim | *site.yaml) ;;
            *) cat "$part" ;;
            esac
        done
    } >now 2>&1
}

# live CAMPAIGN KIND TEXT: the same, and what wflc submit and queue do with the stand-ins
live()
{
    look "$@"
    # an answer that is kept since 20 s
    "$wflc" queue build/keys/here >output 2>&1
    [ ! -e cache/wfl/v.jobs ] || sed -i "1s/ [0-9]*\$/ $(($(date +%s) - 20))/" cache/wfl/v.jobs
    rm -f asked
    {
        "$wflc" submit --chain --dry-run build/keys/here
        "$wflc" submit --jobs 1 build/keys/here
        "$wflc" queue build/keys/here
        cat asked
    } 2>&1 | sed 's/-[0-9a-z]\{4\}-\([0-9]\)/-TAG-\1/g; s/as of [0-9]* s ago/as of now/' >>now
}

# seen_as HOW CAMPAIGN KIND TEXT: the same, each once; `file` is where it is
seen_as()
{
    file=seen/$(printf '%s\n' "$*" | cksum | tr -d ' ')
    [ -e "$file" ] || { "$@" && mv now "$file"; }
}

# key PATH HOW CAMPAIGN KIND BEFORE AFTER
key()
{
    echo "$1" >>cases
    seen_as "$2" "$3" "$4" "$5"
    before=$file
    seen_as "$2" "$3" "$4" "$6"
    : >output
    if cmp -s "$before" "$file" || grep -q 'error:' "$before"; then
        cp "$file" output
        false
    else
        [ -s "$file" ]
    fi
    verdict $? "$1 ($4)"
}

queue='queues: [{name: main, max_nodes: 1, max_walltime: "00:10:00"'
disk='nodes: {local_storage: [{path: /disk, kind: ssd'
box='containers: [{runtime: apptainer, image_form: sif'

key schema look plain slurm '' 'schema: 2'
key name look plain slurm '' 'name: w'
key inherits look plain slurm '' 'inherits: other'
key status look plain slurm '' 'status: retired'
key retired_on look plain slurm 'status: retired' 'status: retired
retired_on: "2020-01-01"'
key checked_on look plain slurm '' 'checked_on: "2020-01-01"'
key sources look plain slurm '' 'sources: [a page]'

key scheduler.kind look plain slurm '' 'inherits: base-pbs'
key scheduler.queue_via look plain slurm '' 'scheduler: {queue_via: qos}'
key scheduler.account_required look plain slurm '' 'scheduler: {account_required: true}'
key scheduler.submit look plain slurm '' 'scheduler: {submit: [sbatch, --quiet]}'
key scheduler.submit_stdin look plain slurm '' 'scheduler: {submit_stdin: true}'
key scheduler.id_regex live plain slurm 'scheduler: {id_regex: "job ([0-9]+)"}' 'scheduler: {id_regex: "or ([0-9]+)"}'
key scheduler.status live plain slurm 'scheduler: {poll_s: 1}' 'scheduler: {poll_s: 1, status: [myqueue, "{id}"]}'
key scheduler.cancel look plain slurm '' 'scheduler: {cancel: [scancel, --full, "{id}"]}'
key scheduler.directives look plain slurm '' 'scheduler: {directives: ["--reservation=r"]}'
key scheduler.forbid look plain slurm '' 'scheduler: {forbid: ["-N"]}'
key scheduler.needs_tasks look plain slurm '' 'scheduler: {needs_tasks: true}'
for kind in slurm pbs flux; do
    key scheduler.exclusive look plain $kind 'scheduler: {exclusive: request}' 'scheduler: {exclusive: implicit}'
done
key scheduler.exclusive look plain cobalt '' 'scheduler: {exclusive: request}'
mpirun='launch: {argv: [mpirun, -n, "{nnodes}", "{shim}"], rank_var: R, size_var: S}'
key scheduler.exclusive look plain lsf "$mpirun" "$mpirun
scheduler: {exclusive: implicit}"
for kind in slurm pbs lsf cobalt flux; do
    key scheduler.requeue look plain $kind '' 'scheduler: {requeue: true}'
done
key scheduler.dependency live plain slurm "$queue}]
scheduler: {poll_s: 1}" "$queue}]
scheduler: {poll_s: 1, dependency: [afterok]}"
key scheduler.job_name_max look plain slurm '' 'scheduler: {job_name_max: 3}'
key scheduler.poll_s live plain slurm 'scheduler: {poll_s: 5}' 'scheduler: {poll_s: 60}'
key scheduler.submit_from_jobs look plain slurm '' 'scheduler: {submit_from_jobs: true}'
for kind in slurm cobalt lsf flux pbs; do
    key scheduler.output_template look plain $kind '' 'scheduler: {output_template: "{id}.log"}'
done
for kind in slurm lsf flux cobalt; do
    key constraints look plain $kind '' 'constraints: [fast]'
done
for kind in cobalt pbs slurm; do
    key attrs look plain $kind '' 'attrs: {a: b}'
done

key nodes.detected look plain slurm '' 'nodes: {detected: true, cores: null}'
key nodes.count look plain slurm '' 'nodes: {count: 2}
queues: null'
key nodes.max_per_job look plain slurm '' 'nodes: {max_per_job: 2}'
key nodes.cores look plain slurm '' 'nodes: {cores: 9}'
key nodes.threads_per_core look plain slurm '' 'nodes: {threads_per_core: 2}'
key nodes.reserved_cores look plain slurm '' 'nodes: {reserved_cores: [0]}'
key nodes.memory_gib look plain slurm '' 'nodes: {memory_gib: 6}'
key nodes.memory_reserve_gib look plain slurm '' 'nodes: {memory_reserve_gib: 60}'
key nodes.slots look plain slurm '' 'nodes: {slots: 3}'
key nodes.gpus look gpus slurm 'nodes: {gpus: 1}' 'nodes: {gpus: 2}'
key 'nodes.local_storage[].path' look boxed slurm "$disk}]}
$box, local_copy: ssd}]" "$(echo "$disk}]}
$box, local_copy: ssd}]" | sed 's|/disk|/ssd|')"
key 'nodes.local_storage[].kind' look boxed slurm "$disk}]}
$box, local_copy: ssd}]" "nodes: {local_storage: [{path: /disk, kind: ram}]}
$box, local_copy: ssd}]"
for kind in slurm:--constraint=disk cobalt:ssds=required pbs:ssd=1 flux:--setattr=x=1; do
    key 'nodes.local_storage[].request' look boxed ${kind%%:*} "$disk}]}
$box, local_copy: ssd}]" "$disk, request: \"${kind#*:}\"}]}
$box, local_copy: ssd}]"
done
key 'nodes.local_storage[].counts_as_memory' look boxed slurm "$disk}]}
$box, local_copy: ssd}]" "$disk, counts_as_memory: true}]}
$box, local_copy: ssd}]"

key launch.argv look plain slurm '' 'launch: {argv: [srun, "-n{nnodes}", "{shim}"]}'
key launch.rank_var look plain slurm '' 'launch: {rank_var: PMI_RANK}'
key launch.size_var look plain slurm '' 'launch: {size_var: PMI_SIZE}'
key launch.size_from look plain slurm '' 'launch: {size_from: passed}'
key launch.start_seconds look plain slurm '' 'launch: {start_seconds: 1000}'

key time.directive_format look plain flux '' 'time: {directive_format: minutes}'
key time.remaining.kind look plain slurm '' 'time: {remaining: {kind: start_plus_walltime}}'
key time.remaining.value look plain slurm '' 'time: {remaining: {value: left}}'
for parse in epoch seconds iso8601 h-mm; do
    key time.remaining.parse look plain slurm '' "time: {remaining: {parse: $parse}}"
done
for kind in slurm lsf flux pbs; do
    key time.warn_signal look plain $kind '' 'time: {warn_signal: USR2}'
done
key time.warn_before_s look plain slurm '' 'time: {warn_before_s: 100}'
key time.warn_slack_s look plain slurm '' 'time: {warn_slack_s: 100000}'
key time.term_grace_s look plain slurm '' 'time: {term_grace_s: 7}'
key time.stop_starting_s look plain slurm '' 'time: {stop_starting_s: 900}'
key time.finish_by_s look plain slurm '' 'time: {finish_by_s: 500}'

key 'queues[].name' look plain slurm '' 'queues: [{name: night, max_nodes: 10, max_walltime: "02:00:00"}]'
key 'queues[].min_nodes' look plain slurm "" 'queues: [{name: main, min_nodes: 10, max_nodes: 10, max_walltime: "02:00:00"}]'
key 'queues[].max_nodes' look plain slurm "$queue}]" 'queues: [{name: main, max_nodes: 2, max_walltime: "00:10:00"}]'
key 'queues[].min_walltime' look plain slurm '' 'queues: [{name: main, min_walltime: "01:59:00", max_nodes: 10, max_walltime: "02:00:00"}]'
key 'queues[].max_walltime' look plain slurm "$queue}]" 'queues: [{name: main, max_nodes: 1, max_walltime: "00:20:00"}]'
key 'queues[].tiers[].min_nodes' look plain slurm 'queues: [{name: main, tiers: [{min_nodes: 1, max_walltime: "00:10:00"}]}]' \
    'queues: [{name: main, tiers: [{min_nodes: 2, max_walltime: "00:10:00"}]}]'
key 'queues[].tiers[].max_walltime' look plain slurm 'queues: [{name: main, max_nodes: 1, tiers: [{min_nodes: 1, max_walltime: "00:10:00"}]}]' \
    'queues: [{name: main, max_nodes: 1, tiers: [{min_nodes: 1, max_walltime: "00:20:00"}]}]'
key 'queues[].max_queued' live plain slurm "$queue}]
scheduler: {poll_s: 1}" "$queue, max_queued: 3}]
scheduler: {poll_s: 1}"
key 'queues[].queued_counts' live plain slurm "$queue, max_queued: 3}]
scheduler: {poll_s: 1}" "$queue, max_queued: 3, queued_counts: eligible}]
scheduler: {poll_s: 1}"
key 'queues[].max_running' look plain slurm "$queue}]" "$queue, max_running: 2}]"
for kind in slurm pbs lsf; do
    key 'queues[].preemptible' look plain $kind "$queue}]" "$queue, preemptible: true}]"
done
key 'queues[].default' look plain slurm "$queue}, {name: b, max_walltime: \"01:00:00\"}]" \
    "$queue}, {name: b, default: true, max_walltime: \"01:00:00\"}]"
key 'queues[].aliases_of' live plain slurm "$queue, max_queued: 5}, {name: other, max_walltime: \"00:10:00\"}]
scheduler: {poll_s: 1}" "$queue, max_queued: 5, aliases_of: other}, {name: other, max_walltime: \"00:10:00\"}]
scheduler: {poll_s: 1}"
key 'queues[].extra' look plain slurm "$queue}]" "$queue, extra: [\"--time-min=5\"]}]"

# that is for messages
look plain slurm "filesystems: [{name: volume, path: $tmp, compute_writable: false}]"
echo 'filesystems[].name' >>cases
grep -q "on the file system 'volume'" now
verdict $? 'filesystems[].name'
key 'filesystems[].path' look boxed slurm 'filesystems: [{name: s, path: /scratch}]
containers: [{runtime: shifter}]' 'filesystems: [{name: s, path: /home}]
containers: [{runtime: shifter}]'
key 'filesystems[].compute_writable' look plain slurm "filesystems: [{name: home, path: $tmp}]" \
    "filesystems: [{name: home, path: $tmp, compute_writable: false}]"
for kind in slurm cobalt pbs; do
    key 'filesystems[].token' look plain $kind 'filesystems: [{name: s, path: /scratch}]' \
        'filesystems: [{name: s, path: /scratch, token: s}]'
    key token_syntax look plain $kind 'filesystems: [{name: s, path: /scratch, token: s}]' \
        'filesystems: [{name: s, path: /scratch, token: s}]
token_syntax: none'
done

key 'containers[].runtime' look boxed slurm "$box}]" 'containers: [{runtime: singularity, image_form: sif}]'
key 'containers[].image_form' look boxed slurm "$box}]" 'containers: [{runtime: apptainer, image_form: dir}]'
key 'containers[].setup' look boxed slurm "$box}]" "$box, setup: [module load box]}]"
key 'containers[].via' look boxed slurm 'containers: [{runtime: shifter}]' 'containers: [{runtime: shifter, via: directive}]'
key 'containers[].extra' look boxed slurm "$box}]" "$box, extra: [--nv]}]"
for runtime in shifter singularity apptainer charliecloud; do
    key 'containers[].inherit_env' look boxed slurm "containers: [{runtime: $runtime}]" \
        "containers: [{runtime: $runtime, inherit_env: false}]"
done
for runtime in docker podman podman-hpc; do
    key 'containers[].inherit_env' look boxed slurm "containers: [{runtime: $runtime}]" \
        "containers: [{runtime: $runtime, inherit_env: true}]"
done
key 'containers[].local_copy' look boxed slurm "$box}]" "$box, local_copy: ram}]"

key limits.processes look plain slurm 'limits: {processes: 10}' 'limits: {processes: 9}'
key limits.address_space_gib look plain slurm '' 'limits: {address_space_gib: 3}'
key limits.open_files look plain slurm 'limits: {open_files: 48}' 'limits: {open_files: 47}'
key limits.script_bytes look plain slurm '' 'limits: {script_bytes: 100}'
key charging.min_nodes look plain slurm '' 'charging: {min_nodes: 4}'
key charging.round_minutes look plain slurm '' 'charging: {round_minutes: 30}'
key charging.boot_minutes look plain slurm '' 'charging: {boot_minutes: 5}'
key shell.init look plain slurm '' 'shell: {init: [module load x]}'
key shell.unset look plain slurm '' 'shell: {unset: [LANG]}'

# all keys that hold a value have a case
sed -n '/^\.It Va /{
s/^\.It Va //
h
n
/^Takes a map of keys/d
/^Takes a list of maps/d
G
s/.*\n//p
}' "$page" | sort >keys
sort -u cases | comm -23 keys - >missing
sed 's/^/# no case for /' missing
[ -s keys ] && [ ! -s missing ]
verdict $? 'every key of wfl-site(5) has a case'
sort -u cases | comm -13 keys - >unknown
sed 's/^/# no key /' unknown
[ ! -s unknown ]
verdict $? 'and every case a key'
echo "1..$n"
