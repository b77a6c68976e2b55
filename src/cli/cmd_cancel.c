/* wflc cancel: ends jobs of a campaign. */
#include "config.h"

#include "cli/commands.h"
#include "command/at_site.h"

#include "journal/lease.h"
#include "journal/paths.h"
#include "submit/keep.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PATIENCE_S = 120 };

/* Ids of all schedulers begin with a digit, or with the letter of Flux; campaigns do not. */
static bool
is_id(const char *s)
{
    return (*s >= '0' && *s <= '9') || strncmp(s, "\xc6\x92", 2) == 0;
}

/* A job in the queue that people mean by `word`: its id, or the number at its beginning. */
static size_t
find(const struct at_site *a, const struct record *r, const char *word)
{
    struct buf id = {0};
    size_t i, n;
    job_id_normal((enum site_kind)a->site->scheduler.kind, word, &id);
    n = strlen(id.p ? id.p : "");
    for (i = r->n; i-- > 0;) {
        const struct record_job *j = &r->job[i];
        if (j->is == RECORD_JOB && n && strncmp(j->id, id.p, n) == 0 &&
            (!j->id[n] || j->id[n] == '.'))
            break;
    }
    buf_free(&id);
    return i; /* SIZE_MAX: none */
}

static int
cancel(const struct options *o, const struct at_site *a, struct record *r, size_t i)
{
    struct record_job *j = &r->job[i];
    struct buf said = {0};
    int code = EXIT_OK;
    /* first, so that a job that ends at once is not taken for one that failed */
    int err = record_add(r,
        &(struct record_line){.word = RECORD_CANCEL, .i = i, .id = j->id, .now_s = time(NULL)});
    if (err) {
        say("cannot write '%s': %s", r->path, strerror(err));
        code = EXIT_FILES;
    } else if (!scheduler_cancel(&a->scheduler, j->id, &said)) {
        say("job %s cannot be cancelled: %s", j->id, said.p ? said.p : "?");
        code = EXIT_ERRORS;
    } else if (!o->quiet && a->site->scheduler.kind == SITE_LOCAL) {
        printf("job %s finishes what runs; cancel it again to stop that, too\n", j->id);
    } else if (!o->quiet) {
        printf("job %s: cancel was asked for\n", j->id);
    }
    buf_free(&said);
    return code;
}

/* Who works on the campaign without a job, as `wflc run` does, or with one that nobody noted.
 * Leases of those that are over may be there for some minutes. */
static bool
others_at_work(const struct at_site *a, const struct record *r)
{
    struct buf path = {0};
    bool any = false;
    buf_printf(&path, "%s/" BUILD_STATE, a->dir.p);
    size_t state = path.n;
    buf_puts(&path, "/" STATE_LEASES);
    DIR *d = opendir(path.p);
    path.p[path.n = state] = 0;
    for (const struct dirent *e; d && (e = readdir(d));) {
        char who[256], host[128], job[64];
        long pid;
        if (*e->d_name == '.' || !lease_seen(path.p, e->d_name, who, sizeof who) ||
            sscanf(who, "%127s %ld %63s", host, &pid, job) != 3 || record_with_id(r, job))
            continue;
        if (strcmp(job, "-") == 0)
            say("no job of the queue, but process %ld on %s works on the campaign: end it there, "
                "with Ctrl-C or with "
                "'kill %ld'",
                pid, host, pid);
        else
            say("job %s works on the campaign on %s, and was not submitted by wflc or submit.sh: "
                "end it with the "
                "scheduler's own program",
                job, host);
        any = true;
    }
    if (d)
        closedir(d);
    buf_free(&path);
    return any;
}

static int
cancel_all(const struct options *o, const struct at_site *a, struct record *r,
    const struct queue *q, int64_t asked_s)
{
    int code = EXIT_OK;
    size_t n = 0;
    for (size_t i = 0; code != EXIT_FILES && i < r->n; i++) {
        const struct record_job *j = &r->job[i];
        if (j->is != RECORD_JOB || scheduler_ended(&a->scheduler, j, q, asked_s) ||
            (j->cancelled && !queue_by_id(q, j->id)))
            continue;
        int c = cancel(o, a, r, i);
        n++;
        if (c != EXIT_OK)
            code = c;
    }
    if (code == EXIT_OK && n == 0 && others_at_work(a, r))
        code = EXIT_ERRORS;
    else if (code == EXIT_OK && n == 0 && !o->quiet)
        puts("no jobs in the queue");
    return code;
}

/* What is in the queue, whatever the record says. False: the scheduler cannot be asked. */
static bool
learn(const struct at_site *a, struct record *r, struct queue *q, int64_t *asked_s, struct buf *why)
{
    int err = scheduler_by_hand(&a->scheduler, r);
    bool good = !err && scheduler_ask(&a->scheduler, r, q, asked_s, why);
    if (good)
        err = keep_adopt(&a->scheduler, r, q, *asked_s, NULL);
    if (err)
        buf_printf(why, "cannot write '%s': %s", r->path, strerror(err));
    return good && !err;
}

static int
cancel_some(const struct options *o, const struct at_site *a, struct record *r)
{
    int code = EXIT_OK;
    for (int k = 0; k < o->nargs; k++) {
        if (!is_id(o->arg[k]))
            continue;
        size_t i = find(a, r, o->arg[k]);
        int c = EXIT_ERRORS;
        if (i == SIZE_MAX)
            say("'%s' is no job of this campaign that is in the queue; 'wflc queue %s' lists them",
                o->arg[k], path_for_people(a->dir.p));
        else
            c = cancel(o, a, r, i);
        if (c != EXIT_OK)
            code = c;
    }
    return code;
}

static int
run(const struct options *o)
{
    struct at_site a = {0};
    const char *campaign = NULL;
    int nids = 0, ncampaigns = 0;
    for (int k = 0; k < o->nargs; k++) {
        if (is_id(o->arg[k]))
            nids++;
        else if (ncampaigns++ == 0)
            campaign = o->arg[k];
    }
    if (ncampaigns > 1 || (nids > 0) == o->all) {
        say(ncampaigns > 1 ? "cancel takes one campaign: wflc cancel %s"
                           : "which jobs? either their ids or --all: wflc cancel %s",
            command_cancel.args);
        return EXIT_USAGE;
    }
    int code = at_site_open(o, campaign, &a);
    if (code == EXIT_OK) {
        struct buf state = {0}, why = {0};
        buf_printf(&state, "%s/" BUILD_STATE, a.dir.p);
        struct record *r = record_open(state.p, true, PATIENCE_S, &why);
        if (!r) {
            say("%s", why.p);
            code = EXIT_FILES;
        } else {
            struct queue q = {0};
            int64_t asked_s;
            bool known = learn(&a, r, &q, &asked_s, &why);
            if (!known)
                say("%s", why.p);
            if (!known && o->all) {
                code = EXIT_FILES;
            } else {
                code = o->all ? cancel_all(o, &a, r, &q, asked_s) : cancel_some(o, &a, r);
            }
            queue_free(&q);
        }
        record_free(r);
        buf_free(&state);
        buf_free(&why);
    }
    at_site_free(&a);
    return code;
}

static const struct command_option options[] = {
    OPTIONS_OF_BUILD,
    {OPTION_ALL, "cancel all jobs of the campaign"},
    {OPTION_QUIET, NULL},
};

const struct command command_cancel = {
    .name = "cancel",
    .args = "[FILE|DIR|NAME] ID...|--all",
    .summary = "cancel jobs of a campaign",
    .text =
        "The scheduler is asked to end the jobs with these ids ('wflc queue' shows them), or all\n"
        "jobs of the campaign. What they did stays done. It does not wait for their end.\n",
    .options = options,
    .noptions = COUNT_OF(options),
    .most = 1000,
    .run = run,
};
