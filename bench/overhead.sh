#!/bin/sh
# What a task costs: wfl-shim, xargs, GNU parallel and make against a bare loop; see README.md.
set -eu

n=${BENCH_N:-10000}
rounds=${BENCH_ROUNDS:-5}
slots=2
np=$((n < 2000 ? n : 2000)) # GNU parallel is slow: fewer tasks, the rate is what counts

loop=${top_builddir:?}/bench/loop
wflc=$top_builddir/wflc
shim=$top_builddir/wfl-shim
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
cd "$tmp"

have()
{
    command -v "$1" >/dev/null
}

# --- the same work for all: n times `true`, without and with a shell ---

# campaign NAME RUN N: plan and scripts of a campaign of N tasks, in NAME/.
campaign()
{
    mkdir "$1"
    cat >"$1/$1.wfl" <<END
campaign $1
set i = 1 .. $3
task t for i in i {
    memory 1 MB
    run $2
}
END
    (cd "$1" && "$wflc" build "$1.wfl" >build.log 2>&1) || {
        cat "$1/build.log" >&2
        exit 1
    }
}

# makefile NAME RECIPE
makefile()
{
    {
        seq -f 't%.0f' "$n" | tr '\n' ' ' | sed 's/^/T := /'
        # shellcheck disable=SC2016 # make's variable
        printf '\nall: $(T)\n.PHONY: all $(T)\n$(T):\n\t@%s\n' "$2"
    } >"$1"
}

# shim_run NAME: executes the plan of campaign NAME from the start.
shim_run()
{
    "$shim" run --cores $slots "$1/build/$1/local" >"$1/log" 2>&1
}

contender()
{
    case $1 in
    loop-exec) "$loop" "$n" $slots /bin/true ;;
    loop-shell) "$loop" "$n" $slots /bin/sh -c true ;;
    wfl-shim-exec) shim_run bench_exec ;;
    wfl-shim-shell) shim_run bench_shell ;;
    xargs-exec) seq "$n" | xargs -P$slots -n1 /bin/true ;;
    xargs-shell) seq "$n" | xargs -P$slots -n1 /bin/sh -c true ;;
    make-exec | make-shell) make -rR -j$slots -f "$1.mk" all ;;
    # which has a shell of its own in any case
    parallel-exec) seq "$np" | parallel --will-cite -j$slots -N0 /bin/true ;;
    parallel-shell) seq "$np" | parallel --will-cite -j$slots -N0 /bin/sh -c true ;;
    esac
}

tasks()
{
    case $1 in
    parallel-*) echo "$np" ;;
    *) echo "$n" ;;
    esac
}

# fresh CONTENDER: forgets what an earlier round left.
fresh()
{
    case $1 in
    wfl-shim-exec) rm -rf bench_exec/build/bench_exec/local/state ;;
    wfl-shim-shell) rm -rf bench_shell/build/bench_shell/local/state ;;
    esac
}

# Nanoseconds of a command.
clock()
{
    from=$(date +%s%N)
    "$@" >&2
    echo $(($(date +%s%N) - from))
}

# Median of the numbers on stdin.
median()
{
    sort -n | awk '{ x[NR] = $1 } END { print NR % 2 ? x[(NR + 1) / 2] : (x[NR / 2] + x[NR / 2 + 1]) / 2 }'
}

# A quantity measured `rounds` times: median in milliseconds.
milliseconds()
{
    for round in $(seq "$rounds"); do
        clock "$@"
    done 2>/dev/null | median | awk '{ printf "%.2f ms", $1 / 1e6 }'
}

product=
if [ -x "$wflc" ] && [ -x "$shim" ]; then
    product=wfl-shim
    campaign bench_exec '["/bin/true"]' "$n"
    campaign bench_shell '"true"' "$n"
fi
makefile make-exec.mk /bin/true
makefile make-shell.mk '/bin/sh -c true'
names=
for tool in loop "$product" xargs parallel make; do
    case $tool in
    '') continue ;;
    xargs | parallel | make) have $tool || {
        echo "$tool is not installed: left out"
        continue
    } ;;
    esac
    names="$names $tool"
done

for round in $(seq "$rounds"); do
    for mode in exec shell; do
        for tool in $names; do
            key=$tool-$mode
            fresh "$key"
            ns=$(clock contender "$key" 2>"$key.err") || {
                echo "$key failed:" >&2
                cat "$key.err" >&2
                exit 1
            }
            echo "$round $mode $tool $(tasks "$key") $ns" >>rounds.txt
        done
    done
done

# --- the tables ---

for mode in exec shell; do
    [ $mode = exec ] && what='["/bin/true"], no shell' || what='"true", by /bin/sh -c'
    echo "run $what: $slots slots, medians of $rounds rounds"
    printf '  %-9s %7s %9s %9s   %s\n' '' tasks tasks/s 'to loop' '(lowest .. highest round)'
    for tool in $names; do
        # ratio of the rates, round by round
        awk -v mode=$mode -v tool="$tool" '
            $2 == mode && $3 == "loop" { loop[$1] = $4 / $5 }
            $2 == mode && $3 == tool { print $4 / $5 / loop[$1] }' rounds.txt >ratios
        rate=$(awk -v mode=$mode -v tool="$tool" \
            '$2 == mode && $3 == tool { print $4 / $5 * 1e9 }' rounds.txt | median)
        printf '  %-9s %7d %9.0f %9.3f   (%.3f .. %.3f)\n' "$tool" "$(tasks "$tool-")" "$rate" \
            "$(median <ratios)" "$(sort -n ratios | head -n1)" "$(sort -n ratios | tail -n1)"
    done
    echo
done
[ "$np" = "$n" ] || echo "parallel ran $np tasks instead of $n."

[ -n "$product" ] || {
    echo "wflc and wfl-shim are not built: left out"
    exit 0
}

# --- sizes and start-up ---

campaign bench_one '["/bin/true"]' 1
shim_run bench_one
start_up()
{
    # all is done already: nothing to start
    shim_run bench_one
}

# 200 lines: 28 tasks, one after the other
{
    printf 'campaign bench_check\nset i = 1 .. 100\nset k = 1 .. 10\n\n'
    for t in $(seq 28); do
        needs=
        [ "$t" = 1 ] || needs=" needs t$((t - 1))"
        printf 'task t%d for i in i, k in k%s {\n' "$t" "$needs"
        printf '    memory 1 GB\n    time   10 min\n    run    "work {i} {k}"\n'
        printf '    output "out/%d/{i:04}/{k}.fits" check fits\n}\n\n' "$t"
    done
} >bench_check.wfl

stripped=$tmp/stripped
strip -o "$stripped" "$shim" 2>/dev/null || cp "$shim" "$stripped"
echo "wfl-shim, size stripped       $(($(wc -c <"$stripped") / 1024)) KiB"
if [ -x /usr/bin/time ]; then
    fresh wfl-shim-exec
    # the shim itself, or its largest task: /bin/true is smaller
    kib=$(/usr/bin/time -f %M "$shim" run --cores $slots bench_exec/build/bench_exec/local \
        2>&1 >/dev/null | tail -n1)
    echo "wfl-shim, peak memory         $kib KiB ($n tasks)"
else
    echo "wfl-shim, peak memory         not measured: no GNU time"
fi
echo "wfl-shim, nothing left to do  $(milliseconds start_up)"
echo "wflc check, $(wc -l <bench_check.wfl) lines         $(milliseconds "$wflc" check bench_check.wfl)"
