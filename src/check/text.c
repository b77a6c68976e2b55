/* Strings with insertions, and the formats of those. */
#include "config.h"

#include "check/check.h"
#include "check/pieces.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* "08", ".3f", "-12", "04d": [-][0][width][.precision][letter]. */
static bool
parse_format(const char *f, struct expr *e)
{
    e->format.flags = 0;
    e->format.width = 0;
    e->format.precision = 255;
    e->format.verb = 0;
    if (*f == '-') {
        e->format.flags |= 2;
        f++;
    }
    if (*f == '0') {
        e->format.flags |= 1;
        f++;
    }
    char *end;
    if (isdigit((unsigned char)*f)) {
        long width = strtol(f, &end, 10);
        if (width > 100)
            return false;
        e->format.width = (uint8_t)width;
        f = end;
    }
    if (*f == '.' && isdigit((unsigned char)f[1])) {
        long precision = strtol(f + 1, &end, 10);
        if (precision > 30)
            return false;
        e->format.precision = (uint8_t)precision;
        f = end;
    }
    if (*f && strchr("dxefgs", *f))
        e->format.verb = *f++;
    return *f == 0;
}

struct expr *
format_insert(struct scope *s, const struct ast *insert, const char *format, struct expr *e)
{
    struct checker *c = s->c;
    if (e->type == TYPE_ERROR || (e->type == TYPE_STRING && !format))
        return e;
    if (e->type == TYPE_BYTES || e->type == TYPE_DURATION || e->type == TYPE_ANGLE) {
        struct diag *m = error_at(c, RULE_TEMPLATE, insert->child->span,
            "%s is inserted, and text does not say in which unit", type_name(e->type));
        diag_help(m, "divide by the unit: {x / 1 %s}",
            e->type == TYPE_BYTES      ? "MB"
            : e->type == TYPE_DURATION ? "s"
                                       : "deg");
        return error_expr(c, insert->span);
    }
    struct expr *f = expr_new(c->a, EX_FORMAT, TYPE_STRING, insert->span, 1);
    f->arg[0] = e;
    if (!parse_format(format ? format : "", f)) {
        struct diag *m = error_at(c, RULE_TEMPLATE, insert->span, "unknown format ':%s'", format);
        diag_help(m, "a format is a width and digits, as in :08 or :.3f; or :raw, :list, or :file");
        return error_expr(c, insert->span);
    }
    if (f->format.precision != 255 && (f->format.verb == 'd' || f->format.verb == 'x')) {
        diag_help(error_at(c, RULE_TEMPLATE, insert->span,
                      "format ':%s' has digits behind a point, and '%c' writes whole numbers",
                      format, f->format.verb),
            "for example {x:08}, or {x:.3f}");
        return error_expr(c, insert->span);
    }
    if (f->format.verb &&
        ((strchr("dx", f->format.verb) && e->type != TYPE_INT) ||
            (strchr("efg", f->format.verb) && e->type != TYPE_INT && e->type != TYPE_REAL) ||
            (f->format.verb == 's' && e->type != TYPE_STRING))) {
        error_at(c, RULE_TEMPLATE, insert->span, "format '%c' does not fit %s", f->format.verb,
            type_name(e->type));
        return error_expr(c, insert->span);
    }
    return fold(c, f);
}

/* What is in a column, as `mode` of OP_NEED_OUT says: it is known now. */
static struct expr *
column_insert(struct scope *s, const struct ast *insert, const struct table *t, unsigned k,
    uint8_t mode)
{
    /* what Linux gives a program, but for its environment */
    enum { MOST = (2 << 20) - (128 << 10) };
    struct checker *c = s->c;
    const struct column *col = &t->col[k];
    struct buf words = {0};
    if (!no_holes(c, t, k, insert->span))
        return error_expr(c, insert->span);
    for (uint32_t r = 0; r < t->nrows && words.n <= MOST; r++) {
        struct expr *v = expr_value(c->a, insert->span, column_type(col->type),
            cell_value(&c->m->strings, col, r));
        v = format_insert(s, insert, NULL, v);
        if (v->type == TYPE_ERROR || !expr_is_const(v))
            break;
        if (mode == 1 && r)
            buf_putc(&words, ' ');
        if (mode == 1)
            buf_shell_quote(&words, v->value.s.p, v->value.s.n, QUOTE_WORD);
        else
            buf_add(&words, v->value.s.p, v->value.s.n + 1);
    }
    struct expr *e = expr_string(c->a, insert->span, words.n ? words.p : "", words.n);
    if (words.n > MOST) {
        diag_help(error_at(c, RULE_TEMPLATE, insert->span,
                      "the %u values of this column are more than a program can be given",
                      t->nrows),
            "let it read the table's file");
        e = error_expr(c, insert->span);
    }
    buf_free(&words);
    return e;
}

struct expr *
list_insert(struct scope *s, const struct ast *insert, uint8_t mode)
{
    const struct table *t;
    int k;
    if (mode != 3 && table_named(s, insert->child, &t, &k))
        return t && k >= 0 ? column_insert(s, insert, t, (unsigned)k, mode)
                           : error_expr(s->c, insert->span);
    struct expr *e = check_expr(s, insert->child);
    if (e->type == TYPE_ERROR)
        return e;
    if (e->kind == EX_WHOLE) {
        e = e->arg[0];
        mode |= 4;
    }
    if (e->kind != EX_NEED_OUT) {
        struct diag *m = error_at(s->c, RULE_TEMPLATE, insert->span,
            ":%s is for the outputs of needed tasks%s, and this is %s", insert->text,
            mode == 3 ? "" : " and the columns of tables", type_name(e->type));
        diag_help(m, "for example {warp.output:%s}%s", insert->text,
            mode == 3 ? "" : ", or {planned.id:list}");
        return error_expr(s->c, insert->span);
    }
    e->mode = mode;
    return e;
}

static struct expr *
plain_piece(struct scope *s, const struct ast *insert)
{
    const char *format = insert->text;
    bool file = format && strcmp(format, "file") == 0;
    if (file && s->lists)
        return list_insert(s, insert, 3);
    if (file || (format && (strcmp(format, "raw") == 0 || strcmp(format, "list") == 0))) {
        struct diag *m =
            error_at(s->c, RULE_TEMPLATE, insert->span, ":%s cannot stand here", format);
        if (format[0] == 'r')
            diag_help(m, "only in a run command values are quoted, so only there :raw has a "
                         "meaning");
        else if (file)
            diag_help(m,
                "a file of paths is made for the command that run starts, so {task.output:file} "
                "stands there");
        else
            diag_help(m, "a list of paths goes into run: a string, or an argument of its own, "
                         "\"{task.output:list}\"");
        return error_expr(s->c, insert->span);
    }
    return format_insert(s, insert, format, check_expr(s, insert->child));
}

struct expr *
check_string(struct scope *s, const struct ast *a)
{
    struct pieces p;
    if (s->shell)
        return check_shell(s, a);
    pieces_init(&p, s->c);
    struct scope inner = *s;
    for (const struct ast *x = a->child; x; x = x->next) {
        inner.insert = x;
        pieces_add(&p, x->kind == AST_TEXT ? expr_string(s->c->a, x->span, x->text, strlen(x->text))
                                           : plain_piece(&inner, x));
    }
    return measured(s->c, pieces_join(&p, a->span));
}

bool
check_argument(struct scope *s, const struct ast *a, struct argument *out)
{
    out->list = false;
    if (a->kind == AST_STRING && a->child && !a->child->next && a->child->kind == AST_INSERT &&
        a->child->text && strcmp(a->child->text, "list") == 0) {
        out->text = list_insert(s, a->child, 2);
        out->list = true;
        return out->text->type != TYPE_ERROR;
    }
    if (a->kind == AST_STRING) {
        out->text = check_string(s, a);
    } else {
        /* as if it were inserted into a text of its own */
        struct ast insert = {.kind = AST_INSERT,
            .span = a->span,
            .child = (struct ast *)(uintptr_t)a};
        out->text = format_insert(s, &insert, NULL, check_expr(s, a));
    }
    return out->text->type != TYPE_ERROR;
}
