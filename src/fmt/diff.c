/* Every line of the one text that is not blank is, but for blanks, the next such line of the
 * other, so nothing need be searched. */
#include "config.h"

#include "fmt/format.h"

#include <string.h>

enum { CONTEXT = 3 };

struct line {
    const char *p;
    size_t n; /* without its end */
    bool ended;
};

/* Steps through both texts. A step is a line of each, or of one only. */
struct walk {
    const struct buf *text[2];
    size_t pos[2];
    struct line line[2];
    bool has[2];
    size_t number[2]; /* lines before this step's */
};

static bool
get(const struct buf *b, size_t pos, struct line *l)
{
    if (pos >= b->n)
        return false;
    const char *end = memchr(b->p + pos, '\n', b->n - pos);
    l->p = b->p + pos;
    l->ended = end;
    l->n = end ? (size_t)(end - l->p) : b->n - pos;
    return true;
}

static bool
is_blank(const struct line *l)
{
    for (size_t i = 0; i < l->n; i++) {
        if (!strchr(" \t\r", l->p[i]))
            return false;
    }
    return true;
}

static bool
step(struct walk *w)
{
    for (int i = 0; i < 2; i++) {
        if (w->has[i]) {
            w->pos[i] += w->line[i].n + w->line[i].ended;
            w->number[i]++;
        }
    }
    for (int i = 0; i < 2; i++)
        w->has[i] = get(w->text[i], w->pos[i], &w->line[i]);
    if (w->has[0] && w->has[1] && is_blank(&w->line[0]) && !is_blank(&w->line[1]))
        w->has[1] = false; /* a blank line goes */
    return w->has[0] || w->has[1];
}

static bool
is_same(const struct walk *w)
{
    const struct line *a = &w->line[0], *b = &w->line[1];
    return w->has[0] && w->has[1] && a->n == b->n && a->ended == b->ended &&
           memcmp(a->p, b->p, a->n) == 0;
}

static void
put(struct buf *out, char sign, const struct line *l)
{
    buf_putc(out, sign);
    buf_add(out, l->p, l->n);
    buf_puts(out, l->ended ? "\n" : "\n\\ No newline at end of file\n");
}

/* The lines that went, or those that came, from `from` on up to the next equal ones. */
static size_t
put_side(struct walk w, int side, struct buf *out)
{
    size_t steps = 0;
    for (bool more = true; more && !is_same(&w); more = step(&w), steps++) {
        if (w.has[side])
            put(out, side ? '+' : '-', &w.line[side]);
    }
    return steps;
}

/* One hunk, from `w` on over `steps` steps. */
static void
put_hunk(struct walk w, size_t steps, struct buf *out)
{
    struct walk ahead = w;
    size_t count[2] = {0};
    for (size_t i = 0; i < steps; i++, step(&ahead)) {
        count[0] += ahead.has[0];
        count[1] += ahead.has[1];
    }
    buf_printf(out, "@@ -%zu,%zu +%zu,%zu @@\n", w.number[0] + (count[0] > 0), count[0],
        w.number[1] + (count[1] > 0), count[1]);
    while (steps > 0) {
        size_t n = 1;
        if (is_same(&w)) {
            put(out, ' ', &w.line[0]);
        } else {
            n = put_side(w, 0, out);
            put_side(w, 1, out);
        }
        for (steps -= n; n > 0; n--)
            step(&w);
    }
}

void
format_diff(const char *a, const struct buf *before, const char *b, const struct buf *after,
    struct buf *out)
{
    struct walk w = {.text = {before, after}}, start = {0};
    size_t steps = 0, same = 0; /* of the hunk at hand, and of those the last without change */
    bool open = false, named = false;
    struct walk back[CONTEXT]; /* the last steps without change */
    for (bool more = step(&w); more; more = step(&w)) {
        if (is_same(&w)) {
            if (open && ++same > 2 * CONTEXT) {
                put_hunk(start, steps - CONTEXT, out);
                open = false;
                same = CONTEXT;
            } else if (!open) {
                same++;
            }
            steps += open;
            memmove(back, back + 1, (CONTEXT - 1) * sizeof *back);
            back[CONTEXT - 1] = w;
            continue;
        }
        if (!named)
            buf_printf(out, "--- %s\n+++ %s\n", a, b);
        named = true;
        if (!open) {
            size_t n = same < CONTEXT ? same : CONTEXT;
            start = n ? back[CONTEXT - n] : w;
            steps = n;
        }
        open = true;
        same = 0;
        steps++;
    }
    if (open)
        put_hunk(start, steps - (same > CONTEXT ? same - CONTEXT : 0), out);
    buf_reserve(out, 0);
}
