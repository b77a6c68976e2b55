/* What was done when. */
#include "config.h"

#include "page/page.h"

#include "chart/plot.h"
#include "report/words.h"

#include <stdlib.h>

enum { WIDTH = 480, HEIGHT = 220 };

struct series {
    double *done, *failed, *good, *all;
};

static struct series
series_of(const struct figures *f)
{
    size_t n = f->nbins;
    struct series v = {xcalloc(n, sizeof(double)), xcalloc(n, sizeof(double)),
        xcalloc(n, sizeof(double)), xcalloc(n, sizeof(double))};
    double done = 0, failed = 0;
    for (size_t i = 0; i < n; i++) {
        const struct figures_bin *b = &f->bin[i];
        v.done[i] = done += b->done;
        v.failed[i] = failed += b->failed;
        v.good[i] = b->ended[REASON_OK];
        for (int r = 0; r < NREASONS; r++)
            v.all[i] += b->ended[r];
    }
    return v;
}

static void
free_series(struct series *v)
{
    free(v->done);
    free(v->failed);
    free(v->good);
    free(v->all);
}

static bool
say_two(double a, const char *of_a, double b, const char *of_b, struct buf *out)
{
    char first[THOUSANDS_SIZE], second[THOUSANDS_SIZE];
    buf_printf(out, ": %s %s, %s %s", thousands((unsigned long long)a, first), of_a,
        thousands((unsigned long long)b, second), of_b);
    return true;
}

static bool
say_progress(const struct figures *f, unsigned i, const void *arg, struct buf *out)
{
    const struct series *v = arg;
    (void)f;
    return say_two(v->done[i], "done", v->failed[i], "failed", out);
}

static bool
say_pace(const struct figures *f, unsigned i, const void *arg, struct buf *out)
{
    const struct series *v = arg;
    (void)f;
    return say_two(v->good[i], "ended well", v->all[i] - v->good[i], "did not", out);
}

static void
progress_chart(const struct figures *f, const struct series *v, struct svg *s)
{
    struct plot p;
    double *sum = xcalloc(f->nbins, sizeof *sum);
    static const char *const legend[] = {"c-blue", "done", "c-red", "failed", NULL};
    for (unsigned i = 0; i < f->nbins; i++)
        sum[i] = v->done[i] + v->failed[i];
    html_figure(s, NULL, "Tasks done and failed so far",
        "When tasks that are done or failed now became so, of all that there are.");
    html_legend(s, legend);
    plot_begin(&p, s, "chart-progress", WIDTH, HEIGHT, "Tasks done and failed over time",
        "An area that rises with the tasks that are done, and above it those that failed.");
    plot_y(&p, f->facts.status->all.total, "tasks", NULL);
    page_axis(f, &p);
    plot_area(&p, "c-blue", f->first_s, f->step_s, f->nbins, NULL, v->done);
    plot_area(&p, "c-red", f->first_s, f->step_s, f->nbins, v->done, sum);
    page_tips(f, &p, say_progress, v);
    plot_end(&p);
    free(sum);
}

static void
pace_chart(const struct figures *f, const struct series *v, struct svg *s)
{
    struct plot p;
    struct buf of = {0}, bad = {0};
    static const char *const legend[] = {"c-blue", "ended well", "c-red", "did not", NULL};
    buf_puts(&of, "in ");
    page_step_text(f, &of);
    buf_printf(&bad, "Attempts that ended in each %s.", of.p + 3);
    html_figure(s, NULL, "Throughput", bad.p);
    html_legend(s, legend);
    plot_begin(&p, s, "chart-pace", WIDTH, HEIGHT, "Attempts that ended, over time",
        "Steps as high as the attempts that ended, those that did not end well on top.");
    plot_y(&p, page_most(f, v->all), of.p, NULL);
    page_axis(f, &p);
    plot_area(&p, "c-blue", f->first_s, f->step_s, f->nbins, NULL, v->good);
    plot_area(&p, "c-red", f->first_s, f->step_s, f->nbins, v->good, v->all);
    page_tips(f, &p, say_pace, v);
    plot_end(&p);
    buf_free(&of);
    buf_free(&bad);
}

static void
progress_table(const struct figures *f, const struct series *v, struct svg *s)
{
    static const char *const head[] = {"from", "#done", "#failed"};
    html_table(s, "t-progress", "Tasks done and failed so far", true, head, 3);
    for (unsigned i = 0; i < f->nbins; i++) {
        page_bin_row(f, i, s);
        html_count(s, (uint64_t)v->done[i]);
        html_count(s, (uint64_t)v->failed[i]);
        html_row_end(s);
    }
    html_table_end(s);
    svg_close(s);
}

static void
pace_table(const struct figures *f, const struct series *v, struct svg *s)
{
    static const char *const head[] = {"from", "#ended well", "#did not"};
    html_table(s, "t-pace", "Attempts that ended", true, head, 3);
    for (unsigned i = 0; i < f->nbins; i++) {
        page_bin_row(f, i, s);
        html_count(s, (uint64_t)v->good[i]);
        html_count(s, (uint64_t)(v->all[i] - v->good[i]));
        html_row_end(s);
    }
    html_table_end(s);
    svg_close(s);
}

void
page_progress(const struct figures *f, struct svg *s)
{
    struct series v = series_of(f);
    html_open(s, "div", "cards");
    progress_chart(f, &v, s);
    progress_table(f, &v, s);
    pace_chart(f, &v, s);
    pace_table(f, &v, s);
    svg_close(s);
    free_series(&v);
}
