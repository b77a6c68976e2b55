/* From the model into the builder of the plan: codes, tables, families and what belongs to them. */
#include "config.h"

#include "planner/planner.h"

#include "util/list.h"

#include <stdlib.h>
#include <string.h>

static uint32_t
plan_str(void *arg, const char *s, size_t n)
{
    struct planner *p = arg;
    return strpool_add(&p->b.strings, s, n);
}

static uint32_t
plan_col(void *arg, const struct table *t, unsigned column)
{
    struct planner *p = arg;
    return p->plan_column[p->first_column[planner_table(p, t)] + column];
}

static void
plan_answer(void *arg, const struct expr *e, uint16_t *var, uint32_t *column)
{
    const struct planner *p = arg;
    answer_of(p->lowered, e, var, column);
}

static struct plan_code
plan_keep(void *arg, const struct buf *code)
{
    struct planner *p = arg;
    return plan_add_code(&p->b, code->p, code->n);
}

static struct plan_code
lower(struct planner *p, const struct expr *e)
{
    if (!e)
        return (struct plan_code){0};
    const struct planned *f = p->lowered;
    const struct code_target to = {.string = plan_str,
        .column = plan_col,
        .keep = plan_keep,
        .answer = plan_answer,
        .arg = p,
        .own = f->f->nvars,
        .shift = f->nanswers};
    struct buf code = {0};
    expr_code(e, &to, &code);
    struct plan_code c = plan_add_code(&p->b, code.p, code.n);
    buf_free(&code);
    return c;
}

static void
walk_files(const struct file_spec *f, unsigned n, void (*each)(const struct expr *, void *),
    void *arg)
{
    for (unsigned i = 0; i < n; i++) {
        expr_walk(f[i].path, each, arg);
        for (unsigned k = 0; k < f[i].nchecks; k++)
            expr_walk(f[i].check[k].value, each, arg);
    }
}

void
planner_walk(const struct family *f, void (*each)(const struct expr *, void *), void *arg)
{
    const struct expr *const cost[] = {f->memory, f->shared, f->cores, f->gpus, f->time, f->limit,
        f->priority};
    for (unsigned k = 0; k < COUNT_OF(cost); k++)
        expr_walk(cost[k], each, arg);
    for (unsigned k = 0; k < f->nargs; k++)
        expr_walk(f->arg[k].text, each, arg);
    expr_walk(f->feed, each, arg);
    expr_walk(f->remaining, each, arg);
    expr_walk(f->learn, each, arg);
    for (unsigned k = 0; k < f->nenvs; k++)
        expr_walk(f->env[k].value, each, arg);
    walk_files(f->input, f->ninputs, each, arg);
    walk_files(f->output, f->noutputs, each, arg);
    walk_files(f->checkpoint, f->ncheckpoints, each, arg);
}

/* Columns that codes read, and the first ones of each table, by which people tell rows apart. */
static void
mark_column(const struct expr *e, void *arg)
{
    struct planner *p = arg;
    if (e->kind == EX_COLUMN)
        p->plan_column[p->first_column[planner_table(p, e->table)] + e->column] = 1;
}

void
mark_columns(struct planner *p)
{
    for (unsigned i = 0; i < p->m->nfamilies; i++) {
        const struct family *f = p->fam[i].f;
        planner_walk(f, mark_column, p);
        for (unsigned k = 0; k < f->nvars; k++) {
            unsigned t = planner_table(p, f->var[k].table);
            if (!p->label[t])
                p->label[t] = table_key(f->var[k].table);
            for (unsigned c = 0; c < p->label[t]; c++)
                p->plan_column[p->first_column[t] + c] = 1;
        }
    }
}

static void
write_column(struct planner *p, const struct column *c, uint32_t nrows)
{
    struct strpool *from = &p->m->strings;
    struct plan_column out = {
        .type = column_view(c, nrows).type,
        .data = UINT64_MAX,
        .first = c->first,
        .step = c->step,
    };
    if (c->data && c->type == COLUMN_STRING) {
        const uint32_t *cell = c->data;
        uint32_t *mapped = xmalloc(((size_t)nrows + 1) * sizeof *mapped);
        for (uint32_t r = 0; r < nrows; r++)
            mapped[r] =
                strpool_add(&p->b.strings, strpool_get(from, cell[r]), strpool_len(from, cell[r]));
        out.data = plan_add_data(&p->b, mapped, (size_t)nrows * 4);
        free(mapped);
    } else if (c->data) {
        out.data = plan_add_data(&p->b, c->data, nrows * column_width(c->type));
    }
    plan_add_place(&p->b, PLACE_COLUMN, plan_add(&p->b, PLAN_COLUMNS, &out, sizeof out),
        strpool_get(from, c->name), 0, 0);
}

/* Tables in the order in which families use them. */
static uint32_t
write_table(struct planner *p, const struct table *t)
{
    unsigned i = planner_table(p, t);
    if (p->plan_table[i] != PLAN_NONE)
        return p->plan_table[i];
    struct plan_table out = {
        .nrows = t->nrows,
        .first_column = plan_count(&p->b, PLAN_COLUMNS, sizeof(struct plan_column)),
        .label = p->label[i],
    };
    for (unsigned c = 0; c < t->ncols; c++) {
        uint32_t *number = &p->plan_column[p->first_column[i] + c];
        if (!*number)
            continue;
        *number = out.first_column + out.ncolumns++;
        write_column(p, &t->col[c], t->nrows);
    }
    p->plan_table[i] = plan_add(&p->b, PLAN_TABLES, &out, sizeof out);
    plan_add_place(&p->b, PLACE_TABLE, p->plan_table[i], strpool_get(&p->m->strings, t->name), 0,
        0);
    return p->plan_table[i];
}

static void
add_place(struct planner *p, enum plan_place_of of, uint32_t index, struct span at)
{
    uint32_t line, column;
    diag_where(p->d, at, &line, &column);
    plan_add_place(&p->b, of, index, diag_name(p->d, at.file), line, column);
}

static uint32_t
write_files(struct planner *p, const struct file_spec *f, unsigned n)
{
    uint32_t first = plan_count(&p->b, PLAN_FILES, sizeof(struct plan_file));
    for (unsigned i = 0; i < n; i++) {
        struct plan_file out = {
            .name = f[i].used ? strpool_adds(&p->b.strings, f[i].name) : 0,
            .path = lower(p, f[i].path),
            .optional = f[i].optional || f[i].waits,
            .first_check = plan_count(&p->b, PLAN_CHECKS, sizeof(struct plan_check)),
            .nchecks = f[i].nchecks,
        };
        for (unsigned k = 0; k < f[i].nchecks; k++) {
            const struct check_spec *c = &f[i].check[k];
            struct plan_check check = {c->kind, c->kind == CHECK_COMMAND ? c->shell : c->op,
                lower(p, c->value)};
            plan_add(&p->b, PLAN_CHECKS, &check, sizeof check);
        }
        add_place(p, PLACE_FILE, plan_add(&p->b, PLAN_FILES, &out, sizeof out), f[i].at);
    }
    return first;
}

/* Its number in the plan, from 1; 0: none. */
static uint32_t
write_container(struct planner *p, const struct container *c)
{
    for (unsigned i = 0; c && i < p->m->nfamilies; i++)
        if (p->container[i] == c)
            return i + 1;
    if (!c)
        return 0;
    struct plan_container out = {
        .name = strpool_adds(&p->b.strings, c->name),
        .image = strpool_adds(&p->b.strings, c->image),
        .first_bind = plan_count(&p->b, PLAN_BINDS, sizeof(struct plan_bind)),
        .nbinds = c->nbinds,
    };
    for (unsigned i = 0; i < c->nbinds; i++) {
        struct plan_bind b = {strpool_adds(&p->b.strings, c->bind[i].path),
            strpool_adds(&p->b.strings, c->bind[i].inside)};
        plan_add(&p->b, PLAN_BINDS, &b, sizeof b);
    }
    uint32_t index = plan_add(&p->b, PLAN_CONTAINERS, &out, sizeof out);
    p->container[index] = c;
    return index + 1;
}

static bool
varies(const struct expr *e)
{
    return e && (expr_vars(e) || expr_has(e, EX_COUNT) || expr_has(e, EX_NEED_FOLD));
}

bool
write_family(struct planner *p, unsigned i, uint32_t first_task)
{
    struct planned *pf = &p->fam[i];
    const struct family *f = pf->f;
    struct plan_family out = {
        .name = strpool_adds(&p->b.strings, f->name),
        .first_task = first_task,
        .ntasks = pf->ntasks,
        .first_var = plan_count(&p->b, PLAN_VARS, sizeof(struct plan_var)),
        .nvars = f->nvars + pf->nanswers,
        .instances = pf->product ? PLAN_PRODUCT : PLAN_ROWS,
        .nodes = (uint32_t)f->nodes,
        .runs_on = f->runs_on,
        .bundle = f->bundle,
        .container = write_container(p, f->container),
        .retries = (uint32_t)f->retries,
        .retry_memory = f->retry_memory,
        .signal = (uint32_t)f->signal,
        .signal_s = (uint32_t)f->signal_s,
        .stop_after = f->stop_after,
        .constant = !varies(f->memory) && !varies(f->shared) && !varies(f->cores) &&
                    !varies(f->gpus) && !varies(f->time) && !varies(f->limit) &&
                    !varies(f->priority),
        .shell = f->shell,
        .sync = f->sync,
        .flags = (f->unbound ? PLAN_UNBOUND : 0) | (f->learn_memory ? PLAN_LEARN_MEMORY : 0) |
                 (f->whole ? PLAN_WHOLE : 0),
        .nargs = f->nargs,
        .nenvs = f->nenvs,
        .ninputs = f->ninputs,
        .noutputs = f->noutputs,
        .ncheckpoints = f->ncheckpoints,
        .nneeds = f->nneeds,
    };
    for (unsigned k = 0; k < f->nvars; k++) {
        struct plan_var v = {write_table(p, f->var[k].table)};
        plan_add_place(&p->b, PLACE_VAR, plan_add(&p->b, PLAN_VARS, &v, sizeof v), f->var[k].name,
            0, 0);
    }
    write_answers(p, pf);
    p->lowered = pf;
    if (!pf->product)
        out.rows = write_rows(p, pf);
    out.memory = lower(p, f->memory);
    memcpy(out.retry_unless, f->retry_unless, sizeof out.retry_unless);
    memcpy(out.retry_oom, f->retry_oom, sizeof out.retry_oom);
    out.shared = lower(p, f->shared);
    out.cores = lower(p, f->cores);
    out.gpus = lower(p, f->gpus);
    out.time = lower(p, f->time);
    out.limit = lower(p, f->limit);
    out.priority = lower(p, f->priority);
    out.first_arg = plan_count(&p->b, PLAN_ARGS, sizeof(struct plan_arg));
    for (unsigned k = 0; k < f->nargs; k++) {
        struct plan_arg a = {lower(p, f->arg[k].text), f->arg[k].list, 0};
        plan_add(&p->b, PLAN_ARGS, &a, sizeof a);
    }
    out.feed = lower(p, f->feed);
    out.remaining = lower(p, f->remaining);
    out.remaining_shell = f->remaining_shell;
    out.learn = lower(p, f->learn);
    out.first_env = plan_count(&p->b, PLAN_ENVS, sizeof(struct plan_env));
    for (unsigned k = 0; k < f->nenvs; k++) {
        struct plan_env e = {strpool_adds(&p->b.strings, f->env[k].name), 0,
            lower(p, f->env[k].value)};
        plan_add(&p->b, PLAN_ENVS, &e, sizeof e);
    }
    out.first_input = write_files(p, f->input, f->ninputs);
    out.first_output = write_files(p, f->output, f->noutputs);
    out.first_checkpoint = write_files(p, f->checkpoint, f->ncheckpoints);
    out.first_need = plan_count(&p->b, PLAN_NEEDS, sizeof(struct plan_need));
    for (unsigned k = 0; k < f->nneeds; k++) {
        struct plan_need n = {0};
        if (!plan_need_groups(p, i, k, &n))
            return false;
        plan_add(&p->b, PLAN_NEEDS, &n, sizeof n);
    }
    add_place(p, PLACE_FAMILY, plan_add(&p->b, PLAN_FAMILIES, &out, sizeof out), f->at);
    return true;
}

void
write_uses(struct planner *p)
{
    for (const struct used_pattern *u = p->m->uses; u; u = u->next) {
        uint32_t line, column, family = PLAN_NONE;
        for (unsigned i = 0; u->family && i < p->m->nfamilies; i++)
            if (p->fam[i].f == u->family)
                family = i;
        diag_where(p->d, u->at, &line, &column);
        plan_add_use(&p->b, family, u->pattern, line);
    }
}
