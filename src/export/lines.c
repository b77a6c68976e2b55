/* Attempts as lines of JSON, and of CSV. */
#include "config.h"

#include "export/export.h"

#include "journal/paths.h"
#include "util/cells.h"
#include "util/json.h"

#include <string.h>

enum { CHUNK = 1 << 16 };

struct lines {
    const struct plan *plan;
    enum ask_form form;
    struct buf text, label, variables;
    export_put *put;
    void *arg;
};

static const char csv_head[] =
    "task,label,family,variables,attempt,host,holder,started,ended,reason,code,flaw,final,wall_s,"
    "user_s,system_s,wait_s,peak_bytes,read_bytes,written_bytes\n";

static void
add_json(struct lines *l, const struct attempt *a, const char *family)
{
    struct buf *out = &l->text;
    const struct journal_rec *rec = a->end;
    buf_putc(out, '{');
    json_integer(out, "task", a->task);
    json_text(out, "label", l->label.p);
    json_text(out, "family", family);
    json_key(out, "variables");
    buf_add(out, l->variables.p, l->variables.n);
    json_integer(out, "attempt", rec->attempt);
    json_text(out, "host", a->host);
    json_text(out, "holder", a->holder);
    json_real(out, "started", a->started);
    json_real(out, "ended", a->ended);
    json_text(out, "reason", a->reason);
    if (a->flaw)
        json_text(out, "flaw", a->flaw);
    else
        json_integer(out, "code", rec->code);
    json_bool(out, "final", a->final);
    json_real(out, "wall_s", rec->wall_ms * 1e-3);
    json_real(out, "user_s", rec->user_ms * 1e-3);
    json_real(out, "system_s", rec->sys_ms * 1e-3);
    json_real(out, "wait_s", rec->wait_ms * 1e-3);
    json_integer(out, "peak_bytes", rec->peak_kib * UINT64_C(1024));
    json_integer(out, "read_bytes", rec->read_kib * UINT64_C(1024));
    json_integer(out, "written_bytes", rec->write_kib * UINT64_C(1024));
    buf_puts(out, "}\n");
}

static void
add_text(struct buf *out, const char *text)
{
    cells_csv(text, strlen(text), false, out);
}

static void
add_csv(struct lines *l, const struct attempt *a, const char *family)
{
    struct buf *out = &l->text;
    const struct journal_rec *rec = a->end;
    buf_printf(out, "%u,", a->task);
    add_text(out, l->label.p);
    add_text(out, family);
    add_text(out, l->variables.p);
    buf_printf(out, "%u,", rec->attempt);
    add_text(out, a->host);
    add_text(out, a->holder);
    buf_printf(out, "%.3f,%.3f,%s,", a->started, a->ended, a->reason);
    if (a->flaw)
        buf_printf(out, ",%s,", a->flaw);
    else
        buf_printf(out, "%u,,", rec->code);
    buf_printf(out, "%d,%.3f,%.3f,%.3f,%.3f,%llu,%llu,%llu\n", a->final, rec->wall_ms * 1e-3,
        rec->user_ms * 1e-3, rec->sys_ms * 1e-3, rec->wait_ms * 1e-3, rec->peak_kib * 1024ULL,
        rec->read_kib * 1024ULL, rec->write_kib * 1024ULL);
}

static bool
take(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    struct lines *l = arg;
    const struct plan *p = l->plan;
    struct attempt a;
    if (rec->kind != JOURNAL_END || rec->task >= p->head->ntasks)
        return true;
    attempt_of(head, rec, &a);
    buf_reset(&l->label);
    plan_task_label(p, a.task, &l->label);
    buf_reset(&l->variables);
    attempt_variables(p, a.task, &l->variables);
    (l->form == ASK_CSV ? add_csv : add_json)(l, &a,
        plan_string(p, p->family[plan_family_of(p, a.task)].name));
    return l->text.n < CHUNK || l->put(l->arg, &l->text);
}

int
export_lines(const struct facts *facts, enum ask_form form, export_put *put, void *arg)
{
    struct lines l = {.plan = facts->plan, .form = form, .put = put, .arg = arg};
    struct buf state = {0};
    if (form == ASK_CSV)
        buf_puts(&l.text, csv_head);
    buf_printf(&state, "%s/" BUILD_STATE, facts->status->dir);
    int err = journal_read(state.p, facts->plan->head->identity, take, &l, NULL);
    if (l.text.n)
        put(arg, &l.text);
    buf_free(&state);
    buf_free(&l.text);
    buf_free(&l.label);
    buf_free(&l.variables);
    return err;
}
