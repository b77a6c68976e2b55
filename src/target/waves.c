#include "config.h"

#include "target/waves.h"

#include <math.h>
#include <stdlib.h>

#define ABOUT 1e-9 /* of a length: as good as equal */

/* Fills lanes of `use` seconds until no tasks are left. Returns their width. */
static double
fill_lanes(const struct work_time *time, uint32_t n, double use)
{
    double *left = xmalloc((n + 1) * sizeof *left), *fit = xmalloc((n + 1) * sizeof *fit), all = 0;
    for (uint32_t i = 0; i < n; i++)
        left[i] = time[i].fills;
    for (uint32_t first = 0; first < n;) {
        double rest = use, width = INFINITY;
        for (uint32_t i = first; i < n; i++) {
            fit[i] = left[i] > 0 ? floor(rest / time[i].seconds * (1 + ABOUT)) : 0;
            rest = fmax(0, rest - fit[i] * time[i].seconds);
            if (fit[i] > 0)
                width = fmin(width, left[i] / fit[i]);
        }
        all += width;
        for (uint32_t i = first; i < n; i++) {
            double then = left[i] - width * fit[i];
            left[i] = then > time[i].fills * ABOUT ? then : 0;
        }
        while (first < n && left[first] <= 0)
            first++;
    }
    free(left);
    free(fit);
    return all;
}

double
waves_nodes(const struct work *w, double use, double longer)
{
    const struct work_time one = {w->typical, w->typical > 0 ? w->expected / w->typical : 0};
    double seconds = use / longer;
    if (seconds <= 0 || seconds * (1 + ABOUT) < w->longest)
        return INFINITY;
    double packed = w->packed > w->fills ? w->packed / w->fills : 1;
    return packed * (w->ntimes ? fill_lanes(w->time, w->ntimes, seconds)
                               : fill_lanes(&one, one.fills > 0, seconds));
}
