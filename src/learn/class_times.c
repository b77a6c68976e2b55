#include "config.h"

#include "learn/class_times.h"

#include <math.h>
#include <stdlib.h>

void
class_times_free(struct class_times *t)
{
    free(t->expected);
    free(t->sure);
    *t = (struct class_times){0};
}

static bool
differ(uint64_t a, uint64_t b)
{
    return a > b ? a - b > b / 32 : b - a > a / 32;
}

static uint64_t
milliseconds(double seconds)
{
    return (uint64_t)(fmin(seconds, 1e12) * 1e3 + 0.5);
}

static void
times_of_class(struct book *b, const struct classes *k, uint32_t i, uint64_t *expected,
    uint64_t *sure)
{
    uint64_t stated = k->class[i].time_ms, most = k->most_ms;
    struct book_time t = book_time(b, k->kind[i].family, k->kind[i].key, (double)stated * 1e-3);
    *expected = milliseconds(t.expected);
    *sure = milliseconds(t.sure);
    bool never = stated > most || (t.firm && *expected > most);
    uint64_t whole = most - most / 64; /* some of it has passed when one starts */
    whole = whole > stated ? whole : stated;
    if (!never && *sure > whole)
        *sure = whole;
    if (k->kind[i].begun)
        *sure = 1; /* 0: it is not known */
}

bool
class_times_make(struct class_times *t, struct book *b, const struct classes *k)
{
    bool changed = t->n != k->n;
    if (t->version == book_version(b) && !changed)
        return false;
    if (t->n < k->n) {
        t->expected = xrealloc(t->expected, k->n * sizeof *t->expected);
        t->sure = xrealloc(t->sure, k->n * sizeof *t->sure);
    }
    for (uint32_t i = 0; i < k->n; i++) {
        uint64_t expected, sure;
        times_of_class(b, k, i, &expected, &sure);
        bool fits = sure <= k->most_ms;
        if (i < t->n && !differ(expected, t->expected[i]) && !differ(sure, t->sure[i]) &&
            fits == (t->sure[i] <= k->most_ms))
            continue; /* what was told stays, so that small changes add up to one */
        changed = true;
        t->expected[i] = expected;
        t->sure[i] = sure;
    }
    t->n = k->n;
    t->version = book_version(b);
    return changed;
}
