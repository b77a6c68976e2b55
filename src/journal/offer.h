/* Shards that a node offers to others: it gave them back with tasks that failed there, which are to
 * be tried on another node. An offer is an empty file state/elsewhere/SSSS.eEEEE, named as the
 * journal that was closed. It only saves looking at all journals: who finds the shard taken, or
 * finished, removes it, and where none can be made, the closed journal tells the same. libc only.
 */
#ifndef JOURNAL_OFFER_H
#define JOURNAL_OFFER_H

#include <stdbool.h>
#include <stdint.h>

void offer_make(const char *state_dir, uint32_t shard, uint32_t epoch);
void offer_end(const char *state_dir, uint32_t shard, uint32_t epoch);

struct offer {
    uint32_t shard, epoch;
};
/* Some of them, at most `most`, in no order. */
unsigned offers_list(const char *state_dir, struct offer *out, unsigned most);

#endif
