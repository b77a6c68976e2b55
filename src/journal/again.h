/* What failed for good is tried again when its owner asks for that (wflc submit --again). The
 * request is the file state/again, replaced as a whole by each further one. It says up to where in
 * the journals failures are void: by epochs and bytes, so that no clock is asked and each failure
 * is made void once; what fails after the request stays failed. Readers of journals heed it by
 * themselves (journal.h).
 *
 *     wfl-again 1 NUMBER PLAN   the request's number, from 1 to 255 and on from 1; the plan's
 *                               identity, hexadecimal
 *     SHARD EPOCH BYTES         each shard that had failures: those of epochs before EPOCH, and
 *     ...                       within BYTES of EPOCH, are void
 *     end CRC                   of all lines before it, hexadecimal
 *
 * A head of a journal says which request its holder knew: a shard whose last one knew only earlier
 * ones, and in which something failed or is blocked, is worth to be taken. Shared by wflc and
 * wfl-shim, libc only. */
#ifndef JOURNAL_AGAIN_H
#define JOURNAL_AGAIN_H

#include "util/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct again_mark {
    uint32_t shard, epoch;
    uint64_t bytes;
};

struct again {
    uint8_t number;          /* 0: there is no request for this plan */
    struct again_mark *mark; /* by shard */
    uint32_t n;
};

/* Reads the request in `state_dir` that is about this plan. 0, also if there is none, or it is
 * damaged: then it has to be made again; or an errno value. */
int again_read(const char *state_dir, uint64_t plan_hash, struct again *a);
void again_free(struct again *a);
/* Is a failure void whose record begins at byte `at` of this journal? */
bool again_void(const struct again *a, uint32_t shard, uint32_t epoch, uint64_t at);
/* Is request `number` a later one than `other`? 0: no request. */
bool again_later(uint8_t number, uint8_t other);
/* Puts a request in force; it is on disk then. 0 or an errno value. */
int again_write(const char *state_dir, uint64_t plan_hash, const struct again *a);
/* Takes away a request that is about this plan; 0 or an errno value. */
int again_remove(const char *state_dir, uint64_t plan_hash);

#endif
