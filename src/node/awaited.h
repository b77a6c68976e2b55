/* Files that tasks wait for: which of them have come. Many tasks may wait for files of one folder,
 * and of folders that are not there themselves: what is looked at is the last folder of a path that
 * is there, once for all of them, and only if that changed are the files in it. A folder in which
 * nothing changes is looked at less and less often. libc only. */
#ifndef NODE_AWAITED_H
#define NODE_AWAITED_H

#include <stdbool.h>
#include <stdint.h>

enum {
    AWAITED_SOONEST_MS = 1000, /* after something came into a folder it is looked at again */
    AWAITED_LATEST_MS =
        60000, /* and twice as long after each look that found nothing, up to this */
};

struct awaited;
struct awaited *awaited_new(void);
void awaited_free(struct awaited *a); /* NULL is fine */

/* The task waits for the file, which is not there, or not good as it is now: until it is another
 * one. */
void awaited_add(struct awaited *a, uint32_t task, const char *path, int64_t now);
/* Looks at what is due; `all`: at everything. The next task for which a file has come, which does
 * not wait any more; false: there is none. */
bool awaited_next(struct awaited *a, int64_t now, bool all, uint32_t *task);
/* The path that one of them waits for, borrowed; NULL: none waits. */
const char *awaited_one(const struct awaited *a);
uint32_t awaited_count(const struct awaited *a);
/* How often the file system was asked about a folder or a file so far. */
uint64_t awaited_asked(const struct awaited *a);

#endif
