/* wflc history: every attempt at tasks, over all jobs. */
#include "config.h"

#include "cli/commands.h"
#include "command/asked.h"
#include "journal/paths.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char usual[] = "started,time,try,reason,memory,host,task";

struct attempt {
    uint32_t task;
    struct fact fact;
};

struct history {
    struct asked *asked;
    struct fact_reader reader;
    struct attempt *attempt;
    size_t n, cap;
};

static void
add(struct history *h, uint32_t task, const struct fact *f)
{
    if (!selector_takes(h->asked->selector, task, f))
        return;
    ARRAY_GROW(h->attempt, h->n, h->cap);
    h->attempt[h->n++] = (struct attempt){task, *f};
}

static bool
take(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    struct history *h = arg;
    struct fact before =
        rec->task < h->reader.ntasks ? h->reader.task[rec->task] : (struct fact){0};
    if (fact_take(&h->reader, head, rec) && before.ended_s && !fact_again(&before, rec) &&
        selector_may_take(h->asked->selector, rec->task))
        add(h, rec->task, &before);
    return true;
}

static int
by_start(const void *pa, const void *pb)
{
    const struct attempt *a = pa, *b = pb;
    const uint32_t x[] = {a->fact.started_s, a->fact.ended_s, a->task, a->fact.attempt},
                   y[] = {b->fact.started_s, b->fact.ended_s, b->task, b->fact.attempt};
    int c = 0;
    for (size_t i = 0; i < sizeof x / sizeof *x && !c; i++)
        c = (x[i] > y[i]) - (x[i] < y[i]);
    return c;
}

static int
read_attempts(struct history *h)
{
    struct facts *f = &h->asked->facts;
    const struct plan *p = f->plan;
    struct buf state = {0};
    buf_printf(&state, "%s/" BUILD_STATE, h->asked->dir.p);
    h->reader = (struct fact_reader){.task = xcalloc((size_t)p->head->ntasks + 1, sizeof *f->task),
        .ntasks = p->head->ntasks,
        .holders = &f->holders};
    int err = journal_read(state.p, p->head->identity, take, h, NULL);
    if (err && err != ENOENT)
        say("%s/" STATE_JOURNAL ": cannot be read: %s", state.p, strerror(err));
    buf_free(&state);
    for (uint32_t t = 0; t < p->head->ntasks; t++)
        if (h->reader.task[t].attempt || h->reader.task[t].ended_s)
            add(h, t, &h->reader.task[t]);
    if (h->n)
        qsort(h->attempt, h->n, sizeof *h->attempt, by_start);
    free(h->reader.task);
    return err && err != ENOENT ? EXIT_FILES : EXIT_OK;
}

static int
run(const struct options *o)
{
    struct ask_list list;
    enum ask_form form;
    if (!asked_form(o, &form) || !asked_columns("columns", o->columns ? o->columns : usual, &list))
        return EXIT_USAGE;
    struct asked a;
    struct history h = {.asked = &a};
    int code = asked_read(o, ASKED_ALL, &a);
    if (code == EXIT_OK)
        code = read_attempts(&h);
    if (code == EXIT_OK) {
        struct asked_lines l;
        asked_begin(&l, &a.facts, &list, form, &code);
        for (size_t i = 0; i < h.n; i++)
            asked_line(&l, h.attempt[i].task, &h.attempt[i].fact);
        asked_end(&l);
    }
    free(h.attempt);
    asked_free(&a);
    return code;
}

static const struct command_option options[] = {
    OPTIONS_OF_BUILD,
    {OPTION_COLUMNS, NULL},
    {OPTION_CSV, NULL},
    {OPTION_JSON, NULL},
};

const struct command command_history = {
    .name = "history",
    .args = ASKED_ARGS,
    .summary = "list every attempt at tasks, over all jobs",
    .text =
        ASKED_TEXT "A line for each attempt, in the order in which they began; state is that of "
                   "the task now:\n"
                   "    wflc history state=failed\n"
                   "    wflc history reason=oom --columns started,memory,host,task\n",
    .options = options,
    .noptions = COUNT_OF(options),
    .most = 64,
    .run = run,
};
