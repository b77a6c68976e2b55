#include "config.h"

#include "model/shell_state.h"

#include <string.h>

static char
top(const struct shell_state *s)
{
    return s->depth ? s->open[s->depth - 1] : 0;
}

static void
push(struct shell_state *s, char what)
{
    if (s->depth < (int)sizeof s->open)
        s->open[s->depth++] = what;
}

static void
pop(struct shell_state *s)
{
    if (s->depth)
        s->depth--;
}

/* Reads the delimiter behind `<<` or `<<-`, which may be quoted; returns what was taken. */
static size_t
read_delimiter(struct shell_state *s, const char *p, size_t n)
{
    size_t i = 0;
    if (i < n && p[i] == '-')
        i++;
    while (i < n && (p[i] == ' ' || p[i] == '\t'))
        i++;
    s->ndelimiter = 0;
    char quote = 0;
    for (; i < n && p[i] != '\n' && (quote || !strchr(" \t;&|<>()", p[i])); i++) {
        if (quote ? p[i] == quote : p[i] == '\'' || p[i] == '"')
            quote = quote ? 0 : p[i];
        else if (p[i] != '\\' && s->ndelimiter < sizeof s->delimiter)
            s->delimiter[s->ndelimiter++] = p[i];
    }
    s->here_next = s->ndelimiter > 0;
    return i;
}

static void
here_line(struct shell_state *s, char c)
{
    if (c != '\n') {
        if (s->nline < sizeof s->line && !(c == '\t' && s->nline == 0))
            s->line[s->nline++] = c;
        return;
    }
    if (s->nline == s->ndelimiter && memcmp(s->line, s->delimiter, s->nline) == 0)
        pop(s);
    s->nline = 0;
}

static void
plain(struct shell_state *s, char c)
{
    switch (c) {
    case '\'':
    case '"':
        push(s, c);
        break;
    case '(':
        push(s, '(');
        break;
    case ')':
        if (top(s) == '(')
            pop(s);
        break;
    case '`':
        if (top(s) == '`')
            pop(s);
        else
            push(s, '`');
        break;
    case '#':
        if (!s->in_word && s->before != '$')
            push(s, '#');
        break;
    case '\n':
        if (s->here_next) {
            s->here_next = false;
            s->nline = 0;
            push(s, 'H');
        }
        break;
    default:
        break;
    }
    s->in_word = !strchr(" \t\n;&|<>()", c);
}

void
shell_feed(struct shell_state *s, const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char c = p[i], at = top(s);
        if (at == 'H') {
            here_line(s, c);
        } else if (at == '#') {
            if (c == '\n') {
                pop(s);
                plain(s, c);
            }
        } else if (at == '\'') {
            if (c == '\'')
                pop(s);
        } else if (s->escaped) {
            s->escaped = false;
            s->in_word = true;
        } else if (c == '\\') {
            s->escaped = true;
        } else if (at == '"') {
            if (c == '"')
                pop(s);
            else if (c == '(' && s->before == '$')
                push(s, '(');
            else if (c == '`')
                push(s, '`');
        } else if (c == '<' && s->before == '<' && i + 1 < n && p[i + 1] != '<' &&
                   !(s->depth >= 2 && at == '(' && s->open[s->depth - 2] == '(')) {
            i += read_delimiter(s, p + i + 1, n - i - 1);
            c = ' ';
        } else {
            plain(s, c);
        }
        s->before = c;
    }
}

void
shell_insert(struct shell_state *s)
{
    s->escaped = false;
    s->in_word = true;
    s->before = 'x';
}

enum shell_place
shell_place(const struct shell_state *s)
{
    switch (top(s)) {
    case '"':
        return SHELL_DOUBLE;
    case '\'':
        return SHELL_SINGLE;
    case '#':
        return SHELL_COMMENT;
    case 'H':
        return SHELL_HERE;
    default:
        return SHELL_WORD;
    }
}
