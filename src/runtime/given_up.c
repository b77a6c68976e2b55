/* `after N failures stop`: of all shims of the campaign together, or of this machine alone. What
 * others counted is looked at when something failed here, once a second at most. */
#include "config.h"

#include "runtime/shards.h"
#include "runtime/shim.h"

#include "journal/paths.h"
#include "journal/stop.h"

#include <stdlib.h>
#include <string.h>

#define COUNT_SOONEST_MS 1000
#define LOOK_EVERY_MS 5000

struct given_up {
    bool now;                 /* too many tasks failed */
    uint32_t *nfailed;        /* of each family: tasks that failed for good in this run */
    bool untold;              /* some failed for good, and others do not know it yet */
    int64_t tell_at, look_at; /* when that is told, when others' word is looked for, again */
};

static bool
has_rule(const struct shim *r)
{
    for (uint32_t k = 0; k < r->plan->nfamilies; k++)
        if (r->plan->family[k].stop_after)
            return true;
    return false;
}

/* So many failed, it is to stop at that, and where that is said; appended. */
static void
describe_stop(const struct shim *r, const struct stop *s, struct buf *b)
{
    const struct plan *p = r->plan;
    buf_printf(b, "%s:%u: %u task%s of %s failed for good, at which the campaign is to stop",
        plan_place_name(p, PLACE_FAMILY, s->family), p->place[PLACE_FAMILY][s->family].line,
        s->count, s->count == 1 ? "" : "s", plan_string(p, p->family[s->family].name));
}

static void
give_up(struct shim *r, const struct stop *s)
{
    if (r->given_up->now)
        return;
    buf_reset(&r->text);
    describe_stop(r, s, &r->text);
    say("%s; no more tasks are started", r->text.p);
    r->given_up->now = r->leave.draining = true;
    int err = r->opt.batch ? stop_make(r->state_dir, r->plan->head->identity, s, r->text.p) : 0;
    if (err)
        say("%s/" STATE_STOP " cannot be written: %s; other nodes go on", r->state_dir,
            strerror(err));
}

bool
given_up_before(struct shim *r)
{
    struct stop s;
    r->given_up = xcalloc(1, sizeof *r->given_up);
    r->given_up->nfailed = xcalloc(r->plan->nfamilies, sizeof *r->given_up->nfailed);
    if (!has_rule(r))
        return false;
    if (!r->opt.batch) {
        stop_remove(r->state_dir); /* what failed is tried again */
        return false;
    }
    if (!stop_find(r->state_dir, r->plan->head->identity, &s) || s.family >= r->plan->nfamilies)
        return false;
    buf_reset(&r->text);
    describe_stop(r, &s, &r->text);
    say("%s; nothing is started before 'wflc submit --again %s' has them tried again", r->text.p,
        r->opt.dir);
    return true;
}

void
given_up_count(struct shim *r, uint32_t family)
{
    const struct plan_family *f = &r->plan->family[family];
    r->given_up->nfailed[family]++;
    if (!f->stop_after)
        return;
    r->given_up->untold = true;
    if (r->given_up->nfailed[family] >= f->stop_after)
        give_up(r, &(struct stop){family, r->given_up->nfailed[family]});
    given_up_tick(r, now_ms());
}

void
given_up_forgive(struct shim *r, uint32_t task)
{
    uint32_t family = plan_family_of(r->plan, task);
    r->given_up->untold |= r->plan->family[family].stop_after && r->given_up->nfailed[family];
    r->given_up->nfailed[family] -= r->given_up->nfailed[family] > 0;
    r->given_up->tell_at = 0;
    given_up_tick(r, now_ms());
}

/* With what others counted: is it enough? */
static void
count_all(struct shim *r)
{
    const char *holder = lease_holder(r->lease);
    uint64_t plan = r->plan->head->identity;
    int err = stop_tell(r->state_dir, holder, plan, r->given_up->nfailed, r->plan->nfamilies);
    if (err)
        say("%s/" STATE_FAILED "/%s cannot be written: %s; others do not count what failed here",
            r->state_dir, holder, strerror(err));
    for (uint32_t k = 0; k < r->plan->nfamilies; k++) {
        uint32_t most = r->plan->family[k].stop_after, own = r->given_up->nfailed[k];
        if (!most || !own || own >= most)
            continue;
        uint32_t all = own + stop_others(r->state_dir, holder, plan, k, most - own);
        if (all >= most)
            give_up(r, &(struct stop){k, all});
    }
}

void
given_up_tick(struct shim *r, int64_t now)
{
    struct stop s;
    if (!r->opt.batch)
        return;
    if (r->given_up->untold && now >= r->given_up->tell_at) {
        r->given_up->untold = false;
        r->given_up->tell_at = now + COUNT_SOONEST_MS;
        count_all(r);
    }
    if (r->given_up->now || now < r->given_up->look_at || !has_rule(r))
        return;
    r->given_up->look_at = now + LOOK_EVERY_MS;
    if (stop_find(r->state_dir, r->plan->head->identity, &s) && s.family < r->plan->nfamilies)
        give_up(r, &s);
}

bool
given_up_now(const struct shim *r)
{
    return r->given_up->now;
}

void
given_up_close(struct shim *r)
{
    if (r->given_up)
        free(r->given_up->nfailed);
    free(r->given_up);
}
