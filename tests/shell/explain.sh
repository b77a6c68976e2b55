#!/bin/sh
# wflc explain: wfl(5), cut into paragraphs.
set -u

. "${top_srcdir:?is set by make check}/tests/shell/verdict_lib.sh"
wflc=${top_builddir:?}/wflc
manual=$top_builddir/src/cli/manual.c

# Words that wfl.5 has no item for yet. Keep it short.
exceptions=' '

# has WORD LEVEL...: an entry of the manual is about it, or (2) defines it.
has()
{
    word=$1
    shift
    for level; do
        grep -qF "    {\"$word\", $level, " "$manual" && return
    done
    return 1
}

# explains WORD REGEX
explains()
{
    "$wflc" explain "$1" >output 2>&1 && grep -Eq -e "$2" output
}

echo 1..18

: >missing
words=$(sed -n 's/^ *X([A-Z_]*, "\([a-z]*\)", .*WORD_\(DECLARATION\|TASK\|CONTAINER\).*/\1/p' \
    "$top_srcdir/src/lexer/words.h")
for word in $words; do
    has "$word" 3 2 && "$wflc" explain "$word" >/dev/null || echo "$word" >>missing
done
: >output
status=0
while read -r word; do
    case $exceptions in
    *" $word "*) echo "# wfl.5 has no item for '$word' yet" ;;
    *)
        echo "wfl.5 has no item for '$word'" >>output
        status=1
        ;;
    esac
done <missing
verdict $status "declarations and properties are explained"

status=0
: >output
for word in $exceptions; do
    grep -qx "$word" missing || {
        echo "'$word' has an item in wfl.5 now: take it out of \$exceptions" >>output
    }
done
[ ! -s output ]
verdict $? "no exception is out of date"

: >output
words=$(sed -n 's/^ *X([^"]*"\([a-z][a-z0-9-]*\)".*/\1/p' "$top_srcdir/src/diag/checks.h")
for check in $words; do
    has "$check" 3 || echo "wfl.5 has no item for the check '$check'" >>output
done
[ ! -s output ]
verdict $? "every check has its item in wfl.5"

: >output
words=$(sed -n 's/^ *X([A-Z_]*, "\([a-z]*\)", WORD_RESERVED).*/\1/p' \
    "$top_srcdir/src/lexer/words.h")
for word in $words; do
    has "$word" 3 2 1 || echo "'$word'" >>output
done
[ ! -s output ]
verdict $? "reserved words are explained"

: >output
words=$(sed -n 's/^ *X("\([A-Za-z]*\)", *DIM_.*/\1/p' "$top_srcdir/src/model/units.h")
for unit in $words; do
    has "$unit" 2 || echo "unit $unit" >>output
done
[ ! -s output ]
verdict $? "units are explained"

# What else messages and manuals name: functions and their named arguments, selections of bundles, checks of
# profiles as of campaigns, units in the help of messages, keys of profiles, reasons in messages' brackets.
: >output
{
    sed -n 's/.*{"\([a-z_]*\)", [0-9]*, [0-9]*, OP_.*/\1/p; s/.*{"\([a-z_]*\)", ASK_.*/\1/p' \
        "$top_srcdir"/src/check/call.c "$top_srcdir"/src/check/sky.c
    grep -ohE '\.name = [^}]*"[a-z_]+"( : "[a-z_]+")?' "$top_srcdir"/src/check/region.c \
        "$top_srcdir"/src/check/horizon.c | grep -oE '"[a-z_]+"' | tr -d '"'
    sed -n 's/^ *X([^"]*"\([a-z][a-z0-9-]*\)".*/\1/p' "$top_srcdir/src/site/rules.h"
    cat "$top_srcdir"/tests/golden/check/*.err "$top_srcdir"/tests/golden/site/*.err |
        sed -n 's/.*: \(error\|warning\): .* \[\([a-z-]*\)\]$/\2/p'
    sed -n 's/^\.It Va \(.*\)/\1/p' "$top_srcdir/man/wfl-site.5" | tr -d '[]'
    sed -n 's/^ *X([A-Z_]*, "\([a-z]*\)", .*/\1/p' "$top_srcdir/src/lexer/words.h"
    echo 'here sensor visit bundle.size bundle.join in true radius half_width hour_angle area strip box circle polygon
        greatcircle parallel scale distortion mirrored rotation columns separator PB PiB
        done running ready waiting interrupted failed blocked' | tr ' ' '\n'
} | grep . | sort -u >named
[ "$(wc -l <named)" -gt 200 ] || echo 'hardly any words are found' >>output
while read -r word; do
    "$wflc" explain "$word" >said 2>&1 || echo "'$word': $(cat said)" >>output
done <named
[ ! -s output ]
verdict $? "what messages and manuals name is explained"

"$wflc" explain queues.max_nodes >output 2>&1 && grep -q '^wfl-site(5), Queues:' output &&
    "$wflc" explain site-quotes | grep -q 'needs quotes'
verdict $? "a key and a check of profiles"

explains unused '^    something is declared, or an output has a name' &&
    grep -qx "The check 'unused' warns; -W no-unused switches it off, -E unused makes it find errors." output
verdict $? "a check, and how to change it"

explains run '^run string$' && grep -qxF 'run [word, ...]' output
verdict $? "a property with two forms"

explains count 'Functions: .*min\(a, b, \.\.\.\)'
verdict $? "a function"

explains GB "^'GB' is 10\^9 bytes"
verdict $? "a unit"

explains csv '^csv path$' && grep -q '^wfl(5), Checks' output
verdict $? "a word and the check of its name"

explains gzip '^    it unpacks to the end' && [ "$(grep -c '^[^ ]' output)" = 2 ]
verdict $? "an item inside of another"

"$wflc" explain unusde >output 2>&1
[ $? = 2 ] && grep -q "did you mean 'unused'?$" output
verdict $? "a misspelled word"

"$wflc" explain >output 2>&1 && grep -q '^wfl(5), Checks of the compiler$' output &&
    grep -q '^ .* unused' output
verdict $? "without a word: what there is"

# Every line of every entry: filled, no macro or escape left over.
sed -n 's/^        "\(.*\)" "\\n"$/\1/p' "$manual" | sed 's/\\\(["\\]\)/\1/g' >lines
[ "$(wc -l <lines)" -gt 100 ] && ! awk 'length > 100' lines | grep . >output &&
    ! grep -E '^\.[A-Z]|(^| )(Ic|Ar|Ql|Fn|Ns|Li|Oo|Oc|Op) |\\[&(e-]' lines >output
verdict $? "nothing of mdoc is left in the text"

if command -v mandoc >/dev/null; then
    # the same letters in the same order as mandoc prints them
    plain() { sed "s/.$(printf '\b')//g" | tr -d ' \n\t\r`'"'"'"' ; }
    # (bullets, which the entries of wflc.1 have, are none)
    for part in wfl.5 wfl-site.5; do
        mandoc -Tascii "$top_srcdir/man/$part" | plain
    done >page
    awk '/^    {"/ { other = /^    {"wflc/ } other { next } /^        "\\n"$/ { next }
        /^        "/ { sub(/^        "/, ""); sub(/" "\\n"$/, ""); gsub(/\\"/, "\""); gsub(/\\\\/, "\\")
            text = text " " $0; next }
        text != "" { print text; text = "" }' "$manual" >entries
    : >output
    while IFS= read -r text; do
        text=$(printf '%s' "$text" | plain)
        grep -qF -e "$text" page || printf '%s\n' "$text" >>output
    done <entries
    [ -s entries ] && [ ! -s output ]
    verdict $? "mandoc reads the page in the same way"
else
    verdict 0 "mandoc reads the page in the same way # SKIP no mandoc"
fi

printf '.Sh NAME\n.Zz what\n' >page.5
! awk -f "$top_srcdir/src/cli/manual.awk" page.5 >output 2>&1 &&
    grep -q '2: manual.awk does not know the macro .Zz' output
verdict $? "an unknown macro stops the build"
