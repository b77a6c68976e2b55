/* Declared names: what is said of those that nothing has, and the values of parameters. */
#include "config.h"

#include "check/check.h"

#include "lexer/words.h"

#include <ctype.h>
#include <string.h>

struct diag *
error_at(struct checker *c, const char *check, struct span at, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    struct diag *m = diag_vadd(c->d, DIAG_ERROR, check, at, fmt, ap);
    va_end(ap);
    return m;
}

struct decl *
find_decl(struct checker *c, const char *name)
{
    return names_find(&c->decls, name);
}

const char *
decl_what(const struct decl *d)
{
    switch (d->ast->kind) {
    case AST_MEMORY_MODEL:
        return "memory model";
    case AST_PARAM:
        return "parameter";
    case AST_LET:
        return d->kind == DECL_TABLE ? "selection" : "value";
    case AST_VISITS:
        return "table of visits";
    case AST_SENSORS:
        return "table of sensors";
    default:
        return ast_kind_name(d->ast->kind);
    }
}

int
find_need(const struct family *f, const char *name)
{
    for (unsigned i = 0; i < f->nneeds; i++)
        if (f->need[i].producer && strcmp(f->need[i].producer->name, name) == 0)
            return (int)i;
    return -1;
}

static bool
follows_dollar(const struct checker *c, struct span at)
{
    return at.start && diag_text(c->d, at.file, NULL)[at.start - 1] == '$';
}

/* --- names that a syntax error took --- */

static bool
in_name(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* The word that ends before text + at, but for blanks: does it declare the name there, of n bytes?
 * `memory x` and `container x` do so before a block only. */
static bool
declares(const char *text, size_t at, size_t n)
{
    const char *behind = text + at + n;
    char word[16];
    while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '\t'))
        at--;
    size_t start = at;
    while (start > 0 && in_name(text[start - 1]))
        start--;
    if (at - start >= sizeof word)
        return false;
    memcpy(word, text + start, at - start);
    word[at - start] = 0;
    const struct word *w = word_find(word);
    if (w && w->flags & WORD_TASK && w->flags & WORD_DECLARATION)
        return behind[strspn(behind, " \t")] == '{';
    return w && (w->flags & WORD_DECLARATION || strcmp(word, "output") == 0 ||
                    strcmp(word, "input") == 0 || strcmp(word, "for") == 0);
}

/* `task name`, `param name` and so on somewhere in a text; NULL: a campaign line. */
static bool
text_declares(const char *text, const char *name)
{
    const char *wanted = name ? name : "campaign";
    size_t n = strlen(wanted);
    for (const char *p = strstr(text, wanted); p; p = strstr(p + 1, wanted)) {
        if (in_name(p[n]) || (p > text && in_name(p[-1])))
            continue;
        if (name ? declares(text, (size_t)(p - text), n) : p == text || p[-1] == '\n')
            return true;
    }
    return false;
}

/* A line with `use` that is not one: who knows what that file declares. */
static bool
has_bad_use(const char *text)
{
    for (const char *p = strstr(text, "use"); p; p = strstr(p + 1, "use")) {
        if ((p > text && p[-1] != '\n') || (p[3] != ' ' && p[3] != '\t'))
            continue;
        const char *name = p + 3 + strspn(p + 3, " \t"), *end = name;
        while (in_name(*end))
            end++;
        end += strspn(end, " \t\r");
        if (end == name || !strchr("\n#;", *end))
            return true;
    }
    return false;
}

bool
name_is_lost(struct checker *c, const char *name)
{
    if (name && c->lacks_file)
        return true;
    for (size_t i = 0; c->syntax_errors && i < c->used.n; i++) {
        const struct used_file *u = c->used.at[i];
        const char *text = diag_text(c->d, u->file, NULL);
        if (text_declares(text, name) || (name && has_bad_use(text)))
            return true;
    }
    return false;
}

static bool
has_unnamed(const struct family *f)
{
    for (unsigned i = 0; i < (f ? f->noutputs : 0); i++)
        if (!*f->output[i].name)
            return true;
    return false;
}

/* What is meant by a name that nothing has, told by where it stands; false if nobody knows. */
static bool
help_name(struct scope *s, struct diag *m, const char *name)
{
    struct checker *c = s->c;
    const struct family *f = s->family;
    bool output = strcmp(name, "output") == 0;
    for (unsigned i = 0; s->in_run && i < (f ? f->noutputs : 0); i++) {
        if (!output)
            continue;
        if (*f->output[i].name)
            diag_help(m, "outputs are inserted by their names: {%s}", f->output[i].name);
        else
            diag_help(m, "an output is inserted by its name; give it one: output result \"...\"");
        return true;
    }
    if (s->in_run && f && strcmp(name, "input") == 0) {
        if (f->nneeds && f->need[0].producer->noutputs)
            diag_help(m, "the files of a needed task are its outputs: {%s.%s:list}",
                f->need[0].producer->name,
                *f->need[0].producer->output[0].name ? f->need[0].producer->output[0].name
                                                     : "output");
        else
            diag_help(m, "inputs are inserted by their names: input data \"...\", and {data}");
        return true;
    }
    for (unsigned i = 0; i < s->nvars; i++) {
        const struct table *t = s->var[i].table;
        for (uint32_t k = 0; t && t->ncols > 1 && k < t->ncols; k++)
            if (strcmp(strpool_get(&c->m->strings, t->col[k].name), name) == 0) {
                diag_help(m, "it is a column: write %s.%s", s->var[i].name, name);
                return true;
            }
    }
    return false;
}

/* May a declaration stand where a `kind` of thing is meant? */
static bool
can_be(const struct scope *s, const struct decl *d, const char *kind)
{
    if (strcmp(kind, "container") == 0)
        return d->kind == DECL_CONTAINER;
    return d->kind != DECL_TASK || s->family || strstr(kind, "task");
}

void
unknown_name(struct scope *s, struct span at, const char *name, const char *kind)
{
    struct checker *c = s->c;
    if (name_is_lost(c, name))
        return;
    struct list all = {0};
    for (unsigned i = 0; i < s->nvars; i++)
        list_add(&all, s->var[i].name);
    for (unsigned i = 0; s->family && i < s->family->noutputs; i++)
        if (*s->family->output[i].name)
            list_add(&all, s->family->output[i].name);
    for (size_t i = 0; i < c->in_order.n; i++) {
        const struct decl *d = c->in_order.at[i];
        if (can_be(s, d, kind))
            list_add(&all, d->name);
    }
    list_add(&all, "here");
    struct diag *m = error_at(c, RULE_UNKNOWN_NAME, at, "unknown %s '%s'", kind, name);
    const char *near = diag_nearest(name, (const char *const *)all.at, all.n);
    if (strcmp(kind, "name") == 0 && help_name(s, m, name))
        ;
    else if (near)
        diag_help(m, "did you mean '%s'?", near);
    else if (s->insert && follows_dollar(c, s->insert->span))
        diag_help(m, "a shell variable is written $%s or ${{%s}}", name, name);
    else if (s->insert && s->in_run && has_unnamed(s->family))
        diag_help(m,
            "if it is the output: output %s \"...\" gives it this name; braces that are only "
            "text are written {{ and }}",
            name);
    else if (s->insert)
        diag_help(m, "if no value is meant here: braces that are only text are written {{ and }}");
    else if (strcmp(kind, "name") == 0)
        diag_help(m, "if it is meant as text, put it in quotes: \"%s\"", name);
    list_free(&all);
}

void
unknown_column(struct scope *s, struct span at, const struct table *t, const char *name)
{
    const struct strpool *pool = &s->c->m->strings;
    const char **all = arena_alloc(s->c->a, (t->ncols + 1) * sizeof *all);
    for (uint32_t i = 0; i < t->ncols; i++)
        all[i] = strpool_get(pool, t->col[i].name);
    struct diag *m = error_at(s->c, RULE_UNKNOWN_NAME, at, "table '%s' has no column '%s'",
        strpool_get(pool, t->name), name);
    const char *near = diag_nearest(name, all, t->ncols);
    for (uint32_t i = 0; i < t->ncols; i++) /* b of b-c, which reads as a difference */
        if (strncmp(all[i], name, strlen(name)) == 0 && strchr(" -.", all[i][strlen(name)]))
            near = all[i];
    struct buf written = {0};
    if (near)
        known_column(near, &written);
    if (near && strcmp(written.p, near) != 0)
        diag_help(m, "a column '%s' is given a name in the block of the table: { name = %s }", near,
            written.p);
    else if (near)
        diag_help(m, "did you mean '%s'?", near);
    buf_free(&written);
    if (near)
        return;
    struct buf list = {0};
    for (uint32_t i = 0; i < t->ncols && i < 24; i++)
        if (*all[i])
            buf_printf(&list, "%s%s", list.n ? ", " : "", all[i]);
    diag_help(m, "its columns are: %s%s", list.p, t->ncols > 24 ? ", ..." : "");
    buf_free(&list);
}

bool
decl_circle(struct checker *c, struct decl *d, struct span use)
{
    if (d->state != DECL_BUSY)
        return false;
    struct diag *m = error_at(c, RULE_CYCLE, use, "'%s' is declared by means of itself", d->name);
    diag_note(m, d->ast->name_span, "it is declared here");
    return true;
}

/* --- parameters --- */

/* What -D says is no value of the parameter's type. */
static void
wrong_define(struct checker *c, const struct decl *d, enum type want, struct span at,
    const char *given)
{
    struct diag *m = error_at(c, RULE_PARAM, at, "parameter '%s' is %s, and -D gives it %s",
        d->name, type_name(want), given);
    diag_help(m, "write for example: -D '%s=%s'", d->name,
        want == TYPE_BOOL       ? "true"
        : want == TYPE_INT      ? "3"
        : want == TYPE_REAL     ? "0.5"
        : want == TYPE_BYTES    ? "2 GB"
        : want == TYPE_DURATION ? "10 min"
                                : "1.5 deg");
    diag_note(m, d->ast->name_span, "it is declared here");
}

/* The text of -D name=value, as an expression of the parameter's type. */
static struct expr *
defined_value(struct checker *c, struct decl *d, const struct expr *def)
{
    const struct define *define = d->define;
    struct buf text = {0}, name = {0};
    buf_printf(&name, "-D %s", define->name);
    struct expr *e = NULL;
    if (def->type == TYPE_STRING) {
        uint32_t file = diag_source_text(c->d, name.p, define->value, strlen(define->value));
        struct span at = {file, 0, (uint32_t)strlen(define->value)};
        e = expr_string(c->a, at, define->value, strlen(define->value));
    } else {
        buf_printf(&text, "param %s = %s\n", define->name, define->value);
        uint32_t file = diag_source_text(c->d, name.p, text.p, text.n);
        struct ast_tree *tree = ast_tree_new();
        list_add(&c->trees, tree);
        unsigned before = diag_count(c->d, DIAG_ERROR);
        const struct ast *root = wfl_parse(tree, c->d, file);
        const struct ast *param = root->child;
        if (diag_count(c->d, DIAG_ERROR) == before && param && param->kind == AST_PARAM) {
            struct scope s = {.c = c};
            const struct ast *value = param->child;
            struct expr *v = NULL;
            if (value->kind == AST_NAME && !find_decl(c, value->text))
                wrong_define(c, d, def->type, value->span, arena_printf(c->a, "'%s'", value->text));
            else
                v = check_expr(&s, value);
            if (!v)
                ;
            else if (v->type == def->type || v->type == TYPE_ERROR) {
                e = v;
            } else if (def->type == TYPE_REAL && v->type == TYPE_INT) {
                e = expr_real(c->a, v->at, TYPE_REAL, (double)v->value.i);
            } else {
                wrong_define(c, d, def->type, v->at, type_name(v->type));
            }
        }
    }
    buf_free(&text);
    buf_free(&name);
    return e ? e : error_expr(c, d->ast->span);
}

struct expr *
decl_value(struct checker *c, struct decl *d, struct span use)
{
    if (decl_circle(c, d, use))
        return error_expr(c, use);
    if (d->state == DECL_DONE)
        return d->value;
    d->state = DECL_BUSY;
    struct scope s = {.c = c};
    unsigned lazy = eager(c, 0);
    d->value = check_expr(&s, d->ast->child);
    if (d->value->type != TYPE_ERROR && !expr_is_const(d->value)) {
        error_at(c, RULE_VALUE, d->ast->span, "'%s' must be a constant", d->name);
        d->value = error_expr(c, d->ast->span);
    }
    if (d->override && d->value->type != TYPE_ERROR)
        d->value = check_typed(&s, d->override, d->value->type, d->name);
    if (d->define && d->value->type != TYPE_ERROR)
        d->value = defined_value(c, d, d->value);
    eager(c, lazy);
    d->state = DECL_DONE;
    return d->value;
}
