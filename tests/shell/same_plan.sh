#!/bin/sh
# A plan does not depend on the order of declarations, on the names of variables, on comments and
# blanks: its identity (wfl-plan(5)) stays, and so do all bytes but the names and places of things.
set -u

wflc=$(cd "${top_builddir:?}" && pwd)/wflc
golden=$(cd "${top_srcdir:?}" && pwd)/tests/golden/plan
examples=$top_srcdir/examples
case $examples in /*) ;; *) examples=$(pwd)/$examples ;; esac
# shellcheck source=tests/shell/verdict_lib.sh
. "$top_srcdir/tests/shell/verdict_lib.sh"

# bytes FILE.wfl: what is planned, as hexadecimal text: node and counts, then the sections before
# the places (number 19), whose offset is in the head.
bytes()
{
    rm -rf build
    "$wflc" build -q --no-containers --site local "$1" >output 2>&1 || return 1
    set -- build/*/local/campaign.wflp
    places=$(od -A n -t u8 -j $((104 + 19 * 16)) -N 8 "$1" | tr -d ' ')
    od -A n -v -t x4 -j 32 -N 12 "$1" # not the site's name
    od -A n -v -t x8 -j 48 -N 40 "$1"
    tail -c +473 "$1" | head -c $((places - 472)) # behind the head and its 23 sections | od -A n -v -t x8
}

# shuffled SEED FILE: its declarations, which blank lines part, in another order.
shuffled()
{
    awk -v seed="$1" 'BEGIN { RS = ""; srand(seed) } { d[NR] = $0 }
        END {
            for (i = NR; i > 1; i--) {
                k = 1 + int(rand() * i)
                t = d[i]; d[i] = d[k]; d[k] = t
            }
            for (i = 1; i <= NR; i++) print d[i] "\n"
        }' "$2"
}

cat >all.wfl <<'EOF'
campaign all_kinds

param scratch = "/scratch"

let first = 3 + 4

set visit = 1 .. first

set band = ["g", "r", "i"]

memory model { container 1 GB; vv 2 GB; task 1 GB }

container box { image "survey:1"; bind scratch; env A = 1 }

task draw for vv in visit, bb in band where vv != 3 or bb == "g" {
    memory model; bundle by vv; container box
    run "draw {vv} {bundle.join(image, ' ')}"
    output image "{scratch}/{vv}/{bb}"
}

task measure for vv in visit, kk in 1 .. 2 needs draw {
    run "measure {draw.image:list} > {table}"
    output table "{scratch}/{vv}/{kk}.txt"
    order by -vv
}

task coadd for bb in band needs draw where draw.bb == bb and draw.vv > 2 needs measure {
    memory 1 GB * count(draw)
    run "coadd {draw.image:list} {measure.table:list}"
    output "{scratch}/{bb}"
}

task publish needs coadd { run "ls {coadd.output:list} > {list}"; output list "all" }

site far profile "theta" { account "x"; param scratch = "/other" }
EOF
bytes all.wfl >plain
verdict $? "the campaign is built"

for seed in 1 2 3 4 5 6 7 8; do
    shuffled $seed all.wfl >shuffled.wfl
    bytes shuffled.wfl >other && cmp plain other >>output 2>&1
    verdict $? "declarations in another order, $seed"
done

sed 's/\<vv\>/zulu/g; s/\<bb\>/alpha/g; s/\<kk\>/mike/g' all.wfl >renamed.wfl
bytes renamed.wfl >other && cmp plain other >>output 2>&1
verdict $? "other names of variables"

sed 's/^task/# a comment\n\n\n  task/; s/; /\n      /g; s/$/   # and one here/' all.wfl >spaced.wfl
bytes spaced.wfl >other && cmp plain other >>output 2>&1
verdict $? "comments, blanks and line ends"

"$wflc" fmt - <spaced.wfl >laid_out.wfl 2>output && ! cmp -s spaced.wfl laid_out.wfl &&
    bytes laid_out.wfl >other && cmp plain other >>output 2>&1
verdict $? "what wflc fmt makes of it"

sed 's/first = 3 + 4/first = 8/' all.wfl >changed.wfl
bytes changed.wfl >other && ! cmp plain other >output 2>&1
verdict $? "a campaign that is another one has another plan"

cp -R "$golden/." . && cp -R "$examples" . && chmod -R u+w .
for file in arguments distinct guarded products-and-rows text via; do
    bytes $file.wfl >plain && shuffled 7 $file.wfl >moved-$file.wfl &&
        bytes moved-$file.wfl >other && cmp plain other >>output 2>&1
    verdict $? "declarations in another order, $file.wfl"
done
echo "1..$n"
