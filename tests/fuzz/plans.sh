#!/bin/sh
# The plans in the corpus are plans of this version, so that mutations of them get far. `make
# update-corpus` makes them anew.
top_srcdir=$(cd "${top_srcdir:?is set by make check}" && pwd)
top_builddir=$(cd "${top_builddir:?is set by make check}" && pwd)
corpus=$top_srcdir/tests/fuzz/corpus
work=$(mktemp -d) || exit 99
trap 'cd / && rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM
cd "$work" || exit 99

if [ -n "${UPDATE_CORPUS-}" ]; then
    cd "$top_srcdir/tests/golden/plan" || exit
    for f in *.wfl ../../fuzz/corpus/campaign/empty-in-quotes.wfl; do
        "$top_builddir/wflc" build -q -o "$work" "$f" 2>/dev/null || echo "$f cannot be built"
    done
    for f in "$work"/*/local/campaign.wflp; do
        name=${f#"$work"/}
        cp "$f" "$corpus/plan/${name%%/*}.wflp"
    done
    "$top_builddir/tests/shell/mkplan" "$corpus/plan/everything.wflp" <<'END'
node 4 1e9
family make 3 2
bundle
memory i+1e6
shared 1e5
cores 1
gpus 1
time i
limit i+10
priority i
retries 3
retry_memory 1.5
unless 3
oom 9
signal 10 60
stop_after 2
container sim image:1
env LIST {is}
input in{i}
check gzip
sh echo {n} {g}: {is}; touch {os}
output image out/{g}-{i}
check size > 3
check command true "$1"
checkpoint ckpt{i}
family fed 3 2
bundle
feed {i} {o0}
sh xargs -P {w} touch
output image fed/{g}-{i}
family then 1
needs make all
nodes 1
arg true
arg {n}
END
    exit
fi

# what was found by fuzzing is named bad-*, and is no good plan
set -- "$corpus"/plan/[!b]*.wflp
echo "1..$#"
n=0
for f; do
    n=$((n + 1))
    mkdir -p c
    cp "$f" c/campaign.wflp
    # it has no journal, which is not told; a plan that cannot be read is
    "$top_builddir/tests/shell/record" c >said 2>&1
    if [ -s said ]; then
        echo "not ok $n - ${f##*/}"
        sed 's/^/# /' said
    else
        echo "ok $n - ${f##*/}"
    fi
done
