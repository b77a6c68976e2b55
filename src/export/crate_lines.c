/* What a crate has of every task, however many there are: lines of JSON, written as they come. */
#include "config.h"

#include "export/crate-private.h"

#include "journal/paths.h"
#include "report/words.h"
#include "util/json.h"

#include <errno.h>

/* --- tasks --- */

static void
add_paths(struct crate *c, const char *key, uint32_t task, uint32_t first, uint32_t n)
{
    struct buf path = {0};
    json_key(&c->text, key);
    buf_putc(&c->text, '[');
    for (uint32_t i = first; i < first + n; i++) {
        buf_reset(&path);
        if (i > first)
            buf_puts(&c->text, ", ");
        if (plan_path(c->eval, task, i, NULL, &path))
            json_string(&c->text, path.p);
        else
            buf_puts(&c->text, "null");
    }
    buf_putc(&c->text, ']');
    buf_free(&path);
}

/* How many tasks of which families it needs. */
static void
add_needs(struct crate *c, const struct plan_family *f, uint32_t task)
{
    const struct plan *p = c->plan;
    json_key(&c->text, "needs");
    buf_putc(&c->text, '{');
    for (uint32_t i = f->first_need; i < f->first_need + f->nneeds; i++) {
        uint32_t group = relation_group(&p->relation[i], task - f->first_task);
        if (group != RELATION_NONE)
            json_integer(&c->text, plan_string(p, p->family[p->need[i].producer].name),
                relation_count(&p->relation[i], group));
    }
    buf_putc(&c->text, '}');
}

static void
add_task(struct crate *c, uint32_t task, struct buf *text)
{
    const struct plan *p = c->plan;
    const struct plan_family *f = &p->family[plan_family_of(p, task)];
    buf_reset(text);
    plan_task_label(p, task, text);
    buf_putc(&c->text, '{');
    json_integer(&c->text, "task", task);
    json_text(&c->text, "label", text->p);
    json_text(&c->text, "family", plan_string(p, f->name));
    json_key(&c->text, "variables");
    attempt_variables(p, task, &c->text);
    json_text(&c->text, "state",
        status_state_name((enum status_state)c->facts->status->state[task]));
    json_integer(&c->text, "attempts", c->facts->task[task].attempt);
    add_needs(c, f, task);
    add_paths(c, "inputs", task, f->first_input, f->ninputs);
    add_paths(c, "outputs", task, f->first_output, f->noutputs);
    buf_puts(&c->text, "}\n");
    crate_flush(c, false);
}

static void
put_tasks(struct crate *c)
{
    struct buf text = {0};
    if (!crate_open(c, CRATE_TASKS_FILE))
        return;
    for (uint32_t t = 0; t < c->plan->head->ntasks && !c->error; t++)
        add_task(c, t, &text);
    crate_close(c, CRATE_TASKS_FILE);
    buf_free(&text);
}

/* --- outputs --- */

static bool
take_output(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    struct crate *c = arg;
    const struct journal_output *o = (const struct journal_output *)(const void *)rec;
    struct buf path = {0};
    (void)head;
    if (rec->kind != JOURNAL_OUTPUT || o->task >= c->plan->head->ntasks)
        return !c->error;
    const struct plan_family *f = &c->plan->family[plan_family_of(c->plan, o->task)];
    for (uint32_t i = 0; i < o->count && o->first + i < f->noutputs; i++) {
        buf_reset(&path);
        buf_putc(&c->text, '{');
        json_integer(&c->text, "task", o->task);
        json_integer(&c->text, "number", o->first + i);
        if (plan_path(c->eval, o->task, f->first_output + o->first + i, NULL, &path))
            json_text(&c->text, "path", path.p);
        json_text(&c->text, "kind", attempt_output_kind(o, i));
        json_integer(&c->text, "bytes", o->of[i].size);
        json_real(&c->text, "modified", (double)o->of[i].mtime_ns * 1e-9);
        buf_puts(&c->text, "}\n");
    }
    crate_flush(c, false);
    buf_free(&path);
    return !c->error;
}

/* --- all three --- */

static bool
put_attempts(void *arg, struct buf *text)
{
    struct crate *c = arg;
    buf_add(&c->text, text->p, text->n);
    buf_reset(text);
    crate_flush(c, false);
    return !c->error;
}

int
crate_put_lines(struct crate *c)
{
    struct buf state = {0};
    int err = 0;
    put_tasks(c);
    buf_printf(&state, "%s/" BUILD_STATE, c->facts->status->dir);
    if (crate_open(c, CRATE_ATTEMPTS_FILE)) {
        err = export_lines(c->facts, ASK_JSON, put_attempts, c);
        crate_close(c, CRATE_ATTEMPTS_FILE);
    }
    if ((!err || err == ENOENT) && crate_open(c, CRATE_OUTPUTS_FILE)) {
        err = journal_read(state.p, c->plan->head->identity, take_output, c, NULL);
        crate_close(c, CRATE_OUTPUTS_FILE);
    }
    buf_free(&state);
    return err == ENOENT ? 0 : err;
}
