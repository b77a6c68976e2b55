#include "config.h"

#include "submit/scheduler.h"

#include "codegen/emitter.h"
#include "codegen/variables.h"
#include "journal/paths.h"
#include "submit/local.h"
#include "submit/run.h"
#include "util/file.h"
#include "util/hash.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A scheduler that has much to do may try for minutes by itself. */
enum { SUBMIT_TIMEOUT_S = 300, CANCEL_TIMEOUT_S = 60, MOST_WORDS = 64 };

static const char *
join(struct arena *a, const char *first, const char *second)
{
    return arena_printf(a, "%s%s", first, second);
}

/* A copy of the script that nobody will change, named after what is in it: for Cobalt, which reads
 * it when the job starts, not when it is submitted, and for jobs of another size. */
static const char *
put_copy(const struct scheduler *s, struct arena *a, struct buf *why)
{
    struct buf read = {0}, path = {0};
    struct stat st;
    int err = s->resized ? 0 : file_read(s->script, &read);
    const struct buf *b = s->resized ? s->resized : &read;
    if (!err) {
        struct hash128 h = hash128(b->p, b->n);
        buf_printf(&path, "%s/" BUILD_STATE "/" STATE_JOBS "/job-%016" PRIx64 ".sh", s->dir, h.a);
        bool there = s->dry || (stat(path.p, &st) == 0 && (uint64_t)st.st_size == b->n);
        if (!there)
            err = dir_make_parent(path.p);
        if (!there && !err)
            err = file_write_atomic(path.p, b->p, b->n, 0777);
    }
    const char *copy = NULL;
    if (err)
        buf_printf(why, "cannot copy '%s' to '%s': %s", s->script,
            path.n ? path.p : BUILD_STATE "/" STATE_JOBS, file_error(err));
    else if (s->site->scheduler.kind == SITE_COBALT && strpbrk(path.p, " \t"))
        buf_printf(why,
            "the folder '%s' has a blank in its name, which Cobalt cannot submit from; "
            "build in another one with -o DIR",
            s->dir);
    else
        copy = arena_text(a, path.p, path.n);
    buf_free(&read);
    buf_free(&path);
    return copy;
}

static void
add_name(enum site_kind kind, struct arena *a, const char *name, const char **argv, size_t *n)
{
    if (kind == SITE_SLURM || kind == SITE_FLUX) {
        argv[(*n)++] = join(a, "--job-name=", name);
        return;
    }
    argv[(*n)++] = kind == SITE_COBALT ? "--jobname" : kind == SITE_PBS ? "-N" : "-J";
    argv[(*n)++] = arena_text(a, name, strlen(name));
}

static void
add_after(enum site_kind kind, struct arena *a, const char *after, const char **argv, size_t *n)
{
    if (kind == SITE_SLURM || kind == SITE_FLUX) {
        argv[(*n)++] = join(a, "--dependency=afterany:", after);
        return;
    }
    argv[(*n)++] = kind == SITE_PBS ? "-W" : "-w";
    argv[(*n)++] =
        kind == SITE_PBS ? join(a, "depend=afterany:", after) : arena_printf(a, "ended(%s)", after);
}

bool
scheduler_excludes(const struct scheduler *s)
{
    const struct site_profile *p = s->site;
    const struct site_texts *forbid = &p->scheduler.forbid;
    for (size_t i = 0; i < forbid->n; i++)
        if (strcmp(forbid->v[i], "--exclude") == 0 ||
            (p->scheduler.kind == SITE_SLURM && strcmp(forbid->v[i], "-x") == 0) ||
            strcmp(forbid->v[i], "--requires") == 0 || strcmp(forbid->v[i], "-R") == 0)
            return false;
    switch ((enum site_kind)p->scheduler.kind) {
    case SITE_SLURM:
        return true;
    case SITE_LSF: /* with jsrun jobs are counted in nodes, and have no such requirement */
        return p->launch.argv.n == 0 || strcmp(p->launch.argv.v[0], "jsrun") != 0 ||
               p->scheduler.needs_tasks;
    case SITE_FLUX:
        return true;
    default:
        return false;
    }
}

/* What the job must have on its nodes: the option takes the place of the script's. */
static void
add_required(const struct scheduler *s, struct buf *b)
{
    struct buf script = {0}, why = {0};
    struct header h = {0};
    if (file_read(s->script, &script) == 0 && emitter_flux.read(script.p, script.n, &h, &why)) {
        const struct header_option *o = header_find(&h, "--requires");
        if (o && o->value)
            buf_printf(b, "(%s) and ", o->value);
    }
    header_free(&h);
    buf_free(&script);
    buf_free(&why);
}

/* Names are words that mean nothing else to a scheduler, see node_name_good. */
static void
add_excluded(const struct scheduler *s, struct arena *a, const char **argv, size_t *n)
{
    enum { MOST = 60000 }; /* bytes; an argument has no more than 128 kB */
    enum site_kind kind = (enum site_kind)s->site->scheduler.kind;
    const struct site_texts *own = &s->site->scheduler.directives;
    struct buf b = {0};
    if (!s->nbad || !scheduler_excludes(s))
        return;
    buf_puts(&b, kind == SITE_SLURM ? "--exclude=" : kind == SITE_FLUX ? "--requires=" : "select[");
    if (kind == SITE_FLUX) {
        add_required(s, &b);
        buf_puts(&b, "not host:");
    }
    for (size_t i = 0; i < s->nbad && b.n < MOST; i++)
        buf_printf(&b, kind == SITE_LSF ? "%shname!='%s'" : "%s%s",
            i == 0             ? ""
            : kind == SITE_LSF ? " && "
                               : ",",
            s->bad[i].name);
    for (size_t i = 0; kind == SITE_SLURM && i < own->n;
         i++) /* the option takes the place of this one */
        if (strncmp(own->v[i], "--exclude=", 10) == 0)
            buf_printf(&b, ",%s", own->v[i] + 10);
    if (kind == SITE_LSF) {
        buf_putc(&b, ']');
        argv[(*n)++] = "-R";
    }
    argv[(*n)++] = arena_text(a, b.p, b.n);
    buf_free(&b);
}

bool
submit_command_make(const struct scheduler *s, const char *name, const char *after,
    struct submit_command *c, struct buf *why)
{
    const struct site_texts *submit = &s->site->scheduler.submit;
    enum site_kind kind = (enum site_kind)s->site->scheduler.kind;
    size_t n = 0;
    *c = (struct submit_command){0};
    if (kind == SITE_LOCAL)
        return true;
    c->argv = xcalloc(submit->n + 10, sizeof *c->argv);
    for (; n < submit->n; n++)
        c->argv[n] = submit->v[n];
    add_name(kind, &c->arena, name, c->argv, &n);
    if (after)
        add_after(kind, &c->arena, after, c->argv, &n);
    add_excluded(s, &c->arena, c->argv, &n);
    bool copy = kind == SITE_COBALT || s->resized;
    const char *script = copy ? put_copy(s, &c->arena, why) : s->script;
    if (s->site->scheduler.submit_stdin)
        c->input = script;
    else
        c->argv[n++] = script;
    return script != NULL;
}

void
submit_command_free(struct submit_command *c)
{
    free(c->argv);
    arena_free(&c->arena);
    *c = (struct submit_command){0};
}

static bool
submit_local(const struct scheduler *s, const char *name, struct buf *id, struct buf *said)
{
    struct buf log = {0};
    buf_printf(&log, "%s/" BUILD_STATE "/" STATE_JOBS "/%s.out", s->dir, name);
    bool good = local_submit(s->script, s->dir, log.p, name, id, said);
    buf_free(&log);
    return good;
}

bool
scheduler_submit(const struct scheduler *s, const char *name, const char *after, struct buf *id,
    enum refusal *refusal, struct buf *said)
{
    enum site_kind kind = (enum site_kind)s->site->scheduler.kind;
    struct submit_command c;
    struct run_result r = {.code = -1};
    struct buf why = {0};
    bool good = false;
    *refusal = REFUSAL_MISTAKE;
    if (kind == SITE_LOCAL)
        return submit_local(s, name, id, said);
    if (!submit_command_make(s, name, after, &c, said)) {
        submit_command_free(&c);
        return false;
    }
    struct buf script = {0};
    (void)file_read(s->script, &script); /* else the program will say so */
    variables_forget(kind, script.p);
    buf_free(&script);
    const struct run_how how = {.dir = s->dir, .input = c.input, .timeout_s = SUBMIT_TIMEOUT_S};
    bool ran = run_program(c.argv, &how, &r, &why);
    if (ran && r.code == 0)
        good = job_id_read(kind, s->site->scheduler.id_regex, r.out.p, id, &why);
    if (!good) {
        buf_puts(said, r.err.p ? r.err.p : "");
        if (said->n && said->p[said->n - 1] != '\n')
            buf_putc(said, '\n');
        buf_puts(said, r.out.p ? r.out.p : "");
        buf_puts(said, why.n ? why.p : "");
        /* killed, or taken without a number, or with one and an error: by its name it can be found
         */
        struct buf number = {0}, none = {0};
        bool unclear =
            (!ran && r.code < 0 && strncmp(why.p, "cannot start", 12) != 0) ||
            (ran && r.code == 0) ||
            (ran && job_id_read(kind, s->site->scheduler.id_regex, r.out.p, &number, &none));
        buf_free(&number);
        buf_free(&none);
        *refusal = unclear ? REFUSAL_BUSY : refusal_of(kind, said->p);
    }
    run_result_free(&r);
    submit_command_free(&c);
    buf_free(&why);
    return good;
}

bool
scheduler_chains(const struct scheduler *s)
{
    return s->site->scheduler.dependency >> SITE_AFTERANY & 1;
}

bool
scheduler_cancel(const struct scheduler *s, const char *id, struct buf *said)
{
    const struct site_texts *cancel = &s->site->scheduler.cancel;
    if (s->site->scheduler.kind == SITE_LOCAL) {
        bool sent = local_cancel(id);
        if (!sent)
            buf_puts(said, errno == ESRCH ? "it is not running" : strerror(errno));
        return sent;
    }
    struct arena a = {0};
    struct run_result r;
    struct buf why = {0};
    const char **argv = xcalloc(cancel->n + 1, sizeof *argv);
    for (size_t i = 0; i < cancel->n; i++) {
        const char *at = strstr(cancel->v[i], "{id}");
        argv[i] =
            at ? arena_printf(&a, "%.*s%s%s", (int)(at - cancel->v[i]), cancel->v[i], id, at + 4)
               : cancel->v[i];
    }
    const struct run_how how = {.dir = s->dir, .timeout_s = CANCEL_TIMEOUT_S};
    variables_forget((enum site_kind)s->site->scheduler.kind, NULL);
    bool good = run_program(argv, &how, &r, &why) && r.code == 0;
    if (why.n)
        buf_puts(said, why.p);
    else if (!good)
        refusal_quote(r.err.n ? r.err.p : r.out.p, said);
    run_result_free(&r);
    buf_free(&why);
    free(argv);
    arena_free(&a);
    return good;
}

bool
scheduler_ended(const struct scheduler *s, const struct record_job *j, const struct queue *q,
    int64_t asked_s)
{
    const struct queue_job *there = queue_by_id(q, j->id);
    /* clocks of hosts that submit may differ, and a scheduler may show a job a moment late */
    int64_t late = s->site->scheduler.kind == SITE_LOCAL ? -1 : s->site->scheduler.poll_s / 4;
    return there ? there->state == QUEUE_ENDED : asked_s > j->job_s + late;
}
