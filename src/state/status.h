/* The state of every task of a campaign on a site: the plan and the journal, read together, while
 * jobs are running or not. */
#ifndef STATE_STATUS_H
#define STATE_STATUS_H

#include "journal/journal.h"
#include "journal/nodes.h"
#include "journal/stop.h"
#include "learn/book.h"
#include "plan/plan.h"
#include "state/account.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Every task is in exactly one of these, so that the columns of a line add up to its total. */
#define STATUS_STATES(X)                                                                           \
    X(DONE, "done")                                                                                \
    X(RUNNING, "running")                                                                          \
    X(READY, "ready")             /* could start now, or be tried again */                         \
    X(WAITING, "waiting")         /* a task that it needs is not done yet */                       \
    X(LATE, "late")               /* an input that it waits for is not there */                    \
    X(GATED, "gated")             /* a gate holds it back, or a task that it needs */              \
    X(INTERRUPTED, "interrupted") /* was running when its job ended; starts again with the next */ \
    X(FAILED, "failed")           /* no attempt is left */                                         \
    X(BLOCKED, "blocked")         /* a task that it needs failed, or is blocked */

enum status_state {
#define X(id, text) STATUS_##id,
    STATUS_STATES(X)
#undef X
        STATUS_NSTATES
};

struct control;

/* One family, or the sum of all. */
struct status_count {
    uint32_t total, of[STATUS_NSTATES];
};

/* Tasks of a family whose processes used more memory than is stated; and of one of them, which was
 * farthest above it, both in bytes. */
struct status_over {
    uint32_t n;
    uint64_t used, stated;
};

/* Tasks of a family whose last attempt was cut off by the end of its job; and the longest such
 * attempt. */
struct status_cut {
    uint32_t n, task, ran_ms;
};

/* How an attempt ended that was no success. */
struct status_failure {
    struct journal_rec end;
    uint32_t shard, epoch;    /* of its journal and log */
    char host[HOLDER_SIZE];   /* the node */
    char holder[HOLDER_SIZE]; /* its shim */
};

/* A task in state LATE: since when an input is missed, its number among those of its family, and
 * what it lacks. */
struct status_late {
    uint32_t task, input;
    int64_t since_us;
    uint8_t flaw; /* enum journal_flaw */
};

/* A task in state READY that has failed, and is left alone until then. */
struct status_again {
    uint32_t task, at_s; /* seconds since 1970 */
};

/* A shim at work. */
struct status_shim {
    uint32_t nshards;      /* 0: it has none now, and is paused, say, or waits for others */
    uint32_t shard, epoch; /* the first of its shards */
    int64_t since_us;      /* that it has had shards; -1: has none now */
    char holder[HOLDER_SIZE];
    char who[200]; /* "host pid" */
    char job[128]; /* in the scheduler; "": none, or not known */
};

/* Failures that are alike: of one family, for one reason. */
struct status_group {
    size_t first, n;   /* in `alike` */
    uint32_t peak_kib; /* the largest */
};

struct status {
    struct plan *plan;
    char *dir;
    int64_t now_us;
    uint8_t *state;              /* enum status_state of each task */
    uint32_t *wrote;             /* of each task: what it wrote (wrote.h); 0: not known */
    struct status_count *family; /* plan->nfamilies of them */
    struct status_count all;
    struct status_over *over;       /* of each family */
    struct status_cut *cut;         /* likewise */
    struct status_failure *failure; /* of the tasks in state FAILED, by task number */
    size_t nfailures;
    struct status_late *late; /* by task number */
    size_t nlate;
    struct status_again *again; /* by task number */
    size_t nagain;
    uint32_t again_s;           /* when the first of them may be tried */
    uint32_t *alike;            /* the failures by their groups, as indices */
    struct status_group *group; /* the largest first */
    size_t ngroups;
    struct status_shim *shim;
    size_t nshims;
    struct bad_node *bad; /* nodes that take no work any more, by name */
    size_t nbad;
    struct control *control; /* what people ordered */
    bool stopped;            /* the campaign has stopped itself: */
    struct stop stop;
    struct book *book; /* how long tasks took */
    struct account_sum account;
    bool *leased;         /* of each shard of the plan: a shim at work has it */
    uint64_t done_lately; /* tasks done within the last `period_s` seconds of the jobs at work */
    double period_s;
    double rate;  /* tasks per hour in that period; NAN: nothing to tell it from */
    double eta_s; /* seconds until all that can be done is done; NAN: unknown; 0: what runs takes
                     longer than expected */
};

/* `dir` is the folder that a build made for a site: it holds campaign.wflp and state/. NULL, and
 * a whole sentence in `why`, if the plan or the journal cannot be read; no journal yet is fine.
 * `now_us` is the time of day (now_us()). */
struct status *status_read(const char *dir, int64_t now_us, struct buf *why);
/* The same of a plan that is open, which the status owns from then on, also if it fails. */
struct status_how {
    int64_t now_us;
    /* sees every record, too, heads included, in the order of journal_read; numbers of tasks are
     * not checked. NULL: nobody does */
    bool (*also)(void *arg, const struct journal_head *head, const struct journal_rec *rec);
    /* Only shards for which this is true are read: of all other tasks nothing is known then. NULL:
     * all are */
    bool (*want)(void *arg, uint32_t shard);
    void *arg;
    bool before; /* the plan is not in force any more: who lives and has no shard goes by another */
};
struct status *status_of(struct plan *p, const char *dir, const struct status_how *how,
    struct buf *why);
void status_free(struct status *s);

#endif
