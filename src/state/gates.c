#include "config.h"

#include "state/gates.h"

#include "util/buf.h"

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
        uint32_t first = p->family[g->family].first_task + g->after;
        from[g->family] = first < from[g->family] ? first : from[g->family];
    }
    return from;
}
