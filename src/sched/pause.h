/* How long a task that has failed is left alone before it is tried again: 1 s, 2 s ... 32 s, 60 s.
 */
#ifndef SCHED_PAUSE_H
#define SCHED_PAUSE_H

#include <stdint.h>

enum { SCHED_PAUSES = 7 };

/* After so many failures before this one. */
static inline uint32_t
sched_pause_ms(uint32_t nth)
{
    return nth < SCHED_PAUSES - 1 ? UINT32_C(1000) << nth : 60000;
}

#endif
