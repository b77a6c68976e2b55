/* A campaign's own errors and warnings: for which tasks their conditions hold. */
#include "config.h"

#include "planner/planner.h"

#include "diag/checks.h"

/* One message of a family: told for the first instance that it holds for, with how many there are.
 */
static bool
tell(struct planner *p, const struct planned *f, const struct message *m)
{
    struct buf when = {0}, text = {0};
    if (!planner_few(p, f->f, f->ntasks, MOST_TRIED, m->when->at, "try this condition on"))
        return false;
    planner_code(p, m->when, &when);
    planner_code(p, m->text, &text);
    planner_ask_ahead(p, f, m->when);
    uint32_t first = 0, count = 0;
    bool ok = true;
    for (uint32_t t = 0; t < f->ntasks && ok; t++) {
        planned_rows(f, t, p->ev.row);
        if (planner_true(p, &when, m->when->at, &ok) && count++ == 0)
            first = t;
    }
    struct value v;
    if (ok && count) {
        planned_rows(f, first, p->ev.row);
        ok = vm_run(&p->ev, (const uint8_t *)text.p, (uint32_t)text.n, &v);
        struct diag *said =
            ok ? diag_add(p->d, m->severity, RULE_MESSAGE, m->at, "%.*s", (int)v.s.n, v.s.p)
               : diag_add(p->d, DIAG_ERROR, RULE_VALUE, m->text->at, "%s", p->ev.error);
        if (ok)
            diag_spoken(said);
        if (ok && count > 1)
            diag_note(said, NO_SPAN, "and so for %u more of the %u tasks of '%s'", count - 1,
                f->ntasks, f->f->name);
        ok = ok && m->severity != DIAG_ERROR;
    }
    buf_free(&when);
    buf_free(&text);
    return ok;
}

bool
family_messages(struct planner *p, unsigned i)
{
    const struct planned *f = &p->fam[i];
    bool ok = true;
    for (unsigned k = 0; k < f->f->nmessages; k++)
        ok = tell(p, f, &f->f->message[k]) && ok;
    return ok;
}
