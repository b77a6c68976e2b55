/* A growable byte buffer, and allocation that cannot fail. libc only.
 *
 * Running out of memory ends the program with a message and exit code 70: neither the compiler
 * nor the shim has anything better to do, and the journal survives it. */
#ifndef UTIL_BUF_H
#define UTIL_BUF_H

#include <stdarg.h>
#include <stddef.h>

void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t size);
/* For what is used all over, or nearly so: if it is large, it comes in large pages where the kernel
 * has some, not 4 KiB at a time. Free it with free, as ever. */
void *xcalloc_whole(size_t n, size_t size);
void *xrealloc(void *p, size_t n);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);

/* Always NUL-terminated once something was added; `p` may be NULL while n == 0 and cap == 0.
 * Initialise with {0}; free with buf_free. */
struct buf {
    char *p;
    size_t n, cap;
};

void buf_reserve(struct buf *b, size_t more); /* room for `more` bytes and a NUL */
void buf_add(struct buf *b, const void *p, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
void buf_reset(struct buf *b); /* n = 0, keeps the memory; p is "" afterwards */
void buf_free(struct buf *b);

enum { THOUSANDS_SIZE = 32 };
/* 4050000 as "4 050 000", into `text`, which is returned. */
const char *thousands(unsigned long long n, char text[THOUSANDS_SIZE]);

/* Where in a shell command a value is inserted. */
enum shell_quote {
    QUOTE_WORD,   /* outside of quotes: the value becomes (part of) one word */
    QUOTE_DOUBLE, /* inside "...": \ " $ and ` get a backslash. '...' within them instead, if a
                     backslash could be part of a character (bytes that are no ASCII), and for
                     control characters, which bash doubles in arrays */
    QUOTE_SINGLE, /* inside '...': a ' becomes '\'' */
    QUOTE_ALWAYS, /* outside of quotes, where even a plain word would be more than itself */
    QUOTE_NUMBER, /* inside of arithmetic: a whole number, in parentheses if it is negative */
    QUOTE_KINDS
};

/* Appends s[0..n) so that a POSIX shell reads it back unchanged at such a place; a word that
 * needs no quotes gets none, but for QUOTE_ALWAYS. Source of the rules: POSIX XCU 2.2. */
void buf_shell_quote(struct buf *b, const char *s, size_t n, enum shell_quote where);

#endif
