/* The times of this machine. libc only. */
#ifndef UTIL_CLOCK_H
#define UTIL_CLOCK_H

#include <stdint.h>

#define NEVER INT64_MAX /* a time that does not come */

int64_t now_ms(void);  /* CLOCK_MONOTONIC */
int64_t boot_ms(void); /* CLOCK_BOOTTIME: runs on while the machine sleeps */
int64_t now_us(void);  /* CLOCK_REALTIME: microseconds since 1970 */

#endif
