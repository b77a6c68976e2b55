/* A growable list of pointers, and the sizes of arrays; what they point to is not its own. libc
 * only. */
#ifndef UTIL_LIST_H
#define UTIL_LIST_H

#include "util/buf.h"

#include <stddef.h>

/* Elements of an array (not of a pointer to one). */
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

struct list {
    void **at;
    size_t n, cap;
}; /* initialise with {0} */

void list_add(struct list *l, const void *p);
void list_free(struct list *l);

/* Makes room in an array, malloc'ed or NULL, for one more item behind the n that are there; it has
 * room for `cap`. Both of them are variables of any unsigned type. */
#define ARRAY_GROW(array, n, cap)                                                                  \
    do {                                                                                           \
        if ((n) == (cap)) {                                                                        \
            (cap) = 2 * (cap) + 8;                                                                 \
            (array) = xrealloc((array), (cap) * sizeof *(array));                                  \
        }                                                                                          \
    } while (0)

/* For qsort and bsearch, of uint32_t. */
int ascending_u32(const void *a, const void *b);

#endif
