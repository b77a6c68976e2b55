#include "config.h"

#include "outlook/levels.h"

#include "util/buf.h"

#include <stdlib.h>
#include <string.h>

/* The latest shard before `shard` that group `g` has a task of, + 1 level; 0: none. */
static uint32_t
level_after(const uint32_t *level, const uint32_t *shard_of, const struct relation *r, uint32_t g,
    uint32_t first_producer, uint32_t shard)
{
    struct relation_walk w;
    uint32_t member, after = 0, before = PLAN_NONE;
    for (relation_members(r, g, &w); relation_next(&w, &member);) {
        uint32_t other = shard_of[first_producer + member];
        if (other == before)
            continue;
        before = other;
        if (other < shard && level[other] + 1 > after)
            after = level[other] + 1;
    }
    return after;
}

uint32_t
levels_find(const struct plan *p, uint32_t **out)
{
    struct plan_range run;
    uint32_t *level = *out = xcalloc(p->nshards, sizeof *level), n = 1;
    uint32_t *shard_of = xmalloc(((size_t)p->head->ntasks + 1) * sizeof *shard_of);
    uint32_t *last = xmalloc((p->nneeds + 1) * sizeof *last);
    for (uint32_t s = 0; s < p->nshards; s++)
        for (uint32_t i = 0; plan_shard_run(p, s, &i, &run);)
            for (uint32_t t = 0; t < run.ntasks; t++)
                shard_of[run.first_task + t] = s;
    for (uint32_t s = 0; s < p->nshards && p->nneeds && p->nshards > 1; s++) {
        memset(last, 0xff, p->nneeds * sizeof *last); /* the group that was looked at last */
        for (uint32_t i = 0; plan_shard_run(p, s, &i, &run);)
            for (uint32_t t = run.first_task, k; t < run.first_task + run.ntasks; t++) {
                const struct plan_family *f = &p->family[plan_family_of(p, t)];
                for (k = f->first_need; k < f->first_need + f->nneeds; k++) {
                    uint32_t g = relation_group(&p->relation[k], t - f->first_task);
                    if (g == RELATION_NONE || g == last[k])
                        continue;
                    last[k] = g;
                    uint32_t after = level_after(level, shard_of, &p->relation[k], g,
                        p->family[p->need[k].producer].first_task, s);
                    level[s] = after > level[s] ? after : level[s];
                }
            }
        n = level[s] >= n ? level[s] + 1 : n;
    }
    free(last);
    free(shard_of);
    return n;
}
