/* Visits on the sky: where all is done, and where tasks failed. */
#include "config.h"

#include "page/page.h"

#include "chart/picture.h"
#include "chart/plot.h"
#include "page/lookup.h"
#include "sky/vec.h"
#include "util/list.h"
#include "util/map64.h"

#include <math.h>
#include <stdlib.h>

enum { WIDTH = 480, LEFT = 52, TOP = 22, BOTTOM = 44, CELL = 6, MOST_SKIES = 2, FEWEST = 2 };
enum { MOST_ROWS = 100 };
static const double DEGREE = 0.017453292519943295, AROUND = 0.035; /* two degrees */

struct tasks {
    uint32_t all, done, failed;
};

struct sky {
    const struct figures *f;
    uint32_t table, n;   /* rows */
    double (*place)[3];  /* of each */
    struct tasks *tasks; /* likewise */
};

/* Where the rows of a table are; NULL: it has no such columns, or a cell is empty. */
static double (*places_of(const struct plan *p, uint32_t table))[3]
{
    uint32_t n = p->table[table].nrows, ra = lookup_column(p, table, "ra"),
             dec = lookup_column(p, table, "dec");
    if (n < FEWEST || ra == PLAN_NONE || dec == PLAN_NONE || !lookup_used(p, table))
        return NULL;
    double(*place)[3] = xcalloc(n, sizeof *place);
    for (uint32_t i = 0; i < n; i++) {
        double x, y;
        if (!lookup_number(p, ra, i, &x) || !lookup_number(p, dec, i, &y) || fabs(x) > 360 ||
            fabs(y) > 90) {
            free(place);
            return NULL;
        }
        sky_direction(x * DEGREE, y * DEGREE, place[i]);
    }
    return place;
}

bool
page_has_sky(const struct figures *f)
{
    double(*place)[3] = NULL;
    for (uint32_t t = 0; t < f->facts.plan->ntables && !place; t++)
        place = places_of(f->facts.plan, t);
    free(place);
    return place != NULL;
}

static void
count(struct tasks *t, uint8_t state)
{
    t->all++;
    t->done += state == STATUS_DONE;
    t->failed += state == STATUS_FAILED;
}

static void
count_tasks(struct sky *sky)
{
    const struct facts *facts = &sky->f->facts;
    sky->tasks = xcalloc(sky->n, sizeof *sky->tasks);
    for (uint32_t t = 0; t < facts->plan->head->ntasks; t++) {
        uint32_t row = lookup_row(facts->plan, t, sky->table);
        if (row != PLAN_NONE)
            count(&sky->tasks[row], facts->status->state[t]);
    }
}

/* --- the map --- */

struct cell {
    unsigned x, y;
    uint32_t visits;
    struct tasks tasks;
};

struct cells {
    struct cell *at;
    size_t n, cap;
};

/* Visits that are so near to each other that they could not be told apart are drawn together. */
static struct cells
cells_of(const struct sky *sky, const struct view *v)
{
    struct cells cells = {0};
    struct map64 known;
    map64_init(&known, 0, sky->n);
    for (uint32_t i = 0; i < sky->n; i++) {
        double px, py;
        bool found;
        if (!sky->tasks[i].all)
            continue;
        view_at(v, sky->place[i], &px, &py);
        unsigned x = (unsigned)fmax(0, px / CELL), y = (unsigned)fmax(0, py / CELL);
        uint32_t k = map64_add(&known, (uint64_t)y << 32 | x, (uint32_t)cells.n, &found);
        if (!found) {
            ARRAY_GROW(cells.at, cells.n, cells.cap);
            cells.at[cells.n++] = (struct cell){.x = x, .y = y};
        }
        cells.at[k].visits++;
        cells.at[k].tasks.all += sky->tasks[i].all;
        cells.at[k].tasks.done += sky->tasks[i].done;
        cells.at[k].tasks.failed += sky->tasks[i].failed;
    }
    map64_free(&known);
    return cells;
}

static void
draw(const struct cells *cells, struct svg *s)
{
    for (size_t i = 0; i < cells->n; i++) {
        const struct cell *c = &cells->at[i];
        svg_open(s, "rect");
        svg_word(s, "class",
            c->tasks.failed ? "c-red" : chart_heat((double)c->tasks.done / c->tasks.all));
        svg_number(s, "x", c->x * CELL);
        svg_number(s, "y", c->y * CELL);
        svg_number(s, "width", CELL - 0.6);
        svg_number(s, "height", CELL - 0.6);
        svg_title(s, "%u %s: %u tasks, %u done, %u failed", c->visits,
            c->visits == 1 ? "row" : "rows", c->tasks.all, c->tasks.done, c->tasks.failed);
        svg_close(s);
    }
}

static void
chart(const struct sky *sky, struct svg *s)
{
    static const char *const legend[] = {"h0", "nothing is done", "h4", "", "h10", "all is done",
        "c-red", "tasks failed", NULL};
    struct view v = {.left = LEFT, .top = TOP, .width = WIDTH - LEFT - 10};
    struct buf id = {0};
    view_of_places(sky->place, sky->n, AROUND, &v);
    struct cells cells = cells_of(sky, &v);
    html_figure(s, NULL, plan_place_name(sky->f->facts.plan, PLACE_TABLE, sky->table),
        "How much is done of what is at each place. North is up, east to the left.");
    html_legend(s, legend);
    buf_printf(&id, "chart-sky-%u", sky->table);
    svg_begin_inline(s, id.p, WIDTH, TOP + v.height + BOTTOM, "Tasks on the sky",
        "A map of places, the darker the more of their tasks are done.");
    buf_puts(&id, "-clip");
    svg_open_clipped(s, id.p, v.left, v.top, v.width, v.height);
    graticule_lines(s, &v);
    draw(&cells, s);
    svg_close(s);
    graticule_labels(s, &v);
    svg_close(s);
    free(cells.at);
    buf_free(&id);
}

/* --- the table --- */

static int
by_trouble(const void *a, const void *b, void *arg)
{
    const struct tasks *of = arg;
    uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
    const struct tasks *x = &of[i], *y = &of[k];
    uint32_t left = x->all - x->done, other = y->all - y->done;
    return x->failed != y->failed ? (x->failed < y->failed) - (x->failed > y->failed)
           : left != other        ? (left < other) - (left > other)
                                  : (i > k) - (i < k);
}

static void
table(const struct sky *sky, struct svg *s)
{
    static const char *const head[] = {"row", "#tasks", "#done", "#failed"};
    uint32_t *row = xcalloc(sky->n, sizeof *row);
    struct buf text = {0}, id = {0};
    for (uint32_t i = 0; i < sky->n; i++)
        row[i] = i;
    qsort_r(row, sky->n, sizeof *row, by_trouble, sky->tasks);
    buf_printf(&id, "t-sky-%u", sky->table);
    html_table(s, id.p,
        sky->n > MOST_ROWS ? "Those with most tasks that failed or are not done" : "Each of them",
        true, head, COUNT_OF(head));
    for (uint32_t i = 0; i < sky->n && i < MOST_ROWS; i++) {
        const struct tasks *t = &sky->tasks[row[i]];
        buf_reset(&text);
        plan_row_label(sky->f->facts.plan, sky->table, row[i], &text);
        html_row(s, "%s", text.p);
        html_count(s, t->all);
        html_count(s, t->done);
        html_count(s, t->failed);
        html_row_end(s);
    }
    html_table_end(s);
    svg_close(s);
    buf_free(&text);
    buf_free(&id);
    free(row);
}

void
page_sky(const struct figures *f, struct svg *s)
{
    const struct plan *p = f->facts.plan;
    unsigned shown = 0;
    html_open(s, "div", "cards");
    for (uint32_t t = 0; t < p->ntables && shown < MOST_SKIES; t++) {
        struct sky sky = {.f = f, .table = t, .n = p->table[t].nrows, .place = places_of(p, t)};
        if (!sky.place)
            continue;
        shown++;
        count_tasks(&sky);
        chart(&sky, s);
        table(&sky, s);
        free(sky.place);
        free(sky.tasks);
    }
    svg_close(s);
}
