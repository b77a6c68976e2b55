#include "config.h"

#include "parser/build.h"

#include <stdio.h>
#include <string.h>

static bool
too_high(struct parse *p, struct span at, unsigned height)
{
    if (height <= AST_MAX_HEIGHT)
        return false;
    struct diag *m = lexer_error(&p->lx, at, "this is nested more than %d deep", AST_MAX_HEIGHT);
    if (m)
        diag_help(m, "give parts of it names with 'let', or use a list and 'in'");
    lexer_stop(&p->lx);
    p->cut = true;
    return true;
}

struct ast *
build(struct parse *p, enum ast_kind kind, struct span at, const char *text, struct span name_at,
    struct ast *const *child, size_t n)
{
    struct ast *a = ast_new(p->tree, kind, at, text);
    a->name_span = name_at;
    for (size_t i = 0; i < n; i++)
        ast_add(a, child[i]);
    if (too_high(p, at, a->height)) {
        a->child = a->last = NULL;
        a->height = 0;
    }
    return a;
}

/* The source's own spelling of a number. */
static const char *
spelling(struct parse *p, struct span at)
{
    return ast_text(p->tree, diag_text(p->d, at.file, NULL) + at.start, at.end - at.start);
}

struct ast *
build_int(struct parse *p, struct span at, int64_t n)
{
    struct ast *a = LEAF(INT, at, spelling(p, at));
    a->ival = n;
    return a;
}

struct ast *
build_real(struct parse *p, struct span at, double x)
{
    struct ast *a = LEAF(REAL, at, spelling(p, at));
    a->rval = x;
    return a;
}

struct ast *
build_append(struct parse *p, struct ast *list, struct ast *child)
{
    if (!child)
        return list;
    if (child->height >= AST_MAX_HEIGHT) {
        too_high(p, child->span, AST_MAX_HEIGHT + 1);
        return list;
    }
    ast_add(list, child);
    if (list->span.start == list->span.end)
        list->span = child->span;
    list->span = span_join(list->span, child->span);
    return list;
}

struct ast *
build_declaration(struct parse *p, struct ast *list, struct ast *decl)
{
    return p->cut ? list : build_append(p, list, decl);
}

struct ast *
build_adopt(struct parse *p, struct ast *parent, struct ast *list)
{
    if (list && list->child) {
        struct ast *last = list->last;
        if (too_high(p, parent->span, list->height))
            return parent;
        if (parent->last)
            parent->last->next = list->child;
        else
            parent->child = list->child;
        parent->last = last;
        if (parent->height < list->height)
            parent->height = list->height;
    }
    return parent;
}

/* --- block strings --- */

struct indent {
    const char *p;
    size_t n;
    bool known;
};

static void
see_line(struct indent *common, const char *line, size_t blanks)
{
    size_t n = 0;
    if (!common->known) {
        *common = (struct indent){line, blanks, true};
        return;
    }
    while (n < common->n && n < blanks && common->p[n] == line[n])
        n++;
    common->n = n;
}

/* Walks over the lines of a text; at_line: it begins one. What `seen` does with the blanks at a
 * line's start depends on `out`: NULL measures, else the line goes there without its indentation.
 * `more`: an insertion follows the text, so its last line is not blank. */
static void
walk_lines(const char *s, bool at_line, bool more, struct indent *common, struct buf *out)
{
    for (;;) {
        const char *end = strchr(s, '\n');
        size_t n = end ? (size_t)(end - s) : strlen(s);
        size_t blanks = at_line ? strspn(s, " \t") : 0;
        bool is_blank = at_line && blanks == n && (end || !more);
        if (at_line && !is_blank && !out)
            see_line(common, s, blanks);
        if (out && !is_blank) {
            size_t cut = at_line ? common->n : 0;
            buf_add(out, s + cut, n - cut);
        }
        if (!end)
            return;
        if (out)
            buf_putc(out, '\n');
        s = end + 1;
        at_line = true;
    }
}

void
build_dedent(struct parse *p, struct ast *string)
{
    struct indent common = {0};
    bool at_line = false;
    struct ast *first = string->child;
    if (first && first->kind == AST_TEXT && first->text[0] == '\n') {
        first->text++;
        at_line = true;
    }
    bool starts_line = at_line;
    for (const struct ast *a = first; a; a = a->next) {
        if (a->kind == AST_TEXT)
            walk_lines(a->text, at_line, a->next, &common, NULL);
        else if (at_line)
            see_line(&common, "", 0);
        at_line = false;
    }
    struct buf out = {0};
    at_line = starts_line;
    for (struct ast *a = first; a; a = a->next) {
        if (a->kind == AST_TEXT) {
            buf_reset(&out);
            walk_lines(a->text, at_line, a->next, &common, &out);
            a->text = ast_text(p->tree, out.p, out.n);
        }
        at_line = false;
    }
    buf_free(&out);
    if (first && first->kind == AST_TEXT && !first->text[0]) {
        string->child = first->next;
        if (!string->child)
            string->last = NULL;
    }
}
