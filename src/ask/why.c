#include "config.h"

#include "ask/why.h"

#include "ask/columns.h"
#include "cost/cost.h"
#include "journal/lease.h"
#include "journal/paths.h"
#include "model/units.h"
#include "report/before.h"
#include "report/control.h"
#include "report/words.h"
#include "state/control.h"
#include "state/gates.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_NEEDED = 5, MOST_LINES = 20 };

static void
add_line(struct buf *out, const char *text)
{
    buf_printf(out, "  %s\n", text);
}

/* Cells with words between them: "on n17, since ..." */
static void
add_cell(const struct facts *f, uint32_t task, const char *before, enum ask_column column,
    struct buf *out)
{
    buf_puts(out, before);
    ask_cell(f, column, task, &f->task[task], out);
}

/* --- what it needs --- */

/* Tasks that are not done, of one need: how many in each state, and some of them. */
static void
add_need(const struct facts *f, uint32_t task, uint32_t number, struct buf *out)
{
    const struct status *s = f->status;
    const struct plan *p = s->plan;
    const struct plan_family *consumer = &p->family[plan_family_of(p, task)],
                             *producer = &p->family[p->need[number].producer];
    uint32_t group = relation_group(&p->relation[number], task - consumer->first_task);
    uint32_t n[STATUS_NSTATES] = {0}, all = 0, member;
    struct relation_walk w;
    if (group == RELATION_NONE)
        return;
    for (relation_members(&p->relation[number], group, &w); relation_next(&w, &member); all++)
        n[s->state[producer->first_task + member]]++;
    if (n[STATUS_DONE] == all)
        return;
    buf_printf(out, "  needs %u of %s:", all, plan_string(p, producer->name));
    const char *comma = "";
    for (int x = 0; x < STATUS_NSTATES; x++)
        if (n[x]) {
            buf_printf(out, "%s %u %s", comma, n[x], status_state_name((enum status_state)x));
            comma = ",";
        }
    buf_putc(out, '\n');
    /* those that failed first: without them it never starts */
    static const enum status_state order[] = {STATUS_FAILED, STATUS_BLOCKED, STATUS_RUNNING,
        STATUS_INTERRUPTED, STATUS_GATED, STATUS_LATE, STATUS_READY, STATUS_WAITING};
    unsigned told = 0;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if (!n[order[i]])
            continue;
        relation_members(&p->relation[number], group, &w);
        while (told < MOST_NEEDED && relation_next(&w, &member)) {
            uint32_t needed = producer->first_task + member;
            if (s->state[needed] != order[i])
                continue;
            buf_printf(out, "    %-11s ", status_state_name(order[i]));
            plan_task_label(p, needed, out);
            if (order[i] == STATUS_FAILED)
                add_cell(f, needed, ": ", ASK_REASON, out);
            buf_putc(out, '\n');
            told++;
        }
    }
}

static void
add_needs(const struct facts *f, uint32_t task, struct buf *out)
{
    const struct plan *p = f->plan;
    const struct plan_family *family = &p->family[plan_family_of(p, task)];
    for (uint32_t k = 0; k < family->nneeds; k++)
        add_need(f, task, family->first_need + k, out);
}

/* --- where it stands --- */

static void
add_cost(const struct plan *p, uint32_t task, struct buf *out)
{
    struct plan_eval *e = plan_eval_new(p);
    struct cost c;
    if (cost_of(e, &p->family[plan_family_of(p, task)], task, &c, NULL)) {
        buf_puts(out, "  asks for ");
        if (c.cores > 0)
            buf_printf(out, "%.0f core%s, ", c.cores, c.cores == 1 ? "" : "s");
        if (c.gpus > 0)
            buf_printf(out, "%.0f GPU%s, ", c.gpus, c.gpus == 1 ? "" : "s");
        quantity_bytes(out, c.memory);
        if (c.seconds > 0) {
            buf_puts(out, ", expected to take ");
            quantity_duration(out, c.seconds);
        }
        buf_putc(out, '\n');
    }
    plan_eval_free(e);
}

/* Of the journals those alone were read that tell of the task. */
static bool
any_shim(const struct status *s)
{
    struct buf state = {0};
    buf_printf(&state, "%s/" BUILD_STATE, s->dir);
    bool any = lease_shims(state.p, "", 1) > 0;
    buf_free(&state);
    return any;
}

static int
by_task(const void *task, const void *again)
{
    uint32_t x = *(const uint32_t *)task, y = ((const struct status_again *)again)->task;
    return (x > y) - (x < y);
}

/* It failed just now, and nobody is to start it yet. */
static bool
add_again(const struct status *s, uint32_t task, struct buf *out)
{
    const struct status_again *a =
        s->nagain ? bsearch(&task, s->again, s->nagain, sizeof *a, by_task) : NULL;
    if (!a)
        return false;
    buf_puts(out, "  it is tried again in ");
    status_duration(a->at_s - (double)s->now_us * 1e-6, out);
    buf_puts(out, ": pauses between attempts grow from a second to a minute\n");
    return true;
}

/* Who could start it. */
static void
add_who(const struct facts *f, uint32_t task, struct buf *out)
{
    const struct status *s = f->status;
    uint32_t shard = plan_shard_of(s->plan, task);
    const struct order *pause = control_pause(s->control);
    if (pause) {
        buf_puts(out, "  nothing is started: paused by ");
        control_whose(pause, "since", out);
        buf_printf(out, " ('wflc control resume %s' ends that)\n", s->dir);
    }
    if (before_why(s, task, out))
        return;
    if (s->stopped)
        add_line(out, "the campaign has stopped itself: wflc status tells why");
    else if (!s->nshims && !any_shim(s))
        add_line(out, "no job is at work");
    else if (!s->nshims)
        add_line(out, "no node has taken it yet; those at work take more when they have room");
    else if (add_again(s, task, out))
        return;
    else if (s->leased[shard])
        add_line(out, "a node at work has it, and starts it when there is room and time for it");
    else
        buf_printf(out,
            "  no node has taken it yet; %zu %s at work, and take%s more when they have "
            "room\n",
            s->nshims, s->nshims == 1 ? "is" : "are", s->nshims == 1 ? "s" : "");
}

static void
add_place(const struct plan *p, uint32_t task, struct buf *out)
{
    uint32_t k = plan_family_of(p, task);
    buf_printf(out, "  declared at %s:%u\n", plan_place_name(p, PLACE_FAMILY, k),
        p->place[PLACE_FAMILY][k].line);
}

/* As the shell is given it, for the task alone. */
static void
add_command(const struct plan *p, uint32_t task, struct buf *out)
{
    const struct plan_family *family = &p->family[plan_family_of(p, task)];
    struct plan_eval *e = plan_eval_new(p);
    struct buf text = {0};
    bool ok = true;
    for (uint32_t i = 0; i < family->nargs && ok; i++) {
        if (i)
            buf_putc(&text, ' ');
        ok = plan_text(e, task, p->arg[family->first_arg + i].code, &text);
    }
    if (ok && text.n) {
        buf_puts(out, "  command:\n");
        unsigned lines = 0;
        for (const char *at = text.p; *at && lines < MOST_LINES; lines++) {
            size_t n = strcspn(at, "\n");
            buf_printf(out, "    %.*s\n", (int)n, at);
            at += n + (at[n] != 0);
        }
    }
    buf_free(&text);
    plan_eval_free(e);
}

static void
add_failure(const struct facts *f, uint32_t task, struct buf *out)
{
    const struct status *s = f->status;
    for (size_t i = 0; i < s->nfailures; i++)
        if (s->failure[i].end.task == task)
            status_failure_text(s->plan, s->dir, &s->failure[i], out);
}

static void
add_late(const struct facts *f, uint32_t task, struct buf *out)
{
    const struct status *s = f->status;
    for (size_t i = 0; i < s->nlate; i++)
        if (s->late[i].task == task) {
            buf_puts(out, "  waits for ");
            status_late_one(s, &s->late[i], out);
            buf_puts(out, "\n  it starts when that is there, and passes its checks\n");
        }
}

static void
add_gates(const struct facts *f, uint32_t task, struct buf *out)
{
    const struct status *s = f->status;
    const struct plan *p = s->plan;
    for (uint32_t i = 0; i < p->ngates; i++) {
        const struct plan_gate *g = &p->gate[i];
        const struct plan_family *of = &p->family[g->family];
        const struct plan_range held = gates_held(p, i);
        if (task - held.first_task >= held.ntasks || gates_released(p, s->control, i))
            continue;
        buf_printf(out, "  held back by a gate after %u of %s: %s\n", g->after,
            plan_string(p, of->name), plan_string(p, g->name));
        buf_puts(out, "  it starts after: ");
        status_gate_release(s, i, out);
        buf_putc(out, '\n');
    }
}

void
why_text(const struct facts *f, uint32_t task, struct buf *out)
{
    const struct plan *p = f->plan;
    enum status_state state = (enum status_state)f->status->state[task];
    const struct fact *a = &f->task[task];
    if (state == STATUS_FAILED) {
        size_t before = out->n;
        add_failure(f, task, out);
        if (out->n > before) { /* its first line begins like those of status */
            memmove(out->p + before, out->p + before + 2, out->n - before - 2);
            out->n -= 2;
            out->p[out->n] = 0;
        }
        struct buf whose = {0};
        if (a->reason == REASON_CANCELLED)
            control_cancelled(f->status->control, task, &whose);
        if (whose.n)
            add_line(out, whose.p);
        buf_free(&whose);
        add_command(p, task, out);
        return;
    }
    plan_task_label(p, task, out);
    buf_printf(out, ": %s", status_state_name(state));
    if (state == STATUS_RUNNING || state == STATUS_INTERRUPTED) {
        buf_printf(out, ", attempt %u", a->attempt);
        add_cell(f, task, " on ", ASK_HOST, out);
        add_cell(f, task, ", started ", ASK_STARTED, out);
        if (state == STATUS_RUNNING)
            add_cell(f, task, ", for ", ASK_TIME, out);
    } else if (state == STATUS_DONE && a->attempt) {
        buf_printf(out, ", attempt %u", a->attempt);
        add_cell(f, task, " on ", ASK_HOST, out);
        add_cell(f, task, ", ended ", ASK_ENDED, out);
        add_cell(f, task, ", after ", ASK_TIME, out);
        if (a->peak_kib)
            add_cell(f, task, ", with at most ", ASK_MEMORY, out);
    } else if (a->attempt && a->ended_s) {
        buf_printf(out, "; attempt %u", a->attempt);
        add_cell(f, task, " ended ", ASK_ENDED, out);
        add_cell(f, task, " on ", ASK_HOST, out);
        add_cell(f, task, ": ", ASK_REASON, out);
        if (a->reason == REASON_WALLTIME) {
            add_cell(f, task, " after ", ASK_TIME, out);
            buf_puts(out, ", as its job ended: give jobs more time");
        }
    }
    buf_putc(out, '\n');
    if (state == STATUS_GATED)
        add_gates(f, task, out);
    if (state == STATUS_WAITING || state == STATUS_BLOCKED || state == STATUS_GATED)
        add_needs(f, task, out);
    if (state == STATUS_LATE)
        add_late(f, task, out);
    if (state == STATUS_READY || state == STATUS_LATE || state == STATUS_INTERRUPTED)
        add_who(f, task, out);
    if (state != STATUS_DONE)
        add_cost(p, task, out);
    add_place(p, task, out);
    if (state == STATUS_RUNNING || state == STATUS_DONE)
        add_command(p, task, out);
}
