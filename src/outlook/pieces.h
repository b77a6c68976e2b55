/* What the texts about a campaign are made of. In them a '~' is a blank at which no line ends. */
#ifndef OUTLOOK_PIECES_H
#define OUTLOOK_PIECES_H

#include "outlook/outlook.h"

/* Appends a paragraph: its label, and the text cut at blanks. */
void text_paragraph(struct buf *out, const char *label, const struct buf *text);
/* What stands in `text` from `from` on is one word. */
void text_together(struct buf *text, size_t from);

/* Each appends one word. */
void text_number(struct buf *out, double n);
void text_time(struct buf *out, double seconds);
void text_size(struct buf *out, double bytes);
void text_memory(struct buf *out, double bytes, bool binary); /* in GiB, or in GB */
void text_hours(struct buf *out, double seconds);
/* Is the memory of a family given in GiB? */
bool text_in_gib(const struct outlook_family *f);
/* The number, short enough for a column. */
void text_column(struct buf *out, int width, double n);
const char *text_plural(double n); /* "s", unless it is one */

/* Paragraphs of jobs.c. */
void text_jobs(const struct outlook *o, struct buf *out);
void text_cost(const struct outlook *o, struct buf *out);

#endif
