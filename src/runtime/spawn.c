/* From a task to its process: the command, the variables, the shell's words. */
#include "config.h"

#include "runtime/shim.h"

#include "node/environ.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/file.h"
#include "util/system.h"

extern char **environ;

/* An argument may be 128 KiB long (MAX_ARG_STRLEN); longer scripts go through a file. */
#define LONGEST_SCRIPT 100000

/* The first words of each environment are set at each launch, the family's own after them. */
enum { ENV_TASK, ENV_ATTEMPT, ENV_CORES, ENV_OWN };

/* The environment of a family's tasks: all but its first words are made once. */
struct environment {
    char **word;    /* NULL-terminated */
    uint32_t nours; /* so many are the campaign's and ours, the others the shim's own */
    char *family;
    const char *prefix; /* of the names of the family's own variables; NULL: they are words of the
                           container that it runs in */
    uint32_t path;      /* index of PATH=, or 0 */
    uint32_t gpus;      /* index of the words that name the GPUs, or 0 */
};

static const char *const gpu_variable[] = {"CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES"};
enum { NGPU_VARIABLES = 2 };

struct spawner {
    struct environment *env; /* of each family */
    uint32_t nenv;
    char *campaign, *state, *holder, *user, *folder;
    posix_spawnattr_t attr;
    char task[32], attempt[32], cores[32];
    struct buf gpus[NGPU_VARIABLES];
    struct buf env_text, words, script;
    size_t *offset;    /* of words in a text that still grows */
    char **own, **all; /* variables for a container */
    size_t noffset;
    char **argv;
    size_t nargv;
    struct buf name, program; /* the last program looked up, and where it is */
};

static bool
family_sets(const struct plan *p, const struct plan_family *f, const char *name)
{
    for (uint32_t i = 0; i < f->nenvs; i++)
        if (strcmp(plan_string(p, p->env[f->first_env + i].name), name) == 0)
            return true;
    return false;
}

/* Is `word` of our own environment replaced by one of the family's? */
static bool
replaced(const struct plan *p, const struct plan_family *f, const char *word)
{
    static const char *const ours[] = {"WFL_TASK", "WFL_ATTEMPT", "WFL_CORES", "WFL_FAMILY",
        "WFL_CAMPAIGN", "WFL_STATE", "WFL_HOLDER"};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (environ_names(word, ours[i]))
            return true;
    for (uint32_t i = 0; i < f->nenvs; i++)
        if (environ_names(word, plan_string(p, p->env[f->first_env + i].name)))
            return true;
    for (uint32_t i = 0; f->gpus.size && i < NGPU_VARIABLES; i++)
        if (environ_names(word, gpu_variable[i]))
            return true;
    return false;
}

static char *
joined(const char *a, const char *b)
{
    struct buf s = {0};
    buf_puts(&s, a);
    buf_puts(&s, b);
    return s.p;
}

static void
make_environment(struct spawner *w, const struct shim *r, const struct plan_family *f,
    struct environment *e)
{
    const struct plan *p = r->plan;
    const struct container *container = container_of(r->containers, f);
    size_t n = 0, k = 0;
    while (environ[n])
        n++;
    e->word = xcalloc(n + ENV_OWN + f->nenvs + 6 + NGPU_VARIABLES, sizeof *e->word);
    e->family = joined("WFL_FAMILY=", plan_string(p, f->name));
    e->word[ENV_TASK] = w->task;
    e->word[ENV_ATTEMPT] = w->attempt;
    e->word[ENV_CORES] = w->cores;
    e->prefix = !container ? "" : plan_container_text(p, container->plan->env_prefix);
    k = ENV_OWN;
    for (uint32_t i = 0; i < f->nenvs; i++, k++)
        if (!container && strcmp(plan_string(p, p->env[f->first_env + i].name), "PATH") == 0)
            e->path = (uint32_t)k;
    e->word[k++] = e->family;
    e->word[k++] = w->campaign;
    e->word[k++] = w->state;
    e->word[k++] = w->holder;
    if (f->gpus.size)
        e->gpus = (uint32_t)k;
    /* the campaign's own word counts */
    for (uint32_t i = 0; f->gpus.size && i < NGPU_VARIABLES; i++)
        e->word[k++] = family_sets(p, f, gpu_variable[i]) ? e->family : NULL;
    e->nours = (uint32_t)k;
    bool user = false;
    for (size_t i = 0; i < n; i++) {
        /* the runtime looks for its own programs in our PATH */
        bool kept = container && environ_names(environ[i], "PATH");
        if (environ_hides(environ[i], container) || (!kept && replaced(p, f, environ[i])))
            continue;
        user |= environ_names(environ[i], "USER");
        if (environ_names(environ[i], "PATH"))
            e->path = (uint32_t)k;
        e->word[k++] = environ[i];
    }
    if (container && !user)
        e->word[k++] = w->user;
    if (w->noffset < f->nenvs + 1u)
        w->noffset = f->nenvs + 1u;
}

struct spawner *
spawner_new(const struct shim *r)
{
    const struct plan *p = r->plan;
    struct spawner *w = xcalloc(1, sizeof *w);
    w->campaign = joined("WFL_CAMPAIGN=", plan_string(p, p->head->campaign));
    w->state = joined("WFL_STATE=", r->state_dir);
    w->holder = joined("WFL_HOLDER=", lease_holder(r->lease));
    w->user = environ_user();
    w->folder = getcwd(NULL, 0);
    plan_eval_folder(r->eval, w->folder);
    w->nenv = p->nfamilies;
    w->env = xcalloc(p->nfamilies, sizeof *w->env);
    for (uint32_t i = 0; i < p->nfamilies; i++)
        make_environment(w, r, &p->family[i], &w->env[i]);
    w->offset = xcalloc(w->noffset, sizeof *w->offset);
    w->own = xcalloc(w->noffset, sizeof *w->own);
    w->all = xcalloc(ENV_OWN + 5 + NGPU_VARIABLES, sizeof *w->all);
    /* A session, and so a group, of its own: without a terminal a question is an error, where in a
     * mere background group it would stop the task for ever. */
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_init(&w->attr);
    posix_spawnattr_setflags(&w->attr,
        POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&w->attr, &none);
    return w;
}

void
spawner_free(struct spawner *w)
{
    if (!w)
        return;
    for (uint32_t i = 0; i < w->nenv; i++) {
        free(w->env[i].word);
        free(w->env[i].family);
    }
    free(w->env);
    free(w->campaign);
    free(w->state);
    free(w->holder);
    free(w->user);
    free(w->folder);
    free(w->offset);
    free(w->own);
    free(w->all);
    free(w->argv);
    for (uint32_t i = 0; i < NGPU_VARIABLES; i++)
        buf_free(&w->gpus[i]);
    buf_free(&w->env_text);
    buf_free(&w->words);
    buf_free(&w->script);
    buf_free(&w->name);
    buf_free(&w->program);
    posix_spawnattr_destroy(&w->attr);
    free(w);
}

void
spawn_give_back(struct shim *r, struct slot *s)
{
    gpus_give(&r->node.gpus, s->group.number);
    if (r->node.places)
        places_give(r->node.places, &s->processors);
}

/* What the slot's process is to run on, near its first GPU: we ourselves do, until it
 * is started, so that it does from its first instruction on. */
static void
bind_process(struct shim *r, struct slot *s)
{
    int near = gpus_near(&r->node.gpus, s->group.number);
    if (places_take(r->node.places, s->cores, near, &s->processors))
        sched_setaffinity(0, sizeof s->processors, &s->processors);
}

/* We ourselves may run anywhere again. Where that is refused, nothing is bound any more. */
static void
unbind(struct shim *r, struct slot *s, bool failed)
{
    if (failed)
        places_give(r->node.places, &s->processors);
    if (sched_setaffinity(0, sizeof r->node.processors, &r->node.processors) == 0)
        return;
    say("processes cannot be given processors of their own: %s", strerror(errno));
    places_free(r->node.places);
    r->node.places = NULL;
}

/* Names `n` GPUs that are free in the environment, and takes them for the slot. */
static void
name_gpus(struct shim *r, const struct slot *s, uint32_t n)
{
    struct spawner *w = r->spawner;
    struct environment *e = &w->env[s->family];
    gpus_give(&r->node.gpus, s->group.number);
    for (uint32_t k = 0; k < NGPU_VARIABLES; k++) {
        buf_reset(&w->gpus[k]);
        buf_printf(&w->gpus[k], "%s=", gpu_variable[k]);
    }
    gpus_take(&r->node.gpus, s->group.number, n);
    for (uint32_t i = 0, named = 0; i < r->node.gpus.n; i++) {
        if (r->node.gpus.v[i].taken_by != s->group.number + 1)
            continue;
        for (uint32_t k = 0; k < NGPU_VARIABLES; k++)
            buf_printf(&w->gpus[k], "%s%s", named ? "," : "", r->node.gpus.v[i].name);
        named++;
    }
    for (uint32_t k = 0; k < NGPU_VARIABLES; k++)
        if (e->word[e->gpus + k] != e->family)
            e->word[e->gpus + k] = w->gpus[k].p;
}

/* Sets the words of the family's environment that differ from task to task, for a process that
 * works on `n` tasks of the slot, the one at hand being the first; 0: that checks it. */
static bool
fill_environment(struct shim *r, struct slot *s, uint32_t n)
{
    struct spawner *w = r->spawner;
    const struct plan_family *f = &r->plan->family[s->family];
    struct environment *e = &w->env[s->family];
    const struct sched_class *cost = sched_class_of(r->sched, s->at->task);
    s->cores = cost->cores * (n > 1 ? n : 1);
    if (e->gpus)
        name_gpus(r, s, cost->gpus * n);
    s->group.env_task = s->at->task;
    s->group.env_attempt = s->at->attempt;
    snprintf(w->task, sizeof w->task, "WFL_TASK=%u", s->at->task);
    snprintf(w->attempt, sizeof w->attempt, "WFL_ATTEMPT=%u", s->at->attempt);
    snprintf(w->cores, sizeof w->cores, "WFL_CORES=%u", s->cores);
    if (!f->nenvs)
        return true;
    buf_reset(&w->env_text);
    for (uint32_t i = 0; i < f->nenvs; i++) {
        const struct plan_env *v = &r->plan->env[f->first_env + i];
        w->offset[i] = w->env_text.n;
        buf_puts(&w->env_text, e->prefix ? e->prefix : "");
        buf_puts(&w->env_text, plan_string(r->plan, v->name));
        buf_putc(&w->env_text, '=');
        if (!plan_text(r->eval, s->at->task, v->value, &w->env_text))
            return false;
        buf_putc(&w->env_text, 0);
    }
    for (uint32_t i = 0; i < f->nenvs; i++) {
        w->own[i] = w->env_text.p + w->offset[i];
        e->word[ENV_OWN + i] = e->prefix ? w->own[i] : e->family; /* that one is there anyway */
    }
    return true;
}

/* Points argv at the NUL-terminated words of w->words. */
static void
split_words(struct spawner *w)
{
    size_t n = 0;
    for (const char *q = w->words.p, *end = q + w->words.n; q < end; q += strlen(q) + 1) {
        if (n + 2 > w->nargv) {
            w->nargv = w->nargv ? w->nargv * 2 : 16;
            w->argv = xrealloc(w->argv, w->nargv * sizeof *w->argv);
        }
        w->argv[n++] = (char *)q;
    }
    w->argv[n] = NULL;
}

/* What comes before the command in a container. */
static void
words_before(struct shim *r, struct slot *s, const struct container *container)
{
    struct spawner *w = r->spawner;
    const struct plan_family *f = &r->plan->family[s->family];
    const struct environment *e = &w->env[s->family];
    size_t n = 0;
    for (uint32_t i = 0; i < e->nours; i++)
        if ((i < ENV_OWN || i >= ENV_OWN + f->nenvs) && e->word[i])
            w->all[n++] = e->word[i];
    w->all[n] = NULL;
    w->own[e->prefix ? 0 : f->nenvs] = NULL;
    s->contained = container_words(r->containers, container, w->own, w->all, &w->words);
}

/* The words of an argument list. A value that holds a NUL would be cut: it cannot be one word. */
static bool
argument_words(struct shim *r, struct slot *s)
{
    struct spawner *w = r->spawner;
    const struct plan_family *f = &r->plan->family[s->family];
    size_t before = w->words.n;
    for (uint32_t i = 0; i < f->nargs; i++) {
        const struct plan_arg *a = &r->plan->arg[f->first_arg + i];
        size_t from = w->words.n;
        if (!plan_text(r->eval, s->at->task, a->code, &w->words))
            return false;
        if (a->list)
            continue;
        if (w->words.n > from && memchr(w->words.p + from, 0, w->words.n - from)) {
            note_add(&s->note, "argument %u holds a NUL character", i);
            return false;
        }
        buf_putc(&w->words, 0);
    }
    return w->words.n > before;
}

/* 0: it can be started; EACCES: a file that cannot; else ENOENT, or why that is not known. */
static int
look_at_program(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return file_trouble(errno) ? errno : ENOENT;
    if (!S_ISREG(st.st_mode))
        return ENOENT;
    return access(path, X_OK) == 0 ? 0 : file_trouble(errno) ? errno : EACCES;
}

/* Where `name` is, by the PATH that the task will have. 0 or errno. */
static int
find_program(struct spawner *w, const char *name, const char *path)
{
    buf_reset(&w->name);
    buf_puts(&w->name, name);
    int err = ENOENT;
    while (*path) {
        size_t n = strcspn(path, ":");
        buf_reset(&w->program);
        buf_add(&w->program, path, n);
        buf_puts(&w->program, n ? "/" : "./");
        buf_puts(&w->program, name);
        int this = look_at_program(w->program.p);
        if (!this)
            return 0;
        if (file_trouble(this)) { /* it may be there */
            err = this;
            break;
        }
        if (this == EACCES)
            err = EACCES;
        path += n + (path[n] == ':');
    }
    buf_reset(&w->name);
    return err;
}

static int
spawn_in_group(struct shim *r, struct slot *s, const char *program,
    const posix_spawn_file_actions_t *actions, char *const argv[])
{
    struct spawner *w = r->spawner;
    sigset_t reset = r->reset_signals;
    if (r->plan->family[s->family].signal == SIGUSR2)
        sigaddset(&reset, SIGUSR2);
    posix_spawnattr_setsigdefault(&w->attr, &reset);
    memory_begin(r->samples, &s->group);
    strays_mark(r->strays, &s->group);
    int err = system_spawn(&s->group.pid, program, actions, &w->attr, argv, w->env[s->family].word);
    strays_unmark(r->strays);
    return err;
}

static int
spawn_program(struct shim *r, struct slot *s)
{
    struct spawner *w = r->spawner;
    const struct environment *e = &w->env[s->family];
    const char *name = w->argv[0];
    if (strchr(name, '/'))
        return spawn_in_group(r, s, name, &s->actions, w->argv);
    const char *path = e->path ? e->word[e->path] + strlen("PATH=") : "/usr/bin:/bin";
    int err;
    /* the last one is likely the same one; where it is gone, it is looked for again. A PATH of
     * the family's own may differ from task to task. */
    bool known = e->path >= ENV_OWN + r->plan->family[s->family].nenvs && w->name.n &&
                 strcmp(w->name.p, name) == 0;
    if (known) {
        err = spawn_in_group(r, s, w->program.p, &s->actions, w->argv);
        if (err != ENOENT && err != EACCES)
            return err;
    }
    err = find_program(w, name, path);
    if (err) {
        if (err == ENOENT)
            note_add(&s->note, "%s: not found in PATH (%s)", name, path);
        else if (err == EACCES)
            note_add(&s->note, "%s: found in PATH (%s), but not executable", name, path);
        return err;
    }
    return spawn_in_group(r, s, w->program.p, &s->actions, w->argv);
}

/* Adds a shell and its options. */
static void
shell_words(struct spawner *w, enum plan_shell shell)
{
    size_t from = w->words.n;
    buf_puts(&w->words, plan_shell_words(shell));
    buf_putc(&w->words, 0);
    for (size_t i = from; i + 1 < w->words.n; i++)
        if (w->words.p[i] == ' ')
            w->words.p[i] = 0;
}

/* A script too long for an argument, as a file without a name. */
static int
spawn_script(struct shim *r, struct slot *s, enum plan_shell shell)
{
    struct spawner *w = r->spawner;
    int fd = memfd_create("wfl-script", MFD_CLOEXEC);
    if (fd < 0)
        return errno;
    int err = write_all(fd, w->script.p, w->script.n);
    posix_spawn_file_actions_t actions;
    if (!err)
        err = posix_spawn_file_actions_init(&actions);
    if (err) {
        close(fd);
        return err;
    }
    char name[40];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    shell_words(w, shell);
    buf_puts(&w->words, name);
    buf_putc(&w->words, 0);
    split_words(w);
    err = posix_spawn_file_actions_adddup2(&actions, s->spool, 1);
    if (!err)
        err = posix_spawn_file_actions_adddup2(&actions, 1, 2);
    if (!err) /* onto itself: clears close-on-exec in the child */
        err = posix_spawn_file_actions_adddup2(&actions, fd, fd);
    if (!err)
        err = spawn_in_group(r, s, w->argv[0], &actions, w->argv);
    posix_spawn_file_actions_destroy(&actions);
    close(fd);
    return err;
}

static void
script_path(const struct shim *r, const struct slot *s, struct buf *path)
{
    slot_spool_path(r, s, path);
    buf_puts(path, ".sh");
}

void
spawn_drop_script(struct shim *r, struct slot *s)
{
    if (!s->has_script)
        return;
    buf_reset(&r->path);
    script_path(r, s, &r->path);
    unlink(r->path.p);
    s->has_script = false;
}

/* A script as words for the shell of a container: one that is too long through a file beside the
 * task's spool, which is seen inside. 0 or errno. */
static int
script_words(struct shim *r, struct slot *s)
{
    struct spawner *w = r->spawner;
    shell_words(w, r->plan->family[s->family].shell);
    if (w->script.n <= LONGEST_SCRIPT) {
        buf_add(&w->words, "-c", sizeof "-c");
        buf_add(&w->words, w->script.p, w->script.n + 1);
        return 0;
    }
    buf_reset(&r->path);
    script_path(r, s, &r->path);
    s->has_script = true;
    buf_add(&w->words, r->path.p, r->path.n + 1);
    return file_write_atomic(r->path.p, w->script.p, w->script.n, 0600);
}

/* Environment and command, in w; false: a value cannot be computed, or (trouble) not now. */
static bool
make_command(struct shim *r, struct slot *s, int *trouble)
{
    struct spawner *w = r->spawner;
    const struct plan_family *f = &r->plan->family[s->family];
    const struct container *container = container_of(r->containers, f);
    for (uint32_t i = 0; i < s->nmembers; i++)
        r->slots.tasks[i] = s->member[i].task;
    plan_eval_bundle(r->eval, r->slots.tasks, s->nmembers);
    plan_eval_tag(r->eval, s->tag);
    bool ok = fill_environment(r, s, s->nmembers);
    buf_reset(&w->words);
    if (ok && container)
        words_before(r, s, container);
    lists_begin(r, s);
    if (ok && f->shell) {
        buf_reset(&w->script);
        ok = f->nargs &&
             plan_text(r->eval, s->at->task, r->plan->arg[f->first_arg].code, &w->script);
        if (ok && memchr(w->script.p, 0, w->script.n)) { /* its rest would be cut off */
            note_add(&s->note, "the command holds a NUL character");
            ok = false;
        }
    } else if (ok) {
        ok = argument_words(r, s);
    }
    *trouble = lists_made(r);
    plan_eval_bundle(r->eval, NULL, 0);
    plan_eval_tag(r->eval, NULL);
    return ok;
}

/* 0 or errno. */
static int
spawn_command(struct shim *r, struct slot *s)
{
    struct spawner *w = r->spawner;
    const struct plan_family *f = &r->plan->family[s->family];
    bool contained = container_of(r->containers, f) != NULL;
    if (contained && f->shell) {
        int err = script_words(r, s);
        if (err)
            return err;
    }
    if (contained || !f->shell) {
        split_words(w);
        return contained ? spawn_in_group(r, s, w->argv[0], &s->actions, w->argv)
                         : spawn_program(r, s);
    }
    if (w->script.n > LONGEST_SCRIPT)
        return spawn_script(r, s, f->shell);
    shell_words(w, f->shell);
    buf_add(&w->words, "-c", sizeof "-c");
    buf_add(&w->words, w->script.p, w->script.n + 1);
    split_words(w);
    return spawn_in_group(r, s, w->argv[0], &s->actions, w->argv);
}

const char *
shell_advice(const char *program, int err)
{
    return err == ENOENT && strcmp(program, plan_shell_program(PLAN_SHELL_BASH)) == 0
               ? "; the campaign says 'shell bash', and this node has none: install bash, or say "
                 "'shell sh'"
               : "";
}

int
spawn_task(struct shim *r, struct slot *s)
{
    int trouble;
    if (!make_command(r, s, &trouble)) {
        if (file_trouble(trouble))
            return trouble;
        note_add(&s->note, "the command cannot be made: %s", plan_eval_error(r->eval));
        s->reason = REASON_INPUT;
        s->flaw = FLAW_VALUE;
        return EINVAL;
    }
    size_t noted = s->note.n;
    /* who has all cores has the node for itself, hardware threads and all */
    bool bound = r->node.places && s->cores < r->node.cores &&
                 !(r->plan->family[s->family].flags & PLAN_UNBOUND);
    if (bound)
        bind_process(r, s);
    int err = spawn_command(r, s);
    if (bound)
        unbind(r, s, err != 0);
    /* trouble is not the end of the attempt; a program that is being written is the task's own */
    if (!err || (file_trouble(err) && err != ETXTBSY))
        return err;
    s->reason = REASON_EXIT;
    s->code = err == ENOENT ? 127 : 126;
    if (s->note.n == noted) {
        const char *program = r->spawner->words.p;
        note_add(&s->note, "%s: cannot be started: %s%s%s", program, strerror(err),
            shell_advice(program, err),
            err == E2BIG
                ? "; {task.output:file} names a file of paths, which may be as many as you like"
                : "");
    }
    return err == ETXTBSY ? EACCES : err;
}

int
spawn_words(struct shim *r, struct slot *s, char *const argv[])
{
    plan_eval_tag(r->eval, s->tag);
    bool ok = fill_environment(r, s, 0);
    plan_eval_tag(r->eval, NULL);
    if (!ok) {
        note_add(&s->note, "the environment cannot be made: %s", plan_eval_error(r->eval));
        return EINVAL;
    }
    return spawn_in_group(r, s, argv[0], &s->actions, argv);
}

int
spawn_check(struct shim *r, struct slot *s, enum plan_shell shell, const char *script,
    const char *path)
{
    struct spawner *w = r->spawner;
    const char *word[] = {"-c", script, "sh"};
    buf_reset(&w->words);
    shell_words(w, shell);
    for (size_t i = 0; i < sizeof word / sizeof *word; i++)
        buf_add(&w->words, word[i], strlen(word[i]) + 1);
    if (path[0] != '/' && w->folder) /* the script may go elsewhere */
        buf_printf(&w->words, "%s/", w->folder);
    buf_add(&w->words, path, strlen(path) + 1);
    split_words(w);
    return spawn_words(r, s, w->argv);
}
