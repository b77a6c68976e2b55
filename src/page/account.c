/* What became of the time of nodes, as `wflc status` accounts for it. */
#include "config.h"

#include "page/page.h"

#include "chart/plot.h"
#include "report/words.h"

enum { ROW = 20 };

bool
page_has_account(const struct figures *f)
{
    const struct account_sum *a = &f->facts.status->account;
    return a->all_s > a->part_s[ACCOUNT_UNKNOWN];
}

/* The parts of which there is something. */
struct shown {
    unsigned n, part[ACCOUNT_NPARTS];
    const struct account_sum *sum;
};

static const char *
row_name(void *arg, unsigned row)
{
    const struct shown *w = arg;
    return account_text((enum account_part)w->part[row]);
}

/* Blue is work, red what was lost, grey the rest. */
static const char *
colour_of(unsigned part)
{
    return part == ACCOUNT_USEFUL || part == ACCOUNT_RUNNING ? "c-blue"
           : part == ACCOUNT_FAILED || part == ACCOUNT_WALLTIME || part == ACCOUNT_KILLED
               ? "c-red"
               : "c-grey";
}

static void
chart(struct shown *w, struct svg *s)
{
    struct plot p;
    struct buf tip = {0};
    html_figure(s, NULL, "What became of it",
        "The time of all cores of all nodes that had tasks for this campaign.");
    plot_begin(&p, s, "chart-account", 480, 26 + ROW * (double)w->n,
        "Time of nodes by what became of it", "A bar for each part; the table has the numbers.");
    plot_rows(&p, w->n, row_name, w);
    plot_x(&p, 0, 1, 0.25, "", plot_percent);
    for (unsigned i = 0; i < w->n; i++) {
        double part_s = w->sum->part_s[w->part[i]];
        buf_reset(&tip);
        buf_printf(&tip, "%s: ", row_name(w, i));
        status_duration(part_s, &tip);
        plot_row_bar(&p, colour_of(w->part[i]), i, 0, part_s / w->sum->all_s, tip.p);
    }
    plot_end(&p);
    svg_close(s);
    buf_free(&tip);
}

static void
table(const struct shown *w, struct svg *s)
{
    static const char *const head[] = {"part", "#time", "#of all"};
    struct buf text = {0};
    html_table(s, "t-account", "Time of nodes", false, head, sizeof head / sizeof *head);
    for (unsigned i = 0; i < w->n; i++) {
        double part_s = w->sum->part_s[w->part[i]];
        buf_reset(&text);
        buf_printf(&text, "%.1f %%", 100 * part_s / w->sum->all_s);
        html_row(s, "%s", account_text((enum account_part)w->part[i]));
        html_duration(s, part_s);
        html_value(s, part_s / w->sum->all_s, text.p);
        html_row_end(s);
    }
    html_foot(s);
    html_row(s, "all");
    html_duration(s, w->sum->all_s);
    html_value(s, 1, "100 %");
    html_row_end(s);
    html_table_end(s);
    buf_free(&text);
}

void
page_account(const struct figures *f, struct svg *s)
{
    struct shown w = {.sum = &f->facts.status->account};
    for (unsigned i = 0; i < ACCOUNT_NPARTS; i++)
        if (w.sum->part_s[i] > 0)
            w.part[w.n++] = i;
    chart(&w, s);
    table(&w, s);
}
