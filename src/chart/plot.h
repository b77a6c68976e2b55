/* Charts with two axes for a page: lines, areas, bars, dots and heat maps, of one look. They are
 * inline SVG without a style of their own: the page has chart_theme once, and the classes below
 * take their colours from its variables, for both themes. What a chart shows stands in a table
 * beside it; its legend is the page's. */
#ifndef CHART_PLOT_H
#define CHART_PLOT_H

#include "chart/scale.h"
#include "chart/svg.h"

#include <stdbool.h>
#include <stdint.h>

/* A style sheet: the palette, which can be told apart by those who see few colours, as variables
 * for a light and a dark page and for paper, and the classes of charts. Colours of data are
 *   c-blue, c-green, c-red, c-gold, c-pink, c-sky, c-violet, c-grey, c-sand  areas, bars, dots
 *   l-blue ...                                                lines
 *   h0 .. h10                                                 a quantity, from none to the most */
extern const char chart_theme[];

struct plot {
    struct svg *svg;
    struct scale x, y; /* of the part between the axes */
    double width, height;
};

/* What is written at ticks; tick_number unless it is told otherwise. */
typedef void plot_text(double value, double step, struct buf *out);
plot_text plot_percent; /* of 1 */

/* A chart of this size on the page; it has a title and a description for who does not see it; `id`
 * is no other's on the page. Axes follow, from the frame's left and lower edge. plot_end closes it.
 */
void plot_begin(struct plot *p, struct svg *s, const char *id, double width, double height,
    const char *title, const char *text);
void plot_end(struct plot *p);

/* The axis of y, from 0 to `most` or a little more, and its lines; what is measured stands above
 * it. First, as the room that it takes depends on its numbers. */
void plot_y(struct plot *p, double most, const char *of, plot_text *text);
/* The same for rows that have names; every one of them has its place if there is room. */
void plot_rows(struct plot *p, unsigned n, const char *(*name)(void *arg, unsigned row), void *arg);
/* The axis of x: of time (seconds since 1970, UTC), or with marks at every `step`. */
void plot_x_time(struct plot *p, double low, double high);
void plot_x(struct plot *p, double low, double high, double step, const char *of, plot_text *text);

/* `n` bins from `low`, each `step` wide: the area between two heights of each (`under` NULL: 0). */
void plot_area(struct plot *p, const char *class, double low, double step, unsigned n,
    const double *under, const double *upper);
/* A line through the bins, as steps. Where a value is NAN, there is none. */
void plot_line(struct plot *p, const char *class, double low, double step, unsigned n,
    const double *y);
/* One bar; and what is said of it where the pointer rests. */
void plot_bar(struct plot *p, const char *class, double x1, double x2, double y, const char *tip);
/* The same in a row, from left to right. */
void plot_row_bar(struct plot *p, const char *class, unsigned row, double x1, double x2,
    const char *tip);
/* A dot, that says something. */
void plot_dot(struct plot *p, const char *class, double x, double y, const char *tip);
/* Nothing is seen of this column; it says something where the pointer rests. */
void plot_tip(struct plot *p, double x1, double x2, const char *tip);
/* A line from top to bottom, with a word at its head. */
void plot_mark(struct plot *p, double x, const char *word);
/* A row of cells, 0 .. 1 or NAN (nothing), from `low`, each `step` wide. */
void plot_heat(struct plot *p, unsigned row, unsigned nrows, double low, double step, unsigned n,
    const double *part);

/* "h7", for a part between 0 and 1 */
const char *chart_heat(double part);

#endif
