#include "config.h"

#include "node/awaited.h"

#include "node/disk.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/list.h"
#include "util/strpool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FEW = 16,              /* names are asked for one by one; of more the folder is listed */
    LOOKS = 256,           /* at folders, at a time */
    PART = 50,             /* a look takes no more than such a part of the time */
    CALM = 3,              /* looks at all names after a change: times of files are coarse */
    WHOLE_MS = 10 * 60000, /* whatever the folder says: a link may lead elsewhere */
};

/* Waits for `path`, as soon as there is something called `name` in the folder. */
struct entry {
    uint32_t task;
    char *path, *name;  /* name: within path; it ends there, or at the next '/' */
    uint64_t signature; /* of what is there, and not good; 0: nothing was */
    int64_t look_at, pause;
};

struct folder {
    struct entry *v;
    uint32_t n, cap;
    bool sorted; /* by name */
    int64_t look_at, pause, whole_at;
    dev_t dev;
    ino_t ino;
    struct timespec mtime;
    uint32_t calm; /* looks since it changed */
};

struct awaited {
    struct strpool paths; /* of the folders, by their numbers */
    struct folder *folder;
    uint32_t nfolders, cap, at; /* at: where the next look goes on */
    uint32_t count;
    uint64_t asked;
    uint32_t *found; /* tasks whose files have come */
    uint32_t nfound, cap_found;
};

struct awaited *
awaited_new(void)
{
    struct awaited *a = xcalloc(1, sizeof *a);
    strpool_init(&a->paths);
    return a;
}

void
awaited_free(struct awaited *a)
{
    if (!a)
        return;
    for (uint32_t i = 0; i < a->nfolders; i++) {
        for (uint32_t k = 0; k < a->folder[i].n; k++)
            free(a->folder[i].v[k].path);
        free(a->folder[i].v);
    }
    free(a->folder);
    free(a->found);
    strpool_free(&a->paths);
    free(a);
}

static uint64_t
look(struct awaited *a, const char *path)
{
    struct stat st;
    a->asked++;
    return stat(path, &st) == 0 ? file_signature(&st) : 0;
}

static bool
is_folder(struct awaited *a, const char *path)
{
    struct stat st;
    a->asked++;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* --- where it waits --- */

static uint32_t
folder_of(struct awaited *a, const char *path, size_t n, int64_t now)
{
    uint32_t before = a->paths.count;
    uint32_t id = strpool_add(&a->paths, path, n);
    if (a->paths.count == before && id < a->nfolders)
        return id;
    while (a->nfolders <= id) {
        ARRAY_GROW(a->folder, a->nfolders, a->cap);
        a->folder[a->nfolders++] = (struct folder){.look_at = NEVER};
    }
    a->folder[id] =
        (struct folder){.pause = AWAITED_SOONEST_MS, .look_at = now + AWAITED_SOONEST_MS};
    return id;
}

/* The last folder of its path that is there: its number, and the name in it that is missing. Is one
 * known by that name, it is not asked for: its own look will tell. */
static uint32_t
settle(struct awaited *a, struct entry *e, int64_t now)
{
    char *slash = strrchr(e->path, '/');
    while (slash && slash != e->path) {
        *slash = 0;
        bool there = is_folder(a, e->path);
        *slash = '/';
        if (there) {
            e->name = slash + 1;
            return folder_of(a, e->path, (size_t)(slash - e->path), now);
        }
        while (slash > e->path && slash[-1] != '/')
            slash--;
        slash = slash > e->path ? slash - 1 : NULL;
    }
    e->name = e->path + (*e->path == '/');
    return folder_of(a, *e->path == '/' ? "/" : ".", 1, now);
}

static void
put(struct awaited *a, struct entry e, int64_t now)
{
    uint32_t id = settle(a, &e, now);
    struct folder *f = &a->folder[id];
    if (!f->n || e.signature) {
        f->pause = AWAITED_SOONEST_MS;
        f->look_at = now + AWAITED_SOONEST_MS;
    }
    ARRAY_GROW(f->v, f->n, f->cap);
    f->v[f->n++] = e;
    f->sorted = false;
    f->calm = 0;
}

/* A copy with each '/' once, and none at its end. */
static char *
plain(const char *path)
{
    char *copy = xstrdup(path), *to = copy;
    for (const char *from = copy; *from; from++)
        if (*from != '/' || to == copy || to[-1] != '/')
            *to++ = *from;
    if (to > copy + 1 && to[-1] == '/')
        to--;
    *to = 0;
    return copy;
}

void
awaited_add(struct awaited *a, uint32_t task, const char *path, int64_t now)
{
    struct entry e = {.task = task,
        .path = plain(path),
        .signature = look(a, path),
        .pause = AWAITED_SOONEST_MS,
        .look_at = now + AWAITED_SOONEST_MS};
    put(a, e, now);
    a->count++;
}

/* --- what has come --- */

static size_t
name_length(const struct entry *e)
{
    return strcspn(e->name, "/");
}

static void
take_out(struct folder *f, uint32_t i)
{
    f->v[i] = f->v[--f->n];
    f->sorted &= i == f->n;
}

/* Something has the name that was missing: the file, or a folder on its way. True: the entry is not
 * here any more. */
static bool
came(struct awaited *a, uint32_t id, uint32_t i, int64_t now)
{
    struct entry *e = &a->folder[id].v[i];
    uint64_t signature = look(a, e->path);
    if (!signature && e->name[name_length(e)]) {
        struct entry moved = *e;
        take_out(&a->folder[id], i);
        put(a, moved, now);
        return true;
    }
    if (!signature || signature == e->signature)
        return false;
    ARRAY_GROW(a->found, a->nfound, a->cap_found);
    a->found[a->nfound++] = e->task;
    free(e->path);
    take_out(&a->folder[id], i);
    a->count--;
    return true;
}

static int
by_name(const void *x, const void *y)
{
    const struct entry *a = x, *b = y;
    size_t n = name_length(a), m = name_length(b);
    int c = memcmp(a->name, b->name, n < m ? n : m);
    return c ? c : (n > m) - (n < m);
}

/* The first of its entries that waits for this name, or n. */
static uint32_t
find(const struct folder *f, const char *name)
{
    struct entry key = {.name = (char *)(uintptr_t)name};
    uint32_t from = 0, to = f->n;
    while (from < to) {
        uint32_t mid = from + (to - from) / 2;
        if (by_name(&f->v[mid], &key) < 0)
            from = mid + 1;
        else
            to = mid;
    }
    return from < f->n && by_name(&f->v[from], &key) == 0 ? from : f->n;
}

static bool
ask_names(struct awaited *a, uint32_t id, int64_t now)
{
    struct buf path = {0};
    bool any = false;
    for (uint32_t i = a->folder[id].n; i-- > 0;) {
        struct entry *e = &a->folder[id].v[i];
        struct stat st;
        buf_reset(&path);
        buf_add(&path, e->path, (size_t)(e->name - e->path) + name_length(e));
        a->asked++;
        any |= stat(path.p, &st) == 0 && came(a, id, i, now);
    }
    buf_free(&path);
    return any;
}

/* All names in it are read once; entries move only when that is over. */
static bool
list_names(struct awaited *a, uint32_t id, int64_t now)
{
    struct folder *f = &a->folder[id];
    DIR *d = opendir(strpool_get(&a->paths, id));
    uint8_t *there = xcalloc(f->n, 1);
    bool any = false;
    a->asked++;
    if (!f->sorted)
        qsort(f->v, f->n, sizeof *f->v, by_name);
    f->sorted = true;
    for (const struct dirent *e; d && (e = readdir(d));)
        for (uint32_t i = find(f, e->d_name); i < f->n; i++) {
            struct entry key = {.name = (char *)(uintptr_t)e->d_name};
            if (by_name(&f->v[i], &key) != 0)
                break;
            there[i] = 1;
        }
    if (d)
        closedir(d);
    for (uint32_t i = f->n; d && i-- > 0;) /* what fills a hole was looked at */
        any |= there[i] && came(a, id, i, now);
    free(there);
    return d ? any : ask_names(a, id, now);
}

/* What is there and was not good changes by itself, and nothing of the folder with it. */
static bool
ask_bad(struct awaited *a, uint32_t id, int64_t now, bool all)
{
    bool any = false;
    for (uint32_t i = a->folder[id].n; i-- > 0;) {
        struct entry *e = &a->folder[id].v[i];
        if (!e->signature || (!all && now < e->look_at))
            continue;
        e->pause = 2 * e->pause < AWAITED_LATEST_MS ? 2 * e->pause : AWAITED_LATEST_MS;
        e->look_at = now + e->pause;
        any |= came(a, id, i, now);
    }
    return any;
}

/* Has it changed since, or may it have? The folder is opened, so that NFS asks its server. False
 * and *gone: it is not there any more. */
static bool
has_changed(struct awaited *a, uint32_t id, bool *gone)
{
    struct folder *f = &a->folder[id];
    struct stat st;
    int fd = open(strpool_get(&a->paths, id), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int err = fd >= 0 && fstat(fd, &st) == 0 ? 0 : errno;
    a->asked++;
    if (fd >= 0)
        close(fd);
    *gone = err == ENOENT || err == ENOTDIR;
    if (err)
        return !*gone && f->calm++ < CALM; /* one that cannot be read may let names be asked */
    bool same = f->dev == st.st_dev && f->ino == st.st_ino &&
                f->mtime.tv_sec == st.st_mtim.tv_sec && f->mtime.tv_nsec == st.st_mtim.tv_nsec;
    f->dev = st.st_dev;
    f->ino = st.st_ino;
    f->mtime = st.st_mtim;
    f->calm = same ? f->calm : 0;
    return f->calm++ < CALM;
}

static bool
move_all(struct awaited *a, uint32_t id, int64_t now)
{
    struct entry *v = a->folder[id].v;
    uint32_t n = a->folder[id].n;
    a->folder[id] = (struct folder){.look_at = NEVER};
    for (uint32_t i = 0; i < n; i++)
        put(a, v[i], now);
    free(v);
    return n > 0;
}

static void
look_at(struct awaited *a, uint32_t id, int64_t now, bool all)
{
    bool gone, any;
    bool whole = all || now >= a->folder[id].whole_at;
    int64_t began = now_ms();
    if (has_changed(a, id, &gone) || (whole && !gone)) {
        any = a->folder[id].n > FEW ? list_names(a, id, now) : ask_names(a, id, now);
        a->folder[id].whole_at = now + WHOLE_MS;
    } else {
        any = gone ? move_all(a, id, now) : ask_bad(a, id, now, all);
    }
    struct folder *f = &a->folder[id];
    if (!f->n) {
        free(f->v);
        *f = (struct folder){.look_at = NEVER};
        return;
    }
    int64_t took = now_ms() - began, pause = 2 * f->pause;
    f->pause = any ? AWAITED_SOONEST_MS : pause < AWAITED_LATEST_MS ? pause : AWAITED_LATEST_MS;
    if (f->pause < took * PART)
        f->pause = took * PART;
    f->look_at = now + f->pause;
}

bool
awaited_next(struct awaited *a, int64_t now, bool all, uint32_t *task)
{
    uint32_t looks = all ? UINT32_MAX : LOOKS;
    for (uint32_t i = 0, n = a->nfolders; i < n && looks && !a->nfound; i++) {
        a->at = a->at + 1 < n ? a->at + 1 : 0;
        struct folder *f = &a->folder[a->at];
        if (!f->n || (!all && now < f->look_at))
            continue;
        look_at(a, a->at, now, all);
        looks--;
    }
    if (!a->nfound)
        return false;
    *task = a->found[--a->nfound];
    return true;
}

const char *
awaited_one(const struct awaited *a)
{
    for (uint32_t i = 0; i < a->nfolders; i++)
        if (a->folder[i].n)
            return a->folder[i].v[0].path;
    return NULL;
}

uint32_t
awaited_count(const struct awaited *a)
{
    return a->count;
}

uint64_t
awaited_asked(const struct awaited *a)
{
    return a->asked;
}
