/* What the journal says of every task, as far as it was read; private to src/state. */
#ifndef STATE_TALLY_H
#define STATE_TALLY_H

#include "learn/book.h"
#include "state/account.h"
#include "state/status.h"
#include "state/wrote.h"
#include "util/map64.h"

enum tally_seen {
    SEEN_NOTHING,
    SEEN_RUNNING,
    SEEN_DONE,
    SEEN_FAILED, /* no attempt is left in this epoch */
    SEEN_AFRESH, /* failed in an earlier epoch: the newest one tries it afresh */
    SEEN_AGAIN,  /* an attempt ended, another one follows */
    SEEN_LATE,   /* waits for an input */
    SEEN_LOST,   /* was running when its epoch ended */
    SEEN_KINDS
};

/* A shard that has a journal, in its newest epoch. */
struct tally_shard {
    uint32_t shard, epoch;
    int64_t since_us;
    bool closed; /* its holder left in good order */
    bool live;   /* its lease was held when tally_leases looked */
    char holder[HOLDER_SIZE];
    char who[200];    /* "host pid job" */
    uint32_t node;    /* of account.h */
    uint32_t running; /* the first of its list in `run`, or TALLY_NONE */
    uint32_t failed;  /* the first of its list in `fail`, or TALLY_NONE */
};
#define TALLY_NONE UINT32_MAX

/* A task that is running. Those of a shard are a list, so that its next epoch need not look at all.
 */
struct tally_run {
    uint32_t task, shard; /* shard: index in `shard` */
    int64_t since_us;
    uint32_t before, next; /* in `run` */
};

/* A task that failed for good in its shard's epochs since one tried afresh; it may not count as
 * failed any more. */
struct tally_fail {
    uint32_t task, next; /* in `fail` */
};

struct tally_family {
    uint32_t count[SEEN_KINDS];
    uint32_t nran; /* successful attempts */
    double ran_s;  /* and how long they took together */
    struct status_over over;
    struct status_cut cut;
};

/* What ended within one step of time. */
struct tally_step {
    int64_t number;
    uint32_t done;
    double busy_s;
};
/* Of an hour, and the step in which it begins. */
enum { TALLY_STEP_S = 1, TALLY_STEPS = 3601 };

struct tally {
    const struct plan *plan;
    bool every_attempt; /* keep failures that are not final, too */
    uint8_t *seen;      /* enum tally_seen of each task */
    uint32_t *wrote;    /* of each task: half of the sum of what it wrote; the owner may take it */
    struct wrote writing; /* what the records of one task said so far, which stand together */
    uint32_t *slot; /* running: index in `run`; late: in `late`; failed, afresh, lost: index in
                       `shard`; again: seconds since 1970, when that may begin */
    uint32_t count[SEEN_KINDS];
    struct status_late *late; /* those that do not wait any more included */
    size_t nlate, cap_late;
    struct tally_run *run;
    size_t nrun, cap_run;
    struct tally_fail *fail; /* lists of the shards; what was taken out of them stays unused */
    size_t nfail, cap_fail;
    struct tally_shard *shard;
    size_t nshards, cap_shard;
    struct map64 shard_index; /* from a shard's number to its index */
    struct tally_family *family;
    uint8_t *over;     /* a bit for each task: it is counted as such; NULL: there is none */
    uint8_t *cut;      /* the same of those whose last attempt was cut off by the end of its job */
    struct book *book; /* how long they took; the owner may take it */
    struct account *account;
    uint32_t last_family, last_shard; /* where the last record was; neighbours are likely */
    struct tally_step step[TALLY_STEPS];
    struct status_failure *failure; /* in the order of the journal; the owner may empty it */
    size_t nfailures, cap_failure;
    uint64_t heads;  /* read so far: changes when an epoch begins */
    uint64_t failed; /* changes when a task fails, or does not count as failed any more */
};

struct tally *tally_new(const struct plan *p, bool every_attempt); /* p is borrowed */
void tally_free(struct tally *t);
journal_each tally_take; /* arg is the tally */

/* Sees which shards are at work. */
void tally_leases(struct tally *t, const char *state_dir);
/* Is no shim at work on the shard, as far as is known? Its journal will not grow. */
bool tally_idle(const struct tally *t, uint32_t shard);
/* The shards that are live, the caller frees the list: those of one holder stand together, in the
 * order of their numbers. */
const struct tally_shard **tally_live(const struct tally *t, size_t *n);
/* Since when its holder has had shards: it may have had many before this one. */
int64_t tally_since_us(const struct tally *t, const struct tally_shard *s);
/* The state of each task. A task that is running counts as such only if its shard is live. `gated`:
 * as gates_closed has it. */
void tally_states(const struct tally *t, const uint32_t *gated, uint8_t *state);
/* When its shim, which is at work, may try the task again, in seconds since 1970; 0: it is not left
 * alone after a failure. */
uint32_t tally_again_s(const struct tally *t, uint32_t task);
/* What runs has not ended by now: the book learns it. Once, when all was read. */
void tally_running(const struct tally *t, int64_t now_us);
/* What became of the time of nodes. Once, after tally_leases. */
void tally_account(const struct tally *t, int64_t now_us, struct account_sum *sum);
/* Tasks done and tasks per hour in the last `period_s` seconds, or since the first of the shims at
 * work began; *period_s becomes what it was. */
double tally_rate(const struct tally *t, int64_t now_us, double *period_s, uint64_t *done);
/* Seconds left, from mean times and from how many run at a time; NAN: not known, also if nothing is
 * of a family of which some are left; 0: what runs has taken longer than those before it; `left` is
 * the number of tasks of each family that can still be done, those that run included. */
double tally_eta(const struct tally *t, int64_t now_us, const uint32_t *left);

/* A whole sentence: the journal under `state_dir` cannot be read. */
void tally_error(const char *state_dir, int err, struct buf *why);

#endif
