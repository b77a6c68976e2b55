/* Weighs tasks. */
#include "config.h"

#include "target/work.h"

#include "util/parallel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 1 << 14 };

/* --- times --- */

/* Times that differ by 4 % at most are one. */
enum { TIMES_AN_OCTAVE = 16, OCTAVES = 40, TIMES = TIMES_AN_OCTAVE * OCTAVES };
struct times {
    struct {
        double fills, node_seconds;
    } of[TIMES];
};

static void
add_time(struct times *all, double seconds, double part, uint32_t n)
{
    double place = seconds > 0 ? floor(log2(seconds) * TIMES_AN_OCTAVE) + TIMES / 4.0 : 0;
    unsigned i = place < 0 ? 0 : place < TIMES ? (unsigned)place : TIMES - 1;
    all->of[i].fills += part * n;
    all->of[i].node_seconds += part * n * seconds;
}

static void
list_times(const struct times *all, struct work *w)
{
    w->time = xcalloc(TIMES + 1, sizeof *w->time);
    for (unsigned i = TIMES; i-- > 0;)
        if (all->of[i].node_seconds > 0)
            w->time[w->ntimes++] =
                (struct work_time){all->of[i].node_seconds / all->of[i].fills, all->of[i].fills};
}

/* --- a family --- */

/* The part of a node that each task takes, where they are of too many kinds to be kept: a piece for
 * each call. */
struct weighing {
    const struct plan *plan;
    const struct plan_family *f;
    const struct node_room *room;
    float *part;
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
        cost_of(e, f, f->first_task + i, &c, NULL);
        w->part[i] = (float)cost_part(&c, f, w->room);
    }
    plan_eval_free(e);
}

/* Where the sums of a family are made. */
struct sums {
    struct family_work *w;
    uint32_t family;
    struct times *times;
    const struct work_left *left;
};

static void
add(struct sums *s, uint32_t task, double seconds, double part, uint32_t n)
{
    struct family_work *w = s->w;
    double most = seconds;
    if (s->left && s->left->seconds) {
        seconds = s->left->seconds(s->left->arg, s->family, seconds, &most);
        w->timed = w->timed || seconds > 0;
    }
    add_time(s->times, seconds, part, n);
    w->task_seconds += seconds * n;
    w->node_seconds += seconds * part * n;
    w->seconds2 += seconds * seconds * part * n;
    w->fills += part * n;
    if (w->longest_task == PLAN_NONE || most > w->longest) {
        w->longest = most;
        w->longest_task = task;
    }
}

static uint32_t
count_left(const struct plan_family *f, const struct work_left *left)
{
    uint32_t n = 0;
    for (uint32_t i = 0; left && left->left && i < f->ntasks; i++)
        n += left->left[f->first_task + i] != 0;
    return left && left->left ? n : f->ntasks;
}

/* What is known of a family before it is known how long tasks without a time are. */
struct measured {
    const struct family_costs *costs;
    double one_part;
    float *part; /* of each kind, or task; NULL: all are alike. Owned */
};

static double
part_of(const struct measured *m, uint32_t i)
{
    return m->part ? m->part[m->costs->of ? m->costs->of[i] : i] : m->one_part;
}

/* Returns how many tasks there are. */
static uint32_t
measure(struct family_work *w, struct measured *m, struct times *times, struct costs *costs,
    uint32_t i, const struct node_room *room, const struct work_left *left)
{
    const struct plan_family *f = &costs->plan->family[i];
    const struct family_costs *c = costs_family(costs, i);
    struct sums sums = {w, i, times, left};
    uint32_t n = count_left(f, left);
    *w = (struct family_work){.timed = f->time.size, .longest_task = PLAN_NONE, .slots = 1};
    *m = (struct measured){.costs = c};
    if (!n)
        return 0;
    m->one_part = cost_part(&c->one, f, room);
    w->slots = slots_of(&c->one, f->bundle != 0, room).n;
    if (!c->seconds) {
        add(&sums, f->first_task, c->one.seconds, m->one_part, n);
        return n;
    }
    if (c->many) {
        m->part = xmalloc(f->ntasks * sizeof *m->part);
        struct weighing weighing = {costs->plan, f, room, m->part};
        parallel_for((f->ntasks + PIECE - 1) / PIECE, weigh_piece, &weighing);
    } else if (c->of) {
        m->part = xmalloc(c->nkinds * sizeof *m->part);
        for (uint32_t k = 0; k < c->nkinds; k++)
            m->part[k] = (float)cost_part(&c->kind[k], f, room);
    }
    for (uint32_t k = 0; k < f->ntasks; k++)
        if (!left || !left->left || left->left[f->first_task + k])
            add(&sums, f->first_task + k, c->seconds[k], part_of(m, k), 1);
    return n;
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
    const struct family_costs *c = m->costs;
    w->weight = to_weight((w->timed ? c->one.seconds : untimed) * m->one_part, unit);
    if (!c->seconds)
        return;
    w->weights = xmalloc(ntasks * sizeof *w->weights);
    for (uint32_t i = 0; i < ntasks; i++)
        w->weights[i] = to_weight((w->timed ? c->seconds[i] : untimed) * part_of(m, i), unit);
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
    struct costs costs;
    costs_init(&costs, p);
    work_weigh(w, &costs, room);
    costs_free(&costs);
}

void
work_weigh(struct work *w, struct costs *costs, const struct node_room *room)
{
    work_weigh_left(w, costs, room, NULL);
}

void
work_weigh_left(struct work *w, struct costs *costs, const struct node_room *room,
    const struct work_left *left)
{
    uint32_t ntasks = 0;
    const struct plan *p = costs->plan;
    *w = (struct work){.room = *room, .longest_task = PLAN_NONE, .nfamilies = p->nfamilies};
    w->family = xcalloc(p->nfamilies + 1, sizeof *w->family);
    struct measured *m = xcalloc(p->nfamilies + 1, sizeof *m);
    struct times *times = xcalloc(1, sizeof *times);
    for (uint32_t i = 0; i < p->nfamilies; i++) {
        struct family_work *f = &w->family[i];
        uint32_t n = measure(f, &m[i], times, costs, i, room, left);
        ntasks += n;
        w->fills += f->fills;
        if (n && p->family[i].nodes > w->most_nodes)
            w->most_nodes = p->family[i].nodes;
        if (!f->timed) {
            w->untimed += n;
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
    uint32_t timed = ntasks - w->untimed;
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
    list_times(times, w);
    free(times);
    free(m);
}

void
work_free(struct work *w)
{
    for (uint32_t i = 0; i < w->nfamilies; i++)
        free(w->family[i].weights);
    free(w->family);
    free(w->time);
    *w = (struct work){0};
}
