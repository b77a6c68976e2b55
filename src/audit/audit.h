/* Outputs against plan and record: which of what is done is lost or bad, what is there although it
 * is not done, and which files belong to no task. Nothing is written here. */
#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H

#include "plan/plan.h"
#include "state/status.h"

struct audit_how {
    bool deep;    /* make the checks of outputs, too, that read them; not those in containers */
    bool orphans; /* look for files that belong to no task */
    bool (*takes)(void *arg, uint32_t task); /* which tasks are looked at */
    void *arg;
};

enum audit_what {
    AUDIT_GOOD,
    AUDIT_MISSING,
    AUDIT_ABSENT, /* with its folder, which may be of a file system that is not mounted here */
    AUDIT_EMPTY,
    AUDIT_OTHER,   /* of another size or kind than is on record, or than it must have */
    AUDIT_BAD,     /* fails a check */
    AUDIT_UNKNOWN, /* it cannot be looked at, or its path or check not be told */
    AUDIT_CHECKPOINT,
};

/* Of a task, and of its first output (number in PLAN_FILES) of which that holds. */
struct audit_task {
    uint32_t task, file;
    enum audit_what what;
};

/* Initialise with {0}; free with audit_free. */
struct audit {
    uint32_t done, outputs; /* done tasks that were looked at, and their outputs */
    uint32_t left_out;      /* done tasks of shims at work */
    uint32_t unchecked;     /* outputs with checks that would run in a container */
    struct audit_task *lost;
    size_t nlost, cap_lost; /* done, and not good, by their numbers */
    uint32_t *found;
    size_t nfound, cap_found; /* not done, and all is there and good, by their numbers */
    struct buf orphan;        /* names, each with a NUL behind it, sorted */
    size_t norphans;
};

/* Looks from the working folder. */
void audit_look(const struct status *s, const struct audit_how *how, struct audit *a);
void audit_free(struct audit *a);

/* "out/1.fits is missing", appended. */
void audit_words(const struct status *s, const struct audit_task *t, struct buf *out);

/* orphans.c: fills a->orphan. */
void audit_orphans(const struct plan *p, struct audit *a);

/* adopt.c: puts on record that `n` tasks, ascending, are done, with their outputs as they are now.
 * Only shards that nobody has. Returns how many were put on record; *err becomes an errno value if
 * some could not be, other than that somebody took their shard. */
uint32_t audit_adopt(const struct status *s, const uint32_t *task, uint32_t n, int *err);

#endif
