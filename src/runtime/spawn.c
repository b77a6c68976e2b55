/* From a task to its process: the command, the variables, the shell's words. */
#include "config.h"

#include "runtime/shim.h"

#include "node/command.h"
#include "node/task_env.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "util/file.h"
#include "util/system.h"

/* An argument may be 128 KiB long (MAX_ARG_STRLEN); longer scripts go through a file. */
#define LONGEST_SCRIPT 100000

struct spawner {
    struct task_envs *env;
    struct command command;
    char *folder;
    struct buf script;
};

struct spawner *
spawner_new(const struct shim *r)
{
    struct spawner *w = xcalloc(1, sizeof *w);
    w->env = task_envs_new(r->plan, r->containers, r->state_dir, lease_holder(r->lease));
    w->folder = getcwd(NULL, 0);
    plan_eval_folder(r->eval, w->folder);
    return w;
}

void
spawner_free(struct spawner *w)
{
    if (!w)
        return;
    task_envs_free(w->env);
    command_free(&w->command);
    free(w->folder);
    buf_free(&w->script);
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

/* Sets the words of the family's environment that differ from task to task, for a process that
 * works on `n` tasks of the slot, the one at hand being the first; 0: that checks it. */
static bool
fill_environment(struct shim *r, struct slot *s, uint32_t n)
{
    const struct sched_class *cost = sched_class_of(r->sched, s->at->task);
    /* who is fed works on more and less of them */
    s->cores = cost->cores * (n > 1 && !fed_family(r, s) ? n : 1);
    if (r->plan->family[s->family].gpus.size) {
        gpus_give(&r->node.gpus, s->group.number);
        gpus_take(&r->node.gpus, s->group.number, cost->gpus * n);
        task_env_gpus(r->spawner->env, s->family, &r->node.gpus, s->group.number);
    }
    s->group.env_task = s->at->task;
    s->group.env_attempt = s->at->attempt;
    return task_env_fill(r->spawner->env, r->eval, s->at->task, s->at->attempt, s->cores);
}

/* What comes before the command in a container. */
static void
words_before(struct shim *r, struct slot *s, const struct container *container)
{
    struct spawner *w = r->spawner;
    char **own, **ours;
    task_env_contained(w->env, s->family, &own, &ours);
    s->contained = container_words(r->containers, container, own, ours, &w->command.words);
}

/* The words of an argument list. A value that holds a NUL would be cut: it cannot be one word. */
static bool
argument_words(struct shim *r, struct slot *s)
{
    struct spawner *w = r->spawner;
    const struct plan_family *f = &r->plan->family[s->family];
    size_t before = w->command.words.n;
    for (uint32_t i = 0; i < f->nargs; i++) {
        const struct plan_arg *a = &r->plan->arg[f->first_arg + i];
        size_t from = w->command.words.n;
        if (!plan_text(r->eval, s->at->task, a->code, &w->command.words))
            return false;
        if (a->list)
            continue;
        if (w->command.words.n > from &&
            memchr(w->command.words.p + from, 0, w->command.words.n - from)) {
            note_add(&s->note, "argument %u holds a NUL character", i);
            return false;
        }
        buf_putc(&w->command.words, 0);
    }
    return w->command.words.n > before;
}

/* In a session, and so a group, of its own: without a terminal a question is an error, where in a
 * mere background group it would stop the task for ever. */
static int
spawn_in_group(struct shim *r, struct slot *s, const char *program, char *const argv[])
{
    sigset_t reset = r->reset_signals;
    if (r->plan->family[s->family].signal == SIGUSR2)
        sigaddset(&reset, SIGUSR2);
    s->group.hidden = s->contained.in != NULL;
    struct system_start how = {.program = program,
        .argv = argv,
        .env = task_env_words(r->spawner->env, s->family),
        .reset = &reset,
        .output = s->spool,
        .group = memory_begin(r->samples, &s->group)};
    strays_mark(r->strays, &s->group);
    int err = system_start(&how, &s->group.pid);
    if (err == ENOSYS && how.group >= 0) {
        memory_undivided(r->samples);
        how.group = -1;
        err = system_start(&how, &s->group.pid);
    }
    strays_unmark(r->strays);
    memory_begun(r->samples);
    return err;
}

static int
spawn_program(struct shim *r, struct slot *s)
{
    struct spawner *w = r->spawner;
    const char *name = w->command.argv[0];
    if (strchr(name, '/'))
        return spawn_in_group(r, s, name, w->command.argv);
    bool known;
    const char *path = task_env_path(w->env, s->family, &known);
    int err;
    /* the last one is likely the same one; where it is gone, it is looked for again. A PATH of
     * the family's own may differ from task to task. */
    known &= w->command.name.n && strcmp(w->command.name.p, name) == 0;
    if (known) {
        err = spawn_in_group(r, s, w->command.program.p, w->command.argv);
        if (err != ENOENT && err != EACCES)
            return err;
    }
    err = command_find(&w->command, name, path);
    if (err) {
        if (err == ENOENT)
            note_add(&s->note, "%s: not found in PATH (%s)", name, path);
        else if (err == EACCES)
            note_add(&s->note, "%s: found in PATH (%s), but not executable", name, path);
        return err;
    }
    return spawn_in_group(r, s, w->command.program.p, w->command.argv);
}

/* A script too long for an argument, as a file without a name, which only its process has. */
static int
spawn_script(struct shim *r, struct slot *s, enum plan_shell shell)
{
    struct spawner *w = r->spawner;
    int fd = memfd_create("wfl-script", 0);
    if (fd < 0)
        return errno;
    int err = write_all(fd, w->script.p, w->script.n);
    char name[40];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    command_shell(&w->command, shell);
    buf_puts(&w->command.words, name);
    buf_putc(&w->command.words, 0);
    command_split(&w->command);
    if (!err)
        err = spawn_in_group(r, s, w->command.argv[0], w->command.argv);
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
    command_shell(&w->command, r->plan->family[s->family].shell);
    if (w->script.n <= LONGEST_SCRIPT) {
        buf_add(&w->command.words, "-c", sizeof "-c");
        buf_add(&w->command.words, w->script.p, w->script.n + 1);
        return 0;
    }
    buf_reset(&r->path);
    script_path(r, s, &r->path);
    s->has_script = true;
    buf_add(&w->command.words, r->path.p, r->path.n + 1);
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
    plan_eval_bundle(r->eval, r->slots.tasks, s->nmembers, s->width);
    plan_eval_tag(r->eval, s->tag);
    bool ok = fill_environment(r, s, s->nmembers);
    buf_reset(&w->command.words);
    if (ok && container)
        words_before(r, s, container);
    buf_reset(&r->lists.spool);
    slot_spool_path(r, s, &r->lists.spool);
    lists_begin(&r->lists, r->eval, &s->nlists);
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
    *trouble = lists_made(r->eval);
    plan_eval_bundle(r->eval, NULL, 0, 0);
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
        command_split(&w->command);
        return contained ? spawn_in_group(r, s, w->command.argv[0], w->command.argv)
                         : spawn_program(r, s);
    }
    if (w->script.n > LONGEST_SCRIPT)
        return spawn_script(r, s, f->shell);
    command_shell(&w->command, f->shell);
    buf_add(&w->command.words, "-c", sizeof "-c");
    buf_add(&w->command.words, w->script.p, w->script.n + 1);
    command_split(&w->command);
    return spawn_in_group(r, s, w->command.argv[0], w->command.argv);
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
    bool bound = r->node.places && s->cores < r->node.cores && !fed_family(r, s) &&
                 !(r->plan->family[s->family].flags & PLAN_UNBOUND);
    if (bound)
        bind_process(r, s);
    int err = spawn_command(r, s);
    if (bound)
        unbind(r, s, err != 0);
    /* trouble is not the end of the attempt; a program that is being written is the task's own,
     * unless it is the runtime of its container */
    bool own = err == ETXTBSY && !container_of(r->containers, &r->plan->family[s->family]);
    if (!err || (file_trouble(err) && !own))
        return err;
    s->reason = REASON_EXIT;
    s->code = err == ENOENT ? 127 : 126;
    if (s->note.n == noted) {
        const char *program = r->spawner->command.words.p;
        note_add(&s->note, "%s: cannot be started: %s%s%s", program, strerror(err),
            shell_advice(program, err),
            err == E2BIG
                ? "; {task.output:file} names a file of paths, which may be as many as you like"
                : "");
    }
    return own ? EACCES : err;
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
    return spawn_in_group(r, s, argv[0], argv);
}

int
spawn_check(struct shim *r, struct slot *s, enum plan_shell shell, const char *script,
    const char *path)
{
    struct spawner *w = r->spawner;
    const char *word[] = {"-c", script, "sh"};
    buf_reset(&w->command.words);
    command_shell(&w->command, shell);
    for (size_t i = 0; i < sizeof word / sizeof *word; i++)
        buf_add(&w->command.words, word[i], strlen(word[i]) + 1);
    if (path[0] != '/' && w->folder) /* the script may go elsewhere */
        buf_printf(&w->command.words, "%s/", w->folder);
    buf_add(&w->command.words, path, strlen(path) + 1);
    command_split(&w->command);
    return spawn_words(r, s, w->command.argv);
}
