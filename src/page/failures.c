/* What did not end well: why, when, where, and of which families. */
#include "config.h"

#include "page/page.h"

#include "chart/plot.h"
#include "report/words.h"

#include <stdlib.h>

enum { WIDTH = 480, HEIGHT = 220, MOST_GROUPS = 20, MOST_ROWS = 300, COLOURS = 6, ROW = 18 };

static const char *const colour[COLOURS] = {"c-red", "c-gold", "c-pink", "c-sky", "c-green",
    "c-grey"};

/* The reasons that there were, the most frequent first. */
struct reasons {
    unsigned n;
    enum journal_reason of[NREASONS];
};

static struct reasons
reasons_of(const struct figures *f)
{
    struct reasons r = {0};
    for (int x = REASON_OK + 1; x < NREASONS; x++) {
        unsigned i = r.n;
        if (!f->nended[x])
            continue;
        for (r.n++; i && f->nended[r.of[i - 1]] < f->nended[x]; i--)
            r.of[i] = r.of[i - 1];
        r.of[i] = (enum journal_reason)x;
    }
    return r;
}

/* Reasons that have no colour of their own share the last one. */
static unsigned
colour_of(unsigned i)
{
    return i < COLOURS ? i : COLOURS - 1;
}

static void
add_areas(const struct figures *f, const struct reasons *r, struct plot *p)
{
    double *under = xcalloc(f->nbins, sizeof *under), *upper = xcalloc(f->nbins, sizeof *upper);
    for (unsigned k = 0; k < r->n; k++) {
        for (unsigned i = 0; i < f->nbins; i++) {
            under[i] = upper[i];
            upper[i] += f->bin[i].ended[r->of[k]];
        }
        plot_area(p, colour[colour_of(k)], f->first_s, f->step_s, f->nbins, under, upper);
    }
    free(under);
    free(upper);
}

static uint32_t
not_well(const struct figures_bin *b)
{
    uint32_t n = 0;
    for (int x = REASON_OK + 1; x < NREASONS; x++)
        n += b->ended[x];
    return n;
}

static bool
say_reasons(const struct figures *f, unsigned bin, const void *arg, struct buf *out)
{
    const struct reasons *r = arg;
    for (unsigned k = 0; k < r->n; k++)
        if (f->bin[bin].ended[r->of[k]])
            buf_printf(out, ", %u %s", f->bin[bin].ended[r->of[k]], journal_reason_name(r->of[k]));
    return not_well(&f->bin[bin]) > 0;
}

static void
time_chart(const struct figures *f, const struct reasons *r, struct svg *s)
{
    struct plot p;
    uint32_t most = 0;
    const char *legend[2 * COLOURS + 1];
    unsigned n = 0;
    for (unsigned k = 0; k < r->n && k < COLOURS; k++) {
        legend[n++] = colour[k];
        legend[n++] = k == COLOURS - 1 && r->n > COLOURS ? "others" : journal_reason_name(r->of[k]);
    }
    legend[n] = NULL;
    for (unsigned i = 0; i < f->nbins; i++)
        most = not_well(&f->bin[i]) > most ? not_well(&f->bin[i]) : most;
    html_figure(s, NULL, "When, and why", "Attempts that did not end well, tried again or not.");
    html_legend(s, legend);
    plot_begin(&p, s, "chart-failures", WIDTH, HEIGHT,
        "Attempts that did not end well, by reason, over time",
        "Steps as high as the attempts, an area for each reason.");
    plot_y(&p, most, "attempts", NULL);
    page_axis(f, &p);
    add_areas(f, r, &p);
    page_tips(f, &p, say_reasons, r);
    plot_end(&p);
}

static void
time_table(const struct figures *f, const struct reasons *r, struct svg *s)
{
    const char *head[NREASONS + 1] = {"from"};
    struct buf names = {0};
    size_t at[NREASONS];
    for (unsigned k = 0; k < r->n; k++) {
        at[k] = names.n;
        buf_printf(&names, "#%s", journal_reason_name(r->of[k]));
        buf_add(&names, "", 1);
    }
    for (unsigned k = 0; k < r->n; k++)
        head[k + 1] = names.p + at[k];
    html_table(s, "t-failures", "Attempts that did not end well", true, head, r->n + 1);
    for (unsigned i = 0; i < f->nbins; i++) {
        if (!not_well(&f->bin[i]))
            continue;
        page_bin_row(f, i, s);
        for (unsigned k = 0; k < r->n; k++)
            html_count(s, f->bin[i].ended[r->of[k]]);
        html_row_end(s);
    }
    html_table_end(s);
    svg_close(s);
    buf_free(&names);
}

/* --- where --- */

enum { MOST_HOSTS = 20 };

struct worst {
    const struct figures *f;
    const struct figures_host *host[MOST_HOSTS];
    unsigned n;
    struct buf name[MOST_HOSTS];
};

static uint32_t
bad(const struct figures_host *h)
{
    return h->attempts - h->good;
}

static void
find_worst(const struct figures *f, struct worst *w)
{
    *w = (struct worst){.f = f};
    for (uint32_t i = 0; i < f->nhosts; i++) {
        const struct figures_host *h = &f->host[i];
        unsigned k = w->n;
        if (!bad(h) || (k == MOST_HOSTS && bad(h) <= bad(w->host[k - 1])))
            continue;
        w->n += k < MOST_HOSTS;
        for (k = w->n - 1; k && bad(w->host[k - 1]) < bad(h); k--)
            w->host[k] = w->host[k - 1];
        w->host[k] = h;
    }
    for (unsigned k = 0; k < w->n; k++)
        facts_host(&f->facts, w->host[k]->holder, &w->name[k]);
}

static const char *
worst_name(void *arg, unsigned row)
{
    struct worst *w = arg;
    return w->name[row].p;
}

static void
host_chart(const struct figures *f, struct svg *s)
{
    struct plot p;
    struct worst w;
    struct ticks t;
    struct buf tip = {0};
    find_worst(f, &w);
    double most = w.n ? scale_end(bad(w.host[0])) : 1;
    html_figure(s, NULL, "Where",
        w.n == MOST_HOSTS ? "The nodes with most attempts that did not end well."
                          : "Attempts that did not end well, by node.");
    plot_begin(&p, s, "chart-hosts", WIDTH, 40 + ROW * (double)w.n,
        "Attempts that did not end well, by node",
        "A bar for each node; the table of nodes has the numbers.");
    plot_rows(&p, w.n, worst_name, &w);
    ticks_round(0, most, 6, &t);
    plot_x(&p, 0, most, t.step < 1 ? 1 : t.step, "", NULL);
    for (unsigned k = 0; k < w.n; k++) {
        buf_reset(&tip);
        buf_printf(&tip, "%s: %u of %u attempts did not end well", w.name[k].p, bad(w.host[k]),
            w.host[k]->attempts);
        plot_row_bar(&p, "c-red", k, 0, bad(w.host[k]), tip.p);
        buf_free(&w.name[k]);
    }
    plot_end(&p);
    svg_close(s);
    buf_free(&tip);
}

/* --- of what --- */

static void
family_table(const struct figures *f, const struct reasons *r, struct svg *s)
{
    static const char *const head[] = {"family", "reason", "#attempts"};
    uint32_t rows = 0;
    html_table(s, "t-reasons", "Attempts that did not end well, by family and reason", false, head,
        3);
    for (uint32_t k = 0; k < f->facts.plan->nfamilies; k++)
        for (unsigned i = 0; i < r->n; i++) {
            uint32_t n = f->family[k].ended[r->of[i]];
            if (!n || rows++ >= MOST_ROWS)
                continue;
            html_row(s, "%s", page_family(f, k));
            html_cell(s, "%s", journal_reason_name(r->of[i]));
            html_count(s, n);
            html_row_end(s);
        }
    html_table_end(s);
}

/* The tasks that failed for good, as status tells them. */
static void
groups(const struct status *status, struct svg *s)
{
    struct buf text = {0};
    for (size_t i = 0; i < status->ngroups && i < MOST_GROUPS; i++)
        status_group_text(status, &status->group[i], &text);
    if (status->ngroups > MOST_GROUPS)
        buf_printf(&text, "  and %zu more kinds of failures\n", status->ngroups - MOST_GROUPS);
    html_put(s, "h3", NULL, "Tasks that failed for good");
    html_put(s, "p", "soft", "As wflc status tells them: times are local here.");
    html_open(s, "pre", NULL);
    svg_word(s, "tabindex", "0");
    svg_say(s, "%s", text.n ? text.p : "none\n");
    svg_close(s);
    buf_free(&text);
}

void
page_failures(const struct figures *f, struct svg *s)
{
    struct reasons r = reasons_of(f);
    if (r.n == 0) {
        html_put(s, "p", NULL, "Every attempt that ended has ended well.");
        return;
    }
    html_open(s, "div", "cards");
    time_chart(f, &r, s);
    time_table(f, &r, s);
    host_chart(f, s);
    html_figure(s, NULL, NULL, NULL);
    family_table(f, &r, s);
    svg_close(s);
    svg_close(s);
    groups(f->facts.status, s);
}
