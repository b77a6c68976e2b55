#!/bin/sh
# wflc fmt: the layout of tests/golden/fmt/NAME.wfl is NAME.out (UPDATE_GOLDEN=1 rewrites it); it
# means the same and stays as it is; and what the command does with files.
. "${top_srcdir:?is set by make check}/tests/shell/verdict_lib.sh"
: "${top_builddir:?is set by make check}"
wflc=$top_builddir/wflc
tree=$top_builddir/tests/unit/parse_dump
golden=$top_srcdir/tests/golden

set -- "$golden"/fmt/*.wfl
echo 1..$(($# + 18))

for wfl do
    name=$(basename "$wfl" .wfl)
    "$wflc" fmt - <"$wfl" >out
    [ -z "${UPDATE_GOLDEN-}" ] || cp out "$golden/fmt/$name.out"
    diff -u "$golden/fmt/$name.out" out >output 2>&1
    verdict $? "$name"
done

"$wflc" fmt --check "$golden"/syntax/example-*.wfl "$top_srcdir"/examples/*/*.wfl >output 2>&1
verdict $? 'the examples are laid out well'

# meaning FILE: its tree, without places
meaning()
{
    "$tree" "$1" | sed 's/ @[0-9]*:[0-9]*$//'
}
seen=0
wrong=0
: >output
for wfl in "$golden"/*/*.wfl "$top_srcdir"/examples/*/*.wfl "$top_srcdir"/tests/fuzz/corpus/campaign/* \
    "$top_srcdir"/tests/fuzz/corpus/fmt/*; do
    "$wflc" fmt - <"$wfl" >once.wfl 2>said
    code=$?
    if ! "$tree" -q "$wfl" >/dev/null 2>&1; then
        [ $code = 1 ] && [ ! -s once.wfl ] && grep -q ' \[syntax\]$' said && continue
        echo "$wfl: exit $code for a syntax error" >>output
        wrong=$((wrong + 1))
        continue
    fi
    seen=$((seen + 1))
    "$wflc" fmt - <once.wfl >twice.wfl
    tr -d ' \t\r\n' <"$wfl" >ink
    meaning "$wfl" >tree
    if ! tr -d ' \t\r\n' <once.wfl | cmp -s - ink || ! meaning once.wfl | cmp -s - tree ||
        ! cmp -s once.wfl twice.wfl; then
        echo "$wfl: another text or meaning, or not stable" >>output
        wrong=$((wrong + 1))
    fi
done
[ $wrong = 0 ] && [ $seen -gt 40 ]
verdict $? 'comments, strings and meaning stay, and so does the result'

# crooked text in place
cp "$golden/fmt/crooked.wfl" a.wfl
cp "$golden/fmt/crooked.out" b.wfl
printf 'campaign c\ntask {\n' >bad.wfl
cp bad.wfl bad.old
chmod 640 a.wfl
chmod 600 b.wfl
before=$(ls -li --time-style=full-iso b.wfl)

"$wflc" fmt --check a.wfl b.wfl >output 2>&1
code=$?
[ $code = 1 ] && [ "$(cat output)" = a.wfl ] && cmp -s a.wfl "$golden/fmt/crooked.wfl"
verdict $? '--check lists what would change, and changes nothing'

"$wflc" fmt --diff a.wfl b.wfl >a.diff 2>output && cmp a.wfl "$golden/fmt/crooked.wfl" >>output 2>&1
verdict $? '--diff changes nothing'
if command -v patch >/dev/null; then
    for wfl in "$golden"/fmt/*.wfl "$golden/syntax/everything.wfl"; do
        cp "$wfl" p.wfl
        "$wflc" fmt --diff p.wfl >p.diff
        [ ! -s p.diff ] || patch --binary -s p.wfl p.diff
        "$wflc" fmt --check p.wfl || break
    done >output 2>&1
    [ ! -s output ]
    verdict $? '--diff is what patch makes of it'
else
    verdict 0 '--diff is what patch makes of it # SKIP no patch'
fi
"$wflc" fmt --check --diff a.wfl >both.diff 2>output
[ $? = 1 ] && [ "$(cat output)" = a.wfl ] && cmp both.diff a.diff >output
verdict $? '--check and --diff together'
printf 'campaign   c' | "$wflc" fmt --diff - >output
grep -q '^\\ No newline at end of file$' output
verdict $? 'a last line without end'

ln -s a.wfl link.wfl
"$wflc" fmt link.wfl b.wfl >output 2>&1 && [ ! -s output ] && cmp a.wfl "$golden/fmt/crooked.out" >output
verdict $? 'files are laid out in place'
[ -h link.wfl ] && [ "$(stat -c %a a.wfl)" = 640 ]
verdict $? 'links and modes stay'
[ "$before" = "$(ls -li --time-style=full-iso b.wfl)" ]
verdict $? 'a file that needs no change is not touched'
[ "$(find . -name '*tmp*')" = '' ]
verdict $? 'nothing is left beside'

"$wflc" fmt bad.wfl "$golden/fmt/none.wfl" a.wfl >output 2>&1
[ $? = 3 ] && grep -q '^bad.wfl:2:6: error: .* \[syntax\]$' output && cmp bad.wfl bad.old >>output &&
    grep -q "^wflc: cannot read '.*none.wfl': No such file or directory\$" output
verdict $? 'syntax errors are told and the file left alone'
"$wflc" fmt bad.wfl >output 2>&1
[ $? = 1 ]
verdict $? 'which is exit code 1'
"$wflc" fmt . >output 2>&1
[ $? = 3 ] && grep -q "^wflc: cannot read '\.': Is a directory\$" output
verdict $? 'a folder'
"$wflc" fmt >output 2>&1
[ $? = 2 ]
verdict $? 'no file'
: >empty.wfl
printf '\n\n  \n' >blank.wfl
"$wflc" fmt empty.wfl blank.wfl >output 2>&1 && [ ! -s empty.wfl ] && [ ! -s blank.wfl ]
verdict $? 'files without text'
echo 'campaign   c' >r.wfl
chmod 400 r.wfl
if [ "$(id -u)" = 0 ]; then
    verdict 0 'a file that may not be written # SKIP root may'
else
    "$wflc" fmt r.wfl >output 2>&1
    [ $? = 3 ] && grep -q "^wflc: cannot write 'r.wfl': Permission denied\$" output
    verdict $? 'a file that may not be written'
fi
# long rows do not push others aside: the result is not much longer than the text
awk 'BEGIN { printf "let x = ["; for (i = 0; i < 20000; i++) printf "1, "; print "(1,"
    for (i = 0; i < 20000; i++) print "2, # c"; print "3)] # d" }' >long.wfl
cp long.wfl long.old
"$wflc" fmt long.wfl >output 2>&1 && [ "$(wc -c <long.wfl)" -lt 3000000 ]
verdict $? 'long rows'
