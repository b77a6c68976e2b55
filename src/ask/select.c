#include "config.h"

#include "ask/select-private.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

bool
selector_is_term(const char *arg)
{
    size_t n = strcspn(arg, "=<>[/");
    return n && arg[n] && arg[n] != '/';
}

struct selector *
selector_new(const struct facts *facts, char *const *term, size_t n, struct buf *why)
{
    struct selector *s = xcalloc(1, sizeof *s);
    s->facts = facts;
    s->plan = facts->plan;
    for (size_t i = 0; i < n; i++) {
        if (select_read(s, term[i], why))
            continue;
        selector_free(s);
        return NULL;
    }
    return s;
}

void
selector_free(struct selector *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n; i++) {
        struct term *t = &s->term[i];
        for (uint32_t k = 0; t->rows && k < s->plan->nfamilies; k++)
            free(t->rows[k].bits);
        free(t->rows);
        free(t->is);
        free(t->pattern);
    }
    free(s->term);
    free(s);
}

/* --- asking --- */

bool
select_fits(const char *patterns, const char *text)
{
    if (strcmp(patterns, text) == 0) /* names of rows may hold commas, too */
        return true;
    bool fits = false;
    for (const char *p = patterns; !fits; p++) {
        size_t n = strcspn(p, ",");
        char *one = xstrndup(p, n);
        fits = fnmatch(one, text, FNM_NOESCAPE) == 0;
        free(one);
        p += n;
        if (!*p)
            break;
    }
    return fits;
}

/* One of these kinds has (or, of !=, none of them). */
static bool
has_changed(const struct term *t, uint8_t changed)
{
    const bool equal = t->compare == CMP_EQ;
    bool any = false;
    for (int k = 0; k < SINCE_NKINDS; k++)
        any |= (changed >> k & 1) && t->is[k] == equal;
    return any == equal;
}

/* Of a task, whatever became of it. */
static bool
of_task(const struct selector *s, const struct term *t, uint32_t task)
{
    const struct plan *p = s->plan;
    if (t->field == FIELD_STATE)
        return t->is[s->facts->status->state[task]];
    if (t->field == FIELD_CHANGED)
        return has_changed(t, s->facts->changed[task]);
    uint32_t family = plan_family_of(p, task);
    if (t->field == FIELD_FAMILY)
        return t->is[family];
    const struct rows *r = &t->rows[family];
    if (!r->bits)
        return false;
    uint32_t row[VM_MAX_VARS];
    plan_rows(p, task, row);
    return r->bits[row[r->var] / 64] >> row[r->var] % 64 & 1;
}

static bool
is_of_task(const struct term *t)
{
    return t->field == FIELD_FAMILY || t->field == FIELD_STATE || t->field == FIELD_CHANGED ||
           t->field == FIELD_ROWS;
}

/* Asked of one attempt after the other, which mostly were made by few. */
static bool
host_fits(const struct selector *s, const struct term *t, uint32_t holder)
{
    struct buf host = {0};
    facts_host(s->facts, holder, &host);
    bool fits = select_fits(t->pattern, host.p) == (t->compare == CMP_EQ);
    buf_free(&host);
    return fits;
}

/* Of an attempt. One that was not made, or has not ended, has no reason, and one of which a number
 * is not known fits nothing that is asked of that. */
static bool
of_attempt(const struct selector *s, const struct term *t, const struct fact *f)
{
    switch (t->field) {
    case FIELD_REASON:
        return f->ended_s && t->is[f->reason];
    case FIELD_HOST:
        return f->holder && host_fits(s, t, f->holder);
    case FIELD_EXIT:
        return f->ended_s && f->reason == REASON_EXIT &&
               plan_compares(t->compare, f->code, t->number);
    case FIELD_SIGNAL:
        return f->ended_s && f->reason == REASON_SIGNAL &&
               plan_compares(t->compare, f->code, t->number);
    case FIELD_TRY:
        return plan_compares(t->compare, f->attempt, t->number);
    case FIELD_TIME:
        return f->started_s && plan_compares(t->compare, fact_ran_s(s->facts, f), t->number);
    case FIELD_MEMORY:
        return f->peak_kib && plan_compares(t->compare, f->peak_kib * 1024.0, t->number);
    default:
        return false;
    }
}

bool
selector_needs_no_record(const struct selector *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->term[i].field != FIELD_FAMILY && s->term[i].field != FIELD_ROWS)
            return false;
    return true;
}

bool
selector_asks_changed(const struct selector *s)
{
    bool asks = false;
    for (size_t i = 0; i < s->n; i++)
        asks |= s->term[i].field == FIELD_CHANGED;
    return asks;
}

bool
selector_asks_now(const struct selector *s)
{
    bool asks = selector_asks_changed(s);
    for (size_t i = 0; i < s->n; i++)
        asks |= s->term[i].field == FIELD_STATE;
    return asks;
}

bool
selector_may_take(const struct selector *s, uint32_t task)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct term *t = &s->term[i];
        bool known = is_of_task(t) && (t->field != FIELD_STATE || s->facts->status) &&
                     (t->field != FIELD_CHANGED || s->facts->changed);
        if (known && !of_task(s, t, task))
            return false;
    }
    return true;
}

bool
selector_takes(const struct selector *s, uint32_t task, const struct fact *fact)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct term *t = &s->term[i];
        if (is_of_task(t) ? !of_task(s, t, task) : !of_attempt(s, t, fact))
            return false;
    }
    return true;
}

/* --- one after the other --- */

/* The first row from this one on that is meant; n: there is none. */
static uint32_t
next_row(const uint64_t *bits, uint32_t n, uint32_t row)
{
    while (row < n) {
        uint64_t rest = bits[row / 64] >> row % 64;
        if (rest) {
            row += (uint32_t)__builtin_ctzll(rest);
            return row < n ? row : n;
        }
        row = (row / 64 + 1) * 64;
    }
    return n;
}

/* The first task from this one on of which the term may be true, or the one behind its family.
 * Where a family has all combinations of rows, the last variable runs fastest. */
static uint32_t
skip(const struct selector *s, const struct term *t, uint32_t task)
{
    const struct plan *p = s->plan;
    uint32_t k = plan_family_of(p, task);
    const struct plan_family *f = &p->family[k];
    uint32_t end = f->first_task + f->ntasks;
    if (t->field == FIELD_FAMILY)
        return t->is[k] ? task : end;
    if (t->field != FIELD_ROWS)
        return task;
    if (!t->rows[k].bits)
        return end;
    if (f->instances == PLAN_ROWS)
        return task;
    uint64_t each = 1; /* so many tasks one after the other have the same row */
    for (uint32_t v = t->rows[k].var + 1; v < f->nvars; v++)
        each *= p->table[p->var[f->first_var + v].table].nrows;
    uint32_t n = p->table[p->var[f->first_var + t->rows[k].var].table].nrows;
    uint64_t at = (task - f->first_task) / each;
    uint32_t row = (uint32_t)(at % n), next = next_row(t->rows[k].bits, n, row);
    if (next == row)
        return task;
    at = (at - row + next) * each; /* behind the last row the first comes again */
    return at < f->ntasks ? f->first_task + (uint32_t)at : end;
}

uint32_t
selector_next(const struct selector *s, uint32_t task, const struct fact *of)
{
    while (task < s->plan->head->ntasks) {
        uint32_t to = task;
        for (size_t i = 0; i < s->n; i++) {
            uint32_t next = skip(s, &s->term[i], task);
            to = next > to ? next : to;
        }
        if (to == task && selector_takes(s, task, of ? &of[task] : NULL))
            return task;
        task = to > task ? to : task + 1;
    }
    return PLAN_NONE;
}
