/* Does what was measured depend on something that is not in what is stated? Pure numerics. */
#ifndef CALIBRATE_DEPEND_H
#define CALIBRATE_DEPEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct depend {
    double share;  /* of the spread of the ranks: what it explains, 0 .. 1 */
    double chance; /* that there would be so much without any dependence */
    /* medians where it is least and most: of groups, or of the lower and the upper third */
    double low, high;
    size_t low_at, high_at; /* values of that group; or the ones with the least and the largest x */
};

/* Of y on numbers: by the correlation of ranks (Spearman). False: nothing can be told. */
bool depend_on_number(const double *x, const double *y, size_t n, struct depend *d);
/* Of y on groups: by the ranks within them (Kruskal and Wallis). Groups with less than DEPEND_GROUP
 * values are left out. */
enum { DEPEND_GROUP = 5 };
bool depend_on_group(const uint64_t *group, const double *y, size_t n, struct depend *d);

#endif
