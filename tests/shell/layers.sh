#!/bin/sh
# The table of folders in HACKING is the rule: what each may include, and which programs it is linked into.
. "${top_srcdir:?is set by make check}/tests/shell/verdict_lib.sh"
src=$(cd "$top_srcdir/src" && pwd)
: >output

# a row a line: "FOLDER[,FOLDER] INCLUDES(with commas, or -) PROGRAMS"
awk -F ' *[|] *' '/^[|] `src\// { gsub(/`|src\/| /, "", $2); gsub(/ /, "", $4); print $2, $4, $5 }' \
    "$top_srcdir/HACKING.md" >rows
[ "$(tr ',' '\n' <rows | wc -l)" -gt 20 ] || echo 'no table of folders is found in HACKING.md' >output
verdict "$([ ! -s output ]; echo $?)" "HACKING has the table"

: >output
cut -d ' ' -f 1 rows | tr ',' '\n' | sort >told
for folder in "$src"/*/; do basename "$folder"; done | sort >there
diff told there >output
verdict $? "it has every folder once"

: >output
while read -r folders may _; do
    for folder in $(echo "$folders" | tr ',' ' '); do
        cat "$src/$folder"/*.[chly] 2>/dev/null
    done | sed -n 's,^# *include "\([a-z]*\)/.*,\1,p' | sort -u >includes
    for folder in $(echo "$folders" | tr ',' ' '); do
        sed -i "/^$folder\$/d" includes
    done
    echo "$may" | tr ',' '\n' | grep -vx -e - | sort -u >allowed
    comm -23 includes allowed | sed "s|^|src/$folders may not include |" >>output
    comm -13 includes allowed | sed "s|^|src/$folders does not include what its row names: |" >>output
done <rows
[ ! -s output ]
verdict $? "folders include those that it names, and no others"

# rows stand for their folders
awk '{ row[NR] = $1; may[NR] = $2; n = split($1, f, ","); for (i = 1; i <= n; i++) of[f[i]] = $1 }
    END { for (r = 1; r <= NR; r++) { n = split(may[r], f, ","); for (i = 1; i <= n; i++) if (f[i] in of) print row[r], of[f[i]] } }' \
    rows >edges
tsort edges >order 2>output
verdict $? "none of them in a circle"

: >output
while read -r folders _ programs; do
    case $programs in
    both) want=libwflrt_a ;;
    wfl-shim) want=wfl_shim ;;
    *) want='libwflc_a wflc nodist_wflc' ;;
    esac
    for folder in $(echo "$folders" | tr ',' ' '); do
        sed -n 's/^\([a-z_]*\)_SOURCES .*/\1/p' "$src/$folder/local.mk" | while read -r unit; do
            case " $want " in
            *" $unit "*) ;;
            *) echo "src/$folder has sources of $unit, and is linked into $programs" >>output ;;
            esac
        done
        tr -s ' \t' '\n' <"$src/$folder/local.mk" | sed -n "s,^src/$folder/\\([^/]*\\.[ch]\\)\$,\\1,p" | sort -u >listed
        (cd "$src/$folder" && ls) | grep '\.[ch]$' | sort -u >files
        comm -13 listed files | grep -vxE 'grammar\.[ch]|scan\.c' | sed "s,^,src/$folder/local.mk does not list ," >>output
    done
done <rows
[ ! -s output ]
verdict $? "each is linked into the programs that it names"

: >output
awk 'FNR == 1 && !/^\/\*/ { sub(/\.c$/, "", FILENAME); print FILENAME }' "$src"/*/*.c | grep -vE '/(grammar|scan)$' >silent
while read -r file; do
    head -n 1 "$file.h" 2>/dev/null | grep -q '^/[*] ' || echo "${file#"$src/"}.c opens without a word, and has no header that does" >>output
done <silent
[ ! -s output ]
verdict $? "each file opens with what it is for, or its header does"

: >output
# shellcheck disable=SC2016 # not the shell's backquotes
sed -n '/^## The walk/,/^## Layout/p' "$top_srcdir/HACKING.md" | grep -o '`[a-z_]*`' | tr -d '`' | sort -u >walk
while read -r name; do
    [ -d "$src/$name" ] || grep -qE "^$name\\(" "$src"/*/*.c || echo "the walk in HACKING names $name, which is no function" >>output
done <walk
[ "$(wc -l <walk)" -gt 30 ] && [ ! -s output ]
verdict $? "the walk of one task names functions that there are"

: >output
for folder in "$src"/*/; do
    lines=$(find "$folder" -name '*.[chyl]' ! -name 'grammar.[ch]' ! -name scan.c -exec cat {} + | wc -l)
    [ "$lines" -le 8300 ] || echo "src/$(basename "$folder") has $lines lines: more than 8300 are more than one room" >>output
done
[ ! -s output ]
verdict $? "no folder is too large to be known"

names=$(sed -n 's/^#define \(BUILD\|STATE\)_[A-Z_]* "\(.*\)".*/\2/p' "$src/journal/paths.h" | paste -sd '|')
grep -nE "\"[^\"]*%s/($names|campaign\\.wflp)[\"/':. ]" "$src"/*/*.c | grep -v "^$src/codegen/" >output
[ "$(echo "$names" | tr '|' '\n' | wc -l)" -gt 10 ] && [ ! -s output ]
verdict $? "paths of a build are spelled in journal/paths.h alone"
echo "1..$n"
