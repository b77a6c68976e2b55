#include "config.h"

#include "node/watch.h"

#include "node/process.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/hash.h"
#include "util/list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

struct entry {
    uint64_t name; /* a hash */
    uint64_t id;
};

struct folder {
    int number; /* inotify's */
    struct entry *v;
    uint32_t n, cap;
};

struct watch {
    int fd;
    struct folder *folder;
    uint32_t n, cap;
};

struct watch *
watch_new(void)
{
    struct watch *w = xcalloc(1, sizeof *w);
    w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    return w;
}

void
watch_free(struct watch *w)
{
    if (!w)
        return;
    for (uint32_t i = 0; i < w->n; i++)
        free(w->folder[i].v);
    free(w->folder);
    if (w->fd >= 0)
        close(w->fd);
    free(w);
}

int
watch_fd(const struct watch *w)
{
    return w->fd;
}

static uint64_t
hash_name(const char *name)
{
    return hash64(name, strlen(name), 0);
}

static struct folder *
find_folder(const struct watch *w, int number)
{
    for (uint32_t i = 0; i < w->n; i++)
        if (w->folder[i].number == number)
            return &w->folder[i];
    return NULL;
}

void
watch_add(struct watch *w, const char *path, uint64_t id)
{
    const char *slash = strrchr(path, '/');
    struct buf folder = {0};
    if (w->fd < 0)
        return;
    path_folder(path, &folder);
    int number = inotify_add_watch(w->fd, folder.p, IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR);
    buf_free(&folder);
    if (number < 0)
        return;
    struct folder *f = find_folder(w, number);
    if (!f) {
        ARRAY_GROW(w->folder, w->n, w->cap);
        f = &w->folder[w->n++];
        *f = (struct folder){.number = number};
    }
    ARRAY_GROW(f->v, f->n, f->cap);
    f->v[f->n++] = (struct entry){hash_name(slash ? slash + 1 : path), id};
}

void
watch_drop(struct watch *w, uint64_t id)
{
    for (uint32_t i = w->n; i-- > 0;) {
        struct folder *f = &w->folder[i];
        for (uint32_t k = f->n; k-- > 0;)
            if (f->v[k].id == id)
                f->v[k] = f->v[--f->n];
        if (f->n)
            continue;
        inotify_rm_watch(w->fd, f->number);
        free(f->v);
        *f = w->folder[--w->n];
    }
}

/* Events were lost: each file may have been closed. */
static void
each_entry(const struct watch *w, void (*each)(void *arg, uint64_t id), void *arg)
{
    for (uint32_t i = 0; i < w->n; i++)
        for (uint32_t k = 0; k < w->folder[i].n; k++)
            each(arg, w->folder[i].v[k].id);
}

void
watch_read(struct watch *w, void (*each)(void *arg, uint64_t id), void *arg)
{
    _Alignas(struct inotify_event) char text[8192];
    ssize_t n;
    while (w->fd >= 0 && (n = read(w->fd, text, sizeof text)) > 0) {
        const struct inotify_event *e;
        for (const char *p = text; p < text + n; p += sizeof *e + e->len) {
            e = (const struct inotify_event *)(const void *)p;
            if (e->mask & IN_Q_OVERFLOW)
                each_entry(w, each, arg);
            const struct folder *f = e->len ? find_folder(w, e->wd) : NULL;
            uint64_t name = f ? hash_name(e->name) : 0;
            for (uint32_t k = 0; f && k < f->n; k++)
                if (f->v[k].name == name)
                    each(arg, f->v[k].id);
        }
    }
}

/* --- who writes --- */

struct search {
    const struct stat *file;
    uid_t user;
    bool found;
};

/* Has the process the file open for writing? The links of /proc tell how it was opened. */
static void
look_at_process(void *arg, pid_t pid)
{
    struct search *s = arg;
    char path[48];
    struct stat st;
    snprintf(path, sizeof path, "/proc/%ld/fd", (long)pid);
    if (s->found || pid == getpid() || stat(path, &st) != 0 ||
        (st.st_uid != s->user && s->user != 0))
        return;
    DIR *d = opendir(path);
    const struct dirent *e;
    while (d && !s->found && (e = readdir(d)))
        s->found = fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
                   S_ISLNK(st.st_mode) && st.st_mode & S_IWUSR &&
                   fstatat(dirfd(d), e->d_name, &st, 0) == 0 && st.st_dev == s->file->st_dev &&
                   st.st_ino == s->file->st_ino;
    if (d)
        closedir(d);
}

/* A lease on reading is given if nobody can write to the file, by a descriptor or a mapping. It is
 * held for no time at all; who would open the file meanwhile waits so long, and the signal for that
 * is one that is ignored. */
static bool
nobody_can(int fd)
{
    if (fcntl(fd, F_SETSIG, SIGURG) != 0 || fcntl(fd, F_SETLEASE, F_RDLCK) != 0)
        return false;
    fcntl(fd, F_SETLEASE, F_UNLCK);
    return true;
}

enum writers
watch_writers(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    bool none = fd >= 0 && nobody_can(fd);
    bool known = fd >= 0 ? fstat(fd, &st) == 0 : stat(path, &st) == 0;
    if (fd >= 0)
        close(fd);
    if (none)
        return WRITERS_NONE;
    struct search s = {&st, geteuid(), false};
    if (known)
        process_each(look_at_process, &s);
    return s.found ? WRITERS_SOME : WRITERS_UNSEEN;
}

uint64_t
watch_mark(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return 0;
    uint64_t v[] = {st.st_dev, st.st_ino, (uint64_t)st.st_size, (uint64_t)st.st_mtim.tv_sec,
        (uint64_t)st.st_mtim.tv_nsec};
    uint64_t h = hash64(v, sizeof v, 0);
    return h ? h : 1;
}
