/* Processes that left the group of their task. Daemons do so, programs that are started with setsid
 * or nohup, and what sudo, su and `env -i` start has not even our environment. As a subreaper we
 * become the parent of whatever loses its own; but whose was it?
 *
 * Each process that we start, and so all that descend from it, has a mark that cannot be lost by an
 * oversight: its soft limit RLIMIT_LOCKS. Linux has not counted locks against it since 2.4, but
 * every process inherits it through fork, exec and setsid, and everybody may read it in
 * /proc/PID/limits. Its upper half tells which shim of which state folder it was, its lower one
 * which start: 0 is the shim itself, and so are the helpers that it forks, which are no task's and
 * are spared. That is how one makes a child of the shim known: by doing nothing.
 *
 * So, of our children:
 * - one with the mark of what is at work in some slot is left alone until that ends; with a mark of
 *   ours that is nobody's any more it is a stray;
 * - one without a mark of ours (su and sudo may set limits anew, and so may it itself; or it is of
 *   a shim that was a task of ours) belongs to the slot whose task its environment names, or whose
 *   spool it can write to;
 * - if nothing tells, it may be anybody's that was at work when it began, and is a stray once none
 *   of these is at work any more. Until then, and as long as it cannot be ended, as it is another
 *   user's, none of these slots gives its spool to another task.
 * Where marks cannot be set, as the hard limit is lower, only the middle rule holds. */
#include "config.h"

#include "node/strays.h"

#include "journal/paths.h"
#include "node/process.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/hash.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct strays {
    const struct groups *all;
    const char *holder;
    bool marking;
    uint32_t shim, starts; /* the halves of the mark */
    rlim_t hard;
    int children; /* a file of /proc that is read again and again, or -1 */
    bool children_known;
    struct buf child; /* pid_t of each of them */
    struct buf scratch;
    struct buf spool; /* the path of a slot's, */
    size_t spools;    /* whose beginning is that of all */
};

/* --- marks --- */

/* Large, so that no lock would be refused even if somebody counted them; and no RLIM_INFINITY. */
static uint32_t
shim_mark(const char *state_dir, const char *holder)
{
    uint64_t h = hash64(holder, strlen(holder), hash64(state_dir, strlen(state_dir), 0));
    return ((uint32_t)h & 0x3fffffff) | 0x40000000;
}

static bool
set_mark(const struct strays *w, uint32_t start)
{
    struct rlimit v = {(rlim_t)w->shim << 32 | start, w->hard};
    return setrlimit(RLIMIT_LOCKS, &v) == 0;
}

/* 0: it has none. */
static uint64_t
mark_of(pid_t pid)
{
    char path[48], text[4096];
    snprintf(path, sizeof path, "/proc/%ld/limits", (long)pid);
    uint64_t n = 0; /* of "unlimited", too */
    if (process_text(path, text, sizeof text) > 0)
        file_number(text, "Max file locks", &n);
    return n;
}

struct strays *
strays_new(const char *state_dir, const char *holder, const struct groups *all)
{
    struct strays *w = xcalloc(1, sizeof *w);
    char path[64];
    struct rlimit now;
    snprintf(path, sizeof path, "/proc/self/task/%ld/children", (long)getpid());
    w->all = all;
    w->holder = holder;
    buf_printf(&w->spool, "%s/" STATE_SPOOL, state_dir, holder);
    w->spools = w->spool.n;
    w->children = open(path, O_RDONLY | O_CLOEXEC);
    w->shim = shim_mark(state_dir, holder);
    w->hard = getrlimit(RLIMIT_LOCKS, &now) == 0 ? now.rlim_max : 0;
    w->marking = set_mark(w, 0);
    return w;
}

void
strays_free(struct strays *w)
{
    if (!w)
        return;
    if (w->children >= 0)
        close(w->children);
    buf_free(&w->child);
    buf_free(&w->scratch);
    buf_free(&w->spool);
    free(w);
}

void
strays_mark(struct strays *w, struct group *g)
{
    w->starts += w->starts == UINT32_MAX ? 2 : 1;
    g->mark = w->starts;
    g->born = process_now();
    if (w->marking)
        set_mark(w, g->mark);
}

void
strays_unmark(const struct strays *w)
{
    if (w->marking)
        set_mark(w, 0);
}

/* --- other evidence --- */

/* Holds the text of /proc/PID/environ the line NAME=value? */
static bool
environ_has(const struct buf *text, const char *name, const char *value)
{
    size_t k = strlen(name);
    for (const char *q = text->p, *end = q + text->n; q < end; q += strlen(q) + 1)
        if (strncmp(q, name, k) == 0 && q[k] == '=')
            return strcmp(q + k + 1, value) == 0;
    return false;
}

/* Of another user it cannot be read. */
static bool
read_environ(pid_t pid, struct buf *text)
{
    char path[48];
    snprintf(path, sizeof path, "/proc/%ld/environ", (long)pid);
    buf_reset(text);
    return file_read(path, text) == 0 && text->n;
}

/* Can it write to a file whose name begins so, and is over then, unless `more` may follow? Who only
 * reads what a task says, such as tail, is none of its processes. */
static bool
may_write(pid_t pid, const char *name, bool more)
{
    char path[300], to[4096];
    snprintf(path, sizeof path, "/proc/%ld/fd", (long)pid);
    DIR *d = opendir(path);
    const struct dirent *e;
    size_t k = strlen(name);
    bool found = false;
    while (d && !found && (e = readdir(d))) {
        struct stat st;
        ssize_t n = readlinkat(dirfd(d), e->d_name, to, sizeof to - 1);
        to[n < 0 ? 0 : n] = 0;
        found = strncmp(to, name, k) == 0 && (more || !to[k]) &&
                fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
                (st.st_mode & S_IWUSR);
    }
    if (d)
        closedir(d);
    return found;
}

/* By what it has of the group's task: `text` is its environment. */
static bool
names_group(struct strays *w, const struct group *g, pid_t pid, const struct buf *text)
{
    char task[16], attempt[16];
    snprintf(task, sizeof task, "%u", g->env_task);
    snprintf(attempt, sizeof attempt, "%u", g->env_attempt);
    if (environ_has(text, "WFL_TASK", task) && environ_has(text, "WFL_ATTEMPT", attempt) &&
        environ_has(text, "WFL_HOLDER", w->holder))
        return true;
    w->spool.n = w->spools;
    buf_printf(&w->spool, "%u", g->number);
    return may_write(pid, w->spool.p, false);
}

/* --- of tasks that end --- */

/* One of our children that leads no group: whose is it? `ending` is the group that is about to
 * be over. */
enum whose {
    WHOSE_OTHER, /* a helper, or of a slot at work: not to be touched */
    WHOSE_SLOT,  /* the ending one's */
    WHOSE_NOBODY,
    WHOSE_ANYBODY, /* nothing tells */
};

static enum whose
of_mark(const struct strays *w, const struct group *ending, uint32_t start)
{
    if (!start)
        return WHOSE_OTHER;
    for (uint32_t i = 0; i < w->all->n; i++) {
        const struct group *g = w->all->v[i];
        if (g->mark == start && g->work != GROUP_NONE)
            return g == ending ? WHOSE_SLOT : WHOSE_OTHER;
    }
    return WHOSE_NOBODY;
}

static enum whose
without_mark(struct strays *w, const struct group *ending, pid_t pid)
{
    struct process p;
    const struct buf *text = &w->scratch;
    bool maybe = !w->marking;
    if (!process_read(pid, &p) || p.ended)
        return WHOSE_OTHER;
    read_environ(pid, &w->scratch);
    if (names_group(w, ending, pid, text))
        return WHOSE_SLOT;
    for (uint32_t i = 0; i < w->all->n; i++) {
        const struct group *g = w->all->v[i];
        bool works = g != ending && g->work != GROUP_NONE;
        if (works && names_group(w, g, pid, text))
            return WHOSE_OTHER;
        maybe |= g != ending && group_leads(g) && g->born <= p.start;
    }
    return maybe ? WHOSE_ANYBODY : WHOSE_NOBODY;
}

static enum whose
whose(struct strays *w, const struct group *ending, pid_t pid)
{
    if (groups_find(w->all, pid))
        return WHOSE_OTHER;
    uint64_t mark = mark_of(pid);
    return mark >> 32 == w->shim ? of_mark(w, ending, (uint32_t)mark)
                                 : without_mark(w, ending, pid);
}

static void each_child(struct strays *w, void (*each)(void *arg, pid_t pid), void *arg);

struct stray_search {
    struct strays *strays;
    struct group *group;
    pid_t spare;
    bool found;
    pid_t foreign;
};

/* Did it begin while the group was at work? */
static bool
began_in(const struct group *g, pid_t pid)
{
    struct process p;
    return process_read(pid, &p) && !p.ended && p.start >= g->born;
}

static void
kill_if_stray(void *arg, pid_t pid)
{
    struct stray_search *search = arg;
    struct group *g = search->group;
    enum whose w = pid == search->spare ? WHOSE_OTHER : whose(search->strays, g, pid);
    if (w == WHOSE_ANYBODY)
        g->outlived |= began_in(g, pid);
    if (w == WHOSE_OTHER || w == WHOSE_ANYBODY || waitpid(pid, NULL, WNOHANG) == pid)
        return;
    if (kill(pid, SIGKILL) == 0) {
        search->found = true;
    } else if (errno == EPERM && !g->outlived && (w == WHOSE_SLOT || began_in(g, pid))) {
        g->outlived = true;
        search->foreign = pid;
    }
}

bool
strays_kill(struct strays *w, struct group *g, pid_t spare, pid_t *foreign)
{
    struct stray_search search = {w, g, spare, false, 0};
    each_child(w, kill_if_stray, &search);
    *foreign = search.foreign;
    return search.found;
}

int32_t
strays_slot(const struct strays *w, pid_t pid)
{
    uint64_t mark = mark_of(pid);
    for (uint32_t i = 0; i < w->all->n; i++)
        if ((uint32_t)mark == w->all->v[i]->mark && mark >> 32 == w->shim &&
            group_leads(w->all->v[i]))
            return (int32_t)i;
    return -1;
}

/* --- all children --- */

static void
add_child(void *arg, pid_t pid)
{
    struct process p;
    if (process_read(pid, &p) && p.parent == getpid())
        buf_add(arg, &pid, sizeof pid);
}

static void
list_children(struct strays *w)
{
    buf_reset(&w->child);
    w->children_known = true;
    if (!process_again(w->children, &w->scratch)) { /* a kernel without CONFIG_PROC_CHILDREN */
        process_each(add_child, &w->child);
        return;
    }
    char *q = w->scratch.p, *end;
    for (;; q = end) {
        pid_t pid = (pid_t)strtol(q, &end, 10);
        if (end == q)
            return;
        buf_add(&w->child, &pid, sizeof pid);
    }
}

void
strays_forget(struct strays *w)
{
    w->children_known = false;
}

/* They are as they were when they were first asked for since strays_forget. */
static void
each_child(struct strays *w, void (*each)(void *arg, pid_t pid), void *arg)
{
    if (!w->children_known)
        list_children(w);
    const pid_t *pid = (const pid_t *)(const void *)w->child.p;
    for (size_t i = 0; i < w->child.n / sizeof *pid; i++)
        each(arg, pid[i]);
}

struct killing {
    pid_t spare;
    bool any;
};

static void
kill_child(void *arg, pid_t pid)
{
    struct killing *k = arg;
    if (pid != k->spare)
        k->any |= kill(pid, SIGKILL) == 0;
}

bool
strays_kill_children(struct strays *w, pid_t spare)
{
    struct killing k = {spare, false};
    strays_forget(w);
    each_child(w, kill_child, &k);
    return k.any;
}

/* --- of a shim that died --- */

struct orphan_search {
    const char *state_dir, *holder;
    uint32_t mark;
    bool marking; /* else the shim, which has its spools open, would not be told from its tasks */
    struct buf text, spools;
    bool found;
};

static void
kill_if_orphan(void *arg, pid_t pid)
{
    struct orphan_search *s = arg;
    struct process p;
    if (pid == getpid() || !process_read(pid, &p) || p.ended)
        return;
    uint64_t mark = mark_of(pid);
    bool its = mark >> 32 == s->mark;
    if (its && !(uint32_t)mark) /* the shim: it may only stand still */
        return;
    if (!its && read_environ(pid, &s->text))
        its = environ_has(&s->text, "WFL_STATE", s->state_dir) &&
              environ_has(&s->text, "WFL_HOLDER", s->holder);
    if (its || (s->marking && may_write(pid, s->spools.p, true)))
        s->found |= kill(pid, SIGKILL) == 0;
}

bool
strays_kill_orphans(const struct strays *w, const char *state_dir, const char *holder)
{
    struct orphan_search s = {.state_dir = state_dir,
        .holder = holder,
        .mark = shim_mark(state_dir, holder),
        .marking = w->marking};
    buf_printf(&s.spools, "%s/" STATE_SPOOL, state_dir, holder);
    process_each(kill_if_orphan, &s);
    buf_free(&s.text);
    buf_free(&s.spools);
    return s.found;
}
