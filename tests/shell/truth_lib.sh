# A campaign of which every byte is known, and what is to be held against its record: to be sourced,
# after shim_lib.sh. All of it happens in the working folder.
# shellcheck shell=sh disable=SC2154 # of shim_lib.sh
pattern=${top_builddir:?is set by make check}/tests/shell/pattern

# truth_plan SHARDS SIZE: outputs with and without a name of their own in the command, several, optional
# ones, empty ones, folders, deep new folders; checks of all kinds; bundles; consumers that fail unless
# what they need is whole. Quick tasks, about 28 for each 1 of SIZE.
truth_plan() {
    k=$2
    "$mkplan" c/campaign.wflp <<END
node 2 8e9
shards $1
family plain $((5 * k))
memory 1e6
sh $pattern 20000 plain/{i} >plain/{i}
output - plain/{i}
check size > 19999
family named $((4 * k))
memory 1e6
sh $pattern 200000 deep/{i}/a/b/c >{o0}
output x deep/{i}/a/b/c
check nonempty
family several $((3 * k))
memory 1e6
sh $pattern 900 several/{i}.a >{o0}; $pattern 90000 several/{i}.b >{o1}; [ \$(({i} % 2)) = 1 ] || $pattern 9 several/{i}.c >{o2}
output x several/{i}.a
output y several/{i}.b
check size == 90000
optional z several/{i}.c
family folder $((2 * k))
memory 1e6
sh mkdir {o0} {o0}/sub && $pattern 30000 folder/{i}/p >{o0}/p && $pattern 70 folder/{i}/sub/q >{o0}/sub/q
output x folder/{i}
check exists
family command $((2 * k))
memory 1e6
sh $pattern 4000 command/{i} >{o0}
output x command/{i}
check command [ "\$(wc -c <"\$1")" -eq 4000 ]
family empty $k
memory 1e6
sh : >{o0}
output x empty/{i}
check exists
family bundle 6 $k
memory 1e6
bundle
sh set -- {os}; for i in {is}; do $pattern 5000 bundle/{g}.\$i >"\$1" || exit; shift; done
output x bundle/{g}.{i}
family one $((4 * k))
memory 1e6
sh echo 200000 deep/{i}/a/b/c | $pattern -c && $pattern 2000 one/{i} >{o0}
output x one/{i}
needs named same
family all 1
memory 1e6
sh for i in \$(seq $((5 * k))); do echo 20000 plain/\$((i - 1)); done | $pattern -c && $pattern 300 all >{o0}
output x all
needs plain all
END
    awk -v k="$k" '
        function out(size, path) { print t, size, path }
        BEGIN {
            t = 0
            for (i = 0; i < 5 * k; i++) { out(20000, "plain/" i); t++ }
            for (i = 0; i < 4 * k; i++) { out(200000, "deep/" i "/a/b/c"); t++ }
            for (i = 0; i < 3 * k; i++) {
                out(900, "several/" i ".a")
                out(90000, "several/" i ".b")
                if (i % 2 == 0)
                    out(9, "several/" i ".c")
                t++
            }
            for (i = 0; i < 2 * k; i++) {
                out(30000, "folder/" i "/p")
                out(70, "folder/" i "/sub/q")
                t++
            }
            for (i = 0; i < 2 * k; i++) { out(4000, "command/" i); t++ }
            for (i = 0; i < k; i++) { out(0, "empty/" i); t++ }
            for (g = 0; g < k; g++)
                for (i = 0; i < 6; i++) { out(5000, "bundle/" g "." i); t++ }
            for (i = 0; i < 4 * k; i++) { out(2000, "one/" i); t++ }
            out(300, "all")
        }' >expected
    truth_tasks=$((27 * k + 1))
}

# truth_done: the numbers of the tasks that the record calls done
truth_done() {
    "$record" c | awk '$2 == "end" { done[$3] = $5 == "ok" && $7 ~ /F/ }
        END { for (t in done) if (done[t]) print t }'
}

# truth_told EXPECTED: the outputs of all tasks that are done are whole; else some that are not
truth_told() {
    truth_done >done_tasks
    awk 'NR == FNR { done[$1] = 1; next } $1 in done { print $2, $3 }' done_tasks "$1" |
        "$pattern" -c >lies || { head -n 10 lies | sed 's/^/# not whole: /' && false; }
}

# truth_fair: nothing is held against a task; each of them would succeed if it were left alone
truth_fair() {
    "$record" c | awk '$2 == "end" && $5 ~ /^(exit|signal|oom|limit|output|input)$/' >blamed
    [ ! -s blamed ] || { head -n 10 blamed | sed 's/^/# blamed: /' && false; }
}

# truth_whole: all tasks are done, and all their outputs are what they should be
truth_whole() {
    truth_told expected || return
    [ "$(wc -l <done_tasks)" -eq "$truth_tasks" ] ||
        { echo "# $(wc -l <done_tasks) of $truth_tasks are done" && false; }
}
