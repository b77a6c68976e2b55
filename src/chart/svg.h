/* Writing SVG 1.1 (with style sheets), piece by piece. Whatever text is given, what is written is
 * well-formed XML in UTF-8: text and values of attributes are escaped here and nowhere else, bytes
 * that are no UTF-8 and characters that XML has not become U+FFFD. Names of elements and attributes
 * are ours.
 *
 * Lengths are in pixels, written to a tenth, x to the right, y down. */
#ifndef CHART_SVG_H
#define CHART_SVG_H

#include "util/buf.h"

#include <stdbool.h>

enum { SVG_MAX_DEPTH = 16 };

/* A drawing in the making. Initialise with {0}; free with svg_free. */
struct svg {
    struct buf out; /* the text; whole after svg_end */
    const char *open[SVG_MAX_DEPTH];
    unsigned depth;
    enum { SVG_CONTENT, SVG_TAG, SVG_PATH } state;
    bool words; /* the element at hand holds text: nothing may be put between */
};

/* The root element, with the common style sheet and a background. `title` is what a browser shows,
 * and a screen reader reads. */
void svg_begin(struct svg *s, double width, double height, const char *title);
/* The same inside of a page, which has the style (class "chart"); svg_close ends it. `text` says
 * more than the title to who does not see the drawing; `id` is no other's there. */
void svg_begin_inline(struct svg *s, const char *id, double width, double height, const char *title,
    const char *text);
void svg_end(struct svg *s);
void svg_free(struct svg *s);

void svg_open(struct svg *s, const char *element);
void svg_close(struct svg *s);
/* Attributes, before any content. */
void svg_word(struct svg *s, const char *name, const char *value);
void svg_number(struct svg *s, const char *name, double value);
void svg_colour(struct svg *s, const char *name, unsigned rgb); /* 0xrrggbb */
/* Character data. */
void svg_say(struct svg *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A path's attribute d, at once after its other attributes. */
void svg_move(struct svg *s, double x, double y);
void svg_line(struct svg *s, double x, double y);
void svg_shut(struct svg *s);
void svg_run(struct svg *s, double x, double y, double width); /* to the right; 0: a dot */
void svg_box(struct svg *s, double x, double y, double width, double height);

/* Whole elements. `class` is of the style sheet: svg.c. */
void svg_rect(struct svg *s, const char *class, double x, double y, double width, double height);
void svg_segment(struct svg *s, const char *class, double x1, double y1, double x2, double y2);
void svg_text(struct svg *s, const char *class, double x, double y, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* What is shown when the pointer rests on the element that is open. */
void svg_title(struct svg *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A rectangle to clip by: class="..." cannot say it, so `clip-path` is set on an open <g>. */
void svg_open_clipped(struct svg *s, const char *id, double x, double y, double width,
    double height);

#endif
