/* The coverage in words, and for programs. */
#include "config.h"

#include "chart/coverage.h"
#include "model/units.h"
#include "report/words.h"
#include "util/json.h"

#include <math.h>

static const double DEGREES = 57.295779513082323;
static const double SQUARE_DEGREES = 3282.8063500117438; /* of a steradian */

static const char *
table_name(const struct coverage *c, const struct table *t)
{
    return strpool_get(&c->model->strings, t->name);
}

/* Names come from data and files: a line stays a line. */
static void
put_name(struct buf *out, const char *s)
{
    for (; *s; s++)
        buf_putc(out, (unsigned char)*s < ' ' || *s == 127 ? '?' : *s);
}

static void
put_head(const struct coverage *c, struct buf *out)
{
    const struct family *f = c->family;
    buf_puts(out, "campaign ");
    put_name(out, c->model->campaign);
    buf_printf(out, ", task %s for %s in ", f->name, f->var[c->visit].name);
    put_name(out, table_name(c, c->visits));
    buf_printf(out, ", %s in ", f->var[c->sensor].name);
    put_name(out, table_name(c, c->sensors));
    buf_putc(out, '\n');
    if (c->nothers)
        buf_printf(out, "    (%u more task%s over visits and sensors: --family)\n", c->nothers,
            c->nothers == 1 ? " runs" : "s run");
}

static void
put_regions(const struct coverage *c, struct buf *out)
{
    for (unsigned i = 0; i < c->nregions; i++) {
        buf_printf(out, "%-12s", i ? "" : c->nregions > 1 ? "regions" : "region");
        buf_printf(out, "%s%s%.2f square degrees\n", c->region[i].name,
            *c->region[i].name ? ": " : "", sky_area(c->region[i].region) * SQUARE_DEGREES);
    }
    if (!c->nregions)
        buf_puts(out, "region      none: no condition asks for one\n");
}

static void
put_depths(const struct coverage *c, const struct coverage_depths *d, struct buf *out)
{
    const char *where = c->nregions ? "in the region" : "where any looked";
    if (!d->n)
        return;
    buf_puts(out, "depth       median ");
    status_number(d->of[d->n / 2], out);
    buf_printf(out, " visit%s %s; ", d->of[d->n / 2] == 1 ? "" : "s", where);
    status_number(d->of[d->n / 20], out);
    buf_puts(out, " to ");
    status_number(d->of[d->n - 1 - d->n / 20], out);
    buf_puts(out, " in 90 % of it, ");
    status_number(d->of[d->n - 1], out);
    buf_puts(out, " at most\n");
}

static void
put_count(struct buf *out, uint64_t n, int width)
{
    struct buf text = {0};
    status_number(n, &text);
    buf_printf(out, "%*s", width, text.p);
    buf_free(&text);
}

static void
put_bands(const struct coverage *c, struct buf *out)
{
    if (!c->nbands)
        return;
    buf_puts(out, "\nband              visits  with sensors\n");
    for (unsigned b = 0; b < c->nbands; b++) {
        struct buf name = {0};
        put_name(&name, c->bands[b].name);
        buf_printf(out, "%-12s", name.n ? name.p : "(none)");
        buf_free(&name);
        put_count(out, c->bands[b].nvisits, 12);
        put_count(out, c->bands[b].ntouching, 14);
        buf_putc(out, '\n');
    }
}

static void
put_ambiguous(uint64_t kept, uint64_t trimmed, double clear, struct buf *out)
{
    buf_puts(out, "ambiguous   ");
    status_number(kept, out);
    buf_puts(out, " kept, ");
    status_number(trimmed, out);
    buf_puts(out, " trimmed (margin below ");
    quantity_angle(out, clear);
    buf_puts(out, ")\n");
}

void
coverage_text(const struct coverage *c, const struct coverage_depths *d, struct buf *out)
{
    put_head(c, out);
    put_regions(c, out);
    buf_puts(out, "visits      ");
    status_number(c->visits->nrows, out);
    buf_puts(out, ", ");
    status_number(c->ntouching, out);
    buf_puts(out, " of them with sensors that are kept\nsensors     ");
    status_number(c->nkept, out);
    buf_puts(out, " kept, ");
    status_number(c->npairs - c->nkept, out);
    buf_puts(out, " trimmed\n");
    if (c->ambiguous)
        put_ambiguous(c->nambiguous_kept, c->nambiguous_trimmed, c->clear, out);
    put_depths(c, d, out);
    put_bands(c, out);
}

static void
json_head(const struct coverage *c, struct buf *out)
{
    buf_putc(out, '{');
    json_text(out, "campaign", c->model->campaign);
    json_text(out, "family", c->family->name);
    json_text(out, "visits_of", table_name(c, c->visits));
    json_text(out, "sensors_of", table_name(c, c->sensors));
}

static void
json_ambiguous(const struct coverage *c, uint64_t kept, uint64_t trimmed, struct buf *out)
{
    if (!c->ambiguous)
        return;
    json_integer(out, "ambiguous_kept", kept);
    json_integer(out, "ambiguous_trimmed", trimmed);
    json_real(out, "ambiguous_below_arcsec", c->clear * DEGREES * 3600);
}

void
coverage_json(const struct coverage *c, const struct coverage_depths *d, struct buf *out)
{
    struct buf b = {0};
    json_head(c, &b);
    buf_puts(&b, ",\n  \"regions\": [");
    for (unsigned i = 0; i < c->nregions; i++) {
        json_item(&b);
        json_text(&b, "name", c->region[i].name);
        json_key(&b, "square_degrees");
        buf_printf(&b, "%.9g", sky_area(c->region[i].region) * SQUARE_DEGREES);
        buf_putc(&b, '}');
    }
    buf_puts(&b, "],\n  \"visits\": ");
    buf_printf(&b, "%u", c->visits->nrows);
    json_integer(&b, "visits_with_sensors", c->ntouching);
    json_integer(&b, "sensors_kept", c->nkept);
    json_integer(&b, "sensors_trimmed", c->npairs - c->nkept);
    json_ambiguous(c, c->nambiguous_kept, c->nambiguous_trimmed, &b);
    if (d->n) {
        buf_puts(&b, ",\n  \"depth\": {");
        json_integer(&b, "median", d->of[d->n / 2]);
        json_integer(&b, "percentile_5", d->of[d->n / 20]);
        json_integer(&b, "percentile_95", d->of[d->n - 1 - d->n / 20]);
        json_integer(&b, "most", d->of[d->n - 1]);
        json_key(&b, "cell_square_degrees");
        buf_printf(&b, "%.6g", d->area * SQUARE_DEGREES);
        buf_putc(&b, '}');
    }
    buf_puts(&b, ",\n  \"bands\": [");
    for (unsigned i = 0; i < c->nbands; i++) {
        json_item(&b);
        json_text(&b, "band", c->bands[i].name);
        json_integer(&b, "visits", c->bands[i].nvisits);
        json_integer(&b, "visits_with_sensors", c->bands[i].ntouching);
        buf_putc(&b, '}');
    }
    buf_puts(&b, "]}\n");
    buf_add(out, b.p, b.n);
    buf_free(&b);
}

/* --- one visit --- */

struct numbers {
    uint32_t kept, trimmed, near_kept, near_trimmed;
};

static struct numbers
count(const struct coverage *c, uint32_t v)
{
    struct numbers n = {0};
    for (uint32_t s = 0; s < c->sensors->nrows; s++) {
        bool kept = coverage_bit(c, c->kept, v, s), near = coverage_bit(c, c->ambiguous, v, s);
        n.kept += kept;
        n.trimmed += !kept;
        n.near_kept += kept && near;
        n.near_trimmed += !kept && near;
    }
    return n;
}

void
coverage_visit_text(const struct coverage *c, uint32_t v, struct buf *out)
{
    struct numbers n = count(c, v);
    struct buf id = {0};
    coverage_visit_id(c, v, &id);
    put_head(c, out);
    put_regions(c, out);
    buf_puts(out, "visit       ");
    put_name(out, id.p ? id.p : "");
    if (c->band >= 0) {
        buf_puts(out, ", band ");
        put_name(out, c->bands[c->band_of[v]].name);
    }
    buf_printf(out,
        ", ra %.5f deg, dec %.5f deg, +y of the focal plane at position angle %.3f deg\n",
        c->pointing.ra[v] * DEGREES, c->pointing.dec[v] * DEGREES, c->pointing.phi[v] * DEGREES);
    buf_printf(out, "sensors     %u kept, %u trimmed\n", n.kept, n.trimmed);
    if (c->ambiguous)
        put_ambiguous(n.near_kept, n.near_trimmed, c->clear, out);
    for (uint32_t s = 0; s < c->sensors->nrows; s++) {
        if (!coverage_bit(c, c->ambiguous, v, s))
            continue;
        buf_puts(out, "            ");
        put_name(out, coverage_sensor_name(c, s));
        buf_printf(out, " %s, margin %+.2f arcsec\n",
            coverage_bit(c, c->kept, v, s) ? "kept" : "trimmed",
            coverage_margin(c, v, s) * DEGREES * 3600);
    }
    buf_free(&id);
}

void
coverage_visit_json(const struct coverage *c, uint32_t v, struct buf *out)
{
    struct numbers n = count(c, v);
    struct buf b = {0}, id = {0};
    coverage_visit_id(c, v, &id);
    json_head(c, &b);
    json_text(&b, "visit", id.p ? id.p : "");
    if (c->band >= 0)
        json_text(&b, "band", c->bands[c->band_of[v]].name);
    json_key(&b, "ra");
    buf_printf(&b, "%.9f", c->pointing.ra[v] * DEGREES);
    json_key(&b, "dec");
    buf_printf(&b, "%.9f", c->pointing.dec[v] * DEGREES);
    json_key(&b, "position_angle");
    buf_printf(&b, "%.9f", c->pointing.phi[v] * DEGREES);
    json_integer(&b, "sensors_kept", n.kept);
    json_integer(&b, "sensors_trimmed", n.trimmed);
    json_ambiguous(c, n.near_kept, n.near_trimmed, &b);
    buf_puts(&b, ",\n  \"sensors\": [");
    for (uint32_t s = 0; s < c->sensors->nrows; s++) {
        double margin = coverage_margin(c, v, s);
        json_item(&b);
        json_text(&b, "name", coverage_sensor_name(c, s));
        json_key(&b, "kept");
        buf_puts(&b, coverage_bit(c, c->kept, v, s) ? "true" : "false");
        if (c->ambiguous) {
            json_key(&b, "ambiguous");
            buf_puts(&b, coverage_bit(c, c->ambiguous, v, s) ? "true" : "false");
            json_real(&b, "margin_arcsec", fabs(margin) < 3.14 ? margin * DEGREES * 3600 : NAN);
        }
        buf_putc(&b, '}');
    }
    buf_puts(&b, "]}\n");
    buf_add(out, b.p, b.n);
    buf_free(&b);
    buf_free(&id);
}
