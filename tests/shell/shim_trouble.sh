#!/bin/sh
# wfl-shim: one call on one file fails for a reason that is nobody's: no attempt ends by that, and nothing
# is lost. What faults.sh found by chance, one by one.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
strace -o /dev/null true 2>/dev/null || { echo "1..0 # SKIP nothing can be traced here" && exit 0; }
export ASAN_OPTIONS=detect_leaks=0
echo 1..9
looks=newfstatat,stat,lstat

# failing PATH CALLS ERROR WHEN: the shim runs, while calls on that path fail
failing() {
    ${exec:-} strace -f -qq -o calls.trace -P "$1" -e "trace=$2" -e "inject=$2:error=$3:when=$4" "$shim" run c 2>err
}

# unharmed N: trouble was met, and N tasks are done, each at its first attempt
unharmed() {
    grep -q INJECTED calls.trace && said 'no task is charged' && [ "$(ends | grep -c ' 1 ok 0 F')" -eq "$1" ] &&
        [ "$(ends | wc -l)" -eq "$1" ]
}

# one: a campaign of one task
one() {
    plan <<'END'
node 1 1e9
family f 1
memory 1e6
sh echo data >{o0}
output x out/x
END
}

one
mkdir out
failing out $looks ENOMEM 1..2 && unharmed 1
result $? "a folder that cannot be looked at is a folder"

one
failing out/x $looks ENOMEM 1..2 && unharmed 1
result $? "an output that cannot be looked at after it got its name has it"

# what was put aside for somebody must not be overwritten by what comes after it
one
mkdir -p out/x/mine out/x.before-1
failing out/x.before-1 $looks EIO 1 && unharmed 1 && [ "$(cat out/x)" = data ] && [ -d out/x.before-2/mine ]
result $? "a name that cannot be looked at is not free"

plan <<'END'
node 1 1e9
family f 1
memory 1e6
retries 1
sh mkdir {o0} && echo data >{o0}/x && ! mkdir once 2>/dev/null
output x out/x
END
failing "$work/out/.wfl-e1-0.x" getdents64 EIO 1..2 && grep -q INJECTED calls.trace &&
    [ "$(ends | awk '{ print $2, $3 }')" = "$(printf '1 exit\n2 ok')" ] && [ -e out/x/x ]
result $? "a folder that cannot be read to its end is not in the way"

# the shim looks whether there is anything in the folder, then a child of it puts all that is there on the disk
plan <<'END'
node 1 1e9
family f 1
memory 1e6
sh mkdir {o0} {o0}/sub && echo data >{o0}/sub/x
output x out/x
END
failing "$work/out/x/sub" getdents64 EIO 1
failed=$?
said 'cannot be put on the disk: Input/output error' && ends | grep -q ' node 0 -' && run 0 &&
    [ "$(cat out/x/sub/x)" = data ] && [ "$(ends | grep -c ' ok 0 F')" -eq 1 ] && [ $failed -eq 4 ]
result $? "a folder that cannot be read to its end is not on the disk"

# --- programs ---

plan <<'END'
node 1 1e9
family f 2
memory 1e6
arg program
END
mkdir bin
printf '#!/bin/sh\n' >bin/program
chmod 755 bin/program
cp -R c unused
PATH=$PWD/bin:$PATH
failing "$PWD/bin/program" access,faccessat,faccessat2 EIO 1 && unharmed 2
result $? "a program that cannot be asked whether it is one is one"

# tried: its start has failed that often
tried() {
    [ "$(grep -c 'execve(.*INJECTED' calls.trace)" -ge "$1" ]
}
rm -rf c && mv unused c
exec='exec'
(failing "$work/bin/program" execve EIO 1+) &
tracer=$!
wait_for tried 4
tries=$?
kill "$(cat /proc/$tracer/task/$tracer/children)"
wait $tracer
[ $tries -eq 0 ] && ! ends | grep -E ' (exit|signal) ' && run 0 && [ "$(ends | grep -c ' 1 ok 0 F')" -eq 2 ]
result $? "a program that the disk does not give waits for better times"

# --- what is no trouble ---

plan <<'END'
node 1 1e9
family f 1
memory 1e6
arg ./busy
END
cp "$(command -v true)" busy
exec 9>>busy
run 1 && [ "$(ends | cut -d ' ' -f 3,4)" = 'exit 126' ]
result $? "a program that somebody writes is the task's own mistake"
exec 9>&-

plan <<'END'
node 1 1e9
family f 1
memory 1e6
sh ln -s "$PWD/big" {o0}
output x out/x
END
mkdir big big/secret && echo data >big/data && chmod 700 big/secret
good=0
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
    chmod 755 "$work" && mkdir out && chmod 777 . c out
    cp "$shim" shim && setpriv --reuid=54321 --clear-groups ./shim run c 2>err && [ "$(ends | grep -c ' ok 0 F')" -eq 1 ] || good=1
fi
rm -rf c out
plan <<'PLAN'
node 1 1e9
family f 1
memory 1e6
sh mkdir -p {o0}/sub && echo y >{o0}/sub/g && chmod 644 {o0}/sub
output - out/x
PLAN
if [ -x shim ]; then
    chmod 755 "$work" && mkdir -p out && chmod 777 . c out
    setpriv --reuid=54321 --clear-groups ./shim run c 2>err && [ "$(ends | grep -c ' ok 0 F')" -eq 1 ] || good=1
fi
result $good "a folder of which a part is not ours to read gets to the disk all the same"
