#include "config.h"

#include "util/list.h"

#include "util/buf.h"

#include <stdlib.h>

void *
array_grow(void *array, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return array;
    *cap = *cap * 2 + 8;
    return xrealloc(array, *cap * size);
}

void
list_add(struct list *l, const void *p)
{
    l->at = array_grow(l->at, l->n, &l->cap, sizeof *l->at);
    l->at[l->n++] = (void *)p;
}

void
list_free(struct list *l)
{
    free(l->at);
    *l = (struct list){0};
}
