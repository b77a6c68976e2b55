/* What is told of an attempt. */
#include "config.h"

#include "export/export.h"

#include "util/json.h"

#include <string.h>

void
attempt_of(const struct journal_head *head, const struct journal_rec *end, struct attempt *a)
{
    enum journal_reason reason = (enum journal_reason)end->reason;
    const char *holder = end->flags & JOURNAL_CARRIED ? "" : head->holder;
    size_t n = strcspn(holder, ".");
    *a = (struct attempt){.task = end->task,
        .head = head,
        .holder = holder,
        .end = end,
        .ended = (double)end->time_us * 1e-6,
        .reason = journal_reason_name(reason),
        .flaw =
            journal_reason_of_file(reason) ? journal_flaw_name((enum journal_flaw)end->code) : NULL,
        .final = end->flags & JOURNAL_FINAL};
    a->started = a->ended - end->wall_ms * 1e-3;
    memcpy(a->host, holder, n < sizeof a->host ? n : sizeof a->host - 1);
}

void
attempt_variables(const struct plan *p, uint32_t task, struct buf *out)
{
    const struct plan_family *f = &p->family[plan_family_of(p, task)];
    uint32_t row[VM_MAX_VARS];
    struct buf value = {0};
    plan_rows(p, task, row);
    buf_putc(out, '{');
    for (uint32_t v = 0; v < f->nvars; v++) {
        const char *name = plan_place_name(p, PLACE_VAR, f->first_var + v);
        uint32_t table = p->var[f->first_var + v].table;
        if (!*name) /* answers of the sky, which name nothing */
            break;
        json_key(out, name);
        if (plan_is_number(p, table, PLAN_NONE)) {
            plan_row_label(p, table, row[v], out);
            continue;
        }
        buf_reset(&value);
        plan_row_label(p, table, row[v], &value);
        json_string(out, value.p);
    }
    buf_putc(out, '}');
    buf_free(&value);
}

const char *
attempt_output_kind(const struct journal_output *o, uint32_t i)
{
    static const char *const kind[] = {"absent", "file", "folder", NULL};
    return kind[o->types >> 2 * i & 3];
}
