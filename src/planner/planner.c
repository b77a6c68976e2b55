#include "config.h"

#include "planner/planner.h"

#include "diag/checks.h"
#include "util/list.h"

#include <stdlib.h>
#include <string.h>

/* --- evaluation over the model's tables --- */

static uint32_t
model_string(void *arg, const char *s, size_t n)
{
    struct planner *p = arg;
    return strpool_add(&p->m->strings, s, n);
}

unsigned
planner_table(const struct planner *p, const struct table *t)
{
    return map64_find(&p->table_number, (uintptr_t)t);
}

static uint32_t
model_column(void *arg, const struct table *t, unsigned column)
{
    struct planner *p = arg;
    return p->first_column[planner_table(p, t)] + column;
}

static void
model_view(struct planner *p)
{
    p->data.str_bytes = p->m->strings.bytes;
    p->data.str_offset = p->m->strings.offset;
    p->data.nstr = p->m->strings.count;
}

/* What cannot be prepared tells why when it is asked. */
static void
prepare_sky(const struct expr *e, void *arg)
{
    struct planner *p = arg;
    struct model *m = p->m;
    const char *why;
    uint32_t row;
    if (e->kind != EX_SKY ||
        sky_use_prepare(&m->arena, &m->strings, &m->sky, e->sky.number, &why, &row))
        return;
    struct sky_use *x = m->sky.use[e->sky.number];
    const struct table *t = x->sensors;
    const char *name = strpool_get(&m->strings, t->name);
    char place[256] = "";
    if (row < t->nrows)
        table_row_place(t, p->d, row, place, sizeof place);
    x->why = *place ? arena_printf(&m->arena, "sensor in row %u of '%s' (%s): %s", row + 1, name,
                          place, why)
                    : arena_printf(&m->arena, "camera '%s': %s", name, why);
}

void
planner_code(struct planner *p, const struct expr *e, struct buf *code)
{
    const struct code_target to = {.string = model_string, .column = model_column, .arg = p};
    /* needs are counted by the prover alone; the checker lets nobody else do it */
    const struct vm_scope scope = {.nvars = VM_MAX_VARS, .nneeds = UINT16_MAX};
    const char *why;
    expr_walk(e, prepare_sky, p);
    expr_code(e, &to, code);
    model_view(p); /* the pool may have moved */
    if (vm_verify((const uint8_t *)code->p, (uint32_t)code->n, &p->data, scope, &why))
        return;
    /* the stack is the only thing that a checked expression can ask too much of */
    diag_add(p->d, DIAG_ERROR, RULE_SIZE, e->at, "this expression is nested too deeply");
    buf_reset(code);
    code_op(code, OP_BOOL);
    buf_putc(code, 0);
}

bool
planner_true(struct planner *p, const struct buf *code, struct span at, bool *ok)
{
    struct value v;
    if (vm_run(&p->ev, (const uint8_t *)code->p, (uint32_t)code->n, &v))
        return v.i != 0;
    diag_add(p->d, DIAG_ERROR, RULE_VALUE, at, "%s", p->ev.error);
    *ok = false;
    return false;
}

bool
planner_few(struct planner *p, const struct family *f, uint64_t n, uint64_t most, struct span at,
    const char *what)
{
    if (n <= most)
        return true;
    char number[THOUSANDS_SIZE], limit[THOUSANDS_SIZE];
    diag_add(p->d, DIAG_ERROR, RULE_SIZE, at,
        "task '%s' has %s instances, too many to %s: %s are the most", f->name,
        thousands(n, number), what, thousands(most, limit));
    return false;
}

bool
planner_too_many(struct planner *p, const char *what, uint64_t n, struct span at)
{
    char number[THOUSANDS_SIZE], most[THOUSANDS_SIZE];
    struct diag *m = diag_add(p->d, DIAG_ERROR, RULE_SIZE, at,
        "'%s' has %s%s tasks, and a plan has %s at most", what, n == UINT64_MAX ? "more than " : "",
        thousands(n, number), thousands(PLAN_MOST_TASKS, most));
    diag_help(m, "let one task do more, or make a campaign of each part");
    return false;
}

void
planner_too_many_pairs(struct planner *p, struct span at)
{
    char most[THOUSANDS_SIZE];
    struct diag *m = diag_add(p->d, DIAG_ERROR, RULE_SIZE, at,
        "this makes more than %s pairs of tasks that need each other", thousands(MOST_PAIRS, most));
    diag_help(m, "where each of many needs all of many, let one task stand between them");
}

static void
view_tables(struct planner *p)
{
    struct model *m = p->m;
    unsigned n = 0;
    p->first_column = arena_alloc(&m->arena, m->ntables * sizeof *p->first_column);
    for (unsigned i = 0; i < m->ntables; i++) {
        p->first_column[i] = n;
        n += m->table[i]->ncols;
        bool found;
        map64_add(&p->table_number, (uintptr_t)m->table[i], i, &found);
    }
    p->column = arena_alloc(&m->arena, n * sizeof *p->column);
    p->plan_column = arena_alloc(&m->arena, n * sizeof *p->plan_column);
    p->plan_table = arena_alloc(&m->arena, m->ntables * sizeof *p->plan_table);
    p->label = arena_alloc(&m->arena, m->ntables * sizeof *p->label);
    memset(p->plan_table, 0xff, m->ntables * sizeof *p->plan_table);
    for (unsigned i = 0; i < m->ntables; i++) {
        const struct table *t = m->table[i];
        for (unsigned c = 0; c < t->ncols; c++)
            p->column[p->first_column[i] + c] = column_view(&t->col[c], t->nrows);
    }
    p->data.col = p->column;
    p->data.ncol = n;
    p->data.sky = sky_answer;
    p->data.sky_arg = &m->sky;
    p->data.hole = planner_hole;
    p->data.hole_arg = p;
    model_view(p);
}

/* --- the order of families --- */

/* Producers first; among those that could come next, by name: the plan does not depend on the
 * order of declarations. */
static void
order_families(struct planner *p)
{
    struct model *m = p->m;
    p->fam = arena_alloc(&m->arena, m->nfamilies * sizeof *p->fam);
    m->planned = arena_alloc(&m->arena, m->nfamilies * sizeof *m->planned);
    p->container = arena_alloc(&m->arena, m->nfamilies * sizeof *p->container);
    p->place = arena_alloc(&m->arena, m->nfamilies * sizeof *p->place);
    bool *placed = arena_alloc(&m->arena, m->nfamilies * sizeof *placed);
    for (unsigned n = 0; n < m->nfamilies; n++) {
        struct family *next = NULL;
        for (unsigned i = 0; i < m->nfamilies; i++) {
            struct family *f = m->family[i];
            bool ready = !placed[i];
            for (unsigned k = 0; k < f->nneeds && ready; k++)
                ready = placed[f->need[k].producer->index];
            if (ready && (!next || strcmp(f->name, next->name) < 0))
                next = f;
        }
        placed[next->index] = true;
        p->place[next->index] = n;
        p->fam[n].f = m->planned[n] = next;
    }
}

/* --- all of it --- */

/* A family that makes no task is not in the plan, and nothing of it fails. */
static void
write_hooks(struct planner *p)
{
    for (unsigned i = 0; i < p->m->nhooks; i++) {
        const struct hook *h = &p->m->hook[i];
        struct plan_hook out = {.above = h->above,
            .percent = h->percent,
            .when = h->when,
            .family = PLAN_NONE,
            .shell = h->shell,
            .command = plan_add_name(&p->b, h->command),
            .file = plan_add_name(&p->b, diag_name(p->d, h->at.file))};
        for (unsigned k = 0; k < p->m->nfamilies; k++)
            if (p->fam[k].f == h->family)
                out.family = k;
        diag_where(p->d, h->at, &out.line, &out.column);
        if (!h->family || out.family != PLAN_NONE)
            plan_add(&p->b, PLAN_HOOKS, &out, sizeof out);
    }
}

/* Do tasks i and i + 1 of a family belong to one bundle? */
static bool
same_bundle(const struct planned *f, uint32_t i)
{
    uint32_t a[VM_MAX_VARS], b[VM_MAX_VARS];
    bool same = f->f->bundle != 0;
    planned_rows(f, i, a);
    planned_rows(f, i + 1, b);
    for (unsigned v = 0; v < f->f->nvars; v++)
        same &= !(f->f->bundle >> v & 1) || a[v] == b[v];
    return same;
}

/* What is not in the plan has nothing to be held back. */
static void
write_gate(struct planner *p, const struct gate *g, uint32_t family)
{
    const struct planned *f = &p->fam[family];
    struct plan_gate out = {.family = family, .after = g->after};
    while (out.after < f->ntasks && same_bundle(f, out.after - 1))
        out.after++;
    if (out.after < f->ntasks) {
        out.name = strpool_adds(&p->b.strings, g->name);
        plan_add(&p->b, PLAN_GATES, &out, sizeof out);
    } else if (f->ntasks) {
        diag_help(diag_add(p->d, DIAG_WARNING, RULE_GATE, g->at,
                      "this gate holds nothing back: '%s' has %u task%s", g->family->name,
                      f->ntasks, f->ntasks == 1 ? "" : "s"),
            f->f->bundle ? "a gate is closed after fewer of them; bundles are not cut"
                         : "a gate is closed after fewer of them");
    }
}

static void
write_gates(struct planner *p)
{
    for (unsigned i = 0; i < p->m->ngates; i++)
        for (unsigned k = 0; k < p->m->nfamilies; k++)
            if (p->fam[k].f == p->m->gate[i].family)
                write_gate(p, &p->m->gate[i], k);
}

static bool
write_plan(struct planner *p)
{
    uint64_t ntasks = 0;
    if (!planner_conditions(p))
        return false;
    for (unsigned i = 0; i < p->m->nfamilies; i++) {
        if (!enumerate_family(p, i) || !order_family(p, i) || !family_messages(p, i) ||
            !family_answers(p, i))
            return false;
        ntasks += p->fam[i].ntasks;
    }
    if (ntasks > PLAN_MOST_TASKS)
        return planner_too_many(p, p->m->campaign, ntasks, NO_SPAN);
    if (!planner_cells(p))
        return false;
    if (!ntasks) { /* each family said why */
        diag_help(diag_add(p->d, DIAG_ERROR, RULE_EMPTY, NO_SPAN,
                      "campaign '%s' has nothing to run with the parameters as they are",
                      p->m->campaign),
            "give a parameter another value: -D NAME=VALUE");
        return false;
    }
    mark_columns(p);
    uint32_t first = 0;
    for (unsigned i = 0; i < p->m->nfamilies; i++) {
        if (!write_family(p, i, first))
            return false;
        first += p->fam[i].ntasks;
    }
    write_hooks(p);
    write_gates(p);
    p->b.head.umask = p->m->umask;
    p->b.head.campaign = strpool_adds(&p->b.strings, p->m->campaign);
    plan_add_place(&p->b, PLACE_SOURCE, 0, p->m->source, 0, 0);
    p->b.head.ntasks = first;
    write_uses(p);
    return true;
}

/* Once nothing more is asked of the catalogs. */
static void
finish_objects(struct planner *p)
{
    for (uint32_t i = 0; i < p->m->sky.n; i++) {
        const struct sky_use *x = p->m->sky.use[i];
        if (x->objects)
            objects_finish(x->objects, p->d, x->visits->at);
    }
}

/* The bytes, opened, which verifies them, and proven. */
static struct plan *
finish_plan(struct planner *p, struct buf *image)
{
    struct buf why = {0};
    /* so a plan is as long, whatever it was compiled for before it moved */
    plan_add_name(&p->b, "local");
    p->b.head.site = plan_add_name(&p->b, p->m->site);
    plan_finish(&p->b, image);
    struct plan *plan = plan_from_bytes(image->p, image->n, "the plan just made", &why);
    if (!plan)
        diag_add(p->d, DIAG_ERROR, RULE_SIZE, NO_SPAN, "%s", why.p);
    buf_free(&why);
    if (plan && plan_prove(p, plan))
        return plan;
    plan_close(plan);
    return NULL;
}

struct plan *
plan_model(struct model *m, struct buf *image)
{
    struct planner p = {.m = m, .d = m->diags};
    map64_init(&p.table_number, 0, m->ntables);
    plan_builder_init(&p.b);
    p.ev.data = &p.data;
    view_tables(&p);
    order_families(&p);
    struct plan *plan = write_plan(&p) ? finish_plan(&p, image) : NULL;
    finish_objects(&p);
    for (unsigned i = 0; i < m->nfamilies; i++) {
        buf_free(&p.fam[i].rows);
        answers_free(&p.fam[i]);
    }
    vm_eval_free(&p.ev);
    plan_builder_free(&p.b);
    map64_free(&p.table_number);
    return plan;
}
