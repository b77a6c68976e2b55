# shellcheck shell=sh
# For tests of syntax files, read by them with `.`: the campaigns to look at, and the words.
set -u
: "${top_srcdir:?is set by make check}" "${top_builddir:?is set by make check}"
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
trap 'exit 99' HUP INT TERM

# All examples, and every construct of the language.
set -- "$top_srcdir"/examples/*/*.wfl "$top_srcdir"/tests/golden/syntax/example-*.wfl \
    "$top_srcdir"/tests/golden/syntax/everything.wfl "$top_srcdir"/tests/golden/plan/*.wfl

# words REGEX: the words of the language whose flags match, sorted, one a line
words()
{
    sed -n 's/^    X([A-Z]*, "\([a-z]*\)", \(.*\)) *\\*$/\1 \2/p' \
        "$top_srcdir/src/lexer/words.h" | awk -v want="$1" '
        { word = $1; sub("^[a-z]* ", ""); if ($0 ~ want) print word }' | sort
}

n=0
# same WHAT A B: files of equal content
same()
{
    n=$((n + 1))
    if cmp -s "$2" "$3"; then
        echo "ok $n - $1"
    else
        diff "$2" "$3" | sed 's/^/# /; 20q'
        echo "not ok $n - $1"
    fi
}
