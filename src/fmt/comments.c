/* Where comments stand: alone, at the depth of what follows; behind code, in the column that
 * they have with their neighbours. */
#include "config.h"

#include "fmt/page.h"

enum {
    APART = 2,    /* blanks between code and comment, at least */
    MAX_CODE = 80 /* a longer row does not push its neighbours' comments aside */
};

static bool
has_comment(const struct row *r)
{
    return r->comment_end > r->comment;
}

/* The column behind the code of a row. */
static uint32_t
code_end(const struct page *p, const struct row *r)
{
    if (r->natoms == 0)
        return 0;
    const struct atom *last = &p->atom[r->first + r->natoms - 1];
    return page_column(p, last->start, last->end, last->at);
}

static uint32_t
column_alone(const struct page *p, uint32_t r)
{
    while (r < p->nrows && p->row[r].natoms == 0)
        r++;
    if (r == p->nrows)
        return 0;
    const struct atom *a = &p->atom[p->row[r].first];
    if (a->kind != '}')
        return a->at;
    /* the last in its block: as the first in it */
    const struct atom *first = &p->atom[a->parent + 1];
    if (first == a)
        return p->atom[p->atom[a->parent].statement].at + 4;
    return first->at;
}

/* Is row r, a comment alone, the next line of the comment behind the code above? */
static bool
trails(const struct page *p, uint32_t r)
{
    if (r == 0 || p->row[r].blank)
        return false;
    const struct row *above = &p->row[r - 1];
    return has_comment(above) && (above->natoms > 0 || above->trails) &&
           above->was == p->row[r].was;
}

/* May the comments of rows r - 1 and r have to do with each other? */
static bool
is_next(const struct page *p, uint32_t r)
{
    const struct row *row = &p->row[r];
    if (row->blank || !has_comment(row) || (row->natoms == 0 && !row->trails))
        return false;
    for (uint32_t i = 0; i < row->natoms; i++) {
        if (p->atom[row->first + i].lines)
            return false;
    }
    return code_end(p, row) <= MAX_CODE && code_end(p, row - 1) <= MAX_CODE;
}

/* How many rows from r on have their comments in the column of row r's. */
static uint32_t
count_equal(const struct page *p, uint32_t r)
{
    uint32_t n = 1;
    while (r + n < p->nrows && is_next(p, r + n) && p->row[r + n].was == p->row[r].was)
        n++;
    return n;
}

/* How many rows from r on have comments in columns of their own. */
static uint32_t
count_different(const struct page *p, uint32_t r)
{
    uint32_t n = 1;
    while (r + n < p->nrows && is_next(p, r + n) && count_equal(p, r + n) == 1)
        n++;
    return n;
}

/* The least column for the comments of n rows. */
static uint32_t
least_column(const struct page *p, uint32_t r, uint32_t n)
{
    uint32_t column = 0;
    for (uint32_t i = r; i < r + n; i++) {
        uint32_t end = p->row[i].natoms ? code_end(p, &p->row[i]) + APART : 0;
        column = end > column ? end : column;
    }
    return column;
}

/* Comments that are lined up already stay where they are if there is room. */
static uint32_t
column_equal(const struct page *p, uint32_t r, uint32_t n)
{
    uint32_t least = least_column(p, r, n);
    return p->row[r].was > least ? p->row[r].was : least;
}

/* Others join those above or below that are lined up, if there is room; else one alone stays, and
 * several are lined up. */
static uint32_t
column_different(const struct page *p, uint32_t r, uint32_t n)
{
    uint32_t least = least_column(p, r, n), below = r + n;
    if (r > 0 && has_comment(&p->row[r - 1]) && is_next(p, r) && p->row[r - 1].at >= least)
        return p->row[r - 1].at;
    if (below < p->nrows && is_next(p, below)) {
        uint32_t column = column_equal(p, below, count_equal(p, below));
        if (column >= least)
            return column;
    }
    return n > 1 ? least : column_equal(p, r, 1);
}

void
page_place_comments(struct page *p)
{
    for (uint32_t r = 0; r < p->nrows; r++)
        p->row[r].trails = p->row[r].natoms == 0 && trails(p, r);
    for (uint32_t r = 0, n; r < p->nrows; r += n) {
        n = 1;
        if (!has_comment(&p->row[r]))
            continue;
        if (p->row[r].natoms == 0 && !p->row[r].trails) {
            p->row[r].at = column_alone(p, r);
            continue;
        }
        n = count_equal(p, r);
        bool equal = n > 1;
        if (!equal)
            n = count_different(p, r);
        uint32_t column = equal ? column_equal(p, r, n) : column_different(p, r, n);
        for (uint32_t i = r; i < r + n; i++)
            p->row[i].at = column;
    }
}
