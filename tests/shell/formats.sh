#!/bin/sh
# Plans and records are what wfl-plan(5) and wfl-journal(5) say: a reader in another language that was
# written from them (tests/python/wfl_read.py) finds the same as wflc and wfl-shim.
# The paths of tests are told from where make runs.
top_srcdir=$(cd "${top_srcdir:?is set by make check}" && pwd)
top_builddir=$(cd "${top_builddir:?}" && pwd)
export top_srcdir top_builddir
. "$top_srcdir/tests/shell/shim_lib.sh"
. "$top_srcdir/tests/shell/node_lib.sh"
wflc=$top_builddir/wflc
dump=$top_builddir/tests/shell/dump
read=$top_srcdir/tests/python/wfl_read.py
unset WFL_PATH WFL_STDLIB
export HOME="$work" XDG_CACHE_HOME="$work/cache"
python3 -c 'import json, fractions, zlib' 2>/dev/null || { echo "1..0 # SKIP python3 is not installed"; exit; }
echo 1..25

# alike: what was printed is the same, and something
alike() {
    diff ours theirs >different && [ -s ours ] && return
    head -n 20 different >>err
    return 1
}

# same COMMAND...: of dump and of the reader
same() {
    "$dump" "$@" >ours 2>err
    python3 "$read" "$@" >theirs 2>>err
    alike
}

# --- plans ---

same plan 1000 "$top_srcdir"/tests/fuzz/corpus/plan/[!b]*.wflp
result $? "the plans of the corpus"
grep -q '^  together \[[0-9]*, ' ours && grep -q '\.wfl-e7-' ours && grep -q '^  env ' ours && grep -q '^  feed ' ours && grep -q '^  learn ' ours && grep -q '^  remaining' ours && grep -q '^    size ' ours &&
    grep -q '^  needs \[[0-9]*, ' ours && grep -q '^  checkpoint ' ours
result $? "in which bundles, temporary names and lists are"

# built FOLDER: the campaigns of it are built; each plan's path is added to `plans`
built() {
    for f in "$1"/*.wfl; do
        (cd "$1" && "$wflc" build -q -o "$work/b/$(basename "$1")" "${f##*/}") >/dev/null 2>&1
    done
    find "$work/b/$(basename "$1")" -name campaign.wflp >>plans
}
: >plans
for d in "$top_srcdir"/tests/golden/plan "$top_srcdir"/tests/golden/build "$top_srcdir"/tests/golden/syntax \
    "$top_srcdir"/tests/golden/outlook "$top_srcdir"/examples/*; do
    built "$d"
done
sort -o plans plans
[ "$(wc -l <plans)" -gt 40 ]
result $? "campaigns are built"
# shellcheck disable=SC2046 # no blanks are in these names
same plan 5 $(cat plans) && grep -q 'shard [1-9]' ours
result $? "the plans of all golden campaigns and examples"

same_lists() {
    bad=0
    for p in "$top_srcdir"/examples/minisky/minisky.wfl "$top_srcdir"/tests/golden/plan/text.wfl \
        "$top_srcdir"/tests/golden/plan/joined.wfl; do
        name=$(basename "$p" .wfl)
        plan_of=$(grep "/$name/" plans | head -n 1)
        for what in tasks outputs; do
            (cd "$(dirname "$p")" && "$wflc" list --$what "${p##*/}") >ours 2>err
            python3 "$read" $what "$plan_of" >theirs 2>>err
            alike || bad=1
        done
    done
    return $bad
}
same_lists
result $? "wflc list prints the same tasks and outputs"

# --- records ---

# agree FOLDER: the records are read alike, and what status makes of them is what the reader does
agree() {
    same records "$1" && "$wflc" status --json "$1" >said 2>err &&
        { python3 "$read" agrees "$1" <said >>err 2>&1; }
}

plan <<'END'
node 8 1e9
shards 3
family a 6
memory 1e6
retries 2
sh echo hello {i}; test {i} != 3 && { test {i} != 4 || test -e again || { touch again; exit 5; }; } && echo {i} | tee {o2} {o3} > {o0}
output x out/{i}
optional - extra/{i}
output - more/{i}
output - last/{i}
family b 6
memory 1e6
needs a same
sh cat out/{i} > {o0}
output y sum/{i}
family c 1
memory 1e6
needs b all
sh true
family d 2 2
bundle
memory 1e6
sh for o in {os}; do echo {n} > $o; done; until test -e killed; do [ "$(ls out | wc -l)" -lt 5 ] || { touch killed; kill -9 $PPID; }; sleep 0.02; done
output z d{g}/{i}
END
run 137 && agree c
result $? "a record that ends with its shim"
python3 "$read" states c | grep -q '^"d\[[^"]*" interrupted'
result $? "in which tasks are interrupted"
run 1 && agree c
result $? "a record of two epochs, with what was lost"
python3 "$read" states c >found
grep -q '^"a\[i=3\]" failed exit 1 attempt 3 ' found && grep -q '^"b\[i=3\]" blocked' found &&
    grep -q '^"c\[i=0\]" blocked' found && grep -q '^"a\[i=4\]" done ok 0 attempt 2 ' found && grep -q '^end .* lost ' ours
result $? "with attempts, and what failed and is blocked"
grep -q '^  "hello 4\\x0a"$' ours && grep -q ' from 3: 1,' ours && grep -q '^output task 0 attempt 1 from 0: 1,2,[0-9]* 0,0,0 1,2,[0-9]*$' ours
result $? "with logs, and what tasks wrote or did not"
rm out/2
run 1 && agree c && grep -q '^end task 2 attempt 0 .*: gone 0 0:' ours && grep -q 'done ok' found
result $? "an output that is gone"
awk '$1 == "start" && $14 != 0 { bad = 1 } $1 == "close" && $9 < 1000000 { bad = 1 } END { exit bad }' ours
result $? "a start has no process, a close has its time"
# the tenth field behind the reason is the wait
awk '$1 == "start" && $16 > 3600000 { bad = 1 } END { exit bad }' ours
result $? "nobody waited for weeks"

# --- of several nodes ---

plan <<'END'
node 1 1e9
shards 6
family a 12
memory 1e6
sh echo {i}; while ! test -e both; do ls c/state/leases | grep -q nid1 && : > both; sleep 0.02; done; sleep 0.1; test {i} != 7
END
pids=
node 0 2
node 1 2
all_end 1 1 || :
agree c
result $? "the record of a job of two nodes"
# of "HOLDER": records of nodeN tell the rank N
awk '$1 == "shard" { node = substr($6, 5, 1) } ($1 == "start" || $1 == "end") && $7 != node { bad = 1 }
    { seen[node] = 1 } END { exit bad || !seen[0] || !seen[1] }' ours
result $? "in which each record has its node's rank"
grep -q '"host": "nid\([01]\)", "node": \1,' said
result $? "which status tells"

# --- from one plan to the next ---

cat >camp.wfl <<'END'
campaign camp
task t for i in 1 .. 5 { run "test {i} -ne 4 || test -e fixed; echo {i} > {o}"; output o "t/{i}" }
task u for i in 1 .. 5 needs t { run "cat {t.o} > {o}"; output o "u/{i}" }
END
sed -i 's/; echo/ \&\& echo/' camp.wfl
"$wflc" run -q camp.wfl >err 2>&1
agree build/camp/local
result $? "wflc run"
sed -i 's/1 \.\. 5/1 .. 6/; s/"u\//"v\//' camp.wfl
"$wflc" build -q camp.wfl >err 2>&1 && agree build/camp/local && grep -q '^end .*: ok 0 9:' ours && grep -q 'of "" at' ours
result $? "what wflc build carries over"
grep -q 'fence 0, afresh 1' ours
result $? "to an epoch of its own"
"$wflc" run -q camp.wfl >err 2>&1
agree build/camp/local
result $? "and the run after it"
: >fixed
"$wflc" submit -q --again camp.wfl >err 2>&1
over() {
    "$wflc" queue camp.wfl 2>&1 | grep -q 'no jobs in the queue'
}
wait_for over
agree build/camp/local && grep -q '^wfl-again 1 1 ' build/camp/local/state/again
result $? "failures that are void"
python3 "$read" states build/camp/local | grep -q '^"t\[i=4\]" done' && ! grep -q '"failed": \[{' said
result $? "are none"

# --- who may read it ---

cat >secret.wfl <<'END'
campaign secret
umask 077
task t { env KEY = "a secret"; run "umask; echo \"$KEY\" | tee {o}"; output o "kept/o" }
END
umask 022
open_to_others() {
    find build/"$1" kept -perm /077 ! -type l
}
"$wflc" run -q secret.wfl >err 2>&1 && [ -z "$(open_to_others secret)" ] && [ -n "$(open_to_others camp)" ] &&
    agree build/secret/local && grep -q '^  "0077\\x0aa secret' ours && [ -x build/secret/local/job.sh ]
result $? "with a umask, nobody else can read what a campaign makes"
sed 's/^umask.*/umask 080/' secret.wfl >bad.wfl
"$wflc" check bad.wfl 2>err
[ $? = 1 ] && grep -q 'bad.wfl:2:7: error: umask is two octal digits, 00 to 77' err
result $? "a umask that is none"
sed '/^umask/d; s/secret/shut/; s/kept/shut/' secret.wfl >shut.wfl
"$wflc" build -q shut.wfl && chmod 700 build/shut/local && mkdir -m 700 build/shut/local/state &&
    "$wflc" build -q shut.wfl && "$wflc" run -q shut.wfl 2>err && agree build/shut/local &&
    [ -z "$(find build/shut/local build/shut/local/state -maxdepth 0 -perm /077)" ]
result $? "folders that were shut stay shut, and work"
