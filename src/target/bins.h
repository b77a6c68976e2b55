/* Bundles cut into bins, each of which fills a node: as pack.h packs them, and which part of which
 * bundle is where. */
#ifndef TARGET_BINS_H
#define TARGET_BINS_H

#include "target/pack.h"

#define BINS_NONE UINT32_MAX

/* Tasks of a bundle in a bin. */
struct bin_part {
    uint32_t bin, ntasks;
    uint32_t next; /* part of the same bundle, or BINS_NONE */
};

struct bins {
    uint32_t n;
    struct bin_part *part;
    uint32_t nparts;
    uint32_t *first; /* of each bundle: its first part */
};

/* Bundles of size[0 .. nbundles) tasks, one or more. First come bins of one bundle, in their order,
 * then those of several. The same sizes give the same bins. */
void bins_make(struct bins *b, const struct pack_node *node, const uint32_t *size,
    uint32_t nbundles);
void bins_free(struct bins *b);

#endif
