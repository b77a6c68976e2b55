/* FITS files made by hand: cards and blocks. */
#ifndef FITS_LIB_H
#define FITS_LIB_H

#include "util/buf.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static void card(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void
card(struct buf *b, const char *fmt, ...)
{
    char text[200];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    assert_true(n <= 80);
    memset(text + n, ' ', 80 - (size_t)n);
    buf_add(b, text, 80);
}

static void
pad(struct buf *b, char with)
{
    while (b->n % 2880)
        buf_putc(b, with);
}

static void
end_header(struct buf *b)
{
    card(b, "END");
    pad(b, ' ');
}

#endif
