#include "config.h"

#include "util/strpool.h"

#include "util/buf.h"
#include "util/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
strpool_init(struct strpool *s)
{
    *s = (struct strpool){0};
    s->nslot = 1024;
    s->slot = xcalloc(s->nslot, sizeof *s->slot);
    s->cap_offset = 512;
    s->offset = xmalloc(s->cap_offset * sizeof *s->offset);
    s->offset[0] = 0;
    strpool_add(s, "", 0);
}

void
strpool_free(struct strpool *s)
{
    free(s->bytes);
    free(s->offset);
    free(s->slot);
    *s = (struct strpool){0};
}

const char *
strpool_get(const struct strpool *s, uint32_t id)
{
    return s->bytes + s->offset[id];
}

uint32_t
strpool_len(const struct strpool *s, uint32_t id)
{
    return s->offset[id + 1] - s->offset[id] - 1;
}

static uint32_t
find_slot(const struct strpool *s, const char *p, size_t n)
{
    uint32_t mask = s->nslot - 1;
    uint32_t i = (uint32_t)hash64(p, n, 0) & mask;
    for (; s->slot[i]; i = (i + 1) & mask) {
        uint32_t id = s->slot[i] - 1;
        if (strpool_len(s, id) == n && memcmp(strpool_get(s, id), p, n) == 0)
            break;
    }
    return i;
}

static void
grow_slots(struct strpool *s)
{
    free(s->slot);
    s->nslot *= 2;
    s->slot = xcalloc(s->nslot, sizeof *s->slot);
    for (uint32_t id = 0; id < s->count; id++)
        s->slot[find_slot(s, strpool_get(s, id), strpool_len(s, id))] = id + 1;
}

uint32_t
strpool_add(struct strpool *s, const char *p, size_t n)
{
    uint32_t i = find_slot(s, p, n);
    if (s->slot[i])
        return s->slot[i] - 1;
    if (n >= UINT32_MAX - s->nbytes - 1) {
        fputs("wfl: more than 4 GiB of text in one campaign\n", stderr);
        exit(70);
    }
    uint32_t need = s->nbytes + (uint32_t)n + 1;
    if (need > s->cap_bytes) {
        uint64_t cap = (uint64_t)s->cap_bytes * 2 + 4096;
        s->cap_bytes = cap < need ? need : cap > UINT32_MAX ? UINT32_MAX : (uint32_t)cap;
        /* p may point into the pool itself */
        char *fresh = xmalloc(s->cap_bytes);
        if (s->nbytes)
            memcpy(fresh, s->bytes, s->nbytes);
        memcpy(fresh + s->nbytes, p, n);
        free(s->bytes);
        s->bytes = fresh;
    } else {
        memmove(s->bytes + s->nbytes, p, n);
    }
    s->bytes[s->nbytes + n] = 0;
    s->nbytes = need;
    uint32_t id = s->count++;
    if (s->count + 1 > s->cap_offset) {
        s->cap_offset *= 2;
        s->offset = xrealloc(s->offset, s->cap_offset * sizeof *s->offset);
    }
    s->offset[s->count] = s->nbytes;
    s->slot[i] = id + 1;
    if (s->count * 2 > s->nslot)
        grow_slots(s);
    return id;
}

uint32_t
strpool_adds(struct strpool *s, const char *p)
{
    return strpool_add(s, p, strlen(p));
}
