/* What tasks need, directly or not: all of it, however many they are. */
#ifndef ASK_NEEDS_H
#define ASK_NEEDS_H

#include "plan/plan.h"

#include <stdint.h>

/* Sets, of each task, what those that are set need. */
void needs_add(const struct plan *p, uint8_t *set);

#endif
