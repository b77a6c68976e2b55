#include "config.h"

#include "chart/scale.h"

#include "util/list.h"

#include <math.h>
#include <stdbool.h>
#include <time.h>

double
scale_at(const struct scale *s, double value)
{
    double part = s->high > s->low ? (value - s->low) / (s->high - s->low) : 0;
    return s->from + (s->to - s->from) * (part > 1 ? 1 : part > 0 ? part : 0);
}

/* The least of 1, 2, 5, 10, 20 ... that is no less; of what is no number above 0, 1. */
static double
round_up(double value)
{
    if (!(value > 0) || isinf(value))
        return 1;
    double ten = pow(10, floor(log10(value)));
    static const double of[] = {1, 2, 5};
    for (size_t i = 0; i < COUNT_OF(of); i++)
        if (value <= of[i] * ten * (1 + 1e-9))
            return of[i] * ten;
    return 10 * ten;
}

double
scale_end(double value)
{
    double step = round_up(value / 5);
    double end = step * ceil(value / step * (1 - 1e-9));
    return end > 0 && !isinf(end) ? end : 1;
}

static void
fill(double low, double high, double step, struct ticks *t)
{
    *t = (struct ticks){.step = step};
    double first = ceil(low / step - 1e-9);
    for (; t->n < SCALE_TICKS && (first + t->n) * step <= high + step * 1e-9; t->n++)
        t->at[t->n] = (first + t->n) * step;
}

void
ticks_round(double low, double high, unsigned most, struct ticks *t)
{
    double step = round_up((high - low) / most);
    fill(low, high, step, t);
    if (t->n > most) /* both ends are round */
        fill(low, high, round_up(step * 1.01), t);
}

void
ticks_of_time(double low, double high, unsigned most, struct ticks *t)
{
    static const double seconds[] = {1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 10800,
        21600, 43200, 86400, 172800, 604800, 1209600, 2419200, 7862400, 31449600, 157248000};
    size_t i = 0;
    do
        fill(low, high, seconds[i], t);
    while ((t->n > most || t->n == SCALE_TICKS) && ++i < COUNT_OF(seconds));
}

void
tick_time(double at, double step, struct buf *out)
{
    time_t when = (time_t)at;
    struct tm tm;
    char text[32] = "";
    if (!gmtime_r(&when, &tm))
        return;
    bool midnight = tm.tm_hour == 0 && tm.tm_min == 0 && tm.tm_sec == 0;
    const char *how = step >= 2419200             ? "%b %Y"
                      : step >= 86400 || midnight ? "%e %b"
                      : step >= 60                ? "%H:%M"
                                                  : "%H:%M:%S";
    strftime(text, sizeof text, how, &tm);
    buf_puts(out, text + (*text == ' '));
}

void
tick_number(double value, struct buf *out)
{
    static const char *const prefix[] = {"", " k", " M", " G", " T"};
    size_t i = 0;
    for (; fabs(value) >= 1000 && i + 1 < COUNT_OF(prefix); i++)
        value /= 1000;
    buf_printf(out, "%.4g%s", value, prefix[i]);
}
