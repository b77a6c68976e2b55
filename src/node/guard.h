/* Does the node run short of memory, and who has to go then? Pure: no I/O, no clock, so that it can
 * be tried without a node.
 *
 * - How often to look follows from what is left: as soon as that could be used up by processes that
 *   take 4 GB a second, or in a quarter of the time that it lasts if it goes on as since the last
 *   look; half a second at most.
 * - When less than 6 % is left, of large nodes 4 GiB, or will be soon, nothing more is started.
 * - When half of that is left, processes are stopped until all of it should be free again: of those
 *   that use more than they were expected to the youngest one first, for it has done the least. If
 *   there is none, the youngest of all; but not the last one, which has the node to itself, and not
 *   if it is others who use the memory, so that it would not help. */
#ifndef NODE_GUARD_H
#define NODE_GUARD_H

#include <stdbool.h>
#include <stdint.h>

/* Of what limits the memory here: all of it, and what may still be used, bytes. */
struct guard_room {
    uint64_t all, left;
};

enum guard_level {
    GUARD_CALM,
    GUARD_FULL,  /* nothing more is to be started */
    GUARD_SHORT, /* somebody has to go */
};

struct guard {
    enum guard_level level;
    uint64_t want;   /* bytes that are to become free */
    int64_t next_at; /* when to look again, milliseconds */
    /* private: */
    int64_t at; /* of the last look; 0: there was none */
    struct guard_room room;
    double fall; /* bytes a millisecond */
};

/* What is found at `now`. */
void guard_look(struct guard *g, int64_t now, const struct guard_room *room);

#define GUARD_NONE UINT32_MAX

struct guard_process {
    uint64_t used, asked; /* bytes; what it was expected to use */
    uint64_t born;        /* the later, the younger */
    bool going;           /* it is being stopped already */
    uint32_t number;      /* for who asks */
};
/* Which of `n` is to be stopped, so that `want` bytes become free, or GUARD_NONE: enough is being
 * freed, or nobody is to be. To be asked until that comes. */
uint32_t guard_pick(const struct guard_process *p, uint32_t n, uint64_t want);

#endif
