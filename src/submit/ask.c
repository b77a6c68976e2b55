/* One question for all jobs of the user, and its answer kept for a while. */
#include "config.h"

#include "submit/scheduler.h"

#include "codegen/variables.h"
#include "submit/local.h"
#include "submit/run.h"
#include "util/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ASK_TIMEOUT_S = 60 };

/* What was printed, all answers one behind the other. */
struct reply {
    struct buf out, err; /* `err`: what is not known to be harmless */
    /* there are no jobs: the program said so, or there was nothing to ask for */
    bool none;
};

/* As the system knows us; NULL if it cannot tell. A static wflc cannot ask the libraries that know
 * who is in LDAP. */
static const char *
user_name(struct arena *a)
{
    const char *const argv[] = {"id", "-un", NULL};
    const struct run_how how = {.timeout_s = ASK_TIMEOUT_S};
    struct run_result r = {0};
    struct buf why = {0};
    bool good = run_program(argv, &how, &r, &why) && r.code == 0 && r.out.n > 1;
    const char *name = good ? arena_text(a, r.out.p, strcspn(r.out.p, "\n")) : NULL;
    run_result_free(&r);
    buf_free(&why);
    return name;
}

/* What scheduler.status begins with is how the site's program is called ("squeue", "flux jobs"); it
 * asks for one job there, and here for all. */
static size_t
program_words(const struct site_texts *status)
{
    size_t n = 0;
    while (n < status->n && status->v[n][0] != '-' && !strstr(status->v[n], "{id}"))
        n++;
    return n;
}

/* NULL-terminated; the caller frees the list. */
static const char **
with_program(const struct site_texts *status, const char *const *options, size_t more)
{
    size_t n = program_words(status), k = 0;
    while (options[k])
        k++;
    const char **argv = xcalloc(n + k + more + 1, sizeof *argv);
    for (size_t i = 0; i < n; i++)
        argv[i] = status->v[i];
    memcpy(argv + n, options, k * sizeof *options);
    return argv;
}

/* What these programs say, and exit with an error, when there is no job. */
static bool
none_there(enum site_kind kind, const struct run_result *r)
{
    if (r->out.n && kind != SITE_LSF)
        return false;
    switch (kind) {
    case SITE_COBALT:
        return !*refusal_text(r->err.p);
    case SITE_LSF:
        return strstr(r->err.p, "No job found") || strstr(r->err.p, "No unfinished job found") ||
               strstr(r->err.p, "No matching job found");
    default:
        return false;
    }
}

/* Jobs that end between two questions are no reason to know nothing of the others. */
static bool
some_gone(enum site_kind kind, const struct run_result *r)
{
    return kind == SITE_PBS &&
           (strstr(r->err.p, "Unknown Job Id") || strstr(r->err.p, "has finished"));
}

/* Warnings, and what else comes with answers that are good, are left out. */
static void
add_errors(enum site_kind kind, const struct run_result *r, struct buf *err)
{
    const char *p = refusal_text(r->err.p);
    for (size_t n; *p; p += n + (p[n] != 0)) {
        struct buf line = {0};
        n = strcspn(p, "\n");
        buf_add(&line, p, n);
        buf_putc(&line, 0);
        if (line.p[strspn(line.p, " \t\r")] && !strcasestr(line.p, "warning") &&
            !(kind == SITE_PBS &&
                (strstr(line.p, "Unknown Job Id") || strstr(line.p, "has finished"))))
            buf_printf(err, "%s\n", line.p);
        buf_free(&line);
    }
}

/* Appends what the program prints. */
static bool
answer(const struct scheduler *s, const char **argv, struct reply *reply, struct buf *why)
{
    const struct run_how how = {.timeout_s = ASK_TIMEOUT_S};
    enum site_kind kind = (enum site_kind)s->site->scheduler.kind;
    struct run_result r;
    variables_forget(kind, NULL);
    bool good = run_program(argv, &how, &r, why);
    if (good && r.cut) {
        buf_printf(why, "'%s' printed more than can be read", argv[0]);
        good = false;
    } else if (good && r.code != 0 && none_there(kind, &r)) {
        reply->none = true;
    } else if (good && r.code != 0 && !some_gone(kind, &r)) {
        buf_printf(why, "'%s' exited with %d: ", argv[0], r.code);
        refusal_quote(r.err.n ? r.err.p : r.out.p, why);
        good = false;
    } else if (good) {
        buf_add(&reply->out, r.out.p, r.out.n);
        add_errors(kind, &r, &reply->err);
    }
    run_result_free(&r);
    return good;
}

/* Does the JSON have a member of this name? */
static bool
has_member(const struct buf *json, const char *id)
{
    struct buf member = {0};
    buf_printf(&member, "\"%s\":", id);
    bool there = json->n && strstr(json->p, member.p);
    buf_free(&member);
    return there;
}

/* OpenPBS from 2023-12 on prints only the first job of several. What it left out is asked for one
 * by one; a job that has ended meanwhile is none. */
static bool
ask_pbs_left_out(const struct scheduler *s, const char **argv, size_t fixed, struct reply *reply,
    struct buf *why)
{
    size_t count = fixed, n = 0;
    while (argv[count])
        count++;
    const char **left = xcalloc(count, sizeof *left);
    bool good = true;
    for (size_t i = fixed; i < count; i++)
        if (!has_member(&reply->out, argv[i]))
            left[n++] = argv[i];
    argv[fixed + 1] = NULL;
    for (size_t i = 0; good && i < n; i++) {
        argv[fixed] = left[i];
        buf_putc(&reply->out, QUEUE_NEXT_ANSWER);
        good = answer(s, argv, reply, why);
    }
    free(left);
    return good;
}

/* qstat shows all of a job only when it is given its id; qselect, beside it, tells the ids. */
static bool
ask_pbs(const struct scheduler *s, const char *user, struct reply *reply, struct buf *why)
{
    const struct site_texts *status = &s->site->scheduler.status;
    static const char *const all[] = {"-f", "-F", "json", NULL};
    const char *of_user[] = {"-u", user, NULL};
    struct buf ids = {0}, program = {0};
    struct reply selected = {0};
    struct arena a = {0};
    size_t n = program_words(status), count = 0, lines = 1;
    const char **argv = with_program(status, of_user, 0);
    const char *name = n ? argv[n - 1] : "qstat", *slash = strrchr(name, '/');
    buf_printf(&program, "%.*sqselect", slash ? (int)(slash + 1 - name) : 0, name);
    if (n)
        argv[n - 1] = program.p;
    bool good = answer(s, argv, &selected, why);
    ids = selected.out;
    reply->err = selected.err;
    free(argv);
    for (size_t i = 0; i < ids.n; i++)
        lines += ids.p[i] == '\n';
    argv = with_program(status, all, lines);
    while (argv[count])
        count++;
    size_t fixed = count;
    for (const char *p = ids.n ? ids.p : ""; *p;) {
        size_t length = strcspn(p, "\n");
        if (*p >= '0' && *p <= '9')
            argv[count++] = arena_text(&a, p, strcspn(p, " \r\n"));
        p += length + (p[length] != 0);
    }
    reply->none = count == fixed;
    if (good && count > fixed) /* without an id it would be all jobs of all users */
        good = answer(s, argv, reply, why) &&
               (count == fixed + 1 || ask_pbs_left_out(s, argv, fixed, reply, why));
    free(argv);
    arena_free(&a);
    buf_free(&ids);
    buf_free(&program);
    return good;
}

/* Slurm's own word for who asks needs no look-up of a name, which may fail; old ones do not know
 * it. The head shows that it is an answer at all. */
static bool
ask_slurm(const struct scheduler *s, const char *user, struct reply *reply, struct buf *why)
{
    const char *options[] = {"--me", "-r", "-t", "all", "-o", QUEUE_SLURM_FORMAT, NULL, NULL};
    const char **argv = with_program(&s->site->scheduler.status, options, 0);
    struct buf first = {0};
    bool good = answer(s, argv, reply, &first);
    free(argv);
    if (!good && user && first.n && strstr(first.p, "--me")) {
        const char *named[] = {"-u", user, "-r", "-t", "all", "-o", QUEUE_SLURM_FORMAT, NULL};
        argv = with_program(&s->site->scheduler.status, named, 0);
        good = answer(s, argv, reply, why);
        free(argv);
    } else if (!good) {
        buf_puts(why, first.p);
    }
    buf_free(&first);
    return good;
}

static bool
ask(const struct scheduler *s, struct reply *reply, struct buf *why)
{
    struct arena a = {0};
    const char *user = user_name(&a);
    const char *const cobalt[] = {"--header",
        "JobID:State:RunTime:TimeRemaining:Nodes:Queue:JobName", "-u", user, NULL};
    /* these two mean who asks, if nobody is named */
    const char *const lsf[] = {"-a", "-json", "-o",
        "jobid jobindex stat exit_code queue nexec_host run_time time_left pend_reason job_name",
        NULL};
    const char *const flux[] = {"-a", "--json", "--count=10000", NULL};
    enum site_kind kind = (enum site_kind)s->site->scheduler.kind;
    bool good = user || (kind != SITE_PBS && kind != SITE_COBALT);
    if (!good) {
        buf_printf(why, "this machine cannot tell the name of user %ld just now", (long)geteuid());
    } else if (kind == SITE_PBS) {
        good = ask_pbs(s, user, reply, why);
    } else if (kind == SITE_SLURM) {
        good = ask_slurm(s, user, reply, why);
    } else {
        const char **argv = with_program(&s->site->scheduler.status,
            kind == SITE_COBALT ? cobalt
            : kind == SITE_LSF  ? lsf
                                : flux,
            0);
        good = argv[0] && answer(s, argv, reply, why);
        free(argv);
    }
    arena_free(&a);
    return good;
}

/* No answer is not an empty one: programs say that they know no such user, or that a part of them
 * cannot be reached, and exit with 0. */
static bool
ask_and_read(const struct scheduler *s, int64_t now_s, struct queue *q, struct buf *out,
    struct buf *why)
{
    struct reply reply = {0};
    size_t before = q->n;
    bool good = ask(s, &reply, why);
    if (good && !reply.none)
        good = queue_read((enum site_kind)s->site->scheduler.kind, reply.out.n ? reply.out.p : "",
            reply.out.n, now_s, q, why);
    if (good && q->n == before && reply.err.n) {
        buf_puts(why, "it shows none, and says: ");
        refusal_quote(reply.err.p, why);
        buf_puts(why, " (if it always says so, have the profile's scheduler.status name a program "
                      "that does not)");
        good = false;
    } else if (!good && reply.err.n && reply.out.n == 0) {
        buf_puts(why, "; it says: ");
        refusal_quote(reply.err.p, why);
    }
    if (good)
        buf_add(out, reply.out.n ? reply.out.p : "", reply.out.n);
    buf_free(&reply.out);
    buf_free(&reply.err);
    return good;
}

/* --- answers that are kept --- */

static bool
kept_path(const struct scheduler *s, struct buf *path)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (cache && *cache == '/')
        buf_printf(path, "%s/wfl/", cache);
    else if (home && *home == '/')
        buf_printf(path, "%s/.cache/wfl/", home);
    else
        return false;
    buf_printf(path, "%s.jobs", s->site->name);
    return true;
}

/* The file is a line "wflc jobs 2 KIND TIME", then what the program printed. */
static const char *
kept_head(const struct scheduler *s)
{
    return site_word_name("scheduler.kind", s->site->scheduler.kind);
}

static bool
kept_read(const struct scheduler *s, const char *path, int64_t now_s, struct buf *out,
    int64_t *asked_s)
{
    struct buf b = {0};
    char kind[16];
    int end = 0;
    long long when;
    bool good = file_read(path, &b) == 0 && b.n &&
                sscanf(b.p, "wflc jobs 2 %15s %lld%n", kind, &when, &end) == 2 &&
                b.p[end] == '\n' && strcmp(kind, kept_head(s)) == 0 && when <= now_s &&
                now_s - when < s->site->scheduler.poll_s;
    if (good) {
        *asked_s = when;
        buf_add(out, b.p + end + 1, b.n - (size_t)end - 1);
    }
    buf_free(&b);
    return good;
}

/* Who cannot keep it asks again: no reason to stop. */
static void
keep(const struct scheduler *s, const char *path, int64_t asked_s, const struct buf *out)
{
    struct buf b = {0};
    buf_printf(&b, "wflc jobs 2 %s %" PRId64 "\n", kept_head(s), asked_s);
    buf_add(&b, out->p ? out->p : "", out->n);
    if (dir_make_parent(path) == 0)
        (void)file_write_atomic(path, b.p, b.n, 0600);
    buf_free(&b);
}

static void
ask_local(const struct record *r, struct queue *q)
{
    for (size_t i = 0; i < r->n; i++) {
        const struct record_job *j = &r->job[i];
        struct buf id = {0};
        if (j->is == RECORD_JOB)
            local_ask(j->id, j->name, q);
        else if (j->is == RECORD_INTENT && local_find(j->name, &id))
            local_ask(id.p, j->name, q);
        buf_free(&id);
    }
}

bool
scheduler_ask(const struct scheduler *s, const struct record *r, struct queue *q, int64_t *asked_s,
    struct buf *why)
{
    enum site_kind kind = (enum site_kind)s->site->scheduler.kind;
    struct buf path = {0}, out = {0}, said = {0};
    int64_t now_s = time(NULL);
    *asked_s = now_s;
    if (kind == SITE_LOCAL) {
        ask_local(r, q);
        return true;
    }
    bool keeps = kept_path(s, &path), good;
    if (keeps && kept_read(s, path.p, now_s, &out, asked_s)) {
        good = !out.n || queue_read(kind, out.p, out.n, now_s, q, &said);
    } else {
        good = ask_and_read(s, now_s, q, &out, &said);
        if (good && keeps)
            keep(s, path.p, now_s, &out);
    }
    if (!good)
        buf_printf(why, "the scheduler cannot be asked for your jobs: %s", said.n ? said.p : "?");
    buf_free(&path);
    buf_free(&out);
    buf_free(&said);
    return good;
}
