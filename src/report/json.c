/* The status for programs. */
#include "config.h"

#include "journal/paths.h"
#include "report/words.h"

#include "report/control.h"
#include "report/lost.h"
#include "report/said.h"
#include "util/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* RFC 3339, UTC. */
static void
add_time(struct buf *out, const char *key, int64_t us)
{
    time_t t = (time_t)(us / 1000000);
    struct tm tm;
    char text[64];
    json_key(out, key);
    if (us >= 0 && gmtime_r(&t, &tm) && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm))
        buf_printf(out, "\"%s.%03dZ\"", text, (int)(us / 1000 % 1000));
    else
        buf_puts(out, "null");
}

static void
add_count(struct buf *out, const struct status_count *c)
{
    json_integer(out, "total", c->total);
    for (int x = 0; x < STATUS_NSTATES; x++)
        json_integer(out, status_state_name((enum status_state)x), c->of[x]);
}

static void
add_failure(struct buf *out, const struct status *s, const struct status_failure *f)
{
    const struct plan *p = s->plan;
    const struct journal_rec *r = &f->end;
    uint32_t number = plan_family_of(p, r->task);
    const struct plan_family *family = &p->family[number];
    struct buf text = {0};
    json_item(out);
    json_integer(out, "task", r->task);
    plan_task_label(p, r->task, &text);
    json_text(out, "label", text.p);
    json_text(out, "reason", journal_reason_name((enum journal_reason)r->reason));
    bool flaw = journal_reason_of_file((enum journal_reason)r->reason);
    json_integer(out, "code", flaw ? 0 : r->code);
    if (flaw)
        json_text(out, "flaw", journal_flaw_name((enum journal_flaw)r->code));
    buf_reset(&text);
    status_reason(p, r, &text);
    json_text(out, "text", text.p);
    json_integer(out, "attempt", r->attempt);
    json_integer(out, "attempts", (uint64_t)family->retries + 1);
    json_text(out, "host", f->host);
    json_integer(out, "node", r->node);
    add_time(out, "ended", r->time_us);
    json_real(out, "wall_seconds", r->wall_ms * 1e-3);
    json_integer(out, "peak_bytes", (uint64_t)r->peak_kib * 1024);
    json_text(out, "file", plan_place_name(p, PLACE_FAMILY, number));
    json_integer(out, "line", p->place[PLACE_FAMILY][number].line);
    struct buf shim = {0}, task = {0};
    said_read(s->dir, f, &shim, &task);
    json_text(out, "shim_said", shim.n ? shim.p : "");
    json_text(out, "task_said", task.n ? task.p : "");
    buf_free(&shim);
    buf_free(&task);
    buf_putc(out, '}');
    buf_free(&text);
}

static void
add_late(struct buf *out, const struct status *s, const struct status_late *l)
{
    struct buf text = {0};
    plan_task_label(s->plan, l->task, &text);
    json_item(out);
    json_integer(out, "task", l->task);
    json_text(out, "label", text.p);
    buf_reset(&text);
    status_late_one(s, l, &text);
    json_text(out, "text", text.p);
    json_text(out, "flaw", journal_flaw_name((enum journal_flaw)l->flaw));
    add_time(out, "since", l->since_us);
    buf_putc(out, '}');
    buf_free(&text);
}

static void
add_lost(struct buf *out, const struct lost *l)
{
    json_key(out, "outputs");
    buf_putc(out, '{');
    json_integer(out, "of_done_tasks", l->outputs);
    json_integer(out, "looked_at", l->looked);
    json_integer(out, "tasks_lost", l->n);
    json_integer(out, "in_absent_folders", l->nabsent);
    json_integer(out, "unknown", l->nunknown);
    buf_putc(out, '}');
}

static void
add_cut(struct buf *out, const struct status_cut *c)
{
    if (!c->n)
        return;
    json_key(out, "cut_off");
    buf_putc(out, '{');
    json_integer(out, "tasks", c->n);
    json_real(out, "longest_seconds", c->ran_ms * 1e-3);
    buf_putc(out, '}');
}

static void
add_over(struct buf *out, const struct status_over *o)
{
    if (!o->n)
        return;
    json_key(out, "over_memory");
    buf_putc(out, '{');
    json_integer(out, "tasks", o->n);
    json_integer(out, "used_bytes", o->used);
    json_integer(out, "stated_bytes", o->stated);
    buf_putc(out, '}');
}

/* All that is known, be it of one task. */
static void
add_times(struct buf *out, const struct status *s)
{
    uint32_t n;
    struct book_said *said = book_say(s->book, &n);
    for (uint32_t i = 0; i < n; i++) {
        struct buf by = {0};
        status_learned_by(s, &said[i], &by);
        json_item(out);
        json_text(out, "family", plan_string(s->plan, s->plan->family[said[i].family].name));
        json_text(out, "by", by.n ? by.p : "");
        json_integer(out, "attempts", said[i].ended);
        json_real(out, said[i].absolute ? "seconds" : "ratio",
            said[i].ended ? said[i].median : NAN);
        json_real(out, said[i].absolute ? "seconds_95" : "ratio_95",
            said[i].known ? said[i].p95 : NAN);
        buf_putc(out, '}');
        buf_free(&by);
    }
    free(said);
}

void
status_json(const struct status *s, const struct lost *lost, struct buf *out)
{
    const struct plan *p = s->plan;
    struct buf b = {0}; /* of its own: commas look at what is before them */
    buf_putc(&b, '{');
    json_text(&b, "campaign", plan_string(p, p->head->campaign));
    json_text(&b, "site", plan_site(p));
    add_time(&b, "time", s->now_us);
    json_key(&b, "tasks");
    buf_putc(&b, '{');
    add_count(&b, &s->all);
    buf_puts(&b, "},\n  \"families\": [");
    for (uint32_t k = 0; k < p->nfamilies; k++) {
        json_item(&b);
        json_text(&b, "name", plan_string(p, p->family[k].name));
        add_count(&b, &s->family[k]);
        if (p->family[k].stop_after) {
            json_key(&b, "stopped");
            buf_puts(&b, (s->stopped && s->stop.family == k) ||
                                 s->family[k].of[STATUS_FAILED] >= p->family[k].stop_after
                             ? "true"
                             : "false");
        }
        add_over(&b, &s->over[k]);
        add_cut(&b, &s->cut[k]);
        buf_putc(&b, '}');
    }
    buf_puts(&b, "],\n  \"jobs\": [");
    for (size_t i = 0; i < s->nshims; i++) {
        json_item(&b);
        json_text(&b, "holder", s->shim[i].who);
        json_text(&b, "job", s->shim[i].job);
        json_key(&b, "shard");
        if (s->shim[i].nshards)
            buf_printf(&b, "%u", s->shim[i].shard);
        else
            buf_puts(&b, "null");
        json_integer(&b, "epoch", s->shim[i].epoch);
        add_time(&b, "since", s->shim[i].since_us);
        buf_putc(&b, '}');
    }
    buf_puts(&b, "],\n  \"nodes\": [");
    status_nodes_json(s, &b);
    buf_puts(&b, "],\n  \"bad_nodes\": [");
    for (size_t i = 0; i < s->nbad; i++) {
        const struct bad_node *n = &s->bad[i];
        json_item(&b);
        json_text(&b, "name", n->name);
        json_integer(&b, "failures", n->failures);
        json_text(&b, "reason", journal_reason_name(n->reason));
        json_integer(&b, "code", n->code);
        json_text(&b, "job", n->job);
        add_time(&b, "since", n->since_s * 1000000);
        buf_putc(&b, '}');
    }
    buf_puts(&b, "],\n  \"orders\": ");
    struct buf state = {0};
    buf_printf(&state, "%s/" BUILD_STATE, s->dir);
    control_json(s->control, state.p, &b);
    buf_free(&state);
    buf_puts(&b, ",\n  \"times\": [");
    add_times(&b, s);
    buf_puts(&b, "],\n  \"period_seconds\": ");
    buf_printf(&b, "%.3f", s->period_s);
    json_integer(&b, "done_in_period", s->done_lately);
    json_real(&b, "tasks_per_hour", s->rate);
    json_real(&b, "seconds_left", s->eta_s);
    json_key(&b, "node_seconds");
    buf_putc(&b, '{');
    json_real(&b, "all", s->account.all_s);
    account_json(s->account.part_s, &b);
    buf_putc(&b, '}');
    if (lost)
        add_lost(&b, lost);
    if (p->ngates) {
        buf_puts(&b, ",\n  \"gates\": [");
        status_gates_json(s, &b);
        buf_puts(&b, "]");
    }
    if (p->nhooks) {
        buf_puts(&b, ",\n  \"hooks\": [");
        status_hooks_json(s, &b);
        buf_puts(&b, "]");
    }
    buf_puts(&b, ",\n  \"again\": {");
    json_integer(&b, "tasks", s->nagain);
    add_time(&b, "first", s->nagain ? s->again_s * INT64_C(1000000) : -1);
    buf_puts(&b, "},\n  \"late\": [");
    for (size_t i = 0; i < s->nlate; i++)
        add_late(&b, s, &s->late[i]);
    buf_puts(&b, "],\n  \"failed\": [");
    for (size_t i = 0; i < s->nfailures; i++)
        add_failure(&b, s, &s->failure[i]);
    buf_puts(&b, "]}\n");
    buf_add(out, b.p, b.n);
    buf_free(&b);
}
