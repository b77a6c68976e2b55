#include "config.h"

#include "util/list.h"

#include <stdint.h>
#include <stdlib.h>

void
list_add(struct list *l, const void *p)
{
    ARRAY_GROW(l->at, l->n, l->cap);
    l->at[l->n++] = (void *)p;
}

void
list_free(struct list *l)
{
    free(l->at);
    *l = (struct list){0};
}

int
ascending_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}
