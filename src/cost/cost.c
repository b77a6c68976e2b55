/* What one task asks for, and how much of a node that is. */
#include "config.h"

#include "cost/cost.h"

#include <math.h>

const struct cost_bounds cost_bounds[NCOSTS] = {
    [COST_MEMORY] = {"memory", false, 0, 1e18},
    [COST_SHARED] = {"shared memory", true, 0, 1e18},
    [COST_CORES] = {"cores", false, 0, PLAN_MOST_CORES - 1},
    [COST_GPUS] = {"gpus", true, 0, 1024},
    [COST_TIME] = {"time", false, 0, 1e12},
    [COST_LIMIT] = {"limit", false, 0, 1e12},
    [COST_PRIORITY] = {"priority", true, -1e9, 1e9},
};

/* NULL, or why it cannot be had; *n is left as it is then. */
static const char *
number(struct plan_eval *e, uint32_t task, struct plan_code code, bool any, double *n)
{
    double got = *n;
    if (!plan_number(e, task, code, &got))
        return plan_eval_error(e);
    if (!any && !(isfinite(got) && got >= 0))
        return "not a number of zero or more";
    *n = got;
    return NULL;
}

bool
cost_of(struct plan_eval *e, const struct plan_family *f, uint32_t task, struct cost *c,
    struct cost_flaw *flaw)
{
    *c = (struct cost){.memory = COST_DEFAULT_MEMORY, .cores = 1};
    const struct {
        const char *name;
        struct plan_code code;
        double *n;
    } part[] = {{"memory", f->memory, &c->memory}, {"shared memory", f->shared, &c->shared},
        {"number of cores", f->cores, &c->cores}, {"number of GPUs", f->gpus, &c->gpus},
        {"time", f->time, &c->seconds}, {"priority", f->priority, &c->priority}};
    const char *why = NULL;
    for (unsigned i = 0; i < sizeof part / sizeof *part && !why; i++) {
        why = number(e, task, part[i].code, part[i].n == &c->priority, part[i].n);
        if (why && flaw)
            *flaw = (struct cost_flaw){part[i].name, why};
    }
    c->shared = fmin(c->shared, c->memory);
    return !why;
}

double
cost_seconds(struct plan_eval *e, const struct plan_family *f, uint32_t task)
{
    double n = 0;
    number(e, task, f->time, false, &n);
    return n;
}

uint32_t
cost_learn_key(struct plan_eval *e, const struct plan_family *f, uint32_t task)
{
    struct buf text = {0};
    if (!f->learn.size)
        return 0;
    bool good = plan_text(e, task, f->learn, &text);
    uint32_t key = good ? (uint32_t)hash64(text.p, text.n, 0) : 0;
    buf_free(&text);
    return key ? key : good;
}

double
cost_unknown(double seconds, uint32_t n)
{
    return n && seconds > 0 ? seconds / n : 1;
}

/* How often `each` goes into `have` less what is used `once`. */
static uint32_t
times(double have, double once, double each)
{
    if (each <= 0)
        return PLAN_NONE;
    double n = floor((have - once) / each + 1e-9);
    return n < 1 ? 1 : n < PLAN_NONE ? (uint32_t)n : PLAN_NONE;
}

struct slots
slots_of(const struct cost *c, bool bundled, const struct node_room *room)
{
    struct slots s = {PLAN_NONE, ROOM_NONE, PLAN_NONE, PLAN_NONE, PLAN_NONE};
    double shared = bundled ? c->shared : 0;
    if (room->memory)
        s.by_memory = times((double)room->memory, shared, c->memory - shared);
    if (room->cores)
        s.by_cores = c->cores < 1 ? 1 : times(room->cores, 0, c->cores);
    if (room->gpus != PLAN_NONE)
        s.by_gpus = times(room->gpus, 0, c->gpus);
    const uint32_t by[] = {s.by_memory, s.by_cores, s.by_gpus};
    for (int i = ROOM_MEMORY; i <= ROOM_GPUS; i++)
        if (by[i] < s.n) {
            s.n = by[i];
            s.bound = (enum room_of)i;
        }
    return s;
}

double
cost_part(const struct cost *c, const struct plan_family *f, const struct node_room *room)
{
    if (f->runs_on == PLAN_ON_SUBMIT)
        return 0;
    if (f->nodes)
        return f->nodes;
    struct slots s = slots_of(c, f->bundle != 0, room);
    return s.bound == ROOM_NONE ? 1 : 1.0 / s.n;
}
