#!/bin/sh
# The TextMate grammar knows the words of the language, and sees in all examples what the lexer
# sees. With VS Code's own engine, too, where node finds it (NODE_PATH).
. "${top_srcdir:?is set by make check}/tests/editors/editors_lib.sh"

if ! python3 -c 'import json, re' 2>/dev/null; then
    echo '1..0 # SKIP no python3'
    exit 0
fi
vscode=$top_srcdir/editors/vscode
grammar=$vscode/syntaxes/wfl.tmLanguage.json
engine=$top_srcdir/tests/editors/textmate
with_node=0
if node -e 'require("vscode-textmate"); require("vscode-oniguruma")' 2>/dev/null; then
    with_node=1
fi
echo 1..$(((1 + with_node) * $# + 7))

# scope SCOPE: its words, sorted
scope()
{
    python3 "$engine.py" words "$grammar" "$1"
}
words '^WORD_RESERVED' >"$tmp/reserved"
words '^0|WORD_SMALL' >"$tmp/small"
{ scope keyword.operator; scope keyword.control; scope constant.language; } | sort >"$tmp/v"
same 'the reserved words' "$tmp/reserved" "$tmp/v"
scope keyword.other.wfl >"$tmp/v"
same 'the small words' "$tmp/small" "$tmp/v"
words WORD_DECLARATION >"$tmp/w"
scope keyword.declaration >"$tmp/v"
same 'the words of declarations' "$tmp/w" "$tmp/v"
words '^WORD_TASK' >"$tmp/w"
scope keyword.other.property >"$tmp/v"
same 'the words of properties' "$tmp/w" "$tmp/v"
# run stands behind the number of a hook
{ cat "$tmp/reserved" "$tmp/small"; echo run; } | sort >"$tmp/w"
scope support.constant.unit >"$tmp/v"
same 'the words that are no units' "$tmp/w" "$tmp/v"
words '' >"$tmp/w"
{ scope keyword; scope constant.language; } | sort -u >"$tmp/v"
same 'all words, and no others' "$tmp/w" "$tmp/v"

python3 - "$vscode" >"$tmp/v" <<'END'
import json, os, sys
top = sys.argv[1]
package = json.load(open(os.path.join(top, 'package.json')))
language, = package['contributes']['languages']
grammar, = package['contributes']['grammars']
rules = json.load(open(os.path.join(top, language['configuration'])))
print(language['extensions'], rules['comments'], language['id'] == grammar['language'],
      json.load(open(os.path.join(top, grammar['path'])))['scopeName'] == grammar['scopeName'])
END
echo "['.wfl'] {'lineComment': '#'} True True" >"$tmp/w"
same 'the extension names its parts' "$tmp/w" "$tmp/v"

python3 "$engine.py" classes "$grammar" "$tmp/py" "$@" 2>&1 | sed 's/^/# /'
[ "$with_node" = 0 ] || node "$engine.js" "$grammar" "$tmp/js" "$@" 2>&1 | sed 's/^/# /'
i=0
for f do
    i=$((i + 1))
    "$top_builddir/tests/editors/token_classes" "$f" >"$tmp/lexer"
    same "$(basename "$f")" "$tmp/lexer" "$tmp/py.$i"
    [ "$with_node" = 0 ] || same "$(basename "$f"), VS Code's engine" "$tmp/lexer" "$tmp/js.$i"
done
