/* What tasks read and write: is it there, is it good, is it on the disk? */
#ifndef RUNTIME_FILES_H
#define RUNTIME_FILES_H

#include "journal/journal.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct hold;
struct shim;
struct slot;

/* --- files.c, checks.c --- */
/* All of these are about the task at hand of the slot. */
enum progress {
    PROGRESS_GOOD,
    PROGRESS_BAD,   /* s->reason is set */
    PROGRESS_CHILD, /* a process checks: come again when it ended well (s->check is past it) */
    PROGRESS_LATER, /* trouble_met was told why: come again at r->trouble.until */
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
/* Those of a task whose temporary names have this tag. */
void files_remove_temporary(struct shim *r, uint32_t task, const char *tag);

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
    FINDING_BEGUN, /* an attempt may have left a checkpoint: how much is left is to be asked */
    FINDING_LATE,  /* it waits for inputs, which are to be looked at */
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
/* Have tasks of the family checks that a process makes? */
bool found_checks_content(const struct shim *r, uint32_t family);
/* What stood where its outputs without temporary names go, as a START tells it; 0: nothing. */
uint64_t found_before(struct shim *r, uint32_t task);
/* What stands under the names of the task's outputs is renamed, so that nothing is written over it.
 */
void found_keep(struct shim *r, uint32_t task);
/* The attempt of the epoch with this tag was lost: its temporary files go; what else it wrote is
 * put aside. `published`: its outputs may have got their names; `before`: see found_before, then.
 */
void found_discard(struct shim *r, uint32_t task, const char *tag, bool published, uint64_t before);
/* Goes on with the checks of outputs that stand under their names: GOOD: the task is done. BAD:
 * they were put aside. */
enum progress found_check(struct shim *r, struct slot *s);

/* --- left.c --- */
/* May the task, which does not run, have been begun, so that what is left of it is to be asked
 * before it starts? Its family says how, and the job has an end. */
bool left_matters(const struct shim *r, uint32_t task);
/* It is, from now on: a task that is away, delayed or waits. */
void left_keep(struct shim *r, uint32_t task);
/* GOOD: so little is left of the task at hand that it ends in time, or nobody knows. BAD: it does
 * not; s->reason is set. CHILD: a process was asked. */
enum progress left_look(struct shim *r, struct slot *s);
/* That process has ended; `cut`: it took too long. */
void left_told(struct shim *r, struct slot *s, bool cut);

/* --- late.c --- */
void late_open(struct shim *r);
void late_close(struct shim *r);
/* The task is about to start: has it inputs that it waits for? They are looked at first, then. */
void late_keep(struct shim *r, uint32_t task);
/* GOOD: those of the task at hand are there, or it is to fail without them. BAD: they are not, and
 * it waits; s->reason is set. CHILD: a process checks one. */
enum progress late_look(struct shim *r, struct slot *s);
/* It waits, from now on. */
void late_wait(struct shim *r, struct slot *s);
/* Tasks whose inputs have come may start; `last`: all are looked at, for we are about to leave.
 * True: there are some. */
bool late_tick(struct shim *r, int64_t now, bool last);
/* How many wait, and the path that one of them waits for, borrowed. */
uint32_t late_count(const struct shim *r, const char **path);

/* --- safe.c --- */
void safe_open(struct shim *r);
void safe_close(struct shim *r);
/* An attempt ended well: it is recorded when its outputs are on the disk, and when all that ended
 * before it is recorded. */
void safe_end(struct shim *r, struct journal_rec end);
/* What is done, by a record or by an END that waits, is not any more: recorded now. */
void safe_take_back(struct shim *r, uint32_t task);
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

#endif
