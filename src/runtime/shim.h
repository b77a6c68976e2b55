/* wfl-shim: what its parts share. One process, one loop, no threads.
 *
 *   main.c     arguments, starting up and leaving
 *   node.c     what this machine has
 *   feed.c     from the plan to the scheduling core
 *   loop.c     the loop: signals, reaping, launching, the journal, leaving
 * slot.h, processes at work:
 *   slot.c     the life of one process and its tasks, as a table of states and events
 *   slots.c    all of them: how many, which are free, due, whose leader is whom
 *   spawn.c    commands, environments, processes
 *   end.c      when and how attempts end: limits, outcome, record, log, retry
 *   trouble.c  what is nobody's mistake: waiting for it to be over
 * files.h, what tasks read and write:
 *   files.c, checks.c   inputs, outputs, temporary names; what they have to be
 *   found.c    outputs that an earlier shim left, against the record
 *   safe.c     what ended counts when its outputs are on the disk
 * shards.h, what is ours:
 *   shards.c   which shards are ours: leases, journals, offers
 *   follow.c   what others do with tasks that ours wait for
 *   resume.c   what an earlier run left: its record, processes, temporary files
 *   sweep.c    and what is left of the dead besides
 *   elsewhere.c  retries on other nodes
 *   alone.c    tasks with which shims died, tried by themselves
 *   blame.c    is this node to blame?
 *   given_up.c  `after N failures stop` */
#ifndef RUNTIME_SHIM_H
#define RUNTIME_SHIM_H

#include "cost/classes.h"
#include "cost/places.h"
#include "journal/lease.h"
#include "node/container.h"
#include "node/gpus.h"
#include "node/keeper.h"
#include "node/lists.h"
#include "node/memory.h"
#include "node/say.h"
#include "node/strays.h"
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

/* What tasks may use of this node; told, or 0 (GPUS_ASK) until node_ask. */
struct node {
    uint32_t cores;
    struct gpus gpus;
    uint64_t memory;
    struct places *places; /* NULL: processes are not bound */
    cpu_set_t processors;  /* all that we may run on */
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
    bool told;           /* it has come, and was not read yet */
    int64_t listened_at; /* when it was waited for last */
    /* of a node: our parent; if it dies, TERM comes, and the job was told nothing */
    pid_t keeper;
};

/* What is known of tasks and families beside the scheduling core. */
struct known {
    uint8_t *charged;  /* of each task: attempts that used up a retry */
    uint8_t *owned;    /* a bit for each task: outputs under its names were made by it */
    uint8_t *aside;    /* of each task, enum aside: has what an attempt wrote been put aside? */
    uint8_t *found;    /* enum finding of each task: before it starts, that is checked */
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

/* What was said, and is not said again. */
struct told {
    uint32_t nfailed; /* tasks of which that was said */
    bool log_failing; /* the last attempt to keep an output */
};

struct alone;
struct blame;
struct elsewhere;
struct follow;
struct given_up;
struct resume;
struct safe;
struct shards;
struct spawner;

struct shim {
    struct options opt;
    char *state_dir; /* absolute */
    struct plan *plan;
    struct plan_eval *eval;
    struct sched *sched;
    struct classes classes; /* that it has */
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
    struct safe *safe;
    struct elsewhere *elsewhere;
    struct alone *alone;
    struct given_up *given_up;
    struct blame *blame; /* NULL: not a node of a job */
    struct spawner *spawner;
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

/* As records have it. */
static inline uint16_t
shim_rank(const struct shim *r)
{
    return (uint16_t)(r->opt.rank < UINT16_MAX ? r->opt.rank : UINT16_MAX);
}

/* --- node.c --- */
/* Cores, memory and GPUs for the tasks, where the options left them open. */
void node_ask(struct shim *r);
/* May it run the task, as far as its place goes? */
bool node_may_run(const struct shim *r, uint32_t task);

/* --- feed.c --- */
/* Makes r->sched from the plan and the node; false, with a message said: it cannot run here, as far
 * as some tasks of each family tell, and all of them on this machine alone. */
bool feed_sched(struct shim *r);
/* Tells r->sched what the tasks of a shard cost, before it is taken; once. False: it shall not be,
 * for it does not fit this node, which takes no more then and was said; or a signal waits. */
bool feed_shard(struct shim *r, uint32_t shard);

/* --- loop.c --- */
int loop_run(struct shim *r); /* an exit code */

#endif
