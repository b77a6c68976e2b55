#include "config.h"

#include "state/gates.h"

#include "state/tally.h"
#include "util/buf.h"

#include <stdlib.h>

struct plan_range
gates_held(const struct plan *p, uint32_t i)
{
    const struct plan_gate *g = &p->gate[i];
    const struct plan_family *f = &p->family[g->family];
    return (struct plan_range){f->first_task + g->after, f->ntasks - g->after};
}

const struct order *
gates_released(const struct plan *p, const struct control *c, uint32_t i)
{
    return control_release(c, plan_string(p, p->gate[i].name));
}

uint32_t *
gates_closed(const struct plan *p, const struct control *c)
{
    uint32_t *from = NULL;
    for (uint32_t i = 0; i < p->ngates; i++) {
        const struct plan_gate *g = &p->gate[i];
        if (gates_released(p, c, i))
            continue;
        if (!from) {
            from = xmalloc(p->nfamilies * sizeof *from);
            for (uint32_t k = 0; k < p->nfamilies; k++)
                from[k] = PLAN_NONE;
        }
        uint32_t first = gates_held(p, i).first_task;
        from[g->family] = first < from[g->family] ? first : from[g->family];
    }
    return from;
}

uint8_t *
gates_open(const struct plan *p, const struct control *c)
{
    uint32_t *from = gates_closed(p, c);
    if (!from)
        return NULL;
    uint8_t *open = xmalloc(p->head->ntasks);
    struct tally *t = tally_new(p, false); /* nothing was done */
    tally_states(t, from, open);
    for (uint32_t i = 0; i < p->head->ntasks; i++)
        open[i] = open[i] != STATUS_GATED;
    tally_free(t);
    free(from);
    return open;
}
