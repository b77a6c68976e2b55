/* What a gzip file holds, piece by piece. Members that follow each other are one stream; behind the
 * last one there may be zero bytes. Streamed, constant memory, libc only. */
#ifndef VERIFY_GUNZIP_H
#define VERIFY_GUNZIP_H

#include "verify/input.h"

struct gunzip;
struct gunzip *gunzip_new(struct input *in); /* borrowed */
void gunzip_free(struct gunzip *g);
/* The next bytes, valid until the next call; NULL at the end, when all sums were right, or with
 * *bad: what is wrong, about at input_offset(in). */
const uint8_t *gunzip_next(struct gunzip *g, size_t *n, const char **bad);

#endif
