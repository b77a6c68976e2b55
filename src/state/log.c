#include "config.h"

#include "state/log.h"

#include "journal/paths.h"
#include "util/file.h"
#include "util/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

struct log {
    char *path;
    int fd;       /* -1 until something is added */
    uint64_t end; /* of the last whole frame */
};

struct log *
log_open(const char *state_dir, const char *holder)
{
    struct buf path = {0};
    struct log *l = xcalloc(1, sizeof *l);
    state_log_path(&path, state_dir, holder);
    l->path = path.p;
    l->fd = -1;
    return l;
}

void
log_close(struct log *l)
{
    if (!l)
        return;
    if (l->fd >= 0)
        close(l->fd);
    free(l->path);
    free(l);
}

int
log_add(struct log *l, const struct journal_rec *rec, const char *text, size_t n, uint64_t *offset)
{
    if (l->fd < 0)
        l->fd = open(l->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0666);
    if (l->fd < 0)
        return errno;
    struct log_frame f = {.magic = LOG_MAGIC,
        .task = rec->task,
        .attempt = rec->attempt,
        .node = rec->node,
        .length = (uint32_t)n,
        .crc = crc32_update(0, text, n),
        .time_us = rec->time_us};
    struct iovec v[2] = {{&f, sizeof f}, {(void *)text, n}};
    ssize_t w;
    do
        w = pwritev(l->fd, v, 2, (off_t)l->end);
    while (w < 0 && errno == EINTR);
    if (w < 0)
        return errno;
    /* a short write is a disk that fills up; the next frame goes over what is left of this one */
    if ((size_t)w != sizeof f + n)
        return ENOSPC;
    *offset = l->end;
    l->end += (uint64_t)w;
    return 0;
}

static int
read_part(int fd, off_t from, size_t n, struct buf *text)
{
    buf_reserve(text, n);
    while (n) {
        ssize_t r = pread(fd, text->p + text->n, n, from);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return errno;
        if (r == 0)
            break;
        text->n += (size_t)r;
        text->p[text->n] = 0;
        from += r;
        n -= (size_t)r;
    }
    return 0;
}

int
log_take_spool(int spool, struct buf *text)
{
    struct stat st;
    if (fstat(spool, &st) != 0)
        return errno;
    if (st.st_size == 0)
        return 0;
    off_t size = st.st_size;
    int err;
    if (size <= LOG_KEEP) {
        err = read_part(spool, 0, (size_t)size, text);
    } else {
        err = read_part(spool, 0, LOG_KEEP / 2, text);
        buf_printf(text, "\nwfl-shim: ... %lld bytes left out ...\n", (long long)(size - LOG_KEEP));
        if (!err)
            err = read_part(spool, size - LOG_KEEP / 2, LOG_KEEP / 2, text);
    }
    if (ftruncate(spool, 0) != 0 && !err)
        err = errno;
    return err;
}

void
log_trim_spool(int spool)
{
    struct stat st;
    if (fstat(spool, &st) != 0 || st.st_size < 64 * (off_t)LOG_KEEP ||
        st.st_blocks * 512 < 32 * (off_t)LOG_KEEP)
        return;
    /* best effort: without holes the file is just larger until its task ends */
    if (fallocate(spool, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, LOG_KEEP,
            st.st_size - 2 * (off_t)LOG_KEEP) != 0)
        return;
}

int
log_read(const char *state_dir, const char *holder, const struct journal_rec *rec, struct buf *text)
{
    if (!rec->log_len)
        return 0;
    if (rec->log_len > LOG_KEEP + 65536)
        return EBADMSG;
    struct buf path = {0};
    state_log_path(&path, state_dir, holder);
    int fd = file_open(path.p, NULL);
    int err = fd < 0 ? errno : 0;
    buf_free(&path);
    if (err)
        return err;
    struct log_frame f;
    size_t before = text->n;
    if (pread(fd, &f, sizeof f, (off_t)rec->log_off) != (ssize_t)sizeof f || f.magic != LOG_MAGIC ||
        f.task != rec->task || f.attempt != rec->attempt || f.length != rec->log_len)
        err = EBADMSG;
    if (!err)
        err = read_part(fd, (off_t)(rec->log_off + sizeof f), f.length, text);
    if (!err &&
        (text->n - before != f.length || crc32_update(0, text->p + before, f.length) != f.crc))
        err = EBADMSG;
    if (err && text->p) {
        text->n = before;
        text->p[before] = 0;
    }
    close(fd);
    return err;
}
