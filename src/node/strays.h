/* Processes that left the group of their task: whose they are, and their end. */
#ifndef NODE_STRAYS_H
#define NODE_STRAYS_H

#include "node/group.h"

struct strays;

/* From here on children that are forked are helpers of ours, and no strays. `holder` and `all`
 * are borrowed. */
struct strays *strays_new(const char *state_dir, const char *holder, const struct groups *all);
void strays_free(struct strays *w);
/* Processes may have ended: who our children are is asked anew. */
void strays_forget(struct strays *w);
/* Between these two a child is made that is the group at work in the slot. */
void strays_mark(struct strays *w, struct group *g);
void strays_unmark(const struct strays *w);
/* Kills what is left of the group, and whatever is nobody's; true: there was something, and it has
 * to be waited for. `spare`: a helper that is known, which need not be asked whose it is; 0: there
 * is none. `foreign`: a process that it left behind, which belongs to another user and cannot be
 * ended; 0: there is none, or it was given before. */
bool strays_kill(struct strays *w, struct group *g, pid_t spare, pid_t *foreign);
int32_t strays_slot(const struct strays *w, pid_t pid); /* whose task it belongs to, or -1 */
/* All of ours but `spare`, helpers too; true: there were some. */
bool strays_kill_children(struct strays *w, pid_t spare);
/* Kills what a shim that died left running on this machine; true: there was something. */
bool strays_kill_orphans(const struct strays *w, const char *state_dir, const char *holder);

#endif
