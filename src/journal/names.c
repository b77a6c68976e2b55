#include "config.h"

#include "journal/names.h"

#include "journal/journal.h"
#include "journal/paths.h"
#include "util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "journals and plans are little-endian and used in place"
#endif

const char *
journal_reason_name(enum journal_reason r)
{
    static const char *const name[] = {
#define X(id, text) text,
        JOURNAL_REASONS(X)
#undef X
    };
    return (size_t)r < sizeof name / sizeof *name ? name[r] : "?";
}

const char *
journal_flaw_name(enum journal_flaw f)
{
    static const char *const name[] = {
#define X(id, text) text,
        JOURNAL_FLAWS(X)
#undef X
    };
    return name[(size_t)f < sizeof name / sizeof *name ? f : FLAW_UNKNOWN];
}

const char *
journal_idle_name(enum journal_idle i)
{
    static const char *const name[] = {
#define X(id, text) text,
        JOURNAL_IDLES(X)
#undef X
    };
    return (unsigned)i < JOURNAL_NIDLES ? name[i] : "?";
}

bool
journal_flaw_passes(enum journal_flaw f)
{
    return f == FLAW_MISSING || f == FLAW_EMPTY || f == FLAW_SIZE || f == FLAW_FITS ||
           f == FLAW_GZIP || f == FLAW_COMMAND;
}

bool
journal_reason_of_file(enum journal_reason r)
{
    return r == REASON_OUTPUT || r == REASON_INPUT;
}

bool
journal_reason_charged(enum journal_reason r)
{
    switch (r) {
    case REASON_WALLTIME:
    case REASON_NODE:
    case REASON_LOST:
    case REASON_CANCELLED:
    case REASON_GONE:
    case REASON_REDO:
        return false;
    default:
        return true;
    }
}

bool
journal_reason_undoes(enum journal_reason r)
{
    return r == REASON_GONE || r == REASON_REDO;
}

bool
journal_charged(const struct journal_rec *end)
{
    return (journal_reason_charged((enum journal_reason)end->reason) &&
               !(end->flags & JOURNAL_SPARED)) ||
           (end->reason == REASON_LOST && end->flags & JOURNAL_ALONE);
}

struct journal_rec
journal_carried(const struct journal_rec *rec, uint32_t task)
{
    struct journal_rec r = *rec;
    if (rec->kind == JOURNAL_START)
        r = (struct journal_rec){.kind = JOURNAL_END,
            .reason = REASON_LOST,
            .attempt = rec->attempt,
            .time_us = rec->time_us};
    r.task = task;
    r.log_off = 0;
    r.log_len = 0;
    if (r.reason != REASON_OK)
        r.flags &= (uint8_t) ~(JOURNAL_FINAL | JOURNAL_VOID);
    r.flags |= JOURNAL_CARRIED;
    return r;
}

void
journal_name(struct buf *b, uint32_t shard, uint32_t epoch)
{
    buf_printf(b, "%04u.e%04u", shard, epoch);
}

void
state_log_path(struct buf *b, const char *state_dir, const char *holder)
{
    buf_printf(b, "%s/" STATE_LOGS "/%s.log", state_dir, holder);
}

void
journal_path(const char *state_dir, uint32_t shard, uint32_t epoch, struct buf *path)
{
    buf_printf(path, "%s/" STATE_JOURNAL "/", state_dir);
    journal_name(path, shard, epoch);
}

int
names_read(const char *state_dir, const char *name, size_t most, struct buf *out)
{
    struct buf path = {0};
    buf_printf(&path, "%s/%s", state_dir, name);
    int dir = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int err = dir < 0 ? errno : file_read_most(path.p, most, out);
    if (dir >= 0)
        close(dir);
    buf_free(&path);
    return err == FILE_ODD || err == EISDIR || err == EFBIG ? EINVAL : err;
}

const char *
names_number(const char *s, uint32_t *out)
{
    uint64_t v = 0;
    int digits = 0;
    for (; *s >= '0' && *s <= '9'; s++) {
        v = v * 10 + (uint64_t)(*s - '0');
        if (++digits > 10 || v > UINT32_MAX)
            return NULL;
    }
    if (digits < 4 || (digits > 4 && s[-digits] == '0'))
        return NULL;
    *out = (uint32_t)v;
    return s;
}

bool
journal_name_parse(const char *s, uint32_t *shard, uint32_t *epoch)
{
    s = names_number(s, shard);
    if (!s || s[0] != '.' || s[1] != 'e')
        return false;
    s = names_number(s + 2, epoch);
    return s && !*s && *epoch > 0 && *epoch <= JOURNAL_EPOCHS;
}

bool
take_number(const char **s, int base, uint64_t most, char end, uint64_t *n)
{
    char *behind;
    if (!((**s >= '0' && **s <= '9') || (base == 16 && **s >= 'a' && **s <= 'f')))
        return false;
    errno = 0;
    *n = strtoull(*s, &behind, base);
    if (errno || *n > most || *behind != end)
        return false;
    *s = behind + 1;
    return true;
}

bool
take_word(const char **s, const char *word)
{
    size_t n = strlen(word);
    if (strncmp(*s, word, n) != 0)
        return false;
    *s += n;
    return true;
}

/* To open the folder has NFS ask its server. */
bool
folder_changed(const char *state_dir, const char *name, struct folder_mark *m)
{
    struct buf path = {0};
    struct stat st;
    buf_printf(&path, "%s/%s", state_dir, name);
    int fd = open(path.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    buf_free(&path);
    bool there = fd >= 0 && fstat(fd, &st) == 0;
    if (fd >= 0)
        close(fd);
    if (!there ||
        (m->dev == st.st_dev && m->ino == st.st_ino && m->mtime.tv_sec == st.st_mtim.tv_sec &&
            m->mtime.tv_nsec == st.st_mtim.tv_nsec))
        return false;
    *m = (struct folder_mark){st.st_dev, st.st_ino, st.st_mtim};
    return true;
}
