/* The next plan, while shims work by one (wflc build): how they are told, how it comes in force in
 * one step, and which tasks run meanwhile. All of it is below state/next, by a number N that counts
 * changes, from 1 on, decimal as %04u prints it.
 *
 *   N          the notice: "wfl-next 1 FROM TO BUILDER", the identities of both plans, hexadecimal,
 *              and the holder of the builder's lease
 *   N.HOLDER   what a shim says to it: NEXT_READY VERSION (it starts nothing more and will take no
 *              shard by this plan, unless the change is void; all it started is on file),
 *              NEXT_BEGINS VERSION (it has not looked at the plan so far), NEXT_ALONE (it runs the
 *              plan on its machine alone), or another line: why it cannot
 *   N.tasks    those of plans before that run when the change is decided, see below
 *   N.new/     the plan, and journals of it with what is carried over; until all of it is in place
 *   N.end      what was decided: "done" or "void". Who is first decides, for all and for good
 *
 * The builder decides "done" when all is there that is needed, and everybody answered. Anybody may
 * decide "void" when the builder is dead. What follows from "done" anybody can do, and does: each
 * file of N.new is renamed to its place, the plan last, and only once. Files are complete when they
 * have their names. Shared by wflc and wfl-shim, libc only. */
#ifndef JOURNAL_NEXT_H
#define JOURNAL_NEXT_H

#include "journal/lease.h"
#include "util/buf.h"

#include <stdbool.h>
#include <stdint.h>

#define NEXT_READY "ready"
#define NEXT_BEGINS "begins"
#define NEXT_ALONE "alone"
enum { NEXT_TEXT = 200 }; /* of what a shim says, with a NUL */

enum next_state { NEXT_NONE, NEXT_OPEN, NEXT_VOID, NEXT_DONE };

struct next {
    uint32_t number; /* 0: there was no change so far */
    enum next_state state;
    uint64_t from, to;
    char builder[HOLDER_SIZE];
};

/* The last change, whatever became of it. 0 or an errno value; EINVAL: its notice is damaged. */
int next_last(const char *state_dir, struct next *x);
/* Number x->number likewise; ENOENT: there is none. */
int next_read(const char *state_dir, struct next *x);
/* One more change, of which from, to and builder are set: shims are told. 0 or errno. */
int next_open(const char *state_dir, struct next *x);
/* What a shim says; once. 0 or errno. */
int next_answer(const char *state_dir, uint32_t number, const char *holder, const char *text);
/* What it said; false: nothing. */
bool next_answered(const char *state_dir, uint32_t number, const char *holder,
    char text[NEXT_TEXT]);
/* Decides; x->state becomes what was decided, which may be the other. 0 or errno: not known. */
int next_decide(const char *state_dir, struct next *x, bool done);
/* Of one that is done: everything gets to its place, the plan to `plan`; of no effect if it is
 * there. 0 or errno. */
int next_finish(const char *plan, const char *state_dir, const struct next *x);
/* As last, but one that nobody will decide any more is void: the state is NEXT_OPEN only if the
 * builder may live. */
int next_void(const char *state_dir, struct lease *own, struct next *x);
/* The same; and one that is done is finished. */
int next_settle(const char *plan, const char *state_dir, struct lease *own, struct next *x);

/* The folder of what is not in place yet; appended. It stands for a state folder, and has the plan
 * as NEXT_PLAN. */
#define NEXT_PLAN "plan"
void next_folder(const char *state_dir, uint32_t number, struct buf *path);
/* Removes what nobody needs of a change that is void. */
void next_clear(const char *state_dir, const struct next *x);

/* --- tasks that run by plans before --- */

struct next_task {
    uint32_t task;         /* of the new plan: it is not to be started yet; PLAN_NONE (UINT32_MAX):
                              none waits for it */
    bool same;             /* it is done if that one is done */
    bool late;             /* what that one says holds when its shard is closed, not before */
    uint32_t shard, epoch; /* the journal that tells of it */
    uint32_t was;          /* its number there */
    char holder[HOLDER_SIZE];
    uint64_t plan; /* of that journal: `from`, or one before it */
};

struct next_tasks {
    uint64_t from, to; /* plans */
    struct next_task *task;
    uint32_t n, cap;
};

void next_add_task(struct next_tasks *t, const struct next_task *task);
int next_write_tasks(const char *state_dir, uint32_t number, const struct next_tasks *t);
/* Those of the last change that is done, if it was to plan `to`; else none. 0 or errno; EINVAL: the
 * file is damaged. */
int next_read_tasks(const char *state_dir, uint64_t to, struct next_tasks *t);
/* They are of no interest any more, as another plan came in force otherwise. */
int next_drop_tasks(const char *state_dir);
void next_free_tasks(struct next_tasks *t);

#endif
