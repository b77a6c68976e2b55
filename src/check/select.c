#include "config.h"

#include "check/check.h"
#include "model/rows.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Some rows of a table: `T where c`, `lsst.science`, `lsst["R22_*"]`. */

struct rows {
    struct table *of;
    uint32_t *row; /* ascending, malloc'ed; NULL: all */
    uint32_t n;
    const struct span *emptied; /* what left none; or NULL */
};

static bool pick(struct checker *c, const struct ast *a, const char *var, bool whole,
    struct rows *out);

/* --- the rows as a table --- */

/* Equal rows of one table are one table, so that tasks that run over them agree. */
static struct table *
as_table(struct checker *c, struct rows *r)
{
    struct table *t = r->of;
    if (r->row && r->n < r->of->nrows) {
        struct hash128 h = hash128(r->row, r->n * sizeof *r->row);
        char *key = arena_printf(c->a, "rows %p %u %016llx %016llx", (void *)r->of, r->n,
            (unsigned long long)h.a, (unsigned long long)h.b);
        t = names_find(&c->ranges, key);
        if (!t) {
            t = new_table(c, "", r->of->at);
            table_select(r->of, r->row, r->n, t);
            t->of = r->of;
            t->of_row = r->row;
            t->emptied = r->emptied;
            r->row = NULL;
            names_put(&c->ranges, key, t);
        }
    }
    free(r->row);
    r->row = NULL;
    return t;
}

static void
all_rows(struct rows *r)
{
    if (r->row)
        return;
    r->n = r->of->nrows;
    r->row = xcalloc((size_t)r->n + 1, sizeof *r->row);
    for (uint32_t i = 0; i < r->n; i++)
        r->row[i] = i;
}

static bool
pick_name(struct checker *c, const struct ast *a, bool whole, struct rows *out)
{
    struct scope s = {.c = c};
    struct decl *d = find_decl(c, a->text);
    if (!d) {
        unknown_name(&s, a->span, a->text, "table or set");
        return false;
    }
    d->used = true;
    if (d->kind != DECL_TABLE) {
        struct diag *m = error_at(c, RULE_TYPE, a->span, "'%s' is a %s, not a table", a->text,
            d->kind == DECL_TASK ? "task" : "single value");
        diag_note(m, d->ast->name_span, "it is declared here");
        return false;
    }
    struct table *t = decl_table(c, d, a->span);
    if (!t)
        return false;
    if (whole && (d->ast->kind == AST_CAMERA || d->ast->kind == AST_SENSORS))
        t = d->all;
    *out = (struct rows){.of = t};
    if (t->of) {
        *out = (struct rows){.of = (struct table *)t->of, .n = t->nrows};
        out->row = xcalloc((size_t)t->nrows + 1, sizeof *out->row);
        memcpy(out->row, t->of_row, t->nrows * sizeof *out->row);
    }
    return true;
}

static bool
pick_where(struct checker *c, const struct ast *a, const char *var, struct rows *out)
{
    if (!pick(c, a->child, var, false, out))
        return false;
    const struct ast *where = a->child->next;
    struct expr *e = check_row_where(c, out->of, where);
    uint32_t *row, n;
    if (!e ||
        !rows_filter(c->d, &c->m->strings, &c->m->sky, out->of, out->row, out->n, e, &row, &n))
        return false;
    if (!n && (out->row ? out->n : out->of->nrows))
        out->emptied = &where->span;
    free(out->row);
    out->row = row;
    out->n = n;
    return true;
}

/* `T.name`: a column of conditions is a selection; `all` is all rows. */
static bool
pick_field(struct checker *c, const struct ast *a, const char *var, struct rows *out)
{
    if (!pick(c, a->child, var, true, out))
        return false;
    struct scope s = {.c = c};
    const struct table *t = out->of;
    const char *name = strpool_get(&c->m->strings, t->name);
    int k = table_column(t, strpool_adds(&c->m->strings, a->text));
    if (k < 0 && strcmp(a->text, "all") == 0)
        return true;
    if (k < 0 && table_column(t, strpool_adds(&c->m->strings, "science")) >= 0 &&
        diag_nearest(a->text, (const char *const[]){"science", "all"}, 2)) {
        diag_help(error_at(c, RULE_UNKNOWN_NAME, a->name_span, "'%s' has no selection '%s'", name,
                      a->text),
            "did you mean '%s'?",
            diag_nearest(a->text, (const char *const[]){"science", "all"}, 2));
        return false;
    }
    if (k < 0) {
        unknown_column(&s, a->name_span, t, a->text);
        return false;
    }
    if (t->col[k].type != COLUMN_BOOL) {
        name = strpool_get(&c->m->strings, t->name);
        diag_help(error_at(c, RULE_TYPE, a->name_span,
                      "'%s' is a column of '%s', and no selection of its rows", a->text, name),
            "write: (%s where %s == ...), or distinct %s(%s)", name, a->text, name, a->text);
        return false;
    }
    if (!no_holes(c, t, (unsigned)k, a->name_span))
        return false;
    all_rows(out);
    uint32_t n = 0;
    const uint8_t *cell = t->col[k].data;
    for (uint32_t i = 0; i < out->n; i++)
        if (cell[out->row[i]])
            out->row[n++] = out->row[i];
    if (!n && out->n)
        out->emptied = &a->span;
    out->n = n;
    return true;
}

/* --- sensors by name and number --- */

/* What an index picks so far: one mark for each row of the camera. */
struct marks {
    struct checker *c;
    const struct rows *among;
    const struct camera_facts *f;
    int raft, science; /* columns, or -1 */
    uint8_t *in, *mark;
};

static bool
star_match(const char *s, const char *p)
{
    const char *back = NULL, *from = NULL;
    while (*s) {
        if (*p == '*') {
            back = ++p;
            from = s;
        } else if (*p == *s) {
            p++;
            s++;
        } else if (back) {
            p = back;
            s = ++from;
        } else {
            return false;
        }
    }
    return p[strspn(p, "*")] == 0;
}

/* The other spellings of a name: `R:2,2 S:1,1` and `R22-S11` are R22_S11, R:2,2 is R22. A number
 * behind it, as in `R22-S11-det094`, goes to *detector, else -1. */
static const char *
canonical(struct checker *c, const char *s, size_t n, int64_t *detector)
{
    char *t = arena_text(c->a, s, n), *det = strstr(t, "-det");
    unsigned r1, r2, s1, s2;
    size_t digits = det ? strspn(det + 4, "0123456789") : 0;
    int end = 0;
    *detector = -1;
    if (digits && digits < 10 && !det[4 + digits]) {
        *detector = strtoll(det + 4, NULL, 10);
        *det = 0;
    }
    if (sscanf(t, "R:%1u,%1u S:%1u,%1u%n", &r1, &r2, &s1, &s2, &end) == 4 && !t[end])
        return arena_printf(c->a, "R%u%u_S%u%u", r1, r2, s1, s2);
    end = 0;
    if (sscanf(t, "R:%1u,%1u%n", &r1, &r2, &end) == 2 && !t[end])
        return arena_printf(c->a, "R%u%u", r1, r2);
    if (t[0] == 'R' && strlen(t) > 4 && t[3] == '-')
        t[3] = '_';
    return t;
}

static const char *
text_cell(const struct marks *m, unsigned column, uint32_t row)
{
    const struct column *col = &m->among->of->col[column];
    return strpool_get(&m->c->m->strings, ((const uint32_t *)col->data)[row]);
}

/* Of what a pattern, a raft or a range picks, guiders and wavefront sensors count only where there
 * is nothing else. */
static bool
take(struct marks *m, const uint8_t *found)
{
    const struct table *t = m->among->of;
    const uint8_t *science = m->science >= 0 ? t->col[m->science].data : NULL;
    bool any = false, any_science = false;
    for (uint32_t i = 0; i < t->nrows; i++) {
        any = any || found[i];
        any_science = any_science || (found[i] && science && science[i]);
    }
    for (uint32_t i = 0; i < t->nrows; i++)
        if (found[i] && (!any_science || science[i]))
            m->mark[i] = 1;
    return any;
}

static void
no_sensor(struct marks *m, struct span at, const char *name)
{
    struct checker *c = m->c;
    const struct table *t = m->among->of;
    const char *camera = strpool_get(&c->m->strings, t->name);
    const char **all = arena_alloc(c->a, ((size_t)t->nrows * 2 + 1) * sizeof *all);
    size_t n = 0;
    for (uint32_t i = 0; i < t->nrows; i++) {
        if (!m->in[i] && strcmp(text_cell(m, m->f->name, i), name) == 0) {
            diag_help(
                error_at(c, RULE_SENSORS, at, "'%s' is not among the sensors selected here", name),
                "write: %s[\"%s\"]", camera, name);
            return;
        }
        all[n++] = text_cell(m, m->f->name, i);
        if (m->raft >= 0)
            all[n++] = text_cell(m, (unsigned)m->raft, i);
    }
    struct diag *d =
        error_at(c, RULE_SENSORS, at, "the camera '%s' has no sensor '%s'", camera, name);
    const char *near = diag_nearest(name, all, n);
    if (near)
        diag_help(d, "did you mean '%s'?", near);
    else
        diag_help(d, "a sensor is named like %s%s; * stands for any characters", all[0],
            m->raft >= 0 && *all[1] ? arena_printf(c->a, ", a raft like %s", all[1]) : "");
}

/* A name and a number behind it that belong to different sensors. */
static void
contradiction(struct marks *m, struct span at, const char *name, int64_t detector)
{
    const struct table *t = m->among->of;
    const char *camera = strpool_get(&m->c->m->strings, t->name), *its = NULL;
    const int64_t *number = t->col[m->f->detector].data;
    int64_t named = -1;
    for (uint32_t i = 0; i < t->nrows; i++) {
        const char *have = text_cell(m, m->f->name, i);
        its = number[i] == detector ? have : its;
        named = strcmp(have, name) == 0 ? number[i] : named;
    }
    its = its ? arena_printf(m->c->a, "%s", its) : NULL;
    struct diag *d = error_at(m->c, RULE_SENSORS, at, "detector %lld of '%s' is not '%s'",
        (long long)detector, camera, name);
    if (its && named >= 0)
        diag_help(d, "detector %lld is %s, and %s is detector %lld: which one is meant?",
            (long long)detector, its, name, (long long)named);
    else if (its)
        diag_help(d, "detector %lld is %s", (long long)detector, its);
    else if (named >= 0)
        diag_help(d, "there is no detector %lld; %s is detector %lld", (long long)detector, name,
            (long long)named);
}

/* `detector` (-1: none was given) must be that of a sensor which the name picks, and picks it
 * alone. */
static bool
mark_name(struct marks *m, struct span at, const char *name, int64_t detector)
{
    const struct table *t = m->among->of;
    const int64_t *number = t->col[m->f->detector].data;
    bool star = strchr(name, '*'), ok = false, named = false;
    uint8_t *found = xcalloc((size_t)t->nrows + 1, 1);
    for (uint32_t i = 0; i < t->nrows && !star; i++) {
        if (m->in[i] && strcmp(text_cell(m, m->f->name, i), name) == 0) {
            named = true;
            ok = detector < 0 || number[i] == detector;
            m->mark[i] |= ok;
        }
    }
    if (!named) {
        for (uint32_t i = 0; i < t->nrows; i++) {
            found[i] =
                m->in[i] && (star ? star_match(text_cell(m, m->f->name, i), name)
                                  : m->raft >= 0 && *name &&
                                        strcmp(text_cell(m, (unsigned)m->raft, i), name) == 0);
            named = named || found[i];
            found[i] &= detector < 0 || number[i] == detector;
        }
        ok = take(m, found);
    }
    free(found);
    if (!named)
        no_sensor(m, at, name);
    else if (!ok)
        contradiction(m, at, name, detector);
    return ok;
}

/* Several names may be joined by ^, as imSim has them. */
static bool
mark_names(struct marks *m, struct span at, const char *s)
{
    bool ok = true;
    for (const char *end; ok; s = end + 1) {
        end = strchr(s, '^');
        const char *to = end ? end : s + strlen(s);
        while (s < to && *s == ' ')
            s++;
        const char *last = to;
        while (last > s && last[-1] == ' ')
            last--;
        int64_t detector;
        const char *name = canonical(m->c, s, (size_t)(last - s), &detector);
        ok = mark_name(m, at, name, detector);
        if (!end)
            break;
    }
    return ok;
}

static bool
mark_numbers(struct marks *m, struct span at, int64_t first, int64_t last)
{
    const struct table *t = m->among->of;
    const int64_t *detector = t->col[m->f->detector].data;
    uint8_t *found = xcalloc((size_t)t->nrows + 1, 1);
    for (uint32_t i = 0; i < t->nrows; i++)
        found[i] = m->in[i] && detector[i] >= first && detector[i] <= last;
    bool ok = take(m, found);
    free(found);
    if (ok)
        return true;
    int64_t lo = INT64_MAX, hi = INT64_MIN;
    for (uint32_t i = 0; i < t->nrows; i++) {
        lo = detector[i] < lo ? detector[i] : lo;
        hi = detector[i] > hi ? detector[i] : hi;
    }
    struct diag *d;
    const char *camera = strpool_get(&m->c->m->strings, t->name);
    if (first == last)
        d = error_at(m->c, RULE_SENSORS, at, "the camera '%s' has no detector %lld", camera,
            (long long)first);
    else
        d = error_at(m->c, RULE_SENSORS, at, "the camera '%s' has no detectors %lld .. %lld",
            camera, (long long)first, (long long)last);
    diag_help(d, "its detectors are numbered from %lld to %lld", (long long)lo, (long long)hi);
    return false;
}

static const struct expr *
constant_index(struct checker *c, const struct ast *a)
{
    struct scope s = {.c = c};
    struct expr *e = check_expr(&s, a);
    if (e->type == TYPE_ERROR)
        return NULL;
    if ((e->type == TYPE_INT || e->type == TYPE_STRING) && expr_is_const(e))
        return e;
    diag_help(error_at(c, RULE_TYPE, a->span,
                  "a sensor is chosen by a name or a number, and this is %s", type_name(e->type)),
        "for example: [\"R22_S11\"], [\"R22_*\"], [94], [0 .. 8]");
    return NULL;
}

static bool
mark_index(struct marks *m, const struct ast *a)
{
    if (a->kind == AST_LIST) {
        bool ok = true;
        for (const struct ast *x = a->child; x; x = x->next)
            ok = mark_index(m, x) && ok;
        return ok;
    }
    if (a->kind == AST_RANGE) {
        const struct expr *lo = constant_index(m->c, a->child),
                          *hi = constant_index(m->c, a->child->next);
        if (!lo || !hi)
            return false;
        if (lo->type != TYPE_INT || hi->type != TYPE_INT || a->child->next->next) {
            diag_help(
                error_at(m->c, RULE_TYPE, a->span, "a range of sensors goes over their numbers"),
                "for example: [0 .. 8]");
            return false;
        }
        return mark_numbers(m, a->span, lo->value.i, hi->value.i);
    }
    const struct expr *e = constant_index(m->c, a);
    if (!e)
        return false;
    if (e->type == TYPE_STRING)
        return mark_names(m, a->span, e->value.s.p);
    const struct table *t = m->among->of;
    const int64_t *detector = t->col[m->f->detector].data;
    for (uint32_t i = 0; i < t->nrows; i++) {
        if (m->in[i] && detector[i] == e->value.i) {
            m->mark[i] = 1;
            return true;
        }
    }
    return mark_numbers(m, a->span, e->value.i, e->value.i);
}

static bool
pick_index(struct checker *c, const struct ast *a, const char *var, struct rows *out)
{
    const struct ast *object = a->child, *index = object->next;
    if (!pick(c, object, var, true, out))
        return false;
    const struct table *t = out->of;
    if (t->kind != TABLE_SENSORS) {
        const char *name = strpool_get(&c->m->strings, t->name);
        diag_help(error_at(c, RULE_TYPE, a->span,
                      "'%s' is no camera, and only sensors are chosen "
                      "by [...]",
                      name),
            "write: (%s where ...)", name);
        return false;
    }
    all_rows(out);
    struct marks m = {.c = c, .among = out, .f = t->camera};
    m.raft = table_column(t, strpool_adds(&c->m->strings, "raft"));
    if (m.raft >= 0 && t->col[m.raft].type != COLUMN_STRING)
        m.raft = -1;
    m.science = table_column(t, strpool_adds(&c->m->strings, "science"));
    if (object->kind != AST_NAME || (m.science >= 0 && t->col[m.science].type != COLUMN_BOOL))
        m.science = -1;
    m.in = xcalloc((size_t)t->nrows + 1, 1);
    m.mark = xcalloc((size_t)t->nrows + 1, 1);
    for (uint32_t i = 0; i < out->n; i++)
        m.in[out->row[i]] = 1;
    bool ok = mark_index(&m, index);
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->nrows; i++)
        if (m.mark[i])
            out->row[n++] = i;
    out->n = n;
    if (ok && !n) {
        error_at(c, RULE_EMPTY, a->span, "this selects no sensor");
        ok = false;
    }
    free(m.in);
    free(m.mark);
    return ok;
}

/* --- all together --- */

/* `whole`: of a camera all sensors are meant, not those that it stands for alone. After an error
 * out->row may be set. */
static bool
pick(struct checker *c, const struct ast *a, const char *var, bool whole, struct rows *out)
{
    switch (a->kind) {
    case AST_NAME:
        return pick_name(c, a, whole, out);
    case AST_SELECT:
        return pick_where(c, a, var, out);
    case AST_FIELD:
        return pick_field(c, a, var, out);
    case AST_INDEX:
        return pick_index(c, a, var, out);
    case AST_RANGE:
    case AST_LIST:
    case AST_DISTINCT:
    case AST_FROM:
        *out = (struct rows){.of = inline_table(c, a, var)};
        return out->of != NULL;
    default: {
        struct diag *m = error_at(c, RULE_TYPE, a->span, "a table is needed here");
        diag_help(m, "the name of a table or set, a range (1 .. 9), or a list");
        return false;
    }
    }
}

struct table *
for_table(struct checker *c, const struct ast *source, const char *var)
{
    struct rows r = {0};
    unsigned lazy = eager(c, 0);
    struct table *t = pick(c, source, var, false, &r) ? as_table(c, &r) : NULL;
    eager(c, lazy);
    free(r.row);
    return t;
}
