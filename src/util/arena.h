/* Memory that is freed all at once. libc only. */
#ifndef UTIL_ARENA_H
#define UTIL_ARENA_H

#include <stddef.h>

struct arena_block;
struct arena {
    struct arena_block *last;
}; /* initialise with {0} */

void *arena_alloc(struct arena *a, size_t n);               /* zeroed, aligned for anything */
char *arena_text(struct arena *a, const char *s, size_t n); /* a copy with a NUL */
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void arena_free(struct arena *a);
/* All that is in `from` lives as long as `a` from now on; `from` is empty. */
void arena_join(struct arena *a, struct arena *from);

#endif
