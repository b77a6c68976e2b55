/* A file or memory, read once from its start to its end through a buffer of constant size.
 * libc only. */
#ifndef VERIFY_INPUT_H
#define VERIFY_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { INPUT_BACK = 8, INPUT_SIZE = 1 << 16 };

typedef const uint8_t *input_more(void *arg, size_t *n); /* NULL: the end */

/* buf[pos .. end) was read and not yet taken; up to INPUT_BACK bytes before pos, if they were
 * taken, are still there and may be given back by `pos -= n`. */
struct input {
    int fd; /* -1: memory */
    const uint8_t *mem;
    size_t left;      /* of mem */
    input_more *more; /* for the memory behind that; NULL: there is none */
    void *arg;
    size_t pos, end;
    uint64_t base; /* offset in the file of buf[0] (modulo 2^64: it may start "before" 0) */
    bool eof;
    int err; /* errno of a failed read; it reads as the end then */
    uint8_t buf[INPUT_BACK + INPUT_SIZE];
};

void input_fd(struct input *in, int fd); /* borrowed; at its start */
void input_memory(struct input *in, const void *p, size_t n);
/* what one call after the other gives */
void input_pieces(struct input *in, input_more *more, void *arg);

static inline uint64_t
input_offset(const struct input *in)
{
    return in->base + in->pos;
}

/* Makes at least one byte available; false at the end, and on errors (in->err). */
bool input_fill(struct input *in);
/* The next n (<= INPUT_SIZE) bytes in one piece, taken; NULL if there are fewer. */
const uint8_t *input_take(struct input *in, size_t n);
/* How many of the next `n` bytes there are; passes over them, without reading them if it can. */
uint64_t input_skip(struct input *in, uint64_t n);
/* The next byte, or -1. */
static inline int
input_byte(struct input *in)
{
    return in->pos < in->end || input_fill(in) ? in->buf[in->pos++] : -1;
}

#endif
