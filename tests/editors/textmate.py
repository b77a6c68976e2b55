"""Prints what the TextMate grammar makes of files, as token_classes does, with a small engine of
our own: match, begin, end, captures and include, which is all that the grammar uses.

    python3 textmate.py classes GRAMMAR OUT FILE...     writes OUT.1, OUT.2, ...
    python3 textmate.py words GRAMMAR SCOPE             the words that a pattern lists
"""
import json
import re
import sys

CLASSES = [('punctuation.section.embedded', 'i'), ('constant.other.format', 'f'),
           ('support.constant.unit', 'u'), ('constant.numeric', '0'), ('constant.language', 'k'),
           ('constant.character.escape', '"'), ('keyword', 'k'), ('comment', '#'),
           ('variable', '.'), ('meta.embedded', '.'), ('string', '"'), ('source', '.')]
KNOWN = {'name', 'match', 'begin', 'end', 'captures', 'beginCaptures', 'endCaptures', 'patterns',
         'include'}


def class_of(name):
    for prefix, letter in CLASSES:
        if name == prefix or name.startswith(prefix + '.'):
            return letter
    sys.exit('a scope that nobody knows: ' + name)


class Grammar:
    def __init__(self, path):
        with open(path, encoding='utf-8') as f:
            self.top = json.load(f)

    def rules(self, patterns):
        """The rules behind a list of patterns, includes resolved."""
        for p in patterns:
            if not set(p) <= KNOWN:
                sys.exit('an unknown key in ' + json.dumps(p))
            if 'include' in p:
                yield from self.rules([self.top['repository'][p['include'][1:]]])
            elif 'match' in p or 'begin' in p:
                yield p
            else:
                yield from self.rules(p['patterns'])

    def classes(self, text):
        """A letter for each character of a text."""
        out = []
        stack = [{'name': self.top['scopeName'], 'patterns': self.top['patterns']}]
        for line in text.split('\n')[:-1]:
            letters = ['?'] * len(line)
            self.line(line, stack, letters)
            out.append(''.join(letters) + '\n')
        return ''.join(out)

    def line(self, line, stack, letters):
        pos = 0
        while True:
            context = stack[-1]
            best = re.compile(context['end']).search(line, pos) if 'end' in context else None
            rule = None
            for r in self.rules(context.get('patterns', [])):
                m = re.compile(r.get('match') or r['begin']).search(line, pos)
                if m and (best is None or m.start() < best.start()):
                    best, rule = m, r
            here = class_of(context['name'])
            until = best.start() if best else len(line)
            letters[pos:until] = here * (until - pos)
            if not best:
                return
            if rule is None:
                captures = context.get('endCaptures', {})
                name = context['name']
                stack.pop()
            else:
                captures = rule.get('captures') or rule.get('beginCaptures', {})
                name = rule.get('name', context['name'])
                if 'begin' in rule:
                    stack.append(rule)
            letters[best.start():best.end()] = class_of(name) * (best.end() - best.start())
            for number, capture in captures.items():
                start, end = best.span(int(number))
                if start >= 0:
                    letters[start:end] = class_of(capture['name']) * (end - start)
            if best.end() == pos and rule is not None and 'begin' not in rule:
                sys.exit('a pattern that takes nothing: ' + rule['match'])
            pos = best.end()

    def words(self, scope):
        """Those in the (a|b) of the patterns with this scope, or in the (?!(?:a|b)) of units."""
        for r in self.rules(self.top['patterns']):
            scopes = [r.get('name', '')] + [c['name'] for c in r.get('captures', {}).values()]
            if any(s.startswith(scope) for s in scopes):
                for m in re.finditer(r'\((?:\?:)?([a-z]+(?:\|[a-z]+)+)\)', r['match']):
                    yield from m.group(1).split('|')


def main():
    grammar = Grammar(sys.argv[2])
    if sys.argv[1] == 'words':
        print('\n'.join(sorted(grammar.words(sys.argv[3]))))
        return
    for i, path in enumerate(sys.argv[4:]):
        with open(path, encoding='latin-1', newline='\n') as f:  # a character is a byte
            text = f.read()
        with open(f'{sys.argv[3]}.{i + 1}', 'w', encoding='latin-1') as out:
            out.write(grammar.classes(text))


main()
