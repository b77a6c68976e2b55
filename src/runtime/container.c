#include "config.h"

#include "runtime/container.h"

#include "util/file.h"
#include "util/hash.h"
#include "util/system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { REMOVE_MS = 15000, SPREAD_MS = 50, MOST_SPREAD_MS = 30000 };

const struct container *
container_of(const struct shim *r, const struct plan_family *f)
{
    if (!f->container || !r->containers || !r->containers->v[f->container - 1].plan)
        return NULL;
    return &r->containers->v[f->container - 1];
}

/* --- getting ready --- */

static bool
find_runtime(const struct shim *r, struct container *b)
{
    const char *name = plan_container_text(r->plan, r->plan->word[b->plan->first_word].text);
    const char *path = getenv("PATH");
    while (path && *path && name) {
        size_t n = strcspn(path, ":");
        struct stat st;
        buf_reset(&b->program);
        buf_add(&b->program, path, n);
        buf_printf(&b->program, "/%s", name);
        if (stat(b->program.p, &st) == 0 && S_ISREG(st.st_mode) && access(b->program.p, X_OK) == 0)
            return true;
        path += n + (path[n] == ':');
    }
    say("container %s is started with %s, which is not in PATH (%s) on this node; is a module to "
        "be "
        "loaded, by the profile's containers[].setup?",
        plan_string(r->plan, b->plan->name), name ? name : "?",
        getenv("PATH") ? getenv("PATH") : "");
    return false;
}

static bool
folder_can_be_bound(const char *path)
{
    if (!path[strcspn(path, ":,;")])
        return true;
    say("containers cannot be given the folder %s: there is '%c' in its name", path,
        path[strcspn(path, ":,;")]);
    return false;
}

/* Nodes that begin at the same moment read their images one after the other, not all at once. */
static void
spread(struct shim *r)
{
    char name[256] = "";
    uint64_t most = (uint64_t)r->plan->head->job_nodes * SPREAD_MS;
    if (r->plan->head->job_nodes < 2 || gethostname(name, sizeof name - 1) != 0)
        return;
    most = most < MOST_SPREAD_MS ? most : MOST_SPREAD_MS;
    r->launch_at = now_ms() + (int64_t)(hash64(name, strlen(name), 0) % most);
}

bool
container_wait(struct shim *r)
{
    sigset_t pending;
    int64_t now = now_ms();
    nanosleep(&(struct timespec){0, 20000000}, NULL);
    if (now >= r->containers->beat_at) {
        lease_beat(r->lease); /* that it is gone, the loop finds */
        r->containers->beat_at = now + (int64_t)r->expiry_s * 1000 / LEASE_BEATS;
    }
    sigpending(&pending); /* the loop takes them */
    return now < r->stop_at && !sigismember(&pending, SIGTERM) && !sigismember(&pending, SIGINT);
}

bool
container_wait_for(struct shim *r, pid_t pid, int64_t until, int *status)
{
    pid_t ended;
    while ((ended = waitpid(pid, status, WNOHANG)) == 0) {
        if (container_wait(r) && now_ms() < until)
            continue;
        kill(-pid, SIGKILL);
        kill(pid, SIGKILL);
        waitpid(pid, status, 0);
        return false;
    }
    return ended == pid;
}

bool
container_open(struct shim *r)
{
    const struct plan *p = r->plan;
    bool any = false;
    for (uint32_t i = 0; i < p->ncontainers; i++)
        any |= p->container[i].runtime > PLAN_RUNTIME_DIRECT;
    if (!any || r->no_containers)
        return true;
    r->containers = xcalloc(1, sizeof *r->containers);
    r->containers->v = xcalloc(p->ncontainers, sizeof *r->containers->v);
    r->containers->work = getcwd(NULL, 0);
    if (!r->containers->work) {
        say("the working folder cannot be told: %s", strerror(errno));
        return false;
    }
    if (!folder_can_be_bound(r->containers->work) || !folder_can_be_bound(r->state_dir))
        return false;
    for (uint32_t i = 0; i < p->ncontainers; i++) {
        struct container *b = &r->containers->v[i];
        b->copy_lock = -1;
        if (p->container[i].runtime <= PLAN_RUNTIME_DIRECT)
            continue;
        b->plan = &p->container[i];
        if (!find_runtime(r, b))
            return false;
        container_end_orphans(r, b);
        if (!container_image(r, b))
            return false;
    }
    spread(r);
    while (now_ms() < r->launch_at && container_wait(r))
        ;
    for (uint32_t i = 0; i < p->ncontainers; i++)
        if (r->containers->v[i].plan && !container_starts(r, &r->containers->v[i]))
            return false;
    return true;
}

void
container_close(struct shim *r)
{
    for (uint32_t i = 0; r->containers && i < r->plan->ncontainers; i++) {
        container_copy_close(&r->containers->v[i]);
        buf_free(&r->containers->v[i].program);
        buf_free(&r->containers->v[i].image);
    }
    if (r->containers) {
        free(r->containers->v);
        free(r->containers->work);
        free(r->containers);
    }
}

/* --- words --- */

char *
container_user(void)
{
    struct buf text = {0}, out = {0};
    const char *name = getenv("LOGNAME");
    char want[24];
    int n = snprintf(want, sizeof want, ":%u:", (unsigned)geteuid());
    buf_puts(&out, "USER=");
    if (name && *name) {
        buf_puts(&out, name);
    } else if (file_read("/etc/passwd", &text) == 0) {
        for (const char *q = text.p; q && *q && out.n == 5; q = strchr(q, '\n'), q += q ? 1 : 0) {
            const char *colon = q + strcspn(q, ":\n"); /* NAME:x:NUMBER: */
            const char *number = *colon == ':' ? strpbrk(colon + 1, ":\n") : NULL;
            if (number && strncmp(number, want, (size_t)n) == 0)
                buf_add(&out, q, (size_t)(colon - q));
        }
    }
    if (out.n == 5)
        buf_printf(&out, "%u", (unsigned)geteuid());
    buf_free(&text);
    return out.p;
}

static void
add_word(struct buf *out, const char *text, const char *more)
{
    buf_puts(out, text);
    buf_puts(out, more);
    buf_putc(out, 0);
}

const char *
container_folder(const struct shim *r, const struct container *b, unsigned i)
{
    const char *folder[] = {r->containers->work, r->state_dir};
    if (i && path_below(folder[1], folder[0]))
        return NULL;
    bool shown = b->plan->runtime == PLAN_RUNTIME_CHARLIECLOUD && path_below(folder[i], "/tmp");
    return shown ? NULL : folder[i];
}

static void
add_folders(const struct shim *r, const struct container *b, const char *text, struct buf *out)
{
    for (unsigned i = 0; i < CONTAINER_FOLDERS; i++) {
        const char *folder = container_folder(r, b, i);
        if (!folder)
            continue;
        buf_printf(out, "%s%s:%s", text, folder, folder);
        buf_putc(out, 0);
    }
}

void
container_name_begin(const struct shim *r, struct buf *out)
{
    buf_printf(out, "wfl-%08x-", (unsigned)hash64(r->state_dir, strlen(r->state_dir), 0));
}

/* No two containers of a user on a node have one name, whichever shims run there. */
static void
add_name(const struct shim *r, uint32_t number, struct buf *out)
{
    container_name_begin(r, out);
    buf_printf(out, "%ld-%u", (long)getpid(), number);
}

static void
add_kind(struct shim *r, struct slot *s, const struct container *b, enum plan_word_kind kind,
    const char *text, char *const *own, char *const *all, struct buf *out)
{
    switch (kind) {
    case PLAN_WORD_TEXT:
        add_word(out, text, "");
        break;
    case PLAN_WORD_IMAGE:
        add_word(out, text, b->image.p);
        break;
    case PLAN_WORD_IMAGE_ENV:
        if (b->has_env)
            add_word(out, text, "");
        break;
    case PLAN_WORD_FOLDER:
        add_word(out, text, r->containers->work);
        break;
    case PLAN_WORD_FOLDERS:
        add_folders(r, b, text, out);
        break;
    case PLAN_WORD_ALL_ENV:
        for (; *all; all++)
            add_word(out, text, *all);
        /* FALLTHROUGH */
    case PLAN_WORD_OWN_ENV:
        for (; *own; own++)
            add_word(out, text, *own);
        break;
    case PLAN_WORD_NAME:
        s->container = ++r->containers->started;
        buf_puts(out, text);
        add_name(r, s->container, out);
        buf_putc(out, 0);
        break;
    case PLAN_WORD_USER:
        buf_printf(out, "%s%u:%u", text, (unsigned)geteuid(), (unsigned)getegid());
        buf_putc(out, 0);
        break;
    case PLAN_WORD_NOT_ROOT:
        if (geteuid() != 0)
            add_word(out, text, "");
        break;
    case PLAN_NWORD_KINDS:
        break;
    }
}

void
container_words(struct shim *r, struct slot *s, const struct container *b, char *const *own,
    char *const *all, struct buf *out)
{
    const struct plan_container *c = b->plan;
    s->container = 0;
    add_word(out, b->program.p, "");
    for (uint32_t i = c->first_word + 1; i < c->first_word + c->nwords; i++) {
        const struct plan_word *w = &r->plan->word[i];
        const char *text = plan_container_text(r->plan, w->text);
        add_kind(r, s, b, w->kind, text ? text : "", own, all, out);
    }
}

void
container_script_path(const struct shim *r, const struct slot *s, struct buf *path)
{
    slot_spool_path(r, s, path);
    buf_puts(path, ".sh");
}

/* --- the end --- */

static const struct container *
container_of_slot(const struct shim *r, const struct slot *s)
{
    return container_of(r, &r->plan->family[s->family]);
}

pid_t
container_tell_runtime(struct shim *r, const struct container *b, uint32_t number, char *first,
    char *second)
{
    struct buf name = {0};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    sigset_t none;
    pid_t pid = -1;
    add_name(r, number, &name);
    char *argv[] = {b->program.p, first, second ? second : name.p, second ? name.p : NULL, NULL};
    sigemptyset(&none);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr,
        POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &r->reset_signals);
    if (posix_spawn_file_actions_init(&files) == 0) {
        posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
        posix_spawn_file_actions_adddup2(&files, 1, 2);
        if (system_spawn(&pid, argv[0], &files, &attr, argv, environ) != 0)
            pid = -1;
        posix_spawn_file_actions_destroy(&files);
    }
    posix_spawnattr_destroy(&attr);
    buf_free(&name);
    return pid;
}

bool
container_kill(struct shim *r, struct slot *s)
{
    const struct container *b = s->launched && s->container ? container_of_slot(r, s) : NULL;
    if (!b || s->container_killed)
        return false;
    s->container_killed = true;
    return container_tell_runtime(r, b, s->container, "kill", NULL) > 0;
}

void
container_ended(struct shim *r, struct slot *s)
{
    const struct container *b =
        s->container && s->launched && WIFSIGNALED(s->status) ? container_of_slot(r, s) : NULL;
    pid_t pid = b ? container_tell_runtime(r, b, s->container, "rm", "--force") : -1;
    s->container = 0;
    s->container_killed = false;
    if (s->container_script) {
        buf_reset(&r->path);
        container_script_path(r, s, &r->path);
        unlink(r->path.p);
        s->container_script = false;
    }
    if (pid < 0)
        return;
    int64_t until = now_ms() + REMOVE_MS;
    while (waitpid(pid, NULL, WNOHANG) == 0 && now_ms() < until)
        nanosleep(&(struct timespec){0, 10000000}, NULL);
}
