/* wfl-shim: what its parts share. One process, one loop, no threads. The loop, and what comes
 * before and after it, is in src/shim.
 *
 *   feed.c     from the plan to the scheduling core
 *   learned.c  how long tasks take, as was measured
 * slot.h, processes at work:
 *   slot.c     the life of one process and its tasks, as a table of states and events
 *   slots.c    all of them: how many, which are free, due, whose leader is whom
 *   spawn.c    commands, environments, processes
 *   end.c      when and how attempts end: limits, outcome, record, log, retry
 *   peaks.c    what they used of the memory, and what is learned of that
 *   release.c  tasks that are done while their process works on others
 *   fed.c      processes that are told of their tasks line by line
 *   trouble.c  what is nobody's mistake: waiting for it to be over
 * files.h, what tasks read and write:
 *   files.c, checks.c   inputs, outputs, temporary names; what they have to be
 *   late.c     inputs that tasks wait for
 *   found.c    outputs that an earlier shim left, against the record
 *   safe.c     what ended counts when its outputs are on the disk
 * shards.h, what is ours:
 *   shards.c   which shards are ours: leases, journals, offers
 *   follow.c   what others do with tasks that ours wait for
 *   resume.c   what an earlier run left: its record, processes, temporary files
 *   stale.c    what others made of what is not done any more
 *   sweep.c    and what is left of the dead besides
 *   elsewhere.c  retries on other nodes
 *   wanted.c   those that others want
 *   alone.c    tasks with which shims died, tried by themselves
 *   blame.c    is this node to blame? */
#ifndef RUNTIME_SHIM_H
#define RUNTIME_SHIM_H

#include "cost/classes.h"
#include "cost/places.h"
#include "cost/ratios.h"
#include "journal/lease.h"
#include "node/container.h"
#include "node/given_up.h"
#include "node/gpus.h"
#include "node/keeper.h"
#include "node/lists.h"
#include "node/memory.h"
#include "node/say.h"
#include "node/strays.h"
#include "node/use.h"
#include "plan/plan.h"
#include "runtime/slot.h"
#include "sched/job_time.h"
#include "sched/sched.h"
#include "state/log.h"
#include "util/buf.h"
#include "util/clock.h"

#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define GRACE_MS JOB_GRACE_MS /* from TERM to KILL */

/* What the command line says. */
struct options {
    const char *dir;
    bool verbose, quiet, verify, no_containers;
    bool lists_only; /* which tasks are run, and no others, is in a file: */
    int list;        /* its descriptor */
    uint8_t *only;   /* of each task; NULL: all are */
    /* a node of a job; else this machine alone, which tries again what had failed */
    bool batch;
    const char *node;                                 /* its name, or NULL: the host's */
    const char *rank_var, *size_var, *node_var, *job; /* or NULL */
    const char *local;                                /* a folder of this node alone, or NULL */
    uint32_t rank, nnodes;
    uint32_t expiry_s, idle_s;
    uint32_t grace_s;       /* so long after it was told to end the job is killed */
    uint64_t address_space; /* of each process; 0: no limit of ours */
    int sync;               /* enum plan_sync for all families; -1: each as the plan says */
};

/* What tasks may use of this node; told, or 0 (GPUS_ASK) until src/shim has asked. */
struct node {
    uint32_t cores;
    struct gpus gpus;
    uint64_t memory;
    struct places *places; /* NULL: processes are not bound */
    cpu_set_t processors;  /* all that we may run on */
    struct handovers handovers;
};

/* The time of the job, as struct job_time tells it (now_ms). */
struct times {
    int64_t end, cautious_at, stop_at, kill_at; /* or NEVER */
    int64_t over;                               /* the job's end, only if there is one */
    int64_t for_tasks; /* milliseconds that it had for tasks when we began */
};

/* How and why it comes to an end. */
struct leaving {
    bool warned;   /* the job ends soon: the next request is its end */
    bool draining; /* nothing more is started */
    bool stopping; /* and what runs is ended, for this: */
    enum journal_reason reason;
    bool impatient;      /* asked to end once more: does not wait for the disk */
    bool outdated;       /* we were taken for dead */
    bool takes_none;     /* no further shard: its tasks do not fit on this node */
    int refused;         /* the exit code, if it cannot start */
    int64_t asked_at;    /* when TERM or INT came last, or NEVER */
    bool ordered;        /* it drains as somebody gave an order (shim/obey.h) */
    uint32_t orders;     /* the last one that was given before the first shim of this node began */
    bool turns;          /* it drains to go on by a new plan (shim/turn.h) */
    bool told;           /* it has come, and was not read yet */
    int64_t listened_at; /* when it was waited for last */
    /* of a node: our parent; if it dies, TERM comes, and the job was told nothing */
    pid_t keeper;
};

/* What is known of tasks and families beside the scheduling core. */
struct known {
    uint8_t *charged; /* of each task: attempts that used up a retry */
    uint8_t *owned;   /* a bit for each task: outputs under its names were made by it */
    uint8_t *aside;   /* of each task, enum aside: has what an attempt wrote been put aside? */
    uint8_t *found;   /* enum finding of each task: before it starts, that is checked */
    uint16_t *before; /* of each task: so many run by the plan before, for whose end it waits; NULL:
                         none do */
    uint32_t nbefore; /* of tasks in shards of ours that wait so */
    uint32_t *gated;  /* as gates_closed has it */
    uint64_t *largest; /* of each family: bytes of the largest output so far */
    struct buf folder; /* of an output, the last one that was made */
};

/* What keeps everybody from working. */
struct trouble {
    int64_t until;                     /* no launches before */
    int64_t since, told_at, probed_at; /* 0: not */
    int64_t pause;
    bool given_up;   /* it took too long */
    struct buf full; /* a folder with less room than `need`; empty: none is known */
    uint64_t need;
};

/* What was learned of the memory that families use, and how much of that the core knows. */
struct peaks {
    struct ratios ratios;
    uint64_t told;
    uint32_t nclasses;
};

/* What was said, and is not said again. */
struct told {
    uint32_t nfailed; /* tasks of which that was said */
    bool log_failing; /* the last attempt to keep an output */
    bool memory;      /* that the node runs short of it */
    uint32_t late;    /* tasks of which more is left than the job has time */
};

struct alone;
struct before;
struct blame;
struct control;
struct elsewhere;
struct hooking;
struct follow;
struct late;
struct learned;
struct redone;
struct release;
struct resume;
struct safe;
struct shards;
struct spawner;
struct turn;

struct shim {
    struct options opt;
    char *state_dir; /* absolute */
    struct plan *plan;
    struct plan_eval *eval;
    struct sched *sched;
    struct control *control; /* what people ordered */
    struct turn *turn;       /* to the next plan */
    struct before *before;   /* what runs by the one before */
    struct classes classes;  /* that it has */
    struct peaks peaks;
    struct lease *lease;
    struct log *log;
    struct node node;
    struct times time;
    struct leaving leave;
    struct known known;
    struct all_slots slots;
    struct trouble trouble;
    struct shards *shards;
    struct follow *follow;
    struct resume *resume;
    struct redone *redone;
    struct safe *safe;
    struct release *release; /* NULL: tasks are done with their processes */
    struct elsewhere *elsewhere;
    struct alone *alone;
    struct given_up *given_up;
    struct hooking *hooking; /* NULL: no hook may have to be run while we work */
    struct learned *learned;
    struct late *late;   /* NULL: no task waits for inputs */
    struct blame *blame; /* NULL: not a node of a job */
    struct spawner *spawner;
    struct use *use;
    struct lists lists;
    struct containers *containers; /* NULL: no containers are started */
    struct memory *samples;
    struct strays *strays;
    sigset_t reset_signals; /* what children get default actions for */
    int64_t beat_at;        /* when others are to be shown that we live, outside the loop */
    struct told told;
    bool sweep_later;      /* leases may be of the dead, and could not be judged yet */
    struct buf path, text; /* scratch */
};

/* What the record tells as well; not with --quiet. */
void tell(const struct shim *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* May this node run the task, as far as its place goes? */
bool node_may_run(const struct shim *r, uint32_t task);
/* Is it one that this run leaves as it is, or a closed gate holds back? */
bool node_leaves(const struct shim *r, uint32_t task);
/* Is it held back by a gate, whatever became of it before? */
bool node_gated(const struct shim *r, uint32_t task);

/* As records have it. */
static inline uint16_t
shim_rank(const struct shim *r)
{
    return (uint16_t)(r->opt.rank < UINT16_MAX ? r->opt.rank : UINT16_MAX);
}

/* --- feed.c --- */
/* Makes r->sched from the plan and the node; false, with a message said: it cannot run here, as far
 * as some tasks of each family tell, and all of them on this machine alone. */
bool feed_sched(struct shim *r);
/* Tells r->sched what the tasks of a shard cost, before it is taken; once. False: it shall not be,
 * for it does not fit this node, which takes no more then and was said; or a signal waits. */
bool feed_shard(struct shim *r, uint32_t shard);
/* The same of one that is only looked at: nothing is said, and nothing follows from it. */
bool feed_try(struct shim *r, uint32_t shard);
/* And, when it is ours in that epoch, which of its tasks may share a process. */
void feed_bundles(struct shim *r, uint32_t shard, uint32_t epoch);
/* It failed, and one attempt is left: that is a process of its own, so that it cannot fail for what
 * others of its bundle do. */
bool feed_alone(const struct shim *r, uint32_t task);

/* --- learned.c --- */
/* Reads what was learned before; before feed_sched. */
void learned_open(struct shim *r);
void learned_close(struct shim *r);
/* There may be classes more: r->sched is told what is expected of all. */
void learned_classes(struct shim *r);
/* An attempt ended, as the record of an earlier run says, and counts already; or the slot's attempt
 * at the task at hand. */
void learned_before(struct shim *r, const struct journal_rec *end);
void learned_end(struct shim *r, const struct slot *s, const struct journal_rec *end);
struct book *learned_book(const struct shim *r);
void learned_tick(struct shim *r, int64_t now);
/* Before tasks start: when many end at once, those that follow them are not started by what was
 * known before. */
void learned_use(struct shim *r, int64_t now);
/* Tells others, before we leave. */
void learned_share(struct shim *r);

#endif
