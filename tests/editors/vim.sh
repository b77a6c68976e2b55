#!/bin/sh
# Vim's syntax file knows the words of the language, and sees in all examples what the lexer sees.
. "${top_srcdir:?is set by make check}/tests/editors/editors_lib.sh"

vim=$(command -v vim || command -v vim.tiny) || vim=
if [ -z "$vim" ] || ! "$vim" --version | grep -q '+eval' || ! "$vim" --version | grep -q '+syntax'; then
    echo '1..0 # SKIP no vim that has syntax files and expressions'
    exit 0
fi
echo 1..$(($# + 7))
syntax=$top_srcdir/editors/vim/syntax/wfl.vim

# keywords GROUP: the words of a group, sorted
keywords()
{
    sed -n "s/^syntax keyword $1 //p" "$syntax" | tr ' ' '\n' | grep -v '^contained$' | sort
}
# matches GROUP: those of an alternative of a pattern
matches()
{
    sed -n "s/^syntax match $1 .*zs.%(\(.*\)\\\\).>\"\$/\1/p" "$syntax" | sed 's/\\|/\n/g' | sort
}
words '^WORD_RESERVED' >"$tmp/reserved"
words '^0|WORD_SMALL' >"$tmp/small"
{ keywords wflReserved; keywords wflBoolean; } | sort >"$tmp/v"
same 'the reserved words' "$tmp/reserved" "$tmp/v"
keywords wflSmall >"$tmp/v"
same 'the small words' "$tmp/small" "$tmp/v"
words WORD_DECLARATION >"$tmp/w"
matches wflDeclaration >"$tmp/v"
same 'the words of declarations' "$tmp/w" "$tmp/v"
words '^WORD_TASK' >"$tmp/w"
matches wflProperty >"$tmp/v"
same 'the words of properties' "$tmp/w" "$tmp/v"
# run stands behind the number of a hook
{ cat "$tmp/reserved" "$tmp/small"; echo run; } | sort >"$tmp/w"
sed -n 's/^syntax match wflUnit "\\%(\\%(\(.*\)\\)\\>\\)\\@!.*/\1/p' "$syntax" | sed 's/\\|/\n/g' |
    sort >"$tmp/v"
same 'the words that are no units' "$tmp/w" "$tmp/v"

WFL_FILES=$(for f; do (cd "$(dirname "$f")" && echo "$PWD/$(basename "$f")"); done)
WFL_OUT=$tmp/vim HOME=$tmp
export WFL_FILES WFL_OUT HOME
"$vim" -e -s -N -i NONE -u NONE --cmd "set runtimepath^=$top_srcdir/editors/vim" \
    -S "$top_srcdir/tests/editors/classes.vim" >"$tmp/said" 2>&1 </dev/null
sed 's/^/# /' "$tmp/said"
i=0
for f do
    i=$((i + 1))
    "$top_builddir/tests/editors/token_classes" "$f" >"$tmp/lexer"
    same "$(basename "$f")" "$tmp/lexer" "$tmp/vim.$i"
done
printf '%s\n' wfl '# %s' 4 'wflc fmt -' 'WflIndent(v:lnum)' >"$tmp/w"
same 'the settings of a campaign' "$tmp/w" "$tmp/vim.set"

# every block of an example gets the depth it has
cp "$top_srcdir/tests/golden/syntax/example-irf.wfl" "$tmp/i.wfl"
sed 's/^ *//' "$tmp/i.wfl" >"$tmp/j.wfl"
"$vim" -e -s -N -i NONE -u NONE --cmd "set runtimepath^=$top_srcdir/editors/vim" \
    --cmd 'filetype plugin indent on' --cmd 'syntax on' "$tmp/j.wfl" \
    -c 'normal gg=G' -c 'wq' >"$tmp/said" 2>&1 </dev/null
same 'the indentation' "$tmp/i.wfl" "$tmp/j.wfl"
