#include "config.h"

#include "submit/keep.h"

#include "codegen/job.h"
#include "hooks/hooks.h"
#include "submit/anew.h"
#include "journal/paths.h"
#include "report/lost.h"
#include "report/words.h"
#include "state/control.h"
#include "state/progress.h"
#include "state/retry.h"
#include "util/clock.h"
#include "util/file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Jobs in a row of no use, or without a clear answer, before no more are submitted; how long to
 * wait for another wflc. */
enum { FRUITLESS_JOBS = 3, DOUBTED_JOBS = 10, PATIENCE_S = 120, HOOKS_MS = 600000 };

struct pass {
    struct keep *k;
    struct kept *out;
    struct record *record;
    struct status *status;
    struct queue queue;
    int64_t asked_s;
    struct buf state;           /* the folder */
    bool again;                 /* `submit --again`: */
    bool longest;               /* jobs that were too short are to be as long as they may */
    uint32_t retried;           /* tasks that had failed until then */
    const char *last;           /* the id of our last job that is there, or NULL */
    struct buf script;          /* of jobs of another size than was planned */
    struct bad_node *leave_out; /* nodes that are bad, and hosts that are excluded */
};

static bool
stop(struct pass *p, enum keep_end end)
{
    p->out->end = end;
    return false;
}

static bool
record_failed(struct pass *p, int err)
{
    buf_printf(&p->out->why, "cannot write '%s': %s", p->record->path, strerror(err));
    return stop(p, KEEP_UNKNOWN);
}

/* Tasks that are done but have lost outputs are not done: so says the record then, too. */
static bool
look_for_outputs(struct pass *p)
{
    struct keep *k = p->k;
    bool all_done = p->status->all.of[STATUS_DONE] == p->status->all.total;
    if (!all_done && (k->looked || k->ending))
        return true;
    struct lost_how how = {.work = k->work,
        .absent = k->again,
        .write = !k->dry_run && !k->copy,
        .slow = k->slow};
    struct lost lost;
    bool good = lost_look(&p->status, &how, &lost, &p->out->why);
    k->looked = true;
    lost_text(&lost, k->dir, &p->out->news);
    lost_free(&lost);
    if (!good)
        return stop(p, KEEP_UNKNOWN);
    p->out->tasks = p->status->all;
    return true;
}

static void
know_nodes(struct pass *p)
{
    const struct status *s = p->status;
    size_t n = 0;
    p->leave_out =
        xrealloc(p->leave_out, (s->nbad + control_count(s->control) + 1) * sizeof *p->leave_out);
    for (size_t i = 0; i < s->nbad; i++)
        p->leave_out[n++] = s->bad[i];
    for (uint32_t i = 0; i < control_count(s->control); i++) {
        const struct order *o = control_nth(s->control, i);
        if (o->kind != ORDER_EXCLUDE || !control_holds(s->control, o) || !node_name_good(o->of))
            continue;
        p->leave_out[n] = (struct bad_node){.holder = ""};
        strcpy(p->leave_out[n++].name, o->of);
    }
    p->k->scheduler.bad = p->leave_out;
    p->k->scheduler.nbad = n;
}

static void
list_nodes(const struct pass *p, struct buf *b)
{
    enum { MOST = 8 };
    size_t n = p->status->nbad;
    for (size_t i = 0; i < n && i < MOST; i++)
        buf_printf(b, "%s%s", i ? ", " : "", p->status->bad[i].name);
    if (n > MOST)
        buf_printf(b, " and %zu more", n - MOST);
}

/* What jobs that are submitted now leave out. */
static void
tell_nodes(struct pass *p)
{
    struct buf *b = &p->out->news;
    size_t n = p->status->nbad;
    if (!n)
        return;
    if (scheduler_excludes(&p->k->scheduler)) {
        buf_printf(b, "new jobs leave out the node%s ", n == 1 ? "" : "s");
        list_nodes(p, b);
        buf_puts(b, ", where all failed: 'wflc status' tells more\n");
    } else if (p->k->scheduler.site->scheduler.kind != SITE_LOCAL) {
        buf_printf(b, "jobs cannot be asked here to leave out the node%s ", n == 1 ? "" : "s");
        list_nodes(p, b);
        buf_printf(b,
            ", where all failed; what is started there ends at once, and the other nodes do the "
            "work: 'wflc status' tells more\n");
    }
}

/* The record is only read for a dry run: what it learns is not written. */
static bool
look(struct pass *p)
{
    const struct keep *k = p->k;
    int err = 0;
    buf_printf(&p->state, "%s/" BUILD_STATE, k->scheduler.dir);
    p->k->scheduler.dry = k->dry_run;
    p->record = record_open(p->state.p, !k->dry_run, PATIENCE_S, &p->out->why);
    if (p->record && (err = scheduler_by_hand(&k->scheduler, p->record)) != 0) {
        buf_printf(&p->out->why, "cannot read '%s/" STATE_BY_HAND "', or write '%s': %s",
            p->state.p, p->record->path, file_error(err));
        return stop(p, KEEP_UNKNOWN);
    }
    if (!p->record ||
        !scheduler_ask(&k->scheduler, p->record, &p->queue, &p->asked_s, &p->out->why))
        return stop(p, KEEP_UNKNOWN);
    /* after the question: what a job did that had ended by then is in the journal */
    p->status = status_read(k->scheduler.dir, now_us(), &p->out->why);
    if (!p->status)
        return stop(p, KEEP_UNKNOWN);
    status_late_look(p->status, k->work);
    p->out->tasks = p->status->all;
    bool clear = keep_settle(&k->scheduler, p->record, &p->queue, p->asked_s,
        p->status->all.of[STATUS_DONE], &p->out->news, &err);
    if (err)
        return record_failed(p, err);
    if (clear)
        return look_for_outputs(p);
    buf_puts(&p->out->why,
        "a submission was interrupted, and the scheduler may not show its job yet");
    return stop(p, KEEP_LATER);
}

static void
count(struct job_counts *c, enum queue_state s)
{
    c->waiting += s == QUEUE_WAITING;
    c->held += s == QUEUE_HELD;
    c->running += s == QUEUE_RUNNING || s == QUEUE_SUSPENDED; /* in every limit of a queue */
}

/* Does `name` stand among the words of `words`? */
static bool
has_word(const char *words, const char *name)
{
    size_t n = name ? strlen(name) : 0;
    for (const char *w = words; n && *w; w += strcspn(w, " "), w += *w == ' ')
        if (strcspn(w, " ") == n && strncmp(w, name, n) == 0)
            return true;
    return false;
}

/* Ours, and all that count for the limits of the queue: a routing queue passes ours on to others.
 */
static void
count_jobs(struct pass *p, struct job_counts *all)
{
    const struct site_queue *queue = p->k->queue;
    struct job_counts *ours = &p->out->ours;
    *all = (struct job_counts){0};
    for (size_t i = 0; i < p->record->n; i++) {
        const struct record_job *j = &p->record->job[i];
        if (j->is != RECORD_JOB || scheduler_ended(&p->k->scheduler, j, &p->queue, p->asked_s))
            continue;
        const struct queue_job *there = queue_by_id(&p->queue, j->id);
        bool ending = p->k->ending && strcmp(p->k->ending, j->id) == 0;
        count(ending ? all : ours, there ? there->state : QUEUE_WAITING);
        p->last = j->id;
    }
    /* one that is about to end is none of those that we keep, but the queue still has it */
    all->waiting += ours->waiting;
    all->held += ours->held;
    all->running += ours->running;
    for (size_t i = 0; i < p->queue.n; i++) {
        const struct queue_job *q = &p->queue.v[i];
        bool is_ours = false;
        for (size_t k = 0; k < p->record->n && !is_ours; k++)
            is_ours =
                p->record->job[k].is == RECORD_JOB && strcmp(p->record->job[k].id, q->id) == 0;
        if (!is_ours && queue &&
            (has_word(q->queue, queue->name) || has_word(q->queue, queue->aliases_of)))
            count(all, q->state);
    }
}

/* Jobs of ours that nobody but people can let go on: told once, by all passes. */
static void
tell_held(struct pass *p)
{
    enum site_kind kind = (enum site_kind)p->k->scheduler.site->scheduler.kind;
    for (size_t i = 0; i < p->record->n; i++) {
        const struct record_job *j = &p->record->job[i];
        const struct queue_job *there = j->is == RECORD_JOB ? queue_by_id(&p->queue, j->id) : NULL;
        struct buf remedy = {0}, mark = {0};
        if (there)
            queue_remedy(kind, there, &remedy);
        buf_printf(&mark, "\n%s %s\n", j->id, there ? there->why : "");
        if (remedy.n && !(p->k->told.n && strstr(p->k->told.p, mark.p))) {
            buf_puts(&p->k->told, mark.p);
            buf_printf(&p->out->news, "job %s is %s", j->id, queue_state_name(there->state));
            if (*there->why)
                buf_printf(&p->out->news, " (%s)", there->why);
            buf_printf(&p->out->news, ": %s\n", remedy.p);
        }
        buf_free(&remedy);
        buf_free(&mark);
    }
}

/* May the next jobs do it? */
static bool
hopeful(const struct pass *p, uint8_t state)
{
    bool lost = state == STATUS_FAILED || state == STATUS_BLOCKED;
    return state != STATUS_DONE && state != STATUS_GATED && (!lost || p->again);
}

/* Could one that starts now do it at once? */
static bool
ready(const struct pass *p, uint8_t state)
{
    return state == STATUS_READY || state == STATUS_INTERRUPTED ||
           (state == STATUS_FAILED && p->again);
}

static bool
may_choose(const struct pass *p)
{
    const struct keep *k = p->k;
    return k->keep == UINT32_MAX && !k->chain && k->scheduler.site->scheduler.kind != SITE_LOCAL;
}

static struct anew
anew_of(const struct pass *p)
{
    const struct keep *k = p->k;
    struct anew a = {.scheduler = &k->scheduler,
        .queue = k->queue,
        .status = p->status,
        .record = p->record,
        .there = &p->queue,
        .asked_s = p->asked_s,
        .ending = k->ending,
        .state_dir = p->state.p,
        .longest = p->longest};
    for (int x = 0; x < STATUS_NSTATES; x++)
        a.hopeful[x] = hopeful(p, (uint8_t)x);
    return a;
}

/* Tasks that can still be done, of the shards that nobody works on, and those of these shards where
 * some are ready. */
static void
count_unleased(const struct pass *pass, struct limits_work *w)
{
    const struct status *s = pass->status;
    const struct plan *p = s->plan;
    w->unleased = w->shards = 0;
    for (uint32_t shard = 0; shard < p->nshards; shard++) {
        struct plan_range run;
        bool any = false;
        for (uint32_t i = 0; !s->leased[shard] && plan_shard_run(p, shard, &i, &run);)
            for (uint32_t t = run.first_task; t < run.first_task + run.ntasks; t++) {
                w->unleased += hopeful(pass, s->state[t]);
                any |= ready(pass, s->state[t]);
            }
        w->shards += any;
    }
}

/* Is nothing at work, and nothing ready but what waits for an input? */
static bool
only_late(const struct pass *p)
{
    const uint32_t *of = p->status->all.of;
    for (int x = 0; x < STATUS_NSTATES; x++)
        if (of[x] && (ready(p, (uint8_t)x) || x == STATUS_RUNNING))
            return false;
    return true;
}

/* Were the last jobs? As long as they were too short, and may be longer, the next ones may be: as
 * many as were planned may have ended at the same time, and after these they are as long as can
 * be. */
static bool
is_of_use(struct pass *p)
{
    const struct plan_head *head = p->status->plan->head;
    unsigned fruitless = record_fruitless(p->record, head->identity), most = FRUITLESS_JOBS;
    const struct anew a = anew_of(p);
    struct buf why = {0};
    enum anew_room room = fruitless && may_choose(p) ? anew_room(&a, &why) : ANEW_ENOUGH;
    p->longest = fruitless >= FRUITLESS_JOBS;
    if (room == ANEW_LONGER)
        most += head->njobs;
    if (room == ANEW_SHORT)
        most = 1;
    bool good = fruitless < most;
    if (!good) {
        buf_puts(&p->out->why, "the last ");
        if (fruitless > 1)
            buf_printf(&p->out->why, "%u jobs", fruitless);
        else
            buf_puts(&p->out->why, "job");
        buf_puts(&p->out->why, " ended, and not one task was done meanwhile");
        buf_puts(&p->out->why, why.n ? "; " : ": more of them would waste your allocation");
        buf_puts(&p->out->why, why.n ? why.p : "");
    }
    buf_free(&why);
    return good;
}

/* Is there something to submit jobs for? */
static bool
worth(struct pass *p, struct limits_work *w)
{
    const struct status *s = p->status;
    const struct plan_head *head = s->plan->head;
    const uint32_t *of = s->all.of;
    w->planned = head->njobs;
    w->ntasks = head->ntasks;
    w->hopeful = 0;
    for (int x = 0; x < STATUS_NSTATES; x++)
        w->hopeful += hopeful(p, (uint8_t)x) ? of[x] : 0;
    w->nodes = head->job_nodes;
    count_unleased(p, w);
    /* who is still at work may find that an output has changed, and nobody else looks at them */
    if (of[STATUS_DONE] == head->ntasks) {
        p->out->nodes = (uint32_t)s->nshims;
        return stop(p, s->nshims ? KEEP_GOOD : KEEP_DONE);
    }
    if (s->stopped) {
        const struct plan_place *at = &s->plan->place[PLACE_FAMILY][s->stop.family];
        buf_printf(&p->out->why, "%s:%u: %u task%s of %s failed, at which the campaign is to stop",
            plan_place_name(s->plan, PLACE_FAMILY, s->stop.family), at->line, s->stop.count,
            s->stop.count == 1 ? "" : "s",
            plan_string(s->plan, s->plan->family[s->stop.family].name));
        return stop(p, KEEP_FAILED);
    }
    if (w->hopeful == 0 && of[STATUS_GATED]) {
        buf_printf(&p->out->why, "%u task%s held back by a gate", of[STATUS_GATED],
            of[STATUS_GATED] == 1 ? " is" : "s are");
        buf_puts(&p->out->why, ", and nothing else is left; 'wflc status' tells which, and how it "
                               "is released");
        return stop(p, KEEP_LATER);
    }
    if (w->hopeful == 0) {
        buf_printf(&p->out->why, "%u task%s failed", of[STATUS_FAILED],
            of[STATUS_FAILED] == 1 ? "" : "s");
        if (of[STATUS_BLOCKED])
            buf_printf(&p->out->why, " and %u wait%s for %s", of[STATUS_BLOCKED],
                of[STATUS_BLOCKED] == 1 ? "s" : "", of[STATUS_FAILED] == 1 ? "it" : "these");
        buf_puts(&p->out->why, "; nothing else is left");
        return stop(p, KEEP_FAILED);
    }
    if (of[STATUS_LATE] && only_late(p)) {
        buf_printf(&p->out->why, "%u task%s for an input that is not there, ", of[STATUS_LATE],
            of[STATUS_LATE] == 1 ? " waits" : "s wait");
        buf_puts(&p->out->why, "and nothing else can be done before; 'wflc status' tells which");
        return stop(p, KEEP_LATER);
    }
    if (!p->again && !is_of_use(p))
        return stop(p, KEEP_FRUITLESS);
    unsigned doubted = p->again ? 0 : record_doubtful(p->record, head->identity);
    if (doubted >= DOUBTED_JOBS) {
        size_t last = p->record->n - 1;
        while (last && record_by_hand(&p->record->job[last]))
            last--;
        buf_printf(&p->out->why,
            "the scheduler gave no clear answer to the last %u jobs, and has none of them; the "
            "last time it said: %s",
            doubted, p->record->job[last].text);
        return stop(p, KEEP_DOUBTED);
    }
    return true;
}

/* One job; false: no more in this pass. */
static bool
submit_one(struct pass *p)
{
    struct keep *k = p->k;
    struct buf tail = {0}, name = {0}, id = {0}, said = {0}, quote = {0};
    const struct plan *plan = p->status->plan;
    enum refusal refusal = REFUSAL_MISTAKE;
    record_tail(p->record, &tail);
    job_name_make(plan_string(plan, plan->head->campaign), tail.p,
        k->scheduler.site->scheduler.job_name_max, &name);
    struct record_line line = {.word = RECORD_INTENT,
        .name = name.p,
        .done = p->status->all.of[STATUS_DONE],
        .plan = plan->head->identity,
        .now_s = time(NULL)};
    int err = record_add(p->record, &line);
    bool good = err ? record_failed(p, err)
                    : scheduler_submit(&k->scheduler, name.p, k->chain ? p->last : NULL, &id,
                          &refusal, &said);
    line = (struct record_line){.i = p->record->n - 1, .done = line.done, .now_s = time(NULL)};
    if (good) {
        line.word = RECORD_JOB;
        line.id = id.p;
        buf_printf(&p->out->ids, "%s%s", p->out->ids.n ? ", " : "", id.p);
        p->out->submitted++;
        count(&p->out->ours,
            k->scheduler.site->scheduler.kind == SITE_LOCAL ? QUEUE_RUNNING : QUEUE_WAITING);
    } else if (!err) {
        refusal_quote(said.p ? said.p : "", &quote);
        if (refusal == REFUSAL_MISTAKE && p->status->nbad && scheduler_excludes(&k->scheduler)) {
            buf_puts(&quote, " (the job leaves out nodes where all failed: ");
            list_nodes(p, &quote);
            buf_printf(&quote,
                "; too few may be left. When one is mended, delete its file in %s/" BUILD_STATE
                "/" STATE_NODES ", "
                "or give --again)",
                p->k->scheduler.dir);
        }
        line.word = refusal == REFUSAL_BUSY ? RECORD_DOUBT : RECORD_REFUSED;
        line.text = quote.p;
        buf_printf(&p->out->why, "%s: %s%s",
            refusal == REFUSAL_BUSY     ? "the scheduler gave no clear answer"
            : refusal == REFUSAL_LIMIT  ? "the scheduler takes no more jobs of yours now"
            : refusal == REFUSAL_POLICY ? "the site does not let you submit this job"
                                        : "the scheduler refuses this job",
            quote.p,
            refusal == REFUSAL_BUSY
                ? "; the job is looked for by its name before another one is tried"
                : "");
        p->out->end =
            refusal == REFUSAL_BUSY || refusal == REFUSAL_LIMIT ? KEEP_LATER : KEEP_REFUSED;
    }
    /* of a busy scheduler the intent stays: only by name can it be told whether it took the job */
    if (!err) {
        err = record_add(p->record, &line);
        if (err)
            good = record_failed(p, err);
        else if (good)
            p->last = p->record->job[line.i].id;
    }
    buf_free(&tail);
    buf_free(&name);
    buf_free(&id);
    buf_free(&said);
    buf_free(&quote);
    return good;
}

static void
show_command(struct pass *p)
{
    struct submit_command c;
    struct buf why = {0};
    const struct scheduler *s = &p->k->scheduler;
    if (s->site->scheduler.kind == SITE_LOCAL) {
        buf_printf(&p->out->news, "would run %s in a session of its own\n", s->script);
        return;
    }
    struct buf name = {0};
    job_name_make(plan_string(p->status->plan, p->status->plan->head->campaign), "-TAG-NUMBER",
        s->site->scheduler.job_name_max, &name);
    if (submit_command_make(s, name.p, p->k->chain ? p->last : NULL, &c, &why)) {
        buf_puts(&p->out->news, "would run");
        for (size_t i = 0; c.argv[i]; i++) {
            buf_putc(&p->out->news, ' ');
            buf_shell_quote(&p->out->news, c.argv[i], strlen(c.argv[i]), QUOTE_WORD);
        }
        buf_printf(&p->out->news, c.input ? " <%s\n" : "\n", c.input);
    }
    submit_command_free(&c);
    buf_free(&name);
    buf_free(&why);
}

/* `submit --again`, once: what has failed by now is tried again, and jobs are wanted whatever
 * became of those before. */
static bool
ask_again(struct pass *p)
{
    struct keep *k = p->k;
    uint32_t n = p->status->all.of[STATUS_FAILED];
    p->again = true;
    if (!k->dry_run) {
        k->again = false;
        int err = retry_request(p->state.p, p->status->plan, &n);
        if (err) {
            buf_printf(&p->out->why, "cannot ask in '%s' that failed tasks are tried again: %s",
                p->state.p, strerror(err));
            return stop(p, KEEP_UNKNOWN);
        }
        err = p->record->n ? record_add(p->record,
                                 &(struct record_line){.word = RECORD_AGAIN, .now_s = time(NULL)})
                           : 0;
        if (err)
            return record_failed(p, err);
    }
    p->retried = n;
    int armed = n && !k->dry_run ? hooks_arm(p->status->plan, p->state.p) : 0;
    if (armed)
        buf_printf(&p->out->news, "hooks in '%s/" STATE_HOOKS "' cannot be armed again: %s\n",
            p->state.p, strerror(armed));
    int failed = k->dry_run ? 0 : stop_remove(p->state.p);
    if (failed) {
        buf_printf(&p->out->why,
            "cannot remove '%s/" STATE_STOP "', or what is in '%s/" STATE_FAILED "': %s",
            p->state.p, p->state.p, strerror(failed));
        return stop(p, KEEP_UNKNOWN);
    }
    p->status->stopped = false;
    if (p->status->nbad) {
        buf_printf(&p->out->news, "node%s ", p->status->nbad == 1 ? "" : "s");
        list_nodes(p, &p->out->news);
        buf_printf(&p->out->news, "%s used again, whatever failed there\n",
            k->dry_run             ? " would be"
            : p->status->nbad == 1 ? " is"
                                   : " are");
        int err = k->dry_run ? 0 : nodes_remove(p->state.p);
        if (err) {
            buf_printf(&p->out->why, "cannot remove what is in '%s/" STATE_NODES "': %s",
                p->state.p, strerror(err));
            return stop(p, KEEP_UNKNOWN);
        }
        p->status->nbad = 0;
        know_nodes(p);
    }
    if (n)
        buf_printf(&p->out->news,
            "%u failed task%s%s tried again by the jobs that start from now on\n", n,
            n == 1 ? "" : "s",
            k->dry_run ? " would be"
            : n == 1   ? " is"
                       : " are");
    if (n && !k->dry_run) {
        status_free(p->status);
        p->status = status_read(k->scheduler.dir, now_us(), &p->out->why);
        if (!p->status)
            return stop(p, KEEP_UNKNOWN);
        p->out->tasks = p->status->all;
        know_nodes(p);
    }
    return true;
}

/* Without a number of jobs that somebody wants, they are chosen anew; false: as planned. */
static bool
choose_anew(struct pass *p, uint32_t *n)
{
    struct anew a = anew_of(p);
    if (!may_choose(p) || !anew_choose(&a))
        return false;
    *n = a.njobs;
    if (a.njobs && a.changed && anew_script(&a, &p->script, &p->out->news))
        p->k->scheduler.resized = &p->script;
    return true;
}

/* Jobs at work do not look for what is tried again: if there is some, another one is worth it. */
static uint32_t
wanted(struct pass *p, const struct limits_work *w)
{
    const struct job_counts *ours = &p->out->ours;
    uint32_t n;
    if (!w->unleased || !choose_anew(p, &n))
        n = limits_wanted(w, ours, p->k->keep, p->k->chain);
    if (!n && p->retried && w->unleased && ours->waiting + ours->held == 0)
        n = ours->running < p->k->keep;
    return n;
}

/* Schedulers make no folders: without this one, jobs would fail or be held. */
static bool
make_folder(struct pass *p)
{
    buf_puts(&p->state, "/" STATE_JOBS);
    int err = dir_make(p->state.p);
    if (!err)
        return true;
    buf_printf(&p->out->why, "cannot make the folder '%s': %s", p->state.p, strerror(err));
    return stop(p, KEEP_UNKNOWN);
}

static void
fill(struct pass *p, const struct job_counts *all)
{
    struct keep *k = p->k;
    struct limits_work work;
    know_nodes(p);
    if ((k->again && !ask_again(p)) || !worth(p, &work))
        return;
    if (k->chain && !scheduler_chains(&k->scheduler)) {
        k->chain = false; /* the next one when this one has ended */
        k->keep = 1;
    }
    uint32_t now = wanted(p, &work);
    uint32_t room = limits_room((enum site_kind)k->scheduler.site->scheduler.kind, k->queue, all);
    now = now < room ? now : room;
    now = now < k->most ? now : k->most;
    if (now)
        tell_nodes(p);
    if (k->dry_run) {
        p->out->submitted = now;
        if (now)
            show_command(p);
        if (k->chain && now > 1)
            buf_puts(&p->out->news,
                "each further one would wait for the end of the one before it\n");
    } else if (now && make_folder(p)) {
        for (; now && submit_one(p); now--)
            k->most--;
    }
}

void
keep_pass(struct keep *k, struct kept *out)
{
    struct pass p = {.k = k, .out = out};
    struct job_counts all;
    *out = (struct kept){.end = KEEP_GOOD};
    bool clear = look(&p);
    if (p.status) {
        count_jobs(&p, &all);
        tell_held(&p);
    }
    if (clear)
        fill(&p, &all);
    free(p.leave_out);
    k->scheduler.bad = NULL;
    k->scheduler.nbad = 0;
    k->scheduler.resized = NULL;
    buf_free(&p.script);
    record_free(p.record); /* a hook may take its time */
    if (p.status && k->hooks && !k->dry_run && !k->copy)
        hooks_run(p.status, k->work, HOOKS_MS, &out->news);
    status_free(p.status);
    queue_free(&p.queue);
    buf_free(&p.state);
}

void
kept_free(struct kept *out)
{
    buf_free(&out->ids);
    buf_free(&out->news);
    buf_free(&out->why);
}
