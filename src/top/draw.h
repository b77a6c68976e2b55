/* From what is known and chosen to the lines of a screen: no terminal, no clock, and of files only
 * leases, by which nodes gave a sign last. */
#ifndef TOP_DRAW_H
#define TOP_DRAW_H

#include "top/screen.h"
#include "top/view.h"

/* With fewer columns or lines than that, there is only a sentence. */
enum { TOP_LEAST_WIDTH = 40, TOP_LEAST_HEIGHT = 8 };

/* The screen has the size that the view says. It notes in the view what it showed. */
void top_draw(struct top_view *v, struct screen *s);

/* --- private to src/top --- */

/* A panel, from line `y` on, `height` lines of it. */
void top_draw_panel(struct top_view *v, enum top_panel p, unsigned y, unsigned height,
    struct screen *s);
/* Lines that it would like to have, and those that it needs at least. */
unsigned top_panel_wants(const struct top_view *v, enum top_panel p);
unsigned top_panel_needs(enum top_panel p);
void top_draw_pager(struct top_view *v, struct screen *s);
/* What the page of help says. */
extern const char top_help[];

#endif
