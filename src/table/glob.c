/* Files by a pattern as rows: what each of its stars stands for. */
#include "config.h"

#include "table/table.h"

#include "diag/checks.h"

#include "table/files.h"
#include "table/put.h"
#include "util/buf.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

/* The end of the set that begins at p, as glob(3) reads it; NULL: it has none, and the [ is one as
 * it is. */
static const char *
set_end(const char *p)
{
    p++;
    p += *p == '!' || *p == '^';
    for (const char *first = p; *p && (*p != ']' || p == first); p++) {
        const char *class = *p == '[' && p[1] == ':' ? strstr(p + 2, ":]") : NULL;
        if (class)
            p = class + 1;
        else if (*p == '\\' && p[1])
            p++;
    }
    return *p ? p : NULL;
}

/* Behind a [...] of a pattern, if `ch` is of its set; else NULL. */
static const char *
in_set(const char *p, char ch)
{
    const char *end = set_end(p), text[] = {ch, 0};
    if (!end)
        return ch == '[' ? p + 1 : NULL;
    struct buf set = {0};
    buf_add(&set, p, (size_t)(end + 1 - p));
    bool in = fnmatch(set.p, text, 0) == 0;
    buf_free(&set);
    return in ? end + 1 : NULL;
}

/* Behind what one character of a path is compared with; NULL: they differ. */
static const char *
one(const char *p, char ch)
{
    if (*p == '?')
        return ch != '/' ? p + 1 : NULL;
    if (*p == '[')
        return in_set(p, ch);
    if (*p == '\\' && p[1])
        p++;
    return *p == ch ? p + 1 : NULL;
}

/* What each * of the pattern stands for in a path that it matches: the first as few characters as
 * can be, then the next. False: it does not match by these rules. */
static bool
stars_of(const char *pattern, const char *path, const char **from, const char **to)
{
    const char *p = pattern, *s = path, *back = NULL, *next;
    size_t n = 0;
    while (*s) {
        if (*p == '*') {
            from[n] = to[n] = s;
            n++;
            back = ++p;
        } else if (*p && (next = one(p, *s))) {
            p = next;
            s++;
        } else if (back && *to[n - 1] && *to[n - 1] != '/') {
            s = ++to[n - 1];
            p = back;
        } else {
            return false;
        }
    }
    for (; *p == '*'; p++, n++)
        from[n] = to[n] = s;
    return !*p;
}

static size_t
count_stars(const char *p)
{
    size_t n = 0;
    for (; *p; p++) {
        if (*p == '\\' && p[1])
            p++;
        else if (*p == '[' && set_end(p))
            p = set_end(p);
        else
            n += *p == '*';
    }
    return n;
}

/* The columns that the campaign names. */
static bool
add_stars(struct diags *d, struct strpool *pool, const char *pattern, const struct csv_form *form,
    const struct files *f, struct table *t)
{
    size_t n = form->ncolumns, stars = count_stars(pattern);
    if (n != stars) {
        diag_help(diag_add(d, DIAG_ERROR, RULE_GLOB, form->column_at[0],
                      "%zu column%s named, and the pattern has %zu *", n, n == 1 ? " is" : "s are",
                      stars),
            "each * of the pattern is a column");
        return false;
    }
    const struct putter put = {.pool = pool, .source = pattern, .nrows = t->nrows};
    const char **from = xcalloc(n, sizeof *from), **to = xcalloc(n, sizeof *to);
    t->col = xrealloc(t->col, (t->ncols + n) * sizeof *t->col);
    for (size_t k = 0; k < n; k++) {
        if (table_column(t, form->column[k]) >= 0) {
            diag_add(d, DIAG_ERROR, RULE_DUPLICATE, form->column_at[k],
                "a table of files has a column '%s' already", strpool_get(pool, form->column[k]));
            free(from);
            free(to);
            return false;
        }
    }
    struct column *c = t->col + t->ncols;
    for (size_t k = 0; k < n; k++)
        c[k] = (struct column){.name = form->column[k],
            .type = COLUMN_STRING,
            .at = form->column_at[k]};
    t->ncols += (uint32_t)n;
    for (uint32_t i = 0; i < t->nrows; i++) {
        bool fits = stars_of(pattern, f->path[i], from, to);
        for (size_t k = 0; k < n; k++) {
            if (!fits) {
                table_put_none(&put, &c[k], i, "is not told by the name of the file");
                continue;
            }
            size_t length = (size_t)(to[k] - from[k]);
            struct value v = {.tag = VAL_STR};
            v.s.p = from[k];
            v.s.n = (uint32_t)length;
            if (!c[k].data ||
                c[k].type != COLUMN_STRING) /* what is text in the first one is text in all */
                v = table_text_value(from[k], length);
            table_put(&put, &c[k], i, &v);
        }
    }
    table_put_end(&put, t);
    free(from);
    free(to);
    return true;
}

bool
table_read_glob(struct diags *d, struct strpool *pool, const char *pattern, struct span at,
    const struct csv_form *form, struct table *out)
{
    enum { PATH, NAME, STEM, DIR, NCOLS };
    static const char *const names[NCOLS] = {"path", "name", "stem", "dir"};
    *out = (struct table){.at = at, .file = DIAG_NO_FILE};
    struct files f;
    bool good = files_match(d, RULE_GLOB, pattern, at, &f);
    uint32_t *id[NCOLS];
    out->nrows = (uint32_t)f.n;
    out->ncols = NCOLS;
    out->col = xcalloc(NCOLS, sizeof *out->col);
    for (int k = 0; k < NCOLS; k++) {
        id[k] = xcalloc(f.n, sizeof *id[k]);
        out->col[k] = (struct column){.name = strpool_adds(pool, names[k]),
            .type = COLUMN_STRING,
            .data = id[k],
            .at = NO_SPAN};
    }
    for (size_t i = 0; i < f.n; i++) {
        const char *path = f.path[i], *slash = strrchr(path, '/');
        const char *name = slash ? slash + 1 : path;
        /* a leading dot belongs to the name: the stem of ".hidden.txt" is ".hidden" */
        const char *dot = *name ? strchr(name + 1, '.') : NULL;
        id[PATH][i] = strpool_adds(pool, path);
        id[NAME][i] = strpool_adds(pool, name);
        id[STEM][i] = strpool_add(pool, name, dot ? (size_t)(dot - name) : strlen(name));
        id[DIR][i] = !slash          ? strpool_adds(pool, ".")
                     : slash == path ? strpool_adds(pool, "/")
                                     : strpool_add(pool, path, (size_t)(slash - path));
    }
    if (good && form && form->ncolumns)
        good = add_stars(d, pool, pattern, form, &f, out);
    files_free(&f);
    return good;
}
