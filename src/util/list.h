/* A growable list of pointers, and the sizes of arrays; what they point to is not its own. libc
 * only. */
#ifndef UTIL_LIST_H
#define UTIL_LIST_H

#include <stddef.h>

/* Elements of an array (not of a pointer to one). */
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

struct list {
    void **at;
    size_t n, cap;
}; /* initialise with {0} */

void list_add(struct list *l, const void *p);
void list_free(struct list *l);

/* Room for one more item of `size` bytes behind the n that are there: the array itself, or where it
 * now is. For arrays of structs, which need no type of their own. */
void *array_grow(void *array, size_t n, size_t *cap, size_t size);

#endif
