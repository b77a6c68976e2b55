/* Claims of several nodes against each other, under a clock that is not real, on a folder that is
 * not there: nobody takes what another one has, all that can be done is done, in bounded time, and
 * nobody looks more often than the pauses allow. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sched/claim.h"
#include "util/buf.h"

enum { MOST_NODES = 40, MOST_SHARDS = 700, EXPIRY_MS = 30000 };

struct shard {
    uint32_t epoch;
    int holder; /* a node, or -1 */
    bool closed, over;
    uint32_t needs; /* another shard that is to be over before this one can be, or CLAIM_NONE */
    uint32_t
        twin; /* one that has to be begun: each of the two waits for the other; or CLAIM_NONE */
    int64_t work_ms;   /* for one node */
    bool fails_on_one; /* the first node that has it cannot finish it, and offers it */
    int failed_on;     /* that one, or -1 */
    bool offered;
};

struct node {
    struct claim *claim;
    bool dead, gone;
    int64_t dies_at, next_at;
    uint32_t held[MOST_SHARDS], nheld;
    int64_t working_ms; /* on held[0] */
    uint64_t looks, lists, tries;
    uint32_t offer; /* of the list, the next */
};

struct world {
    struct shard shard[MOST_SHARDS];
    struct node node[MOST_NODES];
    uint32_t nshards, nnodes;
    int64_t now;
    uint64_t seed;
};

static uint64_t
any(struct world *w, uint64_t n)
{
    w->seed = w->seed * 6364136223846793005u + 1442695040888963407u;
    return (w->seed >> 33) % n;
}

static bool
begun(const struct world *w, const struct shard *s)
{
    return s->over || (s->holder >= 0 && !s->closed && !w->node[s->holder].dead);
}

static bool
ready(const struct world *w, const struct shard *s)
{
    return (s->needs == CLAIM_NONE || w->shard[s->needs].over) &&
           (s->twin == CLAIM_NONE || begun(w, &w->shard[s->twin]));
}

static enum claim_sight
look(struct world *w, int me, uint32_t number)
{
    const struct shard *s = &w->shard[number];
    uint32_t known = claim_epoch(w->node[me].claim, number);
    w->node[me].looks++;
    if (known == s->epoch && s->holder >= 0 && !s->closed) {
        const struct node *h = &w->node[s->holder];
        if (!h->dead)
            return CLAIM_BUSY;
        if (w->now < h->dies_at + EXPIRY_MS)
            return w->now < h->dies_at + EXPIRY_MS / 2 ? CLAIM_FRESH : CLAIM_LATE;
    }
    if (known == s->epoch && s->over)
        return CLAIM_OVER;
    return ready(w, s) ? CLAIM_FREE : CLAIM_WAITS;
}

static bool
take(struct world *w, int me, uint32_t number)
{
    struct shard *s = &w->shard[number];
    struct node *n = &w->node[me];
    n->tries++;
    if (s->epoch != claim_epoch(n->claim, number)) {
        claim_took(n->claim, CLAIM_LOST, 0, w->now);
        return false;
    }
    assert_true(s->holder < 0 || s->closed || w->node[s->holder].dead);
    assert_false(s->over);
    s->epoch++;
    s->holder = me;
    s->closed = false;
    s->offered = false;
    n->held[n->nheld++] = number;
    n->working_ms = s->work_ms;
    claim_took(n->claim, CLAIM_TOOK, s->epoch, w->now);
    return true;
}

static uint32_t
next_offer(struct world *w, int me)
{
    struct node *n = &w->node[me];
    for (; n->offer < w->nshards; n->offer++) {
        const struct shard *s = &w->shard[n->offer];
        if (s->offered && s->failed_on != me && claim_offered(n->claim, n->offer, s->epoch))
            return n->offer++;
    }
    return CLAIM_NONE;
}

/* One act of the claim, which takes a millisecond; false: it rests. */
static bool
step(struct world *w, int me)
{
    struct node *n = &w->node[me];
    uint32_t s, last[MOST_SHARDS];
    switch (claim_next(n->claim, w->now, &s)) {
    case CLAIM_REST:
    case CLAIM_ENDED:
        n->offer = 0;
        return false;
    case CLAIM_OFFERS:
        claim_offer(n->claim, next_offer(w, me));
        break;
    case CLAIM_STAY:
        n->offer = 0;
        claim_stay(n->claim, false, w->now);
        break;
    case CLAIM_LIST:
        n->lists++;
        for (uint32_t i = 0; i < w->nshards; i++)
            last[i] = w->shard[i].epoch;
        claim_listed(n->claim, last, w->now);
        break;
    case CLAIM_LOOK:
        claim_saw(n->claim, look(w, me, s), claim_epoch(n->claim, s) != 0);
        break;
    case CLAIM_TAKE:
        take(w, me, s);
        break;
    }
    return true;
}

static void
give_back(struct world *w, int me, uint32_t i)
{
    struct node *n = &w->node[me];
    struct shard *s = &w->shard[n->held[i]];
    bool fails = s->fails_on_one && (s->failed_on < 0 || s->failed_on == me);
    s->closed = true;
    s->over = !fails;
    if (fails)
        s->failed_on = me;
    s->offered = fails;
    claim_gave(n->claim, n->held[i], fails);
    n->held[i] = n->held[--n->nheld];
    n->working_ms = n->nheld ? w->shard[n->held[0]].work_ms : 0;
}

/* Works a millisecond on what it has, if that waits for nobody; false: it has nothing to do. */
static bool
work(struct world *w, int me)
{
    struct node *n = &w->node[me];
    for (uint32_t i = 0; i < n->nheld; i++) {
        if (!ready(w, &w->shard[n->held[i]]))
            continue;
        uint32_t first = n->held[0];
        n->held[0] = n->held[i];
        n->held[i] = first;
        if (i)
            n->working_ms = w->shard[n->held[0]].work_ms;
        if (--n->working_ms <= 0)
            give_back(w, me, 0);
        return true;
    }
    return false;
}

static bool
all_over(const struct world *w)
{
    for (uint32_t i = 0; i < w->nshards; i++)
        if (!w->shard[i].over)
            return false;
    return true;
}

/* How long until all is over; fails if that never comes. */
static int64_t
run(struct world *w, int64_t most_ms)
{
    for (; !all_over(w); w->now++) {
        assert_true(w->now < most_ms);
        for (uint32_t i = 0; i < w->nnodes; i++) {
            struct node *n = &w->node[i];
            n->dead |= w->now >= n->dies_at;
            if (n->dead || work(w, (int)i))
                continue;
            step(w, (int)i);
        }
    }
    return w->now;
}

static struct world *
new_world(uint32_t nshards, uint32_t nnodes, uint64_t seed)
{
    struct world *w = xcalloc(1, sizeof *w);
    *w = (struct world){.nshards = nshards, .nnodes = nnodes, .seed = seed};
    for (uint32_t i = 0; i < nshards; i++)
        w->shard[i] = (struct shard){.holder = -1,
            .failed_on = -1,
            .needs = CLAIM_NONE,
            .twin = CLAIM_NONE,
            .work_ms = 200 + (int64_t)any(w, 400)};
    uint32_t last[MOST_SHARDS] = {0};
    for (uint32_t i = 0; i < nnodes; i++) {
        w->node[i].claim = claim_new(nshards, i, nnodes);
        w->node[i].dies_at = INT64_MAX;
        claim_listed(w->node[i].claim, last, 0);
    }
    return w;
}

/* No more looks than: each shard once a round, a round for each find and for each longest pause,
 * and the short pauses after each find. */
static void
end_world(struct world *w)
{
    for (uint32_t i = 0; i < w->nnodes; i++) {
        struct node *n = &w->node[i];
        uint64_t rounds = (uint64_t)w->now / CLAIM_LATEST_MS + 8 * (n->tries + 1);
        assert_true(n->looks <= rounds * w->nshards);
        assert_true(n->lists <= rounds + (uint64_t)w->now / 1000 + 1);
        claim_free(n->claim);
    }
    free(w);
}

static void
test_all_are_taken(void **state)
{
    (void)state;
    struct world *w = new_world(600, 20, 1);
    int64_t took = run(w, 600000);
    assert_true(took < 600 * 400 / 20 * 2); /* no node waits while there is something */
    for (uint32_t i = 0; i < w->nshards; i++)
        assert_int_equal(w->shard[i].epoch, 1);
    end_world(w);
}

/* Each begins at its own place, so hardly anybody is late. */
static void
test_few_try_the_same(void **state)
{
    (void)state;
    struct world *w = new_world(256, 32, 2);
    uint64_t tries = 0;
    run(w, 600000);
    for (uint32_t i = 0; i < w->nnodes; i++)
        tries += w->node[i].tries;
    assert_true(tries < 256 * 2);
    end_world(w);
}

static void
test_the_dead_are_inherited(void **state)
{
    (void)state;
    struct world *w = new_world(300, 16, 3);
    for (uint32_t i = 1; i < w->nnodes; i += 2)
        w->node[i].dies_at = 500 + (int64_t)any(w, 3000);
    int64_t took = run(w, 600000);
    assert_true(took > EXPIRY_MS); /* they had something */
    assert_true(took < 2 * EXPIRY_MS + 300 * 600 / 8);
    end_world(w);
}

/* A chain, and shards that wait for later ones: who holds one of them waits, and nobody for ever.
 */
static void
test_some_wait(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        uint32_t nnodes = 1 + (uint32_t)(seed % 5);
        struct world *w = new_world(60, nnodes, seed);
        for (uint32_t i = 0; i + 1 < w->nshards; i++)
            if (any(w, 2))
                w->shard[i].needs = i + 1 + (uint32_t)any(w, w->nshards - i - 1);
        run(w, 60 * 600 + 60 * 2 * CLAIM_LATEST_MS);
        end_world(w);
    }
}

/* Shards that wait for each other: somebody has to take one that waits, but nobody takes all. */
static void
test_two_wait_for_each_other(void **state)
{
    (void)state;
    for (uint32_t nnodes = 1; nnodes < 4; nnodes++) {
        struct world *w = new_world(40, nnodes, 4);
        for (uint32_t i = 0; i < w->nshards; i++)
            w->shard[i].twin = i ^ 1;
        run(w, 40 * 600 + 40 * CLAIM_LATEST_MS);
        end_world(w);
    }
}

/* In vain: with nothing else to do it holds one of those that wait, and then hardly looks. */
static void
test_nobody_spins(void **state)
{
    (void)state;
    struct world *w = new_world(40, 2, 5);
    for (uint32_t i = 1; i < w->nshards; i++)
        w->shard[i].needs = 0;
    w->shard[0].work_ms = 200000;
    int64_t took = run(w, 600000);
    for (uint32_t i = 0; i < w->nnodes; i++) {
        assert_true(w->node[i].lists < (uint64_t)took / CLAIM_LATEST_MS + 8 * 42);
        assert_true(w->node[i].looks < 40 * ((uint64_t)took / CLAIM_LATEST_MS + 8 * 42));
    }
    end_world(w);
}

static void
test_offers_go_round(void **state)
{
    (void)state;
    struct world *w = new_world(50, 4, 7);
    for (uint32_t i = 0; i < w->nshards; i += 5)
        w->shard[i].fails_on_one = true;
    run(w, 50 * 600 + 10 * CLAIM_LATEST_MS);
    for (uint32_t i = 0; i < w->nshards; i++) {
        assert_int_equal(w->shard[i].epoch, i % 5 ? 1 : 2);
        assert_true(i % 5 || w->shard[i].holder != w->shard[i].failed_on);
    }
    end_world(w);
}

/* Goes on to the next look, which nobody offers; CLAIM_NONE: the round ends without one. */
static uint32_t
next_look(struct claim *c, int64_t now)
{
    uint32_t s;
    for (;;) {
        switch (claim_next(c, now, &s)) {
        case CLAIM_OFFERS:
            claim_offer(c, CLAIM_NONE);
            break;
        case CLAIM_STAY:
            claim_stay(c, false, now);
            break;
        case CLAIM_LIST:
            claim_listed(c, (const uint32_t[]){0, 0, 0}, now);
            break;
        case CLAIM_LOOK:
            return s;
        default:
            return CLAIM_NONE;
        }
    }
}

/* What is too large for now is passed over, up to some; what comes behind is taken, and then, or
 * when there is more room, it is the first again. */
static void
test_too_large(void **state)
{
    (void)state;
    enum { N = 40 };
    uint32_t s, last[N] = {0};
    struct claim *c = claim_new(N, 0, 1);
    claim_listed(c, last, 0);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(next_look(c, 0), i);
        claim_too_large(c, 0);
    }
    assert_int_equal(next_look(c, 0), 3);
    claim_saw(c, CLAIM_FREE, false);
    assert_int_equal(claim_next(c, 0, &s), CLAIM_TAKE);
    claim_took(c, CLAIM_TOOK, 1, 0);
    assert_int_equal(next_look(c, 0), 0);
    uint32_t looks = 0;
    do {
        claim_too_large(c, 0);
        looks++;
    } while (next_look(c, 0) != CLAIM_NONE);
    assert_int_equal(looks, 16);
    assert_int_equal(claim_at(c), CLAIM_SOONEST_MS);
    assert_true(claim_more(c));
    assert_true(claim_unseen(c));
    assert_int_equal(next_look(c, CLAIM_SOONEST_MS), 0); /* after the pause */
    claim_too_large(c, CLAIM_SOONEST_MS);
    assert_int_equal(next_look(c, CLAIM_SOONEST_MS), 1);
    claim_saw(c, CLAIM_BUSY, true);
    claim_emptied(c);
    assert_int_equal(next_look(c, CLAIM_SOONEST_MS), 0);
    /* as for a node without time: all are looked at, once */
    for (uint32_t i = 0; i < N; i++) {
        claim_too_long(c);
        s = next_look(c, CLAIM_SOONEST_MS);
        if (s == CLAIM_NONE && claim_more(c)) /* the turn is over */
            s = next_look(c, CLAIM_SOONEST_MS);
        looks = i;
        if (s == CLAIM_NONE)
            break;
    }
    assert_int_equal(looks, N - 2); /* but for the one that was taken */
    claim_free(c);
}

/* What nobody else took is taken again by whom it failed on, when it says so. */
static void
test_again(void **state)
{
    (void)state;
    uint32_t s, last[2] = {0};
    struct claim *c = claim_new(1, 0, 1);
    claim_listed(c, last, 0);
    assert_int_equal(next_look(c, 0), 0);
    claim_saw(c, CLAIM_FREE, false);
    assert_int_equal(claim_next(c, 0, &s), CLAIM_TAKE);
    claim_took(c, CLAIM_TOOK, 1, 0);
    assert_int_equal(claim_next(c, 0, &s), CLAIM_ENDED);
    assert_int_equal(claim_at(c), CLAIM_SOONEST_MS);
    claim_gave(c, 0, true);
    assert_true(claim_is_left(c, 0));
    assert_false(claim_offered(c, 0, 1)); /* its own offer */
    claim_again(c, 0, 50);
    assert_int_equal(claim_at(c), 50);
    claim_next(c, 50, &s);
    claim_offer(c, CLAIM_NONE);
    assert_int_equal(claim_next(c, 50, &s), CLAIM_STAY);
    claim_stay(c, false, 50);
    assert_int_equal(claim_next(c, 50, &s), CLAIM_LOOK);
    claim_saw(c, CLAIM_WAITS, false);
    claim_next(c, 50, &s);
    claim_took(c, CLAIM_UNRECORDED, 0, 50);
    assert_int_equal(claim_next(c, 50, &s), CLAIM_ENDED);
    assert_int_equal(claim_next(c, 250, &s), CLAIM_OFFERS);
    claim_offer(c, CLAIM_NONE);
    assert_int_equal(claim_next(c, 250, &s), CLAIM_STAY);
    claim_stay(c, false, 250);
    assert_int_equal(claim_next(c, 250, &s), CLAIM_LIST);
    claim_listed(c, NULL, 250); /* which failed: no round, and a longer pause */
    assert_int_equal(claim_next(c, 250, &s), CLAIM_ENDED);
    assert_int_equal(claim_at(c), 250 + 4 * CLAIM_SOONEST_MS);
    assert_int_equal(next_look(c, 5000), 0);
    claim_saw(c, CLAIM_OVER, true);
    assert_int_equal(next_look(c, 10000), CLAIM_NONE);
    last[0] = 2; /* somebody had it all the same, and may be dead by now */
    claim_listed(c, last, 10000);
    assert_int_equal(next_look(c, 20000), 0);
    claim_free(c);
}

/* Who lost a race looks once more, and not for ever, though the next round may not begin. */
static void
test_lost_once(void **state)
{
    (void)state;
    uint32_t s, last[1] = {0};
    for (int listed = 0; listed < 2; listed++) {
        struct claim *c = claim_new(1, 0, 1);
        claim_listed(c, last, 0);
        assert_int_equal(next_look(c, 1000), 0);
        claim_saw(c, CLAIM_BUSY, false);
        assert_int_equal(next_look(c, 1000), CLAIM_NONE);
        assert_int_equal(next_look(c, 2000), 0);
        claim_saw(c, CLAIM_FREE, false);
        assert_int_equal(claim_next(c, 2000, &s), CLAIM_TAKE);
        claim_took(c, CLAIM_LOST, 0, 2000);
        while (claim_next(c, 2000, &s) != CLAIM_ENDED)
            ;
        assert_true(claim_more(c));
        assert_int_equal(claim_next(c, 20000, &s), CLAIM_OFFERS);
        claim_offer(c, CLAIM_NONE);
        assert_int_equal(claim_next(c, 20000, &s), CLAIM_STAY);
        assert_false(claim_stay(c, !listed, 20000));
        if (listed) {
            assert_int_equal(claim_next(c, 20000, &s), CLAIM_LIST);
            assert_false(claim_listed(c, NULL, 20000));
        }
        assert_int_equal(claim_next(c, 20000, &s), CLAIM_ENDED);
        assert_false(claim_more(c));
        claim_free(c);
    }
}

/* One that waits is not taken from somebody who took it since it was looked at. */
static void
test_waiting_is_another_s(void **state)
{
    (void)state;
    uint32_t s, last[2] = {0, 0};
    struct claim *c = claim_new(2, 0, 1);
    claim_listed(c, last, 0);
    assert_int_equal(next_look(c, 2000), 0);
    claim_saw(c, CLAIM_WAITS, false);
    assert_int_equal(next_look(c, 2000), 1);
    claim_saw(c, CLAIM_FREE, false);
    assert_int_equal(claim_next(c, 2000, &s), CLAIM_TAKE);
    last[0] = last[1] = 1;
    claim_took(c, CLAIM_LOST, 0, 2000);
    assert_int_equal(claim_epoch(c, 1), 1);
    claim_listed(c, last, 2000);
    assert_int_equal(claim_next(c, 2000, &s), CLAIM_ENDED);
    claim_free(c);
}

/* One of those that wait is taken, and the next one a second later. */
static void
test_one_that_waits_at_a_time(void **state)
{
    (void)state;
    uint32_t s, last[3] = {0};
    struct claim *c = claim_new(3, 0, 1);
    claim_listed(c, last, 0);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(next_look(c, 2000), i);
        claim_saw(c, CLAIM_WAITS, true);
    }
    assert_int_equal(claim_next(c, 2000, &s), CLAIM_TAKE);
    assert_int_equal(s, 0);
    claim_took(c, CLAIM_TOOK, 1, 2000);
    assert_int_equal(next_look(c, 2000), 1);
    claim_saw(c, CLAIM_WAITS, true);
    assert_int_equal(next_look(c, 2000), 2);
    claim_saw(c, CLAIM_WAITS, true);
    assert_int_equal(claim_next(c, 2000, &s), CLAIM_ENDED);
    assert_int_equal(next_look(c, 3000), 1);
    claim_saw(c, CLAIM_WAITS, true);
    assert_int_equal(next_look(c, 3000), 2);
    claim_saw(c, CLAIM_WAITS, true);
    assert_int_equal(claim_next(c, 3000, &s), CLAIM_TAKE);
    assert_int_equal(s, 1);
    claim_free(c);
}

/* What is ours is not to be taken, though no round was made yet: a node may be full before that. */
static void
test_unseen(void **state)
{
    (void)state;
    uint32_t s, last[2] = {0};
    struct claim *c = claim_new(2, 1, 2);
    claim_listed(c, last, 0);
    for (uint32_t i = 0; i < 2; i++) {
        assert_true(claim_unseen(c));
        assert_int_equal(next_look(c, 0), 1 - i);
        claim_saw(c, CLAIM_FREE, false);
        assert_int_equal(claim_next(c, 0, &s), CLAIM_TAKE);
        claim_took(c, CLAIM_TOOK, 1, 0);
    }
    assert_false(claim_unseen(c));
    assert_true(claim_more(c));
    claim_free(c);
    c = claim_new(2, 0, 2);
    claim_listed(c, last, 0);
    assert_int_equal(next_look(c, 0), 0);
    claim_saw(c, CLAIM_FREE, false);
    assert_int_equal(claim_next(c, 0, &s), CLAIM_TAKE);
    claim_took(c, CLAIM_LOST, 0, 0);
    assert_true(claim_unseen(c));
    last[0] = last[1] = 1;
    claim_listed(c, last, 0);
    assert_int_equal(next_look(c, 2000), 1);
    claim_saw(c, CLAIM_BUSY, true);
    assert_true(claim_unseen(c)); /* the next round tells what became of the one that was lost */
    claim_free(c);
}

/* Nobody leaves because others were faster at what it tried: there may be more. */
static void
test_lost_is_not_over(void **state)
{
    (void)state;
    uint32_t s, last[2] = {0};
    struct claim *c = claim_new(2, 0, 1);
    claim_listed(c, last, 0);
    for (int64_t now = 0; now < 10000; now += 5000) {
        assert_int_equal(next_look(c, now), 0);
        claim_saw(c, now ? CLAIM_BUSY : CLAIM_WAITS, true);
        assert_int_equal(next_look(c, now), 1);
        claim_saw(c, CLAIM_WAITS, true);
        assert_int_equal(claim_next(c, now, &s), CLAIM_TAKE);
        claim_took(c, CLAIM_LOST, 0, now);
        assert_int_equal(claim_next(c, now, &s), CLAIM_ENDED);
        assert_true(claim_more(c));
    }
    assert_int_equal(next_look(c, 10000), 0);
    claim_saw(c, CLAIM_BUSY, true);
    assert_int_equal(next_look(c, 10000), 1);
    claim_saw(c, CLAIM_BUSY, true);
    assert_int_equal(claim_next(c, 10000, &s), CLAIM_ENDED);
    assert_false(claim_more(c));
    claim_free(c);
}

static void
test_full(void **state)
{
    (void)state;
    uint32_t s, last[3] = {0};
    struct claim *c = claim_new(3, 1, 2);
    claim_listed(c, last, 0);
    assert_true(claim_more(c));
    assert_int_equal(next_look(c, 0), 1); /* the place that its rank gives */
    claim_saw(c, CLAIM_FREE, false);
    claim_next(c, 0, &s);
    claim_took(c, CLAIM_FULL, 0, 0); /* nobody tries the others */
    assert_int_equal(claim_next(c, 0, &s), CLAIM_ENDED);
    assert_true(claim_round(c)->full && claim_round(c)->unrecorded);
    assert_true(claim_more(c)); /* of the first round nothing follows */
    assert_int_equal(next_look(c, 100), 1);
    claim_saw(c, CLAIM_FREE, false);
    claim_next(c, 100, &s);
    claim_took(c, CLAIM_REFUSED, 0, 100);
    assert_int_equal(claim_next(c, 100, &s), CLAIM_ENDED);
    assert_false(claim_more(c) || claim_round(c)->unrecorded);
    assert_int_equal(claim_patience(c, false, 7, 9), 0);
    assert_int_equal(claim_patience(c, true, 7, 9), 7);
    claim_free(c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all_are_taken),
        cmocka_unit_test(test_few_try_the_same), cmocka_unit_test(test_the_dead_are_inherited),
        cmocka_unit_test(test_some_wait), cmocka_unit_test(test_two_wait_for_each_other),
        cmocka_unit_test(test_one_that_waits_at_a_time), cmocka_unit_test(test_nobody_spins),
        cmocka_unit_test(test_offers_go_round), cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_again), cmocka_unit_test(test_lost_once),
        cmocka_unit_test(test_waiting_is_another_s), cmocka_unit_test(test_unseen),
        cmocka_unit_test(test_lost_is_not_over), cmocka_unit_test(test_full)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
