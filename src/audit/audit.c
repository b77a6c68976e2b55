#include "config.h"

#include "audit/audit.h"

#include "state/wrote.h"
#include "util/file.h"
#include "util/list.h"
#include "util/parallel.h"
#include "util/system.h"
#include "verify/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Tasks are looked at in pieces, by many threads: a file server takes its time to answer each. */
enum { PIECE = 128 };

struct look {
    const struct status *s;
    const struct audit_how *how;
    uint32_t *task; /* n */
    uint32_t n;
    struct audit_task *is; /* of each */
    atomic_uint unchecked;
};

/* Of one thread. */
struct eyes {
    struct look *k;
    struct plan_eval *eval;
    struct input *in;
    struct buf path, text;
};

/* --- one output --- */

static bool
has_size(struct eyes *e, uint32_t task, const struct plan_check *c, uint64_t size, bool *told)
{
    double want = 0;
    *told = plan_number(e->eval, task, c->code, &want);
    return plan_compares(c->op, (double)size, want);
}

static enum audit_what
check_whole(struct eyes *e, enum plan_check_kind kind)
{
    int fd = file_open(e->path.p, NULL);
    if (fd < 0)
        return AUDIT_UNKNOWN;
    if (!e->in)
        e->in = xmalloc(sizeof *e->in);
    input_fd(e->in, fd);
    buf_reset(&e->text);
    enum verdict v = kind == CHECK_FITS ? check_fits(e->in, &e->text) : check_gzip(e->in, &e->text);
    int err = e->in->err;
    close(fd);
    return err ? AUDIT_UNKNOWN : v == VERDICT_GOOD ? AUDIT_GOOD : AUDIT_BAD;
}

/* As the shim runs it, but with the variables of who asks. */
static enum audit_what
check_command(struct eyes *e, uint32_t task, const struct plan_check *c)
{
    buf_reset(&e->text);
    if (!plan_text(e->eval, task, c->code, &e->text))
        return AUDIT_UNKNOWN;
    const char *shell = plan_shell_words((enum plan_shell)c->op);
    char *argv[10], *words = xstrdup(shell), *save = NULL, *dash_c = xstrdup("-c");
    char *name = xstrdup("sh");
    int n = 0, status;
    for (char *w = strtok_r(words, " ", &save); w && n < 5; w = strtok_r(NULL, " ", &save))
        argv[n++] = w;
    argv[n++] = dash_c;
    argv[n++] = e->text.p;
    argv[n++] = name;
    argv[n++] = e->path.p;
    argv[n] = NULL;
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    for (int fd = 0; fd < 3; fd++)
        posix_spawn_file_actions_addopen(&quiet, fd, "/dev/null", fd ? O_WRONLY : O_RDONLY, 0);
    pid_t pid;
    int err = system_spawn(&pid, argv[0], &quiet, NULL, argv, environ);
    while (!err && waitpid(pid, &status, 0) < 0)
        err = errno == EINTR ? 0 : errno;
    posix_spawn_file_actions_destroy(&quiet);
    free(words);
    free(dash_c);
    free(name);
    return err ? AUDIT_UNKNOWN : status == 0 ? AUDIT_GOOD : AUDIT_BAD;
}

/* What the campaign asks of it besides that it is there. */
static enum audit_what
check_output(struct eyes *e, uint32_t task, const struct plan_file *file, uint64_t size, bool deep)
{
    const struct plan *p = e->k->s->plan;
    bool contained = p->family[plan_family_of(p, task)].container != 0, told = true;
    enum audit_what what = AUDIT_GOOD;
    for (uint32_t i = 0; i < file->nchecks && what == AUDIT_GOOD; i++) {
        const struct plan_check *c = &p->check[file->first_check + i];
        if (c->kind == CHECK_SIZE && !has_size(e, task, c, size, &told))
            what = told ? AUDIT_OTHER : AUDIT_UNKNOWN;
        else if (!deep)
            continue;
        else if (c->kind == CHECK_FITS || c->kind == CHECK_GZIP)
            what = check_whole(e, (enum plan_check_kind)c->kind);
        else if (c->kind == CHECK_COMMAND && contained)
            e->k->unchecked++;
        else if (c->kind == CHECK_COMMAND)
            what = check_command(e, task, c);
    }
    return what;
}

/* --- one task --- */

static bool
has_checkpoint(struct eyes *e, uint32_t task, const struct plan_family *f, uint32_t *file)
{
    for (uint32_t i = f->first_checkpoint; i < f->first_checkpoint + f->ncheckpoints; i++) {
        buf_reset(&e->path);
        *file = i;
        if (!plan_path(e->eval, task, i, NULL, &e->path) || access(e->path.p, F_OK) == 0)
            return true;
    }
    return false;
}

static enum audit_what
look_at(struct eyes *e, uint32_t task, uint32_t *number)
{
    const struct status *s = e->k->s;
    const struct plan *p = s->plan;
    const struct plan_family *f = &p->family[plan_family_of(p, task)];
    bool done = s->state[task] == STATUS_DONE;
    struct wrote now = {0};
    for (uint32_t i = 0; i < f->noutputs; i++) {
        const struct plan_file *file = &p->file[f->first_output + i];
        struct journal_file is;
        enum journal_type type;
        *number = f->first_output + i;
        buf_reset(&e->path);
        if (!plan_path(e->eval, task, *number, NULL, &e->path) ||
            wrote_look(AT_FDCWD, e->path.p, &is, &type) != 0)
            return AUDIT_UNKNOWN;
        if (type == JOURNAL_ABSENT && file->optional)
            continue;
        if (type == JOURNAL_ABSENT)
            return wrote_folder_absent(AT_FDCWD, e->path.p, &e->text) ? AUDIT_ABSENT
                                                                      : AUDIT_MISSING;
        if (!is.size && !wrote_may_be_empty(p, file))
            return AUDIT_EMPTY;
        if (!file->optional)
            wrote_add(&now, p, f, i, &is, type);
        /* one that is not done has never been checked */
        enum audit_what what = check_output(e, task, file, is.size, e->k->how->deep || !done);
        if (what != AUDIT_GOOD)
            return what;
    }
    *number = f->first_output;
    if (done && s->wrote[task] && wrote_half(now.rough) != s->wrote[task])
        return AUDIT_OTHER;
    return !done && has_checkpoint(e, task, f, number) ? AUDIT_CHECKPOINT : AUDIT_GOOD;
}

static void
look_at_piece(void *arg, unsigned piece)
{
    struct look *k = arg;
    uint32_t from = piece * PIECE, to = k->n - from < PIECE ? k->n : from + PIECE;
    struct eyes e = {.k = k, .eval = plan_eval_new(k->s->plan)};
    for (uint32_t i = from; i < to; i++) {
        struct audit_task *t = &k->is[i];
        t->task = k->task[i];
        t->what = look_at(&e, t->task, &t->file);
    }
    plan_eval_free(e.eval);
    free(e.in);
    buf_free(&e.path);
    buf_free(&e.text);
}

/* --- all of them --- */

/* Those that nobody works on, and of which outputs tell something. */
static void
choose(struct look *k, struct audit *a)
{
    const struct status *s = k->s;
    const struct plan *p = s->plan;
    k->task = xmalloc(((size_t)p->head->ntasks + 1) * sizeof *k->task);
    for (uint32_t i = 0; i < p->nfamilies; i++) {
        const struct plan_family *f = &p->family[i];
        bool tells = plan_must_write(p, f);
        for (uint32_t t = f->first_task; tells && t < f->first_task + f->ntasks; t++) {
            bool done = s->state[t] == STATUS_DONE;
            if (k->how->takes && !k->how->takes(k->how->arg, t))
                continue;
            if (s->leased[plan_shard_of(p, t)]) {
                a->left_out += done;
                continue;
            }
            k->task[k->n++] = t;
            a->done += done;
            a->outputs += done ? f->noutputs : 0;
        }
    }
}

void
audit_look(const struct status *s, const struct audit_how *how, struct audit *a)
{
    struct look k = {.s = s, .how = how};
    *a = (struct audit){0};
    choose(&k, a);
    k.is = xcalloc((size_t)k.n + 1, sizeof *k.is);
    parallel_wait((k.n + PIECE - 1) / PIECE, look_at_piece, &k);
    for (uint32_t i = 0; i < k.n; i++) {
        const struct audit_task *t = &k.is[i];
        if (s->state[t->task] == STATUS_DONE) {
            if (t->what == AUDIT_GOOD)
                continue;
            ARRAY_GROW(a->lost, a->nlost, a->cap_lost);
            a->lost[a->nlost++] = *t;
        } else if (t->what == AUDIT_GOOD) {
            ARRAY_GROW(a->found, a->nfound, a->cap_found);
            a->found[a->nfound++] = t->task;
        }
    }
    a->unchecked = k.unchecked;
    free(k.is);
    free(k.task);
    if (how->orphans)
        audit_orphans(s->plan, a);
}

void
audit_free(struct audit *a)
{
    free(a->lost);
    free(a->found);
    buf_free(&a->orphan);
    *a = (struct audit){0};
}

void
audit_words(const struct status *s, const struct audit_task *t, struct buf *out)
{
    static const char *const words[] = {
        [AUDIT_GOOD] = "is good",
        [AUDIT_MISSING] = "is missing",
        [AUDIT_ABSENT] = "is missing with its folder",
        [AUDIT_EMPTY] = "is empty",
        [AUDIT_OTHER] = "has not the size that it should have",
        [AUDIT_BAD] = "fails its check",
        [AUDIT_UNKNOWN] = "cannot be looked at",
        [AUDIT_CHECKPOINT] = "is left: it has not come to its end",
    };
    struct plan_eval *e = plan_eval_new(s->plan);
    struct buf path = {0};
    plan_path(e, t->task, t->file, NULL, &path);
    buf_printf(out, "%s %s", path.n ? path.p : "an output", words[t->what]);
    buf_free(&path);
    plan_eval_free(e);
}
