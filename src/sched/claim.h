/* Which shard a shim takes next: of those that others have, too, each as good as any, until nothing
 * is left. Pure: no files and no clock. Whoever has the means asks what to do (claim_next), does
 * it, and tells what came of it; times are passed in, in milliseconds, and never go back.
 *
 * A round looks at every shard of which it is not known that it is ours, over, or left to others.
 * What is free is taken; what waits for tasks of others comes last, one of them a second. Shards
 * are looked at in the order of the list, as the large ones come first in it, but within a stretch
 * of it from the place that the rank gives, so that the nodes of a job do not all try the same
 * ones. Some that are too large for now are passed over, and looked at again after a pause. When a
 * round is over there is a pause, longer each time that nothing came of it. libc only.
 */
#ifndef SCHED_CLAIM_H
#define SCHED_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

#define CLAIM_NONE UINT32_MAX
#define CLAIM_SOONEST_MS 100 /* the first pause */
#define CLAIM_LATEST_MS 5000 /* the longest one */

struct claim;

struct claim *claim_new(uint32_t nshards, uint32_t rank, uint32_t nnodes);
void claim_free(struct claim *c);

enum claim_act {
    CLAIM_REST,   /* nothing to be done before claim_at; or this turn has had its share */
    CLAIM_ENDED,  /* the same, and a round is over without a find */
    CLAIM_OFFERS, /* ask for one that others offer: claim_offer */
    CLAIM_STAY,   /* is there nothing but offers to wait for? claim_stay */
    CLAIM_LIST,   /* list the epochs of all shards: claim_listed */
    CLAIM_LOOK,   /* look at *shard: claim_saw */
    CLAIM_TAKE,   /* try to take *shard: claim_took */
};
/* What is to be done next. After each act but CLAIM_REST and CLAIM_ENDED its result is told before
 * this is called again. */
enum claim_act claim_next(struct claim *c, int64_t now, uint32_t *shard);

/* The next one of claim_offered's; CLAIM_NONE: there is none. */
void claim_offer(struct claim *c, uint32_t shard);
/* True, as of claim_listed: a round begins. */
bool claim_stay(struct claim *c, bool stays, int64_t now);
/* last[]: of each shard its last epoch, 0: nobody ever had it; NULL: they cannot be told. Also to
 * be called unasked, before the first round. */
bool claim_listed(struct claim *c, const uint32_t *last, int64_t now);

enum claim_sight {
    CLAIM_FREE,
    CLAIM_WAITS, /* free, but its tasks wait for those of others */
    CLAIM_OVER,  /* nothing is left in it */
    CLAIM_BUSY,  /* somebody works on it, or may do so, as far as can be told */
    CLAIM_FRESH, /* the same, and has a lease that we have not yet seen renewed */
    CLAIM_LATE,  /* the same, and may be dead */
};
/* `costly`: the look was at files, which a turn may do so often only. */
void claim_saw(struct claim *c, enum claim_sight sight, bool costly);

/* Or it is free, and too large: nothing of it could start now beside what runs; or too long: nor in
 * the time that is left, though nothing runs. */
void claim_too_large(struct claim *c, int64_t now);
void claim_too_long(struct claim *c);

enum claim_result {
    CLAIM_TOOK,
    CLAIM_LOST,       /* somebody was faster: there is a later epoch */
    CLAIM_UNRECORDED, /* its journal cannot be read or made */
    CLAIM_FULL,       /* nor could that of any other */
    CLAIM_REFUSED,    /* nothing can be taken now */
};
/* `epoch`: the one that is ours now. */
void claim_took(struct claim *c, enum claim_result result, uint32_t epoch, int64_t now);

/* It is ours no more; `left`: there is something left in it, for others. */
void claim_gave(struct claim *c, uint32_t shard, bool left);
/* Nobody took what was left in it: it is looked at in a new round, now. */
void claim_again(struct claim *c, uint32_t shard, int64_t now);
/* Others offer it as it is after this epoch: is it to be taken for that? */
bool claim_offered(struct claim *c, uint32_t shard, uint32_t epoch);
/* No more can be held now; `lasts`: that may take its time, so this round is over. */
void claim_wait(struct claim *c, bool lasts, int64_t now);
/* There is more room than when some were too large. */
void claim_emptied(struct claim *c);
/* All of it is to be taken at once: no pause. */
void claim_hurry(struct claim *c);

int64_t claim_at(const struct claim *c); /* when claim_next has something to do */
/* Has not every shard been looked at in this round? Or was somebody faster at one, so that another
 * round tells more of who works, and what else is there; the first one tells too little, too. */
bool claim_more(const struct claim *c);
/* Is there one that may be taken in this round, the first one too, as it was not yet looked at? */
bool claim_unseen(const struct claim *c);
bool claim_is_left(const struct claim *c, uint32_t shard); /* it was given back so */
uint32_t claim_epoch(const struct claim *c, uint32_t shard);
/* How long to stay with nothing to do: `waits`, for results of others: so long; `late_ms`: until a
 * lease is late. 0: not at all. */
int64_t claim_patience(const struct claim *c, bool waits, int64_t idle_ms, int64_t late_ms);
/* The next pause, after this one. */
int64_t claim_longer(int64_t pause);

/* What this round has seen so far. */
struct claim_round {
    uint32_t nbusy, nfresh, nlate; /* nbusy: all three of them */
    bool unrecorded, full;
    bool lost; /* one to somebody who was faster */
};
const struct claim_round *claim_round(const struct claim *c);
bool claim_any(const struct claim *c); /* was one ever taken? */

#endif
