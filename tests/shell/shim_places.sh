#!/bin/sh
# wfl-shim on a node of a job: each process has processors of its own. For two processors of this
# machine, which the shims of the test are held to.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
# which processors it may run on; for tasks and checks, too
cat >allowed <<'END'
#!/bin/sh
sed -n 's/^Cpus_allowed_list:[[:blank:]]*//p' /proc/self/status
END
chmod +x allowed
# the first two of a list such as 0-3,8
two=$(./allowed | tr ',' '\n' | awk -F- '{ for (i = $1; i <= ($2 == "" ? $1 : $2); i++) print i }' | head -n 2 | tr '\n' ' ')
# shellcheck disable=SC2086 # words
set -- $two
if ! command -v taskset >/dev/null || [ $# -ne 2 ]; then
    echo "1..0 # SKIP this takes taskset and two processors"
    exit 0
fi
first=$1 second=$2
both=$(taskset -c "$first,$second" ./allowed)
echo 1..7

# job CORES: the plan on one node of that many cores, held to the two processors
job() {
    R=0 S=1 taskset -c "$first,$second" "$top_builddir/wfl-shim" node c --nodes 1 --rank-var R --size-var S \
        --node nid0 --job 7 --quiet --cores "$1" \
        2>err
}
# seen: what the tasks wrote, a line for each different one
seen() {
    sort -u log.txt | tr '\n' ' '
}

plan <<'END'
node 2 1e9
family one 6
memory 1e6
sh ./allowed >> log.txt; sleep 0.2
END
cp -a c plain
job 2 && [ "$(seen)" = "$(printf '%s\n' "$first" "$second" | sort -u | tr '\n' ' ')" ]
result $? "each has one"
rm -rf c log.txt && cp -a plain c
job 3 && [ "$(seen)" = "$both " ]
result $? "where there are more slots than processors, all share them"
rm -rf c log.txt && cp -a plain c
run 0 --cores 2 && [ "$(seen)" = "$(./allowed) " ]
result $? "so they do outside of jobs, where others may be at work"

plan <<'END'
node 2 1e9
family two 2 1
memory 1e6
bundle
sh ./allowed >> log.txt
END
job 2 && [ "$(seen)" = "$both " ]
result $? "a bundle has those of all its tasks"

plan <<'END'
node 2 1e9
family free 2
memory 1e6
unbound
sh ./allowed >> log.txt
END
job 2 && [ "$(seen)" = "$both " ]
result $? "affinity off: it may use all"

plan <<'END'
node 2 1e9
family bad 4
memory 1e6
retries 1
sh ./allowed >> log.txt; exit 1
END
job 2
[ $? -eq 1 ] && [ "$(seen)" = "$(printf '%s\n' "$first" "$second" | sort -u | tr '\n' ' ')" ] && [ "$(wc -l <log.txt)" -eq 8 ]
result $? "they are given back by who fails"

plan <<'END'
node 2 1e9
family checked 2
memory 1e6
output - out/{i}
check command ./allowed >> log.txt
sh echo > {o0}
END
job 2
[ "$(seen)" = "$both " ]
result $? "checks are not bound"
