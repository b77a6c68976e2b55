#include "config.h"

#include "planner/shape.h"

#include "util/list.h"
#include "util/map64.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is known of a column of text or of whole numbers. */
struct facts {
    bool chars[256];
    uint64_t least, most; /* lengths */
    bool dot;
    int64_t lowest, highest;
    bool finite;
};

struct shapes {
    const struct strpool *strings;
    const char *cwd;
    struct map64 known; /* address of a struct column -> its place in `facts` */
    struct list facts;
};

struct shapes *
shapes_new(const struct strpool *strings, const char *cwd)
{
    struct shapes *s = xcalloc(1, sizeof *s);
    s->cwd = cwd;
    s->strings = strings;
    map64_init(&s->known, 0, 64);
    return s;
}

void
shapes_free(struct shapes *s)
{
    for (size_t i = 0; i < s->facts.n; i++)
        free(s->facts.at[i]);
    list_free(&s->facts);
    map64_free(&s->known);
    free(s);
}

/* --- columns --- */

static void
learn_text(const struct strpool *pool, const uint32_t *cell, uint32_t nrows, struct facts *f)
{
    uint8_t *seen = xcalloc(pool->count / 8 + 1, 1);
    f->least = UINT64_MAX;
    for (uint32_t r = 0; r < nrows; r++) {
        uint32_t id = cell[r];
        if (seen[id / 8] >> id % 8 & 1)
            continue;
        seen[id / 8] |= (uint8_t)(1u << id % 8);
        const char *p = strpool_get(pool, id);
        uint32_t n = strpool_len(pool, id);
        for (uint32_t i = 0; i < n; i++)
            f->chars[(unsigned char)p[i]] = true;
        f->least = n < f->least ? n : f->least;
        f->most = n > f->most ? n : f->most;
        f->dot |= n == 1 && *p == '.';
    }
    free(seen);
}

static void
learn_whole(const struct column *c, uint32_t nrows, struct facts *f)
{
    f->lowest = INT64_MAX;
    f->highest = INT64_MIN;
    if (!c->data) {
        int64_t last = vm_progression(c->first, c->step, nrows - 1);
        f->lowest = c->first < last ? c->first : last;
        f->highest = c->first < last ? last : c->first;
        return;
    }
    const int64_t *cell = c->data;
    for (uint32_t r = 0; r < nrows; r++) {
        f->lowest = cell[r] < f->lowest ? cell[r] : f->lowest;
        f->highest = cell[r] > f->highest ? cell[r] : f->highest;
    }
}

static bool
all_finite(const double *cell, uint32_t nrows)
{
    for (uint32_t r = 0; r < nrows; r++)
        if (!isfinite(cell[r]))
            return false;
    return true;
}

/* NULL: the column has no rows. */
static const struct facts *
facts_of(struct shapes *s, const struct expr *e)
{
    const struct column *c = &e->table->col[e->column];
    if (!e->table->nrows)
        return NULL;
    bool found;
    uint32_t at = map64_add(&s->known, (uintptr_t)c, (uint32_t)s->facts.n, &found);
    if (found)
        return s->facts.at[at];
    struct facts *f = xcalloc(1, sizeof *f);
    list_add(&s->facts, f);
    if (c->type == COLUMN_STRING)
        learn_text(s->strings, c->data, e->table->nrows, f);
    else if (c->type == COLUMN_INT)
        learn_whole(c, e->table->nrows, f);
    else if (c->type == COLUMN_REAL)
        f->finite = all_finite(c->data, e->table->nrows);
    return f;
}

/* --- whole numbers --- */

static bool
whole_product(int64_t a, int64_t b, int64_t c, int64_t d, int64_t *least, int64_t *most)
{
    int64_t x[4];
    if (__builtin_mul_overflow(a, c, &x[0]) || __builtin_mul_overflow(a, d, &x[1]) ||
        __builtin_mul_overflow(b, c, &x[2]) || __builtin_mul_overflow(b, d, &x[3]))
        return false;
    *least = *most = x[0];
    for (int i = 1; i < 4; i++) {
        *least = x[i] < *least ? x[i] : *least;
        *most = x[i] > *most ? x[i] : *most;
    }
    return true;
}

/* a div b, rounded down, for b > 0. */
static int64_t
floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static bool
whole_op(struct shapes *s, const struct expr *e, int64_t *least, int64_t *most)
{
    int64_t a, b, c = 0, d = 0;
    if (e->nargs < 1 || e->nargs > 2 || !shape_whole(s, e->arg[0], &a, &b) ||
        (e->nargs == 2 && !shape_whole(s, e->arg[1], &c, &d)))
        return false;
    switch (e->op) {
    case OP_ADD:
        return !__builtin_add_overflow(a, c, least) && !__builtin_add_overflow(b, d, most);
    case OP_SUB:
        return !__builtin_sub_overflow(a, d, least) && !__builtin_sub_overflow(b, c, most);
    case OP_MUL:
        return whole_product(a, b, c, d, least, most);
    case OP_NEG:
        return !__builtin_sub_overflow((int64_t)0, b, least) &&
               !__builtin_sub_overflow((int64_t)0, a, most);
    case OP_IDIV:
        *least = c > 0 ? floor_div(a, a < 0 ? c : d) : 0;
        *most = c > 0 ? floor_div(b, b < 0 ? d : c) : 0;
        return c > 0;
    case OP_MOD:
        *least = 0;
        *most = d - 1;
        return c > 0;
    default:
        return false;
    }
}

bool
shape_whole(struct shapes *s, const struct expr *e, int64_t *least, int64_t *most)
{
    if (e->type != TYPE_INT)
        return false;
    if (e->kind == EX_CONST) {
        *least = *most = e->value.i;
        return e->value.tag == VAL_INT;
    }
    if (e->kind == EX_OP)
        return whole_op(s, e, least, most);
    const struct facts *f = e->kind == EX_COLUMN ? facts_of(s, e) : NULL;
    if (!f)
        return false;
    *least = f->lowest;
    *most = f->highest;
    return true;
}

/* --- pieces --- */

static void
allow(struct piece *p, const char *chars)
{
    for (; *chars; chars++)
        p->chars[(unsigned char)*chars] = true;
}

static unsigned
digits(int64_t v, bool hex)
{
    char text[24];
    if (hex)
        return (unsigned)snprintf(text, sizeof text, "%s%llx", v < 0 ? "-" : "",
            v < 0 ? -(unsigned long long)v : (unsigned long long)v);
    return (unsigned)snprintf(text, sizeof text, "%lld", (long long)v);
}

static bool
whole_text(struct shapes *s, const struct expr *e, struct piece *p)
{
    const struct expr *arg = e->arg[0];
    int64_t least, most;
    bool hex = e->format.verb == 'x';
    if (e->format.precision != 255 || (e->format.verb && e->format.verb != 'd' && !hex) ||
        !shape_whole(s, arg, &least, &most))
        return false;
    unsigned a = digits(least, hex), b = digits(most, hex);
    allow(p, hex ? "0123456789abcdef" : "0123456789");
    if (least < 0)
        allow(p, "-");
    p->least = least < 0 ? 1 : a;
    p->most = a > b ? a : b;
    if (e->format.width > p->least) {
        if (!(e->format.flags & 1) || e->format.flags & 2)
            allow(p, " ");
        p->least = e->format.width;
        p->most = p->most > p->least ? p->most : p->least;
    }
    return true;
}

static bool
real_text(struct shapes *s, const struct expr *e, struct piece *p)
{
    if (e->format.precision != 255 || e->format.verb || e->format.width ||
        e->arg[0]->kind != EX_COLUMN)
        return false;
    const struct facts *f = facts_of(s, e->arg[0]);
    if (!f || !f->finite)
        return false;
    allow(p, "0123456789.+-e");
    p->least = 1;
    p->most = 25;
    return true;
}

static bool
column_text(struct shapes *s, const struct expr *e, struct piece *p)
{
    const struct facts *f = facts_of(s, e);
    if (!f || e->table->col[e->column].type != COLUMN_STRING)
        return false;
    memcpy(p->chars, f->chars, sizeof p->chars);
    p->least = f->least;
    p->most = f->most;
    p->dot = f->dot;
    return true;
}

/* What is inserted somewhere. False: not known. */
static bool
inserted(struct shapes *s, const struct expr *e, struct piece *p)
{
    *p = (struct piece){.var = -1};
    const struct expr *value = e;
    bool ok = false;
    if (e->kind == EX_FORMAT) {
        value = e->arg[0];
        if (value->type == TYPE_INT)
            ok = whole_text(s, e, p);
        else if (value->type == TYPE_REAL)
            ok = real_text(s, e, p);
        else if (value->type == TYPE_STRING && !e->format.width && e->format.precision == 255)
            return inserted(s, value, p);
    } else if (e->kind == EX_COLUMN) {
        ok = column_text(s, e, p);
    }
    if (ok && value->kind == EX_COLUMN) {
        p->var = (int)value->var;
        p->column = value->column;
        p->from = e;
    }
    return ok;
}

void
shape_add_piece(struct shape *out, const struct piece *p)
{
    ARRAY_GROW(out->piece, out->npieces, out->piece_cap);
    out->piece[out->npieces++] = *p;
}

void
shape_insert(struct shape *out, unsigned at, const struct component *c)
{
    ARRAY_GROW(out->component, out->ncomponents, out->component_cap);
    struct component *place = out->component + at;
    memmove(place + 1, place, (out->ncomponents++ - at) * sizeof *c);
    *place = *c;
}

static struct component *
last_component(struct shape *out)
{
    return &out->component[out->ncomponents - 1];
}

static void
push(struct shape *out, struct piece *p)
{
    last_component(out)->n++;
    shape_add_piece(out, p);
}

static void
new_component(struct shape *out)
{
    struct component c = {.first = out->npieces};
    shape_insert(out, out->ncomponents, &c);
}

/* Constant text: joins a constant before it, is split at slashes. */
static bool
push_constant(struct shape *out, const char *s, uint32_t n)
{
    if (memchr(s, 0, n))
        return false;
    for (uint32_t i = 0; i < n; i++) {
        struct component *c = last_component(out);
        if (s[i] == '/') {
            new_component(out);
            continue;
        }
        struct piece *last = c->n ? &out->piece[out->npieces - 1] : NULL;
        if (!last || !last->constant) {
            struct piece fresh = {.constant = true, .var = -1};
            push(out, &fresh);
            last = &out->piece[out->npieces - 1];
        }
        buf_putc(&last->text, s[i]);
        last->chars[(unsigned char)s[i]] = true;
        last->least = last->most = last->text.n;
        last->dot = last->text.n == 1 && s[i] == '.';
    }
    return true;
}

static bool
flatten(struct shapes *s, const struct expr *e, struct shape *out)
{
    if (e->kind == EX_CONCAT) {
        for (unsigned i = 0; i < e->nargs; i++)
            if (!flatten(s, e->arg[i], out))
                return false;
        return true;
    }
    if (e->kind == EX_CONST && e->value.tag == VAL_STR)
        return push_constant(out, e->value.s.p, e->value.s.n);
    if (e->kind == EX_FORMAT && e->arg[0]->kind == EX_CONST && e->arg[0]->type == TYPE_STRING &&
        !e->format.width && e->format.precision == 255)
        return flatten(s, e->arg[0], out);
    struct piece p;
    if (!inserted(s, e, &p) || p.chars[0] || p.chars['/'])
        return false;
    push(out, &p);
    return true;
}

/* --- components --- */

/* Never empty, "." or ".."? (No cell of a column is "..": the checker sees to it.) */
static bool
component_plain(const struct shape *s, const struct component *c)
{
    uint64_t least = 0;
    bool other = false;
    if (component_is(s, c, ".."))
        return false;
    for (unsigned i = c->first; i < c->first + c->n; i++) {
        const struct piece *p = piece_at(s, i);
        least += p->least;
        other |= p->least && (c->n == 1 ? !p->dot : !p->chars['.']);
    }
    return least > 2 || other;
}

/* Where piece i ends can be told, if where it begins can (and the other way round, `back`): it has
 * one length only, or what comes next cannot be part of it. */
static bool
delimited(const struct shape *s, const struct component *c, unsigned i, bool back)
{
    const struct piece *p = piece_at(s, i);
    if (p->least == p->most)
        return true;
    unsigned last = c->first + c->n - 1;
    if (back ? i == c->first : i == last)
        return true;
    const struct piece *next = piece_at(s, back ? i - 1 : i + 1);
    if (!next->constant)
        return false;
    return !p->chars[(unsigned char)next->text.p[back ? next->text.n - 1 : 0]];
}

/* From the left and from the right, all pieces but one can be told: then that one, too. */
static bool
component_parsed(const struct shape *s, const struct component *c)
{
    unsigned left = 0, right = 0;
    while (left < c->n && delimited(s, c, c->first + left, false))
        left++;
    while (right < c->n && delimited(s, c, c->first + c->n - 1 - right, true))
        right++;
    return left + right + 1 >= c->n;
}

static bool
sizes_fit(const struct shape *s, uint64_t longest, uint64_t longest_name)
{
    uint64_t all = s->ncomponents - 1, last = 0, least = 0;
    for (unsigned i = 0; i < s->ncomponents; i++) {
        const struct component *c = component_at(s, i);
        last = least = 0;
        for (unsigned k = c->first; k < c->first + c->n; k++) {
            last += piece_at(s, k)->most;
            least += piece_at(s, k)->least;
        }
        all += last;
    }
    return all <= longest && last <= longest_name && least > 0;
}

void
shape_make(struct shapes *s, const struct expr *path, uint64_t longest, uint64_t longest_name,
    struct shape *out)
{
    *out = (struct shape){0};
    new_component(out);
    bool whole = flatten(s, path, out), plain = true, up = true;
    bool fits = sizes_fit(out, longest, longest_name);
    if (s && s->cwd)
        shape_canonical(s->cwd, out, out->ncomponents - !whole);
    unsigned n = out->ncomponents;
    for (unsigned i = 0; i < n; i++) {
        struct component *c = &out->component[i];
        bool constant = c->n == 0 || (c->n == 1 && piece_at(out, c->first)->constant);
        up = up && component_is(out, c, "..") && i + 1 < n;
        plain = plain && (up || (i == 0 && c->n == 0 && n > 1) || component_plain(out, c));
        c->parsed = component_parsed(out, c);
        /* of what could not be told to its end, the last component may go on */
        if (plain && constant && out->lead == i && (whole || i + 1 < n))
            out->lead++;
    }
    out->known = whole && plain && fits;
}

void
shape_constant(const char *path, struct shape *out)
{
    struct value v = {.tag = VAL_STR, .s = {path, (uint32_t)strlen(path)}};
    const struct expr e = {.kind = EX_CONST, .type = TYPE_STRING, .value = v};
    shape_make(NULL, &e, UINT64_MAX, UINT64_MAX, out);
}

void
shape_free(struct shape *s)
{
    for (unsigned i = 0; i < s->npieces; i++)
        buf_free(&s->piece[i].text);
    free(s->piece);
    free(s->component);
}

unsigned
shape_columns(const struct shape *s, unsigned var, unsigned *column, unsigned most)
{
    unsigned n = 0;
    for (unsigned i = 0; i < s->ncomponents; i++) {
        const struct component *c = component_at(s, i);
        for (unsigned k = c->first; c->parsed && k < c->first + c->n; k++) {
            const struct piece *p = piece_at(s, k);
            if (p->var != (int)var)
                continue;
            unsigned at = 0;
            while (at < n && column[at] != p->column)
                at++;
            if (at == n && n < most)
                column[n++] = p->column;
        }
    }
    return n;
}
