/* The columns of atoms: how far rows are indented, and what lines up. */
#include "config.h"

#include "fmt/page.h"

#include "lexer/words.h"
#include "parser/grammar.h"
#include "util/list.h"

#include <stdlib.h>

enum {
    DEPTH = 4,       /* blanks for each block */
    CONTINUED = 8,   /* and where a statement goes on, with nothing to line up with */
    MAX_ANCHOR = 60, /* nothing is lined up with a column behind this, ... */
    MAX_CELL = 40,   /* or pushed aside by a name of more than this, ... */
    MAX_EXTRA = 4    /* or farther than this, though all agree on it */
};

static bool
is_anchor(const struct page *p, uint32_t i, uint32_t row)
{
    return i < p->natoms && p->atom[i].row == row && p->atom[i].at <= MAX_ANCHOR;
}

/* --- the first atom of a row --- */

static uint32_t
indent_in_bracket(const struct page *p, uint32_t open)
{
    const struct atom *o = &p->atom[open];
    uint32_t base = o->kind == '{' ? o->statement : p->row[o->row].first;
    if (is_anchor(p, open + 1, o->row))
        return o[1].at;
    return p->atom[base].at > MAX_ANCHOR ? MAX_ANCHOR : p->atom[base].at + DEPTH;
}

static uint32_t
indent_closing(const struct page *p, const struct atom *a)
{
    const struct atom *o = &p->atom[a->parent];
    if (a->kind == '}')
        return p->atom[o->statement].at;
    return is_anchor(p, a->parent + 1, o->row) ? o->at : p->atom[p->row[o->row].first].at;
}

/* A statement goes on: below the value behind its '=', below what follows the name of a
 * declaration, or below the value of a property. */
static uint32_t
indent_continued(const struct page *p, const struct atom *a)
{
    uint32_t first = a->statement, row = p->atom[first].row, anchor;
    if (first + 1 < p->natoms && p->atom[first + 1].kind == '=')
        anchor = first + 2;
    else if (first + 2 < p->natoms && p->atom[first + 2].kind == '=')
        anchor = first + 3;
    else
        anchor = p->atom[first].parent == NONE ? first + 2 : first + 1;
    if (is_anchor(p, anchor, row) && p->atom[anchor].statement == first &&
        p->atom[anchor].kind != '{')
        return p->atom[anchor].at;
    return p->atom[first].at > MAX_ANCHOR ? MAX_ANCHOR : p->atom[first].at + CONTINUED;
}

static uint32_t
indent_of(const struct page *p, uint32_t i)
{
    const struct atom *a = &p->atom[i];
    if (a->kind == ')' || a->kind == ']' || a->kind == '}')
        return indent_closing(p, a);
    if (a->statement == i)
        return a->parent == NONE ? 0 : indent_in_bracket(p, a->parent);
    if (a->kind == '{')
        return p->atom[a->statement].at;
    if (a->parent != NONE && p->atom[a->parent].kind != '{')
        return indent_in_bracket(p, a->parent);
    return indent_continued(p, a);
}

/* --- rows that line up with each other --- */

/* The first rows of statements that follow each other in a block. */
struct run {
    struct page *p;
    uint32_t *row;
    uint32_t n;
    uint32_t value; /* where values begin at least */
};

/* The atom in column `cell` of a row of the run that may line up with others, or NULL. */
static struct atom *
cell_of(const struct run *run, uint32_t m, uint32_t cell)
{
    const struct row *r = &run->p->row[run->row[m]];
    if (cell >= r->natoms)
        return NULL;
    struct atom *a = &run->p->atom[r->first + cell];
    for (uint32_t i = 1; i <= cell; i++) {
        if (a[-(int64_t)i].lines)
            return NULL; /* it is not on the row's first line */
    }
    return a;
}

static bool
is_short(const struct atom *a)
{
    return a->end - a->start <= MAX_CELL;
}

/* The value of a property. */
static bool
is_value(const struct atom *a, uint32_t cell)
{
    return cell == 1 && a[-1].parent != NONE && a->statement == a[-1].statement && a->kind != '{' &&
           a->gap > 0 && is_short(a - 1);
}

/* The '=' of one of several declarations with the same word. */
static bool
is_equation(const struct atom *a, const struct atom *b, uint32_t cell)
{
    return cell == 2 && a->kind == '=' && b->kind == '=' && a[-2].kind == b[-2].kind &&
           word_of(a[-2].kind) && is_short(a - 1) && is_short(b - 1);
}

/* Somebody lined these up. */
static bool
is_lined_up(const struct atom *a, const struct atom *b)
{
    return b->row == a->row + 1 && a->was == b->was && a->gap > 0 && b->gap > 0 &&
           (a->had > a->gap || b->had > b->gap);
}

static uint32_t
nearest_column(const struct page *p, const struct atom *a)
{
    return page_column(p, a[-1].start, a[-1].end, a[-1].at) + a->gap;
}

/* Lines up cells of the rows m .. m + n - 1, leaving out those with none (or, for values, with
 * one that is no value). */
static void
line_up(const struct run *run, uint32_t m, uint32_t n, uint32_t cell, bool values)
{
    uint32_t column = 0, extra = MAX_EXTRA, members = 0, was = 0;
    for (uint32_t i = m; i < m + n; i++) {
        const struct atom *a = cell_of(run, i, cell);
        if (!a || (values && !is_value(a, cell)))
            continue;
        uint32_t least = nearest_column(run->p, a), more = a->had > a->gap ? a->had - a->gap : 0;
        column = least > column ? least : column;
        extra = more < extra ? more : extra;
        if (members++ > 0 && a->was != was)
            extra = 0;
        was = a->was;
    }
    column += members > 1 ? extra : 0;
    if (values && column < run->value)
        column = run->value;
    for (uint32_t i = m; i < m + n; i++) {
        struct atom *a = cell_of(run, i, cell);
        if (a && (!values || is_value(a, cell)))
            a->at = column;
    }
}

static bool
place_cell(const struct run *run, uint32_t cell)
{
    bool any = false;
    for (uint32_t i = 0; i < run->n; i++) {
        const struct row *r = &run->p->row[run->row[i]];
        struct atom *a = &run->p->atom[r->first + cell];
        if (cell < r->natoms) {
            a->at = nearest_column(run->p, a);
            any = true;
        }
    }
    if (cell == 1)
        line_up(run, 0, run->n, cell, true);
    for (uint32_t i = 0, n; i < run->n; i += n) {
        n = 1;
        for (; i + n < run->n; n++) {
            const struct atom *a = cell_of(run, i + n - 1, cell), *b = cell_of(run, i + n, cell);
            if (!a || !b || (is_value(a, cell) || is_value(b, cell)))
                break;
            if (!is_equation(a, b, cell) && !is_lined_up(a, b))
                break;
        }
        if (n > 1)
            line_up(run, i, n, cell, false);
    }
    return any;
}

/* The row of the statement behind that of row r, if it is in the same run; else NONE. */
static uint32_t
next_in_run(const struct page *p, uint32_t r)
{
    const struct atom *first = &p->atom[p->row[r].first];
    for (uint32_t next = r + 1; next < p->nrows && !p->row[next].blank; next++) {
        const struct row *row = &p->row[next];
        const struct atom *a = &p->atom[row->first];
        if (row->natoms == 0)
            continue;
        if (a->parent != first->parent && (a->parent == NONE || p->atom[a->parent].kind == '{'))
            return NONE; /* in, or behind, a block */
        if (a->kind == '}')
            return NONE;
        if (a->statement == row->first)
            return next;
    }
    return NONE;
}

/* Where the value of `{ container 2 GB` stands, if this is the row above; else 0. */
static uint32_t
value_above(const struct page *p, uint32_t r)
{
    const struct atom *a = &p->atom[p->row[r].first];
    if (r == 0 || a->parent == NONE || a->parent + 2 >= p->natoms)
        return 0;
    const struct atom *value = &p->atom[a->parent + 2];
    const struct atom *last = a - 1;
    if (value->row != r - 1 || last->statement != a->parent + 1 ||
        value->statement != last->statement)
        return 0;
    return is_value(value, 1) && value->at <= MAX_ANCHOR ? value->at : 0;
}

static void
place_run(struct page *p, uint32_t first_row, uint32_t indent)
{
    struct run run = {.p = p, .value = value_above(p, first_row)};
    uint32_t cap = 0;
    for (uint32_t r = first_row; r != NONE; r = next_in_run(p, r)) {
        ARRAY_GROW(run.row, run.n, cap);
        run.row[run.n++] = r;
        p->atom[p->row[r].first].at = indent;
        p->row[r].placed = true;
    }
    for (uint32_t cell = 1; place_cell(&run, cell); cell++)
        ;
    free(run.row);
}

void
page_place(struct page *p)
{
    for (uint32_t r = 0; r < p->nrows; r++) {
        const struct row *row = &p->row[r];
        if (row->natoms == 0 || row->placed)
            continue;
        struct atom *a = &p->atom[row->first];
        uint32_t indent = indent_of(p, row->first);
        if (a->statement == row->first && a->kind != '}') {
            place_run(p, r, indent);
            continue;
        }
        a->at = indent;
        for (uint32_t i = 1; i < row->natoms; i++)
            a[i].at = nearest_column(p, &a[i]);
    }
}
