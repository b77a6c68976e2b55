/* What tasks used of the memory against what is stated: it is recorded, it teaches what to expect
 * of their families, and it tells how much a task that ran out of it is to have next time. */
#include "config.h"

#include "learn/book.h"
#include "runtime/shards.h"
#include "runtime/shim.h"

#include <math.h>
#include <stdlib.h>

#define MORE 1.25 /* than it had used when it was stopped: it was not at its end */

void
peaks_open(struct shim *r)
{
    ratios_init(&r->peaks.ratios, r->plan->nfamilies);
    for (uint32_t i = 0; i < r->plan->nfamilies; i++)
        r->peaks.ratios.family[i].shrinks = r->plan->family[i].flags & PLAN_LEARN_MEMORY;
    book_ratios(learned_book(r), &r->peaks.ratios);
}

static double
stated_of(struct shim *r, uint32_t family, uint32_t task, uint32_t together)
{
    struct cost c;
    cost_of(r->eval, &r->plan->family[family], task, &c, NULL);
    return c.shared + together * (c.memory - c.shared);
}

void
peaks_begin(struct shim *r, struct slot *s)
{
    s->stated = stated_of(r, s->family, s->at->task, s->nmembers);
    s->given = s->group.asked;
    s->measured = 0;
    s->ratio = 0;
}

void
peaks_joined(struct shim *r, struct slot *s)
{
    s->stated = fmax(s->stated, stated_of(r, s->family, s->at->task, s->nmembers));
}

static void
learn(struct shim *r, struct slot *s, bool whole)
{
    /* what has whole nodes may use all there is */
    if (!r->plan->family[s->family].nodes)
        ratios_add(&r->peaks.ratios, s->family, s->measured, s->stated, whole, &s->ratio);
}

void
peaks_sample(struct shim *r)
{
    for (struct slot *s = r->slots.in_state[SLOT_RUNNING].first; s; s = s->next) {
        s->measured = (uint64_t)s->group.peak_kib * 1024;
        s->given = s->group.asked > s->given ? s->group.asked : s->given;
        learn(r, s, false);
    }
}

void
peaks_ended(struct shim *r, struct slot *s, bool good)
{
    struct rusage own;
    uint64_t largest = (uint64_t)s->group.usage.ru_maxrss;
    s->measured = (uint64_t)s->group.peak_kib * 1024;
    /* before it called exec it was as large as we are */
    bool known =
        !s->contained.in && getrusage(RUSAGE_SELF, &own) == 0 && largest > (uint64_t)own.ru_maxrss;
    if (known && largest * 1024 > s->measured)
        s->measured = largest * 1024;
    if (!s->measured)
        return;
    learn(r, s, good);
    if (!r->plan->family[s->family].nodes && (good || (double)s->measured > s->stated))
        book_memory(learned_book(r), s->family, ratios_of(s->measured, s->stated));
}

void
peaks_record(struct shim *r, const struct slot *s)
{
    if (s->launched && s->measured >= RATIOS_LEAST && (double)s->measured > s->stated)
        shards_record(r, (struct journal_rec){.kind = JOURNAL_OVER,
                             .task = s->at->task,
                             .attempt = s->at->attempt,
                             .time_us = now_us(),
                             .peak_kib = (uint32_t)(s->measured / 1024),
                             .log_off = (uint64_t)s->stated});
}

bool
peaks_above(const struct slot *s)
{
    return s->measured > s->given;
}

void
peaks_more(struct shim *r, const struct slot *s)
{
    uint32_t task = s->at->task, class = sched_class_number(r->sched, task);
    double used = (double)s->measured / fmax(s->stated, 1);
    double factor = r->peaks.ratios.family[s->family].factor;
    double want = used * MORE * stated_of(r, s->family, task, 1) / factor;
    if (!s->measured || want <= (double)r->classes.class[class].memory)
        return;
    class = classes_larger(&r->classes, class, want);
    sched_add_classes(r->sched, r->classes.class, r->classes.n);
    sched_change_class(r->sched, task, class);
}

void
peaks_tell(struct shim *r)
{
    struct peaks *k = &r->peaks;
    uint32_t n = r->classes.n;
    if (k->ratios.version == 0 || (k->told == k->ratios.version && k->nclasses == n))
        return;
    uint64_t *memory = xcalloc(n, 2 * sizeof *memory);
    ratios_scale(&k->ratios, &r->classes, memory, memory + n);
    sched_set_memory(r->sched, memory, memory + n);
    free(memory);
    k->told = k->ratios.version;
    k->nclasses = n;
}
