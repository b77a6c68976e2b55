/* How much memory the processes of each family use, as ratios of what was measured to what is
 * stated, and what is expected of the family from then on. Pure; libc only.
 *
 * - The last processes count, so that what is over is forgotten. One that runs, or failed, counts
 * as soon as it uses more than is expected of its family; one that ended well counts in any case.
 * - Expected is what 95 of 100 of these did not exceed; while they are few, what none did.
 * - That is never less than what is stated, unless the campaign says `learn memory`: then, when
 *   enough have ended, a tenth more than they used.
 * - Little memory, RATIOS_LEAST, is not worth learning from: nothing is expected to use less
 * because of it, or more. */
#ifndef COST_RATIOS_H
#define COST_RATIOS_H

#include "cost/classes.h"

enum {
    RATIOS_KEPT = 64,
    RATIOS_ENOUGH = 20, /* that ended well, to expect less than is stated */
};

#define RATIOS_LEAST (UINT64_C(32) << 20) /* bytes */

struct family_ratios {
    bool shrinks; /* may become less than 1: for the caller to set */
    double factor;
    uint32_t n, nwhole; /* that were added; of processes that ended well */
    uint32_t nothers;
    double others;
    float kept[RATIOS_KEPT];
};

struct ratios {
    struct family_ratios *family;
    uint32_t nfamilies;
    uint64_t version; /* changes when a factor does */
};

void ratios_init(struct ratios *k, uint32_t nfamilies);
void ratios_free(struct ratios *k);
/* A process used so many bytes, where `stated` were: `whole`, and has ended well. `*mark` is its
 * place: at first 0, and the same for each call about the same process. */
void ratios_add(struct ratios *k, uint32_t family, uint64_t used, double stated, bool whole,
    uint32_t *mark);
/* What the book knows of `n` processes, of others and of those added here: what 95 of 100 did not
 * exceed. It counts as long as few were added here. */
void ratios_others(struct ratios *k, uint32_t family, double ratio, uint32_t n);
/* That of one process, as it is counted. */
double ratios_of(uint64_t used, double stated);
/* What is expected of each class, as sched_set_memory wants it. */
void ratios_scale(const struct ratios *k, const struct classes *c, uint64_t *memory,
    uint64_t *shared);

#endif
