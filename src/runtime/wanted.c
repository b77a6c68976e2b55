/* Shards that somebody wants for himself for a while: they are handed back, and taken again when he
 * has done. */
#include "config.h"

#include "node/redone.h"
#include "runtime/shards.h"
#include "runtime/shim.h"
#include "sched/claim.h"

/* None of its tasks is started; what is left to others, or tried by itself, is so already. */
static void
let_go(struct shim *r, struct hold *h)
{
    struct plan_range run;
    if (h->nalone || h->away_since)
        return;
    h->wanted = true;
    for (uint32_t i = 0; plan_shard_run(r->plan, h->shard, &i, &run);)
        for (uint32_t t = run.first_task; t < run.first_task + run.ntasks; t++)
            sched_give(r->sched, t);
}

/* Nobody wants it any more. */
static void
go_on(struct shim *r, struct hold *h, int64_t now)
{
    struct plan_range run;
    h->wanted = false;
    for (uint32_t i = 0; plan_shard_run(r->plan, h->shard, &i, &run);)
        for (uint32_t t = run.first_task; t < run.first_task + run.ntasks; t++)
            if (node_may_run(r, t))
                sched_take(r->sched, t, now);
}

void
wanted_tick(struct shim *r, int64_t now)
{
    const struct redone *k = r->redone;
    struct hold *h;
    bool withdrawn = redone_look(r->redone, now);
    for (uint32_t s = 0; withdrawn && s < r->plan->nshards; s++)
        if (redone_wanted(k, s) && !redone_wants(k, s) && !shards_holds(r, s))
            claim_again(shards_claim(r), s, now);
    for (uint32_t i = 0; (h = shards_nth(r, i)); i++)
        if (redone_wants(k, h->shard))
            let_go(r, h);
        else if (h->wanted)
            go_on(r, h, now);
}
