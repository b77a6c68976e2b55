/* Shards that somebody wants for himself for a while: wflc redo, to have what shims hold made
 * again. As long as he may be alive, shims start no more tasks of these, give them back when
 * nothing of them runs, and take none of them. The file state/wanted is replaced as a whole, and
 * removed when he has them all, and is done:
 *
 *     wfl-wanted 1 HOLDER PLAN   PLAN: its identity, hexadecimal
 *     SHARD                      each of them, ascending
 *     ...
 *     end CRC                    of all lines before it, hexadecimal
 *
 * Shared by wflc and wfl-shim, libc only. */
#ifndef JOURNAL_WANTED_H
#define JOURNAL_WANTED_H

#include "journal/lease.h"

#include <stdbool.h>
#include <stdint.h>

/* Who wants what: `shard` has nshards entries, which are set. *holder is "" if nobody does who may
 * be alive, or the file is damaged. 0, or an errno value: that cannot be told. */
int wanted_read(const char *state_dir, uint64_t plan_hash, bool *shard, uint32_t nshards,
    char holder[HOLDER_SIZE]);
/* 0 or an errno value. */
int wanted_write(const char *state_dir, uint64_t plan_hash, const char *holder, const bool *shard,
    uint32_t nshards);
void wanted_remove(const char *state_dir);

#endif
