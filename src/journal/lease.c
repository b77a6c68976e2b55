#include "config.h"

#include "journal/lease.h"

#include "journal/paths.h"
#include "journal/says.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/list.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    NODE_LENGTH = 16,
    FIRST_TRIES = 1000000,
    TIME_KEPT_MS = 200,
};

/* A holder whose lease is old, and since when it was seen not to change. */
struct suspect {
    char holder[HOLDER_SIZE];
    struct timespec renewed;
    int64_t since_ms;
};

struct lease {
    char *state_dir;
    char holder[HOLDER_SIZE];
    struct says says;
    int fd;
    struct suspect *suspect;
    size_t nsuspects, cap;
    int64_t asked_ms; /* when the file system told this time; 0: not yet */
    struct timespec time_there;
};

static void
lease_path(struct buf *b, const char *state_dir, const char *holder)
{
    buf_printf(b, "%s/" STATE_LEASES "/%s", state_dir, holder);
}

static int64_t
as_ms(struct timespec t)
{
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* --- our own --- */

static void
clean_node(const char *node, char *to)
{
    size_t n = 0;
    for (; *node && *node != '.'; node++) {
        if (!isalnum((unsigned char)*node) && *node != '-' && *node != '_')
            continue;
        if (n == NODE_LENGTH)
            memmove(to, to + 1, --n);
        to[n++] = *node;
    }
    to[n] = 0;
    if (!n)
        strcpy(to, "node");
}

/* The first name that nobody had yet. */
static int
choose_name(struct lease *l, const char *node)
{
    char clean[NODE_LENGTH + 1];
    struct buf path = {0};
    clean_node(node, clean);
    int err = EEXIST;
    for (unsigned n = 1; err == EEXIST && n < FIRST_TRIES; n++) {
        snprintf(l->holder, sizeof l->holder, "%s.%u", clean, n);
        buf_reset(&path);
        state_log_path(&path, l->state_dir, l->holder);
        err = n == 1 ? dir_make_parent(path.p) : 0;
        int fd = err ? -1 : open(path.p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        err = err ? err : fd < 0 ? errno : 0;
        if (fd >= 0)
            close(fd);
    }
    buf_free(&path);
    return err;
}

/* The file is complete and locked before it has its name. Where there are no links to files, it is
 * renamed: nobody else uses the name. */
static int
write_lease(struct lease *l, const char *job)
{
    struct buf path = {0}, temporary = {0}, line = {0};
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    lease_path(&path, l->state_dir, l->holder);
    lease_path(&temporary, l->state_dir, ".");
    buf_puts(&temporary, l->holder);
    int err = dir_make_parent(path.p);
    if (!err) {
        l->fd = open(temporary.p, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        err = l->fd < 0 ? errno : 0;
    }
    if (!err) {
        if (fcntl(l->fd, F_OFD_SETLK, &lock) !=
            0) /* a free lock would prove nothing: only time tells */
            strcpy(l->says.boot, "?");
        buf_printf(&line, "%s %ld %s %u %llu %s %u\n", l->says.host, l->says.pid, l->says.boot,
            l->says.seconds, l->says.start, job, l->says.orders);
        err = write_all(l->fd, line.p, line.n);
    }
    if (!err) {
        fdatasync(l->fd); /* so that none is found empty after a power loss, where that can be */
        err = rename(temporary.p, path.p) == 0 ? 0 : errno;
    }
    if (err && l->fd >= 0)
        unlink(temporary.p);
    buf_free(&path);
    buf_free(&temporary);
    buf_free(&line);
    return err;
}

struct lease *
lease_open(const char *state_dir, const char *node, const char *job, uint32_t seconds, int *err)
{
    return lease_open_after(state_dir, node, job, seconds, 0, err);
}

struct lease *
lease_open_after(const char *state_dir, const char *node, const char *job, uint32_t seconds,
    uint32_t orders, int *err)
{
    struct lease *l = xcalloc(1, sizeof *l);
    struct buf log = {0};
    l->state_dir = xstrdup(state_dir);
    l->fd = -1;
    l->says.seconds = seconds;
    l->says.orders = orders;
    says_here(&l->says);
    *err = choose_name(l, node ? node : l->says.host);
    if (!*err) {
        *err = write_lease(l, job ? job : "-");
        if (!*err)
            return l;
        state_log_path(&log, l->state_dir, l->holder);
        unlink(log.p); /* the name is given back */
        buf_free(&log);
    }
    l->holder[0] = 0;
    lease_close(l);
    return NULL;
}

void
lease_close(struct lease *l)
{
    if (!l)
        return;
    int saved = errno;
    if (l->holder[0])
        lease_end(l, l->holder);
    if (l->fd >= 0)
        close(l->fd);
    free(l->suspect);
    free(l->state_dir);
    free(l);
    errno = saved;
}

const char *
lease_holder(const struct lease *l)
{
    return l->holder;
}

/* Opens a lease by its name, so that a removed one is noticed, and anew, so that the file system
 * looks. -1 and errno; *gone: it is proven not to be there. Its folder is, then, and it was asked
 * for twice. `beside`, or NULL, is one that must be in that folder, too. */
static int
open_lease(const char *state_dir, const char *holder, const char *beside, int flags, bool *gone)
{
    struct buf path = {0};
    flags |= O_CLOEXEC | O_NONBLOCK;
    *gone = false;
    lease_path(&path, state_dir, holder);
    int fd = open(path.p, flags);
    if (fd < 0 && errno == ENOENT) {
        buf_reset(&path);
        buf_printf(&path, "%s/" STATE_LEASES, state_dir);
        int folder = open(path.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        fd = folder < 0 ? -1 : openat(folder, holder, flags);
        int err = errno;
        *gone = folder >= 0 && fd < 0 && err == ENOENT &&
                (!beside || faccessat(folder, beside, F_OK, 0) == 0);
        if (folder >= 0)
            close(folder);
        errno = err;
    }
    buf_free(&path);
    return fd;
}

/* Is the file that has the lease's name the one that we locked? 0, LEASE_LOST or errno. */
static int
compare_own(const struct lease *l, int fd)
{
    struct stat st, own;
    if (fstat(fd, &st) != 0 || fstat(l->fd, &own) != 0)
        return errno;
    return own.st_ino == st.st_ino && own.st_dev == st.st_dev ? 0 : LEASE_LOST;
}

/* Nobody has the file any more, with its folder or without. Then it did not only get out of sight.
 */
static bool
was_removed(const struct lease *l)
{
    struct stat own;
    return fstat(l->fd, &own) == 0 && own.st_nlink == 0;
}

int
lease_beat(struct lease *l)
{
    int err = LEASE_LOST;
    /* what is lost for ever is asked for twice */
    for (int i = 0; i < 2 && err == LEASE_LOST; i++) {
        bool gone;
        int fd = open_lease(l->state_dir, l->holder, NULL, O_WRONLY, &gone);
        if (fd < 0) {
            err = errno;
            if (gone || (err == ENOENT && was_removed(l)))
                err = LEASE_LOST;
            continue;
        }
        err = compare_own(l, fd);
        if (!err && futimens(fd, NULL) != 0)
            err = errno;
        close(fd);
    }
    return err;
}

/* --- others --- */

static bool
lock_is_free(int fd)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type == F_UNLCK;
}

/* For how many milliseconds it still has to be seen not to change. */
static int64_t
still_to_watch(struct lease *l, const char *holder, struct timespec renewed, uint32_t seconds)
{
    struct suspect *s = NULL;
    int64_t long_enough = (int64_t)seconds * 1000 * 2 / LEASE_BEATS;
    for (size_t i = 0; i < l->nsuspects && !s; i++)
        if (strcmp(l->suspect[i].holder, holder) == 0)
            s = &l->suspect[i];
    if (s && s->renewed.tv_sec == renewed.tv_sec && s->renewed.tv_nsec == renewed.tv_nsec) {
        int64_t seen = boot_ms() - s->since_ms;
        return seen < long_enough ? long_enough - seen : 0;
    }
    if (!s) {
        ARRAY_GROW(l->suspect, l->nsuspects, l->cap);
        s = &l->suspect[l->nsuspects++];
        snprintf(s->holder, sizeof s->holder, "%s", holder);
    }
    s->renewed = renewed;
    s->since_ms = boot_ms();
    return long_enough;
}

/* The file system's time, told by renewing our own lease. Not anew for each of many holders: with a
 * time that is a little old, they only seem younger. 0, or what lease_beat says. */
static int
time_there(struct lease *l, struct timespec *t)
{
    struct stat st;
    int64_t now = boot_ms();
    if (!l->asked_ms || now - l->asked_ms > TIME_KEPT_MS) {
        int err = lease_beat(l);
        if (err)
            return err;
        if (fstat(l->fd, &st) != 0)
            return errno;
        l->asked_ms = now;
        l->time_there = st.st_mtim;
    }
    *t = l->time_there;
    return 0;
}

/* Of a lease that is there, by its age; all of `seen` but its host. */
static enum lease_life
judge_age(struct lease *l, const char *holder, const struct says *says, bool near,
    struct lease_sight *seen)
{
    struct timespec now = {0};
    seen->err = time_there(l, &now);
    if (seen->err)
        return LEASE_UNSURE;
    int64_t most = (int64_t)says->seconds * 1000, late = most * 2 / LEASE_BEATS;
    seen->age_ms = as_ms(now) - as_ms(seen->renewed);
    if (seen->age_ms < 0) /* renewed since the time was asked for */
        seen->age_ms = 0;
    /* who is alive on another host of this name has renewed it since we booted */
    if (seen->age_ms > late && says_same_name(says, &l->says) &&
        (seen->age_ms > most || seen->age_ms > boot_ms()))
        return LEASE_DEAD;
    int64_t watch =
        seen->age_ms > late ? still_to_watch(l, holder, seen->renewed, says->seconds) : late;
    if (seen->age_ms > most && watch == 0)
        return LEASE_DEAD;
    seen->wait_ms = most - seen->age_ms > watch ? most - seen->age_ms : watch;
    return seen->age_ms > late ? LEASE_LATE : near ? LEASE_HELD : LEASE_FRESH;
}

enum lease_life
lease_judge(struct lease *l, const char *holder, struct lease_sight *seen)
{
    struct lease_sight here;
    struct stat st = {0};
    struct says says;
    bool gone;
    seen = seen ? seen : &here;
    *seen = (struct lease_sight){.age_ms = -1};
    if (strcmp(holder, l->holder) == 0)
        return LEASE_HELD;
    int fd = open_lease(l->state_dir, holder, l->holder, O_RDONLY, &gone);
    if (fd < 0) {
        seen->err = errno;
        return gone ? LEASE_DEAD : LEASE_UNSURE;
    }
    seen->err = fstat(fd, &st) != 0 ? errno : says_read(fd, &says);
    bool near = !seen->err && says_same_kernel(&says, &l->says), free = near && lock_is_free(fd);
    close(fd);
    if (seen->err)
        return LEASE_UNSURE;
    if (free && !says_process_lives(&says))
        return LEASE_DEAD;
    memcpy(seen->host, says.host, sizeof seen->host);
    seen->pid = says.pid;
    seen->renewed = st.st_mtim;
    return judge_age(l, holder, &says, near, seen);
}

int
lease_end(struct lease *l, const char *holder)
{
    struct buf path = {0};
    lease_path(&path, l->state_dir, holder);
    int err = unlink(path.p) == 0 || errno == ENOENT ? 0 : errno;
    buf_free(&path);
    return err;
}

/* --- those who only look --- */

bool
lease_seen(const char *state_dir, const char *holder, char *who, size_t n)
{
    struct stat st;
    struct says says;
    struct timespec now;
    bool gone;
    if (who && n)
        who[0] = 0;
    if (!*holder)
        return false;
    int fd = open_lease(state_dir, holder, NULL, O_RDONLY, &gone);
    if (fd < 0)
        return !gone && errno != ENOENT; /* ENOENT: there is not even the folder */
    bool alive = true;                   /* what cannot be looked at proves nothing */
    if (fstat(fd, &st) == 0 && says_read(fd, &says) == 0) {
        if (says_this_kernel(&says)) {
            alive = !lock_is_free(fd) || says_process_lives(&says);
        } else { /* our clock has to do, and may be some way off */
            clock_gettime(CLOCK_REALTIME, &now);
            alive = as_ms(now) - as_ms(st.st_mtim) < 2000 * (int64_t)says.seconds;
        }
        if (alive && *says.host && who && n)
            snprintf(who, n, "%s %ld %s", says.host, says.pid, *says.job ? says.job : "-");
    }
    close(fd);
    return alive;
}

uint32_t
lease_orders(const char *state_dir, const char *holder)
{
    struct says says = {0};
    bool gone;
    int fd = open_lease(state_dir, holder, NULL, O_RDONLY, &gone);
    if (fd < 0)
        return 0;
    if (says_read(fd, &says) != 0)
        says.orders = 0;
    close(fd);
    return says.orders;
}

bool
lease_renewed(const char *state_dir, const char *holder, struct timespec *t)
{
    struct buf path = {0};
    struct stat st;
    lease_path(&path, state_dir, holder);
    bool there = *holder && stat(path.p, &st) == 0;
    if (there)
        *t = st.st_mtim;
    buf_free(&path);
    return there;
}

int
lease_other(struct lease *l, const char *node, char *holder, size_t n)
{
    struct buf path = {0};
    enum lease_life found = LEASE_DEAD;
    int err;
    buf_printf(&path, "%s/" STATE_LEASES, l->state_dir);
    DIR *d = opendir(path.p);
    err = d ? 0 : errno;
    buf_free(&path);
    holder[0] = 0;
    while (d && found != LEASE_HELD) {
        errno = 0;
        const struct dirent *e = readdir(d);
        if (!e) {
            err = errno;
            break;
        }
        if (e->d_name[0] == '.' || strlen(e->d_name) >= HOLDER_SIZE ||
            strcmp(e->d_name, l->holder) == 0)
            continue;
        if (node && (strncmp(e->d_name, node, strlen(node)) != 0 || e->d_name[strlen(node)] != '.'))
            continue;
        enum lease_life life = lease_judge(l, e->d_name, NULL);
        if (life > found) {
            found = life;
            snprintf(holder, n, "%s", e->d_name);
        }
    }
    if (d)
        closedir(d);
    return err;
}

/* --- nodes and jobs --- */

static size_t
node_length(const char *holder)
{
    const char *dot = strrchr(holder, '.');
    return dot ? (size_t)(dot - holder) : strlen(holder);
}

int
lease_compare_nodes(const char *a, const char *b)
{
    size_t n = node_length(a), m = node_length(b);
    return n != m ? (n > m) - (n < m) : memcmp(a, b, n);
}

bool
lease_same_node(const char *a, const char *b)
{
    return lease_compare_nodes(a, b) == 0;
}

bool
lease_of_shim(const char *holder)
{
    static const char *const ours[] = {LEASE_AMEND ".", LEASE_BUILDER ".", LEASE_REDO "."};
    bool shim = *holder != 0;
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        shim = shim && !lease_same_node(holder, ours[i]);
    return shim;
}

void
lease_each(const char *state_dir, bool (*see)(void *arg, const char *holder), void *arg)
{
    struct buf path = {0};
    buf_printf(&path, "%s/" STATE_LEASES, state_dir);
    DIR *d = opendir(path.p);
    buf_free(&path);
    const struct dirent *e;
    bool more = true;
    while (d && more && (e = readdir(d)))
        if (e->d_name[0] != '.' && strlen(e->d_name) < HOLDER_SIZE && lease_of_shim(e->d_name))
            more = see(arg, e->d_name);
    if (d)
        closedir(d);
}

struct counting {
    const char *state_dir, *but;
    unsigned found, most;
};

static bool
count_shim(void *arg, const char *holder)
{
    struct counting *c = arg;
    if (!*c->but || !lease_same_node(holder, c->but))
        c->found += lease_seen(c->state_dir, holder, NULL, 0);
    return c->found < c->most;
}

unsigned
lease_shims(const char *state_dir, const char *but, unsigned most)
{
    struct counting c = {state_dir, but, 0, most};
    if (most)
        lease_each(state_dir, count_shim, &c);
    return c.found;
}

unsigned
lease_others(const struct lease *l, unsigned most)
{
    return lease_shims(l->state_dir, l->holder, most);
}

bool
lease_of_job(const char *state_dir, const char *holder, const char *job)
{
    struct says says = {0};
    bool gone;
    int fd = open_lease(state_dir, holder, NULL, O_RDONLY, &gone);
    bool same = fd >= 0 && says_read(fd, &says) == 0 && *job && strcmp(says.job, job) == 0;
    if (fd >= 0)
        close(fd);
    return same && lease_seen(state_dir, holder, NULL, 0);
}

uint32_t
lease_redo(const char *holder)
{
    size_t n = strlen(LEASE_REDO ".");
    return strncmp(holder, LEASE_REDO ".", n) == 0 ? (uint32_t)strtoul(holder + n, NULL, 10) : 0;
}
