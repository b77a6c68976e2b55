/* Sensors of a camera by name and number: lsst["R22_*"], lsst[0 .. 8]. */
#include "config.h"

#include "check/check.h"

#include <stdlib.h>
#include <string.h>

/* What an index picks so far: one mark for each row of the camera. */
struct marks {
    struct checker *c;
    const struct table *camera;
    int raft, science; /* columns, or -1 */
    const uint8_t *in; /* the rows to choose from */
    uint8_t *mark;
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
    const struct column *col = &m->camera->col[column];
    return strpool_get(&m->c->m->strings, ((const uint32_t *)col->data)[row]);
}

/* Of what a pattern, a raft or a range picks, guiders and wavefront sensors count only where there
 * is nothing else. */
static bool
take(struct marks *m, const uint8_t *found)
{
    const struct table *t = m->camera;
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
    const struct table *t = m->camera;
    const char *camera = strpool_get(&c->m->strings, t->name);
    const char **all = arena_alloc(c->a, ((size_t)t->nrows * 2 + 1) * sizeof *all);
    size_t n = 0;
    for (uint32_t i = 0; i < t->nrows; i++) {
        if (!m->in[i] && strcmp(text_cell(m, m->camera->camera->name, i), name) == 0) {
            diag_help(
                error_at(c, RULE_SENSORS, at, "'%s' is not among the sensors selected here", name),
                "write: %s[\"%s\"]", camera, name);
            return;
        }
        all[n++] = text_cell(m, m->camera->camera->name, i);
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
    const struct table *t = m->camera;
    const char *camera = strpool_get(&m->c->m->strings, t->name), *its = NULL;
    const int64_t *number = t->col[m->camera->camera->detector].data;
    int64_t named = -1;
    for (uint32_t i = 0; i < t->nrows; i++) {
        const char *have = text_cell(m, m->camera->camera->name, i);
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
    const struct table *t = m->camera;
    const int64_t *number = t->col[m->camera->camera->detector].data;
    bool star = strchr(name, '*'), ok = false, named = false;
    uint8_t *found = xcalloc((size_t)t->nrows + 1, 1);
    for (uint32_t i = 0; i < t->nrows && !star; i++) {
        if (m->in[i] && strcmp(text_cell(m, m->camera->camera->name, i), name) == 0) {
            named = true;
            ok = detector < 0 || number[i] == detector;
            m->mark[i] |= ok;
        }
    }
    if (!named) {
        for (uint32_t i = 0; i < t->nrows; i++) {
            found[i] =
                m->in[i] && (star ? star_match(text_cell(m, m->camera->camera->name, i), name)
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
    const struct table *t = m->camera;
    const int64_t *detector = t->col[m->camera->camera->detector].data;
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
    const struct table *t = m->camera;
    const int64_t *detector = t->col[m->camera->camera->detector].data;
    for (uint32_t i = 0; i < t->nrows; i++) {
        if (m->in[i] && detector[i] == e->value.i) {
            m->mark[i] = 1;
            return true;
        }
    }
    return mark_numbers(m, a->span, e->value.i, e->value.i);
}

bool
pick_sensors(struct checker *c, const struct table *camera, const struct ast *index, bool all,
    const uint8_t *in, uint8_t *mark)
{
    struct marks m = {.c = c, .camera = camera, .in = in, .mark = mark};
    m.raft = table_column(camera, strpool_adds(&c->m->strings, "raft"));
    if (m.raft >= 0 && camera->col[m.raft].type != COLUMN_STRING)
        m.raft = -1;
    m.science = all ? -1 : table_column(camera, strpool_adds(&c->m->strings, "science"));
    if (m.science >= 0 && camera->col[m.science].type != COLUMN_BOOL)
        m.science = -1;
    return mark_index(&m, index);
}
