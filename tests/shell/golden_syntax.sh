#!/bin/sh
# Syntax: NAME.wfl gives the messages NAME.err, or, if that does not exist, the tree NAME.ast.
# UPDATE_GOLDEN=1 rewrites what exists, and makes what does not.
dir=${top_srcdir:?}/tests/golden/syntax
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
prog=$(cd "${top_builddir:?}" && pwd)/tests/unit/parse_dump

set -- "$dir"/*.wfl
echo "1..$#"
n=0
for wfl do
    n=$((n + 1))
    name=$(basename "$wfl" .wfl)
    (cd "$dir" && "$prog" "$name.wfl") >"$work/out" 2>&1
    case $? in
    0) golden=$dir/$name.ast ;;
    1) golden=$dir/$name.err ;;
    *) golden=/nonexistent ;;
    esac
    if [ -n "$UPDATE_GOLDEN" ] && [ "$golden" != /nonexistent ]; then
        rm -f "$dir/$name.ast" "$dir/$name.err"
        cp "$work/out" "$golden"
    fi
    if cmp -s "$golden" "$work/out"; then
        echo "ok $n - $name"
    else
        diff -u "$golden" "$work/out" 2>&1 | sed 's/^/# /'
        echo "not ok $n - $name"
    fi
done
