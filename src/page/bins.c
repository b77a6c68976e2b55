/* The bins of time that charts and tables of the page share. */
#include "config.h"

#include "page/page.h"

#include "chart/plot.h"
#include "model/units.h"

#include <math.h>

void
page_bin_text(const struct figures *f, unsigned bin, struct buf *out)
{
    double from = f->first_s + bin * f->step_s, to = from + f->step_s;
    html_time_text(from, out);
    buf_puts(out, " to ");
    struct buf end = {0};
    html_time_text(to, &end);
    bool same_day = fmod(from, 86400) + f->step_s < 86400;
    buf_puts(out, end.n > 11 && same_day ? end.p + 11 : end.n ? end.p : "");
    buf_free(&end);
}

void
page_step_text(const struct figures *f, struct buf *out)
{
    quantity_duration(out, f->step_s);
}

void
page_axis(const struct figures *f, struct plot *p)
{
    plot_x_time(p, f->first_s, f->first_s + f->nbins * f->step_s);
}

double
page_most(const struct figures *f, const double *of)
{
    double most = 0;
    for (unsigned i = 0; i < f->nbins; i++)
        most = fmax(most, of[i]);
    return most;
}

void
page_tips(const struct figures *f, struct plot *p, page_say *say, const void *arg)
{
    struct buf tip = {0};
    for (unsigned i = 0; i < f->nbins; i++) {
        double from = f->first_s + i * f->step_s;
        buf_reset(&tip);
        page_bin_text(f, i, &tip);
        if (say(f, i, arg, &tip))
            plot_tip(p, from, from + f->step_s, tip.p);
    }
    buf_free(&tip);
}

void
page_bin_row(const struct figures *f, unsigned bin, struct svg *s)
{
    struct buf when = {0};
    page_bin_text(f, bin, &when);
    html_row(s, "%s", when.p);
    buf_free(&when);
}
