/* What a shim says: lines on stderr, and notes about attempts, which their logs keep. libc only. */
#ifndef NODE_SAY_H
#define NODE_SAY_H

#include "util/buf.h"

void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void say_list(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));
/* Appends a whole line. */
void note_add(struct buf *note, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
