/* Keeps a site's queue filled with jobs of a campaign: one pass looks what became of those that
 * were submitted, what is left to do, what the queue takes, and submits the difference. A pass may
 * be killed at any moment: the next one goes on. */
#ifndef SUBMIT_KEEP_H
#define SUBMIT_KEEP_H

#include "state/status.h"
#include "submit/limits.h"
#include "submit/scheduler.h"

struct keep {
    struct scheduler scheduler;
    const struct site_queue *queue; /* that the jobs go to; NULL: not known */
    /* what is wanted */
    uint32_t keep; /* jobs at a time; UINT32_MAX: what the work is worth */
    uint32_t most; /* jobs to submit by all passes together; counted down */
    bool chain;    /* each job waits for the one before it */
    bool again;    /* submit even if all that is left has failed, or the last jobs were of no use */
    bool dry_run;  /* submit nothing, say what would be */
    const char *dir;                /* how people name the folder */
    const char *work;               /* where the tasks' paths start; NULL: not known */
    bool hooks;                     /* those of the campaign are run */
    bool copy;                      /* the folder is a copy of the one that jobs work with */
    void (*slow)(uint64_t outputs); /* told before so many are looked at; or NULL */
    /* the first pass looks at all outputs; later ones when all is said to be done */
    bool looked;
    struct buf told; /* jobs that are held, of which earlier passes told; the caller frees it */
    /* the id of a job that is about to end, and asks for the next one; or NULL */
    const char *ending;
};

#define KEEP_ENDS(X)                                                                               \
    X(GOOD)      /* the queue holds what it should */                                              \
    X(DONE)      /* all tasks are done, and nobody is at work */                                   \
    X(FAILED)    /* what is left has failed, or waits for what has */                              \
    X(FRUITLESS) /* the last jobs ended without a task done */                                     \
    X(REFUSED)   /* by policy or mistake: the next job would be, too */                            \
    X(DOUBTED)   /* the scheduler gave no clear answer to many jobs in a row */                    \
    X(LATER)   /* the scheduler is busy or full, or an interrupted submission is not clear yet */  \
    X(UNKNOWN) /* the scheduler, or the record, could not be read or written */

enum keep_end {
#define X(id) KEEP_##id,
    KEEP_ENDS(X)
#undef X
};

struct kept {
    enum keep_end end;
    struct job_counts ours; /* jobs, the new ones included */
    uint32_t submitted;     /* in this pass; dry_run: that would be */
    struct status_count tasks;
    uint32_t nodes;  /* that are at work though all tasks are done */
    struct buf ids;  /* of the jobs that were submitted: "12, 13" */
    struct buf news; /* whole lines for people */
    struct buf why;  /* a sentence, for all ends but GOOD and DONE */
};
void keep_pass(struct keep *k, struct kept *out);
void kept_free(struct kept *out);

/* Jobs that the scheduler shows are there, whatever the record says. `news` may be NULL. 0 or an
 * errno value. */
int keep_adopt(const struct scheduler *s, struct record *r, const struct queue *q, int64_t asked_s,
    struct buf *news);

/* What became of the jobs of the record, as far as `q`, asked for at asked_s, tells: intents become
 * jobs or void, jobs that are gone are marked as ended with `done` tasks; `news` tells it. Jobs
 * that are younger than the answer wait. False: there is an intent of which nobody can know yet.
 * `err` becomes an errno value if the record cannot be written. */
bool keep_settle(const struct scheduler *s, struct record *r, const struct queue *q,
    int64_t asked_s, uint32_t done, struct buf *news, int *err);

#endif
