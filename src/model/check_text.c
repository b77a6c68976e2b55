#include "config.h"

#include "model/check.h"
#include "model/shell_state.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Pieces of a text, joined at the end; constants that meet are one piece. */
struct pieces {
    struct checker *c;
    GPtrArray *part;     /* struct expr */
    struct buf text;     /* of the constants since the last piece, */
    struct span text_at; /* if it is in a file */
    bool failed;
};

static void
end_text(struct pieces *p)
{
    if (p->text_at.file != DIAG_NO_FILE)
        g_ptr_array_add(p->part, expr_string(p->c->a, p->text_at, p->text.p, p->text.n));
    buf_reset(&p->text);
    p->text_at = NO_SPAN;
}

static void
add_piece(struct pieces *p, struct expr *e)
{
    if (e->type == TYPE_ERROR || p->failed) {
        p->failed = true;
    } else if (!expr_is_const(e)) {
        end_text(p);
        g_ptr_array_add(p->part, e);
    } else if (p->text.n + e->value.s.n > EXPR_MOST_TEXT) {
        error_at(p->c, RULE_VALUE, e->at, "with this, a text becomes longer than %d bytes",
            EXPR_MOST_TEXT);
        p->failed = true;
    } else {
        buf_add(&p->text, e->value.s.p, e->value.s.n);
        p->text_at = p->text_at.file == DIAG_NO_FILE ? e->at : span_join(p->text_at, e->at);
    }
}

/* Joins in steps of at most 32, left to right, so that the evaluator's stack stays shallow. */
static struct expr *
join_pieces(struct pieces *p, struct span at)
{
    enum { STEP = 32 };
    struct expr *e;
    end_text(p);
    if (p->failed) {
        e = error_expr(p->c, at);
    } else if (p->part->len == 0) {
        e = expr_string(p->c->a, at, "", 0);
    } else {
        e = g_ptr_array_index(p->part, 0);
        for (guint i = 1; i < p->part->len;) {
            guint n = p->part->len - i < STEP - 1 ? p->part->len - i : STEP - 1;
            struct expr *joined = expr_new(p->c->a, EX_CONCAT, TYPE_STRING, at, n + 1);
            joined->arg[0] = e;
            for (guint k = 0; k < n; k++)
                joined->arg[k + 1] = g_ptr_array_index(p->part, i + k);
            e = joined;
            i += n;
        }
    }
    g_ptr_array_free(p->part, TRUE);
    buf_free(&p->text);
    return e;
}

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

static struct expr *
formatted(struct scope *s, const struct ast *insert, const char *format, struct expr *e)
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
        struct diag *m =
            error_at(c, RULE_TEMPLATE, insert->span, "unknown format ':%s'", format);
        diag_help(m, "a format is a width and digits, as in :08 or :.3f; or :raw, or :list");
        return error_expr(c, insert->span);
    }
    if (f->format.verb && ((strchr("dx", f->format.verb) && e->type != TYPE_INT) ||
                              (strchr("efg", f->format.verb) && e->type != TYPE_INT &&
                                  e->type != TYPE_REAL) ||
                              (f->format.verb == 's' && e->type != TYPE_STRING))) {
        error_at(c, RULE_TEMPLATE, insert->span, "format '%c' does not fit %s",
            f->format.verb, type_name(e->type));
        return error_expr(c, insert->span);
    }
    return expr_fold(c->a, c->d, f);
}

/* `{task.output:list}`: the paths of all that is needed. */
static struct expr *
list_insert(struct scope *s, const struct ast *insert, uint8_t mode)
{
    struct expr *e = check_expr(s, insert->child);
    if (e->type == TYPE_ERROR)
        return e;
    if (e->kind != EX_NEED_OUT) {
        struct diag *m = error_at(s->c, RULE_TEMPLATE, insert->span,
            ":list is for the outputs of needed tasks, and this is %s", type_name(e->type));
        diag_help(m, "for example {warp.output:list}");
        return error_expr(s->c, insert->span);
    }
    e->mode = mode;
    return e;
}

/* `${x}`: the shell would take what stands there for a variable's name. */
static bool
after_dollar(const struct ast *before)
{
    size_t n = before && before->kind == AST_TEXT ? strlen(before->text) : 0;
    return n > 0 && before->text[n - 1] == '$' &&
           (n == 1 || (before->text[n - 2] != '\\' && before->text[n - 2] != '$'));
}

/* A value inserted into a shell command, quoted for the place it stands at. */
static struct expr *
shell_piece(struct scope *s, const struct ast *insert, const struct shell_state *shell)
{
    struct checker *c = s->c;
    const char *format = insert->text;
    enum shell_place place = shell_place(shell);
    bool list = format && strcmp(format, "list") == 0;
    bool raw = format && strcmp(format, "raw") == 0;
    struct diag *m;
    if (place == SHELL_COMMENT) {
        m = error_at(c, RULE_TEMPLATE, insert->span,
            "a value is inserted into a comment of the shell script");
        diag_help(m, "write {{ and }} for braces that are only text");
        return error_expr(c, insert->span);
    }
    if (place == SHELL_HERE && !raw) {
        m = error_at(c, RULE_TEMPLATE, insert->span,
            "a value inserted into a here-document cannot be quoted safely");
        diag_help(m, "set a shell variable before it (x={x}) and write $x there");
        return error_expr(c, insert->span);
    }
    if (list) {
        if (place != SHELL_WORD) {
            m = error_at(c, RULE_TEMPLATE, insert->span,
                "a list of paths is inserted inside quotes, where it would be one word");
            diag_help(m, "take the quotes away: every path is quoted by itself");
            return error_expr(c, insert->span);
        }
        return list_insert(s, insert, 1);
    }
    struct expr *e = formatted(s, insert, raw ? NULL : format, check_expr(s, insert->child));
    if (e->type != TYPE_ERROR && raw) {
        m = diag_add(c->d, DIAG_WARNING, RULE_RAW, insert->span,
            "a value is inserted into a shell command without quotes");
        diag_help(m, "the shell may split it, or take parts of it as commands; without :raw the "
                     "compiler quotes it");
    }
    if (e->type == TYPE_ERROR || raw)
        return e;
    struct expr *q = expr_new(c->a, EX_QUOTE, TYPE_STRING, insert->span, 1);
    q->arg[0] = e;
    q->index = place == SHELL_DOUBLE   ? QUOTE_DOUBLE
               : place == SHELL_SINGLE ? QUOTE_SINGLE
                                       : QUOTE_WORD;
    return expr_fold(c->a, c->d, q);
}

static struct expr *
plain_piece(struct scope *s, const struct ast *insert)
{
    const char *format = insert->text;
    if (format && (strcmp(format, "raw") == 0 || strcmp(format, "list") == 0)) {
        struct diag *m = error_at(s->c, RULE_TEMPLATE, insert->span, ":%s cannot stand here",
            format);
        if (format[0] == 'r')
            diag_help(m, "only in a run command values are quoted, so only there :raw has a "
                         "meaning");
        else
            diag_help(m, "a list of paths goes into run: a string, or an argument of its own, "
                         "\"{task.output:list}\"");
        return error_expr(s->c, insert->span);
    }
    return formatted(s, insert, format, check_expr(s, insert->child));
}

struct expr *
check_string(struct scope *s, const struct ast *a)
{
    struct checker *c = s->c;
    struct pieces p = {.c = c, .part = g_ptr_array_new(), .text_at = NO_SPAN};
    struct shell_state shell = {0};
    struct scope inner = *s; /* a string inside an insertion is no shell text of its own */
    inner.shell = false;
    const struct ast *before = NULL;
    for (const struct ast *x = a->child; x; before = x, x = x->next) {
        if (x->kind == AST_TEXT) {
            size_t n = strlen(x->text);
            shell_feed(&shell, x->text, n);
            add_piece(&p, expr_string(c->a, x->span, x->text, n));
            continue;
        }
        inner.insert = x;
        struct expr *piece = s->shell ? shell_piece(&inner, x, &shell) : plain_piece(&inner, x);
        if (s->shell && shell_place(&shell) <= SHELL_DOUBLE && after_dollar(before) &&
            x->child->kind == AST_NAME && piece->type != TYPE_ERROR) {
            struct diag *m = error_at(c, RULE_TEMPLATE, x->span,
                "the value of '%s' would be the name of a shell variable here", x->child->text);
            diag_help(m, "for the value, write {%s} without '$'; for the shell's variable, ${{%s}}",
                x->child->text, x->child->text);
        }
        add_piece(&p, piece);
        shell_insert(&shell);
    }
    if (s->shell && !p.failed &&
        (shell_place(&shell) == SHELL_DOUBLE || shell_place(&shell) == SHELL_SINGLE)) {
        struct diag *m = diag_add(c->d, DIAG_WARNING, RULE_TEMPLATE, a->span,
            "the shell command ends inside %s quotes",
            shell_place(&shell) == SHELL_DOUBLE ? "double" : "single");
        diag_help(m, "an apostrophe in a shell command opens quotes; write \\\\' for the character");
    }
    return measured(c, join_pieces(&p, a->span));
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
        struct ast insert = {
            .kind = AST_INSERT, .span = a->span, .child = (struct ast *)(uintptr_t)a};
        out->text = formatted(s, &insert, NULL, check_expr(s, a));
    }
    return out->text->type != TYPE_ERROR;
}
