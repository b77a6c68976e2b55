#!/bin/sh
# wflc list and wflc graph.
set -u

. "${top_srcdir:?is set by make check}/tests/shell/verdict_lib.sh"
wflc=${top_builddir:?}/wflc

# wflc CODE ARGUMENT...: what it prints is kept.
wflc()
{
    code=$1 command=$2
    shift 2
    "$wflc" "$command" -W no-all "$@" >output 2>err </dev/null
    got=$?
    cat err >>output
    [ $got = "$code" ]
}

# shows TEXT: that, and nothing else.
shows()
{
    printf '%s\n' "$1" | cmp -s - output
}

cat >chain.wfl <<'EOF'
campaign chain
param out = "out"
table stars from csv "stars.csv"
set k = 1 .. 2
task draw for s in stars, i in k {
    memory 1 MB
    input  "in/{i}.txt"
    run    "echo {s.name} > {image}; touch {out}/{s.name}/{i}.log"
    output image "{out}/{s.name}/{i}.txt"
    output "{out}/{s.name}/{i}.log"
}
task sum for s in stars needs draw { memory 1 MB; run "cat {draw.image:list} > {o}"; output o "{out}/{s.name}.sum" }
task last needs sum where sum.s.name != "nobody" { memory 1 MB; run "echo" }
EOF
printf 'name,size\nvega,1\n"a ""b"" \\n",2\n' >stars.csv

echo 1..27

# --- list ---
wflc 0 list chain.wfl && shows 'draw[s=vega i=1]
draw[s=vega i=2]
draw[s=a "b" \n i=1]
draw[s=a "b" \n i=2]
sum[s=vega]
sum[s=a "b" \n]
last'
verdict $? "tasks"

cp output tasks
wflc 0 list --tasks chain.wfl && cmp -s tasks output
verdict $? "--tasks is the default"

wflc 0 list --outputs chain.wfl && shows 'out/vega/1.txt
out/vega/1.log
out/vega/2.txt
out/vega/2.log
out/a "b" \n/1.txt
out/a "b" \n/1.log
out/a "b" \n/2.txt
out/a "b" \n/2.log
out/vega.sum
out/a "b" \n.sum'
verdict $? "--outputs"

wflc 0 list --inputs chain.wfl && shows 'in/1.txt
in/2.txt
in/1.txt
in/2.txt'
verdict $? "--inputs"

wflc 0 list --outputs -l chain.wfl && grep -qx 'sum\[s=vega\]	out/vega.sum' output
verdict $? "--long"

wflc 0 list --outputs -D out=/else chain.wfl && grep -qx '/else/vega.sum' output
verdict $? "-D"

wflc 2 list --outputs --inputs chain.wfl && shows 'wflc: list one thing at a time: --tasks, --outputs or --inputs'
verdict $? "one thing at a time"

wflc 2 list -l chain.wfl && grep -q 'goes with --outputs or --inputs' output
verdict $? "--long adds tasks to paths"

wflc 1 list -D k=1 chain.wfl && [ -s err ] && cmp -s err output
verdict $? "nothing is listed of a campaign with errors"

cat >many.wfl <<'EOF'
campaign many
task t for i in 1 .. 300000 { run "true" }
EOF
wflc 0 list many.wfl && [ "$(wc -l <output)" = 300000 ] && [ "$(tail -n 1 output)" = 't[i=300000]' ] &&
    [ "$(sort -u output | wc -l)" = 300000 ]
verdict $? "many tasks"

[ "$("$wflc" list -W no-all many.wfl 2>output | head -n 2)" = 't[i=1]
t[i=2]' ] && [ ! -s output ]
verdict $? "the reader may stop"

(
    trap '' PIPE
    "$wflc" list -W no-all many.wfl 2>output
    echo $? >code
) | head -n 1 >first
[ "$(cat first code)" = 't[i=1]
0' ] && [ ! -s output ]
verdict $? "also where SIGPIPE is ignored"

if [ -w /dev/full ]; then
    "$wflc" list chain.wfl >/dev/full 2>output
    [ $? = 3 ] && grep -q 'cannot write to standard output' output
    verdict $? "a full disk"
else
    verdict 0 "a full disk # SKIP no /dev/full"
fi

printf 'campaign odd\ntask t for x in ["a\\tb\\nc"] { run "echo {x}" }\n' >odd.wfl
wflc 0 list odd.wfl && shows 't[x=a?b?c]'
verdict $? "one line a task, whatever the data hold"

# --- graph ---
wflc 0 graph chain.wfl && shows 'digraph "chain" {
    rankdir=LR;
    node [shape=box];
    f0 [label="draw\n4 tasks"];
    f1 [label="sum\n2 tasks"];
    f2 [label="last\n1 task"];
    f0 -> f1 [label="same s\n2 each, 4 in all"];
    f1 -> f2 [label="where sum.s.name != \"nobody\"\n2 each, 2 in all"];
}'
verdict $? "families"
cp output families.dot

wflc 0 graph --tasks chain.wfl && shows 'digraph "chain" {
    rankdir=LR;
    node [shape=box];
    t0 [label="draw[s=vega i=1]"];
    t1 [label="draw[s=vega i=2]"];
    t2 [label="draw[s=a \"b\" \\n i=1]"];
    t3 [label="draw[s=a \"b\" \\n i=2]"];
    t4 [label="sum[s=vega]"];
    t5 [label="sum[s=a \"b\" \\n]"];
    t6 [label="last"];
    t0 -> t4;
    t1 -> t4;
    t2 -> t5;
    t3 -> t5;
    t4 -> t6;
    t5 -> t6;
}'
verdict $? "tasks"
cp output tasks.dot

cat >cross.wfl <<'EOF'
campaign cross
task a for i in 1 .. 300 { memory 1 MB; run "true" }
task b for j in 1 .. 300 needs a { memory 1 MB; run "true" }
task c for w in distinct links(x, band) needs d via links { memory 1 MB; run "true" }
task d for v in distinct links(x, sensor) { memory 1 MB; run "true" }
table links from csv "links.csv"
EOF
printf 'x,band,sensor\n1,g,7\n1,g,8\n1,r,7\n2,g,7\n' >links.csv
wflc 0 graph cross.wfl && grep -qF 'label="all of them\n300 each, 90 000 in all"' output &&
    grep -qF 'label="via links\n1 .. 2 each, 4 in all"' output
verdict $? "how families are joined"
cp output cross.dot

wflc 0 graph --tasks cross.wfl && [ "$(grep -c -e '->' output)" = 604 ] &&
    [ "$(grep -c shape=point output)" = 1 ]
verdict $? "many that need many are drawn through a point"
cp output point.dot

long='i == j and a.i != 20 and a.i != 30 and a.i != 40 and a.i != 50 and a.i'
cat >long.wfl <<EOF
campaign long
task a for i in 1 .. 3 { run "true" }
task b for j in 1 .. 3 needs a where a.$long != 7
        and j > 0 { run "true" }
EOF
wflc 0 graph long.wfl &&
    grep -qF 'where a.i == j and a.i' output &&
    grep -qF '...\n1 each, 3 in all' output && [ "$(awk 'length > 120' output)" = '' ]
verdict $? "a long condition is cut"

wflc 1 graph --tasks many.wfl && grep -q '^wflc: 300000 tasks with 0 lines .* --force$' output
verdict $? "too many tasks are refused"

wflc 0 graph --tasks --force many.wfl && [ "$(grep -c label output)" = 300000 ]
verdict $? "unless forced"

wflc 2 graph --outputs chain.wfl && grep -q 'graph has no option --outputs' output
verdict $? "options of list are not those of graph"

wflc 3 graph none.wfl
verdict $? "a missing campaign"

for graph in families tasks cross point; do
    if command -v dot >/dev/null; then
        dot -Tsvg $graph.dot >$graph.svg 2>output && [ ! -s output ] && grep -q '</svg>' $graph.svg
        verdict $? "dot draws $graph"
    else
        verdict 0 "dot draws $graph # SKIP no dot here"
    fi
done
