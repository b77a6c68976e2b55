/* wflc tasks: which tasks are in which state, and how it went. */
#include "config.h"

#include "cli/commands.h"
#include "command/asked.h"
#include "util/strpool.h"

#include <stdlib.h>
#include <string.h>

static const char usual[] = "state,try,reason,time,memory,ended,host,task";

/* --- in which order --- */

struct order {
    const struct facts *facts;
    enum ask_column by;
};

static int
compare(const void *pa, const void *pb, void *arg)
{
    const struct order *o = arg;
    uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
    const struct fact *f = o->facts->task;
    int c = ask_compare(o->facts, o->by, a, &f[a], b, &f[b]);
    return c ? c : (a > b) - (a < b);
}

static uint32_t *
select_tasks(const struct asked *a, size_t *n)
{
    uint32_t *task = xmalloc(((size_t)a->facts.plan->head->ntasks + 1) * sizeof *task);
    *n = 0;
    for (uint32_t t = 0; (t = asked_next(a, t)) != PLAN_NONE; t++)
        task[(*n)++] = t;
    return task;
}

/* --- how many --- */

struct counted {
    uint32_t key;
    uint32_t n;
};

static int
most_first(const void *pa, const void *pb, void *arg)
{
    const struct counted *a = pa, *b = pb;
    const struct strpool *keys = arg;
    return a->n != b->n ? (a->n < b->n) - (a->n > b->n)
                        : strcmp(strpool_get(keys, a->key), strpool_get(keys, b->key));
}

/* A line for each combination of what the columns say, the most frequent ones first. */
static void
print_counts(const struct asked *a, const struct ask_list *by, enum ask_form form,
    const uint32_t *task, size_t n, int *code)
{
    struct strpool keys;
    struct counted *c = NULL;
    struct buf row = {0}, out = {0};
    uint32_t nkeys = 1; /* the first one is no text */
    strpool_init(&keys);
    for (size_t i = 0; i < n; i++) {
        buf_reset(&row);
        ask_row(&a->facts, by, form, task[i], &a->facts.task[task[i]], &row);
        uint32_t key = strpool_add(&keys, row.p, row.n);
        if (key == nkeys) {
            c = xrealloc(c, (size_t)(nkeys + 1) * sizeof *c);
            c[nkeys++] = (struct counted){key, 0};
        }
        c[key].n++;
    }
    if (nkeys > 1)
        qsort_r(c + 1, nkeys - 1, sizeof *c, most_first, &keys);
    if (form == ASK_JSON)
        buf_puts(&out, "[");
    else
        buf_puts(&out, form == ASK_CSV ? "tasks," : "     TASKS  ");
    ask_head(by, form, &out);
    for (uint32_t i = 1; i < nkeys; i++) {
        const char *text = strpool_get(&keys, c[i].key);
        if (form == ASK_TEXT) {
            buf_printf(&out, "%10u  %s", c[i].n, text);
        } else if (form == ASK_CSV) {
            buf_printf(&out, "%u,%s", c[i].n, text);
        } else { /* an object, with a comma before it, and without its end */
            text += i == 1;
            buf_printf(&out, "%.*s, \"tasks\": %u}", (int)strlen(text) - 1, text, c[i].n);
        }
    }
    if (form == ASK_JSON)
        buf_puts(&out, "\n]\n");
    put_out(&out, code);
    free(c);
    strpool_free(&keys);
    buf_free(&row);
    buf_free(&out);
}

/* --- which --- */

static void
print_tasks(const struct asked *a, const struct ask_list *list, enum ask_form form,
    const uint32_t *task, size_t n, int *code)
{
    struct asked_lines l;
    asked_begin(&l, &a->facts, list, form, code);
    for (size_t i = 0; i < n; i++)
        asked_line(&l, task[i], &a->facts.task[task[i]]);
    asked_end(&l);
}

static int
run(const struct options *o)
{
    struct ask_list list, sort = {0};
    const char *columns = o->columns ? o->columns : usual;
    enum ask_form form;
    if (!asked_form(o, &form) ||
        !asked_columns(o->count_by ? "count-by" : "columns", o->count_by ? o->count_by : columns,
            &list) ||
        (o->sort && !asked_columns("sort", o->sort, &sort)))
        return EXIT_USAGE;
    if (sort.n > 1 || (sort.n && o->count_by)) {
        say(sort.n > 1 ? "--sort takes one column" : "--count-by sorts by the counts, not --sort");
        return EXIT_USAGE;
    }
    struct asked a;
    int code = asked_read(o, ASKED_ALL, &a);
    if (code == EXIT_OK) {
        size_t n;
        uint32_t *task = select_tasks(&a, &n);
        if (sort.n && n)
            qsort_r(task, n, sizeof *task, compare, &(struct order){&a.facts, sort.column[0]});
        if (o->count_by)
            print_counts(&a, &list, form, task, n, &code);
        else
            print_tasks(&a, &list, form, task, n, &code);
        free(task);
    }
    asked_free(&a);
    return code;
}

static const struct command_option options[] = {
    OPTIONS_OF_BUILD,
    {OPTION_COLUMNS, NULL},
    {OPTION_SORT, "by this column, numbers and times with the largest first"},
    {OPTION_COUNT_BY, NULL},
    {OPTION_CSV, NULL},
    {OPTION_JSON, NULL},
};

const struct command command_tasks = {
    .name = "tasks",
    .args = ASKED_ARGS,
    .summary = "list tasks by state, reason, host, time, memory, variables",
    .text = ASKED_TEXT "A line for each, with its last attempt:\n"
                       "    wflc tasks state=failed --count-by reason,host\n"
                       "    wflc tasks family=draw 'time>2h' --sort time\n",
    .options = options,
    .noptions = COUNT_OF(options),
    .most = 64,
    .run = run,
};
