#include "config.h"

#include "state/progress.h"

#include "journal/paths.h"
#include "state/tally.h"
#include "util/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct progress {
    struct plan *plan;
    char *state_dir;
    struct tally *tally;
    struct journal_tail *tail;
    uint8_t *state;       /* scratch of count_blocked */
    uint64_t failed_then; /* tally->failed when it counted last */
    uint32_t blocked, *family_blocked;
};

struct progress *
progress_new(const char *dir, struct buf *why)
{
    struct buf path = {0};
    buf_printf(&path, "%s/" PLAN_FILE, dir);
    struct plan *plan = plan_open(path.p, why);
    if (!plan) {
        buf_free(&path);
        return NULL;
    }
    struct progress *p = xcalloc(1, sizeof *p);
    p->plan = plan;
    buf_reset(&path);
    buf_printf(&path, "%s/" BUILD_STATE, dir);
    p->state_dir = path.p;
    p->tally = tally_new(plan, true);
    p->tail = journal_tail_new(p->state_dir, plan->head->identity);
    p->state = xmalloc(plan->head->ntasks);
    p->family_blocked = xcalloc(plan->nfamilies, sizeof *p->family_blocked);
    int err = journal_tail_poll(p->tail, tally_take, p->tally);
    if (err) {
        tally_error(p->state_dir, err, why);
        progress_free(p);
        return NULL;
    }
    return p;
}

const struct plan *
progress_plan(const struct progress *p)
{
    return p->plan;
}

/* Walks all needs, so only when it may have changed. */
static void
count_blocked(struct progress *p)
{
    p->failed_then = p->tally->failed;
    p->blocked = 0;
    tally_states(p->tally, NULL, p->state);
    for (uint32_t k = 0; k < p->plan->nfamilies; k++) {
        const struct plan_family *f = &p->plan->family[k];
        p->family_blocked[k] = 0;
        for (uint32_t i = f->first_task; i < f->first_task + f->ntasks; i++)
            p->family_blocked[k] += p->state[i] == STATUS_BLOCKED;
        p->blocked += p->family_blocked[k];
    }
}

static void
take_times(const struct progress *p, int64_t now_us, struct progress_state *s)
{
    double period_s = 300;
    uint64_t done;
    s->rate = tally_rate(p->tally, now_us, &period_s, &done);
    uint32_t *left = xcalloc(p->plan->nfamilies, sizeof *left);
    for (uint32_t k = 0; k < p->plan->nfamilies; k++) {
        const uint32_t *count = p->tally->family[k].count;
        left[k] = p->plan->family[k].ntasks - count[SEEN_DONE] - count[SEEN_FAILED] -
                  p->family_blocked[k];
    }
    s->eta_s = tally_eta(p->tally, now_us, left);
    free(left);
}

int
progress_poll(struct progress *p, int64_t now_us, struct progress_state *s)
{
    struct tally *t = p->tally;
    t->nfailures = 0;
    int err = journal_tail_poll(p->tail, tally_take, t);
    tally_leases(t, p->state_dir);
    if (t->failed != p->failed_then)
        count_blocked(p);
    *s = (struct progress_state){.total = p->plan->head->ntasks,
        .done = t->count[SEEN_DONE],
        .running = t->count[SEEN_RUNNING],
        .failed = t->count[SEEN_FAILED],
        .blocked = p->blocked,
        .late = t->count[SEEN_LATE],
        .failure = t->failure,
        .nfailures = t->nfailures};
    take_times(p, now_us, s);
    return err;
}

void
progress_free(struct progress *p)
{
    if (!p)
        return;
    journal_tail_free(p->tail);
    tally_free(p->tally);
    plan_close(p->plan);
    free(p->state_dir);
    free(p->state);
    free(p->family_blocked);
    free(p);
}
