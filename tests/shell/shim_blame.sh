#!/bin/sh
# wfl-shim node: a node on which everything fails leaves, and is named; one that is not to blame stays.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
. "$top_srcdir/tests/shell/node_lib.sh"
echo 1..17

fresh() {
    pids=
    plan
    rm -f go* bad*
    : >err
}

named() {
    [ "$(ls c/state/nodes 2>/dev/null)" = "$1" ]
}

tidy() {
    [ -z "$(find . -name '.wfl-*' -o -name 'spool-*' -o -name '.nid*')" ] && [ -z "$(ls c/state/leases)" ] &&
        [ -z "$(find c/state/elsewhere -type f 2>/dev/null)" ]
}

# One bad node of two. Without retries, so that each of its failures is one for good.
fresh <<'END'
node 2 1e9
shards 8
family f 80
memory 1e6
sh if [ $R = 1 ]; then exit 3; fi; sleep 0.2; echo {i} >{o0}
output x out/{i}.x
END
node 0 2
wait_for test -s out/0.x
node 1 2
all_end 0 4 && [ "$(find out -name '*.x' | wc -l)" -eq 80 ] && tidy
result $? "all tasks are done, though each failure on the bad node was one for good"
named nid1 && said "this node (nid1) leaves the campaign: " && said "processes in a row failed on it (exit 3), while others work"
result $? "the bad node leaves, and is named"
grep -q '^wfl-node 1 [45] [0-9]* 1 3 nid1.1 7$' c/state/nodes/nid1
result $? "by a file"
[ "$(ends | grep -c ' exit 3 F')" -ge 4 ] && [ "$(ends | grep -c ' exit 3 F')" -le 5 ] &&
    [ "$(ends | grep -c ' node 3 -')" -ge "$(ends | grep -c ' exit 3 F')" ]
result $? "what failed there is taken back in the record"
[ "$(ends | awk '$3 == "ok" && $2 != 1' | wc -l)" -eq 0 ]
result $? "and not charged"

# Another shim there takes no work while others do.
fresh <<'END'
node 2 1e9
shards 2
family f 4
memory 1e6
sh while [ ! -e go ]; do sleep 0.02; done; echo $R >>ran.txt
END
mkdir -p c/state/nodes
echo "wfl-node 1 9 1700000000 1 3 nid1.1 6" >c/state/nodes/nid1
node 0 2
wait_for test -e c/state/leases/nid0.1
node 1 2
# shellcheck disable=SC2086
set -- $pids
pids=$1
wait "$2" && said "this node (nid1) takes no work: 9 processes in a row failed on it (exit 3)" &&
    said "delete $work/c/state/nodes/nid1"
result $? "a named node takes no work while others work"
: >go
all_end 0 && [ "$(sort -u ran.txt)" = 0 ]
result $? "which the others do"
fresh <<'END'
node 2 1e9
shards 2
family f 4
memory 1e6
sh echo $R >>ran.txt
END
mkdir -p c/state/nodes
echo "wfl-node 1 9 1700000000 1 3 nid0.1 6" >c/state/nodes/nid0
node 0 1
all_end 0 && [ "$(wc -l <ran.txt)" -eq 4 ]
result $? "alone it does all"

# A broken campaign: everything fails on all nodes, for good, and none is named.
fresh <<'END'
node 2 1e9
shards 8
family f 40
memory 1e6
retries 1
sh exit 1
END
node 0 2
node 1 2
all_end 1 1 && [ "$(ends | grep -c ' exit 1 F')" -eq 40 ] && [ ! -e c/state/nodes ] && tidy
result $? "where everything fails everywhere, no node is to blame"

# A bad node of one.
fresh <<'END'
node 2 1e9
family f 12
memory 1e6
sh exit 1
END
node 0 1
all_end 1 && [ "$(ends | grep -c ' exit 1 F')" -eq 12 ] && [ ! -e c/state/nodes ]
result $? "nor is the only one"

# Tasks of a row that fail everywhere do not drive nodes away, one after another.
fresh <<'END'
node 2 1e9
shards 6
family f 72
memory 1e6
retries 1
sh sleep 0.02; [ {i} -ge 40 ] || exit 1; echo {i} >{o0}
output x out/{i}.x
END
node 0 2
node 1 2
all_end - - && [ "$(find out -name '*.x' | wc -l)" -eq 32 ] && [ "$(ends | grep -c ' exit 1 F')" -eq 40 ] && tidy
result $? "tasks that fail everywhere fail for good"
[ -z "$(find c/state/nodes -type f 2>/dev/null)" ]
result $? "and no node is named for that in the end"

# Every third attempt fails: that is tried again elsewhere, and is not enough to be bad.
fresh <<'END'
node 2 1e9
shards 8
family f 60
memory 1e6
retries 2
sh [ $R = 0 ] || [ $(({i} % 3)) -gt 0 ] || exit 1; sleep 0.05; echo {i} >{o0}
output x out/{i}.x
END
node 0 2
node 1 2
all_end - - && [ "$(find out -name '*.x' | wc -l)" -eq 60 ] && ! ends | grep -q ' exit 1 F' && tidy
result $? "what fails now and then on one node is done by the other"
[ ! -e c/state/nodes ]
result $? "which is not named for that"

# A node on which things worked goes bad: the same tasks tell, when others have done them.
fresh <<'END'
node 2 1e9
shards 20
family f 80
memory 1e6
retries 2
sh if [ $R = 1 ] && [ -e bad ]; then exit 1; fi; sleep 0.1; echo $R >{o0}
output x out/{i}.x
END
node 0 2
node 1 2
wait_for grep -qs 1 out/40.x
: >bad
all_end 0 - && [ "$(find out -name '*.x' | wc -l)" -eq 80 ] && ! ends | grep -q ' exit 1 F' && tidy
result $? "of a node that goes bad nothing fails for good"

# The name of a node is no path, whatever it is.
fresh <<'END'
node 2 1e9
family f 8
memory 1e6
sh [ {i} -lt 4 ] || sleep 1
END
mkdir -p c/state/nodes/sub
echo nonsense >c/state/nodes/nid0
node 0 2
R=1 S=2 "$shim" node c --nodes 2 --rank-var R --size-var S --node '../../x y' --quiet 2>>err &
pids="$pids $!"
all_end 0 0
result $? "strange names and strange files do no harm"
# Bundles: a process with many tasks counts once.
fresh <<'END'
node 8 1e9
shards 2
family f 2 6
bundle
memory 1e6
retries 1
sh if [ $R = 1 ]; then exit 1; fi; sleep 0.2; for o in {os}; do echo x >$o; done
output x out/{g}.{i}.x
END
node 0 2
wait_for test -e c/state/leases/nid0.1
node 1 2
all_end 0 - && [ "$(find out -name '*.x' | wc -l)" -eq 12 ] && [ ! -e c/state/nodes ]
result $? "a bundle counts as one process"
