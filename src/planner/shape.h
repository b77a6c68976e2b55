/* What an output's path looks like in all instances of its family, told from the template and from
 * the columns that it inserts, without making a path. Used to prove that no two tasks write one
 * file; what it cannot tell is evaluated instead. */
#ifndef PLANNER_SHAPE_H
#define PLANNER_SHAPE_H

#include "model/expr.h"
#include "util/buf.h"

#include <string.h>

/* One part of a text. */
struct piece {
    bool constant; /* `text` holds it */
    struct buf text;
    bool chars[256];      /* bytes that may occur */
    uint64_t least, most; /* lengths */
    bool dot;             /* it may be "." */
    int var;              /* its text tells the cells of a column of this variable apart; -1: no */
    unsigned column;
    const struct expr *from; /* var >= 0: the column, or the format of one */
};

/* The pieces between two slashes. */
struct component {
    unsigned first, n;
    bool parsed; /* from its text, that of each of its pieces can be told */
};

/* A path is `known` if its template cannot fail, always gives a path that may be written as it is,
 * and has no slash in what is inserted, no component that is empty or ".", and no ".." but at its
 * beginning: then two paths are one file only if they are equal byte by byte. */
struct shape {
    bool known;
    unsigned lead; /* components at its beginning that are constant, and not empty or "." (but the
                      first may be empty); also where it is not known */
    struct piece *piece; /* a constant one is within one component */
    struct component *component;
    unsigned npieces, ncomponents;
    size_t piece_cap, component_cap;
};

static inline const struct piece *
piece_at(const struct shape *s, unsigned i)
{
    return &s->piece[i];
}

static inline const struct component *
component_at(const struct shape *s, unsigned i)
{
    return &s->component[i];
}

static inline bool
component_is(const struct shape *s, const struct component *c, const char *text)
{
    const struct piece *p = c->n == 1 ? piece_at(s, c->first) : NULL;
    return p && p->constant && strcmp(p->text.p, text) == 0;
}

struct shapes; /* what was learned about columns */

/* `cwd`: where relative paths start, "/" and each component with a "/" behind it, borrowed; NULL:
 * not known. What is below it has the shape of a relative path, however it is written. */
struct shapes *shapes_new(const struct strpool *strings, const char *cwd);
void shapes_free(struct shapes *s);

/* `longest`, `longest_name`: bytes that a path, and its last component, may have. */
void shape_make(struct shapes *s, const struct expr *path, uint64_t longest, uint64_t longest_name,
    struct shape *out);
void shape_free(struct shape *s);

/* No path of the one form is ever the same file as one of the other: their constant parts differ,
 * or a component is a whole number of columns that have none in common. */
bool shapes_differ(const struct shape *a, const struct shape *b);

/* A path of `a` may be a folder above one of `b`: false where that is proven not to be. */
bool shape_may_hold(const struct shape *a, const struct shape *b);

/* The path of a task's `b` begins, component by component, with that of its `a`, in all tasks. */
bool shape_begins(const struct shape *a, const struct shape *b);

/* The columns of variable `var` that the path tells; returns how many (at most `most`). */
unsigned shape_columns(const struct shape *s, unsigned var, unsigned *column, unsigned most);

/* shape_canonical.c: gives a path the only spelling that counts: what begins with ".." is made
 * absolute, and what is below the working folder relative. Its first `n` components are whole. */
void shape_canonical(const char *cwd, struct shape *s, unsigned n);

/* Parts of making one. */
void shape_add_piece(struct shape *s, const struct piece *p);
void shape_insert(struct shape *s, unsigned at, const struct component *c);

/* The shape of one path. */
void shape_constant(const char *path, struct shape *out);

/* Can the whole number `e` be told to lie within bounds, its evaluation never failing? */
bool shape_whole(struct shapes *s, const struct expr *e, int64_t *least, int64_t *most);

#endif
