/* The word that was meant, perhaps: the nearest one of those that are known. */
#include "config.h"

#include "diag/diag.h"
#include "util/buf.h"

#include <stdlib.h>
#include <string.h>

/* Words longer than this are not names that somebody mistyped. */
#define MAX_WORD 64

static unsigned
least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Insertions, deletions, replacements, and swaps of neighbours (optimal string alignment). */
static unsigned
distance(const char *a, size_t na, const char *b, size_t nb)
{
    unsigned row[3][MAX_WORD + 1];
    unsigned *before = row[0], *last = row[1], *now = row[2];
    for (size_t j = 0; j <= nb; j++)
        last[j] = (unsigned)j;
    for (size_t i = 1; i <= na; i++) {
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= nb; j++) {
            unsigned best = least(last[j], now[j - 1]) + 1;
            best = least(best, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = least(best, before[j - 2] + 1);
            now[j] = best;
        }
        unsigned *free_row = before;
        before = last;
        last = now;
        now = free_row;
    }
    return last[nb];
}

const char *
diag_nearest(const char *word, const char *const *candidate, size_t n)
{
    size_t nw = strlen(word);
    const char *best = NULL;
    unsigned best_distance = 0;
    if (nw > MAX_WORD)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        size_t nc = strlen(candidate[i]);
        if (nc > MAX_WORD)
            continue;
        unsigned most = (unsigned)((nw > nc ? nw : nc) / 3);
        if ((nw > nc ? nw - nc : nc - nw) > most)
            continue;
        unsigned dist = distance(word, nw, candidate[i], nc);
        if (dist <= most && (!best || dist < best_distance)) {
            best = candidate[i];
            best_distance = dist;
        }
    }
    return best;
}
