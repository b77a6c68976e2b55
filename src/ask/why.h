/* Why a task is in the state in which it is: what it needs, who has it, how it failed. */
#ifndef ASK_WHY_H
#define ASK_WHY_H

#include "ask/facts.h"

/* Some lines for people. */
void why_text(const struct facts *f, uint32_t task, struct buf *out);

#endif
