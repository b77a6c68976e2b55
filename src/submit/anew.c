#include "config.h"

#include "submit/anew.h"

#include "codegen/job.h"
#include "learn/shared.h"
#include "model/demand.h"
#include "report/words.h"
#include "target/site.h"
#include "util/file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CHEAPER 0.95 /* than jobs as planned */
#define GROWS 2      /* times what did not suffice */
#define WHOLE 0.95   /* of a job's time for tasks: who ran so long had all of it */
#define DAY 86400.0

static double
use_of(const struct site_profile *p, double seconds)
{
    const struct job_kept k = site_kept(p);
    return (double)job_time_for_tasks((int64_t)seconds, &k) / 1e3;
}

/* Seconds that tasks of the family are known not to end in; 0: it has no such tasks. Where some
 * were done, a few that were cut off say nothing of the others. What goes on from a checkpoint
 * needs no longer job. */
static double
too_short(const struct anew *a, uint32_t family)
{
    const struct status *s = a->status;
    const struct status_count *n = &s->family[family];
    const struct status_cut *cut = &s->cut[family];
    uint32_t left = 0;
    for (int x = 0; x < STATUS_NSTATES; x++)
        left += a->hopeful[x] ? n->of[x] : 0;
    if (!cut->n || s->plan->family[family].ncheckpoints || (n->of[STATUS_DONE] && left > cut->n))
        return 0;
    return cut->ran_ms * 1e-3;
}

struct learning {
    const struct anew *a;
    struct book *book;
    double limit;   /* what the longest job has for tasks */
    double *median; /* of each family: what was measured, by what is stated; 0: nothing was */
};

/* Of few that are far from what is stated the book makes little, but jobs in which half of them
 * would not end are of no use. */
static double *
list_medians(const struct plan *p, struct book *book)
{
    uint32_t n;
    struct book_said *said = book_say(book, &n);
    double *median = xcalloc((size_t)p->nfamilies + 1, sizeof *median);
    for (uint32_t i = 0; i < n; i++)
        if (!said[i].key && !said[i].absolute && !p->family[said[i].family].ncheckpoints)
            median[said[i].family] = said[i].median;
    free(said);
    return median;
}

static double
learned(void *arg, uint32_t family, double stated, double *most)
{
    const struct learning *l = arg;
    struct book_time t = book_time(l->book, family, 0, stated);
    double ran = too_short(l->a, family);
    *most = t.firm ? t.sure : fmax(t.mean, fmin(l->median[family] * stated, l->limit));
    if (!(ran > 0) || !(t.mean > 0))
        return t.mean;
    *most = fmin(fmax(*most, l->a->longest ? l->limit : GROWS * ran), l->limit);
    return fmin(fmax(t.mean, ran), *most);
}

/* The campaign's site, as the plan has it. */
static struct site
site_of(const struct plan *p, const struct site_profile *profile, const struct site_queue *q)
{
    const struct plan_head *h = p->head;
    return (struct site){.name = plan_site(p),
        .profile = profile,
        .queue = q,
        .nodes_min = h->least_nodes,
        .nodes_max = h->most_nodes,
        .walltime = h->most_seconds,
        .walltime_min = h->least_seconds < h->most_seconds ? h->least_seconds : 0};
}

/* How long the longest job may be. */
static double
longest_job(const struct site *s)
{
    int64_t least, most;
    site_nodes(s, s->queue, &least, &most);
    double longest = s->queue ? (double)site_walltime_longest(s->queue, least, most) : DAY;
    return s->walltime > 0 && (!s->queue || s->walltime < longest) ? s->walltime : longest;
}

static double
jobs_cost(const struct site_profile *p, double njobs, uint32_t nodes, uint32_t seconds)
{
    const struct geometry one = {.njobs = 1, .nodes = nodes, .seconds = seconds};
    return njobs * geometry_charged(p, &one);
}

/* Jobs as they were planned, if they do; they may be needed at times only. */
static bool
planned_do(const struct work *w, const struct site_profile *p, const struct plan_head *h,
    const struct geometry *g)
{
    double nodes = waves_nodes(w, use_of(p, h->job_seconds), 1);
    double njobs = ceil(nodes / h->job_nodes - 1e-6);
    return isfinite(nodes) && geometry_charged(p, g) > CHEAPER * jobs_cost(p, fmax(1, njobs),
                                                                     h->job_nodes, h->job_seconds);
}

/* The tasks that can still be done; or those of them that nobody works on. */
static uint8_t *
list_tasks(const struct anew *a, bool all)
{
    const struct status *s = a->status;
    uint8_t *left = xcalloc((size_t)s->plan->head->ntasks + 1, 1);
    for (uint32_t shard = 0; shard < s->plan->nshards; shard++) {
        struct plan_range run;
        for (uint32_t i = 0;
             (all || !s->leased[shard]) && plan_shard_run(s->plan, shard, &i, &run);)
            for (uint32_t t = run.first_task; t < run.first_task + run.ntasks; t++)
                left[t] = a->hopeful[s->state[t]];
    }
    return left;
}

/* What our jobs are worth, in nodes of jobs that have `use` seconds for tasks: those that wait, and
 * all. */
static void
add_worth(const struct anew *a, double use, double *waiting, double *all)
{
    const struct plan_head *head = a->status->plan->head;
    *waiting = *all = 0;
    for (size_t i = 0; i < a->record->n; i++) {
        const struct record_job *j = &a->record->job[i];
        const struct queue_job *q = j->is == RECORD_JOB ? queue_by_id(a->there, j->id) : NULL;
        bool ending = a->ending && strcmp(a->ending, j->id) == 0;
        if (j->is != RECORD_JOB || ending || scheduler_ended(a->scheduler, j, a->there, a->asked_s))
            continue;
        double nodes = q && q->nodes > 0 ? (double)q->nodes : head->job_nodes;
        bool known = q && q->elapsed_s >= 0 && q->left_s > 0;
        double seconds = known ? (double)(q->elapsed_s + q->left_s) : head->job_seconds;
        double worth = nodes * use_of(a->scheduler->site, seconds) / use;
        *all += worth;
        *waiting += !q || q->state == QUEUE_WAITING || q->state == QUEUE_HELD ? worth : 0;
    }
}

/* How many jobs, of the nodes and seconds that were chosen. */
static uint32_t
count_jobs(const struct anew *a, const struct work *unleased, const struct work *hopeful)
{
    double use = use_of(a->scheduler->site, a->seconds), waiting, there;
    double nodes = waves_nodes(unleased, use, 1), all = waves_nodes(hopeful, use, 1);
    add_worth(a, use, &waiting, &there);
    double missing = there > 0 ? fmin(nodes - waiting, all - there) : nodes;
    double njobs = ceil(missing / a->nodes - 0.01); /* a hundredth of one is not worth another */
    return (uint32_t)fmin(fmax(njobs, there > 0 ? 0 : 1), 1e9);
}

static void
tell_short(const struct anew *a, uint32_t family, double longest, struct buf *why)
{
    const struct plan *p = a->status->plan;
    const struct status_cut *cut = &a->status->cut[family];
    buf_printf(why, "%u task%s of %s (%s:%u) did not end in the ", cut->n, cut->n == 1 ? "" : "s",
        plan_string(p, p->family[family].name), plan_place_name(p, PLACE_FAMILY, family),
        p->place[PLACE_FAMILY][family].line);
    status_duration(cut->ran_ms * 1e-3, why);
    buf_puts(why, " that the longest job has for it, by the walltime of ");
    demand_time(why, longest);
    buf_printf(why,
        ": let jobs of site '%s' be longer, split the task, or have it go on from a "
        "checkpoint",
        plan_site(p));
}

enum anew_room
anew_room(const struct anew *a, struct buf *why)
{
    const struct status *s = a->status;
    const struct site site = site_of(s->plan, a->scheduler->site, a->queue);
    double longest = longest_job(&site), limit = use_of(a->scheduler->site, longest);
    uint32_t first = PLAN_NONE;
    bool other = false;
    for (uint32_t i = 0; i < s->plan->nfamilies; i++) {
        const uint32_t *of = s->family[i].of;
        double ran = too_short(a, i);
        if (ran > 0 && ran < WHOLE * limit)
            return ANEW_LONGER;
        if (ran > 0 && first == PLAN_NONE)
            first = i;
        other |= !(ran > 0) && of[STATUS_READY] + of[STATUS_INTERRUPTED] + of[STATUS_RUNNING] > 0;
    }
    if (first == PLAN_NONE || other)
        return ANEW_ENOUGH;
    tell_short(a, first, longest, why);
    return ANEW_SHORT;
}

bool
anew_choose(struct anew *a)
{
    const struct plan *plan = a->status->plan;
    const struct plan_head *h = plan->head;
    const struct site_profile *p = a->scheduler->site;
    const struct node_room room = {.memory = h->memory, .cores = h->cores, .gpus = h->gpus};
    const struct site site = site_of(plan, p, a->queue);
    uint8_t *unleased = list_tasks(a, false), *hopeful = list_tasks(a, true);
    struct book *book = book_new(plan);
    struct learning learning = {a, book, use_of(p, longest_job(&site)), NULL};
    struct work_left left = {.left = unleased, .seconds = learned, .arg = &learning};
    uint32_t number = 0;
    struct costs costs;
    struct work work, all = {0};
    struct geometry g;
    (void)shared_read(book, a->state_dir, &number); /* else as stated */
    learning.median = list_medians(plan, book);
    costs_init(&costs, plan);
    work_weigh_left(&work, &costs, &room, &left);
    bool good = work.expected > 0 && !work.untimed && h->njobs && h->job_nodes;
    if (good) {
        struct diags *d = diag_new();
        work_pack(&work, &costs, unleased);
        good = geometry_for(d, &work, &site, &g);
        diag_free(d);
    }
    if (good) {
        a->changed = !planned_do(&work, p, h, &g);
        a->nodes = a->changed ? g.nodes : h->job_nodes;
        a->seconds = a->changed ? g.seconds : h->job_seconds;
        left.left = hopeful;
        work_weigh_left(&all, &costs, &room, &left);
        work_pack(&all, &costs, hopeful);
        a->njobs = count_jobs(a, &work, &all);
    }
    work_free(&work);
    work_free(&all);
    costs_free(&costs);
    book_free(book);
    free(learning.median);
    free(unleased);
    free(hopeful);
    return good;
}

bool
anew_script(const struct anew *a, struct buf *script, struct buf *news)
{
    const struct plan_head *head = a->status->plan->head;
    const struct scheduler *s = a->scheduler;
    const struct job from = {.site = s->site,
        .nodes = head->job_nodes,
        .seconds = head->job_seconds};
    const struct job to = {.site = s->site, .nodes = a->nodes, .seconds = a->seconds};
    struct buf text = {0}, why = {0};
    int err = file_read(s->script, &text);
    if (err)
        buf_puts(&why, file_error(err));
    bool good = !err && job_resize(&from, &to, &text, script, &why);
    buf_printf(news, "what is left is worth jobs of %u node%s for ", a->nodes,
        a->nodes == 1 ? "" : "s");
    demand_time(news, a->seconds);
    buf_printf(news, ", not of %u for ", head->job_nodes);
    demand_time(news, head->job_seconds);
    if (!good)
        buf_printf(news, "; they are as planned, for '%s' cannot be changed: %s", s->script, why.p);
    buf_putc(news, '\n');
    buf_free(&text);
    buf_free(&why);
    return good;
}
