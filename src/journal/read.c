/* Reading journals: whole records only, and of each epoch as much as the next one says. */
#include "config.h"

#include "journal/journal.h"

#include "journal/again.h"
#include "journal/names.h"
#include "journal/paths.h"
#include "util/ahead.h"
#include "util/hash.h"
#include "util/list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    READ_AT_ONCE = 1 << 18, /* a multiple of a record */
    TRIED_EPOCHS = 64,      /* more of them are looked up in the folder */
};

/* One journal file, and how far it was read. */
struct file {
    uint32_t shard, epoch;
    uint64_t off;
    uint64_t fence; /* what is behind it does not count */
    bool done;      /* not ours, or over: never looked at again */
    bool closed;    /* the last record that was read is a CLOSE */
    struct journal_head head;
};

/* What was read of one, from its `off` on. */
struct piece {
    int fd;        /* -1: there is no more to read */
    int err;       /* why there is none */
    uint64_t size; /* of the file; 0: it is not looked at */
    char *buf;     /* READ_AT_ONCE bytes; NULL: none yet */
    size_t n;      /* as many of them, within the fence */
    size_t good;   /* as many of these are records with a good checksum */
};

struct journal_tail {
    char *state_dir, *dir;
    uint64_t plan_hash;
    struct again again;
    struct file *file; /* sorted by shard and epoch */
    size_t n, cap;
    unsigned damaged; /* files of the last poll that end in what is no record */
    bool stopped;
    bool (*want)(void *arg, uint32_t shard); /* NULL: all */
    void *want_arg;
};

static int
compare_files(const void *a, const void *b)
{
    const struct file *x = a, *y = b;
    if (x->shard != y->shard)
        return x->shard < y->shard ? -1 : 1;
    return x->epoch < y->epoch ? -1 : x->epoch > y->epoch;
}

/* Adds the journals that were not there yet. */
static int
list(struct journal_tail *t)
{
    DIR *dir = opendir(t->dir);
    if (!dir)
        return errno;
    size_t known = t->n;
    int err;
    for (;;) {
        errno = 0;
        const struct dirent *e = readdir(dir);
        err = errno;
        if (!e)
            break;
        struct file f = {.fence = UINT64_MAX};
        if (!journal_name_parse(e->d_name, &f.shard, &f.epoch))
            continue;
        if (t->want && !t->want(t->want_arg, f.shard))
            continue;
        if (known && bsearch(&f, t->file, known, sizeof f, compare_files))
            continue;
        ARRAY_GROW(t->file, t->n, t->cap);
        t->file[t->n++] = f;
    }
    closedir(dir);
    if (t->n > known)
        qsort(t->file, t->n, sizeof *t->file, compare_files);
    return err;
}

static bool
record_good(const struct journal_rec *r)
{
    return r->crc == crc32_update(0, (const char *)r + sizeof r->crc, sizeof *r - sizeof r->crc);
}

/* Other kinds have something else at its place. */
static bool
reason_good(const struct journal_rec *r)
{
    if (r->kind == JOURNAL_OUTPUT) {
        const struct journal_output *o = (const void *)r;
        return o->count > 0 && o->count <= JOURNAL_OUTPUTS;
    }
    return r->kind == JOURNAL_HEAD || r->reason < JOURNAL_NREASONS;
}

/* Takes the head of `f`. Returns 0, or an errno value for a journal that we must not overlook. */
static int
take_head(const struct journal_tail *t, struct file *f, const struct journal_rec *r)
{
    memcpy(&f->head, r, sizeof f->head);
    f->head.holder[sizeof f->head.holder - 1] = 0;
    if (f->head.plan_hash != t->plan_hash || f->head.shard != f->shard ||
        f->head.epoch != f->epoch) {
        f->done = true;
        return 0;
    }
    return f->head.version == JOURNAL_VERSION ? 0 : ENOTSUP;
}

/* Does this record say that a task failed for good, which is to be tried again? */
static bool
void_failure(const struct journal_tail *t, const struct file *f, const struct journal_rec *r,
    uint64_t at)
{
    return r->kind == JOURNAL_END && r->reason != REASON_OK && r->flags & JOURNAL_FINAL &&
           again_void(&t->again, f->shard, f->epoch, at);
}

/* Gives out the records of a piece; *used tells how many bytes were good. */
static int
take_records(struct journal_tail *t, struct file *f, const struct piece *p, size_t *used,
    journal_each *each, void *arg)
{
    int err = 0;
    size_t at = 0;
    for (; at < p->good && !t->stopped; at += sizeof(struct journal_rec)) {
        const struct journal_rec *r = (const void *)(p->buf + at);
        __builtin_prefetch(p->buf + at + 1024); /* another processor has looked at it */
        bool first = f->off + at == 0;
        if (first != (r->kind == JOURNAL_HEAD) || r->kind < JOURNAL_HEAD ||
            r->kind > JOURNAL_LATE || !reason_good(r))
            break;
        if (first) {
            err = take_head(t, f, r);
            if (err || f->done)
                break;
        }
        f->closed = r->kind == JOURNAL_CLOSE;
        struct journal_rec asked;
        if (void_failure(t, f, r, f->off + at)) {
            asked = *r;
            asked.flags = (uint8_t)((r->flags & ~JOURNAL_FINAL) | JOURNAL_VOID);
            r = &asked;
        }
        t->stopped = !each(arg, &f->head, r);
    }
    *used = at;
    return err;
}

/* Reads on. */
static void
read_piece(struct piece *p, const struct file *f)
{
    ssize_t n;
    do
        n = pread(p->fd, p->buf, READ_AT_ONCE, (off_t)f->off);
    while (n < 0 && errno == EINTR);
    p->err = n < 0 ? errno : 0;
    p->n = n < 0 ? 0 : (size_t)n;
    if (p->n > f->fence - f->off)
        p->n = (size_t)(f->fence - f->off);
    p->good = 0;
    while (p->n - p->good >= sizeof(struct journal_rec) &&
           record_good((const void *)(p->buf + p->good)))
        p->good += sizeof(struct journal_rec);
}

static int
take_file(struct journal_tail *t, struct file *f, struct piece *p, journal_each *each, void *arg)
{
    while (p->n) {
        size_t used;
        int err = take_records(t, f, p, &used, each, arg);
        f->off += used;
        if (err || f->done || t->stopped)
            return err;
        if (p->n - used >= sizeof(struct journal_rec) || used == 0) {
            t->damaged++;
            return 0;
        }
        if (f->off >= p->size || f->off >= f->fence)
            return 0;
        read_piece(p, f);
    }
    return p->err;
}

static int
open_journal(const struct journal_tail *t, uint32_t shard, uint32_t epoch)
{
    struct buf path = {0};
    buf_printf(&path, "%s/", t->dir);
    journal_name(&path, shard, epoch);
    /* O_NONBLOCK: a pipe of that name must not hold us */
    int fd = open(path.p, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    buf_free(&path);
    return fd;
}

/* Reads record number `i` of an open journal; false: there is none that is good. */
static bool
read_record(int fd, uint64_t i, struct journal_rec *r)
{
    return pread(fd, r, sizeof *r, (off_t)(i * sizeof *r)) == (ssize_t)sizeof *r && record_good(r);
}

/* The epoch behind this one, of the same shard and plan, tells how much of this one counts. */
static void
find_fence(const struct journal_tail *t, struct file *f, const struct file *next)
{
    struct file other = {.shard = next->shard, .epoch = next->epoch};
    struct journal_rec r;
    int fd = open_journal(t, next->shard, next->epoch);
    if (fd < 0)
        return;
    if (read_record(fd, 0, &r) && r.kind == JOURNAL_HEAD && take_head(t, &other, &r) == 0 &&
        !other.done && other.head.fence)
        f->fence = other.head.fence;
    close(fd);
}

static void
close_piece(struct piece *p)
{
    if (p->fd >= 0)
        close(p->fd);
    p->fd = -1;
}

/* Reads what fits into a piece. Called in any thread: it changes the file's fence, and no more of
 * what others look at. */
static void
open_piece(const struct journal_tail *t, struct file *f, struct piece *p)
{
    struct stat st;
    p->n = p->size = 0;
    p->fd = open_journal(t, f->shard, f->epoch);
    p->err = p->fd >= 0 || errno == ENOENT ? 0 : errno;
    if (p->fd >= 0 && fstat(p->fd, &st) != 0)
        p->err = errno;
    else if (p->fd >= 0 && !S_ISREG(st.st_mode))
        f->done = true;
    else if (p->fd >= 0)
        p->size = (uint64_t)st.st_size;
    if (f->off < p->size && f->off < f->fence) {
        if (!p->buf)
            p->buf = xmalloc(READ_AT_ONCE);
        read_piece(p, f);
    }
    uint64_t end = p->size < f->fence ? p->size : f->fence;
    /* a torn record is looked at once more */
    if (f->off + p->n >= end && p->n % sizeof(struct journal_rec) == 0)
        close_piece(p);
}

struct journal_tail *
journal_tail_new(const char *state_dir, uint64_t plan_hash)
{
    struct journal_tail *t = xcalloc(1, sizeof *t);
    struct buf dir = {0};
    buf_printf(&dir, "%s/" STATE_JOURNAL, state_dir);
    t->state_dir = xstrdup(state_dir);
    t->dir = dir.p;
    t->plan_hash = plan_hash;
    return t;
}

void
journal_tail_want(struct journal_tail *t, bool (*want)(void *arg, uint32_t shard), void *arg)
{
    t->want = want;
    t->want_arg = arg;
}

/* All that a tail has to read. */
struct reading {
    struct journal_tail *t;
    size_t *file;        /* the numbers of those that are read */
    struct piece *piece; /* ahead_most() of them */
    journal_each *each;
    void *arg;
    int err;
};

static bool
is_last(const struct journal_tail *t, size_t i)
{
    return i + 1 == t->n || t->file[i + 1].shard != t->file[i].shard;
}

static void
make_piece(void *reading, unsigned i)
{
    struct reading *r = reading;
    struct file *f = &r->t->file[r->file[i]];
    if (!is_last(r->t, r->file[i]))
        find_fence(r->t, f, f + 1);
    open_piece(r->t, f, &r->piece[i % ahead_most()]);
}

static bool
take_piece(void *reading, unsigned i)
{
    struct reading *r = reading;
    struct journal_tail *t = r->t;
    struct file *f = &t->file[r->file[i]];
    struct piece *p = &r->piece[i % ahead_most()];
    r->err = take_file(t, f, p, r->each, r->arg);
    close_piece(p);
    /* a newer epoch was listed before this one was read, or its writer has left */
    if (!r->err && !t->stopped && (f->closed || !is_last(t, r->file[i])))
        f->done = true;
    return !r->err && !t->stopped;
}

static int
read_files(struct journal_tail *t, journal_each *each, void *arg)
{
    struct reading r = {.t = t, .each = each, .arg = arg};
    unsigned n = 0, most = ahead_most();
    again_free(&t->again);
    int err = t->n ? again_read(t->state_dir, t->plan_hash, &t->again) : 0;
    if (err)
        return err;
    r.file = xcalloc(t->n + 1, sizeof *r.file);
    r.piece = xcalloc(most, sizeof *r.piece);
    for (size_t i = 0; i < t->n; i++)
        if (!t->file[i].done && (!t->want || t->want(t->want_arg, t->file[i].shard)))
            r.file[n++] = i;
    for (unsigned i = 0; i < most; i++)
        r.piece[i].fd = -1;
    ahead_run(n, make_piece, take_piece, &r);
    for (unsigned i = 0; i < most; i++) {
        close_piece(&r.piece[i]);
        free(r.piece[i].buf);
    }
    free(r.piece);
    free(r.file);
    return r.err;
}

static int
poll_files(struct journal_tail *t, journal_each *each, void *arg)
{
    t->damaged = 0;
    t->stopped = false;
    int err = list(t);
    return err ? err : read_files(t, each, arg);
}

int
journal_tail_poll(struct journal_tail *t, journal_each *each, void *arg)
{
    int err = poll_files(t, each, arg);
    return err == ENOENT ? 0 : err;
}

void
journal_tail_free(struct journal_tail *t)
{
    if (!t)
        return;
    again_free(&t->again);
    free(t->state_dir);
    free(t->dir);
    free(t->file);
    free(t);
}

int
journal_read(const char *state_dir, uint64_t plan_hash, journal_each *each, void *arg,
    unsigned *damaged)
{
    struct journal_tail *t = journal_tail_new(state_dir, plan_hash);
    int err = poll_files(t, each, arg);
    if (damaged)
        *damaged = t->damaged;
    journal_tail_free(t);
    return err;
}

static bool
is_shard(void *arg, uint32_t shard)
{
    return shard == *(const uint32_t *)arg;
}

int
journal_read_shard(const char *state_dir, uint32_t shard, uint32_t last, uint64_t plan_hash,
    journal_each *each, void *arg, uint64_t *fence, unsigned *damaged)
{
    struct journal_tail *t = journal_tail_new(state_dir, plan_hash);
    int err = 0;
    if (last > TRIED_EPOCHS) {
        journal_tail_want(t, is_shard, &shard);
        err = list(t);
        while (t->n && t->file[t->n - 1].epoch > last)
            t->n--;
    } else {
        t->file = xcalloc(last, sizeof *t->file);
        t->n = t->cap = last;
        for (uint32_t i = 0; i < last; i++)
            t->file[i] = (struct file){.shard = shard, .epoch = i + 1, .fence = UINT64_MAX};
    }
    if (!err)
        err = read_files(t, each, arg);
    const struct file *f = t->n ? &t->file[t->n - 1] : NULL;
    *fence = f && f->epoch == last && f->head.plan_hash == plan_hash ? f->off : 0;
    *damaged += t->damaged;
    journal_tail_free(t);
    return err;
}

int
journal_epochs(const char *state_dir, uint32_t nshards, uint32_t *last)
{
    struct buf path = {0};
    buf_printf(&path, "%s/" STATE_JOURNAL, state_dir);
    DIR *dir = opendir(path.p);
    int err = dir ? 0 : errno;
    buf_free(&path);
    memset(last, 0, nshards * sizeof *last);
    while (dir) {
        uint32_t shard, epoch;
        errno = 0;
        const struct dirent *e = readdir(dir);
        if (!e) {
            err = errno;
            closedir(dir);
            break;
        }
        if (journal_name_parse(e->d_name, &shard, &epoch) && shard < nshards && epoch > last[shard])
            last[shard] = epoch;
    }
    return err;
}

int
journal_look(const char *state_dir, uint32_t shard, uint32_t epoch, uint64_t plan_hash,
    struct journal_state *state)
{
    struct journal_tail *t = journal_tail_new(state_dir, plan_hash);
    struct file f = {.shard = shard, .epoch = epoch};
    struct journal_rec r;
    struct stat st;
    *state = (struct journal_state){0};
    int fd = open_journal(t, shard, epoch), err = fd < 0 ? errno : 0;
    if (!err && fstat(fd, &st) != 0)
        err = errno;
    if (!err && (!read_record(fd, 0, &r) || r.kind != JOURNAL_HEAD))
        err = ENOENT;
    if (!err) {
        uint64_t n = (uint64_t)st.st_size / sizeof r;
        state->ours = take_head(t, &f, &r) == 0 && !f.done;
        memcpy(state->holder, f.head.holder, sizeof state->holder);
        state->again = f.head.again;
        state->closed = n > 1 && (uint64_t)st.st_size % sizeof r == 0 &&
                        read_record(fd, n - 1, &r) && r.kind == JOURNAL_CLOSE;
        if (state->closed) {
            struct journal_close c = journal_close_of(&r);
            state->left = c.left;
            state->failed = c.failed;
        }
    }
    if (fd >= 0)
        close(fd);
    journal_tail_free(t);
    return err;
}
