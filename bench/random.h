/* Random run times: xorshift64*, and a lognormal spread made of it (Box and Muller). */
#ifndef BENCH_RANDOM_H
#define BENCH_RANDOM_H

#include <math.h>
#include <stdint.h>

static uint64_t random_state; /* not 0 */

static double
uniform(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (double)((random_state * 2685821657736338717u) >> 11) * 0x1p-53 + 0x1p-54;
}

/* Lognormal, of median 1. */
static double
spread(double p95)
{
    return exp(log(p95) / 1.6448536 * sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform()));
}

#endif
