/* For tests of files: what is checked, what is wrong with it, a folder of its own; FITS files made
 * by hand: cards and blocks. */
#ifndef FITS_LIB_H
#define FITS_LIB_H

#include "util/buf.h"
#include "verify/input.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct input in;
static struct buf why;
static char dir[64];

static int
setup(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/wfl-verify-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int
teardown(void **state)
{
    (void)state;
    buf_free(&why);
    struct buf command = {0};
    buf_printf(&command, "rm -rf %s", dir);
    int r = system(command.p);
    buf_free(&command);
    return r;
}

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
