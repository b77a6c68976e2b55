#include "config.h"

#include "util/map128.h"

#include "util/buf.h"

#include <stdlib.h>

static struct map128_slot *
slot_of(const struct map128 *m, struct hash128 key)
{
    uint64_t i = key.a & (m->nslot - 1);
    while (m->slot[i].value && (m->slot[i].key.a != key.a || m->slot[i].key.b != key.b))
        i = (i + 1) & (m->nslot - 1);
    return &m->slot[i];
}

static void
grow(struct map128 *m)
{
    struct map128 old = *m;
    m->nslot = old.nslot ? old.nslot * 2 : 64;
    m->slot = xcalloc(m->nslot, sizeof *m->slot);
    for (uint64_t i = 0; i < old.nslot; i++)
        if (old.slot[i].value)
            *slot_of(m, old.slot[i].key) = old.slot[i];
    free(old.slot);
}

uint64_t
map128_add(struct map128 *m, struct hash128 key, uint64_t fresh, bool *found)
{
    if (m->used * 3 >= m->nslot * 2)
        grow(m);
    struct map128_slot *s = slot_of(m, key);
    *found = s->value != 0;
    if (!*found) {
        *s = (struct map128_slot){key, fresh + 1};
        m->used++;
    }
    return s->value - 1;
}

bool
map128_find(const struct map128 *m, struct hash128 key, uint64_t *value)
{
    if (!m->nslot)
        return false;
    const struct map128_slot *s = slot_of(m, key);
    if (!s->value)
        return false;
    *value = s->value - 1;
    return true;
}

void
map128_free(struct map128 *m)
{
    free(m->slot);
    *m = (struct map128){0};
}
