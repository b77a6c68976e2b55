/* How long tasks of each family took, and how much memory, beside what is stated. */
#include "config.h"

#include "page/page.h"

#include "chart/plot.h"
#include "model/units.h"
#include "report/words.h"

#include <math.h>
#include <stdlib.h>

enum { WIDTH = 320, HEIGHT = 130, MOST_CHARTS = 24, MOST_ROWS = 300, PER_BAR = 4 };

/* --- a histogram --- */

/* Values are drawn by their logarithms to 2, bars are half an octave wide. */
enum { NBARS = SKETCH_BINS / PER_BAR };

static void
ratio_text(double octave, double step, struct buf *out)
{
    (void)step;
    double whole = exp2(fabs(octave));
    buf_printf(out, octave < 0 ? "1/%.3g" : "%.3g", whole);
}

static void
seconds_text(double octave, double step, struct buf *out)
{
    (void)step;
    quantity_duration(out, exp2(octave));
}

static uint32_t
bar(const struct sketch *of, unsigned i)
{
    uint32_t n = 0;
    for (unsigned k = 0; k < PER_BAR; k++)
        n += (uint32_t)of->ended[i * PER_BAR + k];
    return n;
}

static double
octave_of(unsigned i)
{
    return (double)(i * PER_BAR) / SKETCH_STEPS - SKETCH_OCTAVES_LOW;
}

/* Whole octaves that hold all of it; of ratios 1, too. */
static void
range_of(const struct sketch *of, bool ratio, double *low, double *high, double *most)
{
    *low = ratio ? -1 : INFINITY;
    *high = ratio ? 1 : -INFINITY;
    *most = 0;
    for (unsigned i = 0; i < NBARS; i++) {
        uint32_t n = bar(of, i);
        *most = n > *most ? n : *most;
        if (n) {
            *low = fmin(*low, floor(octave_of(i)));
            *high = fmax(*high, ceil(octave_of(i + 1)));
        }
    }
    *high = fmax(*high, *low + 3);
}

static void
add_bars(struct plot *p, const struct sketch *of, const char *class, plot_text *text,
    const char *unit)
{
    struct buf tip = {0};
    for (unsigned i = 0; i < NBARS; i++) {
        uint32_t n = bar(of, i);
        char count[THOUSANDS_SIZE];
        if (!n)
            continue;
        buf_reset(&tip);
        text(octave_of(i), 1, &tip);
        buf_puts(&tip, " to ");
        text(octave_of(i + 1), 1, &tip);
        buf_printf(&tip, "%s: %s attempts", unit, thousands(n, count));
        plot_bar(p, class, octave_of(i), octave_of(i + 1), n, tip.p);
    }
    buf_free(&tip);
}

static void
histogram(struct svg *s, const char *family, uint32_t number, bool memory, bool absolute,
    const struct sketch *of)
{
    struct plot p;
    struct buf id = {0}, title = {0};
    double low, high, most;
    range_of(of, !absolute, &low, &high, &most);
    buf_printf(&id, "chart-%s-%u", memory ? "memory" : "time", number);
    buf_printf(&title, "%s: %s of attempts that ended well", family, memory ? "memory" : "times");
    plot_begin(&p, s, id.p, WIDTH, HEIGHT, title.p,
        absolute
            ? "A histogram of seconds, on a logarithmic axis."
            : "A histogram of parts of what is planned, on a logarithmic axis with a mark at 1.");
    plot_y(&p, most, "attempts", NULL);
    plot_text *text = absolute ? seconds_text : ratio_text;
    plot_x(&p, low, high, 1,
        absolute ? "time"
        : memory ? "memory / planned"
                 : "time / stated",
        text);
    add_bars(&p, of, memory ? "c-sky" : "c-blue", text,
        absolute ? ""
        : memory ? " of what is planned"
                 : " of what is stated");
    if (!absolute)
        plot_mark(&p, 0, memory ? "planned" : "stated");
    plot_end(&p);
    buf_free(&id);
    buf_free(&title);
}

static void
charts(const struct figures *f, struct svg *s)
{
    unsigned shown = 0;
    html_open(s, "div", "cards small-cards");
    for (uint32_t k = 0; k < f->facts.plan->nfamilies && shown < MOST_CHARTS; k++) {
        const struct figures_family *of = &f->family[k];
        if (!sketch_ended(&of->time) && !sketch_ended(&of->memory))
            continue;
        shown++;
        html_figure(s, NULL, page_family(f, k), NULL);
        if (sketch_ended(&of->time))
            histogram(s, page_family(f, k), k, false, of->absolute, &of->time);
        if (sketch_ended(&of->memory))
            histogram(s, page_family(f, k), k, true, false, &of->memory);
        svg_close(s);
    }
    svg_close(s);
}

/* --- tables --- */

/* "12 min", "5 min to 2 h" */
static void
stated_cell(struct svg *s, double least, double most, void (*text)(double value, struct buf *out))
{
    struct buf words = {0};
    if (most > 0)
        text(least, &words);
    if (most > least) {
        buf_puts(&words, " to ");
        text(most, &words);
    }
    html_value(s, most > 0 ? most : NAN, words.n ? words.p : "");
    buf_free(&words);
}

static void
duration_text(double seconds, struct buf *out)
{
    quantity_duration(out, seconds);
}

static void
bytes_text(double bytes, struct buf *out)
{
    quantity_bytes(out, bytes);
}

static void
ratio_cell(struct svg *s, double ratio)
{
    char text[32];
    snprintf(text, sizeof text, ratio < 0.1 ? "%.1g" : "%.2f", ratio);
    html_value(s, ratio > 0 ? ratio : NAN, text);
}

static void
family_table(const struct figures *f, struct svg *s)
{
    static const char *const head[] = {"family", "#attempts", "#ended well", "#time, all",
        "#longest", "#stated", "#most memory", "#planned", "#median / planned", "#95 % / planned",
        "#tasks above"};
    uint32_t n = f->facts.plan->nfamilies < MOST_ROWS ? f->facts.plan->nfamilies : MOST_ROWS;
    html_table(s, "t-families", "Attempts of each family, what they took, and what is stated",
        false, head, sizeof head / sizeof *head);
    for (uint32_t k = 0; k < n; k++) {
        const struct figures_family *of = &f->family[k];
        html_row(s, "%s", page_family(f, k));
        html_count(s, of->attempts);
        html_count(s, of->ended[REASON_OK]);
        html_duration(s, of->wall_s);
        html_duration(s, of->longest_s > 0 ? of->longest_s : NAN);
        stated_cell(s, of->least_time, of->most_time, duration_text);
        html_bytes(s, of->most_bytes);
        stated_cell(s, of->least_bytes, of->most_bytes_stated, bytes_text);
        ratio_cell(s, sketch_quantile(&of->memory, 0.5, 0, NULL));
        ratio_cell(s, sketch_quantile(&of->memory, 0.95, 0, NULL));
        html_count(s, f->facts.status->over[k].n);
        html_row_end(s);
    }
    html_table_end(s);
}

static void
measured(struct svg *s, const struct book_said *said, bool known, double value)
{
    struct buf text = {0};
    if (!known) {
        html_value(s, NAN, "");
    } else if (said->absolute) {
        html_duration(s, value);
    } else {
        buf_printf(&text, "%.2f x", value);
        html_value(s, value, text.p);
    }
    buf_free(&text);
}

/* What status says of times. */
static void
times_table(const struct figures *f, struct svg *s)
{
    static const char *const head[] = {"family", "by", "#attempts", "#median", "#95 %"};
    const struct status *status = f->facts.status;
    uint32_t n;
    struct book_said *said = book_say(status->book, &n);
    html_table(s, "t-times", "Measured times, in parts of what is stated where something is", false,
        head, sizeof head / sizeof *head);
    for (uint32_t i = 0; i < n && i < MOST_ROWS; i++) {
        struct buf by = {0};
        status_learned_by(status, &said[i], &by);
        html_row(s, "%s", page_family(f, said[i].family));
        html_cell(s, "%s", by.n ? by.p : "");
        html_count(s, said[i].ended);
        measured(s, &said[i], said[i].ended > 0, said[i].median);
        measured(s, &said[i], said[i].known, said[i].p95);
        html_row_end(s);
        buf_free(&by);
    }
    html_table_end(s);
    free(said);
}

void
page_families(const struct figures *f, struct svg *s)
{
    charts(f, s);
    html_open(s, "div", "cards");
    html_figure(s, NULL, NULL, NULL);
    times_table(f, s);
    svg_close(s);
    svg_close(s);
    family_table(f, s);
}
