/* What a plan says of one task: its rows, needs, paths and words, made when they are asked for. */
#include "config.h"

#include "plan/plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An evaluation and the task it is for. */
struct bound {
    struct plan_eval *e;
    struct vm_eval ev;
    uint32_t task, family;
};

/* What a fold gave: it is the same for all tasks of a group if it looks at none of their rows. */
struct fold_memo {
    bool known;
    uint32_t need, offset, size, group;
    enum vm_op how;
    struct value v;
};

struct plan_eval {
    const struct plan *p;
    struct bound own;    /* the task at hand */
    struct bound each;   /* a task of its bundle, while `own` runs */
    struct vm_eval sub;  /* outputs, own ones and those of tasks that are needed, while these run */
    struct vm_eval fold; /* a task and one that it needs, while a code of the former runs */
    struct fold_memo memo[8];
    const char *tag;
    const struct plan_host *host;
    int trouble; /* the host's */
    const uint32_t *bundle;
    uint32_t nbundle, width;
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
bind(struct bound *b, uint32_t task)
{
    if (b->task == task)
        return;
    b->task = task;
    b->family = plan_family_of(b->e->p, task);
    plan_rows(b->e->p, task, b->ev.row);
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
    struct bound *b = ev->arg;
    struct plan_eval *e = b->e;
    const struct plan_file *f = &e->p->file[e->p->family[b->family].first_output + output];
    memcpy(e->sub.row, ev->row, sizeof ev->row);
    if (path_text(e, &e->sub, f, f->name ? e->tag : NULL, b->task, out))
        return true;
    memcpy(ev->error, e->sub.error, sizeof ev->error);
    return false;
}

/* Begins to walk the producers that `need` (of the task's family) stands for; returns how many
 * there are. */
static uint32_t
members(const struct bound *b, uint16_t need, struct relation_walk *w)
{
    const struct plan *p = b->e->p;
    const struct plan_family *f = &p->family[b->family];
    const struct relation *r = &p->relation[f->first_need + need];
    uint32_t g = relation_group(r, b->task - f->first_task);
    *w = (struct relation_walk){0};
    if (g != RELATION_NONE)
        relation_members(r, g, w);
    return w->n;
}

static bool
hook_need_count(struct vm_eval *ev, uint16_t need, int64_t *count)
{
    struct relation_walk w;
    *count = members(ev->arg, need, &w);
    return true;
}

static bool
host_failed(struct vm_eval *ev, const char *what, const char *path, int err)
{
    struct bound *b = ev->arg;
    b->e->trouble = err;
    snprintf(ev->error, sizeof ev->error, "%s %.300s: %s", what, path, strerror(err));
    return false;
}

/* Is a path of the list to be left out? */
static bool
left_out(struct vm_eval *ev, const struct plan_file *f, const char *path, bool *ok)
{
    const struct plan_host *host = ((const struct bound *)ev->arg)->e->host;
    int err = host && f->optional ? host->there(host->arg, path) : 0;
    if (err && err != ENOENT)
        *ok = host_failed(ev, "it cannot be told whether there is", path, err);
    return err != 0;
}

/* The paths of a list, each as `how` says. */
static bool
add_list(struct vm_eval *ev, struct relation_walk *w, const struct plan_family *producer,
    const struct plan_file *f, uint8_t mode, struct buf *out)
{
    struct plan_eval *e = ((const struct bound *)ev->arg)->e;
    struct buf path = {0}, whole = {0};
    uint8_t how = mode & 3;
    size_t start = out->n;
    uint32_t member;
    bool ok = true;
    while (ok && relation_next(w, &member)) {
        uint32_t task = producer->first_task + member;
        plan_rows(e->p, task, e->sub.row);
        buf_reset(&path);
        if (!path_text(e, &e->sub, f, NULL, task, &path)) {
            memcpy(ev->error, e->sub.error, sizeof ev->error);
            ok = false;
            break;
        }
        if (how && left_out(ev, f, path.p, &ok))
            continue;
        const char *folder = mode & 4 && path.p[0] != '/' ? ev->folder : NULL;
        if (folder) {
            buf_reset(&whole);
            buf_printf(&whole, "%s/%s", folder, path.p);
        }
        const struct buf *word = folder ? &whole : &path;
        if (how == 1) {
            if (out->n > start)
                buf_putc(out, ' ');
            buf_shell_quote(out, word->p, word->n, QUOTE_WORD);
        } else {
            buf_add(out, word->p, word->n);
            if (how == 2)
                buf_putc(out, 0);
            else if (how == 3)
                buf_putc(out, '\n');
        }
    }
    buf_free(&path);
    buf_free(&whole);
    return ok;
}

static bool
hook_need_out(struct vm_eval *ev, uint16_t need, uint16_t output, uint8_t mode, struct buf *out)
{
    const struct bound *b = ev->arg;
    struct plan_eval *e = b->e;
    struct relation_walk w;
    uint32_t count = members(b, need, &w);
    const struct plan_need *n = &e->p->need[e->p->family[b->family].first_need + need];
    const struct plan_family *producer = &e->p->family[n->producer];
    if (output >= producer->noutputs) {
        snprintf(ev->error, sizeof ev->error, "an output that does not exist");
        return false;
    }
    if ((mode & 3) == 0 && count != 1) {
        snprintf(ev->error, sizeof ev->error,
            "one path is wanted, and %u tasks of %s are needed; write :list for all of them", count,
            plan_string(e->p, producer->name));
        return false;
    }
    const struct plan_file *f = &e->p->file[producer->first_output + output];
    if ((mode & 3) != 3 || !e->host)
        return add_list(ev, &w, producer, f, mode, out);
    struct buf list = {0};
    bool ok = add_list(ev, &w, producer, f, mode, &list);
    int err = ok ? e->host->list(e->host->arg, &list, out) : 0;
    buf_free(&list);
    return err ? host_failed(ev, "a file of paths cannot be written", "for it", err) : ok;
}

static bool
fold_failed(struct plan_eval *e, struct vm_eval *ev, uint32_t task)
{
    struct buf label = {0};
    plan_task_label(e->p, task, &label);
    snprintf(ev->error, sizeof ev->error, "%.120s, at %s", e->fold.error, label.p);
    buf_free(&label);
    return false;
}

static bool
hook_need_fold(struct vm_eval *ev, uint16_t need, enum vm_op how, uint32_t offset, uint32_t size,
    struct value *out)
{
    const struct bound *b = ev->arg;
    struct plan_eval *e = b->e;
    const struct plan *p = e->p;
    const struct plan_family *f = &p->family[b->family];
    uint32_t number = f->first_need + need;
    const struct plan_family *producer = &p->family[p->need[number].producer];
    struct relation_walk w;
    uint32_t count = members(b, need, &w), member;
    if (count == 0 && how != OP_ADD) {
        snprintf(ev->error, sizeof ev->error, "%s of nothing: no task of '%s' is needed",
            how == OP_MIN ? "min" : "max", plan_string(p, producer->name));
        return false;
    }
    const struct fold_memo key = {true, number, offset, size,
        relation_group(&p->relation[number], b->task - f->first_task), how, {.tag = VAL_INT}};
    struct fold_memo *memo = &e->memo[(number + offset) % (sizeof e->memo / sizeof *e->memo)];
    if (memo->known && memo->need == key.need && memo->offset == offset && memo->size == size &&
        memo->group == key.group && memo->how == how) {
        *out = memo->v;
        return true;
    }
    *out = key.v;
    memcpy(e->fold.row, ev->row, f->nvars * sizeof *ev->row);
    for (uint32_t i = 0; i < count && relation_next(&w, &member); i++) {
        struct value v;
        plan_rows(p, producer->first_task + member, e->fold.row + f->nvars);
        bool ok = vm_run(&e->fold, p->code + offset, size, &v);
        if (ok && i == 0 && how != OP_ADD)
            *out = v;
        if (!ok || !vm_fold(&e->fold, how, out, &v))
            return fold_failed(e, ev, producer->first_task + member);
    }
    if (!vm_looks_below(p->code + offset, size, f->nvars)) {
        *memo = key;
        memo->v = *out;
    }
    return true;
}

/* The bundle of the task at hand. */
static const uint32_t *
bundle_of(struct bound *b, uint32_t *n)
{
    *n = b->e->nbundle ? b->e->nbundle : 1;
    return b->e->nbundle ? b->e->bundle : &b->task;
}

static void
hook_bundle_size(struct vm_eval *ev, int64_t *count)
{
    uint32_t n;
    bundle_of(ev->arg, &n);
    *count = n;
}

static void
hook_bundle_width(struct vm_eval *ev, int64_t *count)
{
    const struct plan_eval *e = ((struct bound *)ev->arg)->e;
    *count = e->nbundle ? e->width : 1;
}

static bool
hook_bundle_join(struct vm_eval *ev, uint32_t offset, uint32_t size, const struct value *separator,
    struct buf *out)
{
    struct bound *own = ev->arg, *each = &own->e->each;
    uint32_t n;
    const uint32_t *task = bundle_of(own, &n);
    for (uint32_t i = 0; i < n; i++) {
        struct value v;
        bind(each, task[i]);
        if (!vm_run(&each->ev, own->e->p->code + offset, size, &v)) {
            memcpy(ev->error, each->ev.error, sizeof ev->error);
            return false;
        }
        if (v.tag != VAL_STR) {
            snprintf(ev->error, sizeof ev->error, "only text can be joined");
            return false;
        }
        if (i)
            buf_add(out, separator->s.p, separator->s.n);
        buf_add(out, v.s.p, v.s.n);
    }
    return true;
}

static const struct vm_hooks hooks = {.out = hook_out,
    .need_count = hook_need_count,
    .need_out = hook_need_out,
    .need_fold = hook_need_fold,
    .bundle_size = hook_bundle_size,
    .bundle_width = hook_bundle_width,
    .bundle_join = hook_bundle_join};

static void
bound_init(struct bound *b, struct plan_eval *e)
{
    *b = (struct bound){.e = e,
        .ev = {.data = &e->p->vm, .hooks = &hooks, .arg = b},
        .task = PLAN_NONE};
}

struct plan_eval *
plan_eval_new(const struct plan *p)
{
    struct plan_eval *e = xcalloc(1, sizeof *e);
    e->p = p;
    bound_init(&e->own, e);
    bound_init(&e->each, e);
    e->sub = (struct vm_eval){.data = &p->vm};
    e->fold = (struct vm_eval){.data = &p->vm};
    return e;
}

void
plan_eval_free(struct plan_eval *e)
{
    if (!e)
        return;
    vm_eval_free(&e->own.ev);
    vm_eval_free(&e->each.ev);
    vm_eval_free(&e->sub);
    vm_eval_free(&e->fold);
    free(e);
}

void
plan_eval_tag(struct plan_eval *e, const char *tag)
{
    e->tag = tag;
}

void
plan_eval_folder(struct plan_eval *e, const char *folder)
{
    e->own.ev.folder = e->each.ev.folder = folder;
}

void
plan_eval_bundle(struct plan_eval *e, const uint32_t *task, uint32_t n, uint32_t width)
{
    e->bundle = task;
    e->nbundle = n;
    e->width = width;
}

void
plan_eval_host(struct plan_eval *e, const struct plan_host *h)
{
    e->host = h;
    e->trouble = 0;
}

int
plan_eval_trouble(const struct plan_eval *e)
{
    return e->trouble;
}

const char *
plan_eval_error(const struct plan_eval *e)
{
    return e->own.ev.error;
}

bool
plan_number(struct plan_eval *e, uint32_t task, struct plan_code code, double *n)
{
    if (code.size == 0)
        return true;
    bind(&e->own, task);
    struct value v;
    if (!vm_run(&e->own.ev, e->p->code + code.offset, code.size, &v))
        return false;
    if (v.tag != VAL_INT && v.tag != VAL_REAL) {
        snprintf(e->own.ev.error, sizeof e->own.ev.error, "a number is needed");
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
    bind(&e->own, task);
    struct value v;
    if (!vm_run(&e->own.ev, e->p->code + code.offset, code.size, &v))
        return false;
    if (v.tag != VAL_STR) {
        snprintf(e->own.ev.error, sizeof e->own.ev.error, "text is needed");
        return false;
    }
    buf_add(out, v.s.p, v.s.n);
    return true;
}

bool
plan_path(struct plan_eval *e, uint32_t task, uint32_t f, const char *tag, struct buf *out)
{
    const struct plan_file *file = &e->p->file[f];
    bind(&e->own, task);
    return path_text(e, &e->own.ev, file, file->name ? tag : NULL, task, out);
}

void
plan_cell_text(const struct plan *p, uint32_t column, uint32_t row, struct buf *out)
{
    const struct vm_column *c = &p->vm_column[column];
    if (!c->data)
        buf_printf(out, "%lld", (long long)(vm_progression(c->first, c->step, row)));
    else if (c->type == VM_COL_INT)
        buf_printf(out, "%lld", (long long)((const int64_t *)c->data)[row]);
    else if (c->type == VM_COL_REAL)
        buf_printf(out, "%.15g", ((const double *)c->data)[row]);
    else if (c->type == VM_COL_STR)
        buf_puts(out, plan_string(p, ((const uint32_t *)c->data)[row]));
    else
        buf_puts(out, ((const uint8_t *)c->data)[row] ? "true" : "false");
}

bool
plan_is_number(const struct plan *p, uint32_t table, uint32_t column)
{
    if (column == PLAN_NONE && p->table[table].label == 1)
        column = p->table[table].first_column;
    return column != PLAN_NONE &&
           (p->vm_column[column].type == VM_COL_INT || p->vm_column[column].type == VM_COL_REAL);
}

void
plan_row_label(const struct plan *p, uint32_t table, uint32_t row, struct buf *out)
{
    const struct plan_table *t = &p->table[table];
    for (uint32_t c = 0; c < t->label; c++) {
        if (c)
            buf_putc(out, ',');
        plan_cell_text(p, t->first_column + c, row, out);
    }
    if (!t->label)
        buf_printf(out, "#%u", row + 1);
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
        if (!*plan_place_name(p, PLACE_VAR, f->first_var + v))
            break; /* answers of the sky, which name nothing */
        buf_putc(out, v ? ' ' : '[');
        buf_puts(out, plan_place_name(p, PLACE_VAR, f->first_var + v));
        buf_putc(out, '=');
        plan_row_label(p, var->table, row[v], out);
    }
    if (f->nvars)
        buf_putc(out, ']');
}

bool
plan_task_identity(struct plan_eval *e, uint32_t task, struct hash128 *id)
{
    const struct plan *p = e->p;
    const struct plan_family *f = &p->family[plan_family_of(p, task)];
    const char *tag = e->tag, *folder = e->own.ev.folder;
    uint32_t nbundle = e->nbundle;
    e->tag = NULL;
    plan_eval_folder(e, NULL);
    e->nbundle = 0;
    struct buf text = {0};
    buf_puts(&text, plan_string(p, f->name));
    bool ok = true;
    for (uint32_t i = 0; i < f->nargs && ok; i++) {
        buf_putc(&text, 0);
        ok = plan_text(e, task, p->arg[f->first_arg + i].code, &text);
    }
    if (f->feed.size && ok) {
        buf_putc(&text, 0);
        ok = plan_text(e, task, f->feed, &text);
    }
    for (uint32_t i = 0; i < f->noutputs && ok; i++) {
        buf_putc(&text, 0);
        ok = plan_path(e, task, f->first_output + i, NULL, &text);
    }
    *id = hash128(text.p, text.n);
    buf_free(&text);
    e->tag = tag;
    e->nbundle = nbundle;
    plan_eval_folder(e, folder);
    return ok;
}
