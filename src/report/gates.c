/* Gates of a campaign: what they wait for, and what they hold back. */
#include "config.h"

#include "report/words.h"

#include "state/gates.h"
#include "util/json.h"

#include <string.h>

/* How many of the tasks before it are done; `*ended`: none of them will run any more. */
static uint32_t
done_before(const struct status *s, const struct plan_gate *g, bool *ended)
{
    uint32_t done = 0, lost = 0, first = s->plan->family[g->family].first_task;
    for (uint32_t t = first; t < first + g->after; t++) {
        done += s->state[t] == STATUS_DONE;
        lost += s->state[t] == STATUS_FAILED || s->state[t] == STATUS_BLOCKED;
    }
    *ended = done + lost == g->after;
    return done;
}

void
status_gate_release(const struct status *s, uint32_t gate, struct buf *out)
{
    const char *name = plan_string(s->plan, s->plan->gate[gate].name);
    buf_puts(out, "wflc control release ");
    buf_shell_quote(out, name, strlen(name), QUOTE_WORD);
    buf_printf(out, " %s", s->dir);
}

void
status_gates(const struct status *s, bool commands, struct buf *out)
{
    const struct plan *p = s->plan;
    for (uint32_t i = 0; i < p->ngates; i++) {
        const struct plan_gate *g = &p->gate[i];
        const struct plan_family *f = &p->family[g->family];
        if (gates_released(p, s->control, i))
            continue;
        bool waits;
        uint32_t done = done_before(s, g, &waits);
        buf_printf(out, "gate: %s: ", plan_string(p, g->name));
        status_number(done, out);
        buf_puts(out, " of the first ");
        status_number(g->after, out);
        buf_printf(out, " of %s %s done; the other ", plan_string(p, f->name),
            g->after == 1 ? "is" : "are");
        status_number(gates_held(p, i).ntasks, out);
        buf_puts(out, waits ? " wait for you\n" : " wait\n");
        if (!commands)
            continue;
        buf_puts(out, "          (they start after: ");
        status_gate_release(s, i, out);
        buf_puts(out, ")\n");
    }
}

void
status_gates_json(const struct status *s, struct buf *out)
{
    const struct plan *p = s->plan;
    for (uint32_t i = 0; i < p->ngates; i++) {
        const struct plan_gate *g = &p->gate[i];
        const struct order *o = gates_released(p, s->control, i);
        bool ended;
        json_item(out);
        json_text(out, "gate", plan_string(p, g->name));
        json_text(out, "family", plan_string(p, p->family[g->family].name));
        json_integer(out, "after", g->after);
        json_integer(out, "done", done_before(s, g, &ended));
        json_text(out, "released_by", o ? o->who : "");
        buf_putc(out, '}');
    }
}
