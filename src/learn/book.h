/* How long tasks take, learned from the record: of each family the ratio of measured to stated time
 * as a sketch, of tasks without a stated time the seconds; and the same by the columns that the
 * campaign names (`learn time by`). Shim, status and planner keep the same book. libc only.
 *
 * - What counts is the wall time of attempts, by the clock of the shim that ran them, which never
 *   jumps. One that ended well is over, and so is one that its limit ended: nothing takes longer.
 *   Of all others (the job's end, a failure, what still runs) it is known that they take more.
 *   But a few of which nothing is known but that they take far more than all that ended may hang,
 *   and are not taken for what tasks take.
 * - What goes on from a checkpoint is not over when its last attempt is: that is a part of it.
 * - As long as less than BOOK_ENOUGH tasks of a kind have ended, it is as if the rest of them had
 *   taken just what is stated; tasks of which nothing is stated are of unknown time until then. */
#ifndef LEARN_BOOK_H
#define LEARN_BOOK_H

#include "cost/ratios.h"
#include "journal/journal.h"
#include "plan/plan.h"
#include "util/sketch.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    BOOK_ENOUGH = 20, /* ends, to believe what was measured */
    BOOK_STRAY = 4,   /* so many of a kind that hang are not taken for what it takes */
    BOOK_BEYOND = 2,  /* times the longest that was tried: what is stated to take more may differ */
    BOOK_MOST = 1024  /* kinds: later ones are learned of with their family only */
};

struct book;
struct book *book_new(const struct plan *p); /* p is borrowed */
void book_free(struct book *b);
const struct plan *book_plan(const struct book *b);

/* What is counted of an attempt that runs; at first all is 0. */
struct book_mark {
    uint32_t entry[2]; /* + 1 */
    uint32_t bin;
};

/* The task has run for so long, and is not over. */
void book_runs(struct book *b, uint32_t task, double seconds, struct book_mark *m);
/* An attempt ended, as the record has it; `m` (or NULL) is what book_runs counted of it, and is
 * taken back. */
void book_end(struct book *b, const struct journal_rec *end, struct book_mark *m);
/* The end was in an earlier run, which has counted it: all that follows from it is for later
 * attempts.
 */
void book_ended_before(struct book *b, const struct journal_rec *end);
/* A process of the family ended well, or used more memory than is stated: it used so many times
 * that.
 */
void book_memory(struct book *b, uint32_t family, double ratio);

struct book_time {
    double expected; /* seconds, the median; 0: not known */
    double mean;
    double sure; /* 95 of 100 take no longer */
    /* enough have ended, half of all by `expected`, and some that are stated to take half as long,
     * or longer */
    bool firm;
};
/* Of a task for which `stated` seconds are stated, 0: none. */
struct book_time book_time(struct book *b, uint32_t family, uint32_t key, double stated);
/* Of the memory of how many processes of the family something is known, and what 95 of 100 did not
 * exceed, in the ratio to what is stated. */
uint32_t book_memory_of(struct book *b, uint32_t family, double *ratio);
/* All of it, for what is expected here. */
void book_ratios(struct book *b, struct ratios *k);
/* Changes with what is known. */
uint64_t book_version(const struct book *b);

/* What was measured of a family, or of a key of it, for people. */
struct book_said {
    uint32_t family, key;
    uint32_t task; /* one of them, by which the key can be told; PLAN_NONE: not known */
    uint32_t ended;
    bool absolute; /* seconds: nothing is stated. Else ratios to what is stated */
    double median, p95;
    bool known; /* p95: it follows from what has ended */
};
/* By family and key; the caller frees the list. */
struct book_said *book_say(struct book *b, uint32_t *n);

/* --- to share it --- */
/* Ends that are in it, and those of them that were added since book_shared. */
uint64_t book_ends(const struct book *b);
uint64_t book_fresh(const struct book *b);
/* The same of a family alone, as far as they were seen to their end: of the one at *i (at first 0),
 * which goes on. False: there are no more. */
bool book_family(const struct book *b, uint32_t *i, uint64_t *ends, uint64_t *fresh);
/* All of it as bytes, appended. */
void book_write(const struct book *b, struct buf *out);
/* Bytes of a book_write: with what was added here since book_shared they are all that is known from
 * now on. Anything may be in them: what is no book, or one of another plan, is as an empty one. */
enum book_kind { BOOK_GOOD, BOOK_OTHER, BOOK_NONE };
enum book_kind book_read(struct book *b, const void *p, size_t n);
/* What is in it now is in a file that others read. */
void book_shared(struct book *b);

#endif
