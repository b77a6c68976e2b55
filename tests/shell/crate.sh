#!/bin/sh
# wflc export --crate: what is written is a Workflow Run RO-Crate, as tests/python/wfl_crate.py knows them from the
# specification, and tells what status tells.
. "${top_srcdir:?is set by make check}/tests/shell/verdict_lib.sh"
wflc=${top_builddir:?}/wflc
check=$(cd "$top_srcdir" && pwd)/tests/python/wfl_crate.py
past=$top_builddir/tests/shell/past

for tool in python3 jq; do
    command -v $tool >/dev/null || { echo "1..0 # SKIP no $tool here"; exit 0; }
done

# good CRATE BUILD: it is one, and its figures are those of the build
good()
{
    "$wflc" status --json "$2" >status.json 2>>output && python3 "$check" "$1" status.json >>output 2>&1
}

mkdir in lib
for i in 1 2 3; do echo $i >"in/$i %a.txt"; done
cat >lib/join.wfl <<'EOF2'
task join for v in visit needs draw { run "cat {draw.image:list} > {o}"; output o "out/{v}.txt" }
EOF2
cat >demo.wfl <<'EOF2'
campaign demo
use join
param good = false
set visit = 1 .. 3
set chip = ["R22_S11", "R'01 #"]
task draw for v in visit, c in chip {
    run "if ! {good} && [ {v} = 2 ] && [ {c} = R22_S11 ]; then exit 7; fi; mkdir -p {d}; echo > {d}/x; cat {i} > {image}"
    retry 1
    input i "in/{v} %a.txt"
    output image "out/{v}/{c}"
    output note "out/{v}/{c}.txt" check optional
    output d "out/{v}/{c}.d"
}
EOF2
"$wflc" run -I lib demo.wfl >output 2>&1
"$wflc" export --crate archive --license https://spdx.org/licenses/CC-BY-4.0 >>output 2>&1 && good archive demo
verdict $? "a crate of few tasks, some of which failed"

graph()
{
    jq -r ".[\"@graph\"][] | $1" archive/ro-crate-metadata.json
}

{ graph 'select(."@id" == "#task-7" or ."@id" == "#task-6") | .object[]."@id"' && graph 'select(."@id" == "#task-2") | .error' &&
    graph 'select(."@id" == "./") | .license."@id"'; } | sed 's|file://.*/out|out|' >told
cat >wanted <<'EOF2'
out/1/R22_S11
out/1/R22_S11.d/
out/1/R'01%20%23
out/1/R'01%20%23.d/
exit 7
https://spdx.org/licenses/CC-BY-4.0
EOF2
diff wanted told >output && cmp -s demo.wfl archive/demo.wfl && cmp -s lib/join.wfl archive/uses/1-join.wfl
verdict $? "what a task read is what others wrote; the campaign's text is in it"

# broken JQ WORD: the check complains of a crate that is broken in this way
broken()
{
    rm -rf other && cp -R archive other && jq "$1" archive/ro-crate-metadata.json >other/ro-crate-metadata.json || return 1
    if python3 "$check" other status.json >said 2>&1 || ! grep -q -e "$2" said; then
        { echo "not found: $1"; cat said; } >>output
        return 1
    fi
}
: >output
broken 'del(.["@graph"][] | select(."@id" == "#owner"))' 'refers to #owner' &&
    broken 'del(.["@graph"][] | select(."@id" == "./").mentions[0])' 'is not mentioned' &&
    broken 'del(.["@graph"][] | select(."@id" == "./").datePublished)' 'datePublished' &&
    broken '(.["@graph"][] | select(."@id" == "demo.wfl").sha256) = "0"' 'another hash' &&
    broken '(.["@graph"][] | select(."@id" == "#done").value) = 99' 'figures are' &&
    broken 'del(.["@graph"][] | select(."@id" == "#task-0"))' 'actions were done'
verdict $? "the check of crates finds what is broken"

"$wflc" export --crate . --license "Ask the authors" >output 2>&1 && good . demo &&
    jq -r '.["@graph"][] | select(."@type" == "File" or ."@type" == "Dataset")."@id"' ro-crate-metadata.json >ids &&
    grep -qxF "in/1%20%25a.txt" ids && ! grep -q file: ids && jq -r '.["@graph"][].license' ro-crate-metadata.json | grep -qx 'Ask the authors'
verdict $? "in the campaign's own folder paths are relative"

"$wflc" run -I lib -D good=true demo.wfl >output 2>&1 && "$wflc" export --crate archive >>output 2>&1 && good archive demo &&
    graph 'select(."@id" == "#run") | .actionStatus."@id"' | grep -q CompletedActionStatus
verdict $? "a crate of ours is written anew"

mkdir mine && echo '{}' >mine/ro-crate-metadata.json && ! "$wflc" export --crate mine >output 2>&1 &&
    grep -q 'mine/ro-crate-metadata.json is there, and is not of a crate that wflc wrote' output && echo '{}' | cmp -s - mine/ro-crate-metadata.json &&
    rm mine/ro-crate-metadata.json && mkdir mine/record && ! "$wflc" export --crate mine >output 2>&1 && grep -q mine/record output &&
    [ "$(find mine -type f | wc -l)" = 0 ] && ! "$wflc" export --crate demo.wfl/x >output 2>&1 && grep -q 'demo.wfl/x: ' output
verdict $? "what is not ours is left alone"

! "$wflc" export --crate a --json >output 2>&1 && grep -q 'one of them' output && ! "$wflc" export --json --license x >output 2>&1 &&
    grep -q 'license is of a crate' output
verdict $? "options that do not go together"

cp -R archive kept && mv demo.wfl gone.wfl && ! "$wflc" export --crate archive demo >output 2>&1 && grep -q "name it: wflc export CAMPAIGN.wfl --crate=archive" output &&
    diff -r kept archive >>output && mv gone.wfl demo.wfl
verdict $? "without the campaign's text there is no crate, and the one that was is as it was"

cat >past.wfl <<'EOF2'
campaign past
set visit = 1 .. 400
set chip = 1 .. 4
task draw for v in visit, c in chip { run "x > {image}"; memory 120 MB; time 45 s; retry 1; output image "made/{v}/{c}" }
task join for v in visit needs draw { run "join {draw.image:list} {o}"; memory 1 GB; output o "made/{v}.txt" }
EOF2
"$wflc" build past.wfl >output 2>&1 && "$past" build/past/local >>output 2>&1 && "$wflc" export --crate many past >>output 2>&1 && good many past &&
    [ "$(wc -l <many/record/tasks.jsonl)" = 2000 ] && [ "$(wc -c <many/ro-crate-metadata.json)" -lt 100000 ]
verdict $? "of many tasks families and shards are told, and each task has a line"

digest=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
cat >far.yaml <<'EOF2'
schema: 1
name: far
inherits: test-slurm
containers: [{runtime: podman}]
EOF2
cat >boxed.wfl <<EOF2
campaign boxed
container tools { image "ghcr.io/lsst/imsim:2@sha256:$digest" }
task t { memory 1 MB; container tools; run "draw > {o}"; output o "o" }
site far profile "far" { }
EOF2
"$wflc" build boxed.wfl >output 2>&1 && "$wflc" export --crate box boxed >>output 2>&1 && good box boxed &&
    jq -r '.["@graph"][] | select(."@type" == "ContainerImage") | .registry, .name, .tag, .sha256' box/ro-crate-metadata.json >told &&
    printf '%s\n' ghcr.io lsst/imsim 2 $digest | diff - told >>output && cmp -s build/boxed/far/site.yaml box/site.yaml
verdict $? "the image with its digest, and the profile of the site"

"$wflc" export --csv past >lines.csv 2>output && "$wflc" export --json past >lines 2>>output &&
    python3 -c 'import csv, json, sys
rows = list(csv.DictReader(open("lines.csv", newline="")))
lines = [json.loads(line) for line in open("lines")]
assert len(rows) == len(lines) > 2000
for row, line in zip(rows, lines):
    line["variables"] = json.dumps(line["variables"]); line["final"] = int(line["final"])
    assert set(row) == set(line) | {"code", "flaw"}, (row, line)
    for key, value in row.items():
        want = line.get(key, "")
        assert value == ("%.3f" % want if isinstance(want, float) else str(want)), (key, value, want)' >>output 2>&1
verdict $? "lines of CSV tell what those of JSON tell"

echo 1..$n
