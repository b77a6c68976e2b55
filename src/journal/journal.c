#include "config.h"

#include "journal/journal.h"

#include "journal/names.h"
#include "journal/paths.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/hash.h"
#include "util/list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct journal {
    int fd;
    uint32_t epoch;
    uint64_t good; /* bytes of the file that are whole records */
    bool torn;     /* there may be something behind them */
    struct journal_rec *rec;
    size_t n, cap;
};

static void
push(struct journal *j, const void *rec)
{
    ARRAY_GROW(j->rec, j->n, j->cap);
    struct journal_rec *r = &j->rec[j->n++];
    memcpy(r, rec, sizeof *r);
    r->crc = crc32_update(0, (const char *)r + sizeof r->crc, sizeof *r - sizeof r->crc);
}

static void
add_head(struct journal *j, uint32_t shard, uint64_t fence, uint64_t plan_hash, const char *holder,
    bool afresh, uint8_t again)
{
    struct journal_head h = {.kind = JOURNAL_HEAD,
        .version = JOURNAL_VERSION,
        .afresh = afresh,
        .again = again,
        .plan_hash = plan_hash,
        .shard = shard,
        .epoch = j->epoch,
        .time_us = now_us(),
        .fence = fence};
    memcpy(h.holder, holder, strnlen(holder, sizeof h.holder - 1));
    push(j, &h);
}

/* The file gets its name when its head is in it; to link is to take the name exclusively. Where
 * there are no links, it is created under its name at once. */
static int
create_file(int dir, struct journal *j, const char *temporary, const char *name)
{
    j->fd = openat(dir, temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    int err = j->fd < 0 ? errno : journal_flush(j);
    if (!err && linkat(dir, temporary, dir, name, 0) != 0) {
        struct stat st;
        err = errno;
        /* over NFS the answer may get lost, and the second try finds what the first one did */
        if (err == EEXIST && fstat(j->fd, &st) == 0 && st.st_nlink == 2)
            err = 0;
    }
    if (j->fd >= 0)
        unlinkat(dir, temporary, 0);
    if (err != EPERM && err != ENOTSUP && err != ENOSYS)
        return err;
    struct journal_rec head;
    if (pread(j->fd, &head, sizeof head, 0) != (ssize_t)sizeof head)
        return EIO;
    close(j->fd);
    j->good = 0;
    j->fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (j->fd < 0)
        return errno;
    push(j, &head);
    return journal_flush(j);
}

struct journal *
journal_create(const char *state_dir, uint32_t shard, uint32_t last, uint64_t fence,
    uint64_t plan_hash, const char *holder, bool afresh, uint8_t again, int *err)
{
    struct journal *j = xcalloc(1, sizeof *j);
    j->fd = -1;
    struct buf path = {0}, name = {0}, temporary = {0};
    buf_printf(&path, "%s/" STATE_JOURNAL, state_dir);
    int dir = -1;
    *err = last >= JOURNAL_EPOCHS ? EOVERFLOW : dir_make(path.p);
    if (!*err) {
        dir = open(path.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        *err = dir < 0 ? errno : 0;
    }
    if (!*err) {
        j->epoch = last + 1;
        journal_name(&name, shard, j->epoch);
        buf_printf(&temporary, ".%s.%s", name.p, holder);
        add_head(j, shard, fence, plan_hash, holder, afresh, again);
        *err = create_file(dir, j, temporary.p, name.p);
    }
    if (dir >= 0)
        close(dir);
    buf_free(&path);
    buf_free(&name);
    buf_free(&temporary);
    if (*err) {
        journal_close(j);
        return NULL;
    }
    return j;
}

uint32_t
journal_epoch(const struct journal *j)
{
    return j->epoch;
}

void
journal_add(struct journal *j, struct journal_rec rec)
{
    push(j, &rec);
}

void
journal_add_output(struct journal *j, const struct journal_output *o)
{
    push(j, o);
}

void
journal_add_close(struct journal *j, uint32_t left, uint32_t failed, int64_t time_us)
{
    push(j, &(struct journal_close){.kind = JOURNAL_CLOSE,
                .left = left,
                .failed = failed,
                .time_us = time_us});
}

void
journal_add_who(struct journal *j, struct journal_who w)
{
    w.kind = JOURNAL_SYNC;
    w.said = JOURNAL_SAID_WHO;
    push(j, &w);
}

void
journal_add_use(struct journal *j, struct journal_use u)
{
    u.kind = JOURNAL_SYNC;
    u.said = JOURNAL_SAID_USE;
    push(j, &u);
}

struct journal_close
journal_close_of(const struct journal_rec *rec)
{
    struct journal_close c;
    memcpy(&c, rec, sizeof c);
    return c;
}

uint64_t
journal_size(const struct journal *j)
{
    return j->good;
}

int
journal_flush(struct journal *j)
{
    if (j->torn) {
        if (ftruncate(j->fd, (off_t)j->good) != 0)
            return errno;
        j->torn = false;
    }
    size_t total = j->n * sizeof *j->rec, done = 0;
    int err = 0;
    while (done < total && !err) {
        ssize_t w =
            pwrite(j->fd, (const char *)j->rec + done, total - done, (off_t)(j->good + done));
        if (w > 0)
            done += (size_t)w;
        else if (w == 0)
            err = EIO;
        else if (errno != EINTR)
            err = errno;
    }
    /* whole records stay: who follows the file may have read them already */
    size_t whole = done / sizeof *j->rec;
    j->torn = err != 0;
    j->good += whole * sizeof *j->rec;
    j->n -= whole;
    if (j->n)
        memmove(j->rec, j->rec + whole, j->n * sizeof *j->rec);
    return err;
}

int
journal_sync(struct journal *j)
{
    return fdatasync(j->fd) == 0 ? 0 : errno;
}

int
journal_save(struct journal *j)
{
    int err = journal_flush(j);
    if (!err)
        err = journal_sync(j);
    return err == EINVAL ? 0 : err;
}

void
journal_sync_names(const char *state_dir)
{
    struct buf path = {0};
    buf_printf(&path, "%s/" STATE_JOURNAL, state_dir);
    int dir = open(path.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir >= 0) {
        fsync(dir);
        close(dir);
    }
    buf_free(&path);
}

void
journal_close(struct journal *j)
{
    if (!j)
        return;
    int saved = errno;
    if (j->fd >= 0)
        close(j->fd);
    free(j->rec);
    free(j);
    errno = saved;
}
