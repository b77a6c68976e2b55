/* Numbers as people and programs write them in data, read the same in every locale. */
#ifndef UTIL_NUMBER_H
#define UTIL_NUMBER_H

#include <stddef.h>
#include <stdint.h>

enum number_kind {
    NUMBER_NONE,       /* not a number */
    NUMBER_INT,        /* a whole number: *i and *r are set */
    NUMBER_REAL,       /* has a fraction or an exponent: *r is set */
    NUMBER_RANGE,      /* a whole number past 64 bits, or a real past 1.8e308 */
    NUMBER_NOT_FINITE, /* inf, nan and their spellings */
};

/* Reads all of s[0..n): [+-] digits [. digits] [e [+-] digits], nothing around it. */
enum number_kind number_parse(const char *s, size_t n, int64_t *i, double *r);

#endif
