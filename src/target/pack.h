/* How many nodes' worth of memory and cores a list of bundles fills, were they all to run at once:
 * an estimate for people, and for choosing jobs. (What runs where is decided on the nodes, task by
 * task, when there is room.)
 *
 * Bundles, such as visits, have tasks, such as sensors. On a node, an instance of a bundle costs
 * `shared` once, and `own` for each of its tasks there. So a node with j instances has room for
 *
 *     K(j) = min(cores, floor((memory - j shared) / own))
 *
 * tasks. cap = K(1). A bundle of n tasks is taken apart into floor(n / cap) nodes of its own and
 * the rest, r = n mod cap. Rests are packed largest first: a node begins with the largest one left,
 * and takes those others that fill it best; room that is still left takes a part of a further one,
 * which costs another instance but nothing that would be used otherwise. No node begins with less
 * than a whole rest, so there are never more nodes than with one bundle a node.
 *
 * The bound. Give each task a price a >= 0, and each instance a price b >= 0, such that no node can
 * hold more than 1: a K(j) + b j <= 1 for every j. An instance of x tasks is then worth
 *
 *     u(x) = a x + b, but 1 if x >= K(2), for no other instance fits beside it,
 *
 * and the instances on a node are worth 1 at most, whatever they are. A bundle of n tasks must be
 * taken apart somehow into instances of 1 .. cap tasks, which together are worth f(n) at least:
 * f(0) = 0, f(n) = min over x of u(x) + f(n - x). So the sum of f over all bundles is a number of
 * nodes that no packing can do with less. Every pair of prices gives such a bound. Tried are those
 * where two of the conditions, or one and an axis, are tight: the edges of the upper hull of the
 * points (j, K(j)). (a = 1 / cap, b = 0 and no exception is the simple bound, which forgets that
 * rests cost an instance.) */
#ifndef TARGET_PACK_H
#define TARGET_PACK_H

#include <stddef.h>
#include <stdint.h>

struct pack_node {
    double memory;      /* bytes; 0: not known, no limit */
    double shared, own; /* bytes: of an instance, of a task */
    uint32_t tasks;     /* as cores and GPUs allow, 1 or more */
};

struct packing {
    uint64_t tasks, bundles;
    uint32_t cap;   /* tasks of one bundle on a node; 1 at least, even if none fits */
    uint64_t nodes; /* that are filled */
    uint64_t bound; /* no packing has fewer */
    uint64_t alone; /* with one bundle a node */
    uint64_t split; /* instances beyond the fewest possible */
};

/* Packs bundles of n[0 .. nbundles) tasks. */
void pack(const struct pack_node *node, const uint32_t *n, size_t nbundles, struct packing *p);

/* The same, and tells of the nodes that are filled with rests: what is on each, so many `times`. A
 * rest may be taken in part; what is left of it is another rest. */
struct pack_rest {
    uint32_t size, taken;
};
typedef void pack_fn(void *arg, const struct pack_rest *rest, uint32_t nrests, uint64_t times);
void pack_each(const struct pack_node *node, const uint32_t *n, size_t nbundles, struct packing *p,
    pack_fn *each, void *arg);

/* Tasks of j instances on a node: K(j); 0: there is no room for so many. */
uint32_t pack_room(const struct pack_node *node, uint32_t j);

#endif
