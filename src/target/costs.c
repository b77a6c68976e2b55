/* Evaluates the costs of all tasks, in parallel. */
#include "config.h"

#include "target/costs.h"

#include "util/map64.h"
#include "util/parallel.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 1 << 14, MOST_KINDS = 1 << 16 };

void
costs_init(struct costs *c, const struct plan *p)
{
    *c = (struct costs){.plan = p, .family = xcalloc(p->nfamilies + 1, sizeof *c->family)};
}

void
costs_free(struct costs *c)
{
    for (uint32_t i = 0; c->family && i < c->plan->nfamilies; i++) {
        free(c->family[i].seconds);
        free(c->family[i].of);
        free(c->family[i].kind);
    }
    free(c->family);
    *c = (struct costs){0};
}

/* Tasks that differ, a piece for each call. */
struct evaluating {
    const struct plan *plan;
    const struct plan_family *f;
    struct family_costs *out;
    pthread_mutex_t kinds; /* guards these: */
    struct map64 known;
};

/* Notes of which kind n tasks from number `from` on are. */
static void
sort_kinds(struct evaluating *v, uint32_t from, const struct cost *cost, uint32_t n)
{
    struct family_costs *out = v->out;
    pthread_mutex_lock(&v->kinds);
    for (uint32_t i = 0; i < n && !out->many; i++) {
        struct cost c = cost[i];
        bool found;
        c.seconds = c.priority = 0;
        uint32_t k = map64_add(&v->known, hash64(&c, sizeof c, 0), out->nkinds, &found);
        if (found) {
            out->many = memcmp(&out->kind[k], &c, sizeof c) != 0; /* of equal hashes */
        } else if (out->nkinds == MOST_KINDS) {
            out->many = true;
        } else {
            if (!(out->nkinds & (out->nkinds - 1)))
                out->kind = xrealloc(out->kind, (2 * out->nkinds + 1) * sizeof c);
            out->kind[out->nkinds++] = c;
        }
        out->of[from + i] = (uint16_t)k;
    }
    pthread_mutex_unlock(&v->kinds);
}

static void
evaluate_piece(void *arg, unsigned piece)
{
    struct evaluating *v = arg;
    const struct plan_family *f = v->f;
    struct plan_eval *e = plan_eval_new(v->plan);
    uint32_t from = piece * PIECE, left = f->ntasks - from, n = left < PIECE ? left : PIECE;
    struct cost *cost = v->out->of ? xmalloc(n * sizeof *cost) : NULL;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t task = f->first_task + from + i;
        if (cost)
            cost_of(e, f, task, &cost[i], NULL);
        v->out->seconds[from + i] = (float)(cost ? cost[i].seconds : cost_seconds(e, f, task));
    }
    if (cost)
        sort_kinds(v, from, cost, n);
    free(cost);
    plan_eval_free(e);
}

static void
evaluate(const struct plan *p, const struct plan_family *f, struct family_costs *out)
{
    struct plan_eval *e = plan_eval_new(p);
    cost_of(e, f, f->first_task, &out->one, NULL);
    plan_eval_free(e);
    bool kinds = !f->constant && !f->nodes &&
                 (plan_varies(p, f->memory) || plan_varies(p, f->shared) ||
                     plan_varies(p, f->cores) || plan_varies(p, f->gpus));
    if (!kinds && (f->constant || !plan_varies(p, f->time)))
        return;
    struct evaluating v = {.plan = p, .f = f, .out = out, .kinds = PTHREAD_MUTEX_INITIALIZER};
    out->seconds = xmalloc(f->ntasks * sizeof *out->seconds);
    out->of = kinds ? xmalloc(f->ntasks * sizeof *out->of) : NULL;
    map64_init(&v.known, 0, 64);
    parallel_for((f->ntasks + PIECE - 1) / PIECE, evaluate_piece, &v);
    map64_free(&v.known);
    if (!out->many)
        return;
    free(out->of);
    free(out->kind);
    out->of = NULL;
    out->kind = NULL;
}

const struct family_costs *
costs_family(struct costs *c, uint32_t i)
{
    struct family_costs *f = &c->family[i];
    if (!f->known && c->plan->family[i].ntasks)
        evaluate(c->plan, &c->plan->family[i], f);
    f->known = true;
    return f;
}
