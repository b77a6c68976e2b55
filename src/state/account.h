/* What became of the time of nodes: by the attempts on record, and by what their shims said of
 * cores without tasks. */
#ifndef STATE_ACCOUNT_H
#define STATE_ACCOUNT_H

#include "journal/journal.h"
#include "plan/plan.h"

/* Each moment of each core of a node is in exactly one of these. */
/* clang-format off */
#define ACCOUNT_PARTS(X)                                                                           \
    X(USEFUL, "useful", "useful")         /* attempts that ended well */                           \
    X(RUNNING, "running", "running")      /* that have not ended */                                \
    X(STARTING, "starting", "starting")   /* shims, processes, containers; checks of files */      \
    X(NOTHING, "idle_nothing", "idle, nothing was ready")                                          \
    X(AGAIN, "idle_again", "idle, what failed was to be tried again")                              \
    X(MEMORY, "idle_memory", "idle, too little memory was free")                                   \
    X(ROOM, "idle_room", "idle, kept for a task of more cores or GPUs")                            \
    X(TIME, "idle_time", "idle, too little time was left")                                         \
    X(PAUSED, "idle_paused", "idle, starts were paused")                                           \
    X(ENDING, "idle_ending", "idle, the job was ending")                                           \
    X(IDLE, "idle", "idle, for a reason that is not on record")                                    \
    X(FAILED, "failed", "failed")                                                                  \
    X(WALLTIME, "lost_to_walltime", "lost to the job's end")                                       \
    X(KILLED, "killed", "killed")         /* cancelled, or with its node or shim */                \
    X(UNKNOWN, "unknown", "not known")    /* nodes whose cores are not on record */
/* clang-format on */
enum account_part {
#define X(id, name, text) ACCOUNT_##id,
    ACCOUNT_PARTS(X)
#undef X
        ACCOUNT_NPARTS
};
const char *account_name(enum account_part p); /* "idle_memory" */
const char *account_text(enum account_part p); /* for people */

/* A shim that took a shard at some time, or lives. */
struct account_node {
    char holder[HOLDER_SIZE];
    char job[JOURNAL_JOB_SIZE]; /* "": none, or not on record */
    bool live, died;            /* it lives; it went without closing what it had */
    uint32_t cores;             /* for tasks; 0: not on record */
    uint32_t rank;              /* in its job; UINT32_MAX: not on record */
    uint32_t memory_mib;        /* for tasks; 0: not on record */
    int64_t began_us;           /* since 1970 */
    int64_t ended_us;           /* the last that is known of it; of a live one: now */
    int64_t over_us;            /* its job kept the node until then */
    int64_t ends_us;            /* when its job ends; 0: not known */
    int64_t sign_us;            /* of its last record */
    int64_t said_us;            /* when it said the following last; 0: never */
    uint32_t given_mib, used_mib;
    uint32_t done, failed, lost, running; /* attempts */
    uint32_t *of_family;           /* of each family: how many run; NULL: none does. Of malloc */
    double part_s[ACCOUNT_NPARTS]; /* seconds of the node; their sum is its time, to over_us */
};

/* All that it knows, when all was read. */
struct account_sum {
    struct account_node *node; /* in the order in which they began; of malloc */
    size_t n;
    double part_s[ACCOUNT_NPARTS]; /* of all of them */
    double all_s;
};

void account_sum_free(struct account_sum *s);

/* --- private to src/state: records are told in the order of the journal --- */

struct account;
#define ACCOUNT_NONE UINT32_MAX /* who has no node: wflc itself */

struct account *account_new(const struct plan *p); /* borrowed */
void account_free(struct account *a);
/* The holder of a journal. */
uint32_t account_head(struct account *a, const struct journal_head *head);
/* When its first journal began. */
int64_t account_began_us(const struct account *a, uint32_t holder);
/* Of a task of family `f`: an attempt ended, which began at `since_us`; 0: that is not on record.
 */
void account_end(struct account *a, uint32_t holder, uint32_t f, const struct journal_rec *end,
    int64_t since_us);
/* It has not ended: was that because its epoch did? */
void account_open(struct account *a, uint32_t holder, uint32_t f, uint32_t task, int64_t since_us,
    bool lost);
/* SYNC, TOLD and CLOSE. */
void account_other(struct account *a, uint32_t holder, const struct journal_rec *rec);
void account_live(struct account *a, uint32_t holder);
/* A shim that lives and has no shard now, perhaps had none so far: what it has not said of its
 * cores is `part`. */
void account_waits(struct account *a, const char *holder, const char *job, int64_t now_us,
    enum account_part part);
void account_finish(struct account *a, int64_t now_us, struct account_sum *sum);

#endif
