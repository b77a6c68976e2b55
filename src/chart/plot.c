#include "config.h"

#include "chart/plot.h"

#include "diag/utf8.h"

#include <math.h>
#include <string.h>

enum { TOP = 22, BOTTOM = 24, RIGHT = 14, LETTER = 7, LINE = 13 };

/* --- the frame --- */

void
plot_begin(struct plot *p, struct svg *s, const char *id, double width, double height,
    const char *title, const char *text)
{
    *p = (struct plot){.svg = s, .width = width, .height = height};
    p->x = (struct scale){0, 1, RIGHT, width - RIGHT};
    p->y = (struct scale){0, 1, height - BOTTOM, TOP};
    svg_begin_inline(s, id, width, height, title, text);
}

static double
bottom(const struct plot *p)
{
    return p->y.from > p->y.to ? p->y.from : p->y.to;
}

void
plot_end(struct plot *p)
{
    svg_segment(p->svg, "axis", p->x.from, bottom(p), p->x.to, bottom(p));
    svg_close(p->svg);
}

static void
number_text(double value, double step, struct buf *out)
{
    (void)step;
    tick_number(value, out);
}

void
plot_percent(double value, double step, struct buf *out)
{
    (void)step;
    buf_printf(out, "%.0f %%", 100 * value);
}

static size_t
letters(const char *text)
{
    size_t n = 0;
    uint32_t code;
    for (size_t left = strlen(text), k; left; n++, text += k, left -= k)
        k = utf8_next(text, left, &code);
    return n;
}

void
plot_y(struct plot *p, double most, const char *of, plot_text *text)
{
    struct ticks t;
    struct buf word = {0};
    size_t widest = 0;
    p->y.high = scale_end(text ? most : most > 5 ? most : ceil(most));
    ticks_round(0, p->y.high, text || p->y.high > 6 ? 6 : (unsigned)p->y.high + 1, &t);
    for (unsigned i = 0; i < t.n; i++) {
        buf_reset(&word);
        (text ? text : number_text)(t.at[i], t.step, &word);
        widest = letters(word.p) > widest ? letters(word.p) : widest;
    }
    p->x.from = 8 + LETTER * (double)widest + 6;
    for (unsigned i = 0; i < t.n; i++) {
        double y = scale_at(&p->y, t.at[i]);
        buf_reset(&word);
        (text ? text : number_text)(t.at[i], t.step, &word);
        svg_segment(p->svg, "grid", p->x.from, y, p->x.to, y);
        svg_text(p->svg, "small right", p->x.from - 6, y + 4, "%s", word.p);
    }
    svg_text(p->svg, "small", 2, 11, "%s", of);
    buf_free(&word);
}

enum { MOST_LETTERS = 24 }; /* of a name at a row */

/* Bytes of the first `n` letters. */
static size_t
bytes_of(const char *text, size_t n)
{
    size_t at = 0, left = strlen(text);
    for (uint32_t code; n-- && at < left;)
        at += utf8_next(text + at, left - at, &code);
    return at;
}

/* Names often differ at their end. */
static void
row_word(struct plot *p, double y, const char *name)
{
    size_t all = letters(name), half = MOST_LETTERS / 2;
    size_t first = bytes_of(name, half - 1), last = all > half ? bytes_of(name, all - half) : 0;
    if (all <= MOST_LETTERS)
        svg_text(p->svg, "small right", p->x.from - 6, y, "%s", name);
    else
        svg_text(p->svg, "small right", p->x.from - 6, y, "%.*s\xe2\x80\xa6%s", (int)first, name,
            name + last);
}

void
plot_rows(struct plot *p, unsigned n, const char *(*name)(void *arg, unsigned row), void *arg)
{
    size_t widest = 1;
    for (unsigned i = 0; i < n; i++)
        widest = letters(name(arg, i)) > widest ? letters(name(arg, i)) : widest;
    widest = widest < MOST_LETTERS ? widest : MOST_LETTERS;
    p->y = (struct scale){0, n, 4, p->height - BOTTOM};
    p->x.from = 8 + (LETTER + 1) * (double)widest + 6; /* names may be wider than numbers */
    double high = (p->y.to - p->y.from) / (n ? n : 1);
    unsigned every = high < LINE ? (unsigned)ceil(LINE / high) : 1;
    for (unsigned i = 0; i < n; i += every)
        row_word(p, scale_at(&p->y, i + 0.5) + 4, name(arg, i));
}

/* Words at the ends of the axis stay within the drawing. */
static void
x_word(struct plot *p, double x, const char *word)
{
    double half = LETTER * (double)letters(word) / 2;
    const char *class = x + half > p->width ? "small right" : x < half ? "small" : "small middle";
    svg_text(p->svg, class,
        x + half > p->width ? p->width - 1
        : x < half          ? 1
                            : x,
        bottom(p) + 17, "%s", word);
}

void
plot_x_time(struct plot *p, double low, double high)
{
    struct ticks t;
    struct buf word = {0};
    p->x.low = low;
    p->x.high = high;
    ticks_of_time(low, high, (unsigned)((p->x.to - p->x.from) / 62) + 1, &t);
    for (unsigned i = 0; i < t.n; i++) {
        double x = scale_at(&p->x, t.at[i]);
        buf_reset(&word);
        tick_time(t.at[i], t.step, &word);
        svg_segment(p->svg, "axis", x, bottom(p), x, bottom(p) + 4);
        x_word(p, x, word.p);
    }
    buf_free(&word);
}

void
plot_x(struct plot *p, double low, double high, double step, const char *of, plot_text *text)
{
    struct buf word = {0};
    double next = 0;
    p->x.low = low;
    p->x.high = high;
    for (double v = low; v <= high + step * 1e-6; v += step) {
        double x = scale_at(&p->x, v);
        buf_reset(&word);
        (text ? text : number_text)(v, step, &word);
        double half = LETTER * (double)letters(word.p) / 2;
        svg_segment(p->svg, "axis", x, bottom(p), x, bottom(p) + 4);
        if (x - half >= next)
            x_word(p, x, word.p);
        next = x - half >= next ? x + half + LETTER : next;
    }
    svg_text(p->svg, "small right", p->x.to, 11, "%s", of);
    buf_free(&word);
}

/* --- what is in it --- */

void
plot_area(struct plot *p, const char *class, double low, double step, unsigned n,
    const double *under, const double *upper)
{
    svg_open(p->svg, "path");
    svg_word(p->svg, "class", class);
    for (unsigned i = 0; i < n; i++) {
        double y = scale_at(&p->y, upper[i]);
        (i ? svg_line : svg_move)(p->svg, scale_at(&p->x, low + step * i), y);
        svg_line(p->svg, scale_at(&p->x, low + step * (i + 1)), y);
    }
    for (unsigned i = under ? n : 0; i--;) {
        double y = scale_at(&p->y, under[i]);
        svg_line(p->svg, scale_at(&p->x, low + step * (i + 1)), y);
        svg_line(p->svg, scale_at(&p->x, low + step * i), y);
    }
    if (n && !under) {
        svg_line(p->svg, scale_at(&p->x, low + step * n), p->y.from);
        svg_line(p->svg, scale_at(&p->x, low), p->y.from);
    }
    if (n)
        svg_shut(p->svg);
    svg_close(p->svg);
}

void
plot_line(struct plot *p, const char *class, double low, double step, unsigned n, const double *y)
{
    bool down = false;
    svg_open(p->svg, "path");
    svg_word(p->svg, "class", class);
    for (unsigned i = 0; i < n; i++) {
        if (!isnan(y[i])) {
            double at = scale_at(&p->y, y[i]);
            (down ? svg_line : svg_move)(p->svg, scale_at(&p->x, low + step * i), at);
            svg_line(p->svg, scale_at(&p->x, low + step * (i + 1)), at);
        }
        down = !isnan(y[i]);
    }
    svg_close(p->svg);
}

static void
rect(struct plot *p, const char *class, double x1, double x2, double y1, double y2, const char *tip)
{
    svg_open(p->svg, "rect");
    svg_word(p->svg, "class", class);
    svg_number(p->svg, "x", x1);
    svg_number(p->svg, "y", y1);
    svg_number(p->svg, "width", x2 - x1);
    svg_number(p->svg, "height", y2 - y1);
    svg_title(p->svg, "%s", tip);
    svg_close(p->svg);
}

void
plot_bar(struct plot *p, const char *class, double x1, double x2, double y, const char *tip)
{
    double left = scale_at(&p->x, x1), right = scale_at(&p->x, x2);
    double gap = right - left > 4 ? 1 : 0, top = scale_at(&p->y, y);
    if (y > 0 && p->y.from - top < 1) /* little is not nothing */
        top = p->y.from - 1;
    rect(p, class, left, right - gap, top, p->y.from, tip);
}

void
plot_row_bar(struct plot *p, const char *class, unsigned row, double x1, double x2, const char *tip)
{
    rect(p, class, scale_at(&p->x, x1), scale_at(&p->x, x2), scale_at(&p->y, row) + 2,
        scale_at(&p->y, row + 1) - 2, tip);
}

void
plot_tip(struct plot *p, double x1, double x2, const char *tip)
{
    rect(p, "tip", scale_at(&p->x, x1), scale_at(&p->x, x2), p->y.to, p->y.from, tip);
}

void
plot_dot(struct plot *p, const char *class, double x, double y, const char *tip)
{
    svg_open(p->svg, "circle");
    svg_word(p->svg, "class", class);
    svg_number(p->svg, "cx", scale_at(&p->x, x));
    svg_number(p->svg, "cy", scale_at(&p->y, y));
    svg_number(p->svg, "r", 4);
    svg_title(p->svg, "%s", tip);
    svg_close(p->svg);
}

void
plot_mark(struct plot *p, double x, const char *word)
{
    double at = scale_at(&p->x, x);
    bool left = at + LETTER * (double)letters(word) + 6 > p->width;
    svg_segment(p->svg, "mark", at, TOP - 4, at, p->y.from);
    svg_text(p->svg, left ? "small right on" : "small on", left ? at - 4 : at + 4, TOP + 5, "%s",
        word);
}

const char *
chart_heat(double part)
{
    static const char *const class[] = {"h0", "h1", "h2", "h3", "h4", "h5", "h6", "h7", "h8", "h9",
        "h10"};
    return class[part >= 1 ? 10 : part > 0 ? (int)ceil(part * 10) : 0];
}

void
plot_heat(struct plot *p, unsigned row, unsigned nrows, double low, double step, unsigned n,
    const double *part)
{
    double top = scale_at(&p->y, row), high = (p->y.to - p->y.from) / (nrows ? nrows : 1);
    double gap = high > 5 ? 1 : 0;
    for (unsigned i = 0, k; i < n; i = k) {
        const char *class = isnan(part[i]) ? NULL : chart_heat(part[i]);
        for (k = i + 1; k < n && (isnan(part[k]) ? NULL : chart_heat(part[k])) == class; k++)
            ;
        double x = scale_at(&p->x, low + step * i);
        if (class)
            svg_rect(p->svg, class, x, top, scale_at(&p->x, low + step * k) - x, high - gap);
    }
}
