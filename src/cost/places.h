/* Which processors each process on this node has for itself, so that none is moved about, its
 * threads share caches, and its memory lies near. libc only.
 *
 * A place is a hardware thread. If the cores that tasks use together are no more than the physical
 * cores that we may run on, there is one place in each of these; else (slots: threads of the
 * profile) each hardware thread is one, those of a core side by side. Places stand in the order of
 * NUMA nodes and cores; a process gets a stretch of them, within one NUMA node if one has room. */
#ifndef COST_PLACES_H
#define COST_PLACES_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

struct places;

/* Of the processors in `allowed`, for `cores` cores of tasks. What is known of them is read from
 * ROOT/sys (root is "", but in tests); where it tells nothing, each is a core, and all are near.
 * NULL: there are fewer processors than cores, so nobody can have one for himself; or tasks use no
 * more than half of the physical cores: others may be here, who would begin with the same ones. */
struct places *places_new(const char *root, const cpu_set_t *allowed, uint32_t cores);
void places_free(struct places *p);

/* `n` places, into *set. `near`: a NUMA node that is preferred (places_of_gpu), or -1. False: fewer
 * are free, and the set is empty. */
bool places_take(struct places *p, uint32_t n, int near, cpu_set_t *set);
/* Those in `set` are another's for now. */
void places_hold(struct places *p, const cpu_set_t *set);
/* They are free again, for the next process; the set becomes empty. */
void places_give(struct places *p, cpu_set_t *set);

/* The NUMA node that the GPU with this number is at, in the order of PCI addresses; -1: not
 * known. */
int places_of_gpu(const char *root, uint32_t gpu);

#endif
