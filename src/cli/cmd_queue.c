/* wflc queue: the jobs of a campaign in the queue of its site. */
#include "config.h"

#include "cli/commands.h"
#include "command/at_site.h"

#include "journal/nodes.h"
#include "journal/paths.h"
#include "journal/stop.h"
#include "report/words.h"
#include "submit/keep.h"
#include "submit/output.h"
#include "util/json.h"
#include "util/list.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* A line of the table: a job of the record, and what the scheduler says of it. */
struct row {
    const struct record_job *job;
    const struct queue_job *there; /* NULL: it does not show it */
    const char *state;
};

static struct row
row_of(const struct at_site *a, const struct record_job *j, const struct queue *q, int64_t asked_s)
{
    struct row r = {.job = j};
    if (j->is == RECORD_JOB)
        r.there = queue_by_id(q, j->id);
    if (j->is == RECORD_INTENT)
        r.state = "not clear"; /* whether the scheduler has it */
    else if (j->is == RECORD_REFUSED)
        r.state = "refused";
    else if (j->is == RECORD_VOID)
        r.state = "not submitted";
    else if (j->is == RECORD_ENDED || scheduler_ended(&a->scheduler, j, q, asked_s))
        r.state = queue_state_name(QUEUE_ENDED);
    else
        r.state = queue_state_name(r.there ? r.there->state : QUEUE_WAITING);
    return r;
}

static bool
is_there(const struct row *r)
{
    return r->job->is == RECORD_INTENT ||
           (r->job->is == RECORD_JOB && strcmp(r->state, queue_state_name(QUEUE_ENDED)) != 0);
}

/* Of a job that did nothing, what it printed tells why; a local one's tasks tell that. */
static bool
is_fruitless(const struct at_site *a, const struct record_job *j)
{
    return !j->cancelled && a->site->scheduler.kind != SITE_LOCAL &&
           (j->is == RECORD_JOB || (j->is == RECORD_ENDED && j->done_after == j->done_before));
}

/* The word of the scheduler, where it tells more than ours. `words` holds what is not there
 * already. */
static const char *
why_of(const struct at_site *a, const struct row *r, struct buf *words)
{
    bool ended = !strcmp(r->state, queue_state_name(QUEUE_ENDED));
    struct buf path = {0};
    if (ended && is_fruitless(a, r->job) && output_last_line(a->dir.p, r->job->id, &path, words)) {
        buf_free(&path);
        return words->p;
    }
    if (r->there && *r->there->why)
        return r->there->why;
    if (r->job->cancelled)
        return r->there && !ended ? "cancel was asked for" : "cancelled";
    if (!r->there)
        return r->job->text;
    return strcasecmp(r->there->word, r->state) ? r->there->word : "-";
}

static const char *
id_of(const struct row *r)
{
    return *r->job->id ? r->job->id : "-";
}

static void
add_time(int64_t s, struct buf *b)
{
    if (s < 0)
        buf_puts(b, "-");
    else
        status_duration((double)s, b);
}

/* What lets it go on, if it will not by itself. */
static void
add_remedy(const struct at_site *a, const struct row *r, struct buf *out)
{
    struct buf remedy = {0};
    if (r->there && is_there(r))
        queue_remedy((enum site_kind)a->site->scheduler.kind, r->there, &remedy);
    if (remedy.n)
        buf_printf(out, "job %s is %s: %s\n", r->job->id, r->state, remedy.p);
    buf_free(&remedy);
}

static void
add_text(const struct at_site *a, const struct record *r, const struct queue *q, int64_t asked_s,
    bool all, struct buf *out)
{
    static const char *const heads[] = {"ID", "STATE", "NODES", "ELAPSED", "LEFT", "NAME", "WHY"};
    enum { COLUMNS = sizeof heads / sizeof *heads };
    struct list cells = {0};
    struct buf remedies = {0};
    size_t width[COLUMNS], over = 0, untaken = 0;
    for (int c = 0; c < COLUMNS; c++)
        width[c] = strlen(heads[c]);
    for (size_t i = 0; i < r->n; i++) {
        struct row row = row_of(a, &r->job[i], q, asked_s);
        struct buf elapsed = {0}, left = {0}, nodes = {0}, words = {0};
        if (!all && !is_there(&row)) {
            bool taken = row.job->is != RECORD_REFUSED && row.job->is != RECORD_VOID;
            *(taken ? &over : &untaken) += 1;
            continue;
        }
        add_time(row.there ? row.there->elapsed_s : -1, &elapsed);
        add_time(row.there ? row.there->left_s : -1, &left);
        if (row.there && row.there->nodes >= 0)
            buf_printf(&nodes, "%" PRId64, row.there->nodes);
        else
            buf_printf(&nodes, "%u", a->plan->head->job_nodes ? a->plan->head->job_nodes : 1);
        const char *text[COLUMNS] = {id_of(&row), row.state, nodes.p, elapsed.p, left.p,
            row.job->name, why_of(a, &row, &words)};
        for (int c = 0; c < COLUMNS; c++) {
            char *cell = xstrdup(text[c]);
            for (char *p = cell; *p; p++) /* a scheduler's words may hold anything */
                *p = (unsigned char)*p < 32 || *p == 127 ? '?' : *p;
            list_add(&cells, cell);
            width[c] = strlen(text[c]) > width[c] ? strlen(text[c]) : width[c];
        }
        buf_free(&elapsed);
        buf_free(&left);
        buf_free(&nodes);
        buf_free(&words);
        add_remedy(a, &row, &remedies);
    }
    for (size_t i = 0; cells.n && i < cells.n + COLUMNS; i++) {
        size_t c = i % COLUMNS;
        const char *s = i < COLUMNS ? heads[c] : cells.at[i - COLUMNS];
        if (c + 1 < COLUMNS)
            buf_printf(out, "%-*s  ", (int)width[c], s);
        else
            buf_printf(out, "%s\n", s);
    }
    if (!cells.n)
        buf_printf(out, "%s on %s: no jobs in the queue\n",
            plan_string(a->plan, a->plan->head->campaign), plan_site(a->plan));
    buf_puts(out, remedies.n ? remedies.p : "");
    buf_free(&remedies);
    if (over)
        buf_printf(out, "%zu job%s over", over, over == 1 ? " is" : "s are");
    if (untaken)
        buf_printf(out, "%s%zu submission%s refused or never arrived", over ? ", " : "", untaken,
            untaken == 1 ? " was" : "s were");
    if (over + untaken)
        buf_printf(out, "; 'wflc queue --all' shows %s, too\n",
            over + untaken == 1 ? "it" : "them");
    int64_t age = time(NULL) - asked_s;
    if (age > 1)
        buf_printf(out, "as of %" PRId64 " s ago: the scheduler is asked once in %" PRId64 " s\n",
            age, a->site->scheduler.poll_s);
    for (size_t i = 0; i < cells.n; i++)
        free(cells.at[i]);
    list_free(&cells);
}

/* --- what keeps jobs from being submitted, or from nodes --- */

struct bounds {
    bool stopped;
    struct stop stop;
    struct bad_node *node;
    size_t nnodes;
};

static void
read_bounds(const struct at_site *a, struct bounds *b)
{
    struct buf state = {0};
    *b = (struct bounds){0};
    buf_printf(&state, "%s/" BUILD_STATE, a->dir.p);
    b->stopped = stop_find(state.p, a->plan->head->identity, &b->stop) &&
                 b->stop.family < a->plan->nfamilies;
    (void)nodes_read(state.p, &b->node, &b->nnodes); /* 'wflc status' tells what cannot be read */
    buf_free(&state);
}

static const char *
stop_family(const struct at_site *a, const struct bounds *b)
{
    return plan_string(a->plan, a->plan->family[b->stop.family].name);
}

static void
add_bounds(const struct at_site *a, struct buf *out)
{
    enum { MOST = 8 };
    struct bounds b;
    const char *dir = path_for_people(a->dir.p);
    read_bounds(a, &b);
    if (b.stopped)
        buf_printf(out,
            "the campaign was stopped: %u task%s of %s failed; what waits will start nothing. To "
            "go on: "
            "wflc submit --again %s\n",
            b.stop.count, b.stop.count == 1 ? "" : "s", stop_family(a, &b), dir);
    for (size_t i = 0; i < b.nnodes && i < MOST; i++)
        buf_printf(out, "%s%s",
            i               ? ", "
            : b.nnodes == 1 ? "node left out: "
                            : "nodes left out: ",
            b.node[i].name);
    if (b.nnodes > MOST)
        buf_printf(out, " and %zu more", b.nnodes - MOST);
    if (b.nnodes)
        buf_printf(out, "; 'wflc status %s' tells why\n", dir);
    free(b.node);
}

static void
add_json_bounds(const struct at_site *a, struct buf *out)
{
    struct bounds b;
    read_bounds(a, &b);
    if (b.stopped) {
        json_text(out, "stopped_by", stop_family(a, &b));
        json_integer(out, "stopped_failures", b.stop.count);
    }
    json_key(out, "left_out");
    buf_putc(out, '[');
    for (size_t i = 0; i < b.nnodes; i++) /* names of letters, digits and .-_ */
        buf_printf(out, "%s\"%s\"", i ? ", " : "", b.node[i].name);
    buf_putc(out, ']');
    free(b.node);
}

/* Less than nothing: it is not known. */
static void
add_number(struct buf *out, const char *key, int64_t n)
{
    if (n >= 0) {
        json_integer(out, key, (uint64_t)n);
    } else {
        json_key(out, key);
        buf_puts(out, "null");
    }
}

static void
add_json(const struct at_site *a, const struct record *r, const struct queue *q, int64_t asked_s,
    bool all, struct buf *out)
{
    buf_putc(out, '{');
    json_text(out, "campaign", plan_string(a->plan, a->plan->head->campaign));
    json_text(out, "site", plan_site(a->plan));
    add_number(out, "asked", asked_s);
    buf_puts(out, ",\n  \"jobs\": [");
    for (size_t i = 0; i < r->n; i++) {
        const struct record_job *j = &r->job[i];
        struct row row = row_of(a, j, q, asked_s);
        if (!all && !is_there(&row))
            continue;
        json_item(out);
        json_text(out, "id", j->id);
        json_text(out, "name", j->name);
        json_text(out, "state", row.state);
        json_text(out, "scheduler_state", row.there ? row.there->word : "");
        struct buf words = {0};
        json_text(out, "why", why_of(a, &row, &words));
        buf_free(&words);
        add_number(out, "nodes", row.there ? row.there->nodes : -1);
        add_number(out, "elapsed_s", row.there ? row.there->elapsed_s : -1);
        add_number(out, "left_s", row.there ? row.there->left_s : -1);
        add_number(out, "submitted", j->job_s ? j->job_s : -1);
        add_number(out, "ended", j->end_s ? j->end_s : -1);
        json_key(out, "cancelled");
        buf_puts(out, j->cancelled ? "true}" : "false}");
    }
    buf_puts(out, "]");
    add_json_bounds(a, out);
    buf_puts(out, "}\n");
}

static int
run(const struct options *o)
{
    struct at_site a = {0};
    struct record *r = NULL;
    struct queue q = {0};
    struct buf state = {0}, why = {0}, out = {0};
    int64_t asked_s;
    int code = at_site_open(o, o->nargs ? o->arg[0] : NULL, &a);
    if (code == EXIT_OK) {
        buf_printf(&state, "%s/" BUILD_STATE, a.dir.p);
        r = record_open(state.p, false, 0, &why);
        bool good = r && scheduler_ask(&a.scheduler, r, &q, &asked_s, &why);
        if (good) { /* nothing is written: what is learnt is shown */
            int err = scheduler_by_hand(&a.scheduler, r);
            if (err)
                say("cannot read '%s/" STATE_BY_HAND "', where submit.sh notes its jobs: %s",
                    state.p, strerror(err));
            (void)keep_adopt(&a.scheduler, r, &q, asked_s, NULL);
        }
        if (!good)
            code = EXIT_FILES;
        if (good && o->json)
            add_json(&a, r, &q, asked_s, o->all, &out);
        else if (good)
            add_text(&a, r, &q, asked_s, o->all, &out);
        if (good && !o->json)
            add_bounds(&a, &out);
    }
    if (why.n)
        say("%s", why.p);
    if (out.n)
        put_out(&out, &code);
    record_free(r);
    queue_free(&q);
    buf_free(&state);
    buf_free(&why);
    buf_free(&out);
    at_site_free(&a);
    return code;
}

static const struct command_option options[] = {
    OPTIONS_OF_BUILD,
    {OPTION_ALL, "show jobs that ended, too"},
    {OPTION_JSON, NULL},
};

const struct command command_queue = {
    .name = "queue",
    .args = "[FILE|DIR|NAME]",
    .summary = "show the jobs of a campaign in the queue of its site",
    .text =
        "Of the campaign in FILE, of the one built in folder DIR, or of the campaign NAME; "
        "without\n"
        "any of them, of the only campaign in the build folder. The scheduler is asked for all of\n"
        "your jobs at once, and once a minute at most. What the jobs did, 'wflc status' shows.\n",
    .options = options,
    .noptions = COUNT_OF(options),
    .most = 1,
    .run = run,
};
