#include "config.h"

#include "cli/log_host.h"

#include "command/asked.h"
#include "journal/paths.h"
#include "report/words.h"
#include "state/log.h"
#include "util/list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The end of an attempt that was made there, and wrote something. */
struct ended {
    char holder[HOLDER_SIZE];
    struct journal_rec rec;
};

struct there {
    const struct asked *asked;
    const char *host;
    struct ended *v;
    size_t n, cap;
};

static bool
take(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    struct there *t = arg;
    size_t n = strlen(t->host);
    if (rec->kind != JOURNAL_END || !rec->log_len ||
        rec->task >= t->asked->facts.plan->head->ntasks || !asked_takes(t->asked, rec->task) ||
        strncmp(head->holder, t->host, n) != 0 || head->holder[n] != '.')
        return true;
    ARRAY_GROW(t->v, t->n, t->cap);
    t->v[t->n].rec = *rec;
    memcpy(t->v[t->n++].holder, head->holder, sizeof t->v->holder);
    return true;
}

static int
by_time(const void *pa, const void *pb)
{
    const struct ended *a = pa, *b = pb;
    return (a->rec.time_us > b->rec.time_us) - (a->rec.time_us < b->rec.time_us);
}

/* False: nobody reads on. */
static bool
show(const struct there *t, const char *state_dir, const struct ended *e, int *code)
{
    const struct plan *p = t->asked->facts.plan;
    struct buf out = {0};
    buf_puts(&out, "==> ");
    plan_task_label(p, e->rec.task, &out);
    buf_printf(&out, ", attempt %u on %s: ", e->rec.attempt, t->host);
    status_reason(p, &e->rec, &out);
    buf_puts(&out, " <==\n");
    int err = log_read(state_dir, e->holder, &e->rec, &out);
    if (err) {
        say("%s/" STATE_LOGS "/%s.log cannot be read: %s", state_dir, e->holder,
            err == EBADMSG ? "it is damaged" : strerror(err));
        *code = EXIT_FILES;
    }
    bool more = put_out(&out, code);
    buf_free(&out);
    return more;
}

static int
show_all(struct there *t)
{
    struct buf state = {0};
    int code = EXIT_OK;
    buf_printf(&state, "%s/" BUILD_STATE, t->asked->dir.p);
    int err = journal_read(state.p, t->asked->facts.plan->head->identity, take, t, NULL);
    if (err && err != ENOENT) {
        say("the journals cannot be read: %s", strerror(err));
        code = EXIT_FILES;
    } else if (!t->n) {
        say("nothing that these tasks wrote on %s is on record; wflc history tells what ran there",
            t->host);
        code = EXIT_ERRORS;
    }
    if (t->n)
        qsort(t->v, t->n, sizeof *t->v, by_time);
    for (size_t i = 0; i < t->n && show(t, state.p, &t->v[i], &code);)
        i++;
    buf_free(&state);
    return code;
}

int
log_of_host(const struct options *o)
{
    struct asked a;
    struct there t = {.asked = &a, .host = o->host};
    if (o->follow || option_given(o, OPTION_TRY)) {
        say("--host shows all attempts that have ended there, without --follow or --try");
        return EXIT_USAGE;
    }
    int code = asked_read(o, ASKED_NONE, &a);
    if (code == EXIT_OK)
        code = show_all(&t);
    free(t.v);
    asked_free(&a);
    return code;
}
