#!/bin/sh
# wfl-shim: processes that leave the group, the session and the environment of their task.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
echo 1..14

# How to leave. The last ones lose the mark of the shim, too: then the spool that they write to tells,
# or nothing at all.
cat >stay <<'END'
#!/bin/sh
echo $$ >"$1"
while :; do echo stray; sleep 0.05; done
END
cat >leave <<'END'
#!/bin/sh
# leave HOW FILE: a process that stays, and writes its number to FILE
case $1 in
plain)  setsid ./stay "$2" & ;;
nohup)  nohup ./stay "$2" >"out-$2" 2>&1 & ;;
bare)   env -i setsid ./stay "$2" & ;;
double) env -i setsid sh -c "(./stay $2 &)" & ;;
closed) env -i setsid sh -c "(./stay $2 <&- >&- 2>&- &)" & ;;
spool)  env -i prlimit --locks=unlimited setsid sh -c "(./stay $2 &)" & ;;
su)     su root -s /bin/sh -c "setsid ./stay $2 &" ;;
login)  su - root -s /bin/sh -c "setsid $PWD/stay $PWD/$2 &" ;;
lost)   env -i prlimit --locks=unlimited setsid sh -c "(./stay $2 >/dev/null 2>&1 &)" & ;;
esac
until [ -s "$2" ]; do sleep 0.01; done
END
chmod 755 leave stay
known='plain nohup bare double closed spool'
if [ "$(id -u)" -eq 0 ] && su root -s /bin/sh -c true && su - root -s /bin/sh -c true >/dev/null; then
    known="$known su login"
fi
all="$known lost"

# begin (lines on stdin): a fresh campaign, and nobody left
begin() {
    rm -rf pid-* old-* ready over again
    plan
}

# none_left: who left is gone
none_left() {
    for how in $all; do
        gone "pid-$how" || echo "# $how lives"
        gone "pid-$how" || return 1
    done
}

begin <<END
node 1 1e9
family leaves 1
memory 1e6
sh for how in $all; do ./leave \$how pid-\$how; done
family next 1
memory 1e6
needs leaves all
sh for how in $all; do kill -0 \$(cat pid-\$how) 2>/dev/null && echo \$how lives; done; sleep 0.3; echo quiet
END
run 0 && none_left
result $? "whoever leaves the group, the session and the environment ends with its task"
[ "$(ends | sort | tr '\n' ,)" = "0 1 ok 0 FL,1 1 ok 0 F," ]
result $? "before another one starts, and that is in the record"
! said lives && [ "$("$record" -l c | grep -c '^quiet$')" -eq 1 ] &&
    ! "$record" -l c | sed '1,/quiet/d' | grep -q stray
result $? "and nothing of it is in the log of the next task"

# Two slots: a task's own daemon is none of the others' business.
begin <<END
node 2 1e9
family long 1
memory 1e6
sh for how in $all; do ./leave \$how pid-\$how; done; : >ready; until [ -e over ]; do sleep 0.02; done; for how in $all; do kill -0 \$(cat pid-\$how) 2>/dev/null || echo \$how was killed; done
family quick 3
memory 1e6
sh until [ -e ready ]; do sleep 0.02; done; [ {i} != 2 ] || : >over
END
run 0 && ! said "was killed"
result $? "the end of a task leaves alone what a task that still runs has started"
none_left
result $? "which ends with that one"

begin <<END
node 2 1e9
family long 1
memory 1e6
sh : >ready; until [ -e over ]; do sleep 0.02; done
family leaves 1
memory 1e6
sh until [ -e ready ]; do sleep 0.02; done; for how in $all; do ./leave \$how pid-\$how; done
family after 1
memory 1e6
needs leaves all
sh for how in $all; do kill -0 \$(cat pid-\$how) 2>/dev/null && echo \$how lives; done; : >over
END
run 0 && said "lost lives"
result $? "beside a task that goes on"
good=0
for how in $known; do ! said "$how lives" || good=1; done
[ $good -eq 0 ]
result $? "the others of an ended task are known by their mark, or by their spool"
none_left
result $? "and who may be anybody's ends with the last one that it may be of"

# Killed at any moment, and started again.
begin <<END
node 1 1e9
family leaves 1
memory 1e6
sh for how in $all; do ./leave \$how pid-\$how; done; : >ready; [ -e again ] || sleep 300
END
all=$known
: >err
"$shim" run c 2>err &
pid=$!
wait_for test -e ready
tail -f c/state/logs/spool-* >/dev/null &
reader=$!
lost=$(cat pid-lost)
kill -9 "$pid"
wait "$pid"
: >again
for how in $all; do mv "pid-$how" "old-$how"; done
"$shim" run c 2>err && said "killing what an earlier run left running"
result $? "what a killed shim left is killed by the next one"
alive= # until whoever is the parent of all has reaped them, they have a number
for how in $all; do wait_for gone "old-$how" || alive="$alive $how"; done
echo "# alive:$alive"
[ -z "$alive" ] && none_left
result $? "however it left"
kill -0 "$reader"
result $? "but not who only reads what a task says"
kill "$reader" "$lost" 2>/dev/null

# Of another user, as of a program that is root's: it cannot be ended.
if [ "$(id -u)" -eq 0 ] && cp "$(command -v setpriv)" ./as_root && chmod 4755 as_root &&
    chmod 755 "$work" && setpriv --reuid=54321 --clear-groups ./as_root --reuid=0 true; then
    cp "$shim" ./shim
    mkdir -m 777 w
    (cd w && cp ../leave ../stay . && cp -p ../as_root .)
    # outlived COMMAND...: starts one by that command; the task after it
    outlived() {
        rm -f w/pid-root
        begin <<END
node 1 1e9
family leaves 1
memory 1e6
sh ./as_root --reuid=0 $* ./leave bare pid-root; sleep 0.1
family next 1
memory 1e6
needs leaves all
sh sleep 0.3; id -u
END
        chown -R 54321 c
        : >err
        (cd w && setpriv --reuid=54321 --clear-groups ../shim run ../c) 2>err
        "$record" -l c | sed -n '/cannot be ended/,$p' >after.txt
        ! grep -q stray after.txt && grep -q 54321 after.txt
    }
    outlived setsid
    result $? "who cannot be ended is told, and does not write to the log of the next task"
    kill "$(cat w/pid-root)"
    result $? "though it is still there"
    outlived prlimit --locks=unlimited setsid
    result $? "nor one of which nothing can be told"
    kill "$(cat w/pid-root)"
else
    for n in 1 2 3; do
        count=$((count + 1))
        echo "ok $count - another user's, $n # SKIP needs root, and programs that are set-user-id"
    done
fi
