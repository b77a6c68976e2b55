#include "config.h"

#include "plan/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct plan_eval {
    const struct plan *p;
    struct vm_eval ev;  /* of the task at hand */
    struct vm_eval sub; /* of its outputs, and of the tasks it needs, while `ev` runs */
    const char *tag;
    uint32_t task, family;
};

void
plan_rows(const struct plan *p, uint32_t task, uint32_t *row)
{
    const struct plan_family *f = &p->family[plan_family_of(p, task)];
    uint32_t i = task - f->first_task;
    if (f->instances == PLAN_ROWS) {
        const uint32_t *rows = plan_u32(p, f->rows) + (uint64_t)i * f->nvars;
        for (uint32_t v = 0; v < f->nvars; v++)
            row[v] = rows[v];
        return;
    }
    for (uint32_t v = f->nvars; v-- > 0;) {
        uint32_t n = p->table[p->var[f->first_var + v].table].nrows;
        row[v] = i % n;
        i /= n;
    }
}

static void
bind(struct plan_eval *e, uint32_t task)
{
    if (e->task == task)
        return;
    e->task = task;
    e->family = plan_family_of(e->p, task);
    plan_rows(e->p, task, e->ev.row);
}

/* Runs a path's code in `ev` and appends the path; `tag` not NULL: the temporary name. */
static bool
path_text(struct plan_eval *e, struct vm_eval *ev, const struct plan_file *f, const char *tag,
    uint32_t task, struct buf *out)
{
    struct value v;
    if (!vm_run(ev, e->p->code + f->path.offset, f->path.size, &v))
        return false;
    if (v.tag != VAL_STR || v.s.n == 0 || memchr(v.s.p, 0, v.s.n)) {
        snprintf(ev->error, sizeof ev->error, "a path must be text, and not empty");
        return false;
    }
    if (!tag) {
        buf_add(out, v.s.p, v.s.n);
        return true;
    }
    const char *slash = memrchr(v.s.p, '/', v.s.n);
    size_t dir = slash ? (size_t)(slash - v.s.p) + 1 : 0;
    buf_add(out, v.s.p, dir);
    buf_printf(out, ".wfl-%s-%u.", tag, task);
    buf_add(out, v.s.p + dir, v.s.n - dir);
    return true;
}

static bool
hook_out(struct vm_eval *ev, uint16_t output, struct buf *out)
{
    struct plan_eval *e = ev->arg;
    const struct plan_file *f =
        &e->p->file[e->p->family[e->family].first_output + output];
    memcpy(e->sub.row, ev->row, sizeof ev->row);
    if (path_text(e, &e->sub, f, f->name ? e->tag : NULL, e->task, out))
        return true;
    memcpy(ev->error, e->sub.error, sizeof ev->error);
    return false;
}

/* The producers that `need` (of the task's family) stands for. */
static const uint32_t *
members(const struct plan_eval *e, uint16_t need, const struct plan_need **n, uint32_t *count)
{
    const struct plan *p = e->p;
    const struct plan_family *f = &p->family[e->family];
    *n = &p->need[f->first_need + need];
    uint32_t g = plan_u32(p, (*n)->group_of)[e->task - f->first_task];
    *count = 0;
    if (g == PLAN_NONE)
        return NULL;
    const uint32_t *start = plan_u32(p, (*n)->start);
    *count = start[g + 1] - start[g];
    return plan_u32(p, (*n)->members) + start[g];
}

static bool
hook_need_count(struct vm_eval *ev, uint16_t need, int64_t *count)
{
    const struct plan_need *n;
    uint32_t k;
    members(ev->arg, need, &n, &k);
    *count = k;
    return true;
}

static bool
hook_need_out(struct vm_eval *ev, uint16_t need, uint16_t output, uint8_t mode, struct buf *out)
{
    struct plan_eval *e = ev->arg;
    const struct plan_need *n;
    uint32_t count;
    const uint32_t *member = members(e, need, &n, &count);
    const struct plan_family *producer = &e->p->family[n->producer];
    if (output >= producer->noutputs) {
        snprintf(ev->error, sizeof ev->error, "an output that does not exist");
        return false;
    }
    if (mode == 0 && count != 1) {
        snprintf(ev->error, sizeof ev->error,
            "one path is wanted, and %u tasks of %s are needed; write :list for all of them",
            count, plan_string(e->p, producer->name));
        return false;
    }
    const struct plan_file *f = &e->p->file[producer->first_output + output];
    struct buf path = {0};
    bool ok = true;
    for (uint32_t i = 0; i < count && ok; i++) {
        uint32_t task = producer->first_task + member[i];
        plan_rows(e->p, task, e->sub.row);
        buf_reset(&path);
        ok = path_text(e, &e->sub, f, NULL, task, &path);
        if (!ok)
            break;
        if (mode == 1) {
            if (i)
                buf_putc(out, ' ');
            buf_shell_quote(out, path.p, path.n, QUOTE_WORD);
        } else {
            buf_add(out, path.p, path.n);
            if (mode == 2)
                buf_putc(out, 0);
            else if (mode == 3)
                buf_putc(out, '\n');
        }
    }
    if (!ok)
        memcpy(ev->error, e->sub.error, sizeof ev->error);
    buf_free(&path);
    return ok;
}

static const struct vm_hooks hooks = {hook_out, hook_need_count, hook_need_out};

struct plan_eval *
plan_eval_new(const struct plan *p)
{
    struct plan_eval *e = xcalloc(1, sizeof *e);
    e->p = p;
    e->ev = (struct vm_eval){.data = &p->vm, .hooks = &hooks, .arg = e};
    e->sub = (struct vm_eval){.data = &p->vm};
    e->task = PLAN_NONE;
    return e;
}

void
plan_eval_free(struct plan_eval *e)
{
    if (!e)
        return;
    vm_eval_free(&e->ev);
    vm_eval_free(&e->sub);
    free(e);
}

void
plan_eval_tag(struct plan_eval *e, const char *tag)
{
    e->tag = tag;
}

const char *
plan_eval_error(const struct plan_eval *e)
{
    return e->ev.error;
}

bool
plan_number(struct plan_eval *e, uint32_t task, struct plan_code code, double *n)
{
    if (code.size == 0)
        return true;
    bind(e, task);
    struct value v;
    if (!vm_run(&e->ev, e->p->code + code.offset, code.size, &v))
        return false;
    if (v.tag != VAL_INT && v.tag != VAL_REAL) {
        snprintf(e->ev.error, sizeof e->ev.error, "a number is needed");
        return false;
    }
    *n = v.tag == VAL_INT ? (double)v.i : v.r;
    return true;
}

bool
plan_text(struct plan_eval *e, uint32_t task, struct plan_code code, struct buf *out)
{
    if (code.size == 0)
        return true;
    bind(e, task);
    struct value v;
    if (!vm_run(&e->ev, e->p->code + code.offset, code.size, &v))
        return false;
    if (v.tag != VAL_STR) {
        snprintf(e->ev.error, sizeof e->ev.error, "text is needed");
        return false;
    }
    buf_add(out, v.s.p, v.s.n);
    return true;
}

bool
plan_path(struct plan_eval *e, uint32_t task, uint32_t f, bool temporary, struct buf *out)
{
    const struct plan_file *file = &e->p->file[f];
    bind(e, task);
    return path_text(e, &e->ev, file, temporary && file->name ? e->tag : NULL, task, out);
}

static void
cell_text(const struct plan *p, uint32_t column, uint32_t row, struct buf *out)
{
    const struct vm_column *c = &p->vm_column[column];
    if (!c->data)
        buf_printf(out, "%lld", (long long)(c->first + (int64_t)row * c->step));
    else if (c->type == VM_COL_INT)
        buf_printf(out, "%lld", (long long)((const int64_t *)c->data)[row]);
    else if (c->type == VM_COL_REAL)
        buf_printf(out, "%.15g", ((const double *)c->data)[row]);
    else if (c->type == VM_COL_STR)
        buf_puts(out, plan_string(p, ((const uint32_t *)c->data)[row]));
    else
        buf_puts(out, ((const uint8_t *)c->data)[row] ? "true" : "false");
}

void
plan_task_label(const struct plan *p, uint32_t task, struct buf *out)
{
    const struct plan_family *f = &p->family[plan_family_of(p, task)];
    uint32_t row[VM_MAX_VARS];
    plan_rows(p, task, row);
    buf_puts(out, plan_string(p, f->name));
    for (uint32_t v = 0; v < f->nvars; v++) {
        const struct plan_var *var = &p->var[f->first_var + v];
        const struct plan_table *t = &p->table[var->table];
        buf_printf(out, "%c%s=", v ? ' ' : '[', plan_place_name(p, PLACE_VAR, f->first_var + v));
        for (uint32_t c = 0; c < t->label; c++) {
            if (c)
                buf_putc(out, ',');
            cell_text(p, t->first_column + c, row[v], out);
        }
        if (!t->label)
            buf_printf(out, "#%u", row[v] + 1);
    }
    if (f->nvars)
        buf_putc(out, ']');
}

bool
plan_task_identity(struct plan_eval *e, uint32_t task, struct hash128 *id)
{
    const struct plan *p = e->p;
    const struct plan_family *f = &p->family[plan_family_of(p, task)];
    const char *tag = e->tag;
    e->tag = NULL;
    struct buf text = {0};
    buf_puts(&text, plan_string(p, f->name));
    bool ok = true;
    for (uint32_t i = 0; i < f->nargs && ok; i++) {
        buf_putc(&text, 0);
        ok = plan_text(e, task, p->arg[f->first_arg + i].code, &text);
    }
    for (uint32_t i = 0; i < f->noutputs && ok; i++) {
        buf_putc(&text, 0);
        ok = plan_path(e, task, f->first_output + i, false, &text);
    }
    *id = hash128(text.p, text.n);
    buf_free(&text);
    e->tag = tag;
    return ok;
}
