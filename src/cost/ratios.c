/* How much memory families use, beside what is stated. */
#include "config.h"

#include "cost/ratios.h"

#include <math.h>
#include <stdlib.h>

enum { STEPS = 16, /* of a factor, an octave: so it changes seldom */ };

#define SPARE 1.1 /* when less is expected than is stated */

void
ratios_init(struct ratios *k, uint32_t nfamilies)
{
    *k = (struct ratios){.nfamilies = nfamilies};
    k->family = xcalloc(nfamilies, sizeof *k->family);
    for (uint32_t i = 0; i < nfamilies; i++)
        k->family[i].factor = 1;
}

void
ratios_free(struct ratios *k)
{
    free(k->family);
    *k = (struct ratios){0};
}

/* The one that 95 of 100 of those kept do not exceed; of less than 20, the largest. */
static double
large_one(const struct family_ratios *f)
{
    enum { MOST = (RATIOS_KEPT + 19) / 20 };
    uint32_t n = f->n < RATIOS_KEPT ? f->n : RATIOS_KEPT, nth = (n + 19) / 20;
    float largest[MOST] = {0}; /* the largest first */
    for (uint32_t i = 0; i < n; i++) {
        float v = f->kept[i];
        for (uint32_t j = 0; j < nth; j++)
            if (v > largest[j]) {
                float other = largest[j];
                largest[j] = v;
                v = other;
            }
    }
    return nth ? (double)largest[nth - 1] : 0;
}

static double
step_up(double v)
{
    return exp2(ceil(log2(v) * STEPS - 1e-6) / STEPS);
}

static double
factor_of(const struct family_ratios *f)
{
    double v = large_one(f);
    bool few = f->n < RATIOS_ENOUGH;
    if (few && f->nothers)
        v = fmax(v, f->others);
    if (v > 1)
        return step_up(v);
    /* ours are among them, so the larger number counts */
    uint32_t others = few ? f->nothers : 0;
    if (!f->shrinks || (f->nwhole > others ? f->nwhole : others) < RATIOS_ENOUGH)
        return 1;
    return fmin(1, step_up(v * SPARE));
}

static void
follow(struct ratios *k, struct family_ratios *f)
{
    double factor = factor_of(f);
    k->version += factor != f->factor;
    f->factor = factor;
}

void
ratios_others(struct ratios *k, uint32_t family, double ratio, uint32_t n)
{
    k->family[family].others = ratio;
    k->family[family].nothers = n;
    follow(k, &k->family[family]);
}

double
ratios_of(uint64_t used, double stated)
{
    double ratio = (double)(used > RATIOS_LEAST ? used : RATIOS_LEAST) / fmax(stated, 1);
    return used < RATIOS_LEAST && ratio > 1 ? 1 : ratio;
}

void
ratios_add(struct ratios *k, uint32_t family, uint64_t used, double stated, bool whole,
    uint32_t *mark)
{
    struct family_ratios *f = &k->family[family];
    bool known = *mark && f->n - (*mark - 1) <= RATIOS_KEPT;
    double ratio = ratios_of(used, stated);
    if (!known && !whole && ratio <= f->factor)
        return;
    if (!known)
        *mark = ++f->n;
    float *kept = &f->kept[(*mark - 1) % RATIOS_KEPT];
    if (!known || (double)*kept < ratio || whole)
        *kept = (float)ratio;
    f->nwhole += whole && f->nwhole < RATIOS_ENOUGH;
    follow(k, f);
}

/* Never more than the node has, nor so little that it says nothing. */
static uint64_t
scale(double factor, uint64_t v, uint64_t most)
{
    double bytes = (double)v * factor;
    uint64_t least = v < RATIOS_LEAST ? v : RATIOS_LEAST;
    uint64_t n = bytes < (double)most ? (uint64_t)bytes : most;
    return n > least || factor > 1 ? n : least;
}

void
ratios_scale(const struct ratios *k, const struct classes *c, uint64_t *memory, uint64_t *shared)
{
    for (uint32_t i = 0; i < c->n; i++) {
        double factor = k->family[c->kind[i].family].factor;
        uint64_t m = c->class[i].memory, s = c->class[i].shared;
        memory[i] = factor == 1 ? m : scale(factor, m, c->room.memory);
        shared[i] = factor == 1 ? s : scale(factor, s, memory[i]);
    }
}
