#include "config.h"

#include "parser/report.h"

#include "lexer/words.h"
#include "parser/grammar.h"

#include <stdio.h>
#include <string.h>

enum { MAX_EXPECTED = 160, MAX_SHOWN = 4 };

/* What would fit, by the names of the grammar; those folded into another are dropped. */
struct expected {
    const char *name[MAX_EXPECTED];
    size_t n;
};

static bool
has(const struct expected *e, const char *name)
{
    for (size_t i = 0; i < e->n; i++) {
        if (strcmp(e->name[i], name) == 0)
            return true;
    }
    return false;
}

static void
drop(struct expected *e, const char *const *name, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < e->n; i++) {
        size_t j = 0;
        while (j < n && strcmp(e->name[i], name[j]) != 0)
            j++;
        if (j == n)
            e->name[kept++] = e->name[i];
    }
    e->n = kept;
}
#define DROP(e, ...)                                                                               \
    drop(e, (const char *const[]){__VA_ARGS__},                                                    \
        sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

/* The word that a grammar's name such as 'cores' quotes, into buf; false if it quotes none. */
static bool
quoted_word(const char *name, char *buf, size_t size)
{
    size_t n = strlen(name);
    if (n < 4 || name[0] != '\'' || n - 2 >= size || name[1] < 'a' || name[1] > 'z')
        return false;
    memcpy(buf, name + 1, n - 2);
    buf[n - 2] = 0;
    return true;
}

/* Words that are expected only because they are names like any other. */
static void
drop_soft_words(struct expected *e)
{
    char word[32];
    size_t kept = 0;
    for (size_t i = 0; i < e->n; i++) {
        const struct word *w = quoted_word(e->name[i], word, sizeof word) ? word_find(word) : NULL;
        if (!w || w->flags & WORD_RESERVED)
            e->name[kept++] = e->name[i];
    }
    e->n = kept;
}

/* Puts many alternatives into few words, the most telling first. */
static void
fold(struct expected *e)
{
    struct expected front = {.n = 0}, back = {.n = 0};
    bool any_name = has(e, "a name") && has(e, "'campaign'");
    if (has(e, "'campaign'") && !any_name) {
        front.name[front.n++] = "a declaration";
        drop_soft_words(e);
    } else if (has(e, "'cores'") && !any_name) {
        front.name[front.n++] = "a property";
        drop_soft_words(e);
    }
    if (any_name)
        drop_soft_words(e);
    if (has(e, "'*'"))
        DROP(e, "a string", "a block string", "a string in '...'");
    if (has(e, "'not'")) {
        front.name[front.n++] = "a value";
        DROP(e, "a name", "a number", "a real number", "'not'", "'if'", "'-'", "'('", "'['",
            "'true'", "'false'", "a string", "a block string", "a string in '...'");
    } else if (any_name) {
        front.name[front.n++] = "a name";
    }
    DROP(e, "a name", "a label", "a real number");
    if (has(e, "a block string")) {
        front.name[front.n++] = "a string";
        DROP(e, "a string", "a block string", "a string in '...'");
    }
    if (has(e, "'*'")) {
        back.name[back.n++] = "an operator";
        DROP(e, "'+'", "'-'", "'*'", "'/'", "'div'", "'mod'", "'minus'", "'=='", "'!='", "'<='",
            "'>='", "'<'", "'>'", "'in'", "'and'", "'or'", "'..'", "'step'", "'.'", "'('", "'['");
    }
    if (has(e, "'=='")) {
        back.name[back.n++] = "a comparison";
        DROP(e, "'=='", "'!='", "'<='", "'>='", "'<'", "'>'", "'-'");
    }
    if (has(e, "the end of the line"))
        back.name[back.n++] = "the end of the line";
    DROP(e, "the end of the line", "';'", "the end of the file", "a format");
    static const char *const closing[] = {"')'", "']'", "'{'", "','"};
    for (size_t i = 0; i < sizeof closing / sizeof closing[0]; i++) {
        if (has(e, closing[i])) {
            front.name[front.n++] = closing[i];
            drop(e, &closing[i], 1);
        }
    }
    for (size_t i = 0; i < e->n; i++)
        front.name[front.n++] = e->name[i];
    for (size_t i = 0; i < back.n; i++)
        front.name[front.n++] = back.name[i];
    *e = front;
}

static void
describe(struct buf *b, const struct token *t)
{
    const struct word *w = word_of(t->kind);
    if (w) {
        buf_printf(b, "'%s'", w->text);
        return;
    }
    switch (t->kind) {
    case T_IDENT:
    case T_LABEL:
        buf_printf(b, "name '%s'", t->value.text);
        break;
    case T_INT:
    case T_REAL:
        buf_puts(b, "number");
        break;
    case T_RAW:
    case T_STRING_BEGIN:
    case T_BLOCK_BEGIN:
        buf_puts(b, "string");
        break;
    case T_NEWLINE:
        buf_puts(b, "end of the line");
        break;
    case T_END:
        buf_puts(b, "end of the file");
        break;
    case T_INSERT_END:
        buf_puts(b, "'}'");
        break;
    case T_FORMAT:
        buf_puts(b, "format");
        break;
    case T_RANGE:
        buf_puts(b, "'..'");
        break;
    case T_EQ:
        buf_puts(b, "'=='");
        break;
    case T_NE:
        buf_puts(b, "'!='");
        break;
    case T_LE:
        buf_puts(b, "'<='");
        break;
    case T_GE:
        buf_puts(b, "'>='");
        break;
    default:
        buf_printf(b, "'%c'", t->kind);
    }
}

static bool
is_comparison(int kind)
{
    return kind == T_EQ || kind == T_NE || kind == T_LE || kind == T_GE || kind == '<' ||
           kind == '>' || kind == T_IN;
}

static bool
starts_operand(int kind)
{
    return (token_ends_operand(kind) && kind != ')' && kind != ']') || kind == T_STRING_BEGIN ||
           kind == T_BLOCK_BEGIN || kind == T_LABEL;
}

/* What the writer of `cores = 4` should have written: the rest of the line after the sign. */
static void
help_property(struct parse *p, struct diag *m, const struct token *t)
{
    const char *text = diag_text(p->d, t->at.file, NULL) + t->at.end;
    text += strspn(text, " \t");
    int n = (int)strcspn(text, "\n\r;#}");
    while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t'))
        n--;
    const char *word = word_of(p->lx.first.kind)->text;
    if (n > 0 && n < 60)
        diag_help(m, "leave out the '%c': %s %.*s", t->kind, word, n, text);
    else
        diag_help(m, "leave out the '%c': a property is its name and then its value", t->kind);
}

static bool
help_quotes(const struct lexer *lx, struct diag *m, const struct expected *e)
{
    const struct word *w = word_of(lx->first.kind);
    int kind = lx->prev.kind;
    if (!has(e, "a string") || lx->index == 0 ||
        (!token_ends_operand(kind) && kind != '/' && kind != '{' && kind != '.'))
        return false;
    switch (lx->first.kind) {
    case T_RUN:
        diag_help(m, "put the command in quotes: run \"...\"");
        return true;
    case T_INPUT:
    case T_OUTPUT:
    case T_CHECKPOINT:
        if (lx->index > 2)
            return false;
        diag_help(m, "put the path in quotes: %s \"...\"", w->text);
        return true;
    default:
        return false;
    }
}

static bool
help_spelling(const struct token *t, struct diag *m, const char *const *expected, size_t n)
{
    char word[MAX_EXPECTED][16];
    const char *candidate[MAX_EXPECTED];
    size_t count = 0;
    if (t->kind != T_IDENT)
        return false;
    for (size_t i = 0; i < n && i < MAX_EXPECTED; i++) {
        if (quoted_word(expected[i], word[count], sizeof word[0])) {
            candidate[count] = word[count];
            count++;
        }
    }
    const char *near = diag_nearest(t->value.text, candidate, count);
    if (near)
        diag_help(m, "did you mean '%s'?", near);
    return near != NULL;
}

/* How a statement that begins with this token looks, or NULL. */
static const char *
usage(int kind)
{
    switch (kind) {
    case T_CAMPAIGN:
        return "campaign NAME";
    case T_PARAM:
        return "param NAME = VALUE";
    case T_LET:
        return "let NAME = VALUE";
    case T_SET:
        return "set NAME = 1 .. 10";
    case T_REGION:
        return "region NAME = circle(ra 10 deg, dec -5 deg, radius 2 deg)";
    case T_TABLE:
        return "table NAME from csv \"FILE\"";
    case T_VISITS:
        return "visits NAME from sqlite \"FILE\" query \"SELECT ...\" { ... }";
    case T_SENSORS:
        return "sensors NAME from csv \"FILE\"";
    case T_CAMERA:
        return "camera NAME from csv \"FILE\" { scale 20 arcsec }";
    case T_UMASK:
        return "umask 027";
    case T_SYNC:
        return "sync later";
    case T_SHELL:
        return "shell bash";
    case T_USE:
        return "use lsst";
    case T_CHECKPOINT:
        return "checkpoint \"PATH\"";
    case T_ORDER:
        return "order by VALUE, ...";
    case T_LEARN:
        return "learn time by VALUE, ...";
    case T_ERROR:
        return "error \"TEXT\" when CONDITION";
    case T_WARNING:
        return "warning \"TEXT\" when CONDITION";
    case T_WHEN:
        return "when failed > 1 % run \"COMMAND\"";
    case T_GATE:
        return "gate \"WHAT TO DO\" after 100 of TASK";
    case T_SITE:
        return "site NAME profile \"PROFILE\" { ... }";
    case T_TASK:
        return "task NAME for v in ROWS where CONDITION needs TASK { ... }";
    case T_OUTPUT:
        return "output NAME \"PATH\" check gzip, size > 1 MB";
    case T_RETRY:
        return "retry 2, memory x 1.5 when out of memory or exit 9, unless exit 3";
    case T_SIGNAL:
        return "signal USR1 10 min before the end";
    case T_BUNDLE:
        return "bundle by v";
    case T_FEED:
        return "feed \"{s.name}\"";
    case T_ENV:
        return "env NAME = VALUE";
    case T_AFTER:
        return "after failure stop";
    case T_STOP:
        return "stop when CONDITION";
    default:
        return NULL;
    }
}

/* The word that ends before byte `at` of the text, but for blanks, into buf; what stands before it.
 */
static char
word_before(const char *text, uint32_t at, char *buf, size_t size)
{
    while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '\t'))
        at--;
    uint32_t end = at;
    while (at > 0 && text[at - 1] >= 'a' && text[at - 1] <= 'z')
        at--;
    snprintf(buf, size, "%.*s", (int)(end - at), text + at);
    while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '\t'))
        at--;
    return at > 0 ? text[at - 1] : '\n';
}

static bool
is_source(const char *word)
{
    static const char *const source[] = {"csv", "list", "sqlite", "instcat", "glob", "query"};
    for (size_t i = 0; i < sizeof source / sizeof source[0]; i++)
        if (strcmp(word, source[i]) == 0)
            return true;
    return false;
}

/* Habits from other languages, told by the words around. */
static bool
help_habit(struct parse *p, struct diag *m, const struct token *t, bool wants_value)
{
    const char *text = diag_text(p->d, t->at.file, NULL);
    int first = p->lx.first.kind;
    char word[16];
    char before = word_before(text, t->at.start, word, sizeof word);
    const struct word *w = word_find(word);
    if (t->kind == '.' && p->lx.before.kind == T_RANGE)
        diag_help(m, "a range has two dots: 1 .. 5");
    else if (t->kind == ':' && p->lx.before.kind == T_INT && (first == T_TIME || first == T_LIMIT))
        diag_help(m, "a duration is a number and its unit: 10 min, or 1.5 h");
    else if (t->kind == '/' && wants_value)
        diag_help(m, "text stands in quotes: \"/...\"");
    else if ((t->kind == T_IDENT || word_of(t->kind)) && is_source(word))
        diag_help(m, "text stands in quotes: %s \"...\"", word);
    else if (t->kind == '-' && p->lx.index == 2 && word_of(first) &&
             word_of(first)->flags & WORD_DECLARATION)
        diag_help(m, "a name has letters, digits and '_'");
    else if (before == ',' && w && w->flags & WORD_TASK && first != T_RETRY)
        diag_help(m, "a ';' or the end of the line stands between two properties, no comma");
    else if (t->kind == ',' && first == T_SET && p->lx.nbrackets == 0)
        diag_help(m, "a list stands in brackets: set NAME = [1, 2, 3]");
    else if (t->kind == T_IF && p->lx.index == 0)
        diag_help(m, "a choice is a value: cores if CONDITION then 4 else 1");
    else
        return false;
    return true;
}

/* The name of a check without the word before it. */
static bool
is_check(const struct parse *p, const struct token *t)
{
    static const char *const checks[] = {"exists", "size", "fits", "gzip", "command", "optional"};
    size_t n = t->at.end - t->at.start;
    const char *text = diag_text(p->d, t->at.file, NULL) + t->at.start;
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++)
        if (n == strlen(checks[i]) && memcmp(text, checks[i], n) == 0)
            return true;
    return false;
}

/* Remedies for the frequent mistakes. */
static void
help(struct parse *p, struct diag *m, const char *const *raw, size_t nraw, const struct expected *e)
{
    const struct lexer *lx = &p->lx;
    const struct token *t = &lx->prev;
    const struct bracket *top = lexer_top(lx);
    const struct word *w = word_of(t->kind);
    struct expected all = {.n = nraw < MAX_EXPECTED ? nraw : MAX_EXPECTED};
    memcpy(all.name, raw, all.n * sizeof raw[0]);
    bool can_follow = has(&all, "'*'");

    if ((t->kind == '=' || t->kind == ':') && lx->index == 1 && word_of(lx->first.kind) &&
        lx->nbrackets > 0)
        help_property(p, m, t);
    else if (t->kind == '=' && has(&all, "'=='"))
        diag_help(m, "'equal' is written '=='");
    else if (w && w->flags & WORD_RESERVED && has(e, "a name"))
        diag_help(m, "'%s' is a reserved word; choose another name", w->text);
    else if (is_comparison(t->kind) && has(&all, "'and'") && !has(&all, "'=='"))
        diag_help(m, "comparisons do not chain: write a < b and b < c");
    else if (help_habit(p, m, t, has(e, "a value")))
        ;
    else if (has(&all, "'check'") && is_check(p, t))
        diag_help(m, "what a file is to be like stands behind 'check': check %.*s",
            (int)(t->at.end - t->at.start), diag_text(p->d, t->at.file, NULL) + t->at.start);
    else if (help_spelling(t, m, raw, nraw))
        ;
    else if (help_quotes(lx, m, e))
        ;
    else if (top && top->kind == 'i')
        diag_help(m, "if no value is meant here: braces that are only text are written {{ and }}");
    else if (can_follow && has(&all, "','") && top && (top->kind == '(' || top->kind == '[') &&
             starts_operand(t->kind))
        diag_help(m, "is a comma missing before it?");
    else if (has(e, "'else'") || has(e, "'then'"))
        diag_help(m, "a choice is written: if CONDITION then VALUE else VALUE");
    else if ((!can_follow || has(e, "'before'")) && !has(e, "a value") && usage(lx->first.kind) &&
             lx->nbrackets == lx->first_depth)
        diag_help(m, "as in: %s", usage(lx->first.kind));
    else if (lx->first.kind == T_TASK && lx->nbrackets == 0 && w && w->flags & WORD_TASK &&
             t->kind != T_AFTER)
        diag_help(m, "a '{' begins the properties of a task");
    else if (lx->first.kind == T_TASK && lx->nbrackets == 0 &&
             (t->kind == T_FOR || starts_operand(t->kind)))
        diag_help(m, "as in: %s", usage(T_TASK));
    else if (lx->first.kind == T_RETRY && starts_operand(t->kind))
        diag_help(m, "is a comma missing before it?");

    if (lx->left_open.kind)
        diag_note(m, lx->left_open.at, "this '%c' is not closed", lx->left_open.kind);
    else if (top && (top->kind == '(' || top->kind == '[') && (t->kind == ')' || t->kind == ']'))
        diag_note(m, top->at, "this '%c' is not closed", top->kind);
}

void
report_unexpected(struct parse *p, const char *const *expected, size_t n)
{
    struct lexer *lx = &p->lx;
    const struct token *t = &lx->prev;
    if (lx->done)
        return;
    if (lx->index == 0 && t->kind == '}' && lx->nbrackets == 0) {
        struct diag *m = lexer_error(lx, t->at, "stray '}': no block is open here");
        if (m)
            diag_help(m, "remove it, or look for a '}' too many above");
        return;
    }
    if (lx->index == 0 && t->kind == ';') {
        struct diag *m = lexer_error(lx, t->at, "stray ';'");
        if (m)
            diag_help(m, "remove it");
        return;
    }
    struct expected e = {.n = n < MAX_EXPECTED ? n : MAX_EXPECTED};
    memcpy(e.name, expected, e.n * sizeof expected[0]);
    fold(&e);
    struct buf text = {0};
    buf_puts(&text, "unexpected ");
    describe(&text, t);
    size_t shown = e.n < MAX_SHOWN ? e.n : MAX_SHOWN;
    for (size_t i = 0; i < shown; i++)
        buf_printf(&text, "%s%s",
            i == 0           ? ", expected "
            : i + 1 == shown ? " or "
                             : ", ",
            e.name[i]);
    struct span at = t->at;
    struct diag *m = lexer_error(lx, at, "%s", text.p);
    buf_free(&text);
    if (m)
        help(p, m, expected, n, &e);
}

void
report_too_deep(struct parse *p, struct span at)
{
    struct diag *m = lexer_error(&p->lx, at, "this is nested too deeply");
    if (m)
        diag_help(m, "give the inner parts names with 'let'");
    lexer_stop(&p->lx);
}
