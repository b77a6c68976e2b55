/* The reader of plans, and all that is done with a plan that it takes. Size and checksum are
 * repaired first: whoever damages a plan on purpose does so, too. */
#include "config.h"

#include "fuzz.h"

#include "plan/plan.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_BYTES = 1 << 14, MAX_TASKS = 200 };

static void
repair(uint8_t *p, uint64_t n)
{
    struct plan_head *h = (struct plan_head *)p;
    if (n < sizeof *h)
        return;
    h->size = n;
    h->hash = plan_hash(p, n);
}

static void
paths(struct plan_eval *e, const struct plan *p, uint32_t task, uint32_t first, uint32_t count,
    struct buf *out)
{
    for (uint32_t i = first; i < first + count; i++) {
        double n;
        buf_reset(out);
        plan_path(e, task, i, "tag", out);
        for (uint32_t k = p->file[i].first_check; k < p->file[i].first_check + p->file[i].nchecks;
             k++) {
            const struct plan_check *c = &p->check[k];
            if (c->kind == CHECK_SIZE)
                plan_number(e, task, c->code, &n);
            else if (c->kind == CHECK_COMMAND)
                plan_text(e, task, c->code, out);
        }
    }
}

static void
evaluate(struct plan_eval *e, const struct plan *p, uint32_t task, struct buf *out)
{
    const struct plan_family *f = &p->family[plan_family_of(p, task)];
    const struct plan_code number[] = {f->memory, f->shared, f->cores, f->gpus, f->time, f->limit,
        f->priority};
    double n = 0;
    struct hash128 id;
    uint32_t bundle[2] = {task, f->first_task};
    plan_eval_bundle(e, bundle, f->bundle ? 2 : 0, 5);
    for (int i = 0; i < 7; i++)
        plan_number(e, task, number[i], &n);
    buf_reset(out);
    plan_task_label(p, task, out);
    plan_task_identity(e, task, &id);
    for (uint32_t i = f->first_arg; i < f->first_arg + f->nargs; i++)
        plan_text(e, task, p->arg[i].code, out);
    plan_text(e, task, f->feed, out);
    plan_text(e, task, f->learn, out);
    for (uint32_t i = f->first_env; i < f->first_env + f->nenvs; i++)
        plan_text(e, task, p->env[i].value, out);
    paths(e, p, task, f->first_input, f->ninputs, out);
    paths(e, p, task, f->first_output, f->noutputs, out);
    paths(e, p, task, f->first_checkpoint, f->ncheckpoints, out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    if (n > MAX_BYTES)
        return 0;
    uint8_t *copy = xmalloc(n); /* aligned, and its end is watched */
    if (n)
        memcpy(copy, bytes, n);
    repair(copy, n);
    struct buf out = {0};
    struct plan *p = plan_from_bytes(copy, n, "plan", &out);
    if (p && p->head->ntasks <= MAX_TASKS) {
        plan_dump(p, &out);
        struct plan_eval *e = plan_eval_new(p);
        plan_eval_tag(e, "tag");
        for (uint32_t t = 0; t < p->head->ntasks; t++)
            evaluate(e, p, t, &out);
        plan_eval_free(e);
    }
    plan_close(p);
    buf_free(&out);
    free(copy);
    return 0;
}
