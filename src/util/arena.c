#include "config.h"

#include "util/arena.h"

#include "util/buf.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
    struct arena_block *before;
    size_t used, cap;
    alignas(max_align_t) char p[];
};

void *
arena_alloc(struct arena *a, size_t n)
{
    n = (n + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
    struct arena_block *b = a->last;
    if (!b || b->cap - b->used < n) {
        size_t cap = n > 65536 ? n : 65536;
        b = xmalloc(sizeof *b + cap);
        b->before = a->last;
        b->used = 0;
        b->cap = cap;
        a->last = b;
    }
    void *p = b->p + b->used;
    b->used += n;
    return memset(p, 0, n);
}

char *
arena_text(struct arena *a, const char *s, size_t n)
{
    char *p = arena_alloc(a, n + 1);
    if (n)
        memcpy(p, s, n);
    return p;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
    struct buf b = {0};
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(&b, fmt, ap);
    va_end(ap);
    char *p = arena_text(a, b.p, b.n);
    buf_free(&b);
    return p;
}

void
arena_free(struct arena *a)
{
    for (struct arena_block *b = a->last, *before; b; b = before) {
        before = b->before;
        free(b);
    }
    a->last = NULL;
}

void
arena_join(struct arena *a, struct arena *from)
{
    struct arena_block **first = &a->last;
    while (*first)
        first = &(*first)->before;
    *first = from->last;
    from->last = NULL;
}
