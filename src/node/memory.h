/* What tasks use of the memory, who ran out of it, and who has to go before the node does. */
#ifndef NODE_MEMORY_H
#define NODE_MEMORY_H

#include "node/strays.h"

struct memory;

/* Both are borrowed. */
struct memory *memory_new(const struct groups *all, const struct strays *strays);
void memory_free(struct memory *m);
/* Once a second; `worth`: some tasks have run so long that their memory is to be measured. */
void memory_sample(struct memory *m, bool worth);
/* Between these two a process of it is started: the kernel, if it has to kill somebody, rather
 * takes that than us. The first one gives the folder of the control group in which it is to be
 * born, borrowed; -1: in ours. */
int memory_begin(struct memory *m, struct group *g);
void memory_undivided(struct memory *m); /* that cannot be, for this system is too old */
void memory_begun(struct memory *m);
/* Its leader, the tasks' or a check's, failed, and nobody here ended it: for want of memory? What
 * it used is known. */
bool memory_ran_out(struct memory *m, struct group *g);

/* Was one of its processes, which need not be its leader, killed for want of memory, or may have
 * been? What is not known now will be in a second. */
enum memory_struck { STRUCK_NOT, STRUCK_UNSURE, STRUCK };
enum memory_struck memory_struck(struct memory *m, const struct group *g);

/* How much is left is looked at when this time comes, as long as tasks run (guard.h). */
int64_t memory_next(const struct memory *m);
/* That is done; true: the node runs short, and who is to go can be asked. */
bool memory_short(struct memory *m, int64_t now);
/* The next one of whose processes are to be killed now, or NULL. */
struct group *memory_victim(struct memory *m, int64_t now);
/* So little is left that nothing more is to be started beside what runs. */
bool memory_full(const struct memory *m);
/* Bytes that tasks use beyond what they were expected to. */
uint64_t memory_over(const struct memory *m);

#endif
