/* The record of what was submitted: state/submitted, a file that is only appended to, one line for
 * each thing that happened, with a checksum. The intent to submit is on disk before the scheduler
 * is asked, and names of jobs are never used twice: whatever is killed when, the next one can ask
 * the scheduler by name what became of an intent.
 *
 *     TIME WORD NAME ID DONE PLAN TEXT CRC      with tabs between; "-": nothing
 *
 * TIME is in seconds since 1970, DONE the number of tasks that were done then, PLAN the identity of
 * the plan in hexadecimal, CRC that of the line before it. A torn or damaged line does not count.
 */
#ifndef SUBMIT_RECORD_H
#define SUBMIT_RECORD_H

#include "util/arena.h"
#include "util/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* clang-format off */
#define RECORD_WORDS(X)                                                                            \
    X(TAG, "tag")         /* NAME: what is in the names of all jobs of this folder */              \
    X(INTENT, "intent")   /* a job of this name is going to be submitted */                        \
    X(JOB, "job")         /* the scheduler took it, as ID; also: shows it, whatever was told before */ \
    X(REFUSED, "refused") /* it did not; TEXT: what it said */                                     \
    X(VOID, "void")       /* the scheduler knows nothing of it: it never got it */                 \
    X(CANCEL, "cancel")   /* it was asked to end it */                                             \
    X(DOUBT, "doubt")     /* it gave no clear answer to an intent; TEXT: what it said */           \
    X(ENDED, "ended") /* it is not in the queue any more; TEXT: its last state, if it is known */  \
    X(AGAIN, "again") /* somebody wants jobs although those before were of no use */
/* clang-format on */

enum record_word {
#define X(id, text) RECORD_##id,
    RECORD_WORDS(X)
#undef X
};

struct record_job {
    const char *name, *id, *text; /* "" until it is known */
    enum record_word is;          /* INTENT, JOB, REFUSED, VOID, ENDED: the last of these */
    bool cancelled;
    bool doubted;                     /* the scheduler gave no clear answer to its intent */
    int64_t intent_s, job_s, end_s;   /* 0: not yet */
    uint32_t done_before, done_after; /* tasks, at the intent and at the end */
    uint64_t plan;                    /* its identity at the intent */
    bool again_after;                 /* somebody wanted more jobs after this one */
};

struct record {
    struct record_job *job;
    size_t n, cap;
    const char *tag;  /* "" in a record without lines */
    unsigned number;  /* of the last job */
    unsigned damaged; /* lines */
    int fd;           /* open for appending and locked; -1: only read */
    char *path;
    struct arena arena;
};

/* Reads state_dir/submitted; no file is an empty record. With `write` it is made if needed and
 * locked: who comes second waits, up to `patience_s`. NULL, and a sentence in `why`, if that fails.
 */
struct record *record_open(const char *state_dir, bool write, unsigned patience_s, struct buf *why);
void record_free(struct record *r); /* ends the lock; NULL is fine */

/* Appends a line about job `i` (of an INTENT: a new job, whose name is `name`; of AGAIN: none) and
 * has it on disk; a record that is only read learns it for itself. `id` and `text` may be NULL. 0
 * or an errno value. */
struct record_line {
    enum record_word word;
    size_t i;
    const char *name, *id, *text;
    uint32_t done;
    uint64_t plan;
    int64_t now_s;
};
int record_add(struct record *r, const struct record_line *l);

/* The job of this name, or id; NULL: none. Not to be kept: adding lines moves jobs. */
struct record_job *record_named(const struct record *r, const char *name);
struct record_job *record_with_id(const struct record *r, const char *id);

/* The name of a job that was not submitted by wflc: this, and its id. */
#define RECORD_BY_HAND "by hand "
bool record_by_hand(const struct record_job *j);

/* The tail of the next job's name: "-" TAG "-" NUMBER. */
void record_tail(const struct record *r, struct buf *tail);

/* How many of the last jobs in a row, of this plan, ended without a single task being done from
 * their submission to their end. Cancelled ones do not count. */
unsigned record_fruitless(const struct record *r, uint64_t plan);
/* How many of the last ones in a row the scheduler neither took nor refused, as far as could be
 * found out. */
unsigned record_doubtful(const struct record *r, uint64_t plan);

#endif
