/* wflc jobs: the jobs on record, what they did, and what they said last. */
#include "config.h"

#include "cli/commands.h"
#include "command/asked.h"
#include "command/build.h"

#include "journal/paths.h"
#include "report/words.h"
#include "state/plans.h"
#include "submit/jobs.h"
#include "submit/output.h"
#include "util/cells.h"
#include "util/clock.h"
#include "util/json.h"
#include "util/list.h"

#include <inttypes.h>
#include <stdlib.h>
#include <math.h>
#include <string.h>
#include <time.h>

/* clang-format off */
#define JOB_COLUMNS(X)                                                                             \
    X(JOB, "job", 12, false)                                                                       \
    X(STATE, "state", 9, false)                                                                    \
    X(NODES, "nodes", 5, true)                                                                     \
    X(BEGAN, "began", 19, false)                                                                   \
    X(ENDED, "ended", 19, false)                                                                   \
    X(LEFT, "left", 8, true)       /* until the end of one that runs */                            \
    X(DONE, "done", 7, true)                                                                       \
    X(FAILED, "failed", 6, true)                                                                   \
    X(LOST, "lost", 5, true)                                                                       \
    X(RUNNING, "running", 7, true)                                                                 \
    X(TIME, "node_time", 9, true)                                                                  \
    X(USED, "used", 6, true)                                                                       \
    X(WASTED, "wasted", 6, true)                                                                   \
    X(LAST, "last", 20, false)
/* clang-format on */
enum job_column {
#define X(id, name, width, number) COLUMN_##id,
    JOB_COLUMNS(X)
#undef X
        NCOLUMNS
};
static const struct cell_column columns[NCOLUMNS] = {
#define X(id, name, width, number) {name, width, number},
    JOB_COLUMNS(X)
#undef X
};

struct listing {
    const struct options *o;
    const char *dir;
    const struct status *status;
    enum ask_form form;
};

static bool
is_shown(const struct listing *l, enum job_column c)
{
    return c != COLUMN_LAST || l->form != ASK_TEXT;
}

/* --- cells --- */

static void
add_time(int64_t us, bool local, struct buf *out)
{
    time_t t = (time_t)(us / 1000000);
    struct tm tm;
    char text[64];
    if (us > 0 && (local ? localtime_r(&t, &tm) : gmtime_r(&t, &tm)) &&
        strftime(text, sizeof text, local ? "%Y-%m-%d %H:%M:%S" : "%Y-%m-%dT%H:%M:%SZ", &tm))
        buf_puts(out, text);
}

static void
add_seconds(double s, bool people, struct buf *out)
{
    if (people)
        status_duration(s, out);
    else
        buf_printf(out, "%.3f", s);
}

/* People see which part of the nodes' time it is; nothing where that is not known. */
static void
add_part(const struct job_line *j, double part_s, bool people, struct buf *out)
{
    double all = job_all_s(j);
    if (!j->nodes || !(all > j->part_s[ACCOUNT_UNKNOWN]))
        return;
    if (people)
        buf_printf(out, "%.0f %%", 100 * part_s / all);
    else
        buf_printf(out, "%.3f", part_s);
}

static bool
last_words(const struct listing *l, const struct job_line *j, struct buf *words)
{
    struct buf path = {0};
    bool any = !j->alone && (output_last_line(l->dir, j->id, &path, words) ||
                                output_last_line(l->dir, j->name, &path, words));
    if (!any && *j->text) {
        buf_puts(words, j->text);
        any = true;
    }
    buf_free(&path);
    return any;
}

static uint32_t
count_of(const struct job_line *j, enum job_column c)
{
    return c == COLUMN_NODES    ? j->nodes
           : c == COLUMN_DONE   ? j->done
           : c == COLUMN_FAILED ? j->failed
           : c == COLUMN_LOST   ? j->lost
                                : j->running;
}

static void
add_cell(const struct listing *l, enum job_column c, const struct job_line *j, struct buf *out)
{
    const bool people = l->form == ASK_TEXT;
    switch (c) {
    case COLUMN_JOB:
        buf_puts(out, j->id);
        break;
    case COLUMN_STATE:
        buf_puts(out, j->state);
        break;
    case COLUMN_NODES:
    case COLUMN_DONE:
    case COLUMN_FAILED:
    case COLUMN_LOST:
    case COLUMN_RUNNING:
        buf_printf(out, "%" PRIu32, count_of(j, c));
        break;
    case COLUMN_BEGAN:
        add_time(j->began_us, people, out);
        break;
    case COLUMN_ENDED:
        add_time(j->ended_us, people, out);
        break;
    case COLUMN_LEFT:
        if (j->ends_us)
            add_seconds(fmax(0, (double)(j->ends_us - l->status->now_us) * 1e-6), people, out);
        break;
    case COLUMN_TIME:
        if (j->nodes)
            add_seconds(job_all_s(j), people, out);
        break;
    case COLUMN_USED:
        add_part(j, job_used_s(j), people, out);
        break;
    case COLUMN_WASTED:
        add_part(j, job_wasted_s(j), people, out);
        break;
    case COLUMN_LAST:
        last_words(l, j, out);
        break;
    case NCOLUMNS:
        break;
    }
}

/* --- lines --- */

static void
add_head(const struct listing *l, struct buf *out)
{
    for (int c = 0; c < NCOLUMNS && l->form != ASK_JSON; c++)
        if (is_shown(l, (enum job_column)c))
            cells_head(&columns[c], c + 1 == NCOLUMNS || !is_shown(l, (enum job_column)(c + 1)),
                l->form == ASK_CSV, out);
}

static void
add_row(const struct listing *l, const struct job_line *j, struct buf *out)
{
    struct buf cell = {0};
    if (l->form == ASK_JSON)
        json_item(out);
    for (int c = 0; c < NCOLUMNS; c++) {
        bool last = c + 1 == NCOLUMNS || !is_shown(l, (enum job_column)(c + 1));
        size_t from = out->n;
        if (!is_shown(l, (enum job_column)c))
            continue;
        buf_reset(&cell);
        add_cell(l, (enum job_column)c, j, l->form == ASK_TEXT ? out : &cell);
        if (l->form == ASK_TEXT)
            cells_table(&columns[c], last, from, out);
        else if (l->form == ASK_CSV)
            cells_csv(cell.p ? cell.p : "", cell.n, last, out);
        else
            cells_json(&columns[c], &cell, out);
    }
    if (l->form == ASK_JSON) {
        json_key(out, "node_seconds");
        buf_putc(out, '{');
        account_json(j->part_s, out);
        buf_puts(out, "}}");
    }
    buf_reset(&cell);
    if (l->form == ASK_TEXT && (l->o->last || j->bad) && last_words(l, j, &cell))
        buf_printf(out, "    %s\n", cell.p);
    buf_free(&cell);
}

static void
add_jobs(const struct listing *l, const struct job_lines *j, struct buf *out)
{
    if (l->form == ASK_JSON)
        buf_putc(out, '[');
    if (l->form == ASK_TEXT && !j->n)
        buf_puts(out, "no job is on record\n");
    else
        add_head(l, out);
    for (size_t i = 0; i < j->n; i++)
        add_row(l, &j->job[i], out);
    if (l->form == ASK_JSON)
        buf_puts(out, "\n]\n");
}

/* Of the plan in force, and of those before. */
struct record_of_plans {
    const char *dir;
    struct status **s;
    size_t n, cap;
    int64_t now_us;
};

static bool
read_before(void *arg, struct plan *p)
{
    struct record_of_plans *r = arg;
    struct buf why = {0};
    struct status *s =
        status_of(p, r->dir, &(struct status_how){.now_us = r->now_us, .before = true}, &why);
    if (s) {
        ARRAY_GROW(r->s, r->n, r->cap);
        r->s[r->n++] = s;
    }
    buf_free(&why);
    return true;
}

static int
show(const struct options *o, const char *dir, enum ask_form form, struct buf *out)
{
    struct buf state = {0}, why = {0};
    struct job_lines jobs = {0};
    struct record *r = NULL;
    struct record_of_plans of = {.dir = dir, .now_us = now_us()};
    struct status *s = status_read(dir, of.now_us, &why);
    buf_printf(&state, "%s/" BUILD_STATE, dir);
    if (s) {
        ARRAY_GROW(of.s, of.n, of.cap);
        of.s[of.n++] = s;
        plans_before(state.p, s->plan->head->identity, read_before, &of);
        r = record_open(state.p, false, 0, &why);
    }
    if (r) {
        struct listing l = {o, dir, s, form};
        jobs_list(of.s, of.n, r, &jobs);
        add_jobs(&l, &jobs, out);
    } else {
        say("%s", why.p);
    }
    int code = r ? EXIT_OK : EXIT_FILES;
    free(jobs.job);
    record_free(r);
    while (of.n)
        status_free(of.s[--of.n]);
    free(of.s);
    buf_free(&state);
    buf_free(&why);
    return code;
}

static int
run(const struct options *o)
{
    struct buf dir = {0}, out = {0};
    enum ask_form form;
    if (!asked_form(o, &form))
        return EXIT_USAGE;
    int code = find_build(o, o->nargs ? o->arg[0] : NULL, &dir);
    if (code == EXIT_OK)
        code = show(o, dir.p, form, &out);
    if (out.n)
        put_out(&out, &code);
    buf_free(&dir);
    buf_free(&out);
    return code;
}

static const struct command_option options[] = {
    OPTIONS_OF_BUILD,
    {OPTION_LAST, "show what each job printed last, not only those that came to nothing or died"},
    {OPTION_CSV, NULL},
    {OPTION_JSON, NULL},
};

const struct command command_jobs = {
    .name = "jobs",
    .args = "[FILE|DIR|NAME]",
    .summary = "list the jobs on record: nodes, tasks, use, waste, last words",
    .text = "A line for each job, and for each run on one machine, in the order in which they "
            "began. The\n"
            "scheduler is not asked: 'wflc queue' does that.\n",
    .options = options,
    .noptions = COUNT_OF(options),
    .most = 1,
    .run = run,
};
