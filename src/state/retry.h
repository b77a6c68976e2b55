/* What failed for good is to be tried again: puts the request on record that journal/again.h tells
 * of. */
#ifndef STATE_RETRY_H
#define STATE_RETRY_H

#include "plan/plan.h"

/* *tasks becomes how many tasks of `p` have failed for good by what the journals in `state_dir` say
 * now: every job that begins from now on tries these again, once. If there are none, nothing is
 * asked. 0, or an errno value; who calls it sees to it that nobody else does at the same time. */
int retry_request(const char *state_dir, const struct plan *p, uint32_t *tasks);

#endif
