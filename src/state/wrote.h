/* What a task wrote, as its record has it (struct journal_output) and as it is now, made
 * comparable; private to src/report. The shim compares in the same way when it takes a shard. */
#ifndef STATE_WROTE_H
#define STATE_WROTE_H

#include "journal/journal.h"
#include "plan/plan.h"

/* The outputs of a task, summed up: the same sums, the same outputs. 0: nothing is known. */
struct wrote {
    uint64_t rough; /* what they are, and how large, but for those that may be absent */
    uint64_t exact; /* of all of them, and when they were written, too */
};

/* Adds output number `i` of family `f`. */
void wrote_add(struct wrote *w, const struct plan *p, const struct plan_family *f, uint32_t i,
    const struct journal_file *file, enum journal_type type);
/* Adds what a record says of outputs of family `f`; that of the first one begins anew. */
void wrote_record(struct wrote *w, const struct plan *p, const struct plan_family *f,
    const struct journal_output *o);
/* Half of a sum, for tables of all tasks: 0, if it is 0. */
uint32_t wrote_half(uint64_t sum);

/* What is at `path`, relative to folder `dirfd`. JOURNAL_ABSENT: nothing that could be an output.
 * 0, or an errno value other than ENOENT and ENOTDIR: it cannot be told. */
int wrote_look(int dirfd, const char *path, struct journal_file *file, enum journal_type *type);

/* Is the folder of what is missing at `path` not there? Nothing tells one that was removed from one
 * of a file system that is not mounted here, or that other hosts alone have: so its files are not
 * taken for lost. Nor are those of a folder that is empty and not ours, as where nothing is
 * mounted. `folder` becomes its name. */
bool wrote_folder_absent(int dirfd, const char *path, struct buf *folder);

/* Is an output good that is there and empty? */
bool wrote_may_be_empty(const struct plan *p, const struct plan_file *f);

#endif
