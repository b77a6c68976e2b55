/* How large what was measured was, in bins an eighth of an octave wide: of ratios, or of seconds.
 * libc only.
 *
 * What was seen to its end is `ended`; of what is not over, or was cut short, only the least is
 * known: it is `open`. Estimates take both into account (Kaplan and Meier's, with what is open half
 * at risk in its bin), or what takes long would be left out: it is cut short more often, and its
 * end comes last. All counts add up, so sketches are merged by adding, and one may be the
 * difference of two, with counts below 0. Nothing ages: tasks of one kind in one campaign do not
 * change. */
#ifndef UTIL_SKETCH_H
#define UTIL_SKETCH_H

#include <stdbool.h>
#include <stdint.h>

enum {
    SKETCH_STEPS = 8,        /* bins an octave */
    SKETCH_OCTAVES_LOW = 10, /* below 1 */
    SKETCH_BINS = 256        /* 2^-10 up to 2^22; what is beyond is in the first, or the last */
};

struct sketch {
    int32_t ended[SKETCH_BINS], open[SKETCH_BINS];
};

unsigned sketch_bin(double value); /* of any number; NAN: the first */
double sketch_edge(double bin);    /* the value at which it begins; a part of one is fine */
/* Adds `n` (below 0: takes away) to one count, which stays in range. */
void sketch_count(int32_t *count, int64_t n);
void sketch_add(struct sketch *s, const struct sketch *more);
uint32_t sketch_ended(const struct sketch *s); /* how many were seen to their end */
uint32_t sketch_open(const struct sketch *s);
/* The value that the part `q` (above 0, below 1) of all does not exceed, to a twentieth or so; with
 * `prior` more that had ended at 1. 0: nothing is in it. *known (unless it is NULL): it follows
 * from what has ended; else too much is open above that, and twice the most that was seen is given:
 * what has no known end is taken to be half through. */
double sketch_quantile(const struct sketch *s, double q, uint32_t prior, bool *known);
/* Takes out those that are open at more than all that have ended; how many these are. */
uint32_t sketch_cut(struct sketch *s);
/* The mean, by the same rules; 0: nothing is in it. */
double sketch_mean(const struct sketch *s, uint32_t prior);

#endif
