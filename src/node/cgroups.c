/* Control groups of v2, as linux/Documentation/admin-guide/cgroup-v2.rst tells. */
#include "config.h"

#include "node/cgroups.h"

#include "cost/cgroup.h"
#include "node/process.h"
#include "util/buf.h"
#include "util/list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define OURS "wfl-shim" /* the group of those who are no tasks */
#define PROCS "cgroup.procs"
#define CONTROL "cgroup.subtree_control"

enum { TRIES = 4, DEEPEST = 1000 };

struct cgroups {
    int folder; /* that is divided */
    struct part {
        uint64_t before, kills; /* bytes that it had when its task began; counted of it so far */
    } * part;
    uint32_t n, cap;
    struct buf text;
};

static bool
read_below(struct cgroups *c, const char *name)
{
    int fd = openat(c->folder, name, O_RDONLY | O_CLOEXEC);
    bool good = process_again(fd, &c->text);
    if (fd >= 0)
        close(fd);
    return good;
}

static bool
write_below(const struct cgroups *c, const char *name, const char *text)
{
    int fd = openat(c->folder, name, O_WRONLY | O_CLOEXEC);
    bool good = fd >= 0 && write(fd, text, strlen(text)) > 0;
    if (fd >= 0)
        close(fd);
    return good;
}

/* --- to divide ours --- */

/* Root may write everywhere, which says nothing; the mark is systemd's, whose older versions set
 * but the first one. */
static bool
is_given(const struct cgroups *c)
{
    static const char *const mark[] = {"trusted.delegate", "user.delegate"};
    struct stat st;
    char value[2] = "";
    if (geteuid() != 0)
        return fstat(c->folder, &st) == 0 && st.st_uid == geteuid();
    for (size_t i = 0; i < sizeof mark / sizeof *mark && *value != '1'; i++)
        if (fgetxattr(c->folder, mark[i], value, sizeof value) != 1)
            *value = 0;
    return *value == '1';
}

/* Can memory be counted in groups below it? That of the whole machine is not divided: it has no
 * memory.current. */
static bool
counts_memory(struct cgroups *c)
{
    return faccessat(c->folder, "memory.current", R_OK, 0) == 0 &&
           read_below(c, "cgroup.controllers") && strstr(c->text.p, "memory");
}

static bool
is_ours(pid_t pid)
{
    struct process p = {.parent = getpid()};
    if (pid <= 0)
        return false;
    for (unsigned i = 0; i < DEEPEST && p.parent > 0; i++) { /* we, and who waits for us */
        if (p.parent == pid)
            return true;
        if (!process_read(p.parent, &p))
            break;
    }
    return process_read(pid, &p) && p.parent == getpid();
}

/* Of a list of processes, one to a line: are they all ours? With `to`, they are moved there. */
static bool
each_process(struct cgroups *c, const char *list, const char *to)
{
    bool good = read_below(c, list);
    char *more = NULL, *text = xstrdup(good ? c->text.p : "");
    for (char *pid = strtok_r(text, "\n", &more); pid; pid = strtok_r(NULL, "\n", &more))
        good &= to ? write_below(c, to, pid) : is_ours((pid_t)atol(pid));
    free(text);
    return good;
}

static void
unite(struct cgroups *c)
{
    write_below(c, CONTROL, "-memory");
    each_process(c, OURS "/" PROCS, PROCS);
    unlinkat(c->folder, OURS, AT_REMOVEDIR);
}

static bool
divide(struct cgroups *c)
{
    if (mkdirat(c->folder, OURS, 0755) != 0 && errno != EEXIST)
        return false;
    for (unsigned i = 0; i < TRIES; i++) /* who is moved may start others meanwhile */
        if (each_process(c, PROCS, OURS "/" PROCS) && write_below(c, CONTROL, "+memory"))
            return true;
    unite(c);
    return false;
}

struct cgroups *
cgroups_open(void)
{
    struct buf path = {0};
    if (!cgroup_own("", &path)) {
        buf_free(&path);
        return NULL;
    }
    char *name = strrchr(path.p, '/');
    if (name && strcmp(name + 1, OURS) == 0) /* one that died did not unite it */
        *name = 0;
    struct cgroups *c = xcalloc(1, sizeof *c);
    c->folder = open(path.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    buf_free(&path);
    bool good =
        c->folder >= 0 && is_given(c) && counts_memory(c) && each_process(c, PROCS, NULL) &&
        (faccessat(c->folder, OURS, F_OK, 0) != 0 || each_process(c, OURS "/" PROCS, NULL)) &&
        divide(c);
    if (good)
        return c;
    if (c->folder >= 0)
        close(c->folder);
    buf_free(&c->text);
    free(c);
    return NULL;
}

/* A file of a slot's group, or with "" its folder. */
static const char *
name_of(uint32_t slot, const char *file, char name[64])
{
    snprintf(name, 64, "wfl-task-%u%s%s", slot, *file ? "/" : "", file);
    return name;
}

void
cgroups_close(struct cgroups *c)
{
    char name[64];
    if (!c)
        return;
    for (uint32_t i = 0; i < c->n; i++)
        unlinkat(c->folder, name_of(i, "", name), AT_REMOVEDIR);
    unite(c);
    close(c->folder);
    buf_free(&c->text);
    free(c->part);
    free(c);
}

int
cgroups_kills_file(const struct cgroups *c)
{
    return openat(c->folder, "memory.events", O_RDONLY | O_CLOEXEC);
}

/* --- of a slot --- */

/* What its group uses, whosever that is. */
static bool
in_use(struct cgroups *c, uint32_t slot, uint64_t *bytes)
{
    char name[64];
    if (!read_below(c, name_of(slot, "memory.current", name)))
        return false;
    *bytes = strtoull(c->text.p, NULL, 10);
    if (!read_below(c, name_of(slot, "memory.stat", name)))
        return false;
    uint64_t spare = cgroup_spare(c->text.p);
    *bytes = *bytes > spare ? *bytes - spare : 0;
    return true;
}

int
cgroups_begin(struct cgroups *c, uint32_t slot)
{
    char name[64];
    while (slot >= c->n) {
        ARRAY_GROW(c->part, c->n, c->cap);
        c->part[c->n++] = (struct part){0};
    }
    struct part *p = &c->part[slot];
    name_of(slot, "", name);
    if (mkdirat(c->folder, name, 0755) != 0 && errno != EEXIST)
        return -1;
    if (!in_use(c, slot, &p->before))
        p->before = 0;
    cgroups_killed(c, slot);
    return openat(c->folder, name_of(slot, "", name), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

bool
cgroups_used(struct cgroups *c, uint32_t slot, uint32_t n, uint64_t *bytes)
{
    char name[64];
    uint32_t inside = 0;
    if (slot >= c->n || !read_below(c, name_of(slot, PROCS, name)))
        return false;
    for (const char *q = c->text.p; (q = strchr(q, '\n')); q++)
        inside++;
    if (inside < n || !in_use(c, slot, bytes))
        return false;
    struct part *p = &c->part[slot];
    p->before = *bytes < p->before ? *bytes : p->before; /* files in memory may be deleted */
    *bytes -= p->before;
    return true;
}

uint32_t
cgroups_killed(struct cgroups *c, uint32_t slot)
{
    char name[64];
    uint64_t now;
    if (slot >= c->n || !read_below(c, name_of(slot, "memory.events", name)) ||
        !cgroup_kills(c->text.p, &now))
        return 0;
    uint64_t before = c->part[slot].kills;
    c->part[slot].kills = now;
    return now > before ? (uint32_t)(now - before) : 0;
}
