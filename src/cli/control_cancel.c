#include "config.h"

#include "cli/control_cancel.h"

#include "command/asked.h"
#include "command/control.h"
#include "journal/paths.h"
#include "report/amend.h"

#include <stdlib.h>
#include <string.h>

/* What may start, or runs. Returns how many of them run. */
static uint32_t
choose(const struct asked *a, struct order *o, uint32_t **task, uint32_t *n)
{
    uint32_t running = 0, cap = 0;
    for (uint32_t t = 0; (t = asked_next(a, t)) != PLAN_NONE; t++) {
        uint8_t state = a->facts.status->state[t];
        if (state == STATUS_DONE || state == STATUS_FAILED)
            continue;
        ARRAY_GROW(*task, *n, cap);
        (*task)[(*n)++] = t;
        order_add_task(o, t);
        running += state == STATUS_RUNNING;
    }
    return running;
}

static void
tell_cancelled(const struct options *o, uint32_t n, uint32_t running)
{
    char all[THOUSANDS_SIZE], run[THOUSANDS_SIZE];
    if (o->quiet)
        return;
    printf("%s task%s %s cancelled", thousands(n, all), n == 1 ? "" : "s",
        o->dry_run ? "would be"
        : n == 1   ? "is"
                   : "are");
    if (running)
        printf(": %s that run%s %s stopped", thousands(running, run), running == 1 ? "s" : "",
            o->dry_run     ? "would be"
            : running == 1 ? "is"
                           : "are");
    putchar('\n');
}

/* What nobody has is put on record at once; what a shim has, that one sees to. */
static int
order_cancel(struct campaign_control *c, const struct asked *a, const uint32_t *task, uint32_t n)
{
    struct buf told = {0};
    int code = control_give(c, &told), err = 0;
    if (code != EXIT_OK)
        say("%s", told.p);
    buf_free(&told);
    if (code != EXIT_OK)
        return code;
    const struct amend how = {.plan = a->facts.plan, .cancel = c->order.number};
    amend_write(c->state.p, &how, task, n, &err);
    if (err)
        say("%s/" STATE_JOURNAL ": cannot be written: %s; the shims that take the tasks put it on "
            "record",
            c->state.p, strerror(err));
    return EXIT_OK;
}

static void
open_cancel(const struct options *o, const struct asked *a, struct campaign_control *c)
{
    struct buf of = {0};
    buf_puts(&c->dir, a->dir.p);
    buf_printf(&c->state, "%s/" BUILD_STATE, a->dir.p);
    for (int i = !asked_is_term(o, o->arg[0]); i < o->nargs; i++)
        buf_printf(&of, "%s%s", of.n ? " " : "", o->arg[i]);
    c->order.kind = ORDER_CANCEL;
    c->order.plan = a->facts.plan->head->identity;
    c->order.of = xstrdup(of.p);
    control_begin(&c->order);
    buf_free(&of);
}

int
control_cancel_tasks(const struct options *o)
{
    struct asked a;
    struct campaign_control c = {0};
    uint32_t *task = NULL, n = 0;
    if (!o->nargs || !asked_is_term(o, o->arg[o->nargs - 1])) {
        say("which tasks? wflc control cancel [FILE|DIR|NAME] TERM ...; 'wflc help tasks' tells "
            "of terms");
        return EXIT_USAGE;
    }
    int code = asked_read(o, ASKED_ALL, &a);
    if (code == EXIT_OK) {
        open_cancel(o, &a, &c);
        uint32_t running = choose(&a, &c.order, &task, &n);
        if (!n) {
            say("no task is like that which runs, or could yet");
            code = EXIT_ERRORS;
        } else if (!o->dry_run) {
            code = order_cancel(&c, &a, task, n);
        }
        if (code == EXIT_OK)
            tell_cancelled(o, n, running);
    }
    free(task);
    control_close(&c);
    asked_free(&a);
    return code;
}
