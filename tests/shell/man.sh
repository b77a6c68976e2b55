#!/bin/sh
# The manual pages of the file formats tell what the headers hold.
set -u

src=${top_srcdir:?}/src
man=$top_srcdir/man

# told N PAGE WHAT: every line of standard input begins a line of the page.
told()
{
    missing=$(awk 'NR == FNR { page[NR] = $0; next }
        { lines++; found = 0; for (i in page) found += index(page[i], $0) == 1 }
        !found { print "#   " $0 }
        END { if (!lines) print "#   (nothing to look for)" }' "$man/$2" -)
    if [ -z "$missing" ]; then
        echo "ok $1 - $3"
    else
        printf '# %s has no line for:\n%s\nnot ok %d - %s\n' "$2" "$missing" "$1" "$3"
    fi
}

# The entries "X(NAME, ...)" of a list macro, in order, one a line.
entries()
{
    awk -v list="#define $2(X)" '
        index($0, list) { inside = 1; next }
        inside { print }
        inside && !/\\$/ { exit }' "$src/$1" | grep -o 'X([^)]*)' | sed 's/^X(//; s/)$//'
}

version()
{
    sed -n "s/^#define $2 //p" "$src/$1"
}

# names FILE: what the table in this header calls its entries.
names()
{
    sed -n 's/^ *X([A-Z_]*, "\([a-z-]*\)".*/\1/p' "$src/$1"
}

echo 1..7
entries vm/vm.h VM_OPS | awk -F ', *' '{ print ".It " NR - 1 " Ta Ic " $1 " Ta " $2 " Ta " }' |
    told 1 wfl-plan.5 'every opcode with its number and size'
entries journal/journal.h JOURNAL_REASONS |
    awk -F '"' '{ print ".It " NR - 1 " Ta " $2 " Ta " }' |
    told 2 wfl-journal.5 'every reason with its number'
sed -n '/^enum plan_section/,/PLAN_NSECTIONS/s/^    PLAN_\([A-Z_]*\),.*/\1/p' "$src/plan/plan.h" |
    awk '{ gsub("_", " "); sub("VARS", "VARIABLES"); sub("ARGS", "ARGUMENTS")
           sub("ENVS", "ENVIRONMENT"); print ".It " NR - 1 " Ta " tolower($0) " Ta " }' |
    told 3 wfl-plan.5 'every section with its number'
echo ".It 8 Ta u32 Ta version: $(version plan/plan.h PLAN_VERSION)" |
    told 4 wfl-plan.5 'the version of plans'
echo ".It 5 Ta u8 Ta version: $(version journal/journal.h JOURNAL_VERSION)" |
    told 5 wfl-journal.5 'the version of journals'
names command/options.h | while read -r name; do
    grep -qE "^\.It .*Fl \\\\-$name( |\$)" "$man/wflc.1" || echo "#   --$name"
done | { ! grep . && echo 'ok 6 - every option of wflc' || echo 'not ok 6 - every option of wflc'; }
sed -n 's/^    \.name = "\([a-z]*\)",/\1/p' "$src"/cli/cmd_*.c | grep -vx complete |
    sed 's/^/.It Cm /' | told 7 wflc.1 'every command of wflc'
