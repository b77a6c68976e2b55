/* Cameras: which sensors fail, and which run long. Where sensors are, the plan tells if a table of
 * it has their places in columns x_mm and y_mm, as those of cameras do, or names them as LSST does:
 * R22_S11 is the sensor in row 1 and column 1 of the raft in row 2 and column 2. */
#include "config.h"

#include "page/page.h"

#include "chart/plot.h"
#include "page/lookup.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 420, MARGIN = 6, MOST_PLANES = 4, FEWEST = 4, MOST_SENSORS = 1000 };

struct sensor {
    double x, y, width, height;
    uint32_t ended, failed; /* attempts */
    double ratio; /* sum of the times of those that ended well, in medians of the family */
};

struct plane {
    const struct figures *f;
    uint32_t table;
    struct sensor *sensor; /* of each row */
    uint32_t n;
    double *median; /* of each family, in its own measure */
    struct plan_eval *eval;
};

static bool
by_place(const struct plan *p, uint32_t table, uint32_t row, struct sensor *s)
{
    if (!lookup_number(p, lookup_column(p, table, "x_mm"), row, &s->x) ||
        !lookup_number(p, lookup_column(p, table, "y_mm"), row, &s->y))
        return false;
    if (!lookup_number(p, lookup_column(p, table, "width_mm"), row, &s->width) ||
        !lookup_number(p, lookup_column(p, table, "height_mm"), row, &s->height))
        s->width = s->height = 40;
    return true;
}

static bool
by_name(const struct plan *p, uint32_t table, uint32_t row, struct sensor *s)
{
    struct buf name = {0};
    plan_row_label(p, table, row, &name);
    const char *n = name.n == 7 ? name.p : "       ";
    bool ok = n[0] == 'R' && n[3] == '_' && n[4] == 'S' && isdigit((unsigned char)n[1]) &&
              isdigit((unsigned char)n[2]) && isdigit((unsigned char)n[5]) &&
              isdigit((unsigned char)n[6]);
    if (ok) {
        s->x = (n[2] - '0') * 3.15 + (n[6] - '0');
        s->y = (n[1] - '0') * 3.15 + (n[5] - '0');
        s->width = s->height = 0.96;
    }
    buf_free(&name);
    return ok;
}

/* The sensors of a table; NULL: it is no camera. */
static struct sensor *
sensors_of(const struct plan *p, uint32_t table)
{
    uint32_t n = p->table[table].nrows;
    if (n < FEWEST || n > MOST_SENSORS)
        return NULL;
    struct sensor *s = xcalloc(n, sizeof *s);
    for (uint32_t i = 0; i < n; i++)
        if (!by_place(p, table, i, &s[i]) && !by_name(p, table, i, &s[i])) {
            free(s);
            return NULL;
        }
    return s;
}

/* The next table that is a camera, from *table on; NULL: there is none. The caller frees it. */
static struct sensor *
next_camera(const struct plan *p, uint32_t *table)
{
    struct sensor *s = NULL;
    for (; *table < p->ntables && !s; ++*table)
        s = lookup_used(p, *table) ? sensors_of(p, *table) : NULL;
    return s;
}

bool
page_has_plane(const struct figures *f)
{
    uint32_t table = 0;
    struct sensor *s = next_camera(f->facts.plan, &table);
    free(s);
    return s != NULL;
}

/* --- counting --- */

static double
stated_seconds(struct plane *pl, uint32_t family, uint32_t task)
{
    double s = 0;
    const struct plan_family *pf = &pl->f->facts.plan->family[family];
    return plan_number(pl->eval, task, pf->time, &s) ? s : 0;
}

static void
count(void *arg, uint32_t task, const struct fact *a)
{
    struct plane *pl = arg;
    const struct plan *p = pl->f->facts.plan;
    uint32_t family = plan_family_of(p, task), row = lookup_row(p, task, pl->table);
    if (row == PLAN_NONE || !a->attempt || !a->ended_s)
        return;
    struct sensor *s = &pl->sensor[row];
    if (a->reason != REASON_OK) {
        s->failed++;
        return;
    }
    double unit = pl->f->family[family].absolute ? 1 : stated_seconds(pl, family, task);
    if (a->wall_ms && unit > 0 && pl->median[family] > 0) {
        s->ended++;
        s->ratio += a->wall_ms * 1e-3 / unit / pl->median[family];
    }
}

static void
count_sensors(struct plane *pl)
{
    const struct figures *f = pl->f;
    uint32_t n = f->facts.plan->nfamilies;
    pl->eval = plan_eval_new(f->facts.plan);
    pl->median = xcalloc(n + 1, sizeof *pl->median);
    for (uint32_t k = 0; k < n; k++)
        pl->median[k] = sketch_quantile(&f->family[k].time, 0.5, 0, NULL);
    figures_each(f, count, pl);
    plan_eval_free(pl->eval);
    free(pl->median);
}

/* --- drawing --- */

static double
value_of(const struct sensor *s, bool failures)
{
    return failures ? s->failed : s->ended ? s->ratio / s->ended : NAN;
}

static void
box_of(const struct plane *pl, double *left, double *low, double *width, double *height)
{
    double right = -INFINITY, high = -INFINITY;
    *left = *low = INFINITY;
    for (uint32_t i = 0; i < pl->n; i++) {
        const struct sensor *s = &pl->sensor[i];
        *left = fmin(*left, s->x - s->width / 2);
        *low = fmin(*low, s->y - s->height / 2);
        right = fmax(right, s->x + s->width / 2);
        high = fmax(high, s->y + s->height / 2);
    }
    *width = fmax(right - *left, 1e-9);
    *height = fmax(high - *low, 1e-9);
}

static void
say_sensor(const struct plane *pl, uint32_t i, struct buf *out)
{
    const struct sensor *s = &pl->sensor[i];
    plan_row_label(pl->f->facts.plan, pl->table, i, out);
    buf_printf(out, ": %u ended well", s->ended);
    if (s->ended)
        buf_printf(out, ", %.2f times the usual", s->ratio / s->ended);
    buf_printf(out, ", %u did not", s->failed);
}

/* What is not known, or none, is not the least. */
static const char *
cell_class(double v, double least, double most)
{
    if (isnan(v) || v <= 0)
        return "h0";
    return chart_heat(fmax(most > least ? (v - least) / (most - least) : 0, 0.05));
}

static void
draw(const struct plane *pl, bool failures, double least, double most, struct svg *s)
{
    double left, low, width, height;
    struct buf tip = {0};
    box_of(pl, &left, &low, &width, &height);
    double scale = (SIZE - 2 * MARGIN) / fmax(width, height), bottom = MARGIN + height * scale;
    for (uint32_t i = 0; i < pl->n; i++) {
        const struct sensor *at = &pl->sensor[i];
        double v = value_of(at, failures);
        struct buf class = {0};
        buf_printf(&class, "cell %s", cell_class(v, least, most));
        buf_reset(&tip);
        say_sensor(pl, i, &tip);
        svg_open(s, "rect");
        svg_word(s, "class", class.p);
        svg_number(s, "x", MARGIN + (at->x - at->width / 2 - left) * scale);
        svg_number(s, "y", bottom - (at->y + at->height / 2 - low) * scale);
        svg_number(s, "width", at->width * scale);
        svg_number(s, "height", at->height * scale);
        svg_title(s, "%s", tip.p);
        svg_close(s);
        buf_free(&class);
    }
    buf_free(&tip);
}

static void
chart(const struct plane *pl, bool failures, struct svg *s)
{
    double least = INFINITY, most = 0, left, low, width, height;
    struct buf first = {0}, last = {0}, id = {0};
    for (uint32_t i = 0; i < pl->n; i++) {
        double v = value_of(&pl->sensor[i], failures);
        least = fmin(least, v);
        most = fmax(most, v);
    }
    least = failures ? 0 : isfinite(least) ? least : 0;
    buf_printf(&first, failures ? "1" : "%.2f", least);
    buf_printf(&last, failures ? "%.0f" : "%.2f", most);
    const char *legend[] = {"h0", failures ? "none" : "not known", "h1", first.p, "h10", last.p,
        NULL};
    const char *name = plan_place_name(pl->f->facts.plan, PLACE_TABLE, pl->table);
    html_figure(s, NULL, failures ? "Which sensors fail" : "Which sensors run long",
        failures ? "Attempts of each sensor that did not end well."
                 : "Mean time of its attempts, in medians of their families.");
    html_legend(s, legend);
    buf_printf(&id, "chart-%s-%u", failures ? "failing" : "long", pl->table);
    box_of(pl, &left, &low, &width, &height);
    svg_begin_inline(s, id.p, SIZE, SIZE * fmin(1, height / width) + 2 * MARGIN, name,
        failures ? "A map of the camera, the darker the more attempts did not end well."
                 : "A map of the camera, the darker the longer tasks took.");
    draw(pl, failures, least, most, s);
    svg_close(s);
    buf_free(&first);
    buf_free(&last);
    buf_free(&id);
}

static void
table(const struct plane *pl, struct svg *s)
{
    static const char *const head[] = {"sensor", "#ended well", "#time / usual",
        "#did not end well"};
    struct buf id = {0}, text = {0};
    buf_printf(&id, "t-sensors-%u", pl->table);
    html_table(s, id.p, "Sensors", true, head, sizeof head / sizeof *head);
    for (uint32_t i = 0; i < pl->n; i++) {
        const struct sensor *at = &pl->sensor[i];
        double v = value_of(at, false);
        buf_reset(&text);
        plan_row_label(pl->f->facts.plan, pl->table, i, &text);
        html_row(s, "%s", text.p);
        html_count(s, at->ended);
        buf_reset(&text);
        buf_printf(&text, "%.2f", v);
        html_value(s, v, text.p);
        html_count(s, at->failed);
        html_row_end(s);
    }
    html_table_end(s);
    buf_free(&id);
    buf_free(&text);
}

void
page_planes(const struct figures *f, struct svg *s)
{
    uint32_t next = 0, shown = 0;
    struct sensor *sensor;
    while (shown++ < MOST_PLANES && (sensor = next_camera(f->facts.plan, &next))) {
        struct plane pl = {.f = f,
            .table = next - 1,
            .sensor = sensor,
            .n = f->facts.plan->table[next - 1].nrows};
        count_sensors(&pl);
        html_put(s, "h3", NULL, "%s", plan_place_name(f->facts.plan, PLACE_TABLE, pl.table));
        html_open(s, "div", "cards");
        chart(&pl, false, s);
        table(&pl, s);
        svg_close(s);
        chart(&pl, true, s);
        svg_close(s);
        svg_close(s);
        free(sensor);
    }
}
