#include "config.h"

#include "ask/chain.h"

#include <stdlib.h>

struct walk {
    const struct facts *facts;
    double *longest;  /* of each task: seconds of work of the longest chain that ends with it */
    uint32_t *before; /* the one before it there; PLAN_NONE: it is the first */
};

static bool
is_done(const struct facts *f, uint32_t task)
{
    return f->status->state[task] == STATUS_DONE && f->task[task].ended_s;
}

/* The member of a group with the longest chain; PLAN_NONE: none is done. */
static uint32_t
longest_of(const struct walk *w, const struct relation *r, uint32_t group, uint32_t first_task)
{
    struct relation_walk members;
    uint32_t member, best = PLAN_NONE;
    for (relation_members(r, group, &members); relation_next(&members, &member);) {
        uint32_t task = first_task + member;
        if (is_done(w->facts, task) && (best == PLAN_NONE || w->longest[task] > w->longest[best]))
            best = task;
    }
    return best;
}

/* By groups, so that each need is gone through once. */
static void
add_need(struct walk *w, const struct plan_family *f, uint32_t need)
{
    const struct plan *p = w->facts->plan;
    const struct relation *r = &p->relation[need];
    uint32_t producers = p->family[p->need[need].producer].first_task;
    uint32_t *best = xmalloc((size_t)(r->ngroups + 1) * sizeof *best);
    for (uint32_t g = 0; g < r->ngroups; g++)
        best[g] = longest_of(w, r, g, producers);
    for (uint32_t i = 0; i < f->ntasks; i++) {
        uint32_t task = f->first_task + i, g = relation_group(r, i);
        uint32_t by = g == RELATION_NONE ? PLAN_NONE : best[g], *before = &w->before[task];
        if (by != PLAN_NONE && (*before == PLAN_NONE || w->longest[by] > w->longest[*before]))
            *before = by;
    }
    free(best);
}

/* The last task of the longest chain. */
static uint32_t
find_last(struct walk *w)
{
    const struct plan *p = w->facts->plan;
    uint32_t last = PLAN_NONE;
    for (uint32_t i = 0; i < p->nfamilies; i++) { /* producers come before their consumers */
        const struct plan_family *f = &p->family[i];
        for (uint32_t n = f->first_need; n < f->first_need + f->nneeds; n++)
            add_need(w, f, n);
        for (uint32_t t = f->first_task; t < f->first_task + f->ntasks; t++) {
            if (!is_done(w->facts, t))
                continue;
            w->longest[t] = w->facts->task[t].wall_ms * 1e-3 +
                            (w->before[t] == PLAN_NONE ? 0 : w->longest[w->before[t]]);
            if (last == PLAN_NONE || w->longest[t] > w->longest[last])
                last = t;
        }
    }
    return last;
}

static void
set_link(const struct facts *f, uint32_t task, struct chain_link *link)
{
    const struct fact *a = &f->task[task];
    *link = (struct chain_link){.task = task,
        .ended_s = a->ended_s + a->ended_ms * 1e-3,
        .worked_s = a->wall_ms * 1e-3};
    link->began_s = link->ended_s - link->worked_s;
}

void
chain_find(const struct facts *f, struct chain *c)
{
    uint32_t ntasks = f->plan->head->ntasks;
    struct walk w = {f, xcalloc((size_t)ntasks + 1, sizeof *w.longest),
        xmalloc(((size_t)ntasks + 1) * sizeof *w.before)};
    *c = (struct chain){0};
    for (uint32_t t = 0; t < ntasks; t++)
        w.before[t] = PLAN_NONE;
    uint32_t last = find_last(&w);
    for (uint32_t t = last; t != PLAN_NONE; t = w.before[t])
        c->n++;
    c->link = xcalloc(c->n + 1, sizeof *c->link);
    for (uint32_t t = last, i = c->n; t != PLAN_NONE; t = w.before[t])
        set_link(f, t, &c->link[--i]);
    for (uint32_t i = 0; i < c->n; i++) {
        struct chain_link *link = &c->link[i];
        double gap = i ? link->began_s - link[-1].ended_s : 0;
        link->waited_s = gap > 0 ? gap : 0; /* hosts' clocks differ */
        c->worked_s += link->worked_s;
        c->waited_s += link->waited_s;
    }
    free(w.longest);
    free(w.before);
}

void
chain_free(struct chain *c)
{
    free(c->link);
    *c = (struct chain){0};
}
