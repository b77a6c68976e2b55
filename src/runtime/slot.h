/* Processes at work and their tasks: slots, how they start, how they end. */
#ifndef RUNTIME_SLOT_H
#define RUNTIME_SLOT_H

#include "journal/journal.h"
#include "node/container.h"
#include "node/group.h"
#include "plan/plan.h"
#include "util/buf.h"

#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct shim;

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
    struct member *member; /* nmembers; one, unless there are bundles */
    uint32_t nmembers, cap;
    struct member *at; /* the one at hand, whose inputs or outputs are looked at */
    const char *tag;   /* of the temporary names of their outputs; borrowed */
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
    bool has_script;                    /* in a file, for a container */
    uint32_t nlists;                    /* files of paths that its command names */
    uint32_t logged;                    /* the task whose log has what it wrote, or PLAN_NONE */
    struct group group;                 /* at work: the tasks', or a check's */
    int spool;                          /* -1 until the slot is first used */
    uint32_t cores;                     /* of its process, all tasks together */
    cpu_set_t processors;               /* its own; none: it is not bound */
    posix_spawn_file_actions_t actions; /* stdout and stderr to the spool */
    int64_t deadline;                   /* milliseconds, or NEVER */
    int64_t started;
    int64_t patience;            /* how long to wait until the next look at what is being killed */
    enum journal_reason outcome; /* of the process */
    enum journal_reason reason;  /* of the task at hand */
    enum journal_flaw flaw;      /* of its file, if that is the reason */
    enum journal_reason stop;    /* what they are stopped for, OK: they are not */
    uint8_t code, flags;
    uint32_t wall_ms, user_ms, sys_ms, read_kib, write_kib;
    uint32_t file, check; /* where the checks stand: numbers within the family's inputs or outputs,
                             and within the file */
    struct buf note;      /* what the shim has to say about the attempt, whole lines */
    size_t noted;         /* the beginning of it that holds for all tasks */
    struct buf before;    /* uint64_t of each output of each task: what was there when it started */
    struct buf wrote;     /* struct wrote of each output of the one at hand */

    /* what slots.c knows of it: */
    enum slot_state listed;
    struct slot *prev, *next;
    int64_t due_at; /* deadline or signal_at, or NEVER */
    uint32_t due_place;
};

struct slot_list {
    struct slot *first, *last;
};

struct all_slots {
    struct slot *v;             /* n: one for each core, if so many files may be open */
    uint32_t n, nused, nactive; /* used: at some time, those behind were never touched */
    struct slot_list in_state[SLOT_NSTATES];
    struct slot **due; /* a heap of ndue, the soonest first */
    uint32_t ndue;
    struct groups groups;
    uint32_t *tasks;    /* scratch: the tasks of a process */
    uint32_t journals;  /* that may be open beside them */
    uint32_t ntogether; /* and how many these are at most */
};

/* --- slot.c --- */
/* The tasks that sched_launch gave for one process. */
void slot_assign(struct shim *r, struct slot *s, const uint32_t *task, uint32_t n);
void slot_event(struct shim *r, struct slot *s, enum slot_event e);
void slot_close_spool(struct shim *r, struct slot *s);
void slot_spool_path(const struct shim *r, const struct slot *s, struct buf *path);

/* --- slots.c: no event needs a look at all slots --- */
void slots_open(struct shim *r);
void slots_close(struct shim *r);
/* One that is free; only if slots.nactive < slots.n. */
struct slot *slots_take(struct shim *r);
/* To be called after each change of state, group.pid, deadline or signal_at (slot_assign and
 * slot_event do). */
void slots_changed(struct shim *r, struct slot *s);
/* To all that are in this state. */
void slots_event(struct shim *r, enum slot_state state, enum slot_event e);
/* The logs of what has run for a second at least are kept short; true: there is some. */
bool slots_trim_spools(const struct shim *r, int64_t now);
/* Whose group this process leads or led last, or NULL. */
struct slot *slots_find(const struct shim *r, pid_t pid);
/* The one that is due first, if it is due now; and when it is: NEVER, none is. */
struct slot *slots_due(const struct shim *r, int64_t now);
int64_t slots_next_time(const struct shim *r);

/* Which of its members is at hand. */
static inline uint32_t
slot_number(const struct slot *s)
{
    return (uint32_t)(s->at - s->member);
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
/* The slot's GPUs and processors are free again. */
void spawn_give_back(struct shim *r, struct slot *s);

/* --- trouble.c --- */
/* Something that may be over later failed so: nothing is started before r->trouble.until. */
void trouble_met(struct shim *r, const char *what, int err);
void trouble_over(struct shim *r); /* something worked */
/* Is nothing to be started yet? */
bool trouble_lasts(struct shim *r, int64_t now);
/* The attempt at the task at hand failed. Was it for want of room, or as its file system cannot be
 * written? Noted; nothing starts until that is over. */
bool trouble_explains(struct shim *r, struct slot *s);

#endif
