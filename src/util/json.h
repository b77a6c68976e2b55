/* Writing JSON (RFC 8259), piece by piece, into a buffer of its own: commas look at what is before
 * them. libc only. */
#ifndef UTIL_JSON_H
#define UTIL_JSON_H

#include "util/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* A string; bytes that are no UTF-8 (a path may have them) become U+FFFD. */
void json_string(struct buf *out, const char *s);
/* `"key": `, with a comma before it unless it is the first of its object. */
void json_key(struct buf *out, const char *key);
/* Opens the next object of a list, on a line of its own. */
void json_item(struct buf *out);

void json_text(struct buf *out, const char *key, const char *s);
void json_integer(struct buf *out, const char *key, uint64_t n);
void json_bool(struct buf *out, const char *key, bool yes);
/* Three decimals; null if it is no number. */
void json_real(struct buf *out, const char *key, double x);

#endif
