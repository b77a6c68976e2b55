#include "config.h"

#include "chart/coverage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- which family --- */

/* The first question about a visit and a sensor in a condition, and all regions in it. */
struct asking {
    const struct model *m;
    struct coverage *c; /* where regions go; or NULL */
    bool rows;          /* only regions of questions about a visit and a sensor */
    bool found;
    unsigned visit, sensor;
};

static void
add_region(struct coverage *c, const struct sky_region *r)
{
    const struct model *m = c->model;
    if (!r)
        return;
    for (unsigned i = 0; i < c->nregions; i++)
        if (c->region[i].region == r)
            return;
    const char *name = "";
    for (unsigned i = 0; i < m->nregions; i++)
        if (m->region[i].region == r)
            name = m->region[i].name;
    c->region[c->nregions++] = (struct named_region){name, r};
}

static void
look_at(const struct expr *e, void *arg)
{
    struct asking *a = arg;
    if (e->kind != EX_SKY)
        return;
    if (e->sky.rows && !a->found) {
        a->found = true;
        a->visit = e->sky.visit;
        a->sensor = e->sky.sensor;
    }
    if (a->c && (e->sky.rows || !a->rows))
        add_region(a->c, a->m->sky.use[e->sky.number]->region);
}

static bool
asks(const struct model *m, const struct family *f, struct asking *a)
{
    *a = (struct asking){.m = m};
    if (f->where)
        expr_walk(f->where, look_at, a);
    return a->found;
}

static int
first_of_kind(const struct family *f, enum table_kind kind)
{
    for (unsigned i = 0; i < f->nvars; i++)
        if (f->var[i].table->kind == kind)
            return (int)i;
    return -1;
}

static bool
is_over_both(const struct family *f)
{
    return first_of_kind(f, TABLE_VISITS) >= 0 && first_of_kind(f, TABLE_SENSORS) >= 0;
}

static void
say_none(const struct model *m, const char *name, struct buf *why)
{
    bool visits = false;
    for (unsigned i = 0; i < m->ntables; i++)
        visits = visits || m->table[i]->kind == TABLE_VISITS;
    if (name) {
        buf_printf(why, "no task '%s' runs over visits and sensors", name);
        unsigned n = 0;
        for (unsigned i = 0; i < m->nfamilies; i++)
            if (is_over_both(m->family[i]))
                buf_printf(why, "%s%s", n++ ? ", " : "; these do: ", m->family[i]->name);
    } else if (!visits) {
        buf_printf(why,
            "campaign '%s' has no visits, so there is nothing to see on the sky; they are "
            "declared with: visits NAME from ... { rotation ... }",
            m->campaign);
    } else {
        buf_printf(why,
            "no task of campaign '%s' runs over visits and sensors; one that does begins "
            "like: task simulate for v in observed, s in lsst",
            m->campaign);
    }
}

static bool
choose(struct coverage *c, const char *name, struct buf *why)
{
    const struct model *m = c->model;
    const struct family *by_filter = NULL, *first = NULL;
    struct asking a;
    unsigned n = 0;
    for (unsigned i = 0; i < m->nfamilies; i++) {
        const struct family *f = m->family[i];
        if (!is_over_both(f))
            continue;
        n++;
        if (name && strcmp(f->name, name) != 0)
            continue;
        if (!first)
            first = f;
        if (!by_filter && asks(m, f, &a))
            by_filter = f;
    }
    c->family = by_filter ? by_filter : first;
    if (!c->family) {
        say_none(m, name, why);
        return false;
    }
    c->nothers = n - 1;
    if (asks(m, c->family, &a)) {
        c->visit = a.visit;
        c->sensor = a.sensor;
    } else {
        c->visit = (unsigned)first_of_kind(c->family, TABLE_VISITS);
        c->sensor = (unsigned)first_of_kind(c->family, TABLE_SENSORS);
    }
    c->visits = c->family->var[c->visit].table;
    c->sensors = c->family->var[c->sensor].table;
    return true;
}

static void
find_regions(struct coverage *c)
{
    const struct model *m = c->model;
    struct asking deciding = {.m = m, .c = c, .rows = true}, any = {.m = m, .c = c};
    c->region = arena_alloc(&c->arena, (m->sky.n + 1) * sizeof *c->region);
    if (c->family->where) {
        expr_walk(c->family->where, look_at, &deciding);
        c->ndeciding = c->nregions;
        expr_walk(c->family->where, look_at, &any);
    }
    bool asked = c->nregions > 0;
    for (uint32_t i = 0; !asked && i < m->sky.n; i++)
        add_region(c, m->sky.use[i]->region);
}

/* --- where everything is --- */

static const char *
text_of(const struct coverage *c, uint32_t id)
{
    return strpool_get(&c->model->strings, id);
}

/* Camera and pointings, and what is ambiguous, by the same code that answers conditions. */
static bool
place(struct coverage *c, struct buf *why)
{
    if (c->visits->visits->angle < 0) {
        buf_printf(why,
            "how the camera is turned in the visits of '%s' is not stated; add to their "
            "block: rotation dc2 (as DC2 was simulated), imsim2 or pa",
            text_of(c, c->visits->name));
        return false;
    }
    if (c->sensors->camera->scale == 0) {
        buf_printf(why,
            "the scale of camera '%s' is not stated; add to its block: scale 20 arcsec (of a "
            "mm in the focal plane)",
            text_of(c, c->sensors->name));
        return false;
    }
    struct sky_use use = {.what = ASK_MARGIN, .visits = c->visits, .sensors = c->sensors};
    sky_use_add(&c->arena, &c->uses, use); /* the first: camera and pointings alone */
    use.what = ASK_AMBIGUOUS;
    use.clear = c->clear;
    for (unsigned i = 0; i < c->ndeciding; i++) {
        use.region = c->region[i].region;
        sky_use_add(&c->arena, &c->uses, use);
    }
    for (uint32_t i = 0; i < c->uses.n; i++) {
        const char *reason;
        uint32_t row;
        if (!sky_use_prepare(&c->arena, &c->model->strings, &c->uses, i, &reason, &row)) {
            buf_printf(why, "camera '%s' cannot be placed on the sky%s%s: %s",
                text_of(c, c->sensors->name), row == UINT32_MAX ? "" : ": sensor ",
                row == UINT32_MAX ? "" : coverage_sensor_name(c, row), reason);
            return false;
        }
    }
    c->camera = c->uses.use[0]->camera;
    c->pointing = c->uses.use[0]->pointing;
    size_t words = c->pointing.n * sky_words(c->camera);
    for (uint32_t i = 2; i < c->uses.n; i++)
        for (size_t k = 0; k < words; k++)
            c->uses.use[1]->kept[k] |= c->uses.use[i]->kept[k];
    c->ambiguous = c->uses.n > 1 ? c->uses.use[1]->kept : NULL;
    return true;
}

static void
read_plan(struct coverage *c, const struct plan *p)
{
    uint32_t row[VM_MAX_VARS];
    size_t words = sky_words(c->camera);
    c->kept = xcalloc(c->pointing.n * words + 1, sizeof *c->kept);
    for (uint32_t f = 0; f < p->nfamilies; f++) {
        const struct plan_family *pf = &p->family[f];
        if (strcmp(plan_string(p, pf->name), c->family->name) != 0)
            continue;
        for (uint32_t t = 0; t < pf->ntasks; t++) {
            plan_rows(p, pf->first_task + t, row);
            uint32_t s = row[c->sensor];
            c->kept[row[c->visit] * words + s / 64] |= UINT64_C(1) << s % 64;
        }
    }
}

uint32_t
coverage_count(const struct coverage *c, const uint64_t *bits, uint32_t visit)
{
    size_t words = sky_words(c->camera);
    uint32_t n = 0;
    for (size_t i = 0; bits && i < words; i++)
        n += (uint32_t)__builtin_popcountll(bits[visit * words + i]);
    return n;
}

static int
column_named(const struct coverage *c, const struct table *t, const char *name)
{
    for (uint32_t i = 0; i < t->ncols; i++)
        if (strcmp(text_of(c, t->col[i].name), name) == 0)
            return (int)i;
    return -1;
}

/* Bands in the order of wavelength where they are known, else as they come. */
static void
find_bands(struct coverage *c)
{
    c->mjd = column_named(c, c->visits, "mjd");
    c->band = column_named(c, c->visits, "band");
    if (c->band < 0 || c->visits->col[c->band].type != COLUMN_STRING) {
        c->band = -1;
        return;
    }
    const uint32_t *cell = c->visits->col[c->band].data;
    static const char known[] = "ugrizy";
    bool there[6] = {0};
    for (uint32_t v = 0; v < c->visits->nrows; v++) {
        const char *s = text_of(c, cell[v]), *at = *s && !s[1] ? strchr(known, *s) : NULL;
        if (at)
            there[at - known] = true;
    }
    c->bands = arena_alloc(&c->arena, COVERAGE_BANDS * sizeof *c->bands);
    c->band_of = arena_alloc(&c->arena, c->visits->nrows + 1);
    for (unsigned i = 0; i < 6; i++)
        if (there[i])
            c->bands[c->nbands++].name = arena_text(&c->arena, &known[i], 1);
    for (uint32_t v = 0; v < c->visits->nrows; v++) {
        const char *s = text_of(c, cell[v]);
        unsigned b = 0;
        while (b < c->nbands && strcmp(c->bands[b].name, s) != 0)
            b++;
        if (b == c->nbands && b < COVERAGE_BANDS)
            c->bands[c->nbands++].name = b == COVERAGE_BANDS - 1 ? "others" : s;
        if (b == COVERAGE_BANDS)
            b--;
        c->band_of[v] = (uint8_t)b;
        c->bands[b].nvisits++;
        c->bands[b].ntouching += coverage_count(c, c->kept, v) > 0;
    }
}

bool
coverage_find(const struct model *m, const struct plan *p, const char *name, double clear,
    struct coverage *c, struct buf *why)
{
    *c = (struct coverage){.model = m, .clear = clear};
    if (!choose(c, name, why))
        return false;
    find_regions(c);
    if (!place(c, why))
        return false;
    read_plan(c, p);
    c->npairs = (uint64_t)c->visits->nrows * c->sensors->nrows;
    for (uint32_t v = 0; v < c->visits->nrows; v++) {
        uint32_t n = coverage_count(c, c->kept, v);
        c->nkept += n;
        c->ntouching += n > 0;
    }
    for (size_t i = 0; c->ambiguous && i < c->pointing.n * sky_words(c->camera); i++) {
        c->nambiguous_kept += (uint64_t)__builtin_popcountll(c->ambiguous[i] & c->kept[i]);
        c->nambiguous_trimmed += (uint64_t)__builtin_popcountll(c->ambiguous[i] & ~c->kept[i]);
    }
    find_bands(c);
    return true;
}

void
coverage_free(struct coverage *c)
{
    free(c->kept);
    sky_uses_free(&c->uses);
    arena_free(&c->arena);
    *c = (struct coverage){0};
}

/* --- one visit --- */

void
coverage_visit_id(const struct coverage *c, uint32_t visit, struct buf *out)
{
    struct value v = cell_value(&c->model->strings, &c->visits->col[c->visits->visits->id], visit);
    if (v.tag == VAL_STR)
        buf_add(out, v.s.p, v.s.n);
    else
        buf_printf(out, "%lld", (long long)v.i);
}

int64_t
coverage_visit(const struct coverage *c, const char *id)
{
    struct buf text = {0};
    int64_t found = -1;
    for (uint32_t v = 0; v < c->visits->nrows && found < 0; v++) {
        buf_reset(&text);
        coverage_visit_id(c, v, &text);
        if (text.n == strlen(id) && memcmp(text.p, id, text.n) == 0)
            found = v;
    }
    buf_free(&text);
    return found;
}

const char *
coverage_sensor_name(const struct coverage *c, uint32_t sensor)
{
    const struct column *name = &c->sensors->col[c->sensors->camera->name];
    return text_of(c, ((const uint32_t *)name->data)[sensor]);
}

double
coverage_margin(const struct coverage *c, uint32_t visit, uint32_t sensor)
{
    struct sky_frame frame;
    struct sky_quad quad;
    double least = NAN;
    sky_pointing(c->pointing.ra[visit], c->pointing.dec[visit], c->pointing.phi[visit], &frame);
    sky_turn(&frame, &c->camera->sensor[sensor], &quad);
    for (unsigned i = 0; i < c->ndeciding; i++) {
        double margin = sky_margin(c->region[i].region, &quad);
        if (isnan(least) || fabs(margin) < fabs(least))
            least = margin;
    }
    return least;
}
