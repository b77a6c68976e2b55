/* Outputs of done tasks that are not there any more, or not as they were left. What is found goes
 * on record at once, so that every reader knows: the next epoch of a shard that was closed, and
 * that nobody has, says that these tasks are gone; and is closed again. Shards of shims at work are
 * not looked at. */
#ifndef REPORT_LOST_H
#define REPORT_LOST_H

#include "state/status.h"

/* How much is looked at. */
struct lost_how {
    const char *work;  /* the folder where the tasks' paths start; NULL: not known */
    uint32_t most;     /* outputs, spread over all; 0: all of them */
    unsigned least_ms; /* after that time no more are; 0: it may take as long as it does */
    bool absent;       /* what was in folders that are not there counts, too */
    bool write;        /* put on record what is found */
    /* told before so many are looked at that it takes a while; or NULL */
    void (*slow)(uint64_t outputs);
};

/* What was found. Initialise with {0}; free with lost_free. */
struct lost {
    uint64_t outputs, looked;   /* of done tasks whose shards nobody has; how many were looked at */
    uint32_t done;              /* these tasks */
    uint32_t *task;             /* that lost outputs, ascending: */
    uint32_t n, written;        /* how many; of them put on record */
    struct buf example;         /* of the first: "out/002.txt of sim[v=2] is not there" */
    uint32_t nabsent, nfolders; /* tasks with outputs in folders that are not there, and these
                                   folders; they are not in `task` */
    struct buf folder;          /* one of them */
    uint32_t nunknown;          /* tasks with outputs that cannot be looked at: */
    struct buf unknown;         /* "PATH: why" of one */
    int err;                    /* why not all of it could be written */
};
void lost_free(struct lost *l);

/* Looks at the outputs of what `*s` (of status_read) says is done, and puts on record what is lost.
 * Then
 * `*s` is read again, and what could not be put on record is ready there all the same. False, and a
 * sentence in `why`: it could not be read again; *s is NULL then. */
bool lost_look(struct status **s, const struct lost_how *how, struct lost *l, struct buf *why);

/* Whole lines for people; nothing, if there is nothing to tell. `dir` is how people name the
 * folder. */
void lost_text(const struct lost *l, const char *dir, struct buf *out);

#endif
