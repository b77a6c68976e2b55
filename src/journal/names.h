/* Names of journals and leases; private to src/journal. */
#ifndef JOURNAL_NAMES_H
#define JOURNAL_NAMES_H

#include "util/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* SSSS.eEEEE, appended. */
void journal_name(struct buf *b, uint32_t shard, uint32_t epoch);
/* The inverse. Only what journal_name makes is accepted, so that no two files are one journal; and
 * no epoch after JOURNAL_EPOCHS, so that there is always a next one to take. */
bool journal_name_parse(const char *s, uint32_t *shard, uint32_t *epoch);

#endif
