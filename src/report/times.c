/* How long tasks took, in words. */
#include "config.h"

#include "report/words.h"

#include <stdlib.h>

enum { MOST_KEYS = 12 }; /* of a family, that are shown */

void
status_learned_by(const struct status *s, const struct book_said *said, struct buf *out)
{
    if (!said->key || said->task == PLAN_NONE)
        return;
    struct plan_eval *e = plan_eval_new(s->plan);
    plan_text(e, said->task, s->plan->family[said->family].learn, out);
    plan_eval_free(e);
}

static void
add_measure(const struct book_said *said, double value, struct buf *out)
{
    if (said->absolute)
        status_duration(value, out);
    else
        buf_printf(out, value < 9.95 ? "%.2g x" : "%.0f x", value);
}

static void
add_measured(const struct book_said *said, struct buf *out)
{
    buf_puts(out, "measured ");
    add_measure(said, said->median, out);
    if (!said->absolute)
        buf_puts(out, " what is stated");
    if (said->known) {
        buf_puts(out, ", 95 of 100 within ");
        add_measure(said, said->p95, out);
    }
    buf_puts(out, "; ");
    status_number(said->ended, out);
    buf_puts(out, said->ended == 1 ? " attempt" : " attempts");
    buf_puts(out, said->absolute ? " at tasks of which no time is stated\n" : "\n");
}

/* Jobs that end before their tasks do get nowhere, and nothing fails. */
static void
add_cut(const struct status *s, struct buf *out)
{
    const struct plan *p = s->plan;
    struct plan_eval *eval = plan_eval_new(p);
    for (uint32_t k = 0; k < p->nfamilies; k++) {
        const struct status_cut *c = &s->cut[k];
        double stated = 0;
        if (!c->n)
            continue;
        status_number(c->n, out);
        buf_printf(out, " task%s of %s did not end before the job did, the longest after ",
            c->n == 1 ? "" : "s", plan_string(p, p->family[k].name));
        status_duration(c->ran_ms * 1e-3, out);
        if (plan_number(eval, c->task, p->family[k].time, &stated) && stated > 0) {
            buf_puts(out, "; it is to take ");
            status_duration(stated, out);
        }
        buf_printf(out, " (%s:%u): give jobs more time\n", plan_place_name(p, PLACE_FAMILY, k),
            p->place[PLACE_FAMILY][k].line);
    }
    plan_eval_free(eval);
}

void
status_times(const struct status *s, struct buf *out)
{
    uint32_t n, keys = 0, hidden = 0;
    add_cut(s, out);
    struct book_said *said = book_say(s->book, &n);
    for (uint32_t i = 0; i < n; i++) {
        const struct book_said *b = &said[i];
        keys = i && b->family == b[-1].family && b->key ? keys : 0;
        if (b->ended < BOOK_ENOUGH || (b->key && b->task == PLAN_NONE))
            continue;
        keys += b->key != 0;
        if (keys > MOST_KEYS) {
            hidden++;
        } else if (b->key) {
            buf_puts(out, "  ");
            status_learned_by(s, b, out);
            buf_puts(out, ": ");
            add_measured(b, out);
        } else {
            buf_printf(out, "%s: ", plan_string(s->plan, s->plan->family[b->family].name));
            add_measured(b, out);
        }
        if (hidden && (i + 1 == n || b[1].family != b->family)) {
            buf_printf(out, "  and %u more: wflc status --json\n", hidden);
            hidden = 0;
        }
    }
    free(said);
}
