#include "config.h"

#include "journal/lease.h"

#include "util/buf.h"
#include "util/file.h"

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

enum { NODE_LENGTH = 16, SUSPECTS = 16, FIRST_TRIES = 1000000, TIME_KEPT_MS = 200 };

/* What a lease says. */
struct says {
    char host[128], boot[64];
    long pid;
    uint32_t seconds;
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
    struct suspect suspect[SUSPECTS];
    unsigned next_suspect;
    int64_t asked_ms; /* when the file system told this time; 0: not yet */
    struct timespec time_there;
};

static void
lease_path(struct buf *b, const char *state_dir, const char *holder)
{
    buf_printf(b, "%s/leases/%s", state_dir, holder);
}

/* Runs on while the machine sleeps, too. */
static int64_t
boot_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t
as_ms(struct timespec t)
{
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
ask_host(struct says *s)
{
    struct buf boot = {0};
    if (gethostname(s->host, sizeof s->host - 1) != 0 || !s->host[0])
        snprintf(s->host, sizeof s->host, "?");
    if (file_read("/proc/sys/kernel/random/boot_id", &boot) != 0 || boot.n < 2)
        buf_puts(&boot, "?");
    snprintf(s->boot, sizeof s->boot, "%.*s", (int)strcspn(boot.p, "\n"), boot.p);
    s->pid = (long)getpid();
    buf_free(&boot);
}

static bool
read_says(int fd, struct says *s)
{
    char line[256];
    ssize_t n = pread(fd, line, sizeof line - 1, 0);
    line[n > 0 ? n : 0] = 0;
    return sscanf(line, "%127s %ld %63s %u", s->host, &s->pid, s->boot, &s->seconds) == 4;
}

static bool
same_kernel(const struct says *a, const struct says *b)
{
    return strcmp(a->host, b->host) == 0 && strcmp(a->boot, b->boot) == 0 && *a->boot != '?';
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
        buf_printf(&path, "%s/logs/%s.log", l->state_dir, l->holder);
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
    buf_printf(&line, "%s %ld %s %u %s\n", l->says.host, l->says.pid, l->says.boot, l->says.seconds,
        job);
    int err = dir_make_parent(path.p);
    if (!err) {
        l->fd = open(temporary.p, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        err = l->fd < 0 ? errno : write_all(l->fd, line.p, line.n);
    }
    if (!err) {
        fcntl(l->fd, F_OFD_SETLK, &lock); /* where there are no locks, time alone tells */
        err = rename(temporary.p, path.p) == 0 ? 0 : errno;
    }
    buf_free(&path);
    buf_free(&temporary);
    buf_free(&line);
    return err;
}

struct lease *
lease_open(const char *state_dir, const char *node, const char *job, uint32_t seconds, int *err)
{
    struct lease *l = xcalloc(1, sizeof *l);
    l->state_dir = xstrdup(state_dir);
    l->fd = -1;
    l->says.seconds = seconds;
    ask_host(&l->says);
    *err = choose_name(l, node ? node : l->says.host);
    if (!*err)
        *err = write_lease(l, job ? job : "-");
    if (!*err)
        return l;
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
    free(l->state_dir);
    free(l);
    errno = saved;
}

const char *
lease_holder(const struct lease *l)
{
    return l->holder;
}

/* By its name, so that a removed one is noticed; opened anew, so that the file system looks. */
static int
open_lease(const char *state_dir, const char *holder, int flags, struct stat *st)
{
    struct buf path = {0};
    lease_path(&path, state_dir, holder);
    int fd = open(path.p, flags | O_CLOEXEC | O_NONBLOCK);
    buf_free(&path);
    if (fd >= 0 && (fstat(fd, st) != 0 || !S_ISREG(st->st_mode))) {
        close(fd);
        errno = ENOENT;
        return -1;
    }
    return fd;
}

int
lease_beat(struct lease *l)
{
    struct stat st, own;
    int fd = open_lease(l->state_dir, l->holder, O_WRONLY, &st);
    if (fd < 0)
        return errno == ENOENT ? ESTALE : errno;
    int err = fstat(l->fd, &own) != 0 ? errno : 0;
    if (!err && (own.st_ino != st.st_ino || own.st_dev != st.st_dev))
        err = ESTALE;
    if (!err && futimens(fd, NULL) != 0)
        err = errno;
    close(fd);
    return err;
}

/* --- others --- */

static bool
lock_is_free(int fd)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type == F_UNLCK;
}

/* Was it seen not to change for long enough? */
static bool
watched(struct lease *l, const char *holder, struct timespec renewed, uint32_t seconds)
{
    struct suspect *s = NULL;
    for (unsigned i = 0; i < SUSPECTS && !s; i++)
        if (strcmp(l->suspect[i].holder, holder) == 0)
            s = &l->suspect[i];
    if (s && as_ms(s->renewed) == as_ms(renewed))
        return boot_ms() - s->since_ms >= (int64_t)seconds * 1000 * 2 / LEASE_BEATS;
    if (!s)
        s = &l->suspect[l->next_suspect++ % SUSPECTS];
    snprintf(s->holder, sizeof s->holder, "%s", holder);
    s->renewed = renewed;
    s->since_ms = boot_ms();
    return false;
}

/* The file system's time, told by renewing our own lease. Not anew for each of many holders: with a
 * time that is a little old, they only seem younger. */
static bool
time_there(struct lease *l, struct timespec *t)
{
    struct stat st;
    int64_t now = boot_ms();
    if (!l->asked_ms || now - l->asked_ms > TIME_KEPT_MS) {
        if (lease_beat(l) != 0 || fstat(l->fd, &st) != 0)
            return false;
        l->asked_ms = now;
        l->time_there = st.st_mtim;
    }
    *t = l->time_there;
    return true;
}

enum lease_life
lease_judge(struct lease *l, const char *holder)
{
    struct stat st;
    struct says says;
    struct timespec now;
    if (strcmp(holder, l->holder) == 0)
        return LEASE_HELD;
    int fd = open_lease(l->state_dir, holder, O_RDWR, &st);
    if (fd < 0)
        return errno == ENOENT ? LEASE_DEAD : LEASE_FRESH;
    if (!read_says(fd, &says)) /* damaged: it still has a time */
        says = (struct says){.seconds = LEASE_SECONDS};
    bool near = same_kernel(&says, &l->says), free = near && lock_is_free(fd);
    close(fd);
    if (free)
        return LEASE_DEAD;
    if (!time_there(l, &now))
        return LEASE_FRESH;
    int64_t age = as_ms(now) - as_ms(st.st_mtim), most = (int64_t)says.seconds * 1000;
    if (age > most && watched(l, holder, st.st_mtim, says.seconds))
        return LEASE_DEAD;
    return age > most * 2 / LEASE_BEATS ? LEASE_LATE : near ? LEASE_HELD : LEASE_FRESH;
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

bool
lease_seen(const char *state_dir, const char *holder, char *who, size_t n)
{
    struct stat st;
    struct says says, own = {0};
    struct timespec now;
    if (who && n)
        who[0] = 0;
    if (!*holder)
        return false;
    int fd = open_lease(state_dir, holder, O_RDONLY, &st);
    if (fd < 0)
        return false;
    ask_host(&own);
    bool said = read_says(fd, &says), alive;
    if (said && same_kernel(&says, &own)) {
        alive = !lock_is_free(fd);
    } else { /* our clock has to do, and may be some way off */
        clock_gettime(CLOCK_REALTIME, &now);
        alive = as_ms(now) - as_ms(st.st_mtim) < 2000 * (int64_t)(said ? says.seconds : LEASE_SECONDS);
    }
    if (alive && said && who && n)
        snprintf(who, n, "%s %ld", says.host, says.pid);
    close(fd);
    return alive;
}

bool
lease_other(
    const char *state_dir, const struct lease *l, const char *node, char *holder, size_t n)
{
    struct buf path = {0};
    bool found = false;
    buf_printf(&path, "%s/leases", state_dir);
    DIR *d = opendir(path.p);
    buf_free(&path);
    const struct dirent *e;
    while (d && !found && (e = readdir(d))) {
        if (e->d_name[0] == '.' || strlen(e->d_name) >= HOLDER_SIZE ||
            (l && strcmp(e->d_name, l->holder) == 0))
            continue;
        if (node && (strncmp(e->d_name, node, strlen(node)) != 0 || e->d_name[strlen(node)] != '.'))
            continue;
        found = lease_seen(state_dir, e->d_name, NULL, 0);
        if (found)
            snprintf(holder, n, "%s", e->d_name);
    }
    if (d)
        closedir(d);
    return found;
}

/* --- nodes and jobs --- */

static size_t
node_length(const char *holder)
{
    const char *dot = strrchr(holder, '.');
    return dot ? (size_t)(dot - holder) : strlen(holder);
}

bool
lease_same_node(const char *a, const char *b)
{
    size_t n = node_length(a);
    return n == node_length(b) && memcmp(a, b, n) == 0;
}

unsigned
lease_others(const struct lease *l, unsigned most)
{
    struct buf path = {0};
    unsigned found = 0;
    buf_printf(&path, "%s/leases", l->state_dir);
    DIR *d = opendir(path.p);
    buf_free(&path);
    const struct dirent *e;
    while (d && found < most && (e = readdir(d))) {
        if (e->d_name[0] == '.' || strlen(e->d_name) >= HOLDER_SIZE ||
            lease_same_node(e->d_name, l->holder) ||
            strncmp(e->d_name, LEASE_BUILDER ".", strlen(LEASE_BUILDER ".")) == 0)
            continue;
        found += lease_seen(l->state_dir, e->d_name, NULL, 0);
    }
    if (d)
        closedir(d);
    return found;
}

bool
lease_of_job(const char *state_dir, const char *holder, const char *job)
{
    struct buf path = {0}, text = {0};
    lease_path(&path, state_dir, holder);
    bool same = false;
    if (file_read(path.p, &text) == 0) {
        const char *word = text.p;
        for (int i = 0; i < 4 && word; i++) { /* host, process, boot, seconds */
            word = strchr(word, ' ');
            word += word != NULL;
        }
        size_t n = word ? strcspn(word, "\n") : 0;
        same = word && n == strlen(job) && memcmp(word, job, n) == 0;
    }
    buf_free(&path);
    buf_free(&text);
    return same && lease_seen(state_dir, holder, NULL, 0);
}
