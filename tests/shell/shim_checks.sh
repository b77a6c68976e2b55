#!/bin/sh
# wfl-shim: when the process of several tasks has ended, their checks are made side by side.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
echo 1..25

# meet FILE K...: shell text that makes FILE{i}.txt, and waits until those of the others are there
# shellcheck disable=SC2016 # shells of checks expand it
meet() {
    file=$1
    shift
    printf 'echo $$ > %s{i}.txt; for k in %s; do n=0; until [ -s %s$k.txt ]; do n=$((n + 1)); [ $n -lt 400 ] || exit 7; sleep 0.02; done; done' \
        "$file" "$*" "$file"
}

# checked N COMMAND (lines on stdin): a campaign with N tasks of a process, and what checks the output of each
# shellcheck disable=SC2016
checked() {
    {
        printf 'node %s 16e9\nfamily draw %s 1\nmemory 1e6\nlimit 20\nbundle\nwhole\n' "$1" "$1"
        printf 'sh for f in {os}; do echo x > $f; done; echo said\noutput image out/{i}\n'
        printf 'check command %s\n' "$2"
        cat
    } | plan
}

# sorted_ends: all ends in one line, by task and attempt
sorted_ends() {
    ends | sort -n | tr '\n' ,
}

# log_of TASK: what the logs of its attempts hold
log_of() {
    "$record" -l c | sed -n "/^[0-9]* end $1 /,/^[0-9]* [a-z]* [0-9]/p"
}

# all_said FILE...: there is something in each
all_said() {
    for f; do
        [ -s "$f" ] || return 1
    done
}

# all_gone FILE...: the processes whose numbers they hold have ended
all_gone() {
    for f; do
        gone "$f" || return 1
    done
}

# clean: no temporary file is left
clean() {
    [ -z "$(find . -name '.wfl-*' -o -name 'spool-*')" ]
}

# start [OPTION...]: runs c in the background until four checks are being made; its pid is in $pid
start() {
    : >err
    rm -f met*.txt go.txt
    "$shim" run c "$@" 2>err &
    pid=$!
    wait_for all_said met0.txt met1.txt met2.txt met3.txt
}

checked 5 "$(meet met 0 1 2 3 4)" </dev/null
run 0 && [ "$(ends | tr '\n' ,)" = "0 1 ok 0 FS,1 1 ok 0 FS,2 1 ok 0 FS,3 1 ok 0 FS,4 1 ok 0 FS," ]
result $? "checks of tasks of a process that has ended are made at the same time"
clean && [ "$(find out -type f | wc -l)" -eq 5 ]
result $? "no temporary file is left"

# shellcheck disable=SC2016
checked 30 "$(meet met '$(( {i} < 24 ? {i} / 8 * 8 + 7 : 29 ))' 0)" </dev/null
run 0 && [ "$(ends | cut -d ' ' -f 1 | tr '\n' ,)" = "$(seq -s , 0 29)," ] && [ "$(ends | grep -c 'ok 0 FS')" -eq 30 ]
result $? "also of more tasks than are checked at a time"

# the first process has all slots until a check of the second one is made, in its own
plan <<'END'
node 20 16e9
family draw 10 2
memory 1e6
limit 20
bundle
whole
sh await() { until [ -s "$1" ]; do sleep 0.02; done; }; [ {g} = 0 ] || for k in 0 1 2 3 4 5 6 7; do await met$k.txt; done; for f in {os}; do echo x > $f; done
output image out/{g}-{i}
check command [ {g} = 1 ] || echo x > met{i}.txt; echo {g} >> first.txt; n=0; until grep -q 1 first.txt; do n=$((n + 1)); [ $n -lt 400 ] || exit 7; sleep 0.02; done
check command echo {g}-{i} >> second.txt; setsid sleep 60 &
END
run 0 && [ "$(ends | grep -c 'ok 0 FS')" -eq 20 ] && [ "$(wc -l <first.txt)" -eq 20 ] && [ "$(wc -l <second.txt)" -eq 20 ] &&
    [ "$(sort -u second.txt | wc -l)" -eq 20 ]
result $? "and of several processes: each check is made once"

checked 4 "echo looked at {i}; $(meet met 0 1 2 3); [ {i} != 1 ] || exit 3" </dev/null
run 1 && [ "$(sorted_ends)" = "0 1 ok 0 FS,1 1 output command FS,2 1 ok 0 FS,3 1 ok 0 FS," ] && [ ! -e out/1 ] &&
    [ "$(find out -type f | wc -l)" -eq 3 ] && said "output out/1: failed its check command (exit 3)" && clean
result $? "one that fails is one task's failure"
[ "$("$record" -l c | grep -cx said)" -eq 1 ] && log_of 0 | grep -qx said && log_of 0 | grep -qx 'looked at 0' &&
    [ "$("$record" -l c | grep -c 'what it wrote is in the log of draw\[g=0 i=0\]')" -eq 3 ] &&
    log_of 1 | grep -qx 'looked at 1' && log_of 1 | grep -q 'failed its check' && log_of 3 | grep -qx 'looked at 3' &&
    [ "$("$record" -l c | grep -c 'looked at')" -eq 4 ] && [ "$("$record" -l c | grep -c 'failed its')" -eq 1 ]
result $? "what the process wrote is with the first task, and what a check wrote with its own"

checked 4 "$(meet met 0 1 2 3); [ {i} != 1 ] || [ \$WFL_ATTEMPT = 2 ] || exit 3" <<'END'
retries 1
END
run 0 && [ "$(sorted_ends)" = "0 1 ok 0 FS,1 1 output command -S,1 2 ok 0 F,2 1 ok 0 FS,3 1 ok 0 FS," ]
result $? "and it alone is tried again"

checked 4 "$(meet met 0 1 2 3)" <<'END'
output - late{i}.txt
END
run 1 && [ "$(sorted_ends)" = "0 1 output missing FS,1 1 output missing FS,2 1 output missing FS,3 1 output missing FS," ] &&
    said "output late3.txt: is missing" && clean
result $? "the outputs behind one that is checked are looked at, too"

checked 4 "$(meet met 0 1 2 3); [ {i} != 2 ] || touch ck2.txt" <<'END'
checkpoint ck{i}.txt
END
run 1 && [ "$(sorted_ends)" = "0 1 ok 0 FS,1 1 ok 0 FS,2 1 output checkpoint FS,3 1 ok 0 FS," ] && [ ! -e out/2 ]
result $? "and so are checkpoints"

checked 3 "$(meet met 0 1 2)" <<END
check command $(meet again 0 1 2)
check command [ {i} != 1 ]
END
run 1 && [ "$(sorted_ends)" = "0 1 ok 0 FS,1 1 output command FS,2 1 ok 0 FS," ]
result $? "each of several checks is made behind the one before"

checked 3 "$(meet met 0 1 2); [ {i} != 1 ] || sleep 60" <<'END'
limit 4
END
run 1 && [ "$(sorted_ends)" = "0 1 ok 0 FS,1 1 output unchecked FS,2 1 ok 0 FS," ] && gone met1.txt &&
    said "the check of an output ran past the task's limit"
result $? "the limit of a task is that of its check"

checked 3 "$(meet met 0 1 2); setsid sleep 60 & echo \$! > stray{i}.txt" </dev/null
run 0 && all_gone stray0.txt stray1.txt stray2.txt
result $? "what a check leaves behind is ended"

# some of its tasks may be done beside it
plan <<END
node 3 16e9
family draw 3 1
memory 1e6
limit 20
bundle
sh set -- {os}; echo x > \$1; until [ -e out/0 ]; do sleep 0.02; done; echo x > \$2; echo x > \$3
output image out/{i}
check command $(meet met "\$(( {i} ? 3 - {i} : 0 ))")
END
run 0 && [ "$(sorted_ends)" = "0 1 ok 0 FS,1 1 ok 0 FS,2 1 ok 0 FS," ]
result $? "what was not done before its process ended is checked so, too"

plan <<END
node 4 16e9
family draw 4 1
memory 1e6
limit 20
bundle
feed {o0}
sh while read -r f; do all="\$all \$f"; n=\$((n + 1)); [ \$n -lt 4 ] || break; done; for f in \$all; do echo x > \$f; done
output image out/{i}
check command $(meet met 0 1 2 3)
END
run 0 && [ "$(ends | grep -c ' ok ')" -eq 4 ] && [ "$(ends | wc -l)" -eq 4 ]
result $? "and what a process that is fed leaves"

# stopped meanwhile
# shellcheck disable=SC2016
hang='echo $$ > met{i}.txt; n=0; until [ -e go.txt ]; do sleep 0.02; n=$((n + 1)); [ $n -lt 900 ] || exit 7; done'
checked 4 "$hang" </dev/null
start && kill -TERM "$pid" && wait_for said "waiting for 4 that run" && : >go.txt
wait "$pid" && [ "$(ends | grep -c ' ok ')" -eq 4 ]
result $? "TERM lets the checks of what has run go on"

checked 4 "$hang" </dev/null
start && kill -TERM "$pid" && wait_for said "waiting for 4 that run" && kill -TERM "$pid"
wait "$pid"
[ $? -eq 4 ] && [ "$(sorted_ends)" = "0 1 cancelled 0 -S,1 1 cancelled 0 -S,2 1 cancelled 0 -S,3 1 cancelled 0 -S," ] &&
    all_gone met0.txt met1.txt met2.txt met3.txt && [ ! -e out/0 ] && clean
result $? "the second one ends them, and nothing is charged"
: >go.txt
run 0 && [ "$(ends | grep -c ' ok ')" -eq 4 ]
result $? "the next run makes them"

checked 4 "$hang" </dev/null
start --time 5 && wait_for said "the job ends: stopping 4 tasks" && : >go.txt
wait "$pid" && [ "$(ends | grep -c ' ok ')" -eq 4 ]
result $? "the end of the job leaves them the time that a task would have"

checked 4 "$(meet met 0 1 2 3); [ {i} != 3 ] || sleep 60" </dev/null
run 4 --time 3 && [ "$(sorted_ends)" = "0 1 ok 0 FS,1 1 ok 0 FS,2 1 ok 0 FS,3 1 walltime 0 -S," ] && gone met3.txt
result $? "and the one that takes longer is nobody's mistake"

checked 4 "$hang" </dev/null
start && kill -9 "$pid"
wait "$pid" 2>/dev/null
for i in 0 1 2 3; do
    mv met$i.txt was$i.txt
done
: >go.txt
run 0 && [ "$(ends | grep -c lost)" -eq 4 ] && [ "$(ends | grep -c 'ok 0 FS')" -eq 4 ]
result $? "tasks of a shim that is killed meanwhile run again"
clean && wait_for all_gone was0.txt was1.txt was2.txt was3.txt # whoever reaps them
result $? "and its checks are ended"

# what they read is written once more
plan <<'END'
node 6 16e9
family draw 3 1
memory 1e6
limit 20
bundle
sh await() { until [ -s "$1" ]; do sleep 0.02; done; }; set -- {os}; [ $# = 3 ] || { echo two > $1; exit; }; echo one > $1; echo b > $2; await met0.txt; await met1.txt; cp met0.txt was0.txt; cp met1.txt was1.txt; echo two > $1; echo c > $3
output image out/{i}
family between 2
memory 1e6
needs draw same
sh cp out/{i} {o0}
output - between/{i}
family use 2 1
memory 1e6
needs between all
bundle
whole
sh for f in {os}; do cp between/${f##*[!0-9]} $f; done
output copy copy/{i}
check command echo $$ > met{i}.txt; [ -e was1.txt ] || sleep 60
END
run 0 --sync never && [ "$(cat copy/0 copy/1 | tr '\n' ' ')" = "two b " ] && all_gone was0.txt was1.txt
result $? "checks of tasks that ran on what is written once more are ended"
[ "$(ends | grep -c '^[56] 1 cancelled')" -eq 2 ] && [ "$(ends | grep '^[56] ' | grep -c ' ok ')" -eq 2 ]
result $? "and these run again"

# random: checks that take their time, fail, leave children and are ended with their shim
plan <<'END'
node 30 7e9
family draw 20 6
memory 1e6
retries 40
bundle
whole
sh for f in {os}; do echo x > $f; done
output image out/{g}-{i}
check command sleep 0.0$((1 + {i} * 7 % 9)); [ $(({i} % 3)) != 0 ] || [ -e seen{g}-{i}.txt ] || { : > seen{g}-{i}.txt; exit 1; }
check command (sleep 0.02 &); grep -q . "$1"
END
ended=0
while :; do
    "$shim" run c 2>>err &
    pid=$!
    sleep "0.$(printf %02d $((10 + ended * 7 % 30)))"
    [ $ended -lt 9 ] || break
    case $((ended % 3)) in
    0) kill -9 "$pid" ;;
    1) kill -TERM "$pid" && sleep 0.05 && kill -TERM "$pid" ;;
    2) kill -TERM "$pid" ;;
    esac 2>/dev/null && ended=$((ended + 1))
    ! wait "$pid" || break
done
wait "$pid"
[ "$(ends | grep -c ' ok ')" -eq 120 ] && [ "$(ends | grep ' ok ' | cut -d ' ' -f 1 | sort -un | wc -l)" -eq 120 ] &&
    [ "$(find out -type f ! -name '.*' ! -name '*.failed' | wc -l)" -eq 120 ]
result $? "ended $ended times at any moment, each task is done once"
clean
result $? "and nothing is left behind"
