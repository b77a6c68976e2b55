/* What tasks will cost: by the time that each took, else by what was learned of its like, else as
 * it is stated. */
#include "config.h"

#include "redo/redo.h"

#include "cost/cost.h"
#include "learn/book.h"

/* Seconds; 0: not known. */
static double
seconds_of(const struct facts *f, struct plan_eval *e, uint32_t task, const struct cost *c,
    struct redo_price *price)
{
    const struct fact *a = &f->task[task];
    uint32_t family = plan_family_of(f->plan, task);
    if (f->status->state[task] == STATUS_DONE && a->wall_ms && !(a->flags & JOURNAL_SHARED)) {
        price->measured++;
        return a->wall_ms * 1e-3;
    }
    uint32_t key = cost_learn_key(e, &f->plan->family[family], task);
    double expected = book_time(f->status->book, family, key, c->seconds).expected;
    price->stated += expected > 0;
    price->unknown += !(expected > 0);
    return expected;
}

void
redo_price(const struct facts *f, const struct redo_choice *c, struct redo_price *price)
{
    struct plan_eval *e = plan_eval_new(f->plan);
    *price = (struct redo_price){0};
    for (uint32_t t = 0; t < f->plan->head->ntasks; t++) {
        const struct plan_family *of = &f->plan->family[plan_family_of(f->plan, t)];
        struct cost cost;
        if (!c->why[t])
            continue;
        cost_of(e, of, t, &cost, NULL);
        double hours = seconds_of(f, e, t, &cost, price) / 3600;
        if (of->nodes)
            price->node_hours += of->nodes * hours;
        else
            price->core_hours += cost.cores * hours;
    }
    plan_eval_free(e);
}
