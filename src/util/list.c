#include "config.h"

#include "util/list.h"

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
