/* What is on a screen: lines of text, each part of them in a style. Knows no terminal. */
#ifndef TOP_SCREEN_H
#define TOP_SCREEN_H

#include "util/buf.h"

#include <stdbool.h>
#include <stddef.h>

enum style {
    STYLE_PLAIN,
    STYLE_STRONG,
    STYLE_FAINT,
    STYLE_GOOD,
    STYLE_WARN,
    STYLE_BAD,
    STYLE_MARKED, /* where the cursor is, and titles */
    NSTYLES
};

struct screen_line {
    struct buf text;  /* UTF-8, never wider than the screen */
    struct buf style; /* an enum style for each byte of it */
    unsigned width;   /* columns so far */
    unsigned skip;    /* columns that are still left out at the left */
};

struct screen {
    unsigned width, height;
    struct screen_line *line; /* `height` of them */
};

/* Makes it empty, of this size. Initialise with {0}; free with screen_free. */
void screen_clear(struct screen *s, unsigned width, unsigned height);
void screen_free(struct screen *s);

/* Appends to line `y` what there is room for; below the screen nothing. What could harm a terminal
 * becomes '?'. */
void screen_put(struct screen *s, unsigned y, enum style style, const char *text, size_t n);
void screen_puts(struct screen *s, unsigned y, enum style style, const char *text);
/* Blanks up to this column. */
void screen_pad(struct screen *s, unsigned y, enum style style, unsigned column);
/* So many columns of what follows are left out. */
void screen_skip(struct screen *s, unsigned y, unsigned columns);
/* All of the line is of this style, to the end of the screen. */
void screen_mark(struct screen *s, unsigned y, enum style style);

/* Appends the text in lines that are not wider, at least 1; `words`: parted at blanks where that is
 * possible. Its own lines stay, tabs become blanks, and of what was written over (by a carriage
 * return) the last is left. */
void screen_wrap(const char *text, unsigned width, bool words, struct buf *out);

/* Columns that a text takes. */
unsigned text_width(const char *text, size_t n);

#endif
