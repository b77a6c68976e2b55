/* What tasks use of the memory, and who ran out of it. */
#ifndef NODE_MEMORY_H
#define NODE_MEMORY_H

#include "node/strays.h"

struct memory;

/* Both are borrowed. */
struct memory *memory_new(const struct groups *all, const struct strays *strays);
void memory_free(struct memory *m);
/* Once a second; `worth`: some tasks have run so long that their memory is to be measured. */
void memory_sample(struct memory *m, bool worth);
void memory_begin(struct memory *m, struct group *g); /* a process of it is about to start */
/* Its leader, the tasks' or a check's, failed, and nobody here ended it: for want of memory? What
 * it used is known. */
bool memory_ran_out(struct memory *m, struct group *g);

#endif
