/* Hooks of the campaign (hooks/hooks.h), as far as it is this shim that runs them: when enough
 * failed, a helper process looks at the record, and runs what is due. Who leaves, for whatever
 * reason, looks once more if something failed here, and the last one does in any case. */
#ifndef SHIM_HOOKING_H
#define SHIM_HOOKING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct shim;

void hooking_open(struct shim *r);
/* Whenever all that has happened is on file, and once a second at least. */
void hooking_turn(struct shim *r, int64_t now);
/* A helper is at work: we stay. */
bool hooking_busy(const struct shim *r);
/* That child of ours was reaped; true: it was the helper. */
bool hooking_ended(struct shim *r, pid_t pid);

/* What has to be known after all else is closed; and what is done then, when our lease is gone: of
 * two shims that leave at a time one at least sees no other. */
struct hooking_last {
    char *dir, *state_dir; /* NULL: there is nothing to be done */
    bool quiet;
    bool sure;     /* whether or not others are at work */
    int64_t until; /* or NEVER */
};
struct hooking_last hooking_close(struct shim *r, int result);
void hooking_last(struct hooking_last *last);

#endif
