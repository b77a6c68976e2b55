/* The formatter: the same tokens, strings and comments, in the same lines, with the blanks that
 * the language's examples have. What it makes, it leaves as it is. wflc(1) says the rules. */
#ifndef FMT_FORMAT_H
#define FMT_FORMAT_H

#include "diag/diag.h"
#include "util/buf.h"

/* Appends the formatted text of a source; out->p is not NULL then, even if there is none. False,
 * with the messages queued and nothing appended, if its syntax is wrong. */
bool format_source(struct diags *d, uint32_t file, struct buf *out);

/* Appends what changes between two texts that differ only in blanks and blank lines, as a unified
 * diff of the files `a` and `b`; nothing (but out->p is not NULL) if they are equal. */
void format_diff(const char *a, const struct buf *before, const char *b, const struct buf *after,
    struct buf *out);

#endif
