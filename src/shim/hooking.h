/* Hooks of the campaign (hooks/hooks.h), as far as it is this shim that runs them: when enough
 * failed, a helper process looks at the record, and runs what is due; and who is the last to leave
 * looks whether all has ended. */
#ifndef SHIM_HOOKING_H
#define SHIM_HOOKING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct shim;

void hooking_open(struct shim *r);
/* Once a second. */
void hooking_tick(struct shim *r, int64_t now);
/* A helper is at work: we stay. */
bool hooking_busy(const struct shim *r);
/* That child of ours was reaped; true: it was the helper. */
bool hooking_ended(struct shim *r, pid_t pid);

/* What has to be known after all else is closed; and what is done then, when our lease is gone: of
 * two shims that leave at a time one at least sees no other. */
struct hooking_last {
    char *dir, *state_dir; /* NULL: there is nothing to be done */
    bool quiet, alone;
    int64_t until; /* or NEVER */
};
struct hooking_last hooking_close(struct shim *r, int result);
void hooking_last(struct hooking_last *last);

#endif
