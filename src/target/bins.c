#include "config.h"

#include "target/bins.h"

#include "util/list.h"

#include <stdlib.h>
#include <string.h>

struct binning {
    struct bins *b;
    uint32_t cap;   /* of b->part */
    uint32_t *last; /* part of each bundle */
    uint32_t *rest; /* of each size: the first bundle with such a rest */
    uint32_t *next; /* and of each bundle the next one */
};

static void
add_part(struct binning *n, uint32_t bundle, uint32_t bin, uint32_t ntasks)
{
    struct bins *b = n->b;
    ARRAY_GROW(b->part, b->nparts, n->cap);
    if (b->first[bundle] == BINS_NONE)
        b->first[bundle] = b->nparts;
    else
        b->part[n->last[bundle]].next = b->nparts;
    n->last[bundle] = b->nparts;
    b->part[b->nparts++] = (struct bin_part){bin, ntasks, BINS_NONE};
}

static void
add_rest(struct binning *n, uint32_t bundle, uint32_t size)
{
    if (!size)
        return;
    n->next[bundle] = n->rest[size];
    n->rest[size] = bundle;
}

/* As pack.h fills nodes with rests: with which ones does not matter to it. */
static void
fill_bins(void *arg, const struct pack_rest *r, uint32_t nrests, uint64_t times)
{
    struct binning *n = arg;
    for (; times; times--, n->b->n++)
        for (uint32_t i = 0; i < nrests; i++) {
            uint32_t bundle = n->rest[r[i].size];
            n->rest[r[i].size] = n->next[bundle];
            add_part(n, bundle, n->b->n, r[i].taken);
            add_rest(n, bundle, r[i].size - r[i].taken);
        }
}

void
bins_make(struct bins *b, const struct pack_node *node, const uint32_t *size, uint32_t nbundles)
{
    struct packing p;
    uint32_t most = pack_room(node, 1) ? pack_room(node, 1) : 1;
    struct binning n = {.b = b,
        .last = xmalloc(((size_t)nbundles + 1) * sizeof *n.last),
        .rest = xmalloc(((size_t)most + 1) * sizeof *n.rest),
        .next = xmalloc(((size_t)nbundles + 1) * sizeof *n.next)};
    *b = (struct bins){.first = xmalloc(((size_t)nbundles + 1) * sizeof *b->first)};
    memset(b->first, 0xff, ((size_t)nbundles + 1) * sizeof *b->first);
    memset(n.rest, 0xff, ((size_t)most + 1) * sizeof *n.rest);
    for (uint32_t i = 0; i < nbundles; i++)
        for (uint32_t left = size[i]; left >= most; left -= most)
            add_part(&n, i, b->n++, most);
    for (uint32_t i = nbundles; i-- > 0;) /* the first ones come first */
        add_rest(&n, i, size[i] % most);
    pack_each(node, size, nbundles, &p, fill_bins, &n);
    free(n.last);
    free(n.rest);
    free(n.next);
}

void
bins_free(struct bins *b)
{
    free(b->part);
    free(b->first);
    *b = (struct bins){0};
}
