/* Writing HTML that is well-formed XML, too, with the writer of SVG: charts and page are one text,
 * and all that comes from users is escaped there. Elements that are empty for a reader of XML are
 * closed by a tag of their own, as HTML wants it. */
#ifndef PAGE_HTML_H
#define PAGE_HTML_H

#include "chart/svg.h"

#include <stddef.h>
#include <stdint.h>

/* `class` may be NULL here and below; svg_word adds further attributes, svg_close closes. */
void html_open(struct svg *s, const char *element, const char *class);
void html_close(struct svg *s);
/* A whole element that holds text. */
void html_put(struct svg *s, const char *element, const char *class, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* A part of the page with a heading that others link to. */
void html_section(struct svg *s, const char *id, const char *heading);
/* A chart or a table with its heading, and what it tells in a sentence; both may be NULL. */
void html_figure(struct svg *s, const char *class, const char *heading, const char *text);
/* What the colours of a chart mean: "c-blue", "done", NULL. */
void html_legend(struct svg *s, const char *const *of);

/* A table that can be sorted by its columns, with `n` of these: names that begin with '#' are of
 * numbers. `folded`: it stands behind a chart, and is shown when it is asked for. */
void html_table(struct svg *s, const char *id, const char *caption, bool folded,
    const char *const *head, size_t n);
void html_table_end(struct svg *s);
/* The line at its foot comes last. */
void html_foot(struct svg *s);
/* A line, which begins with a name of what it is of. */
void html_row(struct svg *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void html_row_end(struct svg *s);
void html_cell(struct svg *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Numbers: `value` is what is sorted by, and what programs read; NAN: there is none. */
void html_count(struct svg *s, uint64_t n);
void html_value(struct svg *s, double value, const char *text);
void html_duration(struct svg *s, double seconds);
void html_bytes(struct svg *s, double bytes);
void html_time(struct svg *s, double seconds); /* since 1970; UTC */

/* Appends "2026-11-29 12:30:05". */
void html_time_text(double seconds, struct buf *out);

#endif
