#!/bin/sh
# The command line of wflc: what it says, and what it exits with.
set -u
: "${top_builddir:?is set by make check}"
wflc=$top_builddir/wflc
here=$(mktemp -d) || exit 1
trap 'rm -rf "$here"' EXIT
trap 'exit 1' HUP INT TERM
cd "$here" || exit 1
unset WFL_SHIM NO_COLOR POSIXLY_CORRECT
n=0

# expect WHAT CODE REGEX COMMAND...: the exit code, and a line of its output that matches
expect() {
    what=$1 code=$2 regex=$3
    shift 3
    "$@" >said 2>&1 </dev/null
    got=$?
    n=$((n + 1))
    if [ "$got" -eq "$code" ] && grep -Eq -e "$regex" said; then
        echo "ok $n - $what"
    else
        echo "not ok $n - $what"
        echo "# exit $got, not $code; or no line matches: $regex"
        sed 's/^/# /' said
    fi
}

is() {
    what=$1
    shift
    n=$((n + 1))
    if "$@"; then echo "ok $n - $what"; else echo "not ok $n - $what"; fi
}

cat >demo.wfl <<'EOF'
campaign demo
set k = 1 .. 3
param word = "one"

task say for i in k {
    cores 1; memory 10 MB; time 1 s
    run "echo {word} {i} > {out}"
    output out "out/{i}.txt"
}
EOF
cat >bad.wfl <<'EOF'
campaign bad
task say for i in nothing {
    run "echo {i}"
}
EOF
mkdir out

echo 1..81

# --- the command line ---
expect 'version' 0 '^wflc [0-9]' "$wflc" --version
expect 'help lists the commands' 0 '^  status  ' "$wflc" --help
expect 'help is a command' 0 '^  check  ' "$wflc" help
expect 'help of a command' 0 '^usage: wflc run ' "$wflc" help run
expect '--help of a command' 0 '^usage: wflc status ' "$wflc" status --help
# each option has a sentence of its own in each command, and none about another command
for want in 'status:every task that failed' 'queue:jobs that ended' 'cancel:all jobs of the campaign' \
    'sky:the picture into the file' 'graph:draw tasks' 'list:list tasks' 'build:build in PATH/' 'submit:look for builds' \
    'check:judge by N cores' 'run:use N cores [^;]*machine.$'; do
    expect "options of ${want%%:*}" 0 "^  .*--.*${want#*:}" "$wflc" "${want%%:*}" --help
done
# every option belongs to a command
sed -n 's/^    X([A-Z_]*, "\([a-z-]*\)".*/  .*--\1[= ]/p' "${top_srcdir:?}/src/command/options.h" >names
"$wflc" help >listed
is 'help lists every option' test "$(wc -l <names)" -gt 40 -a \
    "$(while read -r name; do grep -qe "$name" listed || echo "$name"; done <names | wc -l)" -eq 0
expect 'help of an unknown command' 2 "did you mean 'status'" "$wflc" help staus
expect 'no command' 2 'what shall be done' "$wflc"
expect 'unknown command' 2 "unknown command 'biuld'; did you mean 'build'" "$wflc" biuld x.wfl
expect 'a file instead of a command' 2 "did you mean 'wflc run demo.wfl'" "$wflc" demo.wfl
expect 'unknown option' 2 "unknown option '--quite'; did you mean '--quiet'" "$wflc" check --quite x
expect 'unknown letter' 2 "unknown option '-x'" "$wflc" check -x demo.wfl
expect 'ambiguous option' 2 'can mean several' "$wflc" check --dump demo.wfl
expect 'missing argument' 2 'takes an argument: --max-errors=N' "$wflc" check demo.wfl --max-errors
expect 'argument where none belongs' 2 '--quiet takes no argument' "$wflc" check --quiet=1 demo.wfl
expect 'an option of another command' 2 'check has no option --gpus' \
    "$wflc" check --gpus 2 demo.wfl
expect 'no file' 2 'check needs a campaign' "$wflc" check
expect 'two files' 2 "does not know what to do with 'b.wfl'" "$wflc" check demo.wfl b.wfl
expect '-D without a value' 2 '-D takes NAME=VALUE' "$wflc" check -D word demo.wfl
expect 'cores' 2 "whole number of 1 or more, not 'many'" "$wflc" run --cores many demo.wfl
expect 'memory without a unit' 2 "'12' has no unit" "$wflc" run --memory 12 demo.wfl
expect 'memory with an unknown unit' 2 "did you mean 'GB'" "$wflc" run --memory '1 gb' demo.wfl
expect 'colour' 2 "did you mean 'never'" "$wflc" check --color nevr demo.wfl

# --- check ---
expect 'check' 0 '^demo\.wfl: 1 family, 3 tasks, no errors$' "$wflc" check demo.wfl
expect 'options may follow the file' 0 '^demo\.wfl: ' "$wflc" check demo.wfl --color=never
"$wflc" check -q demo.wfl >out.txt 2>&1
is 'quiet says nothing' test ! -s out.txt
expect 'a missing campaign' 3 "cannot read the campaign 'none.wfl': No such file" \
    "$wflc" check none.wfl
expect 'errors in a campaign' 1 '^bad\.wfl:2:19: error: ' "$wflc" check bad.wfl
expect 'colours on demand' 1 "$(printf '\033')" "$wflc" check --color=always bad.wfl
"$wflc" check bad.wfl >out.txt 2>&1
is 'no colours into a file' test "$(tr -d '\033' <out.txt)" = "$(cat out.txt)"
expect 'dump of the tree' 0 'campaign' "$wflc" check --dump-ast demo.wfl
expect 'dump of the plan' 0 'demo' "$wflc" check --dump-plan demo.wfl
if [ -w /dev/full ]; then
    "$wflc" help >/dev/full 2>out.txt
    is 'a full disk is an error' test $? -eq 3
    is 'and it is said' grep -q 'cannot write to standard output' out.txt
else
    is 'no /dev/full # SKIP' true
    is 'no /dev/full # SKIP' true
fi

# --- build, run, status ---
expect 'nothing built yet' 3 'wflc build FILE.wfl for its sites' "$wflc" status
expect 'not built yet' 3 "campaign 'demo' was not built" "$wflc" status demo.wfl
expect 'build' 0 '^demo: 3 tasks, ready in build/demo/local' "$wflc" build demo.wfl
is 'the folder is complete' test -x build/demo/local/wfl-shim -a -x build/demo/local/job.sh \
    -a -f build/demo/local/README -a -f build/demo/local/campaign.wflp
if command -v shellcheck >/dev/null; then
    is 'job.sh is clean' shellcheck build/demo/local/job.sh
else
    is 'no shellcheck # SKIP' true
fi
expect 'run' 0 '^demo: 3 of 3 done' "$wflc" run --cores 2 --memory '100 MB' demo.wfl
is 'outputs are there' test "$(cat out/1.txt out/2.txt out/3.txt)" = "one 1
one 2
one 3"
expect 'status of a file' 0 '3' "$wflc" status demo.wfl
expect 'status of a folder' 0 '3' "$wflc" status build/demo
expect 'status of a name' 0 '3' "$wflc" status demo
expect 'status in JSON' 0 '^\{' "$wflc" status --json
sed 's/1 \.\. 3/2 .. 4/' demo.wfl >next.wfl
expect 'done tasks are carried over' 0 '^2 of 3 tasks done before are carried over, 1 changed or gone' \
    "$wflc" build next.wfl
echo own 2 >out/2.txt # as large as before
expect 'only the rest is run' 0 '^demo: 3 of 3 done' "$wflc" run next.wfl
is 'a done task was not run again' test "$(cat out/2.txt)" = 'own 2'

# --- what needs a task that runs again ---
cat >chain.wfl <<'EOF'
campaign chain
param word = "old"
set k = 1 .. 2
task a for i in k { memory 1 MB; run "echo {word} > {o}"; output o "chain/a{i}" }
task b for i in k needs a { memory 1 MB; run "cat {a.o} > {o}"; output o "chain/b{i}" }
task c needs b { memory 1 MB; run "cat {b.o:list} > {o}"; output o "chain/c" }
EOF
expect 'a chain of tasks' 0 '^chain: 5 of 5 done' "$wflc" run chain.wfl
expect 'consumers of a changed task are not carried over' 0 \
    '^0 of 5 tasks done before are carried over, 2 changed or gone, 3 need what runs again;' \
    "$wflc" run -D word=new chain.wfl
is 'they were made from the new input' test "$(cat chain/c)" = 'new
new'
expect 'a build alone loses nothing' 0 '^0 of 5' "$wflc" build chain.wfl
expect 'going back takes all of them back' 0 '^5 tasks done under this plan before' \
    "$wflc" run -D word=new chain.wfl
if strace -o /dev/null true 2>/dev/null; then
    expect 'a record that cannot be looked at is not missing' 0 '^0 of 5 tasks done before' \
        env ASAN_OPTIONS=detect_leaks=0 strace -qq -o /dev/null -P "$PWD/build/chain/local/state/journal" \
        -e trace=access,faccessat,faccessat2 -e inject=access,faccessat,faccessat2:error=EIO "$wflc" build -D word=newer chain.wfl
else
    is 'nothing can be traced here # SKIP' true
fi

# --- two runs at once ---
cat >busy.wfl <<'EOF'
campaign busy
task t { memory 1 MB; run "touch begun; while [ ! -e go ]; do sleep 0.05; done" }
EOF
"$wflc" run -q busy.wfl >busy.log 2>&1 &
tries=0
while [ ! -e begun ] && [ $((tries += 1)) -le 200 ]; do sleep 0.05; done
expect 'a second run names the first' 3 \
    "^wflc: campaign 'busy' is being run in 'build/busy/local' \(by host .*, process [0-9]+; its last sign of life was [0-9]+ s ago\);" \
    "$wflc" run busy.wfl
: >go
wait $!
is 'the first is not disturbed' test $? -eq 0
rm -r build/busy

# --- failures ---
expect 'a folder is no campaign' 3 "^wflc: cannot read the campaign 'out': Is a directory" \
    "$wflc" check out
cat >flood.wfl <<'EOF'
campaign flood
set k = 1 .. 30
task t for i in k { memory 1 MB; run "exit 3" }
EOF
expect 'many failures are counted' 1 "^  more tasks fail; 'wflc status --all build/flood/local' lists" \
    "$wflc" run flood.wfl
is 'and some are shown' test "$(grep -c '^  t\[i=.*exit 3' said)" -eq 20
expect 'status tells failures that are alike once' 0 '^  30 of t: exit 3$' "$wflc" status flood.wfl
"$wflc" status --all flood.wfl >said
is 'and each with --all' test "$(grep -c '^  t\[i=.*exit 3' said)" -eq 30
rm -r build/flood

sed 's/> {out}/> {out}; exit 7/; s/^campaign demo/campaign sad/' demo.wfl >sad.wfl
expect 'failed tasks' 1 'exit 7' "$wflc" run --output=else sad.wfl

# --- what a run may be told besides ---
expect 'a time that is none' 2 "^wflc: --time: '0.5 s' is less than a second" "$wflc" run --time '0.5 s' demo.wfl
cat >short.wfl <<'EOF'
campaign short
set k = 1 .. 2
task t for i in k { memory 1 MB; time if i == 1 then 1 s else 10 min; run "echo {i} > {o}"; output o "out/short{i}" }
EOF
expect 'the end of the time' 4 'short: 1 of 2 done, stopped after' "$wflc" run --time '1 min' short.wfl
cat >boxed.wfl <<'EOF'
campaign boxed
container tools { image "tools:1" }
task t { memory 1 MB; container tools; run "echo > {o}"; output o "out/boxed" }
EOF
expect 'no runtime is here' 1 "task 't' needs container 'tools', and this machine has no runtime that runs 'tools:1'" \
    env PATH=/nowhere "$wflc" run boxed.wfl
expect 'unless they are left out' 0 'boxed: 1 of 1 done' "$wflc" run --no-containers boxed.wfl
cat >gpu.wfl <<'EOF'
campaign gpu
task t { memory 1 MB; gpus 2; run "echo $CUDA_VISIBLE_DEVICES > {o}"; output o "out/gpu" }
EOF
expect 'too few GPUs' 3 't needs 1 core, 2 GPUs and 1 MB' "$wflc" run --gpus 1 gpu.wfl
expect 'enough GPUs' 0 'gpu: 1 of 1 done' env -u CUDA_VISIBLE_DEVICES -u ROCR_VISIBLE_DEVICES "$wflc" run --gpus 2 gpu.wfl
is 'the task knows which' test "$(cat out/gpu)" = 0,1

# what fits here may run here, though it does not fit the sites of the campaign
cat >far.wfl <<'EOF'
campaign far
task t { memory 1 MB; cores 1; time 90 h; run "echo > {o}"; output o "out/far" }
site cori profile "cori-knl" { account "m1"; queue "debug"; nodes 1; walltime 30 min }
EOF
expect 'a task that fits no site' 1 'far.wfl:2:.*fit\]' "$wflc" check far.wfl
expect 'it may run here' 0 'far: 1 of 1 done' "$wflc" run far.wfl
