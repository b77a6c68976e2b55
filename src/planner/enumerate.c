/* Which tasks there are: the rows of each family that its conditions leave. */
#include "config.h"

#include "planner/planner.h"

#include "diag/checks.h"
#include "util/map128.h"
#include "util/parallel.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

void
planned_rows(const struct planned *f, uint32_t task, uint32_t *row)
{
    unsigned n = f->f->nvars;
    if (!f->product) {
        memcpy(row, (const uint32_t *)(void *)f->rows.p + (size_t)task * n, n * sizeof *row);
        return;
    }
    for (unsigned v = n; v-- > 0;) {
        row[v] = task % f->size[v];
        task /= f->size[v];
    }
}

unsigned
split_and(struct expr *e, struct expr **part, unsigned most)
{
    if (e->kind != EX_AND || most < 2) {
        part[0] = e;
        return 1;
    }
    unsigned n = split_and(e->arg[0], part, most - 1);
    return n + split_and(e->arg[1], part + n, most - n);
}

/* A filter's conditions, each tested as soon as its last variable is bound. */
struct condition {
    const struct expr *e;
    struct buf code;
    unsigned depth;   /* variables bound by then */
    bool alone;       /* of all variables it refers to the last one only */
    bool indexed;     /* an equality that the index of its last variable takes care of */
    struct buf probe; /* indexed: code of the side that is not that variable's column */
    unsigned column;  /* indexed: that column */
};

/* The rows of a variable by the values of the columns that must equal something known before. */
struct row_index {
    bool used;
    struct map128 map; /* key -> number */
    uint32_t *start, *row;
};

struct filter {
    struct planner *p;
    const struct planned *f;
    unsigned n;
    struct condition part[32];
    struct row_index index[VM_MAX_VARS];
    /* rows that were bound, and instances, by all chunks; told now and then */
    atomic_ullong tried, kept;
};

enum { TOLD_EACH = 1 << 16 };

/* What one thread works on: the combinations that begin with some rows of the first variable. */
struct chunk {
    struct filter *filter;
    uint32_t first, behind; /* rows of the first variable */
    struct vm_eval ev;
    uint8_t *known[32]; /* of each condition that stands alone, for each row: 1 true, 2 false */
    struct buf rows, key;
    uint64_t ntasks;
    uint32_t tried, kept;           /* not told yet */
    bool tired;                     /* too many were tried, or kept */
    const struct condition *failed; /* its evaluation ended with ev.error */
};

/* --- equalities --- */

static bool
is_number_type(enum type t)
{
    return t != TYPE_STRING && t != TYPE_BOOL;
}

/* Is condition k `column of variable depth - 1 == something of the variables before`? */
static void
try_index(struct filter *filter, unsigned k)
{
    struct condition *c = &filter->part[k];
    if (c->e->kind != EX_OP || c->e->op != OP_EQ || c->depth < 2)
        return;
    for (unsigned b = 0; b < k; b++) /* that one comes first, and on all rows */
        if (filter->part[b].depth == c->depth && expr_may_fail(filter->part[b].e))
            return;
    for (unsigned side = 0; side < 2; side++) {
        const struct expr *column = c->e->arg[side], *other = c->e->arg[!side];
        if (column->kind != EX_COLUMN || column->var != c->depth - 1 ||
            (expr_vars(other) >> (c->depth - 1)) || expr_may_fail(other) ||
            is_number_type(column->type) != is_number_type(other->type) ||
            (!is_number_type(column->type) && column->type != other->type))
            continue;
        c->indexed = true;
        c->column = column->column;
        planner_code(filter->p, other, &c->probe);
        filter->index[c->depth - 1].used = true;
        return;
    }
}

static void
make_index(struct filter *filter, unsigned var)
{
    struct row_index *x = &filter->index[var];
    const struct table *t = filter->f->f->var[var].table;
    uint32_t n = 0, *of = xmalloc(((size_t)t->nrows + 1) * sizeof *of);
    struct buf key = {0};
    for (uint32_t r = 0; r < t->nrows; r++) {
        bool found;
        buf_reset(&key);
        for (unsigned k = 0; k < filter->n; k++)
            if (filter->part[k].indexed && filter->part[k].depth == var + 1)
                key_value(&key,
                    cell_value(&filter->p->m->strings, &t->col[filter->part[k].column], r));
        of[r] = (uint32_t)map128_add(&x->map, hash128(key.p, key.n), n, &found);
        n += !found;
    }
    x->start = xcalloc((size_t)n + 2, sizeof *x->start);
    x->row = xmalloc(((size_t)t->nrows + 1) * sizeof *x->row);
    /* start[i + 1] is where the next row of number i goes; when all are there, where they end */
    for (uint32_t r = 0; r < t->nrows; r++)
        x->start[of[r] + 2]++;
    for (uint32_t i = 2; i <= n; i++)
        x->start[i] += x->start[i - 1];
    for (uint32_t r = 0; r < t->nrows; r++)
        x->row[x->start[of[r] + 1]++] = r;
    free(of);
    buf_free(&key);
}

/* --- one after the other --- */

static bool
run(struct chunk *c, const struct condition *of, const struct buf *code, struct value *v)
{
    if (vm_run(&c->ev, (const uint8_t *)code->p, (uint32_t)code->n, v))
        return true;
    c->failed = of;
    return false;
}

/* Does the condition hold? One that depends on a row alone is evaluated once for it. False also if
 * the evaluation failed. */
static bool
holds(struct chunk *c, unsigned k)
{
    const struct condition *part = &c->filter->part[k];
    uint8_t *known = c->known[k] ? &c->known[k][c->ev.row[part->depth - 1]] : NULL;
    struct value v;
    if (known && *known)
        return *known == 1;
    if (!run(c, part, &part->code, &v))
        return false;
    if (known)
        *known = v.i ? 1 : 2;
    return v.i != 0;
}

static bool
passes(struct chunk *c, unsigned depth, bool with_indexed)
{
    for (unsigned k = 0; k < c->filter->n; k++)
        if (c->filter->part[k].depth == depth && (with_indexed || !c->filter->part[k].indexed) &&
            !holds(c, k))
            return false;
    return true;
}

/* Looks up which rows of variable `var` fulfil the equalities; false: one side cannot be told. */
static bool
rows_by_index(struct chunk *c, unsigned var, const uint32_t **row, uint32_t *n)
{
    const struct row_index *x = &c->filter->index[var];
    buf_reset(&c->key);
    for (unsigned k = 0; k < c->filter->n; k++) {
        const struct condition *part = &c->filter->part[k];
        struct value v;
        if (!part->indexed || part->depth != var + 1)
            continue;
        if (!vm_run(&c->ev, (const uint8_t *)part->probe.p, (uint32_t)part->probe.n, &v))
            return false;
        key_value(&c->key, v);
    }
    uint64_t number;
    *n = 0;
    if (map128_find(&x->map, hash128(c->key.p, c->key.n), &number)) {
        *row = x->row + x->start[number];
        *n = x->start[number + 1] - x->start[number];
    }
    return true;
}

static bool
give_up(struct chunk *c)
{
    if (++c->tried < TOLD_EACH)
        return false;
    c->tried = 0;
    c->tired = atomic_fetch_add(&c->filter->tried, TOLD_EACH) >= MOST_TRIED;
    return c->tired;
}

static bool
keeps_too_many(struct chunk *c)
{
    if (++c->kept < TOLD_EACH)
        return false;
    c->kept = 0;
    c->tired = atomic_fetch_add(&c->filter->kept, TOLD_EACH) >= MOST_LISTED;
    return c->tired;
}

/* Binds variables var, var + 1 ... in turn; false: stop, there was an error, or there are too
 * many. */
static bool
bind_from(struct chunk *c, unsigned var)
{
    const struct planned *f = c->filter->f;
    if (var == f->f->nvars) {
        buf_add(&c->rows, c->ev.row, var * sizeof(uint32_t));
        c->ntasks++;
        return !keeps_too_many(c);
    }
    uint32_t from = var ? 0 : c->first, n = (var ? f->size[var] : c->behind) - from;
    const uint32_t *row = NULL;
    bool all = !c->filter->index[var].used || !rows_by_index(c, var, &row, &n);
    for (uint32_t i = 0; i < n; i++) {
        if (give_up(c))
            return false;
        c->ev.row[var] = all ? from + i : row[i];
        if (passes(c, var + 1, all) ? !bind_from(c, var + 1) : c->failed || c->tired)
            return false;
    }
    return true;
}

static void
enumerate_chunk(void *arg, unsigned i)
{
    struct chunk *c = (struct chunk *)arg + i;
    for (unsigned k = 0; k < c->filter->n; k++)
        if (c->filter->part[k].alone)
            c->known[k] = xcalloc(c->filter->f->size[c->filter->part[k].depth - 1], 1);
    bind_from(c, 0);
    for (unsigned k = 0; k < c->filter->n; k++)
        free(c->known[k]);
    buf_free(&c->key);
}

/* --- all of them --- */

static void
filter_make(struct filter *filter, struct planner *p, const struct planned *f)
{
    struct expr *part[32];
    *filter = (struct filter){.p = p, .f = f, .n = split_and(f->f->where, part, 32)};
    for (unsigned k = 0; k < filter->n; k++) {
        struct condition *c = &filter->part[k];
        uint32_t vars = expr_vars(part[k]);
        c->e = part[k];
        c->depth = vars ? 32 - (unsigned)__builtin_clz(vars) : 0;
        c->alone = c->depth > 1 && !(vars & (vars - 1));
        if (expr_may_fail(c->e)) /* not before what stands before it */
            for (unsigned b = 0; b < k; b++)
                if (c->depth < filter->part[b].depth) {
                    c->depth = filter->part[b].depth;
                    c->alone = false;
                }
        planner_code(p, part[k], &c->code);
        try_index(filter, k);
    }
    for (unsigned v = 0; v < f->f->nvars; v++)
        if (filter->index[v].used)
            make_index(filter, v);
}

static void
filter_free(struct filter *filter)
{
    for (unsigned k = 0; k < filter->n; k++) {
        buf_free(&filter->part[k].code);
        buf_free(&filter->part[k].probe);
    }
    for (unsigned v = 0; v < VM_MAX_VARS; v++) {
        map128_free(&filter->index[v].map);
        free(filter->index[v].start);
        free(filter->index[v].row);
    }
}

static bool
say_too_many(struct planner *p, const struct family *f)
{
    char most[THOUSANDS_SIZE];
    struct diag *m = diag_add(p->d, DIAG_ERROR, RULE_SIZE, f->where->at,
        "task '%s' has too many instances: this condition lets more than %s combinations pass",
        f->name, thousands(MOST_LISTED, most));
    diag_help(m,
        "without a condition, all combinations are not listed one by one, and may be %d million",
        PLAN_MOST_TASKS / 1000000);
    return false;
}

/* `n`: how many combinations would be tried; 0: not known. */
static bool
say_tired(struct planner *p, const struct family *f, uint64_t n, uint64_t limit)
{
    char number[THOUSANDS_SIZE], most[THOUSANDS_SIZE];
    struct diag *m = diag_add(p->d, DIAG_ERROR, RULE_SIZE, f->where->at,
        "task '%s' would try this condition on %s%s combinations of rows, and %s are the most",
        f->name, n ? "" : "more than ", thousands(n ? n : limit, number), thousands(limit, most));
    diag_help(m, "make the tables smaller first: for x in (table where ...); or join them by an "
                 "equality of columns, a.x == b.y, so that rows are looked up and not tried");
    return false;
}

/* How many combinations are tried at least, whatever the conditions say: all of the variables up to
 * the first that an index or a condition may thin out. */
static uint64_t
least_tried(const struct filter *filter)
{
    uint64_t n = 1;
    for (unsigned v = 0; v < filter->f->f->nvars && !filter->index[v].used; v++) {
        if (__builtin_mul_overflow(n, filter->f->size[v], &n))
            return UINT64_MAX;
        for (unsigned k = 0; k < filter->n; k++)
            if (filter->part[k].depth == v + 1)
                return n;
    }
    return n;
}

/* Joins what the chunks found, in their order; the first error is told. */
static bool
gather(struct planner *p, struct planned *f, struct chunk *chunk, unsigned n)
{
    uint64_t all = 0;
    size_t bytes = 0;
    for (unsigned i = 0; i < n; i++)
        if (chunk[i].tired)
            return chunk[i].filter->kept > MOST_LISTED ? say_too_many(p, f->f)
                                                       : say_tired(p, f->f, 0, MOST_TRIED);
    for (unsigned i = 0; i < n; i++) {
        all += chunk[i].ntasks;
        bytes += chunk[i].rows.n;
        if (chunk[i].failed) {
            diag_add(p->d, DIAG_ERROR, RULE_VALUE, chunk[i].failed->e->at, "%s", chunk[i].ev.error);
            return false;
        }
    }
    f->ntasks = (uint32_t)all;
    if (n == 1) {
        f->rows = chunk[0].rows;
        chunk[0].rows = (struct buf){0};
        return true;
    }
    buf_reserve(&f->rows, bytes);
    for (unsigned i = 0; i < n; i++) {
        if (chunk[i].rows.n)
            buf_add(&f->rows, chunk[i].rows.p, chunk[i].rows.n);
        buf_free(&chunk[i].rows);
    }
    return true;
}

static bool
enumerate_filtered(struct planner *p, struct planned *f, uint64_t all)
{
    enum { CHUNKS = 32, FEW = 1 << 15 };
    for (unsigned v = 1; v < f->f->nvars; v++) /* an index, or a mark, for each row */
        if (f->size[v] > MOST_LISTED)
            return say_tired(p, f->f, f->size[v], MOST_LISTED);
    struct filter *filter = xmalloc(sizeof *filter);
    struct chunk *chunk = xcalloc(CHUNKS, sizeof *chunk);
    uint32_t nrows = f->f->nvars ? f->size[0] : 1;
    bool few = all < FEW && !expr_has(f->f->where, EX_SKY); /* catalogs may be read for it */
    unsigned n = few ? 1 : nrows < CHUNKS ? nrows : CHUNKS;
    filter_make(filter, p, f);
    for (unsigned i = 0; i < n; i++)
        chunk[i] = (struct chunk){.filter = filter,
            .first = (uint32_t)((uint64_t)nrows * i / n),
            .behind = (uint32_t)((uint64_t)nrows * (i + 1) / n),
            .ev = {.data = &p->data}};
    /* what depends on no variable */
    bool go = passes(&chunk[0], 0, true);
    uint64_t least = go ? least_tried(filter) : 0;
    bool ok = least <= MOST_TRIED || say_tired(p, f->f, least, MOST_TRIED);
    if (go && ok)
        parallel_for(n, enumerate_chunk, chunk);
    ok = ok && gather(p, f, chunk, n);
    for (unsigned i = 0; i < n; i++) {
        vm_eval_free(&chunk[i].ev);
        buf_free(&chunk[i].rows);
    }
    filter_free(filter);
    free(filter);
    free(chunk);
    return ok;
}

bool
enumerate_family(struct planner *p, unsigned i)
{
    struct planned *f = &p->fam[i];
    struct family *fam = f->f;
    f->size = arena_alloc(&p->m->arena, fam->nvars * sizeof *f->size);
    uint64_t all = 1;
    for (unsigned v = 0; v < fam->nvars; v++) {
        f->size[v] = fam->var[v].table->nrows;
        if (__builtin_mul_overflow(all, f->size[v], &all))
            all = UINT64_MAX;
    }
    if (!fam->where) {
        if (all > PLAN_MOST_TASKS)
            return planner_too_many(p, fam->name, all, fam->at);
        f->product = true;
        f->ntasks = (uint32_t)all;
        return true;
    }
    bool ok = enumerate_filtered(p, f, all);
    if (ok && f->ntasks == 0 && fam->by_param) {
        struct diag *m = diag_add(p->d, DIAG_NOTE, RULE_EMPTY, fam->where->at,
            "task '%s' does not run: with the parameters as they are, this condition is never true",
            fam->name);
        diag_help(m, "'wflc run -D NAME=VALUE' gives a parameter another value");
    } else if (ok && f->ntasks == 0) {
        struct diag *m = diag_add(p->d, DIAG_ERROR, RULE_EMPTY, fam->where->at,
            "task '%s' never runs: no combination fulfils this condition", fam->name);
        diag_help(m, "%llu combination%s tried", (unsigned long long)all,
            all == 1 ? " was" : "s were");
        return false;
    }
    return ok;
}
