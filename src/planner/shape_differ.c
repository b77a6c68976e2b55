/* Whether two shapes can never be one path. */
#include "config.h"

#include "planner/shape.h"

#include "util/map64.h"

#include <string.h>

/* The constant text that a component begins with (or ends with). */
static const struct buf *
fixed(const struct shape *s, const struct component *c, bool end)
{
    static const struct buf none = {0};
    if (!c->n)
        return &none;
    const struct piece *p = piece_at(s, end ? c->first + c->n - 1 : c->first);
    return p->constant ? &p->text : &none;
}

static int64_t
whole_cell(const struct column *c, uint32_t row)
{
    return c->data ? ((const int64_t *)c->data)[row] : vm_progression(c->first, c->step, row);
}

/* Have the columns no number in common? */
static bool
disjoint(const struct expr *x, const struct expr *y)
{
    enum { MOST_ROWS = 1 << 22 };
    const struct column *a = &x->table->col[x->column], *b = &y->table->col[y->column];
    if (a == b || x->table->nrows > MOST_ROWS || y->table->nrows > MOST_ROWS)
        return false;
    struct map64 seen;
    bool none = true, found;
    map64_init(&seen, 0, x->table->nrows);
    for (uint32_t r = 0; r < x->table->nrows; r++)
        map64_add(&seen, (uint64_t)whole_cell(a, r), r, &found);
    for (uint32_t r = 0; r < y->table->nrows && none; r++)
        none = map64_find(&seen, (uint64_t)whole_cell(b, r)) == UINT32_MAX;
    map64_free(&seen);
    return none;
}

/* Are both components one whole number each, written alike, of which no value is in both columns?
 */
static bool
numbers_differ(const struct shape *a, const struct component *x, const struct shape *b,
    const struct component *y)
{
    const struct piece *p = x->n == 1 ? piece_at(a, x->first) : NULL;
    const struct piece *q = y->n == 1 ? piece_at(b, y->first) : NULL;
    if (!p || !q || p->var < 0 || q->var < 0 || p->from->kind != EX_FORMAT ||
        q->from->kind != EX_FORMAT || p->from->arg[0]->type != TYPE_INT ||
        q->from->arg[0]->type != TYPE_INT || p->from->format.flags != q->from->format.flags ||
        p->from->format.width != q->from->format.width ||
        p->from->format.verb != q->from->format.verb)
        return false;
    return disjoint(p->from->arg[0], q->from->arg[0]);
}

/* Is a constant part of the one made of what never occurs in the other? */
static bool
letters_differ(const struct shape *a, const struct component *x, const struct shape *b,
    const struct component *y)
{
    bool may[256] = {false};
    for (unsigned i = y->first; i < y->first + y->n; i++)
        for (unsigned c = 0; c < 256; c++)
            may[c] |= piece_at(b, i)->chars[c];
    for (unsigned i = x->first; i < x->first + x->n; i++) {
        const struct piece *p = piece_at(a, i);
        for (size_t k = 0; p->constant && k < p->text.n; k++)
            if (!may[(unsigned char)p->text.p[k]])
                return true;
    }
    return false;
}

static bool
components_differ(const struct shape *a, const struct shape *b, unsigned i)
{
    const struct component *x = component_at(a, i), *y = component_at(b, i);
    for (int end = 0; end < 2; end++) {
        const struct buf *s = fixed(a, x, end), *t = fixed(b, y, end);
        size_t n = s->n < t->n ? s->n : t->n;
        if (n && memcmp(s->p + (end ? s->n - n : 0), t->p + (end ? t->n - n : 0), n) != 0)
            return true;
    }
    if (letters_differ(a, x, b, y) || letters_differ(b, y, a, x))
        return true;
    /* all of it constant, and of unequal length */
    bool whole = (x->n == 0 || (x->n == 1 && piece_at(a, x->first)->constant)) &&
                 (y->n == 0 || (y->n == 1 && piece_at(b, y->first)->constant));
    return whole ? fixed(a, x, false)->n != fixed(b, y, false)->n : numbers_differ(a, x, b, y);
}

bool
shapes_differ(const struct shape *a, const struct shape *b)
{
    unsigned n = a->lead < b->lead ? a->lead : b->lead;
    if (a->known && b->known) {
        if (a->ncomponents != b->ncomponents)
            return true;
        n = a->ncomponents;
    }
    for (unsigned i = 0; i < n; i++)
        if (components_differ(a, b, i))
            return true;
    return false;
}

bool
shape_may_hold(const struct shape *a, const struct shape *b)
{
    unsigned na = a->known ? a->ncomponents : a->lead;
    unsigned nb = b->known ? b->ncomponents : b->lead;
    if (b->known && nb <= na)
        return false;
    for (unsigned i = 0; i < na && i < nb; i++)
        if (components_differ(a, b, i))
            return false;
    return true;
}

static bool
same_piece(const struct piece *p, const struct piece *q)
{
    if (p->constant || q->constant)
        return p->constant && q->constant && p->text.n == q->text.n &&
               memcmp(p->text.p, q->text.p, p->text.n) == 0;
    if (p->var < 0 || p->var != q->var || p->column != q->column || p->from->kind != q->from->kind)
        return false;
    return p->from->kind != EX_FORMAT || (p->from->format.flags == q->from->format.flags &&
                                             p->from->format.width == q->from->format.width &&
                                             p->from->format.verb == q->from->format.verb);
}

bool
shape_begins(const struct shape *a, const struct shape *b)
{
    if (!a->known || !b->known || b->ncomponents <= a->ncomponents)
        return false;
    for (unsigned i = 0; i < a->ncomponents; i++) {
        const struct component *x = component_at(a, i), *y = component_at(b, i);
        if (x->n != y->n)
            return false;
        for (unsigned k = 0; k < x->n; k++)
            if (!same_piece(piece_at(a, x->first + k), piece_at(b, y->first + k)))
                return false;
    }
    return true;
}
