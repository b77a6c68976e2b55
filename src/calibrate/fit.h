/* What should be stated of memory or time, out of what was measured, and how sure that is. Pure
 * numerics; the same result on every machine.
 *
 * Of what was cut short only the least is known. Quantiles take it into account as util/sketch.h
 * does (Kaplan and Meier's estimate), here to the last digit. Uncertainties are those of 100
 * weightings of the clusters by chance (Rubin's bootstrap), from fixed seeds. */
#ifndef CALIBRATE_FIT_H
#define CALIBRATE_FIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A process that was measured. */
struct fit_point {
    double value;      /* what it used */
    double stated;     /* what is stated of it, above 0 */
    double once, each; /* what may explain it: terms that it uses once, those of all its tasks */
    uint32_t cluster;  /* points of one are not independent of each other */
    bool open;         /* it was cut short */
};

/* A quantile of value / stated. */
struct fit_ratio {
    double value;
    double error; /* it is within value - error .. value + error in 95 of 100 cases */
    bool known;   /* else too much is open above: it is that at least */
};

/* The terms: `quantile` of all values are below once * p.once + each * p.each. */
struct fit_terms {
    bool apart; /* could they be told from each other? Else nothing of the following is known */
    struct fit_ratio once, each;
};

/* The value that the part `q` of all does not exceed; 0: there are none. Sorts `v`. *known (or
 * NULL) as above. */
struct fit_value {
    double value, weight;
    bool open;
};
double fit_quantile(struct fit_value *v, size_t n, double q, bool *known);

struct fit_ratio fit_ratio(const struct fit_point *p, size_t n, double q);
struct fit_terms fit_terms(const struct fit_point *p, size_t n, double q);

#endif
