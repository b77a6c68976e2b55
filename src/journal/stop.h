/* `after N failures stop`, for all shims of a campaign on a site together. Each shim that has seen
 * tasks of such a family fail for good keeps their number in state/failed/HOLDER, replaced as a
 * whole: a line "PLAN FAMILY COUNT" for each family, the plan's identity in hexadecimal. Whoever
 * finds that together they are enough makes the file state/stop, at which all of them start nothing
 * more:
 *
 *     wfl-stop 1 PLAN FAMILY COUNT
 *
 * and a second line for people. It holds for that plan until it is removed. Shared by wflc and
 * wfl-shim, libc only. */
#ifndef JOURNAL_STOP_H
#define JOURNAL_STOP_H

#include <stdbool.h>
#include <stdint.h>

struct stop {
    uint32_t family, count; /* the family's number in the plan, and how many had failed */
};

/* Is there one for this plan? */
bool stop_find(const char *state_dir, uint64_t plan, struct stop *s);
/* Makes it; `what` is the second line. 0, also if there is one for this plan, or an errno value. */
int stop_make(const char *state_dir, uint64_t plan, const struct stop *s, const char *what);
/* Tells others how many tasks of each family failed for good here. 0 or an errno value. */
int stop_tell(const char *state_dir, const char *holder, uint64_t plan, const uint32_t *failed,
    uint32_t nfamilies);
/* How many tasks of the family failed for good for other holders; no more are counted than
 * `enough`. */
uint32_t stop_others(const char *state_dir, const char *holder, uint64_t plan, uint32_t family,
    uint32_t enough);
/* Forgets all of it; 0 or an errno value. */
int stop_remove(const char *state_dir);

#endif
