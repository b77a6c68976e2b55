/* What tasks wrote to stdout and stderr: state/logs/HOLDER.log holds one frame for each
 * attempt that said something: a head of 32 bytes, then the text. The END record of the attempt
 * tells where, and the head of its journal who HOLDER is. One writer, which appends. libc only,
 * shared by wflc and wfl-shim. */
#ifndef STATE_LOG_H
#define STATE_LOG_H

#include "journal/journal.h"
#include "util/buf.h"

#include <stdint.h>

#define LOG_MAGIC 0x474c4657u /* "WFLG" */
#define LOG_KEEP (1u << 20)   /* bytes of an attempt's output that are kept */

struct log_frame {
    uint32_t magic;
    uint32_t task;
    uint16_t attempt, node;
    uint32_t length; /* of the text behind */
    uint32_t crc;    /* crc32 of the text */
    uint32_t pad;
    int64_t time_us; /* when the attempt ended */
};
_Static_assert(sizeof(struct log_frame) == 32, "the head of a frame is 32 bytes");

struct log;
/* The file was made with the lease, and is opened when something is added. */
struct log *log_open(const char *state_dir, const char *holder);
void log_close(struct log *l);
/* Appends a frame with `text`; gives where it starts. 0, or errno: nothing was appended. */
int log_add(struct log *l, const struct journal_rec *rec, const char *text, size_t n,
    uint64_t *offset);

/* Appends what an attempt wrote to its spool file, at most LOG_KEEP bytes: of more, the beginning
 * and the end with a line between them that says so. Empties the spool. 0 or errno. */
int log_take_spool(int spool, struct buf *text);
/* While an attempt runs: gives the disk back what log_take_spool would leave out of a large
 * spool, where the file system can. */
void log_trim_spool(int spool);

/* Appends the text of the frame that `rec`, an END in a journal of this holder, speaks of. 0 or
 * errno; EBADMSG: there is no such frame (any more). */
int log_read(const char *state_dir, const char *holder, const struct journal_rec *rec,
    struct buf *text);

#endif
