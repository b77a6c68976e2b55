/* Visits: where they point, how the camera is turned, and that they can be told apart. */
#include "config.h"

#include "check/check.h"

#include "util/map128.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const double DEGREES = 57.29577951308232; /* of a radian */

bool
has_mapping(const struct source *s, const char *name)
{
    for (const struct ast *p = s->decl->child; p; p = p->next)
        if (p->kind == AST_COLUMN && strcmp(p->text, name) == 0)
            return true;
    return false;
}

/* --- cadence databases --- */

double
real_cell(const struct column *col, uint32_t row)
{
    if (col->type == COLUMN_REAL)
        return ((const double *)col->data)[row];
    return col->data ? (double)((const int64_t *)col->data)[row]
                     : (double)(vm_progression(col->first, col->step, row));
}

/* Adds column `name` as a copy of `from`, numbers times `factor`; nothing if there is no `from`, or
 * if the source or the block has a `name`. */
static void
add_copy(struct checker *c, struct table *t, const struct source *s, const char *name,
    const char *from, double factor)
{
    int k = visits_column(c, t, from);
    if (k < 0 || visits_column(c, t, name) >= 0 || has_mapping(s, name))
        return;
    t->col = xrealloc(t->col, (t->ncols + 1) * sizeof *t->col);
    const struct column *col = &t->col[k];
    struct column *to = &t->col[t->ncols++];
    *to = *col;
    holes_share(to->holes);
    to->name = strpool_adds(&c->m->strings, name);
    if (factor == 1 || (col->type != COLUMN_REAL && col->type != COLUMN_INT)) {
        to->data = column_cells(col->type, t->nrows);
        memcpy(to->data, col->data, t->nrows * column_width(col->type));
        return;
    }
    to->type = COLUMN_REAL;
    to->data = column_cells(COLUMN_REAL, t->nrows);
    for (uint32_t i = 0; i < t->nrows; i++)
        ((double *)to->data)[i] = real_cell(col, i) * factor;
}

/* Physical filters, r_57 or i_sim_1.4, are called by their letter. */
static void
take_letters(struct checker *c, struct table *t)
{
    int k = visits_column(c, t, "band");
    if (k < 0 || t->col[k].type != COLUMN_STRING)
        return;
    uint32_t *cell = t->col[k].data;
    for (uint32_t i = 0; i < t->nrows; i++) {
        const char *s = strpool_get(&c->m->strings, cell[i]);
        if (s[0] && s[1] == '_' && strchr("ugrizy", s[0]))
            cell[i] = strpool_add(&c->m->strings, (const char[]){s[0]}, 1);
    }
}

bool
known_visits(struct checker *c, struct table *t, const struct source *s)
{
    if (s->picked == OPSIM_OBSERVATIONS) {
        add_copy(c, t, s, "id", "observationId", 1);
        add_copy(c, t, s, "ra", "fieldRA", 1);
        add_copy(c, t, s, "dec", "fieldDec", 1);
        add_copy(c, t, s, "mjd", "observationStartMJD", 1);
        bool has_band = visits_column(c, t, "band") >= 0 || has_mapping(s, "band");
        add_copy(c, t, s, "band", "filter", 1);
        if (!has_band)
            take_letters(c, t);
        add_copy(c, t, s, "rotskypos", "rotSkyPos", 1);
    } else if (s->picked == OPSIM_SUMMARY) {
        bool desc = visits_column(c, t, "descDitheredRA") >= 0 &&
                    visits_column(c, t, "descDitheredDec") >= 0;
        bool other =
            visits_column(c, t, "ditheredRA") >= 0 && visits_column(c, t, "ditheredDec") >= 0;
        bool asked = has_mapping(s, "ra") && has_mapping(s, "dec");
        add_copy(c, t, s, "id", "obsHistID", 1);
        add_copy(c, t, s, "ra", desc ? "descDitheredRA" : "fieldRA", DEGREES);
        add_copy(c, t, s, "dec", desc ? "descDitheredDec" : "fieldDec", DEGREES);
        add_copy(c, t, s, "mjd", "expMJD", 1);
        add_copy(c, t, s, "band", "filter", 1);
        /* the angle belongs to the pointing without dither; the parallactic angle differs */
        if (!desc && !asked)
            add_copy(c, t, s, "rotskypos", "rotSkyPos", DEGREES);
        if (!desc && other && !asked)
            diag_help(diag_add(c->d, DIAG_WARNING, RULE_VISITS, s->decl->child->span,
                          "these visits are taken without dither, though the database has one"),
                "say which is meant: { ra = rad(ditheredRA); dec = rad(ditheredDec) }, or "
                "{ ra = rad(fieldRA); dec = rad(fieldDec) }");
    }
    return true;
}

/* --- what visits must have --- */

void
missing_help(struct checker *c, struct diag *m, const struct table *t, const char *name)
{
    enum { MOST = 24 };
    struct buf list = {0};
    for (uint32_t i = 0; i < t->ncols && i < MOST; i++)
        buf_printf(&list, "%s%s", i ? ", " : "", strpool_get(&c->m->strings, t->col[i].name));
    diag_help(m, "say in the block what it is: { %s = COLUMN }; there are %s%s", name, list.p,
        t->ncols > MOST ? ", ..." : "");
    buf_free(&list);
}

bool
no_holes(struct checker *c, const struct table *t, unsigned column, struct span at)
{
    const struct hole *x = holes_from(t->col[column].holes, 0);
    if (x)
        hole_error(c->d, &c->m->strings, t, column, x->row, at);
    return !x;
}

struct expr *
hole_fails(struct checker *c, const struct table *t, unsigned column, enum type type,
    struct span at)
{
    if (c->lazy && holes_from(t->col[column].holes, 0))
        return fails(c, at, type,
            "column '%s' of '%s' has a cell without a value, which is looked at here",
            strpool_get(&c->m->strings, t->col[column].name), strpool_get(&c->m->strings, t->name));
    return no_holes(c, t, column, at) ? NULL : error_expr(c, at);
}

bool
real_column(struct checker *c, struct table *t, const char *rule, unsigned column)
{
    struct column *col = &t->col[column];
    if (col->type == COLUMN_REAL)
        return true;
    if (col->type != COLUMN_INT) {
        const char *name = strpool_get(&c->m->strings, col->name);
        struct diag *m = error_at(c, rule, col->at.file == DIAG_NO_FILE ? t->at : col->at,
            "column '%s' of '%s' must hold numbers, and holds %s", name,
            strpool_get(&c->m->strings, t->name),
            col->type == COLUMN_STRING ? "text" : "conditions");
        if (col->type == COLUMN_STRING)
            diag_help(m, "if all of it are numbers in quotes: { %s = number(%s) }", name, name);
        return false;
    }
    double *to = column_cells(COLUMN_REAL, t->nrows);
    for (uint32_t i = 0; i < t->nrows; i++)
        to[i] = real_cell(col, i);
    free(col->data);
    col->data = to;
    col->type = COLUMN_REAL;
    return true;
}

const char *
row_place(struct checker *c, const struct table *t, uint32_t row)
{
    char place[256];
    table_row_place(t, c->d, row, place, sizeof place);
    uint32_t number = table_row_number(t, row);
    return *place ? arena_printf(c->a, "row %u (%s)", number, place)
                  : arena_printf(c->a, "row %u", number);
}

/* The number of column `name`, or -1 after an error that says which column it may be. */
static int
must_have(struct checker *c, struct table *t, const char *name, const char *const *others,
    size_t nothers)
{
    int k = visits_column(c, t, name);
    if (k >= 0)
        return k;
    struct strpool *pool = &c->m->strings;
    struct diag *m = error_at(c, RULE_VISITS, t->at, "visits need a column '%s', and '%s' has none",
        name, strpool_get(pool, t->name));
    for (size_t i = 0; i < nothers; i++) {
        for (uint32_t x = 0; x < t->ncols; x++) {
            const char *have = strpool_get(pool, t->col[x].name);
            if (strcasecmp(have, others[i]) != 0)
                continue;
            if (strcmp(name, "id") == 0)
                diag_help(m, "say in the block what it is: { %s = %s }", name, have);
            else
                diag_help(m,
                    "say in the block what it is, and in which unit: { %s = deg(%s) } or "
                    "rad(%s)",
                    name, have, have);
            return -1;
        }
    }
    missing_help(c, m, t, name);
    return -1;
}

static bool
inside(struct checker *c, const struct table *t, unsigned column, double most)
{
    const double *v = t->col[column].data;
    for (uint32_t i = 0; i < t->nrows; i++) {
        if (v[i] >= -most && v[i] <= most)
            continue;
        const char *name = strpool_get(&c->m->strings, t->col[column].name);
        diag_help(error_at(c, RULE_VISITS, t->at,
                      "'%s' of %s is %.10g, and degrees are wanted from -%g to %g", name,
                      row_place(c, t, i), v[i], most, most),
            "if the column is in arcseconds: { %s = %s * 1 arcsec }", name, name);
        return false;
    }
    return true;
}

/* Cadence files of old are in radians, and nobody notices until the wrong sky is simulated. */
static void
warn_radians(struct checker *c, const struct table *t, const struct source *s, unsigned ra,
    unsigned dec)
{
    const struct ast *from = s->decl->child;
    const double *x = t->col[ra].data, *y = t->col[dec].data;
    bool file = from->kind == AST_FROM && strcmp(from->text, "instcat") != 0;
    if (!file || s->picked >= 0 || !t->nrows)
        return;
    for (const struct ast *p = s->decl->child; p; p = p->next)
        if (p->kind == AST_COLUMN && p->child->kind != AST_NAME &&
            (strcmp(p->text, "ra") == 0 || strcmp(p->text, "dec") == 0))
            return; /* a unit was thought of */
    for (uint32_t i = 0; i < t->nrows; i++)
        if (x[i] < -3.15 || x[i] > 6.3 || y[i] < -1.5708 || y[i] > 1.5708)
            return;
    diag_help(diag_add(c->d, DIAG_WARNING, RULE_VISITS, t->at,
                  "all visits of '%s' lie within 6.3 degrees of (0, 0): is their place in radians?",
                  strpool_get(&c->m->strings, t->name)),
        "say the unit: { ra = rad(ra); dec = rad(dec) }, or deg(...) if these are degrees");
}

static struct hash128
id_hash(const struct table *t, unsigned id, uint32_t row)
{
    int64_t v = t->col[id].type == COLUMN_STRING ? ((const uint32_t *)t->col[id].data)[row]
                : t->col[id].data                ? ((const int64_t *)t->col[id].data)[row]
                                  : t->col[id].first + (int64_t)row * t->col[id].step;
    return hash128(&v, sizeof v);
}

/* One observation that served several proposals stands in the old databases once for each. */
static bool
same_pointing(const struct table *t, const unsigned *column, size_t n, uint32_t a, uint32_t b)
{
    for (size_t k = 0; k < n; k++) {
        const struct column *col = &t->col[column[k]];
        if (col->type == COLUMN_STRING
                ? ((const uint32_t *)col->data)[a] != ((const uint32_t *)col->data)[b]
                : real_cell(col, a) != real_cell(col, b))
            return false;
    }
    return true;
}

/* Marks the columns in which both rows differ, in row a. */
static void
mark_differing(const struct table *t, uint8_t **mark, uint32_t a, uint32_t b)
{
    for (uint32_t k = 0; k < t->ncols; k++) {
        const struct column *col = &t->col[k];
        size_t n = column_width(col->type);
        const char *cell = col->data;
        if ((cell && memcmp(cell + a * n, cell + b * n, n) != 0) ||
            !holes_at(col->holes, a) != !holes_at(col->holes, b)) {
            if (!mark[k])
                mark[k] = xcalloc(t->nrows, 1);
            mark[k][a] = 1;
        }
    }
}

/* What differs between the rows that became one is the value of none of them. */
static void
lose_differing(struct checker *c, struct table *t, uint8_t **mark)
{
    struct strpool *pool = &c->m->strings;
    for (uint32_t k = 0; k < t->ncols; k++) {
        if (!mark[k])
            continue;
        const char *name = arena_printf(c->a, "%s", strpool_get(pool, t->col[k].name));
        const char *why = arena_printf(c->a, "column '%s' differs between rows of one visit", name);
        const char *help = arena_printf(c->a,
            "say in the block of '%s' which rows are meant, before they are joined: { where %s == "
            "... }",
            strpool_get(pool, t->name), name);
        uint32_t id = strpool_adds(pool, why);
        holes_mark(&t->col[k].holes, mark[k], t->nrows, id, strpool_adds(pool, help));
        free(mark[k]);
    }
    free(mark);
}

static bool
distinct_ids(struct checker *c, struct table *t, const struct source *s, unsigned id,
    const unsigned *pointing, size_t npointing)
{
    struct map128 seen = {0};
    uint32_t *kept = xcalloc((size_t)t->nrows + 1, sizeof *kept), n = 0;
    bool ok = true;
    uint8_t **mark = xcalloc(t->ncols, sizeof *mark);
    for (uint32_t i = 0; i < t->nrows && ok; i++) {
        bool found;
        uint32_t first = (uint32_t)map128_add(&seen, id_hash(t, id, i), i, &found);
        if (!found) {
            kept[n++] = i;
            continue;
        }
        if (s->picked == OPSIM_SUMMARY && same_pointing(t, pointing, npointing, first, i)) {
            mark_differing(t, mark, first, i);
            continue;
        }
        struct value v = cell_value(&c->m->strings, &t->col[id], i);
        struct diag *m =
            v.tag == VAL_STR
                ? error_at(c, RULE_VISITS, t->at, "two visits have the id '%s'", v.s.p)
                : error_at(c, RULE_VISITS, t->at, "two visits have the id %lld", (long long)v.i);
        diag_note(m, NO_SPAN, "%s and %s", row_place(c, t, first), row_place(c, t, i));
        diag_help(m, "%s",
            s->decl->child->kind == AST_FROM && strcmp(s->decl->child->text, "sqlite") == 0
                ? "keep one of them: query \"SELECT ... GROUP BY ...\", or a where"
                : "an id names one visit: correct the data, or keep one by a where");
        ok = false;
    }
    lose_differing(c, t, mark);
    if (ok)
        table_keep(t, kept, n);
    free(kept);
    map128_free(&seen);
    return ok;
}

bool
check_visits(struct checker *c, struct table *t, const struct source *s)
{
    static const char *const ids[] = {"obsHistID", "observationId", "visit", "visitId", "visit_id",
        "expId", "exposure", "exposure_id", "expid"};
    static const char *const ras[] = {"rightascension", "ra", "fieldRA", "ra_deg", "s_ra", "raDeg"};
    static const char *const decs[] = {"declination", "dec", "fieldDec", "dec_deg", "s_dec",
        "decDeg", "decl"};
    int id = must_have(c, t, "id", ids, COUNT_OF(ids));
    if (id > 0) {
        table_lead(t, (unsigned)id);
        id = 0;
    }
    int ra = must_have(c, t, "ra", ras, COUNT_OF(ras));
    int dec = must_have(c, t, "dec", decs, COUNT_OF(decs));
    struct visit_facts *f = arena_alloc(c->a, sizeof *f);
    *f = (struct visit_facts){.angle = -1, .path = -1, .at = NO_SPAN};
    bool ok = id >= 0 && ra >= 0 && dec >= 0;
    if (s->rotation) {
        ok = check_rotation(c, t, s, f) && ok;
    } else if (t->visits && ok) { /* visits of visits: the convention is known */
        f->rotation = t->visits->rotation;
        f->angle = t->visits->angle;
        f->at = t->visits->at;
    }
    if (!ok)
        return false;
    f->id = (unsigned)id;
    f->ra = (unsigned)ra;
    f->dec = (unsigned)dec;
    const int used[] = {id, ra, dec, f->angle};
    for (int i = 0; i < 4; i++)
        if (used[i] >= 0 && !no_holes(c, t, (unsigned)used[i], i == 3 ? f->at : t->at))
            ok = false;
    if (!ok)
        return false;
    if (t->col[id].type != COLUMN_INT && t->col[id].type != COLUMN_STRING) {
        error_at(c, RULE_VISITS, t->at, "the ids of '%s' must be whole numbers or text",
            strpool_get(&c->m->strings, t->name));
        return false;
    }
    if (!real_column(c, t, RULE_VISITS, f->ra) || !real_column(c, t, RULE_VISITS, f->dec) ||
        (f->angle >= 0 && !real_column(c, t, RULE_VISITS, (unsigned)f->angle)))
        return false;
    enum { TURNS = 3600 }; /* ten: no formula gives more, but another unit does */
    if (!inside(c, t, f->ra, TURNS) || !inside(c, t, f->dec, 90) ||
        (f->angle >= 0 && !inside(c, t, (unsigned)f->angle, TURNS)))
        return false;
    unsigned pointing[5] = {f->ra, f->dec};
    size_t n = 2;
    const char *const more[] = {"mjd", "band"};
    for (size_t i = 0; i < COUNT_OF(more); i++) {
        int k = visits_column(c, t, more[i]);
        if (k >= 0 && t->col[k].type != COLUMN_BOOL)
            pointing[n++] = (unsigned)k;
    }
    if (f->angle >= 0)
        pointing[n++] = (unsigned)f->angle;
    const struct ast *from = s->decl->child;
    bool catalogs = from->kind == AST_FROM ? strcmp(from->text, "instcat") == 0
                                           : t->visits && t->visits->path >= 0;
    if (catalogs && !has_mapping(s, "path"))
        f->path = visits_column(c, t, "path");
    if (!distinct_ids(c, t, s, f->id, pointing, n))
        return false;
    warn_radians(c, t, s, f->ra, f->dec);
    t->kind = TABLE_VISITS;
    t->visits = f;
    return true;
}
