#include "config.h"

#include "util/map64.h"

#include "util/buf.h"

#include <stdlib.h>
#include <string.h>

void
map64_init(struct map64 *m, uint64_t space, uint64_t expected)
{
    *m = (struct map64){0};
    if (space && (space <= 1 << 12 || (space <= 4 * expected && space < 1 << 28))) {
        m->direct = xmalloc(space * sizeof *m->direct);
        memset(m->direct, 0xff, space * sizeof *m->direct);
    }
}

void
map64_free(struct map64 *m)
{
    free(m->direct);
    free(m->slot);
    *m = (struct map64){0};
}

static struct map64_slot *
slot_of(const struct map64 *m, uint64_t key)
{
    unsigned __int128 h =
        (unsigned __int128)(key ^ UINT64_C(0x13198a2e03707345)) * UINT64_C(0x9e3779b97f4a7c15);
    uint64_t i = ((uint64_t)h ^ (uint64_t)(h >> 64)) & (m->nslot - 1);
    while (m->slot[i].value && m->slot[i].key != key)
        i = (i + 1) & (m->nslot - 1);
    return &m->slot[i];
}

static void
grow(struct map64 *m)
{
    struct map64 old = *m;
    m->nslot = old.nslot ? old.nslot * 4 : 1024;
    m->slot = xmalloc(m->nslot * sizeof *m->slot);
    memset(m->slot, 0, m->nslot * sizeof *m->slot);
    for (uint64_t i = 0; i < old.nslot; i++)
        if (old.slot[i].value)
            *slot_of(m, old.slot[i].key) = old.slot[i];
    free(old.slot);
}

uint32_t
map64_add(struct map64 *m, uint64_t key, uint32_t fresh, bool *found)
{
    if (m->direct) {
        uint32_t *at = &m->direct[key];
        *found = *at != UINT32_MAX;
        if (!*found)
            *at = fresh;
        return *at;
    }
    if (m->used * 3 >= m->nslot * 2)
        grow(m);
    struct map64_slot *s = slot_of(m, key);
    *found = s->value != 0;
    if (!*found) {
        *s = (struct map64_slot){key, (uint64_t)fresh + 1};
        m->used++;
    }
    return (uint32_t)(s->value - 1);
}

uint32_t
map64_find(const struct map64 *m, uint64_t key)
{
    if (m->direct)
        return m->direct[key];
    if (!m->nslot)
        return UINT32_MAX;
    const struct map64_slot *s = slot_of(m, key);
    return s->value ? (uint32_t)(s->value - 1) : UINT32_MAX;
}
