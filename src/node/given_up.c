#include "config.h"

#include "node/given_up.h"

#include "journal/paths.h"
#include "journal/stop.h"
#include "node/say.h"
#include "util/clock.h"

#include <stdlib.h>
#include <string.h>

#define COUNT_SOONEST_MS 1000
#define LOOK_EVERY_MS 5000

struct given_up {
    struct given_up_of of;
    struct buf text;          /* scratch */
    bool now;                 /* too many tasks failed */
    uint32_t *nfailed;        /* of each family: tasks that failed for good in this run */
    bool untold;              /* some failed for good, and others do not know it yet */
    int64_t tell_at, look_at; /* when that is told, when others' word is looked for, again */
};

static bool
has_rule(const struct given_up *g)
{
    for (uint32_t k = 0; k < g->of.plan->nfamilies; k++)
        if (g->of.plan->family[k].stop_after)
            return true;
    return false;
}

/* So many failed, it is to stop at that, and where that is said; appended. */
static void
describe_stop(const struct given_up *g, const struct stop *s, struct buf *b)
{
    const struct plan *p = g->of.plan;
    buf_printf(b, "%s:%u: %u task%s of %s failed for good, at which the campaign is to stop",
        plan_place_name(p, PLACE_FAMILY, s->family), p->place[PLACE_FAMILY][s->family].line,
        s->count, s->count == 1 ? "" : "s", plan_string(p, p->family[s->family].name));
}

static void
give_up(struct given_up *g, const struct stop *s)
{
    if (g->now)
        return;
    buf_reset(&g->text);
    describe_stop(g, s, &g->text);
    say("%s; no more tasks are started", g->text.p);
    g->now = *g->of.draining = true;
    int err =
        g->of.batch ? stop_make(g->of.state_dir, g->of.plan->head->identity, s, g->text.p) : 0;
    if (err)
        say("%s/" STATE_STOP " cannot be written: %s; other nodes go on", g->of.state_dir,
            strerror(err));
}

struct given_up *
given_up_new(const struct given_up_of *of)
{
    struct given_up *g = xcalloc(1, sizeof *g);
    g->of = *of;
    g->nfailed = xcalloc(of->plan->nfamilies, sizeof *g->nfailed);
    return g;
}

bool
given_up_before(struct given_up *g)
{
    struct stop s;
    if (!has_rule(g))
        return false;
    if (!g->of.batch) {
        stop_remove(g->of.state_dir); /* what failed is tried again */
        return false;
    }
    if (!stop_find(g->of.state_dir, g->of.plan->head->identity, &s) ||
        s.family >= g->of.plan->nfamilies)
        return false;
    buf_reset(&g->text);
    describe_stop(g, &s, &g->text);
    say("%s; nothing is started before 'wflc submit --again %s' has them tried again", g->text.p,
        g->of.dir);
    return true;
}

void
given_up_count(struct given_up *g, uint32_t family)
{
    const struct plan_family *f = &g->of.plan->family[family];
    g->nfailed[family]++;
    if (!f->stop_after && !g->of.tell)
        return;
    g->untold = true;
    if (f->stop_after && g->nfailed[family] >= f->stop_after)
        give_up(g, &(struct stop){family, g->nfailed[family]});
    given_up_tick(g, now_ms());
}

void
given_up_forgive(struct given_up *g, uint32_t task)
{
    uint32_t family = plan_family_of(g->of.plan, task);
    g->untold |= (g->of.plan->family[family].stop_after || g->of.tell) && g->nfailed[family];
    g->nfailed[family] -= g->nfailed[family] > 0;
    g->tell_at = 0;
    given_up_tick(g, now_ms());
}

/* With what others counted: is it enough? */
static void
count_all(struct given_up *g)
{
    const char *holder = g->of.holder;
    uint64_t plan = g->of.plan->head->identity;
    int err = stop_tell(g->of.state_dir, holder, plan, g->nfailed, g->of.plan->nfamilies);
    if (err)
        say("%s/" STATE_FAILED "/%s cannot be written: %s; others do not count what failed here",
            g->of.state_dir, holder, strerror(err));
    for (uint32_t k = 0; k < g->of.plan->nfamilies; k++) {
        uint32_t most = g->of.plan->family[k].stop_after, own = g->nfailed[k];
        if (!most || !own || own >= most)
            continue;
        uint32_t all = own + stop_others(g->of.state_dir, holder, plan, k, most - own);
        if (all >= most)
            give_up(g, &(struct stop){k, all});
    }
}

void
given_up_tick(struct given_up *g, int64_t now)
{
    struct stop s;
    if (!g->of.batch)
        return;
    if (g->untold && now >= g->tell_at) {
        g->untold = false;
        g->tell_at = now + COUNT_SOONEST_MS;
        count_all(g);
    }
    if (g->now || now < g->look_at || !has_rule(g))
        return;
    g->look_at = now + LOOK_EVERY_MS;
    if (stop_find(g->of.state_dir, g->of.plan->head->identity, &s) &&
        s.family < g->of.plan->nfamilies)
        give_up(g, &s);
}

uint32_t
given_up_failed(const struct given_up *g, uint32_t family)
{
    return g->nfailed[family];
}

bool
given_up_now(const struct given_up *g)
{
    return g->now;
}

void
given_up_free(struct given_up *g)
{
    if (!g)
        return;
    free(g->nfailed);
    buf_free(&g->text);
    free(g);
}
