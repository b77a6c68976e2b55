/* What the nodes did: tasks at a time, memory, and each of them over time. */
#include "config.h"

#include "page/page.h"

#include "chart/plot.h"
#include "model/units.h"
#include "report/words.h"

#include <math.h>
#include <stdlib.h>

enum { WIDTH = 480, HEIGHT = 220, ROW = 14, MOST_HOSTS = 60 };

struct series {
    double *tasks, *nodes, *planned, *used;
};

static struct series
series_of(const struct figures *f)
{
    size_t n = f->nbins;
    struct series v = {xcalloc(n, sizeof(double)), xcalloc(n, sizeof(double)),
        xcalloc(n, sizeof(double)), xcalloc(n, sizeof(double))};
    for (size_t i = 0; i < n; i++) {
        const struct figures_bin *b = &f->bin[i];
        v.tasks[i] = b->busy_s / f->step_s;
        v.nodes[i] = b->nodes;
        v.planned[i] = b->planned / f->step_s;
        v.used[i] = b->used / f->step_s;
    }
    return v;
}

static void
free_series(struct series *v)
{
    free(v->tasks);
    free(v->nodes);
    free(v->planned);
    free(v->used);
}

static double
most_memory(const struct figures *f, const struct series *v)
{
    return fmax(page_most(f, v->planned), page_most(f, v->used));
}

static void
bytes_text(double value, double step, struct buf *out)
{
    (void)step;
    quantity_bytes(out, value);
}

static bool
say_tasks(const struct figures *f, unsigned i, const void *arg, struct buf *out)
{
    const struct series *v = arg;
    buf_printf(out, ": %.1f tasks at a time, %u nodes", v->tasks[i], f->bin[i].nodes);
    return true;
}

static bool
say_memory(const struct figures *f, unsigned i, const void *arg, struct buf *out)
{
    const struct series *v = arg;
    (void)f;
    buf_puts(out, ": planned ");
    quantity_bytes(out, v->planned[i]);
    buf_puts(out, ", used ");
    quantity_bytes(out, v->used[i]);
    return true;
}

static void
tasks_chart(const struct figures *f, const struct series *v, struct svg *s)
{
    struct plot p;
    static const char *const legend[] = {"c-green", "tasks that run", "l-gold", "nodes with a task",
        NULL};
    html_figure(s, NULL, "Slots in use", "How many tasks ran at a time, and on how many nodes.");
    html_legend(s, legend);
    plot_begin(&p, s, "chart-slots", WIDTH, HEIGHT, "Tasks that run at a time, over time",
        "An area as high as the mean number of tasks that ran, and a line for the nodes.");
    plot_y(&p, fmax(page_most(f, v->tasks), page_most(f, v->nodes)), "at a time", NULL);
    page_axis(f, &p);
    plot_area(&p, "c-green", f->first_s, f->step_s, f->nbins, NULL, v->tasks);
    plot_line(&p, "l-gold", f->first_s, f->step_s, f->nbins, v->nodes);
    page_tips(f, &p, say_tasks, v);
    plot_end(&p);
}

static void
memory_chart(const struct figures *f, const struct series *v, struct svg *s)
{
    struct plot p;
    static const char *const legend[] = {"c-sky", "used (the peak of each)", "l-pink", "planned",
        NULL};
    html_figure(s, NULL, "Memory, planned and used",
        "Of attempts that ended and whose memory was measured. Tasks that shared a process, and "
        "what "
        "still runs, are left out.");
    html_legend(s, legend);
    plot_begin(&p, s, "chart-memory", WIDTH, HEIGHT, "Memory planned and used, over time",
        "An area as high as the memory that tasks used, and a line for what was planned for them.");
    plot_y(&p, most_memory(f, v), "memory", bytes_text);
    page_axis(f, &p);
    plot_area(&p, "c-sky", f->first_s, f->step_s, f->nbins, NULL, v->used);
    plot_line(&p, "l-pink", f->first_s, f->step_s, f->nbins, v->planned);
    page_tips(f, &p, say_memory, v);
    plot_end(&p);
}

static void
table(const struct figures *f, const struct series *v, bool memory, struct svg *s)
{
    static const char *const heads[2][3] = {{"from", "#tasks at a time", "#nodes"},
        {"from", "#planned", "#used"}};
    html_table(s, memory ? "t-memory" : "t-slots",
        memory ? "Memory, planned and used" : "Tasks that ran at a time", true, heads[memory], 3);
    for (unsigned i = 0; i < f->nbins; i++) {
        struct buf number = {0};
        buf_printf(&number, "%.2f", v->tasks[i]);
        page_bin_row(f, i, s);
        if (memory) {
            html_bytes(s, v->planned[i]);
            html_bytes(s, v->used[i]);
        } else {
            html_value(s, v->tasks[i], number.p);
            html_count(s, f->bin[i].nodes);
        }
        html_row_end(s);
        buf_free(&number);
    }
    html_table_end(s);
    svg_close(s);
}

/* --- each node --- */

struct rows {
    const struct figures *f;
    struct buf name[FIGURES_ROWS];
};

static const char *
row_name(void *arg, unsigned row)
{
    struct rows *r = arg;
    return r->name[row].p;
}

static void
name_rows(const struct figures *f, struct rows *r)
{
    *r = (struct rows){.f = f};
    for (unsigned i = 0; i < f->nrows; i++) {
        uint32_t n, first = figures_row(f, i, &n);
        facts_host(&f->facts, f->host[first].holder, &r->name[i]);
        if (n > 1)
            buf_printf(&r->name[i], " +%u", n - 1);
    }
}

static double
most_busy(const struct figures *f)
{
    double m = 0;
    for (unsigned row = 0; row < f->nrows; row++) {
        uint32_t n;
        figures_row(f, row, &n);
        for (unsigned i = 0; i < f->nbins; i++)
            m = fmax(m, f->row_s[row * f->nbins + i] / f->step_s / n);
    }
    return m;
}

static void
heat_chart(const struct figures *f, struct svg *s)
{
    struct plot p;
    struct rows rows;
    double top = most_busy(f), *part = xcalloc(f->nbins, sizeof *part);
    struct buf most_text = {0};
    buf_printf(&most_text, "%.1f tasks at a time", top);
    const char *legend[] = {"h0", "idle", "h4", "", "h10", most_text.p, NULL};
    name_rows(f, &rows);
    html_figure(s, NULL, "Each node",
        f->nrows < f->nhosts ? "Tasks at a time, the mean of neighbours where there are too many "
                               "nodes for a row of each."
                             : "Tasks at a time.");
    html_legend(s, legend);
    plot_begin(&p, s, "chart-nodes", WIDTH, 30 + ROW * (double)f->nrows,
        "Tasks at a time on each node, over time",
        "A row of cells for each node, the darker the more tasks ran.");
    plot_rows(&p, f->nrows, row_name, &rows);
    page_axis(f, &p);
    for (unsigned row = 0; row < f->nrows; row++) {
        uint32_t n;
        figures_row(f, row, &n);
        for (unsigned i = 0; i < f->nbins; i++)
            part[i] = top > 0 ? f->row_s[row * f->nbins + i] / f->step_s / n / top : 0;
        plot_heat(&p, row, f->nrows, f->first_s, f->step_s, f->nbins, part);
        buf_free(&rows.name[row]);
    }
    plot_end(&p);
    free(part);
    buf_free(&most_text);
}

static int
by_failures(const void *a, const void *b)
{
    const struct figures_host *x = *(struct figures_host *const *)a,
                              *y = *(struct figures_host *const *)b;
    uint32_t bad_x = x->attempts - x->good, bad_y = y->attempts - y->good;
    return bad_x != bad_y               ? (bad_x < bad_y) - (bad_x > bad_y)
           : x->attempts != y->attempts ? (x->attempts < y->attempts) - (x->attempts > y->attempts)
                                        : (x > y) - (x < y);
}

static void
add_host(const struct figures *f, const struct figures_host *h, struct svg *s)
{
    struct buf name = {0};
    facts_host(&f->facts, h->holder, &name);
    html_row(s, "%s", name.p);
    html_count(s, h->attempts);
    html_count(s, h->good);
    html_count(s, h->attempts - h->good);
    html_duration(s, h->busy_s);
    html_time(s, h->first_s);
    html_time(s, h->last_s);
    html_row_end(s);
    buf_free(&name);
}

static void
host_table(const struct figures *f, struct svg *s)
{
    static const char *const head[] = {"node", "#attempts", "#ended well", "#did not", "#busy",
        "#first", "#last"};
    struct figures_host **by = xcalloc(f->nhosts + 1, sizeof *by);
    uint32_t n = f->nhosts < MOST_HOSTS ? f->nhosts : MOST_HOSTS;
    for (uint32_t i = 0; i < f->nhosts; i++)
        by[i] = &f->host[i];
    qsort(by, f->nhosts, sizeof *by, by_failures);
    html_table(s, "t-nodes",
        n < f->nhosts ? "The nodes where most attempts did not end well" : "What each node did",
        true, head, sizeof head / sizeof *head);
    for (uint32_t i = 0; i < n; i++)
        if (by[i]->attempts)
            add_host(f, by[i], s);
    html_table_end(s);
    svg_close(s);
    free(by);
}

void
page_nodes(const struct figures *f, struct svg *s)
{
    struct series v = series_of(f);
    html_open(s, "div", "cards");
    tasks_chart(f, &v, s);
    table(f, &v, false, s);
    if (most_memory(f, &v) > 0) {
        memory_chart(f, &v, s);
        table(f, &v, true, s);
    }
    heat_chart(f, s);
    host_table(f, s);
    svg_close(s);
    free_series(&v);
}
