#include "config.h"

#include "util/names.h"

#include "util/buf.h"
#include "util/hash.h"

#include <stdlib.h>
#include <string.h>

/* The slot of the name, or the empty one where it belongs. */
static struct names_slot *
slot_of(const struct names *t, const char *name)
{
    size_t i = (size_t)hash64(name, strlen(name), 0) & (t->nslot - 1);
    while (t->slot[i].name && strcmp(t->slot[i].name, name) != 0)
        i = (i + 1) & (t->nslot - 1);
    return &t->slot[i];
}

static void
grow(struct names *t)
{
    struct names old = *t;
    t->nslot = old.nslot ? old.nslot * 2 : 16;
    t->slot = xcalloc(t->nslot, sizeof *t->slot);
    for (size_t i = 0; i < old.nslot; i++)
        if (old.slot[i].name)
            *slot_of(t, old.slot[i].name) = old.slot[i];
    free(old.slot);
}

void *
names_find(const struct names *t, const char *name)
{
    return t->n ? slot_of(t, name)->value : NULL;
}

void
names_put(struct names *t, const char *name, const void *value)
{
    if (t->n * 2 >= t->nslot)
        grow(t);
    struct names_slot *s = slot_of(t, name);
    t->n += !s->name;
    *s = (struct names_slot){name, (void *)value};
}

void
names_free(struct names *t)
{
    free(t->slot);
    *t = (struct names){0};
}
