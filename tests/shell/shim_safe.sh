#!/bin/sh
# wfl-shim: what the record calls done is on the disk, and is looked at before it is believed.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
echo 1..26

# two tasks, and one that needs them
three() {
    plan <<'END'
node 2 1e9
family f 2
memory 1e6
sh echo data > {o0}
output x out/{i}.txt
family g 1
memory 1e6
needs f all
sh cat out/0.txt out/1.txt > {o0}
output y sum.txt
END
}

# again COUNT WHAT: another run does so many tasks
again() {
    before=$(ends | grep -c ' ok ')
    run 0 && [ "$(ends | grep -c ' ok ')" -eq $((before + $1)) ] &&
        [ "$(cat sum.txt)" = "$(printf 'data\ndata')" ]
    result $? "$2"
}

# It takes 5 s until a journal is synced, and as long until that is tried again: meanwhile come the others.
strace -o /dev/null true 2>/dev/null && traced=yes || traced=
mkdir late
if [ "$traced" ]; then
    (
        cd late || exit
        "$mkplan" c/campaign.wflp <<'END'
node 2 1e9
family f 2
memory 1e6
sh if [ {i} = 1 ]; then sleep 12; fi; echo {i} > {o0}
output x out/{i}
END
        ASAN_OPTIONS=detect_leaks=0 exec strace -f -o /dev/null -P "$PWD/c/state/journal/0000.e0001" \
            -e trace=fsync -e inject=fsync:error=EIO:when=1 "$shim" run c 2>err
    ) &
    late=$!
fi

three
run 0
: >out/1.txt
rm sum.txt
again 2 "an output that is empty now is none"
said "f[i=1] is done in the record, but what it wrote is not there as it was" && said "sum.txt is missing"
result $? "which is said"
[ "$(ends | grep -c ' 0 gone 0 -')" -eq 2 ]
result $? "and recorded, before anything else is"
echo moredata >out/0.txt
again 1 "one of another size is not what was written"
rm out/0.txt
mkdir out/0.txt
again 1 "nor is a folder in the place of a file"
[ -f out/0.txt ] && [ -d out/0.txt.before-1 ]
result $? "which is nobody's to remove: it is put aside"
touch -d '2 days ago' out/0.txt sum.txt
again 0 "another time alone is no other file"

# What stood there before an attempt is not its own, whatever its time says.
plan <<'END'
node 1 1e9
family f 1
memory 1e6
sh touch began; [ -e go ] || sleep 50; echo new > {o0}
output x out/0.txt
END
rm -f began go
mkdir out
echo old >out/0.txt
touch -d '+1 hour' out/0.txt
: >err
"$shim" run c 2>err &
pid=$!
wait_for test -e began
kill -9 $pid
wait $pid
: >go
run 0 && [ "$(cat out/0.txt)" = new ] && [ "$(ends | tr '\n' ,)" = "0 1 lost 0 -,0 1 ok 0 F," ]
result $? "a file from before is not taken for what a lost attempt wrote"

plan <<'END'
node 1 1e9
family f 1
memory 1e6
sh touch began; [ -e go ] || sleep 50; echo new > out.txt
output - out.txt
END
rm -f began go
echo old >out.txt
: >err
"$shim" run c 2>err &
pid=$!
wait_for test -e began
kill -9 $pid
wait $pid
: >go
run 0 && [ "$(cat out.txt)" = new ] && [ ! -e out.txt.failed ]
result $? "nor put aside, if the attempt had not touched it"

# slow CALLS: runs c in the background, with these calls of the process that syncs slow
slow() {
    : >err
    strace -f -o calls.trace -e trace="$1" -e inject="$1":delay_enter=30s "$shim" run c 2>>err &
    tracer=$!
    wait_for test -s c/state/leases/*
    pid=$(cut -d ' ' -f 2 c/state/leases/*)
}

# die: the shim and its process that syncs, at once, and who makes them slow
die() {
    # shellcheck disable=SC2046 # several numbers
    kill -9 "$pid" $(cat "/proc/$pid/task/$pid/children") "$tracer"
    wait "$tracer"
}

skip() {
    count=$((count + 1))
    echo "ok $count - $1 # SKIP strace cannot trace here"
}

leaks=${ASAN_OPTIONS-}
if [ "$traced" ]; then
    export ASAN_OPTIONS=detect_leaks=0 # which cannot work in who is traced
    plan <<'END'
node 2 1e9
family f 3
memory 1e6
sh echo {i} > {o0}
output x out/{i}.txt
family g 1
memory 1e6
needs f all
sh cat out/*.txt > {o0}; touch all
output y sum.txt
END
    rm -f all
    slow fsync,syncfs
    wait_for test -e all && wait_for test -e sum.txt
    [ -z "$(ends)" ]
    result $? "a consumer starts before its inputs are on the disk, but nothing is recorded as done"
    die
    : >err
    run 0 && said "died with 4 tasks running; 4 of them were complete" &&
        [ "$(ends | grep -c ' ok 0 FR')" -eq 4 ]
    result $? "what had ended well is not done again"

    plan <<'END'
node 1 1e9
family f 1
memory 1e6
sh echo abc > {o0}
output x out.txt
check command echo looked >> looks; grep -q abc "$1"
END
    rm -f looks
    slow fsync,syncfs
    wait_for test -e out.txt
    die
    : >err
    run 0 && [ "$(wc -l <looks)" -eq 2 ] && [ "$(ends)" = "0 1 ok 0 FR" ]
    result $? "if its content passes the checks once more"
    rm -rf c/state out.txt
    slow fsync,syncfs
    wait_for test -e out.txt
    die
    touch -r out.txt time
    echo abx >out.txt
    touch -r time out.txt
    : >err
    run 0 && said "what it wrote is not good any more" && [ "$(cat out.txt)" = abc ] &&
        said "renamed to out.txt.failed" && [ ! -e out.txt.failed ] && [ "$(ends)" = "0 1 ok 0 F" ]
    result $? "else it is put aside, and the task runs again"

    three
    slow fsync,syncfs
    wait_for test -e sum.txt
    kill -TERM "$pid" && wait_for said "TERM"
    kill -TERM "$pid" && wait_for said "stopping 0 tasks"
    kill -TERM "$pid" && wait_for said "3 tasks have ended whose outputs are not known to be on the disk"
    result $? "who does not want to wait for the disk says so three times"
    # shellcheck disable=SC2046
    kill -9 $(cut -d ' ' -f 1 calls.trace | sort -u) "$tracer"
    wait "$tracer"
    run 0 && [ "$(ends | grep -c ' ok ')" -eq 3 ]
    result $? "and then the next run looks"

    three
    strace -f -o calls.trace -e trace=fsync -e inject=fsync:error=EIO:when=1 "$shim" run c 2>err
    said "what it wrote cannot be put on the disk: Input/output error; the next run does it again" &&
        ends | grep -q ' node 0 -' && run 0 && [ "$(ends | grep -c ' ok 0 F')" -eq 3 ]
    result $? "what the disk refuses is not done, and costs no retry"

    three
    strace -o calls.trace -P out/.wfl-e1-0.0.txt -e trace=rename \
        -e inject=rename:error=EIO:when=1 "$shim" run c 2>err && said "Input/output error; nothing more is started until that is over" &&
        ! ends | grep -v ' 1 ok 0 F'
    result $? "a file system that fails once costs no attempt"

    plan <<'END'
node 1 1e9
family f 1
memory 1e6
sh mkdir -p elsewhere/sub && echo data >elsewhere/sub/x && ln -s ../elsewhere {o0}
output x out/x
END
    strace -f -y -o calls.trace -e trace=fsync "$shim" run c 2>err && ends | grep -q ' 1 ok 0 F' &&
        grep -q 'fsync([0-9]*<.*/elsewhere/sub/x>) *= 0' calls.trace && grep -q 'fsync([0-9]*<.*/elsewhere>) *= 0' calls.trace
    result $? "what is in a folder behind a link is on the disk, too"
else
    for what in consumers recovered checked refused impatient looks eio trouble link; do
        skip "$what"
    done
fi

export ASAN_OPTIONS="$leaks"

# An epoch that was not closed: what ended in it since it was last synced is looked at again.
plan <<'END'
node 1 1e9
family f 2
memory 1e6
sh if [ {i} = 1 ]; then while [ ! -e go ]; do sleep 0.01; done; fi; echo abc > {o0}
output x out/{i}.txt
check command echo {i} >> looks; grep -q abc "$1"
END
rm -f looks go
: >err
"$shim" run c 2>err &
pid=$!
ended() {
    [ "$(ends | grep -c ' ok ')" -eq "$1" ]
}
wait_for ended 1
kill -9 $pid
wait $pid
: >go
run 0 && [ "$(sort looks | tr '\n' ,)" = 0,0,1, ] && [ "$(ends | grep -c '^0 1 ok')" -eq 1 ]
result $? "what a shim that died had done is checked once more, and stays done"
rm -f looks
run 0 && [ ! -e looks ]
result $? "and that is enough"

three
others=0
for when in later never; do
    rm -rf c/state
    run 0 --sync $when && [ "$(ends | grep -c ' ok 0 F')" -eq 3 ] && others=$((others + 1))
done
[ $others -eq 2 ]
result $? "outputs may be put on the disk later, or by the system"
run 2 --sync sometimes && said "first, later, or never"
result $? "and not otherwise"

plan <<'END'
node 2 1e9
family f 60
memory 1e6
sh sleep 0.02; echo {i} > {o0}
output x out/{i}.txt
END
: >err
"$shim" run c 2>err &
pid=$!
wait_for test -e out/20.txt
kill -9 "$(cut -d ' ' -f 1 /proc/$pid/task/$pid/children)" # the first one it had
wait $pid && said "puts outputs on the disk has died; another one is started" &&
    [ "$(ends | grep -c ' ok 0 F')" -eq 60 ]
result $? "the process that syncs may die"

if [ "$traced" ]; then
    export ASAN_OPTIONS=detect_leaks=0
    plan <<'END'
node 1 1e9
family f 2
memory 1e6
arg program
END
    mkdir bin
    printf '#!/bin/sh\n' >bin/program
    chmod 755 bin/program
    PATH=$PWD/bin:$PATH strace -f -b execve -o calls.trace -P "$PWD/bin/program" -e trace=newfstatat,stat \
        -e inject=newfstatat,stat:error=ENOMEM:when=1 "$shim" run c 2>err && said "Cannot allocate memory" &&
        ! ends | grep -v ' 1 ok 0 F'
    result $? "a program that cannot be looked for is not missing"
else
    skip program
fi

# When a task fails, a small file tells whether one can be written; that it is put on the disk may take long.
if [ "$traced" ]; then
    plan <<'END'
node 1 1e9
family f 1
memory 1e6
sh echo failed > failed.txt; exit 1
output - out/x
END
    slow fsync
    wait_for test -e failed.txt && wait_for grep -q 'fsync(.*<unfinished' calls.trace
    die
    [ -z "$(find out -name '.wfl-*')" ]
    result $? "a shim that is killed while it tries a disk leaves nothing there"
else
    skip probe
fi

if [ "$traced" ]; then
    wait "$late" && grep -q 'journal cannot be put on the disk: Input/output error' late/err &&
        od -An -v -tu1 -w64 late/c/state/journal/0000.e0001 | awk '$5 == 6 { n++ } END { exit !n }'
    result $? "a journal that the disk refused once is synced once more"
else
    skip late
fi
