/* wfl-shim: what its parts share. One process, one loop, no threads.
 *
 *   main.c     arguments, starting up and leaving
 *   node.c     what this machine has
 *   feed.c     from the plan to the scheduling core
 *   shards.c   which shards are ours: leases, journals, what others did
 *   elsewhere.c  retries on other nodes
 *   alone.c    tasks with which shims died, tried by themselves
 *   blame.c    is this node to blame?
 *   given_up.c  `after N failures stop`
 *   resume.c   what an earlier run left: its record, processes, temporary files
 *   sweep.c    and what is left of the dead besides
 *   loop.c     the loop: signals, reaping, launching, the journal, leaving
 *   slot.c     the life of one process and its tasks, as a table of states and events
 *   slots.c    all of them: how many, which are free, due, whose leader is whom
 *   end.c      when and how attempts end: limits, outcome, record, log, retry
 *   files.c, checks.c   inputs, outputs, temporary names; what they have to be
 *   found.c    outputs that an earlier shim left, against the record
 *   safe.c     what ended counts when its outputs are on the disk
 *   trouble.c  what is nobody's mistake: waiting for it to be over
 *   spawn.c    commands, environments, processes
 *   memory.c   sampled memory, and who ran out of it
 *   strays.c   processes that left their group */
#ifndef RUNTIME_SHIM_H
#define RUNTIME_SHIM_H

#include "cost/classes.h"
#include "journal/journal.h"
#include "node/container.h"
#include "node/keeper.h"
#include "node/say.h"
#include "plan/plan.h"
#include "state/log.h"
#include "sched/job_time.h"
#include "sched/sched.h"
#include "util/buf.h"
#include "util/clock.h"

#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#define GRACE_MS JOB_GRACE_MS /* from TERM to KILL */
#define GPUS_ASK UINT32_MAX

/* clang-format off */
#define SLOT_STATES(X)                                                                             \
    X(FREE)                                                                                        \
    X(PLANNED)    /* has tasks; their START is not on file yet */                                  \
    X(TESTING)    /* a process checks an input */                                                  \
    X(REFUSED)    /* the system gave no process; again at the deadline */                          \
    X(RUNNING)                                                                                     \
    X(STOPPING)   /* was asked to end; killed at the deadline */                                   \
    X(ENDING)     /* the leader (its, or a check's) ended; what it left behind is being killed */  \
    X(CHECKING)   /* a process checks an output */                                                 \
    X(CHECK_REFUSED)
/* clang-format on */

enum slot_state {
#define X(name) SLOT_##name,
    SLOT_STATES(X)
#undef X
        SLOT_NSTATES
};

enum slot_event {
    EVENT_GO,   /* its START is on file */
    EVENT_EXIT, /* the leader of its group was reaped: status and usage are set */
    EVENT_POLL, /* some processes ended: look for the rest of the group again */
    EVENT_TIME, /* its deadline has come */
    EVENT_WARN, /* the end of the job is near */
    EVENT_STOP, /* end the task for the reason in slot.stop */
    EVENT_N
};

/* Whose files are looked at: inputs before a task starts, outputs when it has ended, or when an
 * earlier shim may have completed them. */
enum files_of { FILES_INPUT, FILES_OUTPUT, FILES_FOUND };

/* An output as it was when its checks had passed. */
struct wrote {
    struct journal_file file;
    enum journal_type type;
};

/* A task of the bundle that a slot works on. */
struct member {
    uint32_t task; /* number in the plan */
    uint32_t wait_ms;
    uint16_t attempt;
};

struct slot {
    enum slot_state state;
    uint32_t family;
    struct buf members; /* struct member of each task; one, unless there are bundles */
    uint32_t nmembers;
    uint32_t at; /* the one at hand, whose inputs or outputs are looked at, and what it is: */
    uint32_t task, wait_ms;
    uint16_t attempt;
    enum files_of files;
    bool checked;        /* the outputs of the one at hand are good; they may have their names */
    bool launched;       /* the tasks' process has been started */
    bool exited;         /* and ended by itself, whatever its exit code */
    bool cut_short;      /* we killed a check that took too long */
    bool warned;         /* it was sent the signal before the end of the job */
    bool with_job;       /* and ended in answer to it */
    int64_t signal_at;   /* when it is to be sent, or NEVER */
    int64_t spare_until; /* its group is not killed before, though its leader was by that signal */
    uint32_t nshared;    /* tasks that it worked on */
    bool blamed;         /* a failure of it counts against the node */
    struct contained contained;
    bool has_script;   /* in a file, for a container */
    uint32_t nlists;   /* files of paths that its command names */
    uint32_t logged;   /* the task whose log has what it wrote, or PLAN_NONE */
    uint32_t env_task; /* what the environment of the group at work names */
    uint16_t env_attempt;
    uint32_t mark; /* of the group at work, and when it began (strays.c) */
    uint64_t born;
    bool outlived; /* by a process that cannot be ended: it is to get another spool */
    pid_t pid;     /* leader of the group at work: the tasks', or a check's */
    int spool;     /* -1 until the slot is first used */
    int status;
    struct rusage usage;
    posix_spawn_file_actions_t actions; /* stdout and stderr to the spool */
    int64_t deadline;                   /* milliseconds, or NEVER */
    int64_t started;
    int64_t patience; /* how long to wait until the next look at what is being killed */
    uint64_t asked;   /* bytes of memory that its tasks are expected to use */
    /* for want of memory that are put down to it; and what memory.c counted before: */
    uint32_t kills;
    uint64_t opened, elsewhere;
    enum journal_reason outcome; /* of the process */
    enum journal_reason reason;  /* of the task at hand */
    enum journal_flaw flaw;      /* of its file, if that is the reason */
    enum journal_reason stop;    /* what they are stopped for, OK: they are not */
    uint8_t code, flags;
    uint32_t wall_ms, user_ms, sys_ms, peak_kib, read_kib, write_kib;
    uint32_t file, check; /* where the checks stand: numbers within the family's inputs or outputs,
                             and within the file */
    struct buf note;      /* what the shim has to say about the attempt, whole lines */
    size_t noted;         /* the beginning of it that holds for all tasks */
    struct buf before;    /* uint64_t of each output of each task: what was there when it started */
    struct buf wrote;     /* struct wrote of each output of the one at hand */
    uint64_t sum_kib;     /* scratch of memory.c: memory of its processes */
    unsigned nlarge;

    /* what slots.c knows of it: */
    enum slot_state listed;
    struct slot *prev, *next, *next_of_pid;
    pid_t known_pid;
    int64_t due_at; /* deadline or signal_at, or NEVER */
    uint32_t due_place;
};

struct slot_list {
    struct slot *first, *last;
};

struct gpu {
    const char *name;  /* in run.gpu_names */
    uint32_t taken_by; /* index of a slot, + 1; 0: free */
};

/* A shard that is ours. */
struct hold {
    uint32_t shard, epoch;
    struct journal *journal;
    char tag[16];        /* of temporary names in this epoch */
    bool changed, dirty; /* something is to be written, to be synced */
    uint32_t nalone;     /* tasks of it that alone.c keeps */
    /* the first epoch before this one whose holder may have left things; 0: none */
    uint32_t dead_from;
    /* since when tasks that failed here are left to other nodes; 0: none are */
    int64_t away_since;
    uint64_t mark;   /* bytes that are being synced; 0: none are */
    uint32_t nended; /* attempts in it since the last JOURNAL_SYNC */
    uint32_t nheld;  /* ends that wait for the disk */
    /* tasks whose outputs did not get there: not done, whatever r->sched says */
    uint32_t nundone;
};

enum shard_state {
    SHARD_UNKNOWN, /* not ours: to be looked at */
    SHARD_OURS,
    SHARD_OVER,      /* nothing is left in it */
    SHARD_ELSEWHERE, /* nothing is left in it that this node could do */
};

/* A task that others wait for: of this group of this need. */
struct waits {
    uint32_t need, group, task;
};

struct shards {
    struct hold **hold;         /* nholds */
    struct hold **hold_of;      /* of each shard; NULL: not ours */
    uint32_t nholds, cap, most; /* most: so many files may be open */
    uint8_t *state;             /* of each shard */
    uint32_t *epoch;            /* of each shard: its last one, as far as known */
    uint8_t again;    /* the request to try again what failed that was in force when we began */
    uint8_t *watched; /* of each shard: what is done in it is followed */
    uint8_t **ended, **followed; /* of each need, a bit for each group: all its tasks have ended;
                                    the shards of its tasks are watched */
    struct waits last_wait;
    struct journal_tail *tail;
    /* numbers of tasks that are done by the journals of others, while these are read */
    struct buf learned;
    uint32_t looked; /* how far a round of looks is */
    uint32_t rounds;
    uint32_t nbusy, nfresh, nlate; /* of this round: others work on them, or may do so */
    uint32_t waiting;              /* a free one that waits for others; PLAN_NONE */
    bool holds_waiting;
    bool took;     /* one at least */
    bool gave;     /* one at least back, with tasks left in it */
    bool list_old; /* others took shards since the journals were listed */
    /* in this round one could not be taken, as a journal cannot be read or made: */
    bool unrecorded;
    bool full;               /* nor could any other, as the disk is full or we have to end */
    uint64_t nfailed, nleft; /* tasks of shards that are over, or given back */
    int64_t list_soonest;
    int64_t look_at, learn_at, learn_soonest, pause, learn_pause;
    char busy[HOLDER_SIZE]; /* somebody who works on one */
    char late[HOLDER_SIZE]; /* and of whom that is not sure */
    struct buf trouble;     /* what was said last of leases and journals that cannot be read */
};

/* A shard that was given back for tasks that failed here; when we take it ourselves. */
struct returned {
    uint32_t shard;
    int64_t until;
};

enum { ELSEWHERE_BUSY = 8 };

struct elsewhere {
    uint8_t *here;   /* of each task: 1, it failed last on this node; 2, on another one */
    uint8_t *insist; /* of each shard, 1: nobody else takes it */
    struct returned *returned;
    uint32_t nreturned, cap;
    uint32_t offer, offers; /* the next one to look at, and how many are left */
    int64_t asked_at;
    bool others; /* live on other nodes */
    bool stays;  /* for the sake of one of these, which others work on: */
    struct busy {
        uint32_t shard;
        char holder[HOLDER_SIZE];
    } busy[ELSEWHERE_BUSY];
    unsigned nbusy;
};

enum { ALONE_FROM = 2 }; /* a task that was lost so often in a row is tried by itself */

struct alone {
    uint32_t *kept; /* tasks, away for the scheduler */
    uint32_t n, cap;
    uint32_t task; /* the one that was taken last; if there were any */
    bool any;
};

/* What keeps everybody from working. */
struct trouble {
    int64_t since, told_at, probed_at; /* 0: not */
    int64_t pause;
    bool given_up;   /* it took too long */
    struct buf full; /* a folder with less room than `need`; empty: none is known */
    uint64_t need;
};

struct blame;
struct spawner;
struct memory;
struct strays;
struct safe;

struct shim {
    const char *dir;
    char *state_dir; /* absolute */
    bool verbose, quiet, verify, no_containers;
    /* a node of a job; else this machine alone, which tries again what had failed */
    bool batch;
    const char *node;                                 /* its name, or NULL: the host's */
    const char *rank_var, *size_var, *node_var, *job; /* of the command line, or NULL */
    const char *local;                                /* a folder of this node alone, or NULL */
    uint32_t rank, nnodes;
    uint32_t expiry_s, idle_s;
    int64_t beat_at; /* when others are to be shown that we live, outside the loop */
    struct plan *plan;
    struct plan_eval *eval;
    struct sched *sched;
    struct classes classes; /* that it has */
    struct lease *lease;
    struct shards shards;
    struct elsewhere elsewhere;
    struct alone alone;
    struct blame *blame; /* NULL: not a node of a job */
    struct log *log;
    struct spawner *spawner;
    struct plan_host host;         /* lists.c */
    struct slot *lists_of;         /* whose command is made */
    struct containers *containers; /* NULL: no containers are started */
    struct memory *samples;
    struct strays *strays;
    struct safe *safe;
    int sync; /* enum plan_sync for all families; -1: each as the plan says */
    uint32_t cores;
    uint64_t memory, address_space; /* address_space: 0, no limit of ours */
    uint32_t ngpus;
    struct gpu *gpu;
    struct buf gpu_names;
    const char *tag;   /* of temporary names, of the shard at hand; borrowed from its hold */
    uint8_t *charged;  /* of each task: attempts that used up a retry */
    uint32_t *nfailed; /* of each family: tasks that failed for good in this run */
    uint64_t *largest; /* of each family: bytes of the largest output so far */
    uint8_t *owned;    /* a bit for each task: outputs under its names were made by it */
    uint8_t *aside;    /* of each task, enum aside: has what an attempt wrote been put aside? */
    uint8_t *found;    /* enum finding of each task: before it starts, that is checked */
    struct slot *slot; /* nslots: one for each core, if so many files may be open */
    uint32_t nslots, nused, nactive; /* used: at some time, those behind were never touched */
    struct slot_list in_state[SLOT_NSTATES];
    struct slot **due; /* a heap of ndue, the soonest first */
    uint32_t ndue;
    struct slot **of_pid; /* chains */
    uint32_t pid_mask;
    uint32_t *tasks;        /* scratch: the tasks of a process */
    uint32_t ntogether;     /* and how many these are at most */
    sigset_t reset_signals; /* what children get default actions for */

    int64_t end; /* as struct job_time tells (now_ms); or NEVER, as the next three */
    int64_t cautious_at;
    int64_t stop_at;
    int64_t kill_at;
    int64_t over;      /* the job's end, only if there is one */
    int64_t for_tasks; /* milliseconds that it had for tasks when we began */
    int64_t asked_at;  /* when TERM or INT came last, or NEVER */
    uint32_t grace_s;  /* so long after it the job is killed */
    /* of a node: our parent; if it dies, TERM comes, and the job was told nothing */
    pid_t keeper;
    bool told;           /* it has come, and was not read yet */
    int64_t listened_at; /* when it was waited for last */
    bool warned;         /* the job ends soon: the next request is its end */
    bool draining;
    bool stopping;
    bool given_up;                  /* too many tasks failed */
    bool failed_untold;             /* some failed for good, and others do not know it yet */
    int64_t count_at, stop_look_at; /* when that is told, when others' word is looked for, again */
    bool outdated;                  /* we were taken for dead */
    bool sweep_later;               /* leases may be of the dead, and could not be judged yet */
    bool takes_none;                /* no further shard: its tasks do not fit on this node */
    int refused;                    /* the exit code, if it cannot start */
    enum journal_reason stop_reason;
    int64_t launch_at; /* no launches before: see trouble_met */
    struct trouble trouble;
    bool impatient;   /* asked to end once more: does not wait for the disk */
    bool log_failing; /* the last attempt to keep an output; told once */
    uint32_t nfailed_shown;

    struct buf path, text; /* scratch */
    struct buf folder;     /* of an output, the last one that was made */
};

/* What the record tells as well; not with --quiet. */
void tell(const struct shim *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* --- node.c --- */
/* Cores, memory and GPUs for the tasks, where the options left them open. */
void node_ask(struct shim *r);
/* May it run the task, as far as its place goes? */
bool node_may_run(const struct shim *r, uint32_t task);

/* --- feed.c --- */
/* Makes r->sched from the plan and the node; false, with a message said: it cannot run here, as far
 * as some tasks of each family tell. */
bool feed_sched(struct shim *r);
/* Tells r->sched what the tasks of a shard cost, before it is taken. False: it shall not be, for it
 * does not fit this node, which takes no more then and was said; or a signal waits. */
bool feed_shard(struct shim *r, uint32_t shard);

/* --- shards.c --- */
/* What is there; nothing is taken yet. False, with a message said. */
bool shards_open(struct shim *r);
/* Takes one more shard; false: none can be taken now, see shards_more and r->shards.look_at. */
bool shards_take(struct shim *r, int64_t now);
/* Has not every shard been looked at in this round? */
bool shards_more(const struct shim *r);
/* How long this node should stay when it has nothing to do, in milliseconds. */
int64_t shards_patience(const struct shim *r);
/* Gives back what is finished, learns what others did; now and then. Only for a node of a job. */
void shards_tick(struct shim *r, int64_t now);
/* Gives everything back. 0 or errno: a journal could not be closed. */
int shards_close(struct shim *r);
void shards_free(struct shim *r);
struct hold *shards_hold(const struct shim *r, uint32_t task); /* NULL: its shard is not ours */
void shards_record(struct shim *r, struct journal_rec rec);
void shards_record_output(struct shim *r, const struct journal_output *o);
int shards_flush(struct shim *r);

/* --- elsewhere.c --- */
void elsewhere_open(struct shim *r);
void elsewhere_close(struct shim *r);
/* Do shims on other nodes live? */
bool elsewhere_others(struct shim *r);
/* An attempt ended, as the record of an earlier run says. */
void elsewhere_learn(struct shim *r, const struct journal_head *head,
    const struct journal_rec *end);
/* An attempt failed here, charged, and there will be another one: is it another node's? */
bool elsewhere_failed(struct shim *r, uint32_t task, enum journal_reason reason);
/* A task of a shard that was just taken: is its next attempt another node's? */
bool elsewhere_wanted(struct shim *r, uint32_t task);
/* Did it fail last on another node? */
bool elsewhere_failed_there(const struct shim *r, uint32_t task);
/* It is: its shard is to be given back. */
void elsewhere_keep(struct shim *r, uint32_t task);
void elsewhere_given(struct shim *r, const struct hold *h);
/* What nobody else took is done here. */
void elsewhere_tick(struct shim *r, int64_t now);
/* The next shard that others offer, with its epoch; PLAN_NONE: there is none. `after`: PLAN_NONE,
 * to begin with. */
uint32_t elsewhere_offer(struct shim *r, uint32_t after, uint32_t *epoch);
/* A holder has a shard; nbusy is set to 0 at the beginning of a round. */
void elsewhere_busy(struct shim *r, uint32_t shard, const char *holder);
/* Is there nothing to do but to stay while others of this job work? */
bool elsewhere_stays(struct shim *r);

/* What runs was told to end: on record. */
void shards_told(struct shim *r);

/* --- alone.c --- */
/* Keeps a task of a shard that is ours until nothing else can be done. */
void alone_keep(struct shim *r, uint32_t task);
bool alone_kept(const struct shim *r, uint32_t task);
/* Gives the next one to the scheduler, if it is time for that. */
bool alone_next(struct shim *r, int64_t now);
/* The task is about to start: is it one of these? */
bool alone_starts(const struct shim *r, uint32_t task);
/* One of them runs: nothing is to start beside it. */
bool alone_at_work(const struct shim *r);
void alone_close(struct shim *r);

/* --- sweep.c --- */
/* Leases of the dead, what they left running and unfinished journals; only by one node of a job.
 * What cannot be judged yet sets r->sweep_later. */
void sweep_dead(struct shim *r);
/* Temporary outputs that epochs before this one left, of which no record may be left, either. */
void sweep_outputs(struct shim *r, const struct hold *h);

/* --- blame.c --- */
/* False, with a message said: this node was found to be bad, and others work. */
bool blame_open(struct shim *r);
void blame_close(struct shim *r);
/* An attempt ended, as the record of an earlier run says. */
void blame_learn(struct shim *r, const struct journal_head *head, const struct journal_rec *end);
/* The attempt at the task at hand ended for s->reason. */
void blame_ended(struct shim *r, struct slot *s);
/* Once a second: has this node to leave? */
void blame_tick(struct shim *r, int64_t now);
/* Nothing is started until that is known. */
bool blame_pauses(const struct shim *r);
/* Shards are not given back until that is known. */
bool blame_keeps(const struct shim *r, int64_t now);
/* This node is bad: it leaves. */
bool blame_left(const struct shim *r);
/* And therefore this task, which failed here, did not. */
bool blame_forgiven(const struct shim *r, uint32_t task);

/* --- given_up.c --- */
/* Has the campaign stopped itself in an earlier job, or on another node? Then that was said. */
bool given_up_before(struct shim *r);
/* A task of the family failed for good. */
void given_up_count(struct shim *r, uint32_t family);
/* It did not, for the node is to blame. */
void given_up_forgive(struct shim *r, uint32_t task);
void given_up_tick(struct shim *r, int64_t now);

/* --- resume.c --- */
/* Kills what dead shims left running on this machine. False, with a message said: cannot start. */
bool resume_open(struct shim *r);
/* The same for one of them. */
bool resume_end_orphans(struct shim *r, const char *holder);
/* Reads the record of a shard, up to epoch `last`, of which *fence bytes count; before its new
 * journal is made. False, with a message said. */
bool resume_record(struct shim *r, uint32_t shard, uint32_t last, uint64_t *fence);
/* Since which epoch none was closed; 0: the last one was, or there is none. Of what was read last.
 */
uint32_t resume_dead_from(void);
/* The journal could not be made: what was read is void. */
void resume_forget(void);
/* Marks done tasks in r->sched, writes how lost ones ended and which outputs are gone, takes the
 * others. */
void resume_settle(struct shim *r, uint32_t shard);
void resume_told(struct shim *r);
void resume_close(void);

/* --- loop.c --- */
int loop_run(struct shim *r); /* an exit code */

/* --- slot.c --- */
/* The tasks that sched_launch gave for one process. */
void slot_assign(struct shim *r, struct slot *s, const uint32_t *task, uint32_t n);
void slot_event(struct shim *r, struct slot *s, enum slot_event e);
void slot_close_spool(struct shim *r, struct slot *s);
void slot_spool_path(const struct shim *r, const struct slot *s, struct buf *path);

/* --- slots.c: no event needs a look at all slots --- */
void slots_open(struct shim *r);
void slots_close(struct shim *r);
/* One that is free; only if nactive < nslots. */
struct slot *slots_take(struct shim *r);
/* To be called after each change of state, pid, deadline or signal_at (slot_assign and slot_event
 * do). */
void slots_changed(struct shim *r, struct slot *s);
/* To all that are in this state. */
void slots_event(struct shim *r, enum slot_state state, enum slot_event e);
/* Whose group this process leads or led last, or NULL. */
struct slot *slots_find(const struct shim *r, pid_t pid);
/* The one that is due first, if it is due now; and when it is: NEVER, none is. */
struct slot *slots_due(const struct shim *r, int64_t now);
int64_t slots_next_time(const struct shim *r);

/* As records have it. */
static inline uint16_t
run_rank(const struct shim *r)
{
    return (uint16_t)(r->rank < UINT16_MAX ? r->rank : UINT16_MAX);
}

static inline struct member *
slot_members(const struct slot *s)
{
    return (struct member *)(void *)s->members.p;
}

/* --- end.c --- */
/* When a process that starts now for this task is stopped, or NEVER; and of one for all of the
 * slot's tasks: the longest of their limits. */
int64_t end_limit(struct shim *r, struct slot *s, uint32_t task, int64_t now);
int64_t end_common_limit(struct shim *r, struct slot *s);
/* When it is told that the job ends; one that starts later is told when it has to stop. */
int64_t end_signal_time(const struct shim *r, const struct slot *s);
/* Did a process that ended so die because its job was ended? */
bool end_with_job(struct shim *r, int status);
/* The tasks' process ended: its outcome, and what it used. */
void end_process(struct shim *r, struct slot *s);
struct journal_rec end_record(const struct slot *s, enum journal_kind kind);
uint8_t end_code(const struct slot *s); /* what the record says beside the reason */
/* The attempt at the task at hand ended for s->reason: its record and log, and what the scheduler
 * makes of it. */
void end_attempt(struct shim *r, struct slot *s);

/* --- files.c, checks.c --- */
/* All of these are about the task at hand of the slot. */
enum progress {
    PROGRESS_GOOD,
    PROGRESS_BAD,   /* s->reason is set */
    PROGRESS_CHILD, /* a process checks: come again when it ended well (s->check is past it) */
    PROGRESS_LATER, /* trouble_met was told why: come again at r->launch_at */
};
/* Inputs are there and pass their checks, from s->file, s->check; then: outputs can be written,
 * nothing stands in their way. */
enum progress files_prepare(struct shim *r, struct slot *s);
/* Goes on with the checks of outputs from s->file, s->check; after the last one publishes them. */
enum progress files_check(struct shim *r, struct slot *s);
/* The process that checked the file at hand said no, or died. BAD: noted, the reason is set; or
 * LATER. */
enum progress files_check_failed(struct shim *r, struct slot *s);
/* Takes away what a failed attempt wrote: temporary files go, others are renamed to PATH.failed. */
void files_discard(struct shim *r, struct slot *s);
/* Takes away the temporary files of all of the slot's tasks, and nothing else: they are not ours
 * any more. */
void files_abandon(struct shim *r, struct slot *s);
void files_remove_temporary(struct shim *r, uint32_t task);

enum aside {
    ASIDE_NO,
    ASIDE_PERHAPS, /* by an earlier shim: outputs without a name */
    ASIDE_HERE,
};

/* --- found.c --- */
enum finding {
    FINDING_NONE,
    FINDING_ENDED, /* an attempt had published good outputs, and its END is missing */
    FINDING_DONE,  /* it is done in the record, but its outputs may not have got to the disk */
};
enum found {
    FOUND_THERE,   /* all outputs that the task must have */
    FOUND_EMPTY,   /* and there is nothing in one that should not be empty */
    FOUND_GONE,    /* r->path is not there */
    FOUND_UNKNOWN, /* it cannot be told now */
};
/* Of an output of a task, number `output` among those of its family. The sum over all required ones
 * tells whether they are the same, as far as type and size go; `exact`: over all of them, with the
 * times of files. */
uint64_t found_mark(uint32_t output, const struct journal_file *f, enum journal_type type,
    bool exact);
/* What is there now, and its sum. */
enum found found_now(struct shim *r, uint32_t task, bool exact, uint64_t *sum);
/* Has it checks that a process makes? */
bool found_checks_content(const struct shim *r, uint32_t task);
/* What stood where its outputs without temporary names go, as a START tells it; 0: nothing. */
uint64_t found_before(struct shim *r, uint32_t task);
/* The attempt of the epoch with this tag was lost: its temporary files go; what else it wrote is
 * put aside. `published`: its outputs may have got their names; `before`: see found_before, then.
 */
void found_discard(struct shim *r, uint32_t task, const char *tag, bool published, uint64_t before);
/* Goes on with the checks of outputs that stand under their names: GOOD: the task is done. BAD:
 * they were put aside. */
enum progress found_check(struct shim *r, struct slot *s);

/* --- safe.c --- */
void safe_open(struct shim *r);
void safe_close(struct shim *r);
/* An attempt ended well: it is recorded when its outputs are on the disk, and when all that ended
 * before it is recorded. */
void safe_end(struct shim *r, struct journal_rec end);
/* The journals are put on the disk, and what is known to be there is recorded then. False: not now,
 * the last time is not over. */
bool safe_sync(struct shim *r);
/* A journal that is about to be closed; nobody waits for it. */
void safe_add_journal(struct shim *r, const struct hold *h);
/* Takes answers, and hands over what was added; `hurry`: nothing else is to come soon. True:
 * records were added. */
bool safe_turn(struct shim *r, bool hurry);
/* how many ends are not recorded, as they wait for the disk */
uint32_t safe_waiting(const struct shim *r);
/* when safe_turn has something to do; or NEVER */
int64_t safe_at(const struct shim *r, int64_t now);
/* Waits until all that was handed over is on the disk; false: it is not, or not in time. Only if
 * nothing was given up; nothing is recorded any more. */
bool safe_finish(struct shim *r, int64_t until);
int safe_fd(const struct shim *r);    /* to be watched; changes when safe_turn says so */
pid_t safe_pid(const struct shim *r); /* of the process that syncs; 0: none */
void safe_died(struct shim *r);       /* it was reaped */

/* --- trouble.c --- */
/* Something that may be over later failed so: nothing is started before r->launch_at. */
void trouble_met(struct shim *r, const char *what, int err);
void trouble_over(struct shim *r); /* something worked */
/* Is nothing to be started yet? */
bool trouble_lasts(struct shim *r, int64_t now);
/* The attempt at the task at hand failed. Was it for want of room, or as its file system cannot be
 * written? Noted; nothing starts until that is over. */
bool trouble_explains(struct shim *r, struct slot *s);

/* --- spawn.c --- */
struct spawner *spawner_new(const struct shim *r);
void spawner_free(struct spawner *w);
/* The command of the slot's tasks in s's group, spool and environment. 0, or errno; a value that
 * cannot be computed sets s->reason and gives EINVAL; other failures are noted where they are for
 * good. */
int spawn_task(struct shim *r, struct slot *s);
/* A command beside the task at hand, for its checks. */
int spawn_words(struct shim *r, struct slot *s, char *const argv[]);
/* The same: a script, by `shell`, with `path`, from the root on, as its $1. */
int spawn_check(struct shim *r, struct slot *s, enum plan_shell shell, const char *script,
    const char *path);
/* What to say behind the error of a program that could not be started, if that is a shell. */
const char *shell_advice(const char *program, int err);
/* The file of a script for a container is not needed any more. */
void spawn_drop_script(struct shim *r, struct slot *s);
/* The slot's GPUs are free again. */
void spawn_free_gpus(struct shim *r, const struct slot *s);

/* --- lists.c --- */
/* While the command of the slot's tasks is made, lists leave out what is not there, and files of
 * them are written. */
void lists_begin(struct shim *r, struct slot *s);
int lists_made(struct shim *r); /* 0 or errno: it cannot be made now */
void lists_drop(struct shim *r, struct slot *s);

/* --- memory.c --- */
struct memory *memory_new(void);
void memory_free(struct memory *m);
void memory_sample(struct shim *r, int64_t now);   /* once a second */
void memory_begin(struct shim *r, struct slot *s); /* a process of it is about to start */
/* A process of the slot, the tasks' or a check's, failed, and nobody here ended it: for want of
 * memory? What it used is known. */
bool memory_ran_out(struct shim *r, struct slot *s);

/* --- strays.c --- */
/* From here on children that are forked are helpers of ours, and no strays. */
struct strays *strays_new(const char *state_dir, const char *holder);
void strays_free(struct strays *w);
/* Processes may have ended: who our children are is asked anew. */
void strays_forget(struct strays *w);
/* Between these two a child is made that is the group at work in the slot. */
void strays_mark(struct strays *w, struct slot *s);
void strays_unmark(const struct strays *w);
/* Kills what is left of the slot's group, and whatever is nobody's; true: there was something, and
 * it has to be waited for. */
bool strays_kill(struct shim *r, struct slot *s);
int32_t strays_slot(const struct shim *r, pid_t pid); /* whose task it belongs to, or -1 */
/* All of ours but `spare`, helpers too; true: there were some. */
bool strays_kill_children(struct strays *w, pid_t spare);
/* Kills what a shim that died left running on this machine; true: there was something. */
bool strays_kill_orphans(const struct strays *w, const char *state_dir, const char *holder);

#endif
