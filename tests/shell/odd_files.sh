#!/bin/sh
# A pipe, a device or a folder in the place of a file that is read: said, and it holds nobody. What
# stands for an open file, as /dev/stdin, is read as ever. And text in other encodings.
set -u

. "${top_srcdir:?is set by make check}/tests/shell/verdict_lib.sh"
wflc=${top_builddir:?}/wflc
shim=$top_builddir/wfl-shim
WFL_SHIM=$shim
export WFL_SHIM
unset WFL_PATH

# says TEXT COMMAND...: it fails, not by our patience, and says that.
says()
{
    text=$1
    shift
    timeout -s KILL 100 "$@" >output 2>&1 </dev/null
    rc=$?
    echo "exit $rc" >>output
    [ $rc != 0 ] && [ $rc -lt 124 ] && grep -qF -- "$text" output
}
# works COMMAND...
works()
{
    timeout -s KILL 100 "$@" >output 2>&1
}
# all COMMAND: with a pipe, an endless device and a folder as $odd; in words: $why.
all()
{
    for odd in pipe zero folder; do
        why='not a regular file'
        [ $odd = folder ] && why='Is a directory'
        "$@" || return 1
    done
}

mkfifo pipe
ln -s /dev/zero zero
mkdir folder

echo 1..21

campaign()
{
    says "cannot read the campaign '$odd': $why" "$wflc" check "$odd" &&
        says "cannot read '$odd': $why" "$wflc" fmt "$odd" &&
        says "cannot read the campaign '$odd': $why" "$wflc" run "$odd"
}
all campaign
verdict $? 'a campaign'

# source TEXT MESSAGE: a campaign whose table is made so, with $odd in it
makes()
{
    printf 'campaign x\n%s\ntask t for v in q { run "echo {v.a} > {o}"; output o "o{v.a}" }\n' "$1" >it.wfl
    says "$2" "$wflc" check it.wfl
}
csv()
{
    makes "table q from csv \"$odd\"" "cannot read the table '$odd': $why"
}
all csv
verdict $? 'a table'
list()
{
    makes "table q from list \"$odd\" { columns a }" "cannot read the table '$odd': $why"
}
all list
verdict $? 'a list'
sqlite()
{
    makes "table q from sqlite \"$odd\"" "cannot read the database '$odd': $why"
}
all sqlite
verdict $? 'a database'
instcat()
{
    why=${why#Is a directory} # a folder matches only a pattern that ends in /
    [ "$odd" = folder ] || makes "table q from instcat \"$odd\"" "$why"
}
all instcat
verdict $? 'a catalog'
used()
{
    ln -sfn "$odd" part.wfl
    printf 'campaign x\nuse part\ntask t { run "touch {o}"; output o "o" }\n' >it.wfl
    says "$why" "$wflc" check -I . it.wfl
}
all used
verdict $? 'a file that is used'
for odd in pipe zero folder; do
    ln -sfn $odd odd.yaml
    why='not a regular file'
    [ $odd = folder ] && why='Is a directory'
    says "$why" "$wflc" sites ./odd.yaml || break
    works "$wflc" sites || break
done
verdict $? 'a site profile, named or found'
rm -f odd.yaml

cat >good.wfl <<'EOF'
campaign good
set n = 1 .. 3
task t for i in n { run "echo {i} > {o}"; output o "out/{i}" }
task bad { run "echo told; exit 3" }
EOF
works "$wflc" build good.wfl
dir=build/good/local
[ -f $dir/campaign.wflp ] || echo "no $dir" >output

cp $dir/campaign.wflp kept
plan()
{
    rm -rf $dir/campaign.wflp
    ln -s "$PWD/$odd" $dir/campaign.wflp
    for command in status queue submit 'cancel --all'; do
        # shellcheck disable=SC2086 # an option
        says 'campaign.wflp' "$wflc" $command $dir || return 1
    done
    says 'campaign.wflp' "$shim" run $dir
}
all plan
verdict $? 'a plan'
rm -rf $dir/campaign.wflp
cp kept $dir/campaign.wflp

works "$shim" run $dir # one task fails
mkfifo $dir/state/journal/0000.e0007 $dir/state/journal/0001.e0001
mkdir $dir/state/journal/0000.e0008
works "$wflc" status $dir && grep -q '3 *3 ' output
verdict $? 'journals: status'
rm -rf out
works "$shim" run $dir
grep -q 'exit 3' output && [ -f $dir/state/journal/0000.e0009 ]
verdict $? 'journals: the next run'
rm -r $dir/state/journal/0000.e0008 $dir/state/journal/*.e0007 $dir/state/journal/0001.*

for log in "$dir"/state/logs/*.log; do
    rm "$log"
    mkfifo "$log"
done
works "$wflc" status $dir && grep -q 'exit 3' output
verdict $? 'logs'
rm $dir/campaign.wflp
mkfifo $dir/campaign.wflp
says 'campaign.wflp: not a regular file' "$wflc" build good.wfl
verdict $? 'the plan before, when it is built again'
rm $dir/campaign.wflp
cp kept $dir/campaign.wflp
mkfifo $dir/state/leases/n1.1 $dir/state/again
works "$wflc" status $dir && works "$shim" run $dir
[ $? -lt 124 ] && ! grep -q Killed output
verdict $? 'leases'
rm -f $dir/state/submitted
mkfifo $dir/state/submitted
says 'submitted' "$wflc" submit $dir
verdict $? 'the record of jobs'

works "$wflc" check - <good.wfl && sed '' good.wfl | works "$wflc" check /dev/stdin &&
    sed '' good.wfl | works "$wflc" check /dev/fd/0
verdict $? 'standard input is read by each of its names'
printf 'campaign x\ntable q from csv "/dev/stdin"\ntask t for v in q { run "echo {v.a} > {o}"; output o "o{v.a}" }\n' >it.wfl
printf 'a\n1\n2\n' | works "$wflc" check it.wfl && grep -q '2 tasks' output
verdict $? 'and is a table'

# TERM ends whoever still computes what tasks cost.
{
    echo 'node 1 1e12'
    echo 'family f 3000000'
    echo 'memory i+1e6'
    echo 'sh true'
} | "$top_builddir/tests/shell/mkplan" big.wflp
mkdir big
mv big.wflp big/campaign.wflp
"$shim" run big >output 2>&1 &
pid=$!
while [ "$(cat /proc/$pid/comm)" != wfl-shim ]; do :; done # a shell would take it, and start the shim
kill -TERM $pid
! wait $pid
verdict $? 'TERM ends a shim that has not begun'

# --- encodings: a byte-order mark, as some editors write it, is no text; UTF-16 is none that is read ---

hdr='rightascension 53.0
declination -28.0
mjd 59797.2
filter 2
rotskypos 10.0
obshistid 7
object 1 53.01 -28.01 20 x'
# encoded NAME: standard input as NAME, behind a mark; as NAME.crlf, with both ends of lines; and as NAME.16
encoded()
{
    cat >plain.text
    { printf '\357\273\277' && cat plain.text; } >"$1"
    { printf '\357\273\277' && sed 's/$/\r/' plain.text; } >"$1.crlf"
    iconv -f UTF-8 -t UTF-16 plain.text >"$1.16"
}
echo "$hdr" | encoded cat.txt
printf 'id,mjd\n7,59797.2\n' | encoded visits.csv
printf '7 59797.2\n' | encoded visits.list
printf 'schema: 1\nname: marked\nscheduler: {kind: slurm}\nnodes: {cores: 4, memory_gib: 8}\n' | encoded marked.yaml
mv marked.yaml.crlf crlf.yaml && sed -i 's/marked/crlf/' crlf.yaml
mv marked.yaml.16 wide.yaml
table()
{
    echo "campaign marked
table v from $1
task t for v in v where v.id == 7 { run \"echo {v.mjd} > {o}\"; output o \"{v.id}\" }" >table.wfl
    works "$wflc" list table.wfl && [ "$(cat output)" = 't[v=7]' ]
}
marks()
{
    for end in '' .crlf; do
        table "csv \"visits.csv$end\"" && table "list \"visits.list$end\" { columns id, mjd }" || return 1
    done
    works "$wflc" sites check marked.yaml crlf.yaml
}
marks
verdict $? 'a byte-order mark before a table or a profile'
catalogs()
{
    for end in '' .crlf; do
        echo "use lsst
campaign marked
visits observed from instcat \"cat.txt$end\" { rotation pa }
task t for v in observed, s in lsst where objects(v, s, 4 deg) >= 1 {
    run \"echo {v.id} > {o}\"; output o \"{v.id}/{s.name}\"
}" >catalog.wfl
        works "$wflc" check catalog.wfl || return 1
    done
}
catalogs
verdict $? 'before an instance catalog, its header and its objects'
encoded campaign.wfl <table.wfl
works "$wflc" check campaign.wfl && works "$wflc" check campaign.wfl.crlf
verdict $? 'before a campaign'
wide()
{
    remedy='it holds NUL bytes, so it is no text (UTF-16 can be converted: iconv -f UTF-16 -t UTF-8)'
    says "cannot read the campaign 'campaign.wfl.16': $remedy" "$wflc" check campaign.wfl.16 &&
        says "cannot read 'wide.yaml': $remedy" "$wflc" sites check wide.yaml || return 1
    for from in 'csv "visits.csv.16"' 'list "visits.list.16" { columns id, mjd }' 'instcat "cat.txt.16"'; do
        echo "campaign wide
table v from $from
task t for v in v { run \"echo {v.id} > {o}\"; output o \"{v.id}\" }" >wide.wfl
        says "$remedy" "$wflc" check wide.wfl || return 1
    done
}
wide
verdict $? 'UTF-16 is told, with the remedy'
