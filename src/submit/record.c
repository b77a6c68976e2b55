#include "config.h"

#include "submit/record.h"

#include "journal/paths.h"
#include "util/file.h"
#include "util/hash.h"
#include "util/list.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FIELDS = 7, TAG_LENGTH = 4 };

static const char *const words[] = {
#define X(id, text) text,
    RECORD_WORDS(X)
#undef X
};
enum { NWORDS = sizeof words / sizeof *words };

/* --- reading --- */

struct record_job *
record_named(const struct record *r, const char *name)
{
    for (size_t i = r->n; i-- > 0;)
        if (strcmp(r->job[i].name, name) == 0)
            return &r->job[i];
    return NULL;
}

struct record_job *
record_with_id(const struct record *r, const char *id)
{
    for (size_t i = r->n; i-- > 0;)
        if (strcmp(r->job[i].id, id) == 0)
            return &r->job[i];
    return NULL;
}

static struct record_job *
add_job(struct record *r, const char *name)
{
    ARRAY_GROW(r->job, r->n, r->cap);
    struct record_job *j = &r->job[r->n++];
    const char *number = strrchr(name, '-');
    *j = (struct record_job){.name = arena_text(&r->arena, name, strlen(name)),
        .id = "",
        .text = ""};
    unsigned long n = number && !record_by_hand(j) ? strtoul(number + 1, NULL, 10) : 0;
    if (n > r->number && n < UINT32_MAX)
        r->number = (unsigned)n;
    return j;
}

static const char *
kept(struct record *r, const char *s)
{
    return strcmp(s, "-") == 0 ? "" : arena_text(&r->arena, s, strlen(s));
}

/* f: time, word, name, id, done, plan, text */
static void
take(struct record *r, const char *const *f, enum record_word word)
{
    int64_t time_s = strtoll(f[0], NULL, 10);
    uint32_t done = (uint32_t)strtoul(f[4], NULL, 10);
    struct record_job *j = record_named(r, f[2]);
    if (word == RECORD_TAG)
        r->tag = kept(r, f[2]);
    if (word == RECORD_AGAIN && r->n)
        r->job[r->n - 1].again_after = true;
    if (word == RECORD_INTENT && !j)
        j = add_job(r, f[2]);
    if (word == RECORD_TAG || word == RECORD_AGAIN || !j)
        return;
    if (strcmp(f[6], "-") != 0)
        j->text = kept(r, f[6]);
    if (word == RECORD_CANCEL || word == RECORD_DOUBT) {
        *(word == RECORD_CANCEL ? &j->cancelled : &j->doubted) = true;
        return;
    }
    j->is = word;
    if (word == RECORD_INTENT) {
        j->intent_s = time_s;
        j->done_before = done;
        j->plan = strtoull(f[5], NULL, 16);
    } else if (word == RECORD_JOB) {
        j->id = kept(r, f[3]);
        j->job_s = j->job_s ? j->job_s : time_s; /* it was there all the time */
        j->end_s = 0;
    } else {
        j->end_s = time_s;
        j->done_after = done;
    }
}

static uint32_t
crc_of(const char *line, size_t n)
{
    return crc32_update(0, line, n);
}

/* The line without its end; it is taken to pieces. */
static bool
take_line(struct record *r, char *line)
{
    const char *f[FIELDS];
    char *last = strrchr(line, '\t'), *end;
    if (!last || strlen(last) != 9 ||
        strtoul(last + 1, &end, 16) != crc_of(line, (size_t)(last - line)) || *end)
        return false;
    *last = 0;
    char *p = line;
    for (int i = 0; i < FIELDS; i++) {
        f[i] = p;
        p = p ? strchr(p, '\t') : NULL;
        if (!p && i < FIELDS - 1)
            return false;
        if (p)
            *p++ = 0;
    }
    for (int w = 0; w < NWORDS; w++)
        if (strcmp(f[1], words[w]) == 0) {
            take(r, f, (enum record_word)w);
            return true;
        }
    return false;
}

static void
take_all(struct record *r, struct buf *b)
{
    for (char *p = b->p, *stop = b->p + b->n; p < stop;) {
        char *end = memchr(p, '\n', (size_t)(stop - p));
        if (end)
            *end = 0;
        if (!end)
            end = stop; /* torn, unless it is only the newline that is not there */
        if (*p && (memchr(p, 0, (size_t)(end - p)) || !take_line(r, p)))
            r->damaged++;
        p = end + 1; /* an empty line comes behind a torn one */
    }
}

/* --- writing --- */

static void
add_field(struct buf *b, const char *s)
{
    enum { MOST = 400 };
    size_t before = b->n;
    for (size_t i = 0; s && s[i] && i < MOST; i++)
        buf_putc(b, (unsigned char)s[i] < 32 || s[i] == 127 ? ' ' : s[i]);
    if (b->n == before)
        buf_putc(b, '-');
    buf_putc(b, '\t');
}

int
record_add(struct record *r, const struct record_line *l)
{
    struct buf b = {0};
    const char *name = l->name ? l->name : l->word == RECORD_AGAIN ? NULL : r->job[l->i].name;
    buf_printf(&b, "%" PRId64 "\t%s\t", l->now_s, words[l->word]);
    add_field(&b, name);
    add_field(&b, l->id);
    buf_printf(&b, "%u\t%016" PRIx64 "\t", l->done, l->plan);
    add_field(&b, l->text);
    b.n--; /* the tab */
    uint32_t crc = crc_of(b.p, b.n);
    buf_printf(&b, "\t%08x\n", crc);
    /* one write at the end of the file; on failure what is torn does not count, and is ended by the
     * newline that record_open adds */
    int err = r->fd < 0 ? 0 : write_all(r->fd, b.p, b.n);
    if (!err && r->fd >= 0 && fdatasync(r->fd) != 0)
        err = errno;
    if (!err) {
        b.p[b.n - 1] = 0;
        take_line(r, b.p);
    }
    buf_free(&b);
    return err;
}

void
record_tail(const struct record *r, struct buf *tail)
{
    buf_printf(tail, "-%s-%u", r->tag, r->number + 1);
}

/* So that jobs of another folder, or of this one before its state was removed, have other names. */
static int
add_tag(struct record *r)
{
    static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
    unsigned char bytes[TAG_LENGTH];
    char tag[TAG_LENGTH + 1] = "";
    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        return errno ? errno : EIO;
    for (int i = 0; i < TAG_LENGTH; i++)
        tag[i] = letters[bytes[i] % 32];
    return record_add(r,
        &(struct record_line){.word = RECORD_TAG, .name = tag, .now_s = time(NULL)});
}

static int
lock(int fd, unsigned patience_s)
{
    for (unsigned tries = 0;; tries++) {
        struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        if (fcntl(fd, F_OFD_SETLK, &whole) == 0)
            return 0;
        if (errno != EACCES && errno != EAGAIN)
            return errno;
        if (tries >= 10 * patience_s)
            return EWOULDBLOCK;
        nanosleep(&(struct timespec){0, 100000000}, NULL);
    }
}

static int
open_locked(struct record *r, unsigned patience_s)
{
    int err = dir_make_parent(r->path);
    if (err)
        return err;
    r->fd = open(r->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    return r->fd < 0 ? errno : lock(r->fd, patience_s);
}

struct record *
record_open(const char *state_dir, bool write, unsigned patience_s, struct buf *why)
{
    struct record *r = xcalloc(1, sizeof *r);
    struct buf path = {0}, b = {0};
    buf_printf(&path, "%s/" STATE_SUBMITTED, state_dir);
    r->path = path.p;
    r->fd = -1;
    r->tag = "";
    int err = write ? open_locked(r, patience_s) : 0;
    if (!err)
        err = file_read(r->path, &b);
    if (err == ENOENT && !write)
        err = 0;
    bool torn = b.n && b.p[b.n - 1] != '\n';
    if (!err) {
        take_all(r, &b);
        if (write && torn)
            err = write_all(r->fd, "\n", 1);
    }
    if (!err && write && !*r->tag)
        err = add_tag(r);
    buf_free(&b);
    if (!err)
        return r;
    if (err == EWOULDBLOCK)
        buf_printf(why, "another wflc submits jobs of this campaign just now ('%s' is locked)",
            r->path);
    else
        buf_printf(why, "cannot %s '%s': %s", write ? "write" : "read", r->path, file_error(err));
    record_free(r);
    return NULL;
}

void
record_free(struct record *r)
{
    if (!r)
        return;
    if (r->fd >= 0)
        close(r->fd);
    free(r->path);
    free(r->job);
    arena_free(&r->arena);
    free(r);
}

unsigned
record_fruitless(const struct record *r, uint64_t plan)
{
    unsigned n = 0;
    for (size_t i = r->n; i-- > 0;) {
        const struct record_job *j = &r->job[i];
        if (record_by_hand(j) && !j->again_after)
            continue;
        if (j->plan != plan || j->again_after)
            break;
        if (j->is != RECORD_ENDED || j->cancelled)
            continue;
        if (j->done_after != j->done_before)
            break;
        n++;
    }
    return n;
}

bool
record_by_hand(const struct record_job *j)
{
    return strncmp(j->name, RECORD_BY_HAND, strlen(RECORD_BY_HAND)) == 0;
}

unsigned
record_doubtful(const struct record *r, uint64_t plan)
{
    unsigned n = 0;
    for (size_t i = r->n; i-- > 0 && !r->job[i].again_after;) {
        if (record_by_hand(&r->job[i]))
            continue;
        if (r->job[i].is != RECORD_VOID || !r->job[i].doubted || r->job[i].plan != plan)
            break;
        n++;
    }
    return n;
}
