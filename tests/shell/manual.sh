#!/bin/sh
# The examples of wfl(5) compile as they stand.
set -u

wflc=$(cd "${top_builddir:?}" && pwd)/wflc
page=$(cd "${top_srcdir:?}" && pwd)/man/wfl.5
# shellcheck source=tests/shell/verdict_lib.sh
. "$top_srcdir/tests/shell/verdict_lib.sh"

# The literal blocks, each in a file of its own, with mdoc's escapes undone. Data that examples
# read stands in blocks that begin with the name of their file, "# NAME".
awk '/^\.Bd -literal/ { inside = 1; file = ++n ".wfl"; first = 1; next }
     /^\.Ed/ { inside = 0 }
     inside {
         gsub(/\\e/, "\\"); gsub(/\\&/, ""); gsub(/\\\(dq/, "\"")
         if (first && /^# [a-z0-9_]*\.[a-z]*$/) file = $2
         else print > file
         first = 0
     }' "$page"
for block in [0-9]*.wfl; do
    name=$(sed -n 's/^campaign //p' "$block")
    "$wflc" check "$block" >output 2>&1
    verdict $? "example ${name:-$(head -n 1 "$block")} of wfl(5) compiles"
done
[ "$n" -ge 4 ]
verdict $? "the page has examples"
echo "1..$n"
