#include "config.h"

#include "ask/needs.h"

#include "util/buf.h"

#include <stdlib.h>

/* By groups, so that each need is gone through once. */
static void
add_need(const struct plan *p, const struct plan_family *f, uint32_t need, uint8_t *set)
{
    const struct relation *r = &p->relation[need];
    uint8_t *producer = set + p->family[p->need[need].producer].first_task;
    uint8_t *group = xcalloc((size_t)r->ngroups + 1, 1);
    for (uint32_t i = 0; i < f->ntasks; i++) {
        uint32_t g = set[f->first_task + i] ? relation_group(r, i) : RELATION_NONE;
        if (g != RELATION_NONE)
            group[g] = 1;
    }
    for (uint32_t g = 0; g < r->ngroups; g++) {
        struct relation_walk w;
        uint32_t member;
        if (group[g])
            for (relation_members(r, g, &w); relation_next(&w, &member);)
                producer[member] = 1;
    }
    free(group);
}

/* Producers come before their consumers. */
void
needs_add(const struct plan *p, uint8_t *set)
{
    for (uint32_t i = p->nfamilies; i-- > 0;) {
        const struct plan_family *f = &p->family[i];
        for (uint32_t n = f->first_need; n < f->first_need + f->nneeds; n++)
            add_need(p, f, n, set);
    }
}
