/* wflc history: every attempt at tasks, over all jobs. */
#include "config.h"

#include "cli/commands.h"
#include "command/asked.h"
#include "journal/paths.h"
#include "state/plans.h"
#include "util/list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char usual[] = "started,time,try,reason,memory,host,task";

struct attempt {
    const struct facts *facts;
    uint32_t task;
    struct fact fact;
};

struct history {
    struct asked *asked;
    const struct options *o;
    struct attempt *attempt;
    size_t n, cap;
    struct facts **before; /* of plans before: they keep their places */
    size_t nbefore, cap_before;
};

/* The record of a plan. */
struct reading {
    struct history *h;
    const struct facts *facts;
    const struct selector *selector;
    struct fact_reader reader;
};

static void
add(const struct reading *r, uint32_t task, const struct fact *f)
{
    struct history *h = r->h;
    if (!selector_takes(r->selector, task, f))
        return;
    ARRAY_GROW(h->attempt, h->n, h->cap);
    h->attempt[h->n++] = (struct attempt){r->facts, task, *f};
}

static bool
take(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    struct reading *r = arg;
    struct fact ended;
    if (fact_follow(&r->reader, head, rec, &ended))
        add(r, rec->task, &ended);
    return true;
}

/* What has not ended is told of the plan in force only. */
static int
read_attempts(struct history *h, struct facts *f, const struct selector *selector)
{
    const struct plan *p = f->plan;
    const bool now = f == &h->asked->facts;
    struct buf state = {0};
    buf_printf(&state, "%s/" BUILD_STATE, h->asked->dir.p);
    struct reading r = {h, f, selector,
        {.task = xcalloc((size_t)p->head->ntasks + 1, sizeof *f->task),
            .ntasks = p->head->ntasks,
            .holders = &f->holders}};
    int err = journal_read(state.p, p->head->identity, take, &r, NULL);
    if (err && err != ENOENT)
        say("%s/" STATE_JOURNAL ": cannot be read: %s", state.p, strerror(err));
    buf_free(&state);
    for (uint32_t t = 0; t < p->head->ntasks; t++)
        if (r.reader.task[t].ended_s || (now && r.reader.task[t].attempt))
            add(&r, t, &r.reader.task[t]);
    free(r.reader.task);
    return err && err != ENOENT ? EXIT_FILES : EXIT_OK;
}

/* --- plans before --- */

/* A plan that has not what the terms ask for has no such tasks. */
static bool
read_before(void *arg, struct plan *p)
{
    struct history *h = arg;
    struct buf why = {0};
    struct facts *f = xcalloc(1, sizeof *f);
    strpool_init(&f->holders);
    f->plan = p;
    struct selector *s = asked_selector(h->o, f, &why);
    if (s)
        (void)read_attempts(h, f, s);
    selector_free(s);
    ARRAY_GROW(h->before, h->nbefore, h->cap_before);
    h->before[h->nbefore++] = f;
    buf_free(&why);
    return true;
}

static bool
is_carried(const struct attempt *a)
{
    return a->fact.flags & JOURNAL_CARRIED;
}

/* What was carried over stands behind what it was made from. */
static int
by_end(const void *pa, const void *pb)
{
    const struct attempt *a = pa, *b = pb;
    const uint32_t x[] = {a->fact.ended_s, a->fact.ended_ms, a->fact.wall_ms, is_carried(a)},
                   y[] = {b->fact.ended_s, b->fact.ended_ms, b->fact.wall_ms, is_carried(b)};
    int c = 0;
    for (size_t i = 0; i < sizeof x / sizeof *x && !c; i++)
        c = (x[i] > y[i]) - (x[i] < y[i]);
    return c;
}

static bool
same_time(const struct attempt *a, const struct attempt *b)
{
    return a->fact.ended_s == b->fact.ended_s && a->fact.ended_ms == b->fact.ended_ms &&
           a->fact.wall_ms == b->fact.wall_ms;
}

static bool
same_task(const struct attempt *a, const struct attempt *b)
{
    struct buf x = {0}, y = {0};
    plan_task_label(a->facts->plan, a->task, &x);
    plan_task_label(b->facts->plan, b->task, &y);
    bool same = a->fact.attempt == b->fact.attempt && strcmp(x.p, y.p) == 0;
    buf_free(&x);
    buf_free(&y);
    return same;
}

/* It is of a task of the plan in force, and was made by one before. */
static void
take_over(struct history *h, struct attempt *made, const struct attempt *carried)
{
    const char *holder = strpool_get(&made->facts->holders, made->fact.holder);
    made->fact.holder = made->fact.holder ? strpool_adds(&h->asked->facts.holders, holder) : 0;
    made->facts = carried->facts;
    made->task = carried->task;
}

/* Of an attempt that was carried over the record of the plan by which it was made tells more. */
static void
drop_carried(struct history *h)
{
    size_t n = 0;
    if (h->n)
        qsort(h->attempt, h->n, sizeof *h->attempt, by_end);
    for (size_t i = 0; i < h->n; i++) {
        const struct attempt *a = &h->attempt[i];
        size_t k = n;
        while (is_carried(a) && k > 0 && same_time(&h->attempt[k - 1], a) &&
               !same_task(&h->attempt[k - 1], a))
            k--;
        bool again = is_carried(a) && k > 0 && same_time(&h->attempt[k - 1], a);
        if (again && a->facts == &h->asked->facts)
            take_over(h, &h->attempt[k - 1], a);
        else if (!again)
            h->attempt[n++] = *a;
    }
    h->n = n;
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

/* The states of tasks, and what has changed since, are those of the plan in force. */
static int
read_all(struct history *h)
{
    struct asked *a = h->asked;
    struct buf state = {0};
    int code = read_attempts(h, &a->facts, a->selector);
    buf_printf(&state, "%s/" BUILD_STATE, a->dir.p);
    if (code == EXIT_OK && !selector_asks_now(a->selector))
        plans_before(state.p, a->facts.plan->head->identity, read_before, h);
    buf_free(&state);
    if (h->nbefore)
        drop_carried(h);
    if (h->n)
        qsort(h->attempt, h->n, sizeof *h->attempt, by_start);
    return code;
}

static int
run(const struct options *o)
{
    struct ask_list list;
    enum ask_form form;
    if (!asked_form(o, &form) || !asked_columns("columns", o->columns ? o->columns : usual, &list))
        return EXIT_USAGE;
    struct asked a;
    struct history h = {.asked = &a, .o = o};
    int code = asked_read(o, ASKED_ALL, &a);
    if (code == EXIT_OK)
        code = read_all(&h);
    if (code == EXIT_OK) {
        struct asked_lines l;
        asked_begin(&l, &a.facts, &list, form, &code);
        for (size_t i = 0; i < h.n; i++) {
            l.facts = h.attempt[i].facts;
            asked_line(&l, h.attempt[i].task, &h.attempt[i].fact);
        }
        asked_end(&l);
    }
    for (size_t i = 0; i < h.nbefore; i++) {
        facts_free(h.before[i]);
        free(h.before[i]);
    }
    free(h.before);
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
    .text = ASKED_TEXT "A line for each attempt, by plans before, too, in the order in which they "
                       "began; state is\nthat of the task now:\n"
                       "    wflc history state=failed\n"
                       "    wflc history reason=oom --columns started,memory,host,task\n",
    .options = options,
    .noptions = COUNT_OF(options),
    .most = 64,
    .run = run,
};
