#include "config.h"

#include "learn/book.h"

#include "cost/cost.h"
#include "util/hash.h"
#include "util/list.h"
#include "util/map64.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define BOOK_MAGIC "WFLBOOK"
#define BOOK_VERSION 2

enum {
    RATIO,
    SECONDS,
    MEMORY
}; /* what is counted in an entry: times, or memory, a ratio as well */

struct entry {
    uint32_t family, key, unit;
    uint32_t task;            /* one of them, or PLAN_NONE */
    double tried;             /* the longest stated time of those that ended, or had a job's time */
    struct sketch known, own; /* shared, and since then here */
    bool changed;             /* what follows is not of what is in it now: */
    struct sketch both;
    uint32_t ended, open;
    struct book_time time; /* of what is stated to take a second */
};

struct book {
    const struct plan *plan;
    struct plan_eval *eval;
    struct entry **entry; /* they keep their place */
    uint32_t n, cap;
    struct map64 index;
    uint32_t last[2]; /* what entry_for found last, without and with a key: mostly the next, too */
    double *stated;   /* of each family, whose time is one: seconds; else below 0 */
    uint8_t *begun; /* a bit for each task: an attempt of it may have left a checkpoint; or NULL */
    uint64_t version, ends, fresh;
};

struct book *
book_new(const struct plan *p)
{
    struct book *b = xcalloc(1, sizeof *b);
    bool checkpoints = false;
    b->plan = p;
    b->eval = plan_eval_new(p);
    b->stated = xcalloc((size_t)p->nfamilies + 1, sizeof *b->stated);
    for (uint32_t i = 0; i < p->nfamilies; i++) {
        const struct plan_family *f = &p->family[i];
        b->stated[i] = !f->time.size              ? 0
                       : f->constant && f->ntasks ? cost_seconds(b->eval, f, f->first_task)
                                                  : -1;
        checkpoints |= f->ncheckpoints > 0;
    }
    if (checkpoints)
        b->begun = xcalloc((size_t)p->head->ntasks / 8 + 1, 1);
    map64_init(&b->index, 0, 64);
    return b;
}

void
book_free(struct book *b)
{
    if (!b)
        return;
    for (uint32_t i = 0; i < b->n; i++)
        free(b->entry[i]);
    free(b->entry);
    free(b->stated);
    free(b->begun);
    map64_free(&b->index);
    plan_eval_free(b->eval);
    free(b);
}

const struct plan *
book_plan(const struct book *b)
{
    return b->plan;
}

/* --- entries --- */

static uint64_t
index_of(uint32_t family, uint32_t key, uint32_t unit)
{
    const uint32_t words[] = {family, key, unit};
    return hash64(words, sizeof words, 0);
}

static struct entry *
find(const struct book *b, uint32_t family, uint32_t key, uint32_t unit)
{
    uint32_t i = map64_find(&b->index, index_of(family, key, unit));
    return i < b->n ? b->entry[i] : NULL;
}

static uint32_t
find_or_add(struct book *b, uint32_t family, uint32_t key, uint32_t unit)
{
    bool found;
    if (b->n == BOOK_MOST) {
        uint32_t i = map64_find(&b->index, index_of(family, key, unit));
        return i < b->n ? i + 1 : 0;
    }
    uint32_t i = map64_add(&b->index, index_of(family, key, unit), b->n, &found);
    if (found)
        return i + 1;
    ARRAY_GROW(b->entry, b->n, b->cap);
    b->entry[b->n] = xcalloc(1, sizeof **b->entry);
    *b->entry[b->n] = (struct entry){family, key, unit, .task = PLAN_NONE};
    return ++b->n;
}

/* Its number + 1; 0: there are too many. */
static uint32_t
entry_for(struct book *b, uint32_t family, uint32_t key, uint32_t unit)
{
    uint32_t *last = &b->last[key != 0];
    const struct entry *e = *last ? b->entry[*last - 1] : NULL;
    if (!e || e->family != family || e->key != key || e->unit != unit)
        *last = find_or_add(b, family, key, unit);
    return *last;
}

/* A few that were cut short at far more than all others took, as when they hang, say nothing of the
 * rest. Where many are at work for as long as the longest that have ended, it is at least that. */
static double
sure_of(const struct sketch *both, uint32_t prior)
{
    bool known;
    double sure = sketch_quantile(both, 0.95, prior, &known);
    struct sketch rest = *both;
    if (known || !sketch_ended(both) || sketch_cut(&rest) > BOOK_STRAY)
        return sure;
    sure = sketch_quantile(&rest, 0.95, prior, &known);
    return known ? sure : sure / 2;
}

static void
update(struct entry *e)
{
    if (!e->changed)
        return;
    e->both = e->known;
    sketch_add(&e->both, &e->own);
    e->ended = sketch_ended(&e->both);
    e->open = sketch_open(&e->both);
    uint32_t prior = e->unit != RATIO || e->ended >= BOOK_ENOUGH ? 0 : BOOK_ENOUGH - e->ended;
    bool known;
    e->time.expected = sketch_quantile(&e->both, 0.5, prior, &known);
    e->time.mean = sketch_mean(&e->both, prior);
    e->time.sure = sure_of(&e->both, prior);
    e->time.firm = known && e->ended >= BOOK_ENOUGH;
    e->changed = false;
}

/* --- attempts --- */

static double
stated(struct book *b, uint32_t family, uint32_t task)
{
    double s = b->stated[family];
    return s >= 0 ? s : cost_seconds(b->eval, &b->plan->family[family], task);
}

static void
count(struct book *b, const struct book_mark *m, bool ended, int n)
{
    for (int i = 0; i < 2; i++) {
        if (!m->entry[i])
            continue;
        struct entry *e = b->entry[m->entry[i] - 1];
        sketch_count(ended ? &e->own.ended[m->bin] : &e->own.open[m->bin], n);
        e->changed = true;
    }
    b->version++;
}

/* Where a task that took or takes `seconds` belongs. */
static struct book_mark
mark_of(struct book *b, uint32_t task, double seconds)
{
    uint32_t family = plan_family_of(b->plan, task);
    uint32_t key = cost_learn_key(b->eval, &b->plan->family[family], task);
    double want = stated(b, family, task);
    bool absolute = want <= 0;
    struct book_mark m = {
        {entry_for(b, family, 0, absolute), key ? entry_for(b, family, key, absolute) : 0},
        sketch_bin(absolute ? seconds : seconds / want)};
    for (int i = 0; i < 2; i++)
        if (m.entry[i] && b->entry[m.entry[i] - 1]->task == PLAN_NONE)
            b->entry[m.entry[i] - 1]->task = task;
    return m;
}

void
book_runs(struct book *b, uint32_t task, double seconds, struct book_mark *m)
{
    struct book_mark now = mark_of(b, task, seconds);
    if (m->entry[0] == now.entry[0] && m->entry[1] == now.entry[1] && m->bin == now.bin)
        return;
    count(b, m, false, -1);
    count(b, &now, false, 1);
    *m = now;
}

static void
try(struct book *b, const struct book_mark *m, double want)
{
    for (int i = 0; i < 2; i++)
        if (m->entry[i])
            b->entry[m->entry[i] - 1]->tried = fmax(b->entry[m->entry[i] - 1]->tried, want);
}

/* Has a task that ended now done so with one attempt alone? */
static bool
is_whole(struct book *b, const struct journal_rec *end)
{
    const struct plan_family *f = &b->plan->family[plan_family_of(b->plan, end->task)];
    if (!f->ncheckpoints)
        return true;
    uint8_t *byte = &b->begun[end->task / 8], bit = (uint8_t)(1u << end->task % 8);
    bool whole = !(*byte & bit);
    if (end->reason == REASON_OK)
        *byte &= (uint8_t)~bit;
    else
        *byte |= bit;
    return whole;
}

void
book_end(struct book *b, const struct journal_rec *end, struct book_mark *m)
{
    if (m) {
        count(b, m, false, -1);
        *m = (struct book_mark){0};
    }
    bool whole = is_whole(b, end);
    if (!end->wall_ms || end->flags & JOURNAL_RECOVERED)
        return;
    bool over = whole && (end->reason == REASON_OK || end->reason == REASON_LIMIT);
    struct book_mark at = mark_of(b, end->task, end->wall_ms * 1e-3);
    count(b, &at, over, 1);
    if (over || end->reason == REASON_WALLTIME)
        try(b, &at, stated(b, plan_family_of(b->plan, end->task), end->task));
    b->ends++;
    b->fresh++;
}

void
book_ended_before(struct book *b, const struct journal_rec *end)
{
    is_whole(b, end);
}

void
book_memory(struct book *b, uint32_t family, double ratio)
{
    struct book_mark m = {{entry_for(b, family, 0, MEMORY)}, sketch_bin(ratio)};
    count(b, &m, true, 1);
}

/* --- what follows --- */

static struct book_time
time_of(const struct entry *e, double unit)
{
    const struct book_time *t = &e->time;
    bool firm = t->firm && (e->unit == SECONDS || unit <= BOOK_BEYOND * e->tried);
    return (struct book_time){t->expected * unit, t->mean * unit, t->sure * unit, firm};
}

struct book_time
book_time(struct book *b, uint32_t family, uint32_t key, double want)
{
    bool absolute = want <= 0;
    double unit = absolute ? 1 : want;
    struct entry *of[] = {key ? find(b, family, key, absolute) : NULL,
        find(b, family, 0, absolute)};
    for (int i = 0; i < 2; i++) {
        if (!of[i])
            continue;
        update(of[i]);
        if (of[i]->ended >= BOOK_ENOUGH)
            return time_of(of[i], unit);
    }
    if (of[1] && !absolute && (of[1]->ended || of[1]->open))
        return time_of(of[1], unit);
    return (struct book_time){want, want, want, false};
}

uint32_t
book_memory_of(struct book *b, uint32_t family, double *ratio)
{
    struct entry *e = find(b, family, 0, MEMORY);
    if (!e)
        return 0;
    update(e);
    *ratio = sketch_edge(sketch_bin(e->time.sure) + 1);
    return e->ended;
}

void
book_ratios(struct book *b, struct ratios *k)
{
    for (uint32_t i = 0; i < k->nfamilies; i++) {
        double ratio = 0;
        uint32_t n = book_memory_of(b, i, &ratio);
        ratios_others(k, i, ratio, n);
    }
}

uint64_t
book_version(const struct book *b)
{
    return b->version;
}

static int
by_kind(const void *pa, const void *pb)
{
    const struct book_said *a = pa, *b = pb;
    if (a->family != b->family)
        return a->family < b->family ? -1 : 1;
    return a->key != b->key ? (a->key < b->key ? -1 : 1) : a->absolute - b->absolute;
}

struct book_said *
book_say(struct book *b, uint32_t *n)
{
    struct book_said *said = xcalloc((size_t)b->n + 1, sizeof *said);
    uint32_t count = 0;
    for (uint32_t i = 0; i < b->n; i++) {
        struct entry *e = b->entry[i];
        update(e);
        if (e->unit == MEMORY)
            continue;
        said[count] = (struct book_said){.family = e->family,
            .key = e->key,
            .task = e->task,
            .ended = e->ended,
            .absolute = e->unit == SECONDS,
            .median = sketch_quantile(&e->both, 0.5, 0, NULL)};
        said[count].p95 = sketch_quantile(&e->both, 0.95, 0, &said[count].known);
        count++;
    }
    qsort(said, count, sizeof *said, by_kind);
    *n = count;
    return said;
}

/* --- bytes --- */

struct book_head {
    char magic[8];
    uint32_t version, nentries;
    uint64_t identity; /* of the plan */
    uint64_t ends;
    uint64_t hash; /* of what is behind it, seeded with that of what is before */
};

struct book_entry {
    uint32_t family, key, unit, nbins;
    double tried;
};

struct book_bin {
    uint32_t bin;
    int32_t ended, open;
};

uint64_t
book_ends(const struct book *b)
{
    return b->ends;
}

uint64_t
book_fresh(const struct book *b)
{
    return b->fresh;
}

bool
book_family(const struct book *b, uint32_t *i, uint64_t *ends, uint64_t *fresh)
{
    while (*i < b->n && b->entry[*i]->key)
        ++*i;
    if (*i >= b->n)
        return false;
    const struct entry *e = b->entry[(*i)++];
    *fresh = sketch_ended(&e->own);
    *ends = *fresh + sketch_ended(&e->known);
    return true;
}

static uint64_t
hash_of(const char *p, size_t n)
{
    return hash64(p + sizeof(struct book_head), n - sizeof(struct book_head),
        hash64(p, offsetof(struct book_head, hash), 0));
}

void
book_write(const struct book *b, struct buf *out)
{
    size_t start = out->n;
    struct book_head head = {.magic = BOOK_MAGIC,
        .version = BOOK_VERSION,
        .nentries = b->n,
        .identity = b->plan->head->identity,
        .ends = b->ends};
    buf_add(out, &head, sizeof head);
    for (uint32_t i = 0; i < b->n; i++) {
        struct entry *e = b->entry[i];
        struct book_entry of = {e->family, e->key, e->unit, 0, e->tried};
        size_t at = out->n;
        update(e);
        buf_add(out, &of, sizeof of);
        for (uint32_t k = 0; k < SKETCH_BINS; k++) {
            struct book_bin bin = {k, e->both.ended[k], e->both.open[k]};
            if (!bin.ended && !bin.open)
                continue;
            buf_add(out, &bin, sizeof bin);
            of.nbins++;
        }
        memcpy(out->p + at, &of, sizeof of);
    }
    head.hash = hash_of(out->p + start, out->n - start);
    memcpy(out->p + start, &head, sizeof head);
}

static bool
read_entry(struct book *b, const char **p, size_t *n)
{
    struct book_entry of;
    if (*n < sizeof of)
        return false;
    memcpy(&of, *p, sizeof of);
    *p += sizeof of;
    *n -= sizeof of;
    if (of.family >= b->plan->nfamilies || of.unit > MEMORY || of.nbins > SKETCH_BINS ||
        *n < of.nbins * sizeof(struct book_bin))
        return false;
    uint32_t number = entry_for(b, of.family, of.key, of.unit);
    if (number)
        b->entry[number - 1]->tried = fmax(b->entry[number - 1]->tried, of.tried);
    for (uint32_t k = 0; k < of.nbins; k++) {
        struct book_bin bin;
        memcpy(&bin, *p, sizeof bin);
        *p += sizeof bin;
        *n -= sizeof bin;
        if (bin.bin >= SKETCH_BINS)
            return false;
        if (!number)
            continue;
        b->entry[number - 1]->changed = true;
        sketch_count(&b->entry[number - 1]->known.ended[bin.bin], bin.ended);
        sketch_count(&b->entry[number - 1]->known.open[bin.bin], bin.open);
    }
    return true;
}

static void
forget_known(struct book *b)
{
    for (uint32_t i = 0; i < b->n; i++) {
        memset(&b->entry[i]->known, 0, sizeof b->entry[i]->known);
        b->entry[i]->changed = true;
    }
    b->ends = b->fresh;
    b->version++;
}

enum book_kind
book_read(struct book *b, const void *bytes, size_t n)
{
    const char *p = bytes;
    struct book_head head;
    forget_known(b);
    if (n < sizeof head)
        return BOOK_NONE;
    memcpy(&head, p, sizeof head);
    if (memcmp(head.magic, BOOK_MAGIC, sizeof head.magic) != 0 || head.version != BOOK_VERSION ||
        head.nentries > BOOK_MOST || head.hash != hash_of(p, n))
        return BOOK_NONE;
    if (head.identity != b->plan->head->identity)
        return BOOK_OTHER;
    p += sizeof head;
    n -= sizeof head;
    for (uint32_t i = 0; i < head.nentries; i++)
        if (!read_entry(b, &p, &n)) {
            forget_known(b);
            return BOOK_NONE;
        }
    b->ends += head.ends;
    return BOOK_GOOD;
}

void
book_shared(struct book *b)
{
    for (uint32_t i = 0; i < b->n; i++) {
        struct entry *e = b->entry[i];
        sketch_add(&e->known, &e->own);
        memset(&e->own, 0, sizeof e->own);
    }
    b->fresh = 0;
}
