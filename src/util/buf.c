#include "config.h"

#include "util/buf.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 65536, LARGE_PAGE = 2 << 20 }; /* no machine has larger ones of the usual kind */

static void
out_of_memory(void)
{
    fputs("wfl: out of memory\n", stderr);
    exit(70);
}

void *
xmalloc(size_t n)
{
    void *p = malloc(n ? n : 1);
    if (!p)
        out_of_memory();
    return p;
}

void *
xcalloc(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size ? size : 1);
    if (!p)
        out_of_memory();
    return p;
}

void *
xcalloc_whole(size_t n, size_t size)
{
    char *p = xcalloc(n, size);
    size_t most = n * size, skip = -(uintptr_t)p % PAGE;
    if (most >= 2 * LARGE_PAGE)
        madvise(p + skip, most - skip, MADV_HUGEPAGE); /* without, it is only slower */
    return p;
}

void *
xrealloc(void *p, size_t n)
{
    p = realloc(p, n ? n : 1);
    if (!p)
        out_of_memory();
    return p;
}

char *
xstrdup(const char *s)
{
    size_t n = strlen(s) + 1;
    return memcpy(xmalloc(n), s, n);
}

char *
xstrndup(const char *s, size_t n)
{
    n = strnlen(s, n);
    char *copy = xmalloc(n + 1);
    memcpy(copy, s, n);
    copy[n] = 0;
    return copy;
}

void
buf_reserve(struct buf *b, size_t more)
{
    size_t need = b->n + more + 1;
    if (need < more)
        out_of_memory();
    if (need <= b->cap)
        return;
    size_t cap = b->cap ? b->cap * 2 : 64;
    b->cap = cap < need ? need : cap;
    b->p = xrealloc(b->p, b->cap);
}

void
buf_add(struct buf *b, const void *p, size_t n)
{
    buf_reserve(b, n);
    if (n)
        memcpy(b->p + b->n, p, n);
    b->n += n;
    b->p[b->n] = 0;
}

void
buf_puts(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void
buf_putc(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void
buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    size_t room = b->cap - b->n;
    int n = vsnprintf(room ? b->p + b->n : NULL, room, fmt, ap);
    if (n > 0 && (size_t)n >= room) {
        buf_reserve(b, (size_t)n);
        vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
    }
    if (n > 0)
        b->n += (size_t)n;
    va_end(again);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(b, fmt, ap);
    va_end(ap);
}

const char *
thousands(unsigned long long n, char text[THOUSANDS_SIZE])
{
    char digits[THOUSANDS_SIZE], *to = text;
    int len = snprintf(digits, sizeof digits, "%llu", n);
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0 && len > 4)
            *to++ = ' ';
        *to++ = digits[i];
    }
    *to = 0;
    return text;
}

void
buf_reset(struct buf *b)
{
    buf_reserve(b, 0);
    b->n = 0;
    b->p[0] = 0;
}

void
buf_free(struct buf *b)
{
    free(b->p);
    *b = (struct buf){0};
}

static void
quote_single(struct buf *b, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '\'')
            buf_puts(b, "'\\''");
        else
            buf_putc(b, s[i]);
    }
}

static void
quote_double(struct buf *b, const char *s, size_t n)
{
    static const char special[] = "\\\"$`";
    bool ascii = true, plain = true, control = false;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        ascii = ascii && c < 0x80;
        plain = plain && (!c || !strchr(special, c));
        control = control || (c < ' ' && c != '\n' && c != '\t') || c == 0x7f;
    }
    if ((!ascii && !plain) || control) {
        buf_puts(b, "\"'");
        quote_single(b, s, n);
        buf_puts(b, "'\"");
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (s[i] && strchr(special, s[i]))
            buf_putc(b, '\\');
        buf_putc(b, s[i]);
    }
}

/* The least number has no positive counterpart. */
static void
quote_number(struct buf *b, const char *s, size_t n)
{
    static const char least[] = "-9223372036854775808";
    if (n && s[0] != '-')
        buf_add(b, s, n);
    else if (n == sizeof least - 1 && memcmp(s, least, n) == 0)
        buf_puts(b, "(-9223372036854775807-1)");
    else
        buf_printf(b, "(%.*s)", (int)n, s);
}

void
buf_shell_quote(struct buf *b, const char *s, size_t n, enum shell_quote where)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_-./:,+@%^";
    size_t i = 0;
    switch (where) {
    case QUOTE_DOUBLE:
        quote_double(b, s, n);
        break;
    case QUOTE_SINGLE:
        quote_single(b, s, n);
        break;
    case QUOTE_NUMBER:
        quote_number(b, s, n);
        break;
    case QUOTE_WORD:
        while (i < n && s[i] && strchr(plain, s[i]))
            i++;
        if (n && i == n) {
            buf_add(b, s, n);
            break;
        }
        /* FALLTHROUGH */
    case QUOTE_ALWAYS:
    case QUOTE_KINDS:
        buf_putc(b, '\'');
        quote_single(b, s, n);
        buf_putc(b, '\'');
        break;
    }
}
