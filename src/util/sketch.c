#include "config.h"

#include "util/sketch.h"

#include <math.h>

/* A logarithm would do, but this is asked for each attempt, and takes a third of its time. */
unsigned
sketch_bin(double value)
{
    static const double edge[SKETCH_STEPS - 1] = {
        /* of the bins within an octave, 2^(-7/8) .. 2^(-1/8) */
        0.5452538663326288, 0.5946035575013605, 0.6484197773255048, 0.7071067811865476,
        0.7711054127039704, 0.8408964152537145, 0.9170040432046712};
    int octave;
    if (!(value > 0))
        return 0;
    if (value >= ldexp(1, SKETCH_BINS / SKETCH_STEPS - SKETCH_OCTAVES_LOW))
        return SKETCH_BINS - 1;
    double part = frexp(value, &octave); /* from 0.5 to 1 */
    int bin = (octave - 1 + SKETCH_OCTAVES_LOW) * SKETCH_STEPS;
    for (int i = 0; i < SKETCH_STEPS - 1; i++)
        bin += part >= edge[i];
    return bin > 0 ? (unsigned)bin : 0;
}

double
sketch_edge(double bin)
{
    return exp2(bin / SKETCH_STEPS - SKETCH_OCTAVES_LOW);
}

void
sketch_count(int32_t *count, int64_t n)
{
    int64_t sum = *count + (n > INT32_MAX ? INT32_MAX : n < -INT32_MAX ? -INT32_MAX : n);
    *count = (int32_t)(sum > INT32_MAX ? INT32_MAX : sum < -INT32_MAX ? -INT32_MAX : sum);
}

void
sketch_add(struct sketch *s, const struct sketch *more)
{
    for (unsigned i = 0; i < SKETCH_BINS; i++) {
        sketch_count(&s->ended[i], more->ended[i]);
        sketch_count(&s->open[i], more->open[i]);
    }
}

/* A difference may be below 0, and so may what came of bytes that somebody wrote. */
static uint32_t
positive(int32_t count)
{
    return count > 0 ? (uint32_t)count : 0;
}

static uint32_t
sum_of(const int32_t *count)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < SKETCH_BINS; i++)
        sum += positive(count[i]);
    return sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX;
}

uint32_t
sketch_ended(const struct sketch *s)
{
    return sum_of(s->ended);
}

uint32_t
sketch_open(const struct sketch *s)
{
    return sum_of(s->open);
}

/* From the smallest bin on: which part is not over there. */
struct walk {
    const struct sketch *s;
    uint32_t prior;
    unsigned bin; /* the one behind that at hand */
    double at_risk, before, left;
    double most; /* the end of the last bin with anything in it */
};

static struct walk
begin(const struct sketch *s, uint32_t prior)
{
    return (struct walk){.s = s,
        .prior = prior,
        .at_risk = (double)sketch_ended(s) + sketch_open(s) + prior,
        .before = 1,
        .left = 1};
}

/* On to the next bin in which something ended; false: there is none. */
static bool
next(struct walk *w)
{
    const unsigned one = SKETCH_OCTAVES_LOW * SKETCH_STEPS;
    while (w->bin < SKETCH_BINS && w->at_risk > 0) {
        unsigned i = w->bin++;
        double ended = positive(w->s->ended[i]) + (double)(i == one ? w->prior : 0);
        double open = positive(w->s->open[i]);
        w->before = w->left;
        if (ended > 0) /* all that is at risk may be what is open here */
            w->left *= 1 - fmin(1, ended / (w->at_risk - open / 2));
        if (ended + open > 0)
            w->most = sketch_edge(i + 1);
        w->at_risk -= ended + open;
        if (ended > 0)
            return true;
    }
    return false;
}

double
sketch_quantile(const struct sketch *s, double q, uint32_t prior, bool *known)
{
    struct walk w = begin(s, prior);
    if (known)
        *known = true;
    while (next(&w))
        if (w.left <= 1 - q + 1e-12)
            return sketch_edge(w.bin - 1 + (w.before - (1 - q)) / (w.before - w.left));
    if (known)
        *known = false;
    return 2 * w.most;
}

uint32_t
sketch_cut(struct sketch *s)
{
    uint64_t n = 0;
    for (unsigned i = SKETCH_BINS; i-- > 0 && s->ended[i] <= 0; s->open[i] = 0)
        n += positive(s->open[i]);
    return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

double
sketch_mean(const struct sketch *s, uint32_t prior)
{
    struct walk w = begin(s, prior);
    double sum = 0;
    while (next(&w))
        sum += (w.before - w.left) * sketch_edge(w.bin - 0.5);
    return sum + w.left * 2 * w.most;
}
