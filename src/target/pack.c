#include "config.h"

#include "target/pack.h"

#include "util/buf.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_STEPS = 4000 }; /* that are looked at to fill a node */

uint32_t
pack_room(const struct pack_node *node, uint32_t j)
{
    double n = node->tasks;
    if (node->memory > 0) {
        double left = node->memory - j * node->shared;
        if (left < 0)
            return 0;
        if (node->own > 0)
            n = fmin(n, floor(left / node->own + 1e-9));
    }
    return n < j ? 0 : (uint32_t)n;
}

/* --- the bound --- */

struct prices {
    double task, instance;
    uint32_t most; /* instances on a node */
};

/* How many bundles of each size there are; of LARGE tasks and more, their sums. */
enum { LARGE = 4096 };
struct sizes {
    uint64_t *of;                          /* LARGE of them */
    uint64_t large_tasks, large_instances; /* the fewest instances */
};

static double
bound_of(const struct sizes *s, const uint32_t *room, uint32_t most, double a, double b)
{
    uint32_t cap = room[1], beside = most > 1 ? room[2] : 1;
    double *f = xcalloc(LARGE, sizeof *f);
    double sum = a * (double)s->large_tasks + b * (double)s->large_instances;
    uint32_t longest = LARGE - 1;
    while (longest && !s->of[longest])
        longest--;
    for (uint32_t n = 1; n <= longest; n++) {
        f[n] = INFINITY;
        for (uint32_t x = 1; x <= n && x <= cap; x++)
            f[n] = fmin(f[n], (x >= beside ? 1 : a * x + b) + f[n - x]);
        sum += f[n] * (double)s->of[n];
    }
    free(f);
    return sum;
}

struct bounding {
    const struct sizes *sizes;
    const uint32_t *room; /* K(j), j = 1 .. most */
    uint32_t most;
    struct prices best;
    double bound;
};

static void
try_prices(struct bounding *t, double a, double b)
{
    double n = a < 0 || b < 0 ? 0 : bound_of(t->sizes, t->room, t->most, a, b);
    if (n <= t->bound)
        return;
    t->bound = n;
    t->best.task = a;
    t->best.instance = b;
}

/* Is the point (j, room[j]) between the two others not above the line from one to the other? */
static bool
not_above(const uint32_t *room, uint32_t i, uint32_t j, uint32_t k)
{
    return ((double)room[j] - room[i]) * (k - i) <= ((double)room[k] - room[i]) * (j - i);
}

/* Finds the best prices, and their bound. */
static void
find_prices(struct bounding *t)
{
    uint32_t *hull = xmalloc((t->most + 1) * sizeof *hull), n = 0;
    t->best.most = t->most;
    for (uint32_t j = 1; j <= t->most; j++) {
        while (n > 1 && not_above(t->room, hull[n - 2], hull[n - 1], j))
            n--;
        hull[n++] = j;
    }
    try_prices(t, 1.0 / t->room[1], 0);
    try_prices(t, 0, 1.0 / t->most);
    for (uint32_t i = 0; i + 1 < n; i++) {
        double j1 = hull[i], k1 = t->room[hull[i]], j2 = hull[i + 1], k2 = t->room[hull[i + 1]];
        double det = k1 * j2 - k2 * j1;
        if (det > 0)
            try_prices(t, (j2 - j1) / det, (k1 - k2) / det);
    }
    free(hull);
}

/* --- rests --- */

struct rests {
    const uint32_t *room; /* K(j) */
    struct prices prices;
    uint32_t cap;
    uint64_t *left;      /* of each size below cap: how many are to be packed */
    uint32_t *of, *best; /* sizes on the node that is being filled: now, and the best so far */
    uint32_t nof, nbest, tasks, best_tasks;
    double best_value;
    unsigned steps;
    struct pack_rest *told; /* of a node */
    pack_fn *each;          /* NULL: nobody is told */
    void *arg;
};

/* Tries to add rests of `size` and less to the node. */
static void
fill(struct rests *r, uint32_t size)
{
    double value = r->prices.task * r->tasks + r->prices.instance * r->nof;
    if (value > r->best_value + 1e-12) {
        r->best_value = value;
        r->best_tasks = r->tasks;
        r->nbest = r->nof;
        if (r->nof)
            memcpy(r->best, r->of, r->nof * sizeof *r->of);
    }
    if (r->nof == r->prices.most)
        return;
    uint32_t room = r->room[r->nof + 1];
    if (room <= r->tasks)
        return;
    for (size = size < room - r->tasks ? size : room - r->tasks; size > 0; size--) {
        if (r->left[size] == 0)
            continue;
        if (r->best_value > 1 - 1e-9 || r->steps++ > MOST_STEPS)
            return;
        r->left[size]--;
        r->of[r->nof++] = size;
        r->tasks += size;
        fill(r, size);
        r->tasks -= size;
        r->nof--;
        r->left[size]++;
    }
}

/* How many nodes can be filled just so. */
static uint64_t
repeats(const struct rests *r)
{
    uint64_t n = UINT64_MAX;
    for (uint32_t i = 0, k; i < r->nbest; i = k) {
        for (k = i; k < r->nbest && r->best[k] == r->best[i];)
            k++;
        uint64_t times = r->left[r->best[i]] / (k - i);
        n = times < n ? times : n;
    }
    return n;
}

static uint32_t
largest(const struct rests *r, uint32_t size)
{
    while (size > 0 && r->left[size] == 0)
        size--;
    return size;
}

/* Nodes for all rests; *split: further instances. */
static uint64_t
pack_rests(struct rests *r, uint64_t *split)
{
    uint64_t nodes = 0;
    for (uint32_t size = r->cap - 1; (size = largest(r, size)) > 0;) {
        r->left[size]--;
        r->of[0] = size;
        r->nof = 1;
        r->tasks = size;
        r->best_value = -1;
        r->steps = 0;
        fill(r, size);
        r->left[size]++;
        uint64_t n = repeats(r);
        uint32_t room = r->nbest < r->prices.most ? r->room[r->nbest + 1] : 0;
        room = room > r->best_tasks ? room - r->best_tasks : 0;
        if (room)
            n = 1;
        nodes += n;
        for (uint32_t i = 0; i < r->nbest; i++)
            r->left[r->best[i]] -= n;
        uint32_t part = room ? largest(r, size) : 0, taken = part > room ? room : part;
        if (part) { /* larger than the room, or it would have been taken */
            r->left[part]--;
            if (part > taken) {
                r->left[part - taken]++;
                ++*split;
            }
        }
        for (uint32_t i = 0; i < r->nbest; i++)
            r->told[i] = (struct pack_rest){r->best[i], r->best[i]};
        r->told[r->nbest] = (struct pack_rest){part, taken};
        if (r->each)
            r->each(r->arg, r->told, r->nbest + (part > 0), n);
    }
    return nodes;
}

/* --- all of it --- */

void
pack(const struct pack_node *node, const uint32_t *n, size_t nbundles, struct packing *p)
{
    pack_each(node, n, nbundles, p, NULL, NULL);
}

void
pack_each(const struct pack_node *node, const uint32_t *n, size_t nbundles, struct packing *p,
    pack_fn *each, void *arg)
{
    *p = (struct packing){.bundles = nbundles, .cap = pack_room(node, 1)};
    if (p->cap == 0)
        p->cap = 1;
    uint32_t most = 1, cap = p->cap;
    uint32_t *room = xcalloc((size_t)cap + 2, sizeof *room);
    room[1] = cap;
    while (most < cap && (room[most + 1] = pack_room(node, most + 1)) > 0)
        most++;
    struct rests r = {.room = room, .cap = cap, .each = each, .arg = arg};
    struct sizes sizes = {.of = xcalloc(LARGE, sizeof *sizes.of)};
    r.left = xcalloc((size_t)cap + 1, sizeof *r.left);
    r.of = xmalloc(((size_t)most + 1) * sizeof *r.of);
    r.best = xmalloc(((size_t)most + 1) * sizeof *r.best);
    r.told = xmalloc(((size_t)most + 1) * sizeof *r.told);
    for (size_t i = 0; i < nbundles; i++) {
        uint64_t instances = (n[i] + (uint64_t)cap - 1) / cap;
        p->tasks += n[i];
        p->nodes += n[i] / cap;
        p->alone += instances;
        r.left[n[i] % cap]++;
        if (n[i] < LARGE) {
            sizes.of[n[i]]++;
            continue;
        }
        sizes.large_tasks += n[i];
        sizes.large_instances += instances;
    }
    sizes.of[0] = r.left[0] = 0;
    struct bounding t = {.sizes = &sizes, .room = room, .most = most};
    find_prices(&t);
    r.prices = t.best;
    p->bound = (uint64_t)ceil(t.bound - 1e-6 * (1 + t.bound * 1e-3));
    p->nodes += pack_rests(&r, &p->split);
    free(sizes.of);
    free(room);
    free(r.left);
    free(r.of);
    free(r.best);
    free(r.told);
}
