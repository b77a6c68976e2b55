#include "config.h"

#include "util/ahead.h"

void
ahead_one_by_one(unsigned n, void (*make)(void *arg, unsigned i),
    bool (*take)(void *arg, unsigned i), void *arg)
{
    for (unsigned i = 0; i < n; i++) {
        make(arg, i);
        if (take && !take(arg, i))
            return;
    }
}

static ahead_runner *used = ahead_one_by_one;
static unsigned used_most = 1;

void
ahead_run(unsigned n, void (*make)(void *arg, unsigned i), bool (*take)(void *arg, unsigned i),
    void *arg)
{
    used(n, make, take, arg);
}

unsigned
ahead_most(void)
{
    return used_most;
}

void
ahead_use(ahead_runner *run, unsigned most)
{
    used = run;
    used_most = most;
}
