#include "config.h"

#include "util/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

enum {
    MAX_THREADS = 64,
    WAITING_THREADS = 16,
    TRIAL_NS = 5000000, /* after which it is seen whether there are enough */
};

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

/* --- in order --- */

struct line {
    void (*make)(void *arg, unsigned i);
    void *arg;
    unsigned n;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t made, room;
    unsigned next, taken;      /* the first that nobody makes yet, that is not taken yet */
    bool done[PARALLEL_AHEAD]; /* made, of each i at i % PARALLEL_AHEAD */
    pthread_t thread[WAITING_THREADS];
    unsigned nthreads;
    int64_t since_ns, waited_ns; /* since the number of threads was looked at */
};

/* Makes the next one if there is one, and room for it; the lock is given back for that time. */
static bool
make_next(struct line *l)
{
    unsigned i = l->next;
    if (i >= l->n || i - l->taken >= PARALLEL_AHEAD)
        return false;
    l->next++;
    pthread_mutex_unlock(&l->lock);
    l->make(l->arg, i);
    pthread_mutex_lock(&l->lock);
    l->done[i % PARALLEL_AHEAD] = true;
    if (i == l->taken)
        pthread_cond_signal(&l->made);
    return true;
}

static void *
make_all(void *p)
{
    struct line *l = p;
    pthread_mutex_lock(&l->lock);
    while (l->next < l->n)
        if (!make_next(l))
            pthread_cond_wait(&l->room, &l->lock);
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

static void
add_thread(struct line *l)
{
    if (l->nthreads < WAITING_THREADS && l->nthreads + 1 < l->n &&
        pthread_create(&l->thread[l->nthreads], NULL, make_all, l) == 0)
        l->nthreads++;
}

static int64_t
now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Until the one that is to be taken is made: makes another one meanwhile. More threads than
 * processors get into each other's way, unless they wait for files: so there is one more as long as
 * there is not much else than waiting. */
static void
wait_made(struct line *l)
{
    if (l->done[l->taken % PARALLEL_AHEAD])
        return;
    int64_t from = now_ns(), to;
    while (!l->done[l->taken % PARALLEL_AHEAD])
        if (!make_next(l))
            pthread_cond_wait(&l->made, &l->lock);
    to = now_ns();
    l->waited_ns += to - from;
    if (to - l->since_ns < TRIAL_NS)
        return;
    if (l->waited_ns > (to - l->since_ns) / 4 * 3)
        add_thread(l);
    l->since_ns = to;
    l->waited_ns = 0;
}

void
parallel_ahead(unsigned n, void (*make)(void *arg, unsigned i), bool (*take)(void *arg, unsigned i),
    void *arg)
{
    struct line l = {.make = make,
        .arg = arg,
        .n = n,
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .made = PTHREAD_COND_INITIALIZER,
        .room = PTHREAD_COND_INITIALIZER};
    l.since_ns = now_ns();
    for (unsigned i = processors(); i > 1; i--) /* beside the caller, who has its own work */
        add_thread(&l);
    pthread_mutex_lock(&l.lock);
    while (l.taken < l.n) {
        wait_made(&l);
        l.done[l.taken % PARALLEL_AHEAD] = false;
        pthread_mutex_unlock(&l.lock);
        bool more = !take || take(arg, l.taken);
        pthread_mutex_lock(&l.lock);
        l.taken++;
        if (!more)
            l.n = 0;
        /* not for each of them: to wake a thread costs more than to read a small file */
        if (!more || l.next - l.taken == PARALLEL_AHEAD / 2)
            pthread_cond_broadcast(&l.room);
    }
    pthread_mutex_unlock(&l.lock);
    while (l.nthreads)
        pthread_join(l.thread[--l.nthreads], NULL);
    pthread_cond_destroy(&l.made);
    pthread_cond_destroy(&l.room);
    pthread_mutex_destroy(&l.lock);
}
