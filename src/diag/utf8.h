/* UTF-8 and the width of characters, independent of the locale: the same messages everywhere. */
#ifndef DIAG_UTF8_H
#define DIAG_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Decodes one character of s[0..n), n > 0: its length in bytes. Of an invalid one the first byte
 * is taken, as U+FFFD (so U+FFFD with length 1 is always an error). */
unsigned utf8_next(const char *s, size_t n, uint32_t *code);
/* Columns of a terminal that a character takes: 0, 1 or 2. */
unsigned utf8_width(uint32_t code);

#endif
