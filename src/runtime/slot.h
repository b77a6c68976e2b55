/* Processes at work and their tasks: slots, how they start, how they end. */
#ifndef RUNTIME_SLOT_H
#define RUNTIME_SLOT_H

#include "journal/journal.h"
#include "learn/book.h"
#include "node/container.h"
#include "node/feeder.h"
#include "node/group.h"
#include "plan/plan.h"
#include "util/buf.h"
#include "util/due.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct shim;

/* clang-format off */
#define SLOT_STATES(X)                                                                             \
    X(FREE)                                                                                        \
    X(IDLE)       /* free, of those that check what is done beside others (release.c) */           \
    X(PLANNED)    /* has tasks; their START is not on file yet */                                  \
    X(TESTING)    /* a process checks an input */                                                  \
    X(REFUSED)    /* the system gave no process; again at the deadline */                          \
    X(RUNNING)                                                                                     \
    X(STOPPING)   /* was asked to end; killed at the deadline */                                   \
    X(ENDING)     /* the leader (its, or a check's) ended; what it left behind is being killed */  \
    X(CHECKING)   /* a process checks an output */                                                 \
    X(CHECK_REFUSED)                                                                               \
    X(CHECKED)    /* of one that is ahead: what it found waits for its parent */                   \
    X(AWAITING)   /* a slot that is ahead checks the task at hand */
/* clang-format on */

enum slot_state {
#define X(name) SLOT_##name,
    SLOT_STATES(X)
#undef X
        SLOT_NSTATES
};

enum slot_event {
    EVENT_GO,   /* its START is on file; or what it awaits was found */
    EVENT_EXIT, /* the leader of its group was reaped: status and usage are set */
    EVENT_POLL, /* some processes ended: look for the rest of the group again */
    EVENT_TIME, /* its deadline has come */
    EVENT_WARN, /* the end of the job is near */
    EVENT_STOP, /* end the task for the reason in slot.stop */
    EVENT_N
};

/* Whose files are looked at: inputs before a task starts, outputs when it has ended, or when an
 * earlier shim may have completed them; or its checkpoint. */
enum files_of { FILES_INPUT, FILES_OUTPUT, FILES_FOUND, FILES_LEFT };

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
    bool came;             /* the inputs that it waits for are there */
    int64_t left_ms;       /* what is left of it by its checkpoint; 0: not asked, NEVER: unknown */
    struct book_mark mark; /* what learned.c counts of it while it runs */
    int64_t started;       /* 0: not yet */
    /* of a process that is fed: where its line is among all, and when it is past its limit */
    uint64_t line_at, line_end;
    int64_t limit_at;
    int64_t held_at; /* its limit waits since, as it is complete and to be checked; 0: not */
    bool over;       /* it was past it */
    bool undone;     /* what it runs on is not done any more: how it ends does not count */
    /* for release.c, while its process runs: */
    int64_t look_at;     /* when its outputs are to be looked at, or NEVER */
    uint64_t seen, bad;  /* what they were at the last look, and when a check said no; or 0 */
    struct slot *beside; /* that checks them, or NULL */
    bool told;           /* one of them was closed since the last look */
    bool complete;       /* they were complete at the last look, though it could not be done */
    bool checked;        /* they were good, and some may have their names */
    bool anew;           /* it was done, and they may be parts by now: it runs again */
};

struct slot {
    enum slot_state state;
    uint32_t family;
    struct member *member; /* nmembers; one, unless there are bundles */
    uint32_t nmembers, cap;
    struct member *at; /* the one at hand, whose inputs or outputs are looked at */
    const char *tag;   /* of the temporary names of their outputs; borrowed */
    enum files_of files;
    bool begins;         /* a START was recorded while its tasks were looked at */
    bool checked;        /* the outputs of the one at hand are good; they may have their names */
    bool launched;       /* the tasks' process has been started */
    bool exited;         /* and ended by itself, whatever its exit code */
    bool cut_short;      /* we killed a check that took too long */
    bool refuted;        /* a check of the task at hand did not pass */
    bool warned;         /* it was sent the signal before the end of the job */
    bool with_job;       /* and ended in answer to it */
    int64_t signal_at;   /* when it is to be sent, or NEVER */
    int64_t spare_until; /* its group is not killed before, though its leader was by that signal */
    uint32_t nshared;    /* tasks that it worked on */
    bool blamed;         /* a failure of it counts against the node */
    struct contained contained;
    bool has_script;      /* in a file, for a container */
    uint32_t nlists;      /* files of paths that its command names */
    uint32_t logged;      /* the task whose log has what it wrote, or PLAN_NONE */
    struct group group;   /* at work: the tasks', or a check's */
    int spool;            /* -1 until the slot is first used */
    uint32_t cores;       /* of its process, all tasks together */
    cpu_set_t processors; /* its own; none: it is not bound */
    int64_t deadline;     /* milliseconds, or NEVER */
    int64_t started;
    int64_t patience;            /* how long to wait until the next look at what is being killed */
    enum journal_reason outcome; /* of the process */
    enum journal_reason reason;  /* of the task at hand */
    enum journal_flaw flaw;      /* of its file, if that is the reason */
    enum journal_reason stop;    /* what they are stopped for, OK: they are not */
    uint8_t code, flags;
    double stated;     /* memory of its process, bytes; */
    uint64_t given;    /* the most that it was expected to use, by what was learned; */
    uint64_t measured; /* and what it used at most, as far as is known; 0: it is not */
    uint32_t ratio;    /* where that was counted (ratios.h) */
    uint32_t wall_ms, user_ms, sys_ms, read_kib, write_kib;
    uint32_t file, check; /* where the checks stand: numbers within the family's inputs or outputs,
                             and within the file */
    struct buf note;      /* what the shim has to say about the attempt, whole lines */
    off_t asked_at;       /* where in the spool an answer begins (left.c) */
    size_t noted;         /* the beginning of it that holds for all tasks */
    struct buf before;    /* uint64_t of each output of each task: what was there when it started */
    struct buf wrote;     /* struct wrote of each output of the one at hand */
    struct slot *parent;  /* in whose process the task at hand is, if this one only checks it, or
                             makes it ready to join that */
    bool ahead;           /* that has ended, and its slot ends the task when its turn comes */
    bool releases;        /* its tasks are done as they finish: */
    uint32_t nreleasing;  /* those that are checked in slots beside */
    int64_t release_at;   /* when one is to be looked at */
    /* of one that is fed (fed.c): its number to the scheduling core, or SCHED_NONE */
    uint32_t process;
    struct feeder feeder;
    int input;           /* of the process, before it is started */
    uint32_t width;      /* tasks that it may work on at a time */
    uint32_t njoining;   /* those that are made ready, in slots beside */
    bool starved;        /* more could join, but no slot was free for that */
    int64_t complete_at; /* its last task is since then, and none is ready; 0: that is not so */
    bool progress;       /* some task of it was done */
    int64_t fed_at;      /* when it was told of one last */
    struct buf released; /* uint32_t: those that are done, or PLAN_NONE; and */
    struct buf marks;    /* uint64_t of each output of each of them, as it was then */

    /* what slots.c knows of it: */
    enum slot_state listed;
    struct slot *prev, *next;
    struct due due; /* deadline or signal_at */
};

struct slot_list {
    struct slot *first, *last;
};

struct all_slots {
    struct slot *v; /* nbeside, and n: one for each core, if so many files may be open */
    uint32_t n, nused, nactive; /* used: at some time, those behind were never touched */
    uint32_t nbeside;           /* that check what is done beside others; none of them is active */
    struct slot_list in_state[SLOT_NSTATES];
    uint32_t nfed;  /* that have processes which are fed */
    int64_t fed_at; /* when one of these has to be looked at, or NEVER */
    struct dues due;
    struct groups groups;
    uint32_t *tasks;    /* scratch: the tasks of a process */
    uint32_t journals;  /* that may be open beside them */
    uint32_t ntogether; /* and how many these are at most */
};

/* --- slot.c --- */
/* It works on `n` tasks of this family from now on, of which nothing is told yet. */
void slot_begin(struct slot *s, struct slot *parent, uint32_t family, uint32_t n);
/* The tasks that sched_launch gave for one process; or one that is to join the process of
 * `parent`. */
void slot_assign(struct shim *r, struct slot *s, struct slot *parent, const uint32_t *task,
    uint32_t n);
/* Its member of this number is at hand. */
void slot_turn(struct slot *s, uint32_t number);
/* The attempt at the task at hand ends for s->reason, and the one behind it is at hand. */
void slot_drop(struct shim *r, struct slot *s);
/* The only task of `from`, which is ready to start, is one of the slot's from now on, whose process
 * runs. */
void slot_take(struct shim *r, struct slot *s, const struct slot *from);
void slot_event(struct shim *r, struct slot *s, enum slot_event e);
/* Ends its process at once, which has to go as the node runs short of memory. */
void slot_make_room(struct shim *r, struct slot *s);
/* One more task for a slot whose process has been started; its START is recorded. What stood where
 * its outputs will be does not count. */
void slot_join(struct shim *r, struct slot *s, uint32_t task);
/* One task less; s->at is the first one. */
void slot_leave(struct shim *r, struct slot *s, uint32_t number);
/* It has no task any more; of one beside a process that has ended, that one may go on. */
void slot_free(struct shim *r, struct slot *s);
/* The slot's own spool, if it has none yet. 0 or errno; r->path is where. */
int slot_open_spool(struct shim *r, struct slot *s);
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
 * slot's tasks: the longest of their limits, or if they are fed the first that does not wait. */
int64_t end_limit(struct shim *r, struct slot *s, uint32_t task, int64_t now);
int64_t end_common_limit(struct shim *r, struct slot *s);
/* How long it has run until now, milliseconds; at least one, for 0 is of what never ran. */
uint32_t end_ran_ms(const struct slot *s);
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
/* A task that is not done, and does not run: what was charged to it is not, on record, either. */
void end_uncharged(struct shim *r, uint32_t task);

/* --- peaks.c --- */
void peaks_open(struct shim *r);
void peaks_begin(struct shim *r, struct slot *s);  /* its process is to be started */
void peaks_joined(struct shim *r, struct slot *s); /* it has one task more */
void peaks_sample(struct shim *r); /* group.peak_kib was measured of those that run */
void peaks_ended(struct shim *r, struct slot *s, bool good);
/* If the process used more than is stated, the record says so of the task at hand. */
void peaks_record(struct shim *r, const struct slot *s);
bool peaks_above(const struct slot *s); /* it used more than was expected */
/* The task at hand ran out of memory and is delayed: what it is to have the next time. */
void peaks_more(struct shim *r, const struct slot *s);
/* The scheduling core is told what was learned; before each launch. */
void peaks_tell(struct shim *r);

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

/* --- release.c --- */
void release_open(struct shim *r);
void release_close(struct shim *r);
/* The slot's process was started: its tasks are looked at, unless they are done with it only. */
void release_begin(struct shim *r, struct slot *s);
/* The process has ended: what is being checked is given up. */
void release_stop(struct shim *r, struct slot *s);
/* And nothing is left of it, nor checked: what changed since it was done is a task of the slot
 * again. */
void release_end(struct shim *r, struct slot *s);
/* Looks which shards have tasks that are done while their process lives, so that they may still
 * have to be undone, or tasks that ran on these; before release_keeps is asked. */
void release_look_kept(struct shim *r);
/* Has this one? `done`: only the former count. */
bool release_keeps(const struct shim *r, uint32_t shard, bool done);
/* Was the task at hand complete while its process worked, and is as it was then? */
bool release_was_complete(struct shim *r, struct slot *s);
/* Goes on with the checks of a task that is in another slot's process. */
void release_check(struct shim *r, struct slot *s);
/* A slot that checks the task, and nothing else; NULL: not now. */
struct slot *release_beside(struct shim *r, struct slot *s, struct member *m);
/* Looks at what is due; true: something was done. */
bool release_turn(struct shim *r, int64_t now);
int64_t release_at(const struct shim *r); /* when it has something to do; or NEVER */
int release_fd(const struct shim *r);     /* readable, if something is to be looked at; or -1 */

/* What is complete is looked at now: more of it may be done, or has to end with its process. */
void release_again(struct shim *r, struct slot *s);
/* A task more for a process that releases its tasks. */
void release_add(struct shim *r, struct slot *s, struct member *m);

/* --- fed.c --- */
/* Are its processes told of their tasks line by line? */
bool fed_family(const struct shim *r, const struct slot *s);
/* Can it be told of more? */
bool fed_takes_more(const struct slot *s);
/* Does something wait that would join it, were there room? */
bool fed_joins(const struct shim *r, const struct slot *s);
/* Its standard input, and the lines of its first tasks; those that cannot be told end. 0 or errno.
 */
int fed_prepare(struct shim *r, struct slot *s);
/* As spawn_task, behind fed_prepare. */
int fed_spawn(struct shim *r, struct slot *s);
/* What slot `w` was to make ready is: its process is told, unless it is too late. */
void fed_enter(struct shim *r, struct slot *w);
/* Its process has ended: is the task at hand to blame for what s->reason says? */
void fed_judge(struct shim *r, struct slot *s);

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
