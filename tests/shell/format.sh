#!/bin/sh
# All C files are as .clang-format says, tables of aligned columns between "clang-format off" and "on".
# Versions of clang-format differ in details: this is about the one of Debian 12.
case $(clang-format --version 2>/dev/null) in
*'version 14.'*) ;;
*) echo "1..0 # SKIP there is no clang-format 14" && exit 0 ;;
esac
. "${top_srcdir:?is set by make check}/tests/shell/verdict_lib.sh"

echo 1..2
(cd "$top_srcdir" && find src tests -name '*.[ch]' -exec clang-format --dry-run {} +) 2>&1 | grep 'warning:' >output
[ ! -s output ]
verdict $? "all files are formatted; else: clang-format -i FILE"

# it would see something else
cp "$top_srcdir/.clang-format" . && printf 'int  x ;\n' >x.c && clang-format --dry-run x.c >output 2>&1
grep -q warning: output
verdict $? "and others would be found"
