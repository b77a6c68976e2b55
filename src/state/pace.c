/* Tallies and time: rates, what is left, and the time of nodes. */
#include "config.h"

#include "state/tally.h"

#include <math.h>
#include <stdlib.h>

int64_t
tally_since_us(const struct tally *t, const struct tally_shard *s)
{
    return s->node == ACCOUNT_NONE ? s->since_us : account_began_us(t->account, s->node);
}

/* Sums what ended in the period, which may turn out shorter: it begins with the first of the shims
 * at work, but with a whole step, as all that ended in a step is counted. */
static struct tally_step
period(const struct tally *t, int64_t now_us, double *period_s)
{
    struct tally_step sum = {0};
    int64_t since = INT64_MAX;
    for (size_t i = 0; i < t->nshards; i++)
        if (t->shard[i].live && tally_since_us(t, &t->shard[i]) < since)
            since = tally_since_us(t, &t->shard[i]);
    double age = since == INT64_MAX ? 0 : (double)now_us * 1e-6 - (double)since * 1e-6;
    *period_s = age < *period_s ? age : *period_s;
    if (*period_s <= 0) {
        *period_s = 0;
        return sum;
    }
    int64_t now = now_us / 1000000 / TALLY_STEP_S;
    int64_t first = (int64_t)(((double)now_us * 1e-6 - *period_s) / TALLY_STEP_S);
    *period_s = (double)now_us * 1e-6 - (double)first * TALLY_STEP_S;
    for (size_t i = 0; i < TALLY_STEPS; i++) { /* a ring: any of them may be of that time */
        const struct tally_step *s = &t->step[i];
        if (s->number >= first && s->number <= now) {
            sum.done += s->done;
            sum.busy_s += s->busy_s;
        }
    }
    return sum;
}

double
tally_rate(const struct tally *t, int64_t now_us, double *period_s, uint64_t *done)
{
    struct tally_step sum = period(t, now_us, period_s);
    *done = sum.done;
    return sum.done ? sum.done / *period_s * 3600 : NAN;
}

void
tally_running(const struct tally *t, int64_t now_us)
{
    for (size_t i = 0; i < t->nrun; i++) {
        const struct tally_run *r = &t->run[i];
        struct book_mark mark = {0};
        if (t->shard[r->shard].live && now_us > r->since_us)
            book_runs(t->book, r->task, (double)(now_us - r->since_us) * 1e-6, &mark);
    }
}

void
tally_account(const struct tally *t, int64_t now_us, struct account_sum *sum)
{
    for (size_t i = 0; i < t->nshards; i++)
        if (t->shard[i].live)
            account_live(t->account, t->shard[i].node);
    for (size_t i = 0; i < t->nrun; i++) {
        const struct tally_run *r = &t->run[i];
        const struct tally_shard *s = &t->shard[r->shard];
        account_open(t->account, s->node, plan_family_of(t->plan, r->task), r->task, r->since_us,
            !s->live);
    }
    account_finish(t->account, now_us, sum);
}

/* Seconds that a task of each family takes: measured, else as the plan expects it (of the first
 * task); NAN: not known, for what others take says nothing of it. */
static void
mean_times(const struct tally *t, double *mean)
{
    const struct plan *p = t->plan;
    struct plan_eval *e = plan_eval_new(p);
    for (uint32_t k = 0; k < p->nfamilies; k++) {
        const struct tally_family *f = &t->family[k];
        double expected = 0;
        mean[k] = NAN;
        if (f->nran)
            mean[k] = f->ran_s / f->nran;
        else if (p->family[k].ntasks &&
                 plan_number(e, p->family[k].first_task, p->family[k].time, &expected) &&
                 expected > 0)
            mean[k] = expected;
    }
    plan_eval_free(e);
}

double
tally_eta(const struct tally *t, int64_t now_us, const uint32_t *left)
{
    double *mean = xmalloc(t->plan->nfamilies * sizeof *mean);
    mean_times(t, mean);
    double work = 0, longest = 0, running = 0;
    for (uint32_t k = 0; k < t->plan->nfamilies; k++)
        if (left[k])
            work += left[k] * mean[k];
    for (size_t i = 0; i < t->nrun; i++) {
        const struct tally_run *r = &t->run[i];
        if (!t->shard[r->shard].live)
            continue;
        double m = mean[plan_family_of(t->plan, r->task)];
        double ran = (double)(now_us - r->since_us) * 1e-6;
        ran = ran < 0 ? 0 : ran > m ? m : ran;
        work -= ran;
        if (m - ran > longest)
            longest = m - ran;
        running++;
    }
    free(mean);
    /* short tasks come and go between two looks: then what ended tells how many run at a time */
    double period_s = 300;
    struct tally_step sum = period(t, now_us, &period_s);
    double at_once = sum.done > 10 * running && period_s > 0 ? sum.busy_s / period_s : running;
    if (isnan(work) || at_once <= 0)
        return NAN;
    work /= at_once;
    double eta = work > longest ? work : longest;
    return eta > 0 ? eta : 0;
}
