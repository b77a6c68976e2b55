#include "config.h"

#include "journal/journal.h"

#include "journal/names.h"
#include "util/file.h"
#include "util/hash.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
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

static int64_t
now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* The last epoch of `shard` in the folder; 0 if there is none. */
static int
last_epoch(DIR *dir, uint32_t shard, uint32_t *last)
{
    *last = 0;
    for (;;) {
        errno = 0;
        const struct dirent *e = readdir(dir);
        if (!e)
            return errno;
        uint32_t s, epoch;
        if (journal_name_parse(e->d_name, &s, &epoch) && s == shard && epoch > *last)
            *last = epoch;
    }
}

/* Creates the file of the first free epoch; gives its name for the case that it must go again. */
static int
create_file(int dirfd, struct journal *j, uint32_t shard, uint32_t last, struct buf *name)
{
    do {
        if (last == UINT32_MAX)
            return EOVERFLOW;
        j->epoch = ++last;
        buf_reset(name);
        journal_name(name, shard, j->epoch);
        j->fd = openat(dirfd, name->p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    } while (j->fd < 0 && (errno == EEXIST || errno == EINTR));
    return j->fd < 0 ? errno : 0;
}

static void
push(struct journal *j, const void *rec)
{
    if (j->n == j->cap) {
        j->cap = j->cap ? j->cap * 2 : 64;
        j->rec = xrealloc(j->rec, j->cap * sizeof *j->rec);
    }
    struct journal_rec *r = &j->rec[j->n++];
    memcpy(r, rec, sizeof *r);
    r->crc = crc32_update(0, (const char *)r + sizeof r->crc, sizeof *r - sizeof r->crc);
}

static void
add_head(struct journal *j, uint32_t shard, uint64_t plan_hash)
{
    struct journal_head h = {.kind = JOURNAL_HEAD,
        .version = JOURNAL_VERSION,
        .plan_hash = plan_hash,
        .shard = shard,
        .epoch = j->epoch,
        .time_us = now_us()};
    char host[256] = "";
    if (gethostname(host, sizeof host - 1) != 0)
        host[0] = 0;
    size_t n = strlen(host);
    memcpy(h.host, host, n < sizeof h.host ? n : sizeof h.host);
    push(j, &h);
}

struct journal *
journal_create(const char *state_dir, uint32_t shard, uint64_t plan_hash, int *err)
{
    struct journal *j = xcalloc(1, sizeof *j);
    j->fd = -1;
    struct buf path = {0}, name = {0};
    buf_printf(&path, "%s/journal", state_dir);
    DIR *dir = NULL;
    *err = dir_make(path.p);
    if (!*err) {
        dir = opendir(path.p);
        *err = dir ? 0 : errno;
    }
    uint32_t last = 0;
    if (!*err)
        *err = last_epoch(dir, shard, &last);
    if (!*err)
        *err = create_file(dirfd(dir), j, shard, last, &name);
    if (!*err) {
        add_head(j, shard, plan_hash);
        *err = journal_flush(j);
        if (*err)
            unlinkat(dirfd(dir), name.p, 0);
        else
            fsync(dirfd(dir)); /* best effort: not every file system can */
    }
    if (dir)
        closedir(dir);
    buf_free(&path);
    buf_free(&name);
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
