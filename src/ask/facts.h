/* What the record says of each task's last attempt, beside the task's state: when, where, how long,
 * how it ended. */
#ifndef ASK_FACTS_H
#define ASK_FACTS_H

#include "journal/journal.h"
#include "plan/plan.h"
#include "state/since.h"
#include "state/status.h"
#include "util/strpool.h"

/* An attempt: the last one of a task, or each of them (history.h); or that a task was cancelled,
 * say, or is to be made again, which is none (`attempt` is 0). */
struct fact {
    uint32_t holder;             /* who made it, in `holders`; 0: none was made */
    uint32_t started_s, ended_s; /* seconds since 1970; 0: not known, or it has not ended */
    uint32_t wall_ms, peak_kib;  /* 0: not known */
    uint16_t ended_ms;           /* behind ended_s */
    uint16_t attempt;            /* from 1; 0: none was made */
    uint8_t reason, code;        /* as in its END, if it ended */
    uint8_t flags;               /* of its END */
};

struct facts {
    struct plan *plan;
    struct status *status;  /* NULL: the record was not read */
    struct fact *task;      /* of each */
    uint8_t *changed;       /* of each, bits of enum since_kind; NULL: nobody looked */
    struct strpool holders; /* their names */
};

/* Opens the plan in the folder of a build; false: `why` has a sentence. Call facts_free in any
 * case. */
bool facts_open(const char *dir, struct facts *f, struct buf *why);
/* Reads the record, and fails as status_read does. `shards`: a bit for each shard that matters, of
 * other tasks nothing is known then; NULL: all do. */
bool facts_read(const char *dir, int64_t now_us, const uint64_t *shards, struct facts *f,
    struct buf *why);
/* facts_read of all shards, that tells of each attempt that ended and was followed by another END
 * or START of its task, too: so all attempts are these, and the last ones in f->task. */
typedef void facts_earlier(void *arg, uint32_t task, const struct fact *attempt);
bool facts_read_all(const char *dir, int64_t now_us, facts_earlier *each, void *arg,
    struct facts *f, struct buf *why);
void facts_free(struct facts *f);
/* Looks what has changed since tasks were done, by the record `state`. The working folder has to be
 * that of the tasks. */
void facts_look(struct facts *f, const char *state);
/* A line for each file that has changed since a task was done, in out[] of each of these `n`. */
void facts_tell_changed(const struct facts *f, const char *state, const uint32_t *task, uint32_t n,
    struct buf *out);

/* Follows records, in the order in which journal_read and its like give them: the attempt at each
 * task that is the last one so far. */
struct fact_reader {
    struct fact *task; /* ntasks, at first all 0 */
    uint32_t ntasks;
    struct strpool *holders;
    uint32_t shard, epoch, holder; /* private: of the journal that is read */
};
/* The fact that the record, a START or an END, has changed; NULL: none. */
const struct fact *fact_take(struct fact_reader *r, const struct journal_head *head,
    const struct journal_rec *rec);
/* The same. True: the fact before, *ended, has ended, and this one takes its place. */
bool fact_follow(struct fact_reader *r, const struct journal_head *head,
    const struct journal_rec *rec, struct fact *ended);

/* Seconds that the attempt took, or has taken so far; 0: not known. */
double fact_ran_s(const struct facts *f, const struct fact *attempt);
/* Appends the host of a holder, "-" of 0. */
void facts_host(const struct facts *f, uint32_t holder, struct buf *out);

#endif
