/* What the parts of carry.c share. */
#ifndef STATE_CARRY_PRIVATE_H
#define STATE_CARRY_PRIVATE_H

#include "state/carry.h"

#include "journal/next.h"
#include "state/wrote.h"

/* What a journal says of a plan's tasks. */
struct record {
    const struct plan *plan;
    int64_t *end_us;    /* of each task: when it was done, or NOT_DONE */
    uint32_t *to;       /* of each task: its number in the new plan, or PLAN_NONE */
    int64_t *tried_us;  /* of each task: when its last attempt ended, or began if it has no end; or
                           NOT_DONE: it is done, or was never tried */
    uint32_t *tried_to; /* of each task: whose attempt that is in the new plan, or PLAN_NONE */
    uint64_t *exact;    /* of each task: the sum of what it wrote; 0: not known */
    uint32_t *at; /* of each task: the journal that tells of it last, in `heads`, + 1; 0: none */
    uint8_t *running;     /* of each task: that attempt has not ended */
    struct wrote writing; /* what the records of one task said so far */
    struct buf heads;     /* struct journal_head of each journal read */
    struct buf closed;    /* uint8_t of each of these */
    uint32_t ndone;
};
#define NOT_DONE INT64_MIN

/* A task and what makes it the same task in another plan. */
struct mark {
    struct hash128 id;
    uint32_t task;
};

/* A plan before the one in force, by which tasks ran, or run, while that came in force. */
struct earlier {
    struct plan *plan;
    struct record record;
};

/* A task of one of these. */
struct via {
    uint32_t earlier, task; /* PLAN_NONE: of none */
};

struct carry {
    const struct carry_how *how;
    struct record old;   /* of the plan in force */
    struct record again; /* of the new plan, when it was in force before */
    struct earlier *earlier;
    uint32_t nearlier;
    struct via *via;           /* of each task of `old`: it is done as this one is; NULL: none is */
    struct next_tasks waited;  /* of plans before: those for which tasks of `old` still wait, by
                                  these */
    uint8_t *pending;          /* of each task of `old`: it may run; NULL: none does */
    const struct record *from; /* what is copied from */
    struct buf kept;           /* struct kept of each task that is carried over */
    struct buf outputs;        /* struct journal_output, those of a task one after the other */
    uint32_t *first_output;    /* of each task of `from`: the first of its last ones there, + 1 */
};

int carry_by_identity(const void *pa, const void *pb); /* of struct mark */

int carry_read(struct record *r, const struct plan *p, const char *state);
void carry_free(struct record *r);

/* --- carry_live.c: tasks that run while plans change --- */
/* Tasks that ran when the plan in force came in force, and are done since, as the records of plans
 * before it say: they count as done. The others still run. False: a sentence in `why`. */
bool carry_before(struct carry *c, const char *state, struct buf *why);
void carry_free_before(struct carry *c);
/* After carry_stale: what is done by that is copied from there. */
void carry_part_before(struct carry *c);
/* Before anything is matched: which tasks may run. */
void carry_find_running(struct carry *c);
uint32_t carry_count_running(const struct carry *c);
/* Which tasks of the new plan have to wait for one that is none of them, by its name or by what it
 * writes; these are not taken from `again`. */
void carry_find_waiting(struct carry *c);
/* After carry_stale: which of the new plan wait for themselves, and what else runs, for the plan
 * after that. `paired` is record.to of the old one as it was before that. */
void carry_list_running(struct carry *c, const uint32_t *paired);

/* --- carry_write.c: what is carried over is written --- */
int carry_write(struct carry *c, const char *path, const char *state);

#endif
