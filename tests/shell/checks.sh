#!/bin/sh
# The checks of the compiler: their table, and what -W and -E make of them.
set -u

. "${top_srcdir:?is set by make check}/tests/shell/verdict_lib.sh"
wflc=${top_builddir:?}/wflc
table=$top_srcdir/src/diag/checks.h

# wflc CODE ARGUMENT...: what it prints is kept.
wflc()
{
    code=$1
    shift
    "$wflc" "$@" >output 2>&1 </dev/null
    [ $? = "$code" ]
}

# says REGEX: as a line of the output.
says()
{
    grep -Eq -e "$1" output
}

cat >warns.wfl <<'EOF'
campaign warns
param spare = 1
task t { run "echo {here:raw}"; output "o" }
EOF
cat >wrong.wfl <<'EOF'
campaign wrong
param spare = 1
task t { memory 3 s; run "echo 'it" }
EOF

echo 1..25

# --- names ---
names=$(sed -n 's/^ *X([^"]*"\([a-z][a-z0-9-]*\)".*/\1/p' "$table")
errors_only=$(sed -n 's/^ *X([^"]*"\([a-z][a-z0-9-]*\)", *ERROR,.*/\1/p' "$table")
# severity and check of every message that is queued in the sources
find "$top_srcdir/src" -name '*.[chly]' ! -path '*/src/diag/*' -exec cat {} + | tr -s ' \n\t' '   ' |
    grep -o '\(diag_v\{0,1\}add\|error_at\)([^;]*' |
    sed -n 's/^error_at(\([^,]*\), *\([^,]*\),.*/DIAG_ERROR \2/p
            s/^diag_v\{0,1\}add(\([^,]*\), *\([^,]*\), *\([^,]*\),.*/\2 \3/p' | sort -u >queued
status=0
: >output
while read -r severity check; do
    case $check in
    RULE_* | check | rule | 'const char *check')
        continue
        ;;
    \"*\")
        check=${check#\"}
        echo "$names" | grep -qx -e "${check%\"}" && continue
        ;;
    esac
    echo "$severity $check" >>output
    status=1
done <queued
[ "$(wc -l <queued)" -gt 20 ] || status=1
verdict $status "every message is queued under a name of the table"

status=0
: >output
for check in $errors_only; do
    rule=$(sed -n "s/^ *X(\([A-Z_]*\), \"$check\".*/RULE_\1/p" "$table")
    grep -qx "DIAG_WARNING $rule" queued && echo "$check" >>output && status=1
done
verdict $status "what is said to find errors only gives no warnings"

cat "$top_srcdir"/tests/golden/*/*.err | sed -n 's/^.*\(error\|warning\): .*\[\([a-z-]*\)\]$/\2/p' |
    sort -u >used
{
    echo "$names" # and those of profiles
    sed -n 's/^ *X([^"]*"\([a-z][a-z0-9-]*\)".*/\1/p' "$top_srcdir/src/site/rules.h"
} | sort >known
comm -23 used known >output
[ -s used ] && [ ! -s output ]
verdict $? "every message of the golden files ends with a name of the table"

cat "$top_srcdir"/tests/golden/*/*.err | grep -E '^([^ ].*: )?(error|warning): ' |
    grep -v '\[[a-z-]*\]$' >output
[ ! -s output ]
verdict $? "every message of the golden files ends with a name"

wflc 0 check --list && [ "$(awk '{ print $1 }' output)" = "$names" ]
verdict $? "check --list prints the table"

says '^raw +off +a value' && says '^unused +warning +' && says '^template +error, warning +'
verdict $? "with what each check finds, and its meaning"

wflc 2 check --list warns.wfl
verdict $? "check --list reads no campaign"

# --- -W and -E ---
wflc 0 check warns.wfl && says 'warning: .*\[unused\]$' && ! says '\[raw\]'
verdict $? "unused is on, raw is off"

wflc 0 check -W no-unused warns.wfl && ! says warning
verdict $? "-W no-unused"

wflc 0 check -W raw warns.wfl && says ':3:20: warning: .*\[raw\]$' && says 'warning: .*\[unused\]$'
verdict $? "-W raw"

wflc 1 check -E unused warns.wfl && says ':2:7: error: .*\[unused\]$'
verdict $? "-E unused"

wflc 1 check -Eraw warns.wfl && says 'error: .*\[raw\]$' && says 'warning: .*\[unused\]$'
verdict $? "-E raw switches it on"

wflc 1 check -E all warns.wfl && says 'error: .*\[unused\]$' && ! says '\[raw\]'
verdict $? "-E all makes the warnings that are on errors"

wflc 0 check -W all warns.wfl && says 'warning: .*\[unused\]$' && says 'warning: .*\[raw\]$'
verdict $? "-W all"

wflc 0 check --warn=no-all warns.wfl && ! says warning
verdict $? "-W no-all"

wflc 0 check -E unused -W unused warns.wfl && wflc 1 check -W no-unused -E unused warns.wfl
verdict $? "the last one wins"

"$wflc" build -E unused warns.wfl >output 2>&1
[ $? = 1 ] && [ ! -e build ]
verdict $? "build writes nothing then"

wflc 1 check -E template wrong.wfl && says 'error: .*ends inside single quotes \[template\]$' &&
    says 'error: .*\[type\]$'
verdict $? "a warning that counts as an error hides no other error"

wflc 1 check -W no-template wrong.wfl && ! says '\[template\]' && says 'error: .*\[type\]$'
verdict $? "-W no-template leaves errors alone"

wflc 2 check -W no-type warns.wfl &&
    says "^wflc: -W: check 'type' finds errors, which cannot be switched off$"
verdict $? "errors cannot be switched off"

wflc 2 check -W type warns.wfl && says "check 'type' finds errors, which cannot be made warnings$"
verdict $? "nor lowered"

wflc 2 check -W no-unusde warns.wfl && says "unknown check 'no-unusde'; did you mean 'no-unused'\?$" &&
    wflc 2 check -E unusde warns.wfl && says "unknown check 'unusde'; did you mean 'unused'\?$"
verdict $? "a misspelled name"

wflc 2 check -W zzz warns.wfl && says "'wflc check --list' lists the checks"
verdict $? "an unknown name"

wflc 1 check -E all --max-errors 1 -W raw -E raw warns.wfl && says '^1 more error not shown$'
verdict $? "warnings that count as errors are capped like these"

sed 's/; output "o"//' warns.wfl >none.wfl
wflc 0 check -W without-output none.wfl && says '\[without-output\]$' &&
    wflc 0 check -W no-without-output none.wfl && ! says '\[without-output\]$'
verdict $? "the name of a check may begin with no-"
