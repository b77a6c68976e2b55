/* A campaign that states what was fitted, for who looks ahead. */
#include "config.h"

#include "calibrate/calibrate.h"

#include <string.h>

static struct expr *
operation(struct model *m, enum vm_op op, struct expr *a, struct expr *b)
{
    struct expr *e = expr_new(&m->arena, EX_OP, a->type, a->at, 2);
    e->op = op;
    e->arg[0] = a;
    e->arg[1] = b;
    return expr_fold(&m->arena, e);
}

static struct expr *
number(struct model *m, enum type type, double x)
{
    return expr_real(&m->arena, NO_SPAN, type, x);
}

static struct expr *
scaled(struct model *m, struct expr *e, double factor)
{
    return operation(m, OP_MUL, e, number(m, TYPE_REAL, factor));
}

static void
apply_memory(const struct calibrated *c, struct model *m, struct family *f)
{
    struct fit_ratio once, each;
    if (!calibrate_factors(c, &once, &each))
        return;
    struct expr *all = f->memory ? f->memory : number(m, TYPE_BYTES, COST_DEFAULT_MEMORY);
    if (f->shared) {
        struct expr *own = operation(m, OP_SUB, all, f->shared);
        f->shared = scaled(m, f->shared, once.value);
        f->memory = operation(m, OP_ADD, scaled(m, own, each.value), f->shared);
    } else if (c->answer == CALIBRATE_TERMS) {
        f->shared = number(m, TYPE_BYTES, once.value * CALIBRATE_UNIT);
        f->memory = operation(m, OP_ADD, scaled(m, all, each.value), f->shared);
    } else {
        f->memory = scaled(m, all, each.value);
    }
    f->nterms = 0;
}

static void
apply_time(const struct calibrated *c, struct model *m, struct family *f)
{
    if (c->answer == CALIBRATE_FACTOR)
        f->time =
            f->time ? scaled(m, f->time, c->half.value) : number(m, TYPE_DURATION, c->half.value);
}

static struct family *
find(const struct model *m, const char *name)
{
    for (unsigned i = 0; i < m->nfamilies; i++)
        if (strcmp(m->family[i]->name, name) == 0)
            return m->family[i];
    return NULL;
}

bool
calibration_apply(const struct calibration *c, const struct calibrate_source *s, struct model *m)
{
    const struct plan *p = c->status->plan;
    bool any = false;
    for (uint32_t i = 0; i < p->nfamilies; i++) {
        struct buf why = {0};
        struct family *f = find(m, plan_string(p, p->family[i].name));
        bool good = f && calibrate_written(c, s, i, &why);
        buf_free(&why);
        if (!good)
            continue;
        apply_memory(&c->memory[i], m, f);
        apply_time(&c->time[i], m, f);
        any |= c->memory[i].answer == CALIBRATE_FACTOR || c->memory[i].answer == CALIBRATE_TERMS ||
               c->time[i].answer == CALIBRATE_FACTOR;
    }
    return any;
}
