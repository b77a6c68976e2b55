#include "config.h"

#include "util/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { MAX_THREADS = 64, WAITING_THREADS = 16 };

struct work {
    void (*f)(void *arg, unsigned i);
    void *arg;
    unsigned n;
    atomic_uint next;
};

static void *
take_pieces(void *p)
{
    struct work *w = p;
    for (;;) {
        unsigned i = atomic_fetch_add(&w->next, 1);
        if (i >= w->n)
            return NULL;
        w->f(w->arg, i);
    }
}

/* Those that this process may use. */
static unsigned
processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    int n = CPU_COUNT(&set);
    return n < 1 ? 1 : n > MAX_THREADS ? MAX_THREADS : (unsigned)n;
}

static void
run(unsigned n, unsigned most, void (*f)(void *arg, unsigned i), void *arg)
{
    struct work w = {.f = f, .arg = arg, .n = n};
    unsigned started = 0;
    pthread_t thread[MAX_THREADS];
    if (most > n)
        most = n;
    while (started + 1 < most && pthread_create(&thread[started], NULL, take_pieces, &w) == 0)
        started++;
    take_pieces(&w);
    while (started)
        pthread_join(thread[--started], NULL);
}

void
parallel_for(unsigned n, void (*f)(void *arg, unsigned i), void *arg)
{
    run(n, n > 1 ? processors() : 1, f, arg);
}

void
parallel_wait(unsigned n, void (*f)(void *arg, unsigned i), void *arg)
{
    run(n, WAITING_THREADS, f, arg);
}
