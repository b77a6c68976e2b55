/* What the processes of each slot use of the memory, as its control group tells, if it has one;
 * else as /proc does: resident pages, and of several large ones their part of those that they
 * share. Measuring takes a hundredth of a core at most: the larger the processes and the more there
 * are on the machine, the less often. */
#ifndef NODE_USAGE_H
#define NODE_USAGE_H

#include "node/cgroups.h"
#include "node/strays.h"

#include <stddef.h>

struct process;
struct usage_processes { /* by number of process */
    struct process *process;
    size_t n, cap;
};

struct usage;

struct usage *usage_new(const struct groups *all, const struct strays *strays); /* borrowed */
/* Where it is told from here on, borrowed; NULL: by /proc alone. */
void usage_groups(struct usage *u, struct cgroups *c);
void usage_free(struct usage *u);
/* What the slots use, and the most that they did: `used_kib` and `peak_kib` of their groups.
 * Nothing happens if it is too early and not wanted `now`. */
void usage_measure(struct usage *u, bool now);

/* The processes that there are, each with its slot (below 0: it is nobody's). */
void usage_take(struct usage *u);
const struct usage_processes *usage_last(const struct usage *u); /* as they were taken */
/* Takes them, and gives those that were taken before, until that is done again. */
struct usage_processes *usage_turn(struct usage *u);
void usage_forget(struct usage *u); /* there are none that were taken */
struct process *usage_find(const struct usage_processes *m, pid_t pid);

#endif
