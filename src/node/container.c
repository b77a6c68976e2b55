/* From what the plan says of a container to the words that start one, and its end. */
#include "config.h"

#include "node/container.h"

#include "node/environ.h"
#include "node/say.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/hash.h"
#include "util/program.h"
#include "util/system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { REMOVE_MS = 15000, SPREAD_MS = 50, MOST_SPREAD_MS = 30000 };

const struct container *
container_of(const struct containers *k, const struct plan_family *f)
{
    if (!f->container || !k || !k->v[f->container - 1].plan)
        return NULL;
    return &k->v[f->container - 1];
}

/* --- getting ready --- */

static bool
find_runtime(const struct containers *k, struct container *b)
{
    const char *name = plan_container_text(k->plan, k->plan->word[b->plan->first_word].text);
    if (name && program_find(name, &b->program))
        return true;
    say("container %s is started with %s, which is not in PATH (%s) on this node; is a module to "
        "be loaded, by the profile's containers[].setup?",
        plan_string(k->plan, b->plan->name), name ? name : "?",
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
spread_nodes(const struct containers *k)
{
    char name[256] = "";
    uint64_t most = (uint64_t)k->plan->head->job_nodes * SPREAD_MS;
    if (k->plan->head->job_nodes < 2 || gethostname(name, sizeof name - 1) != 0)
        return;
    most = most < MOST_SPREAD_MS ? most : MOST_SPREAD_MS;
    int64_t until = now_ms() + (int64_t)(hash64(name, strlen(name), 0) % most);
    while (now_ms() < until && k->pause(k->arg))
        ;
}

bool
container_wait_for(struct containers *k, pid_t pid, int64_t until, int *status)
{
    pid_t ended;
    while ((ended = waitpid(pid, status, WNOHANG)) == 0) {
        if (k->pause(k->arg) && now_ms() < until)
            continue;
        kill(-pid, SIGKILL);
        kill(pid, SIGKILL);
        waitpid(pid, status, 0);
        return false;
    }
    return ended == pid;
}

bool
container_open(struct containers *k)
{
    const struct plan *p = k->plan;
    k->v = xcalloc(p->ncontainers, sizeof *k->v);
    for (uint32_t i = 0; i < p->ncontainers; i++)
        k->v[i].copy_lock = -1;
    k->work = getcwd(NULL, 0);
    if (!k->work) {
        say("the working folder cannot be told: %s", strerror(errno));
        return false;
    }
    if (!folder_can_be_bound(k->work) || !folder_can_be_bound(k->state_dir))
        return false;
    for (uint32_t i = 0; i < p->ncontainers; i++) {
        struct container *b = &k->v[i];
        if (p->container[i].runtime <= PLAN_RUNTIME_DIRECT)
            continue;
        b->plan = &p->container[i];
        if (!find_runtime(k, b))
            return false;
        container_end_orphans(k, b);
        if (!container_image(k, b))
            return false;
    }
    spread_nodes(k);
    for (uint32_t i = 0; i < p->ncontainers; i++)
        if (k->v[i].plan && !container_starts(k, &k->v[i]))
            return false;
    return true;
}

void
container_close(struct containers *k)
{
    if (!k)
        return;
    for (uint32_t i = 0; k->v && i < k->plan->ncontainers; i++) {
        container_copy_close(&k->v[i]);
        buf_free(&k->v[i].program);
        buf_free(&k->v[i].image);
    }
    free(k->v);
    free(k->work);
    free(k);
}

/* --- words --- */

static void
add_word(struct buf *out, const char *text, const char *more)
{
    buf_puts(out, text);
    buf_puts(out, more);
    buf_putc(out, 0);
}

const char *
container_folder(const struct containers *k, const struct container *b, unsigned i)
{
    const char *folder[] = {k->work, k->state_dir};
    if (i && path_below(folder[1], folder[0]))
        return NULL;
    bool shown = b->plan->runtime == PLAN_RUNTIME_CHARLIECLOUD && path_below(folder[i], "/tmp");
    return shown ? NULL : folder[i];
}

static void
add_folders(const struct containers *k, const struct container *b, const char *text,
    struct buf *out)
{
    for (unsigned i = 0; i < CONTAINER_FOLDERS; i++) {
        const char *folder = container_folder(k, b, i);
        if (!folder)
            continue;
        buf_printf(out, "%s%s:%s", text, folder, folder);
        buf_putc(out, 0);
    }
}

void
container_name_begin(const struct containers *k, struct buf *out)
{
    buf_printf(out, "wfl-%08x-", (unsigned)hash64(k->state_dir, strlen(k->state_dir), 0));
}

/* No two containers of a user on a node have one name, whichever shims run there. */
static void
add_name(const struct containers *k, uint32_t number, struct buf *out)
{
    container_name_begin(k, out);
    buf_printf(out, "%ld-%u", (long)getpid(), number);
}

static void
add_kind(struct containers *k, struct contained *c, const struct container *b,
    enum plan_word_kind kind, const char *text, char *const *own, char *const *all, struct buf *out)
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
        add_word(out, text, k->work);
        break;
    case PLAN_WORD_FOLDERS:
        add_folders(k, b, text, out);
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
        *c = (struct contained){.in = b, .number = ++k->started};
        buf_puts(out, text);
        add_name(k, c->number, out);
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

struct contained
container_words(struct containers *k, const struct container *b, char *const *own, char *const *all,
    struct buf *out)
{
    const struct plan_container *p = b->plan;
    struct contained c = {0};
    add_word(out, b->program.p, "");
    for (uint32_t i = p->first_word + 1; i < p->first_word + p->nwords; i++) {
        const struct plan_word *w = &k->plan->word[i];
        const char *text = plan_container_text(k->plan, w->text);
        add_kind(k, &c, b, w->kind, text ? text : "", own, all, out);
    }
    return c;
}

/* --- the end --- */

pid_t
container_tell_runtime(struct containers *k, const struct container *b, uint32_t number,
    char *first, char *second)
{
    struct buf name = {0};
    pid_t pid = -1;
    add_name(k, number, &name);
    char *argv[] = {b->program.p, first, second ? second : name.p, second ? name.p : NULL, NULL};
    const struct system_start how = {.program = argv[0],
        .argv = argv,
        .env = environ,
        .reset = k->reset_signals,
        .output = 0, /* /dev/null */
        .group = -1};
    if (system_start(&how, &pid) != 0)
        pid = -1;
    buf_free(&name);
    return pid;
}

bool
container_kill(struct containers *k, struct contained *c)
{
    if (!c->in || c->killed)
        return false;
    c->killed = true;
    return container_tell_runtime(k, c->in, c->number, "kill", NULL) > 0;
}

void
container_ended(struct containers *k, struct contained *c, bool killed)
{
    pid_t pid = c->in && killed ? container_tell_runtime(k, c->in, c->number, "rm", "--force") : -1;
    *c = (struct contained){0};
    if (pid < 0)
        return;
    int64_t until = now_ms() + REMOVE_MS;
    while (waitpid(pid, NULL, WNOHANG) == 0 && now_ms() < until)
        nanosleep(&(struct timespec){0, 10000000}, NULL);
}
