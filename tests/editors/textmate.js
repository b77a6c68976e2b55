// Prints what the TextMate grammar makes of files, as token_classes does, with the engine of VS
// Code: the packages vscode-textmate and vscode-oniguruma, found through NODE_PATH.
//
//     node textmate.js GRAMMAR OUT FILE...      writes OUT.1, OUT.2, ...
'use strict';
const fs = require('fs');
const path = require('path');
const onig = require('vscode-oniguruma');
const tm = require('vscode-textmate');

const classes = [['punctuation.section.embedded', 'i'], ['constant.other.format', 'f'],
    ['support.constant.unit', 'u'], ['constant.numeric', '0'], ['constant.language', 'k'],
    ['constant.character.escape', '"'], ['keyword', 'k'], ['comment', '#'], ['variable', '.'],
    ['meta.embedded', '.'], ['string', '"'], ['source', '.']];

// The innermost scope that says something.
function classOf(scopes) {
    for (const scope of scopes.slice().reverse()) {
        const found = classes.find(([name]) => scope === name || scope.startsWith(name + '.'));
        if (found)
            return found[1];
    }
    return '?';
}

async function main(grammarFile, out, files) {
    const wasm = path.join(path.dirname(require.resolve('vscode-oniguruma')), 'onig.wasm');
    await onig.loadWASM(fs.readFileSync(wasm).buffer);
    const registry = new tm.Registry({
        onigLib: Promise.resolve({
            createOnigScanner: (patterns) => new onig.OnigScanner(patterns),
            createOnigString: (s) => new onig.OnigString(s),
        }),
        loadGrammar: async () => tm.parseRawGrammar(fs.readFileSync(grammarFile, 'utf8'), grammarFile),
    });
    const grammar = await registry.loadGrammar('source.wfl');
    files.forEach((file, i) => {
        let stack = tm.INITIAL;
        let text = '';
        const lines = fs.readFileSync(file, 'latin1').split('\n'); // a character is a byte
        lines.pop();
        for (const line of lines) {
            const result = grammar.tokenizeLine(line, stack);
            stack = result.ruleStack;
            for (const token of result.tokens) {
                const n = Math.min(token.endIndex, line.length) - token.startIndex;
                text += classOf(token.scopes).repeat(n > 0 ? n : 0);
            }
            text += '\n';
        }
        fs.writeFileSync(out + '.' + (i + 1), text);
    });
}

main(process.argv[2], process.argv[3], process.argv.slice(4)).catch((e) => {
    console.error(e);
    process.exit(1);
});
