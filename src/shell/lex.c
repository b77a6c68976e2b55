/* Quotes, expansions and here-documents of a shell text. */
#include "config.h"

#include "shell/lex.h"

#include <string.h>

void
lex_unsure(struct lex *s, const char *why)
{
    if (!s->out->why)
        s->out->why = why;
    s->i = s->n;
}

void
lex_bash_only(struct lex *s, const char *why)
{
    s->out->bash = s->out->bash || !s->out->why;
    lex_unsure(s, why);
}

void
lex_ended(struct lex *s, char inside)
{
    if (!s->out->why && !s->out->open)
        s->out->open = inside;
}

void
lex_recall(struct lex *s, size_t first)
{
    for (size_t i = first; s->out->why && i < s->next; i++)
        s->mark[i].place = SHELL_UNSURE;
}

void
lex_mark(struct lex *s, enum shell_place place)
{
    lex_go(s, 1);
    if (s->next < s->nmarks)
        s->mark[s->next++] = (struct shell_mark){.place = s->refuse ? s->refuse : place,
            .numbers = s->numbers,
            .nested = s->nested};
}

bool
lex_is_name(int c, bool first)
{
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (!first && c >= '0' && c <= '9');
}

void
lex_inner_newline(struct lex *s)
{
    if (s->nhere)
        lex_unsure(s, "quotes go over the line at which a here-document begins");
    else
        lex_go(s, 1);
}

void
lex_escape(struct lex *s)
{
    lex_go(s, 1);
    if (lex_at(s, 0) == LEX_MARK)
        lex_mark(s, SHELL_BACKSLASH);
    else if (lex_at(s, 0) == '\n')
        lex_inner_newline(s);
    else if (lex_at(s, 0) != LEX_END)
        lex_go(s, 1);
}

void
lex_single(struct lex *s)
{
    for (int c; (c = lex_at(s, 0)) != LEX_END;) {
        if (c == LEX_MARK)
            lex_mark(s, SHELL_SINGLE);
        else if (c == '\n')
            lex_inner_newline(s);
        else
            lex_go(s, 1);
        if (c == '\'')
            return;
    }
    lex_ended(s, '\'');
}

/* What means something inside of "..." and of here-documents. */
static void
piece(struct lex *s, int c)
{
    switch (c) {
    case LEX_MARK:
        lex_mark(s, SHELL_DOUBLE);
        break;
    case '\\':
        lex_escape(s);
        break;
    case '$':
        lex_dollar(s, true);
        break;
    case '`':
        lex_go(s, 1);
        lex_backquote(s);
        break;
    case '\n':
        lex_inner_newline(s);
        break;
    default:
        lex_go(s, 1);
    }
}

void
lex_double(struct lex *s)
{
    for (int c; (c = lex_at(s, 0)) != LEX_END;) {
        if (c == '"') {
            lex_go(s, 1);
            return;
        }
        piece(s, c);
    }
    lex_ended(s, '"');
}

/* It ends at the next backquote without a backslash, whatever quotes there are. */
void
lex_backquote(struct lex *s)
{
    enum shell_place before = s->refuse;
    s->refuse = SHELL_BACKQUOTE;
    int c;
    while ((c = lex_at(s, 0)) != LEX_END && c != '`') {
        if (c == '\\')
            lex_escape(s);
        else if (c == LEX_MARK)
            lex_mark(s, SHELL_BACKQUOTE);
        else if (c == '\n')
            lex_inner_newline(s);
        else
            lex_go(s, 1);
    }
    s->refuse = before;
    if (c == '`')
        lex_go(s, 1);
    else
        lex_ended(s, '`');
}

/* Behind ${. No value is inserted here, so only its end matters. */
static void
parameter(struct lex *s, bool quoted)
{
    enum shell_place before = s->refuse;
    s->refuse = before ? before : SHELL_PARAMETER;
    int c = lex_at(s, 0);
    if (c == ' ' || c == '\t' || c == '\n' || c == '|')
        lex_unsure(s, "'${' with a blank behind it holds commands to some shells");
    while ((c = lex_at(s, 0)) != LEX_END && c != '}') {
        if (c == '"') {
            lex_go(s, 1);
            lex_double(s);
        } else if (c == '\'' && quoted) {
            lex_unsure(s, "an apostrophe in \"${...}\" is a quote to some shells");
        } else if (c == '\'') {
            lex_go(s, 1);
            lex_single(s);
        } else if (c == '{' || ((c == '<' || c == '>') && lex_at(s, 1) == '(')) {
            lex_unsure(s, "shells read a '{' or '<(' in ${...} in different ways");
        } else if (c == '$') {
            lex_dollar(s, quoted);
        } else {
            piece(s, c);
        }
    }
    s->refuse = before;
    if (c == '}')
        lex_go(s, 1);
    else
        lex_ended(s, '{');
}

/* Behind $', whose backslashes only some shells heed. */
static void
dollar_single(struct lex *s)
{
    enum shell_place before = s->refuse;
    s->refuse = before ? before : SHELL_DOLLAR_QUOTE;
    int c;
    while ((c = lex_at(s, 0)) != LEX_END && c != '\'') {
        if (c == '\\' && s->kind == SHELL_SH)
            lex_bash_only(s, "a backslash in $'...' means nothing to some shells");
        else
            c == '\\'       ? lex_escape(s)
            : c == '\n'     ? lex_inner_newline(s)
            : c == LEX_MARK ? lex_mark(s, SHELL_DOLLAR_QUOTE)
                            : lex_go(s, 1);
    }
    s->refuse = before;
    if (c == '\'')
        lex_go(s, 1);
    else
        lex_ended(s, '\'');
}

static void
dollar_double(struct lex *s)
{
    enum shell_place before = s->refuse;
    s->refuse = before ? before : SHELL_DOLLAR_QUOTE;
    lex_double(s);
    s->refuse = before;
}

/* Behind a $: $NAME, $1. */
static void
variable(struct lex *s, bool quoted)
{
    bool digits = !lex_is_name(lex_at(s, 0), true);
    while (digits ? lex_at(s, 0) >= '0' && lex_at(s, 0) <= '9' : lex_is_name(lex_at(s, 0), false))
        lex_go(s, 1);
    if (quoted && lex_at(s, 0) == '\\' && lex_at(s, 1) == '\n')
        lex_unsure(s, "a line is broken behind the name of a variable");
    else if (quoted && lex_at(s, 0) == LEX_MARK)
        lex_mark(s, SHELL_TAIL);
}

void
lex_dollar(struct lex *s, bool quoted)
{
    int c = lex_at(s, 1);
    lex_go(s, 1);
    if (c == LEX_MARK) {
        lex_mark(s, SHELL_DOLLAR);
    } else if (c == '(' && lex_at(s, 1) == '(') {
        lex_go(s, 2);
        lex_arithmetic(s);
    } else if (c == '(') {
        lex_go(s, 1);
        scan_substitution(s);
    } else if (c == '{') {
        lex_go(s, 1);
        if (++s->depth > LEX_DEEPEST)
            lex_unsure(s, "it is nested very deep");
        parameter(s, quoted);
        s->depth--;
    } else if (c == '[') {
        lex_unsure(s, "'$[' is arithmetic to some shells");
    } else if (c == '\\' && lex_at(s, 1) == '\n') {
        lex_unsure(s, "a line is broken behind a '$'");
    } else if (c == '\'' && !quoted) {
        lex_go(s, 1);
        dollar_single(s);
    } else if (c == '"' && !quoted) {
        lex_go(s, 1);
        dollar_double(s);
    } else if (lex_is_name(c, false)) {
        variable(s, quoted);
    } else if (c > 0 && strchr("?$#@*!-", c)) {
        lex_go(s, 1);
    }
}

/* May a number have this beside it? Not if it would become part of a longer one, or of a name. */
static bool
beside_number(int c)
{
    return c == LEX_END || (c && strchr(" \t\n+-*/%<>=!&|^~?:,;()", c));
}

void
lex_arithmetic(struct lex *s)
{
    enum shell_place before = s->numbers;
    size_t first = s->next;
    unsigned open = 0;
    s->numbers = SHELL_ARITHMETIC;
    if (++s->depth > LEX_DEEPEST)
        lex_unsure(s, "it is nested very deep");
    for (int c; (c = lex_at(s, 0)) != LEX_END;) {
        if (c == ')' && !open)
            break;
        open += c == '(';
        open -= c == ')';
        if (c == LEX_MARK)
            lex_mark(s, beside_number((unsigned char)s->p[s->i - 1]) && beside_number(lex_at(s, 1))
                            ? SHELL_NUMBER
                            : SHELL_ARITHMETIC);
        else if (strchr("'\"\\", c))
            lex_unsure(s, "shells read quotes in arithmetic in different ways");
        else
            piece(s, c);
    }
    if (lex_at(s, 0) == ')' && lex_at(s, 1) != ')')
        lex_unsure(s, "'((' is arithmetic to some shells, and two parentheses to others");
    else if (lex_at(s, 0) == ')')
        lex_go(s, 2);
    else
        lex_ended(s, '(');
    s->depth--;
    s->numbers = before;
    lex_recall(s, first);
}

/* --- here-documents --- */

static bool
of_delimiter(int c)
{
    return lex_is_name(c, false) || (c > 0 && strchr("-+.,:/%@=", c)) || c >= 0x80;
}

void
lex_delimiter(struct lex *s)
{
    struct lex_here h = {.from = s->ndelimiters};
    h.tabs = lex_at(s, 0) == '-';
    lex_go(s, h.tabs);
    while (lex_at(s, 0) == ' ' || lex_at(s, 0) == '\t')
        lex_go(s, 1);
    int quote = 0, c;
    for (; (c = lex_at(s, 0)) != LEX_END; lex_go(s, 1)) {
        bool begins = !quote && (c == '\'' || c == '"');
        if (!quote && c && strchr(" \t\n;&|<>()", c))
            break;
        if (c == LEX_MARK) {
            lex_mark(s, SHELL_DELIMITER);
            lex_unsure(s, "what ends the here-document is not known");
            return;
        }
        if (begins || (quote && c == quote)) {
            h.quoted = true;
            quote = begins ? c : 0;
            continue;
        }
        if (!quote && c == '\\' && of_delimiter(lex_at(s, 1))) {
            h.quoted = true;
            c = lex_at(s, 1);
            lex_go(s, 1);
        } else if (!of_delimiter(c) && !(quote && c == ' ')) {
            break;
        }
        if (s->ndelimiters == sizeof s->delimiters)
            break;
        s->delimiters[s->ndelimiters++] = (char)c;
        h.n++;
    }
    if (s->nhere == LEX_MOST_HERE || !h.n || quote ||
        (c != LEX_END && (c == 0 || !strchr(" \t\n;&|<>()", c))))
        lex_unsure(s, "what ends the here-document is not plain");
    else
        s->here[s->nhere++] = h;
}

/* Is the line at i the one that ends the document? Then its length is in *n. */
static bool
is_delimiter(const struct lex *s, const struct lex_here *h, size_t i, size_t *n)
{
    size_t from = i;
    while (h->tabs && i < s->n && s->p[i] == '\t')
        i++;
    if (s->n - i < h->n || memcmp(s->p + i, s->delimiters + h->from, h->n) != 0)
        return false;
    *n = i + h->n - from;
    return i + h->n == s->n || s->p[i + h->n] == '\n';
}

/* Does what was joined by a backslash at the end of a line, up to i, begin as the delimiter does?
 * One shell looks for it before it joins lines, another one after. */
static bool
joins_delimiter(const struct lex *s, const struct lex_here *h, size_t line, size_t i)
{
    size_t n, k = line;
    while (h->tabs && k < i && s->p[k] == '\t')
        k++;
    return is_delimiter(s, h, i + 2, &n) ||
           (i - k <= h->n && memcmp(s->p + k, s->delimiters + h->from, i - k) == 0);
}

/* One line of a here-document; i is at its beginning, and then at that of the next one. */
static void
here_line(struct lex *s, const struct lex_here *h)
{
    size_t line = s->i;
    int c;
    while ((c = lex_at(s, 0)) != LEX_END && c != '\n') {
        size_t before = s->i;
        if (c == LEX_MARK) {
            lex_mark(s, SHELL_HERE);
        } else if (h->quoted) {
            lex_go(s, 1);
        } else if (c == '\\' && lex_at(s, 1) == '\n') {
            if (joins_delimiter(s, h, line, s->i)) {
                lex_unsure(s, "a backslash joins lines where a here-document could end");
                return;
            }
            lex_go(s, 2);
            line = s->i;
        } else {
            piece(s, c);
        }
        if ((c == '$' || c == '`') && memchr(s->p + before, '\n', s->i - before))
            lex_unsure(s, "a substitution in a here-document goes over several lines");
    }
    if (c == '\n')
        lex_go(s, 1);
}

void
lex_newline(struct lex *s)
{
    enum shell_place before = s->refuse;
    lex_go(s, 1);
    if (s->base) {
        lex_unsure(s, "a here-document begins at a line that ends inside of $( )");
        return;
    }
    unsigned n = s->nhere;
    s->nhere = 0;
    s->refuse = SHELL_HERE;
    for (unsigned i = 0; i < n; i++) {
        size_t len = 0;
        while (s->i < s->n && !is_delimiter(s, &s->here[i], s->i, &len))
            here_line(s, &s->here[i]);
        if (s->i == s->n && s->nested)
            lex_unsure(s, "a here-document in $( ) has no end");
        lex_go(s, s->i < s->n ? len + 1 : 0);
    }
    s->refuse = before;
    s->ndelimiters = 0;
}
