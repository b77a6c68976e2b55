/* Names of journals, leases and orders, files of the state folder as a whole, and what stands in
 * them; for those who read such files. */
#ifndef JOURNAL_NAMES_H
#define JOURNAL_NAMES_H

#include "util/buf.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/* SSSS.eEEEE, appended. */
void journal_name(struct buf *b, uint32_t shard, uint32_t epoch);
/* The inverse. Only what journal_name makes is accepted, so that no two files are one journal; and
 * no epoch after JOURNAL_EPOCHS, so that there is always a next one to take. */
bool journal_name_parse(const char *s, uint32_t *shard, uint32_t *epoch);

/* A file of the state folder as a whole, appended. The folder is opened first: over NFS that asks
 * the server for what is in it. 0 or an errno value; EINVAL: it cannot be one of ours, as it is no
 * regular file, or has more than `most` bytes. */
int names_read(const char *state_dir, const char *name, size_t most, struct buf *out);

/* What a folder of the state folder looked like. */
struct folder_mark {
    dev_t dev;
    ino_t ino;
    struct timespec mtime;
};
/* Has it changed since the mark, which is brought up to date? What came at the same moment as
 * something that was seen may be missed, as far as the file system tells moments apart: look once
 * more some time later. */
bool folder_changed(const char *state_dir, const char *name, struct folder_mark *m);

/* A number as %04u prints it, and what is behind it; NULL: there is none. */
const char *names_number(const char *s, uint32_t *out);
/* A number without sign, up to `most`, and the one byte behind it; false: that is not what stands
 * there. */
bool take_number(const char **s, int base, uint64_t most, char end, uint64_t *n);
bool take_word(const char **s, const char *word);

#endif
