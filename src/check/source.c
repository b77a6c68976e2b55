/* Sources: `csv "file"` and its like, and the block behind them. */
#include "config.h"

#include "check/check.h"

#include <glob.h>
#include <string.h>

/* The tables that cadence databases keep their visits in, in the order of OPSIM_SUMMARY ... */
static const char *const opsim_tables[] = {"Summary", "observations"};

static bool
is_kind(const struct ast *from, const char *kind)
{
    return strcmp(from->text, kind) == 0;
}

/* --- paths --- */

static bool
matches(const char *pattern)
{
    glob_t g;
    bool found = glob(pattern, 0, NULL, &g) == 0;
    globfree(&g);
    return found;
}

/* Relative paths start where wflc does; a file that lies beside the campaign instead is the
 * frequent mistake. */
static bool
beside_campaign(struct checker *c, const struct ast *at, const char *path)
{
    const char *slash = strrchr(c->m->source, '/');
    if (path[0] == '/' || !slash || matches(path))
        return false;
    char *there = arena_printf(c->a, "%.*s/%s", (int)(slash - c->m->source), c->m->source, path);
    if (!matches(there))
        return false;
    struct diag *m =
        error_at(c, RULE_PATH, at->span, "'%s' is not here, but beside the campaign file", path);
    diag_help(m, "relative paths start where wflc is started; write \"{here}/%s\"", path);
    return true;
}

/* A constant text, or NULL. */
static const char *
constant_text(struct checker *c, const struct ast *a, const char *what)
{
    struct scope s = {.c = c};
    struct expr *e = check_typed(&s, a, TYPE_STRING, what);
    if (e->type == TYPE_ERROR)
        return NULL;
    if (!expr_is_const(e)) {
        error_at(c, RULE_VALUE, a->span, "%s must be a constant", what);
        return NULL;
    }
    return e->value.s.p;
}

/* --- the block --- */

/* Which properties go with which declaration: letters of the kinds below. */
static const struct {
    const char *name, *kinds;
    size_t place; /* in struct source */
} properties[] = {
    {"columns", "tvs", offsetof(struct source, columns)},
    {"separator", "tvs", offsetof(struct source, separator)},
    {"rotation", "v", offsetof(struct source, rotation)},
    {"scale", "s", offsetof(struct source, scale)},
    {"distortion", "s", offsetof(struct source, distortion)},
    {"mirrored", "s", offsetof(struct source, mirrored)},
};

static char
letter_of(const struct ast *decl)
{
    return decl->kind == AST_VISITS ? 'v' : decl->kind == AST_TABLE ? 't' : 's';
}

static bool
note_property(struct checker *c, const struct ast *p, struct source *s)
{
    const char *name[COUNT_OF(properties)];
    size_t n = 0;
    for (size_t i = 0; i < COUNT_OF(properties); i++) {
        if (!strchr(properties[i].kinds, letter_of(s->decl)))
            continue;
        name[n++] = properties[i].name;
        if (strcmp(p->text, properties[i].name) != 0)
            continue;
        const struct ast **into = (const struct ast **)((char *)s + properties[i].place);
        if (*into) {
            diag_note(error_at(c, RULE_DUPLICATE, p->span, "'%s' is there already", p->text),
                (*into)->span, "here");
            return false;
        }
        *into = p;
        if (p->child)
            return true;
        error_at(c, RULE_PROPERTY, p->span, "'%s' needs a value", p->text);
        return false;
    }
    struct diag *m = error_at(c, RULE_PROPERTY, p->name_span, "%s have no property '%s'",
        letter_of(s->decl) == 'v'   ? "visits"
        : letter_of(s->decl) == 't' ? "tables"
                                    : "sensors",
        p->text);
    const char *near = diag_nearest(p->text, name, n);
    if (near)
        diag_help(m, "did you mean '%s'?", near);
    else
        diag_help(m, "a block holds: COLUMN = VALUE, where CONDITION, %s",
            letter_of(s->decl) == 'v'   ? "rotation CONVENTION, columns and separator"
            : letter_of(s->decl) == 't' ? "columns and separator"
                                        : "scale, distortion, mirrored, columns and separator");
    return false;
}

static bool
column_names(struct checker *c, struct source *s)
{
    size_t n = 0;
    for (const struct ast *x = s->columns->child; x; x = x->next)
        n++;
    uint32_t *id = arena_alloc(c->a, n * sizeof *id);
    struct span *at = arena_alloc(c->a, n * sizeof *at);
    n = 0;
    for (const struct ast *x = s->columns->child; x; x = x->next, n++) {
        if (x->kind != AST_NAME) {
            diag_help(error_at(c, RULE_PROPERTY, x->span, "the name of a column is needed"),
                "for example: columns id, mjd");
            return false;
        }
        id[n] = strpool_adds(&c->m->strings, x->text);
        at[n] = x->span;
        for (size_t k = 0; k < n; k++) {
            if (id[k] == id[n]) {
                diag_note(
                    error_at(c, RULE_DUPLICATE, x->span, "two columns are named '%s'", x->text),
                    at[k], "the first one");
                return false;
            }
        }
    }
    s->form.ncolumns = n;
    s->form.column = id;
    s->form.column_at = at;
    return true;
}

static bool
separator_of(struct checker *c, struct source *s)
{
    static const struct {
        const char *name;
        char is;
    } known[] = {{"comma", ','}, {"tab", '\t'}, {"blank", ' '}, {"line", '\n'}};
    const struct ast *x = s->separator->child;
    const char *word = x->kind == AST_NAME ? x->text : constant_text(c, x, "the separator");
    for (size_t i = 0; word && i < COUNT_OF(known); i++) {
        if (strcmp(word, known[i].name) != 0 && !(word[0] == known[i].is && !word[1]))
            continue;
        s->form.separator = known[i].is;
        return true;
    }
    if (word)
        diag_help(error_at(c, RULE_PROPERTY, x->span, "unknown separator '%s'", word),
            "a separator is comma, tab, blank, or line for cells that are whole lines");
    return false;
}

bool
source_properties(struct checker *c, const struct ast *decl, struct source *s)
{
    *s = (struct source){.decl = decl, .picked = -1};
    bool ok = true;
    for (const struct ast *p = decl->child; p; p = p->next) {
        if (p->kind == AST_PROP && !note_property(c, p, s))
            ok = false;
        if (p->kind == AST_PARAM) {
            error_at(c, RULE_PROPERTY, p->span, "a parameter cannot be declared inside of '%s'",
                decl->text);
            ok = false;
        }
    }
    if (s->columns && !column_names(c, s))
        ok = false;
    if (s->separator && !separator_of(c, s))
        ok = false;
    const struct ast *from = decl->child;
    const struct ast *text = s->columns ? s->columns : s->separator;
    bool of_text =
        from && from->kind == AST_FROM && (is_kind(from, "csv") || is_kind(from, "list"));
    bool of_files = from && from->kind == AST_FROM && is_kind(from, "glob") && !s->separator;
    if (ok && text && from && !of_text && !of_files) {
        text =
            s->separator && from->kind == AST_FROM && is_kind(from, "glob") ? s->separator : text;
        diag_note(error_at(c, RULE_PROPERTY, text->span, "'%s' is for %s only", text->text,
                      text == s->columns ? "csv, list and glob" : "csv and list"),
            from->span, "the source");
        ok = false;
    }
    return ok;
}

/* --- reading --- */

static bool
sqlite_table(struct checker *c, struct table *t, const struct ast *from, const char *path,
    const struct ast *query, struct source *s)
{
    bool visits = s->decl && s->decl->kind == AST_VISITS;
    struct sqlite_from of = {.path = path,
        .path_at = from->child->span,
        .table = opsim_tables,
        .ntables = visits ? COUNT_OF(opsim_tables) : 0};
    if (query) {
        of.query_at = query->child->span;
        of.query = constant_text(c, query->child, "a query");
        if (!of.query)
            return false;
    }
    return table_read_sqlite(c->d, &c->m->strings, &of, &s->picked, t);
}

bool
source_table(struct checker *c, struct table *t, const struct ast *from, struct source *s)
{
    static const char *const known[] = {"csv", "list", "json", "sqlite", "instcat", "glob"};
    bool is_known = false;
    for (size_t i = 0; i < COUNT_OF(known); i++)
        is_known = is_known || is_kind(from, known[i]);
    if (!is_known) {
        struct diag *m =
            error_at(c, RULE_UNKNOWN_NAME, from->name_span, "unknown source '%s'", from->text);
        const char *near = diag_nearest(from->text, known, COUNT_OF(known));
        if (near)
            diag_help(m, "did you mean '%s'?", near);
        else
            diag_help(m, "tables come from csv, list, json, sqlite, instcat or glob");
        return false;
    }
    const struct ast *query = NULL;
    for (const struct ast *x = from->child->next; x; x = x->next) {
        if (is_kind(from, "sqlite") && strcmp(x->text, "query") == 0 && !query) {
            query = x;
            continue;
        }
        diag_help(error_at(c, RULE_PROPERTY, x->span, "'%s' does not go with %s here", x->text,
                      from->text),
            "only sqlite takes something more, once: query \"SELECT ...\"");
        return false;
    }
    const char *path = constant_text(c, from->child, "the place of a table");
    if (!path || beside_campaign(c, from->child, path))
        return false;
    struct strpool *pool = &c->m->strings;
    struct span at = from->child->span;
    uint32_t name = t->name;
    struct span declared = t->at;
    bool ok;
    if (is_kind(from, "sqlite")) {
        ok = sqlite_table(c, t, from, path, query, s);
    } else if (is_kind(from, "instcat")) {
        ok = table_read_instcat(c->d, pool, path, at, t);
    } else if (is_kind(from, "glob")) {
        ok = table_read_glob(c->d, pool, path, at, &s->form, t);
    } else if (is_kind(from, "json")) {
        ok = table_read_json(c->d, pool, path, at, t);
    } else {
        if (!s->form.separator)
            s->form.separator = is_kind(from, "csv") ? ',' : ' ';
        s->form.comments = is_kind(from, "list");
        ok = table_read_separated(c->d, pool, path, at, &s->form, t);
    }
    t->name = name;
    t->at = declared;
    table_holes_last(t);
    return ok;
}
