/* The text of wflc --dump-ast. */
#include "config.h"

#include "parser/ast.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

const char *
ast_kind_name(enum ast_kind kind)
{
    static const char *const upper[] = {
#define X(name) #name,
        AST_KINDS(X)
#undef X
    };
    static char lower[sizeof upper / sizeof upper[0]][16];
    size_t n = strlen(upper[kind]);
    for (size_t i = 0; i < n && i < sizeof lower[0] - 1; i++)
        lower[kind][i] = (char)tolower((unsigned char)upper[kind][i]);
    return lower[kind];
}

static void
put_text(const char *s, FILE *to)
{
    fputs(" \"", to);
    for (; *s; s++) {
        if (*s == '\n')
            fputs("\\n", to);
        else if (*s == '\t')
            fputs("\\t", to);
        else if (*s == '"' || *s == '\\')
            fprintf(to, "\\%c", *s);
        else
            putc(*s, to);
    }
    putc('"', to);
}

static void
put_value(const struct ast *a, FILE *to)
{
    switch (a->kind) {
    case AST_INT:
        fprintf(to, " %" PRId64, a->ival);
        break;
    case AST_REAL:
        fprintf(to, " %s", a->text);
        break;
    case AST_BOOL:
        fputs(a->ival ? " true" : " false", to);
        break;
    case AST_TEXT:
    case AST_INSERT:
        if (a->text)
            put_text(a->text, to);
        break;
    default:
        if (a->text && a->text[0])
            fprintf(to, " %s", a->text);
    }
}

static void
dump(const struct ast *a, const struct diags *d, FILE *to, int depth)
{
    uint32_t line, column;
    fprintf(to, "%*s%s", 2 * depth, "", ast_kind_name(a->kind));
    put_value(a, to);
    if (a->span.file != DIAG_NO_FILE) {
        diag_where(d, a->span, &line, &column);
        fprintf(to, " @%u:%u", line, column);
    }
    putc('\n', to);
    for (const struct ast *c = a->child; c; c = c->next)
        dump(c, d, to, depth + 1);
}

void
ast_dump(const struct ast *a, const struct diags *d, FILE *to)
{
    dump(a, d, to, 0);
}
