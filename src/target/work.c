#include "config.h"

#include "target/work.h"

#include "util/parallel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 1 << 14 };

/* --- a family --- */

/* Tasks that differ, a piece for each call. */
struct weighing {
    const struct plan *plan;
    const struct plan_family *f;
    const struct node_room *room;
    bool same_part; /* they differ in their times alone */
    float *seconds, *part;
};

static void
weigh_piece(void *arg, unsigned piece)
{
    struct weighing *w = arg;
    struct plan_eval *e = plan_eval_new(w->plan);
    const struct plan_family *f = w->f;
    uint32_t from = piece * PIECE, left = f->ntasks - from;
    struct cost c;
    for (uint32_t i = from; i < from + (left < PIECE ? left : PIECE); i++) {
        if (w->same_part) {
            w->seconds[i] = (float)cost_seconds(e, f, f->first_task + i);
            continue;
        }
        cost_of(e, f, f->first_task + i, &c, NULL);
        w->seconds[i] = (float)c.seconds;
        w->part[i] = (float)cost_part(&c, f, w->room);
    }
    plan_eval_free(e);
}

static bool
varies(const struct plan *p, struct plan_code code)
{
    return vm_varies(p->code + code.offset, code.size);
}

static void
add(struct family_work *w, uint32_t task, double seconds, double part, uint32_t n)
{
    w->task_seconds += seconds * n;
    w->node_seconds += seconds * part * n;
    w->seconds2 += seconds * seconds * part * n;
    w->fills += part * n;
    if (w->longest_task == PLAN_NONE || seconds > w->longest) {
        w->longest = seconds;
        w->longest_task = task;
    }
}

/* What is known of a family before it is known how long tasks without a time are. */
struct measured {
    float *seconds, *part; /* NULL: all are alike */
    double one_seconds, one_part;
};

static void
measure(struct family_work *w, struct measured *m, const struct plan *p, uint32_t i,
    const struct node_room *room, struct plan_eval *e)
{
    const struct plan_family *f = &p->family[i];
    *w = (struct family_work){.timed = f->time.size, .longest_task = PLAN_NONE, .slots = 1};
    *m = (struct measured){0};
    if (!f->ntasks)
        return;
    struct cost c;
    cost_of(e, f, f->first_task, &c, NULL);
    m->one_seconds = c.seconds;
    m->one_part = cost_part(&c, f, room);
    w->slots = slots_of(&c, f->bundle != 0, room).n;
    bool differ =
        !f->constant && !f->nodes &&
        (varies(p, f->memory) || varies(p, f->shared) || varies(p, f->cores) || varies(p, f->gpus));
    if (!differ && (f->constant || !varies(p, f->time))) {
        add(w, f->first_task, c.seconds, m->one_part, f->ntasks);
        return;
    }
    m->seconds = xmalloc(f->ntasks * sizeof *m->seconds);
    m->part = differ ? xmalloc(f->ntasks * sizeof *m->part) : NULL;
    struct weighing weighing = {p, f, room, !differ, m->seconds, m->part};
    parallel_for((f->ntasks + PIECE - 1) / PIECE, weigh_piece, &weighing);
    for (uint32_t k = 0; k < f->ntasks; k++)
        add(w, f->first_task + k, m->seconds[k], differ ? m->part[k] : m->one_part, 1);
}

/* --- all of them --- */

static uint32_t
to_weight(double node_seconds, double unit)
{
    double n = node_seconds / unit;
    return n < 1 ? 1 : n < 2e9 ? (uint32_t)n : 2000000000;
}

static void
weigh(struct family_work *w, struct measured *m, uint32_t ntasks, double untimed, double unit)
{
    double seconds = w->timed ? m->one_seconds : untimed;
    w->weight = to_weight(seconds * m->one_part, unit);
    if (!m->seconds)
        return;
    w->weights = xmalloc(ntasks * sizeof *w->weights);
    for (uint32_t i = 0; i < ntasks; i++)
        w->weights[i] = to_weight(
            (w->timed ? m->seconds[i] : untimed) * (m->part ? m->part[i] : m->one_part), unit);
    free(m->seconds);
    free(m->part);
}

/* Families come behind those that they need. */
static double
longest_chain(const struct plan *p, const struct family_work *w)
{
    double *chain = xcalloc(p->nfamilies + 1, sizeof *chain), most = 0;
    for (uint32_t i = 0; i < p->nfamilies; i++) {
        const struct plan_family *f = &p->family[i];
        for (uint32_t k = f->first_need; k < f->first_need + f->nneeds; k++)
            chain[i] = fmax(chain[i], chain[p->need[k].producer]);
        chain[i] += w[i].timed ? w[i].longest : 0;
        most = fmax(most, chain[i]);
    }
    free(chain);
    return most;
}

void
work_init(struct work *w, const struct plan *p, const struct node_room *room)
{
    *w = (struct work){.room = *room, .longest_task = PLAN_NONE, .nfamilies = p->nfamilies};
    w->family = xcalloc(p->nfamilies + 1, sizeof *w->family);
    struct measured *m = xcalloc(p->nfamilies + 1, sizeof *m);
    struct plan_eval *e = plan_eval_new(p);
    for (uint32_t i = 0; i < p->nfamilies; i++) {
        struct family_work *f = &w->family[i];
        measure(f, &m[i], p, i, room, e);
        w->fills += f->fills;
        if (p->family[i].nodes > w->most_nodes)
            w->most_nodes = p->family[i].nodes;
        if (!f->timed) {
            w->untimed += p->family[i].ntasks;
            f->longest_task = PLAN_NONE;
            continue;
        }
        w->task_seconds += f->task_seconds;
        w->node_seconds += f->node_seconds;
        w->typical += f->seconds2;
        if (f->longest_task != PLAN_NONE &&
            (w->longest_task == PLAN_NONE || f->longest > w->longest)) {
            w->longest = f->longest;
            w->longest_task = f->longest_task;
        }
    }
    uint32_t timed = p->head->ntasks - w->untimed;
    double untimed = cost_unknown(w->task_seconds, timed);
    double all = w->node_seconds;
    w->typical = w->node_seconds > 0 ? w->typical / w->node_seconds : 0;
    w->expected = all;
    w->chain = longest_chain(p, w->family);
    for (uint32_t i = 0; i < p->nfamilies; i++)
        if (!w->family[i].timed && p->family[i].ntasks)
            all += untimed * m[i].one_part * p->family[i].ntasks;
    /* rounding down, and up to 1, keeps the sum below 2^31 + the number of tasks */
    double unit = all > 0 ? all / 2147483647.0 : 1;
    for (uint32_t i = 0; i < p->nfamilies; i++)
        weigh(&w->family[i], &m[i], p->family[i].ntasks, untimed, unit);
    plan_eval_free(e);
    free(m);
}

void
work_free(struct work *w)
{
    for (uint32_t i = 0; i < w->nfamilies; i++)
        free(w->family[i].weights);
    free(w->family);
    *w = (struct work){0};
}
