/* Tasks that were done elsewhere become done here. */
#include "config.h"

#include "audit/audit.h"

#include "journal/paths.h"
#include "report/amend.h"
#include "state/wrote.h"

#include <fcntl.h>

struct adopting {
    const struct plan *plan;
    struct plan_eval *eval;
    struct buf path;
};

/* Its outputs as they are now. */
static void
add_outputs(void *arg, struct journal *j, uint32_t task)
{
    struct adopting *a = arg;
    const struct plan_family *f = &a->plan->family[plan_family_of(a->plan, task)];
    for (uint32_t first = 0; first < f->noutputs; first += JOURNAL_OUTPUTS) {
        struct journal_output o = {.kind = JOURNAL_OUTPUT, .task = task, .first = (uint16_t)first};
        for (; o.count < JOURNAL_OUTPUTS && first + o.count < f->noutputs; o.count++) {
            enum journal_type type = JOURNAL_ABSENT;
            buf_reset(&a->path);
            if (plan_path(a->eval, task, f->first_output + first + o.count, NULL, &a->path))
                wrote_look(AT_FDCWD, a->path.p, &o.of[o.count], &type);
            o.types |= (uint8_t)(type << 2 * o.count);
        }
        journal_add_output(j, &o);
    }
}

uint32_t
audit_adopt(const struct status *s, const uint32_t *task, uint32_t n, int *err)
{
    struct buf state = {0};
    struct adopting a = {s->plan, plan_eval_new(s->plan), {0}};
    const struct amend how = {.plan = s->plan, .done = true, .before = add_outputs, .arg = &a};
    buf_printf(&state, "%s/" BUILD_STATE, s->dir);
    *err = 0;
    uint32_t written = amend_write(state.p, &how, task, n, err);
    plan_eval_free(a.eval);
    buf_free(&a.path);
    buf_free(&state);
    return written;
}
