/* From values to pixels, and the round values that are written at an axis. libc and libm only. */
#ifndef CHART_SCALE_H
#define CHART_SCALE_H

#include "util/buf.h"

/* `low` is at pixel `from`, `high` at `to`. */
struct scale {
    double low, high, from, to;
};
/* What is beyond the ends is at the ends; what is no number is at `from`. */
double scale_at(const struct scale *s, double value);

enum { SCALE_TICKS = 16 };
struct ticks {
    unsigned n;
    double step;
    double at[SCALE_TICKS];
};

/* Round values from `low` to `high`, both included, `most` at most (below SCALE_TICKS): 1, 2 or 5
 * times a power of ten apart. */
void ticks_round(double low, double high, unsigned most, struct ticks *t);
/* The same for seconds since 1970: whole seconds, minutes, hours, days or weeks apart, in UTC. */
void ticks_of_time(double low, double high, unsigned most, struct ticks *t);
/* The end of an axis that begins at 0 and holds `value`: round, and above 0. */
double scale_end(double value);

/* What is written at a tick, appended: "12:30", "12:30:05", at midnight and where days are told
 * apart "29 Nov". */
void tick_time(double at, double step, struct buf *out);
/* "0", "250", "1.5 k", "20 M" */
void tick_number(double value, struct buf *out);

#endif
