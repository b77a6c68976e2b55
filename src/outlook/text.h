/* What will be, as people and programs read it. */
#ifndef OUTLOOK_TEXT_H
#define OUTLOOK_TEXT_H

#include "outlook/outlook.h"

/* For people, on one screen: what runs, what it needs of a node and how long, which jobs are asked
 * for, when they should be done, what is written. */
void outlook_text(const struct outlook *o, struct buf *out);
/* For programs: one JSON object. */
void outlook_json(const struct outlook *o, struct buf *out);

/* To be compared with others of the same campaign: lines "what<TAB>value". */
void outlook_column(const struct outlook *o, struct buf *out);
/* Prints such columns side by side; they are changed. */
void outlook_compare(struct buf *columns, size_t n, struct buf *out);
/* Prints the lines in which two of them differ, but for the first one, with `mark` before each;
 * they are changed. */
void outlook_differences(struct buf *before, struct buf *after, const char *mark, struct buf *out);

/* Bytes of the record, if each task is tried once: its start, what it wrote, and its end. */
uint64_t outlook_record(const struct plan *p);

#endif
