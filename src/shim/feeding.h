/* Which tasks processes that are fed are told of while they work, and when no more come.
 *
 * End of file comes when nothing more will: none may come at all, the node drains, the job ends; or
 * when the program seems to sit there, with lines that it has read and works at no more. It is
 * taken for that when its processes have done nothing for a while; if it waited for something else,
 * no more is lost than that another process has to be started.
 *
 * When all that it was told of is complete, others of the bundle may wait for what they need. The
 * process is kept for these as long as something else is at work, which may be just that, and
 * nothing is ready that its room could be given to; for a while only, for its last task is done
 * when it ends, or another one joins. */
#ifndef SHIM_FEEDING_H
#define SHIM_FEEDING_H

#include <stdbool.h>
#include <stdint.h>

struct shim;
struct slot;

/* The process that starts with these tasks is open from now on, if it is to be fed, and gets all
 * that may join it at once. Returns its number to the scheduling core, or SCHED_NONE. */
uint32_t feeding_open(struct shim *r, uint32_t *task, uint32_t *n);
/* The slot, to which they are assigned, is that of the process; SCHED_NONE: it is not fed. */
void feeding_begin(struct shim *r, struct slot *s, uint32_t process);
/* Gives processes that run what there is room for; true: some. */
bool feeding_join(struct shim *r, int64_t now);
/* Sends what waits, and the end of file where nothing more comes. True: attempts ended. */
bool feeding_turn(struct shim *r, int64_t now);

#endif
