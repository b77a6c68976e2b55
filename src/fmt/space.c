/* How many blanks stand between two atoms of a row, but for what lines up. */
#include "config.h"

#include "fmt/page.h"

#include "lexer/lexer.h"
#include "lexer/words.h"
#include "parser/grammar.h"

static uint32_t
had_one(const struct atom *a)
{
    return a->had > 0;
}

/* Words such as 'from', 'minus' and 'step': a name, or what a value follows. */
static bool
is_small_word(int kind)
{
    const struct word *w = word_of(kind);
    return w && w->flags == 0;
}

/* Is this '-' a sign? Where only the grammar could tell, it is what it was written like. */
static bool
is_sign(const struct page *p, uint32_t i)
{
    const struct atom *a = &p->atom[i];
    if (a->kind != '-')
        return false;
    if (a->statement == i || a->statement == i - 1 || !token_ends_operand(a[-1].kind))
        return true;
    if (!is_small_word(a[-1].kind) || page_starts_row(p, i) || page_starts_row(p, i + 1))
        return false;
    return a->had > 0 && a[1].had == 0;
}

/* Behind the 'check' of an output, where a '-' may be part of a word. */
static bool
is_in_checks(const struct page *p, uint32_t i, bool before)
{
    int first = p->atom[p->atom[i].statement].kind;
    if (first != T_OUTPUT && first != T_INPUT)
        return false;
    return p->atom[i].statement != i && (before || p->atom[i].kind == T_CHECK);
}

static bool
is_name(int kind)
{
    const struct word *w = word_of(kind);
    return kind == T_IDENT || (w && !(w->flags & WORD_RESERVED));
}

static uint32_t
gap_before_bracket(const struct page *p, uint32_t i)
{
    const struct atom *a = &p->atom[i];
    int before = a[-1].kind, first = p->atom[a->statement].kind;
    if (is_small_word(before) || first == T_RETRY || first == T_SIGNAL)
        return had_one(a);
    if (before == ')' || before == ']')
        return 0;
    return a->statement == i - 1 || !is_name(before);
}

static uint32_t
gap_before(const struct page *p, uint32_t i, bool in_checks)
{
    const struct atom *a = &p->atom[i];
    int before = a[-1].kind;
    if (before == '(' || before == '[' || before == '.' || a[-1].unary)
        return 0;
    if (in_checks && (a->kind == '-' || before == '-'))
        return had_one(a);
    switch (a->kind) {
    case ',':
    case ';':
    case ')':
    case ']':
    case '.':
        return 0;
    case '(':
    case '[':
        return gap_before_bracket(p, i);
    default:
        break;
    }
    if (before != ';')
        return 1;
    /* `{ a 1; b 2 }`, but `a 1;  b 2` where the block has more lines */
    return a->parent != NONE && p->atom[a->parent].row == a->row ? 1 : 2;
}

void
page_space(struct page *p)
{
    bool in_checks = false;
    for (uint32_t i = 0; i < p->natoms; i++) {
        in_checks = is_in_checks(p, i, in_checks);
        p->atom[i].unary = is_sign(p, i);
        p->atom[i].gap = page_starts_row(p, i) ? 0 : gap_before(p, i, in_checks);
    }
}
