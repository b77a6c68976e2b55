/* Which tasks are done, and which are not: family by state. */
#include "config.h"

#include "page/page.h"

#include "chart/plot.h"
#include "report/words.h"

#include <stdlib.h>

enum { MOST_ROWS = 300, BAR_ROWS = 40, ROW = 20 };

/* In the order of STATUS_STATES. */
static const char *const colour[STATUS_NSTATES] = {"c-blue", "c-green", "c-sky", "c-grey",
    "c-violet", "c-sand", "c-gold", "c-red", "c-pink"};

static const char *
row_name(void *arg, unsigned row)
{
    return page_family(arg, row);
}

static void
add_bar(const struct figures *f, unsigned row, struct plot *p)
{
    const struct status_count *c = &f->facts.status->family[row];
    struct buf tip = {0};
    uint64_t at = 0;
    for (int x = 0; x < STATUS_NSTATES; x++) {
        char text[THOUSANDS_SIZE];
        double from = (double)at / c->total;
        at += c->of[x];
        if (!c->of[x])
            continue;
        buf_reset(&tip);
        buf_printf(&tip, "%s: %s %s", page_family(f, row), thousands(c->of[x], text),
            status_state_name((enum status_state)x));
        plot_row_bar(p, colour[x], row, from, (double)at / c->total, tip.p);
    }
    buf_free(&tip);
}

static void
chart(const struct figures *f, struct svg *s)
{
    uint32_t all = f->facts.plan->nfamilies, n = all < BAR_ROWS ? all : BAR_ROWS;
    const char *legend[2 * STATUS_NSTATES + 1];
    size_t k = 0;
    struct plot p;
    for (int x = 0; x < STATUS_NSTATES; x++)
        if (f->facts.status->all.of[x]) {
            legend[k++] = colour[x];
            legend[k++] = status_state_name((enum status_state)x);
        }
    legend[k] = NULL;
    html_figure(s, NULL, "How far each family is", NULL);
    html_legend(s, legend);
    plot_begin(&p, s, "chart-states", 480, 26 + ROW * (double)n, "Tasks of each family by state",
        "A bar for each family, divided by the states of its tasks; the table has the numbers.");
    plot_rows(&p, n, row_name, (void *)(uintptr_t)f);
    plot_x(&p, 0, 1, 0.25, "", plot_percent);
    for (unsigned i = 0; i < n; i++)
        add_bar(f, i, &p);
    plot_end(&p);
    svg_close(s);
}

static void
add_counts(const struct status_count *c, struct svg *s)
{
    html_count(s, c->total);
    for (int x = 0; x < STATUS_NSTATES; x++)
        html_count(s, c->of[x]);
}

static void
table(const struct figures *f, struct svg *s)
{
    const struct status *status = f->facts.status;
    uint32_t n = f->facts.plan->nfamilies, shown = n < MOST_ROWS ? n : MOST_ROWS;
    static const char *const head[] = {"family", "#total",
#define X(id, text) "#" text,
        STATUS_STATES(X)
#undef X
    };
    html_table(s, "t-states", "Tasks of each family by state", false, head,
        sizeof head / sizeof *head);
    for (uint32_t i = 0; i < shown; i++) {
        html_row(s, "%s", page_family(f, i));
        add_counts(&status->family[i], s);
        html_row_end(s);
    }
    html_foot(s);
    html_row(s, shown < n ? "all %u families, of which %u are shown" : "all", n, shown);
    add_counts(&status->all, s);
    html_row_end(s);
    html_table_end(s);
}

void
page_states(const struct figures *f, struct svg *s)
{
    chart(f, s);
    table(f, s);
}
