/* What `wflc redo` put on record: tasks that were done or had failed are to be made again. What a
 * shim learned before of such tasks, and of those that run on them, does not hold any more. And
 * which shards it wants for itself to do that (journal/wanted.h). */
#ifndef NODE_REDONE_H
#define NODE_REDONE_H

#include "journal/journal.h"
#include "plan/plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct redone;

/* Both are borrowed. */
struct redone *redone_new(const char *state_dir, const struct plan *p);
void redone_free(struct redone *k);

/* A record of a shard that is being taken. */
void redone_learn(struct redone *k, const struct journal_head *head, const struct journal_rec *rec);
/* Has there been a redo in the record of which nothing was known before? Asked once. */
bool redone_news(struct redone *k);
/* Tasks of that shard whose outputs a redo was to put into quarantine, and did not live to; from
 * then on they are not told again. Borrowed until more is learned. */
const uint32_t *redone_left(struct redone *k, size_t *n);

/* Looks who wants what, if it is time for that. True: something is not wanted any more. */
bool redone_look(struct redone *k, int64_t now);
/* Does somebody want this shard; or did he until that look? */
bool redone_wants(const struct redone *k, uint32_t shard);
bool redone_wanted(const struct redone *k, uint32_t shard);
/* Is it worth while to stay, as there may be something to do when he has done? */
bool redone_keeps(const struct redone *k, int64_t now);

#endif
