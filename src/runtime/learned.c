/* How long tasks take: counted as they run and end, shared with other shims, told to the scheduling
 * core. What they use of the memory (peaks.c) is shared the same way. */
#include "config.h"

#include "learn/shared.h"
#include "learn/class_times.h"
#include "runtime/shim.h"
#include "util/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_MS 8000 /* until others are asked first, and twice as long each time, up to: */
#define LAST_MS 256000
#define MANY_MS 10000 /* between changes of times, if there are many classes: */
enum {
    MANY = 1000,
    IN_MS = 100 /* for so many a millisecond, a hundred times what they take */
};

struct learned {
    struct book *book;
    struct class_times times;
    uint32_t number; /* of the file that was read last */
    int64_t share_at, pause, use_at;
    int err; /* why others cannot be told; it was said */
};

void
learned_open(struct shim *r)
{
    struct learned *k = r->learned = xcalloc(1, sizeof *k);
    int64_t now = now_ms();
    k->book = book_new(r->plan);
    k->err = shared_read(k->book, r->state_dir, &k->number);
    k->pause = FIRST_MS;
    k->share_at = now + k->pause;
}

void
learned_classes(struct shim *r)
{
    struct learned *k = r->learned;
    if (class_times_make(&k->times, k->book, &r->classes))
        sched_set_times(r->sched, k->times.expected, k->times.sure);
}

void
learned_before(struct shim *r, const struct journal_rec *end)
{
    book_ended_before(r->learned->book, end);
}

void
learned_end(struct shim *r, const struct slot *s, const struct journal_rec *end)
{
    book_end(r->learned->book, end, &s->at->mark);
}

struct book *
learned_book(const struct shim *r)
{
    return r->learned->book;
}

static void
see_running(struct shim *r, int64_t now)
{
    static const enum slot_state states[] = {SLOT_RUNNING, SLOT_STOPPING};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        for (struct slot *s = r->slots.in_state[states[i]].first; s; s = s->next)
            for (uint32_t m = 0; m < s->nmembers; m++)
                book_runs(r->learned->book, s->member[m].task,
                    (double)(now - s->member[m].started) * 1e-3, &s->member[m].mark);
}

static void
share(struct shim *r, int64_t now, bool last)
{
    struct learned *k = r->learned;
    int err = shared_worth(k->book, last)
                  ? shared_add(k->book, r->state_dir, lease_holder(r->lease), last, &k->number)
                  : shared_read(k->book, r->state_dir, &k->number);
    if (err && err != EEXIST && err != k->err && !file_trouble(err)) /* that others tell */
        say("what was learned of tasks cannot be shared: %s", strerror(err));
    k->err = err == EEXIST ? 0 : err;
    book_ratios(k->book, &r->peaks.ratios);
    k->share_at = now + k->pause;
    k->pause = 2 * k->pause < LAST_MS ? 2 * k->pause : LAST_MS;
}

void
learned_tick(struct shim *r, int64_t now)
{
    struct learned *k = r->learned;
    see_running(r, now);
    if (now >= k->share_at)
        share(r, now, false);
    learned_use(r, now);
}

void
learned_use(struct shim *r, int64_t now)
{
    struct learned *k = r->learned;
    if (now < k->use_at)
        return;
    learned_classes(r);
    k->use_at = now + (r->classes.n > MANY ? MANY_MS : r->classes.n / IN_MS);
}

void
learned_close(struct shim *r)
{
    struct learned *k = r->learned;
    if (!k)
        return;
    class_times_free(&k->times);
    book_free(k->book);
    free(k);
}

void
learned_share(struct shim *r)
{
    share(r, now_ms(), true);
}
