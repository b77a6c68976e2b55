/* How consumers find their producers: by a key that both sides compute, and by conditions on
 * what is left. */
#include "config.h"

#include "planner/joinkey.h"

#include "diag/checks.h"
#include "util/map128.h"
#include "util/map64.h"

#include <stdlib.h>
#include <string.h>

struct join {
    struct planner *p;
    const struct planned *consumer, *producer;
    unsigned nkeys;
    /* plain needs: the shared variables, as numbers on both sides */
    unsigned shared[2][VM_MAX_VARS];
    /* needs ... where: the two sides of each equality; then conditions on the producer alone,
     * and on the pair */
    struct buf side[2][32];
    struct span at[32];
    unsigned nonly, npair;
    struct buf only[32], pair[32];
    struct span only_at[32], pair_at[32];
    bool by_rows;
    /* the keys as numbers, if all are rows, or cells of the same types */
    bool packed;
    struct rowkey key;
    struct join_side packed_side[2];
    struct table numbers[VM_MAX_VARS]; /* stand for rows */
    struct column number;
    struct map64 map;
    struct map128 hashed;
};

/* An equality joins the packed keys if both sides are cells; else there are none. */
static void
add_cells(struct join *j, const struct expr *ours, const struct expr *theirs)
{
    if (ours->kind != EX_COLUMN || theirs->kind != EX_COLUMN) {
        j->packed = false;
        return;
    }
    join_side_add(&j->packed_side[0], ours->var, ours->table, ours->column);
    join_side_add(&j->packed_side[1], theirs->var - j->consumer->f->nvars, theirs->table,
        theirs->column);
}

/* Sorts the parts of `needs ... where`. The consumer's variables are numbers below n, the
 * producer's follow. */
static void
split_condition(struct join *j, struct expr *where)
{
    unsigned n = j->consumer->f->nvars;
    uint32_t ours = n ? (uint32_t)((UINT64_C(1) << n) - 1) : 0;
    struct expr *part[32];
    unsigned nparts = split_and(where, part, 32);
    for (unsigned i = 0; i < nparts; i++) {
        struct expr *e = part[i];
        /* what may fail waits for the conditions before it, and those are tested pair by pair */
        bool late = i > 0 && expr_may_fail(e);
        if (e->kind == EX_OP && e->op == OP_EQ && !late) {
            uint32_t l = expr_vars(e->arg[0]), r = expr_vars(e->arg[1]);
            bool straight = l && r && !(l & ~ours) && !(r & ours);
            bool turned = l && r && !(r & ~ours) && !(l & ours);
            if (straight || turned) {
                add_cells(j, e->arg[turned], e->arg[!turned]);
                planner_code(j->p, e->arg[turned], &j->side[0][j->nkeys]);
                planner_code(j->p, e->arg[!turned], &j->side[1][j->nkeys]);
                j->at[j->nkeys++] = e->at;
                continue;
            }
        }
        if (!(expr_vars(e) & ours) && !late) {
            planner_code(j->p, e, &j->only[j->nonly]);
            j->only_at[j->nonly++] = e->at;
        } else {
            planner_code(j->p, e, &j->pair[j->npair]);
            j->pair_at[j->npair++] = e->at;
        }
    }
}

static void
share_variables(struct join *j)
{
    const struct family *c = j->consumer->f, *p = j->producer->f;
    j->by_rows = true;
    for (unsigned i = 0; i < c->nvars; i++)
        for (unsigned k = 0; k < p->nvars; k++)
            if (strcmp(c->var[i].name, p->var[k].name) == 0) {
                struct table *t = &j->numbers[j->nkeys];
                *t = (struct table){.nrows = j->consumer->size[i], .ncols = 1, .col = &j->number};
                join_side_add(&j->packed_side[0], i, t, 0);
                join_side_add(&j->packed_side[1], k, t, 0);
                j->shared[0][j->nkeys] = i;
                j->shared[1][j->nkeys++] = k;
            }
}

void
key_value(struct buf *key, struct value v)
{
    if (v.tag == VAL_REAL && v.r >= -0x1p63 && v.r < 0x1p63 && v.r == (double)(int64_t)v.r)
        v = (struct value){.tag = VAL_INT, .i = (int64_t)v.r}; /* -0, too */
    buf_putc(key, (char)v.tag);
    if (v.tag == VAL_STR) {
        buf_add(key, &v.s.n, sizeof v.s.n);
        buf_add(key, v.s.p, v.s.n);
    } else {
        buf_add(key, &v.i, sizeof v.i);
    }
}

/* The key of the instance whose rows are bound; side 0: consumer, 1: producer. */
static bool
key_of(struct join *j, int side, const uint32_t *row, struct hash128 *key)
{
    struct buf b = {0};
    bool ok = true;
    for (unsigned i = 0; i < j->nkeys && ok; i++) {
        if (j->by_rows) {
            buf_add(&b, &row[j->shared[side][i]], sizeof *row);
            continue;
        }
        struct value v;
        const struct buf *code = &j->side[side][i];
        ok = vm_run(&j->p->ev, (const uint8_t *)code->p, (uint32_t)code->n, &v);
        if (!ok) {
            diag_add(j->p->d, DIAG_ERROR, RULE_VALUE, j->at[i], "%s", j->p->ev.error);
            break;
        }
        key_value(&b, v);
    }
    *key = hash128(b.p, b.n);
    buf_free(&b);
    return ok;
}

static bool
all_true(struct join *j, const struct buf *code, const struct span *at, unsigned n, bool *ok)
{
    for (unsigned i = 0; i < n; i++)
        if (!planner_true(j->p, &code[i], at[i], ok))
            return false;
    return true;
}

/* Gives every consumer its key's group; new keys make new groups, in the consumers' order. */
static bool
group_consumers(struct join *j, struct grouping *g, uint32_t *group_of)
{
    uint32_t *row = j->p->ev.row, n = j->consumer->ntasks;
    uint64_t block[JOIN_BLOCK];
    if (j->packed)
        map64_init(&j->map, j->key.space, n);
    for (uint32_t t = 0; t < n; t++) {
        struct hash128 key;
        bool found;
        if (j->packed) {
            if (t % JOIN_BLOCK == 0)
                join_keys(&j->key, &j->packed_side[0], t, n - t < JOIN_BLOCK ? n - t : JOIN_BLOCK,
                    block);
            group_of[t] = map64_add(&j->map, block[t % JOIN_BLOCK], g->ngroups, &found);
        } else {
            planned_rows(j->consumer, t, row);
            if (!key_of(j, 0, row, &key))
                return false;
            group_of[t] = (uint32_t)map128_add(&j->hashed, key, g->ngroups, &found);
        }
        if (!found)
            g->ngroups++;
    }
    return true;
}

/* The group of a producer whose rows are bound, or PLAN_NONE. */
static uint32_t
group_of_producer(struct join *j, const uint32_t *row)
{
    struct hash128 key;
    uint64_t found;
    return key_of(j, 1, row, &key) && map128_find(&j->hashed, key, &found) ? (uint32_t)found
                                                                           : PLAN_NONE;
}

static bool
collect_producers(struct join *j, struct grouping *g)
{
    uint32_t n = j->producer->ntasks, *row = j->p->ev.row + j->consumer->f->nvars;
    uint32_t *group = xmalloc(((size_t)n + 1) * sizeof *group);
    uint64_t block[JOIN_BLOCK];
    bool ok = true;
    g->start = xcalloc((size_t)g->ngroups + 1, sizeof *g->start);
    for (uint32_t t = 0; t < n && ok; t++) {
        if (j->packed && t % JOIN_BLOCK == 0)
            join_keys(&j->key, &j->packed_side[1], t, n - t < JOIN_BLOCK ? n - t : JOIN_BLOCK,
                block);
        if (!j->packed || j->nonly)
            planned_rows(j->producer, t, row);
        group[t] = PLAN_NONE;
        if (all_true(j, j->only, j->only_at, j->nonly, &ok))
            group[t] =
                j->packed ? map64_find(&j->map, block[t % JOIN_BLOCK]) : group_of_producer(j, row);
        if (group[t] != PLAN_NONE)
            g->start[group[t] + 1]++;
        else if (!j->packed || j->nonly)
            ok = ok && diag_count(j->p->d, DIAG_ERROR) == 0;
    }
    for (uint32_t i = 0; i < g->ngroups; i++)
        g->start[i + 1] += g->start[i];
    g->members = xmalloc(((size_t)g->start[g->ngroups] + 1) * sizeof *g->members);
    for (uint32_t t = 0; t < n && ok; t++)
        if (group[t] != PLAN_NONE)
            g->members[g->start[group[t]]++] = t;
    for (uint32_t i = g->ngroups; i > 0; i--)
        g->start[i] = g->start[i - 1];
    g->start[0] = 0;
    free(group);
    return ok;
}

/* Is the condition not tried on too many? */
static bool
few_pairs(const struct join *j, const struct grouping *g, const uint32_t *group_of)
{
    uint64_t n = 0;
    for (uint32_t t = 0; t < j->consumer->ntasks; t++)
        n += g->start[group_of[t] + 1] - g->start[group_of[t]];
    if (n <= MOST_TRIED)
        return true;
    char number[THOUSANDS_SIZE], most[THOUSANDS_SIZE];
    struct diag *m = diag_add(j->p->d, DIAG_ERROR, RULE_SIZE, j->pair_at[0],
        "this condition would be tried on %s pairs of tasks, and %s are the most",
        thousands(n, number), thousands(MOST_TRIED, most));
    diag_help(m, "join them by an equality first: %s.x == y and ...", j->producer->f->name);
    return false;
}

/* Conditions on pairs: every consumer gets a group of its own, of the candidates that pass. */
static bool
filter_pairs(struct join *j, struct grouping *g, uint32_t *group_of)
{
    uint32_t n = j->consumer->ntasks, *row = j->p->ev.row;
    struct buf members = {0};
    uint32_t *start = xcalloc((size_t)n + 1, sizeof *start);
    bool ok = few_pairs(j, g, group_of);
    for (uint32_t t = 0; t < n && ok; t++) {
        planned_rows(j->consumer, t, row);
        uint32_t from = group_of[t];
        for (uint32_t i = g->start[from]; i < g->start[from + 1] && ok; i++) {
            planned_rows(j->producer, g->members[i], row + j->consumer->f->nvars);
            if (all_true(j, j->pair, j->pair_at, j->npair, &ok))
                buf_add(&members, &g->members[i], sizeof *g->members);
        }
        group_of[t] = t;
        start[t + 1] = (uint32_t)(members.n / sizeof *g->members);
        if (members.n / sizeof *g->members > MOST_PAIRS) {
            planner_too_many_pairs(j->p, j->pair_at[0]);
            ok = false;
        }
    }
    free(g->start);
    free(g->members);
    g->start = start;
    buf_reserve(&members, 1);
    g->members = (uint32_t *)(void *)members.p;
    g->ngroups = n;
    return ok;
}

/* --- by arithmetic --- */

/* The pairs of variables whose columns in `equal` (EX_COLUMN of both sides, two by two) are keys of
 * their table, if these equalities say no more and no less than that these variables agree. */
static bool
pair_columns(const struct planned *consumer, const struct expr **equal, unsigned n,
    uint32_t (*pair)[2], uint32_t *npairs)
{
    unsigned nvars = consumer->f->nvars, column[VM_MAX_VARS][32], ncolumns[VM_MAX_VARS] = {0};
    *npairs = 0;
    for (unsigned i = 0; i < n; i++) {
        const struct expr *ours = equal[2 * i], *theirs = equal[2 * i + 1];
        if (ours->table != theirs->table || ours->column != theirs->column)
            return false;
        uint32_t k = 0;
        while (k < *npairs && pair[k][0] != ours->var && pair[k][1] != theirs->var - nvars)
            k++;
        if (k == *npairs) {
            pair[k][0] = ours->var;
            pair[k][1] = theirs->var - nvars;
            ++*npairs;
        } else if (pair[k][0] != ours->var || pair[k][1] != theirs->var - nvars) {
            return false;
        }
        column[k][ncolumns[k]++] = ours->column;
    }
    for (uint32_t k = 0; k < *npairs; k++)
        if (!table_is_key(consumer->f->var[pair[k][0]].table, column[k], ncolumns[k]))
            return false;
    return true;
}

static bool
agreeing_variables(const struct planned *consumer, const struct planned *producer,
    const struct need *need, uint32_t (*pair)[2], uint32_t *npairs)
{
    unsigned nvars = consumer->f->nvars, n = 0;
    *npairs = 0;
    if (!consumer->product || !producer->product || !consumer->ntasks || !producer->ntasks ||
        need->via)
        return false;
    if (!need->where) {
        for (unsigned i = 0; i < nvars; i++)
            for (unsigned k = 0; k < producer->f->nvars; k++)
                if (strcmp(consumer->f->var[i].name, producer->f->var[k].name) == 0) {
                    pair[*npairs][0] = i;
                    pair[(*npairs)++][1] = k;
                }
        return true;
    }
    struct expr *part[32];
    const struct expr *equal[64];
    unsigned nparts = split_and(need->where, part, 32);
    for (unsigned i = 0; i < nparts; i++) {
        const struct expr *e = part[i];
        if (e->kind != EX_OP || e->op != OP_EQ || e->arg[0]->kind != EX_COLUMN ||
            e->arg[1]->kind != EX_COLUMN || (e->arg[0]->var < nvars) == (e->arg[1]->var < nvars))
            return false;
        equal[n++] = e->arg[e->arg[0]->var >= nvars];
        equal[n++] = e->arg[e->arg[0]->var < nvars];
    }
    return pair_columns(consumer, equal, nparts, pair, npairs);
}

/* Are both families full products, and does the need say no more than that some variables of them
 * agree? Then that is all the plan holds. */
static bool
by_arithmetic(struct planner *p, const struct planned *consumer, const struct planned *producer,
    const struct need *need, struct plan_need *out)
{
    uint32_t pair[VM_MAX_VARS][2], npairs;
    struct relation r;
    if (!agreeing_variables(consumer, producer, need, pair, &npairs) ||
        !relation_product(&r, consumer->size, consumer->f->nvars, producer->size,
            producer->f->nvars, (const uint32_t(*)[2])pair, npairs))
        return false;
    out->kind = PLAN_SHARED;
    out->ngroups = r.ngroups;
    out->nmembers = npairs;
    out->group_of = out->start = UINT64_MAX;
    out->members = plan_add_data(&p->b, pair, npairs * sizeof *pair);
    return true;
}

/* --- stored --- */

/* An array that need not be stored, because it is 0, 1, 2 ..., is not. */
static uint64_t
add_array(struct planner *p, const uint32_t *a, size_t n, bool may_omit)
{
    size_t i = 0;
    while (may_omit && i < n && a[i] == i)
        i++;
    return may_omit && i == n ? UINT64_MAX : plan_add_data(&p->b, a, n * sizeof *a);
}

static void
add_groups(struct planner *p, const struct planned *consumer, const struct grouping *g,
    const uint32_t *group_of, struct plan_need *out)
{
    out->kind = PLAN_GROUPS;
    out->ngroups = g->ngroups;
    out->nmembers = g->start[g->ngroups];
    out->group_of = add_array(p, group_of, consumer->ntasks, consumer->ntasks <= g->ngroups);
    out->start = add_array(p, g->start, (size_t)g->ngroups + 1, true);
    out->members = add_array(p, g->members, out->nmembers, true);
}

/* A consumer that needs nothing is probably a mistake in the condition; unless a parameter took
 * away all of what is needed, which was said. */
static void
warn_empty(struct join *j, const struct need *need, const struct grouping *g,
    const uint32_t *group_of)
{
    uint32_t empty = 0;
    for (uint32_t t = 0; t < j->consumer->ntasks; t++)
        empty += g->start[group_of[t]] == g->start[group_of[t] + 1];
    if (empty && !(j->producer->ntasks == 0 && j->producer->f->by_param))
        diag_add(j->p->d, DIAG_WARNING, RULE_NEEDS, need->at,
            empty == 1 ? "%u of %u tasks of '%s' finds no '%s' that it needs, and runs without"
                       : "%u of %u tasks of '%s' find no '%s' that they need, and run without",
            empty, j->consumer->ntasks, j->consumer->f->name, j->producer->f->name);
}

bool
plan_need_groups(struct planner *p, unsigned i, unsigned k, struct plan_need *out)
{
    const struct planned *consumer = &p->fam[i];
    const struct need *need = &consumer->f->need[k];
    unsigned place = p->place[need->producer->index];
    out->producer = place;
    if (by_arithmetic(p, consumer, &p->fam[place], need, out))
        return true;
    if (!planner_few(p, consumer->f, consumer->ntasks, MOST_LISTED, need->at, "join") ||
        !planner_few(p, need->producer, p->fam[place].ntasks, MOST_LISTED, need->at, "join"))
        return false;
    struct join *j = xcalloc(1, sizeof *j);
    j->p = p;
    j->consumer = consumer;
    j->producer = &p->fam[place];
    j->number.step = 1;
    j->packed = true;
    j->packed_side[0].family = consumer;
    j->packed_side[1].family = j->producer;
    if (need->where)
        split_condition(j, need->where);
    else if (!need->via)
        share_variables(j);
    j->packed = j->packed && join_key_make(&j->key, &j->packed_side[0], &j->packed_side[1]);
    struct grouping g = {0};
    uint32_t *group_of = xmalloc(((size_t)consumer->ntasks + 1) * sizeof *group_of);
    bool ok = need->via ? group_via(p, consumer, j->producer, need, &g, group_of)
                        : group_consumers(j, &g, group_of) && collect_producers(j, &g) &&
                              (j->npair == 0 || filter_pairs(j, &g, group_of));
    if (ok) {
        warn_empty(j, need, &g, group_of);
        add_groups(p, consumer, &g, group_of, out);
    }
    for (unsigned n = 0; n < 32; n++) {
        buf_free(&j->side[0][n]);
        buf_free(&j->side[1][n]);
        buf_free(&j->only[n]);
        buf_free(&j->pair[n]);
    }
    map128_free(&j->hashed);
    map64_free(&j->map);
    free(g.start);
    free(g.members);
    free(group_of);
    free(j);
    return ok;
}
