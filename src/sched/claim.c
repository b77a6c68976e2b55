/* The claim is a machine of states, each of which asks for one act; what came of it leads on. */
#include "config.h"

#include "sched/claim.h"

#include "util/buf.h"

#include <assert.h>
#include <stdlib.h>

#define LIST_SOONEST_MS 1000 /* between lists of all shards within a round */
#define WAITING_MS 1000      /* between takes of shards that wait for others */
#define LOOKS 32             /* at files, in one turn */
#define LARGE_MOST 16        /* that are passed over before the first of them is looked at again */
#define LONG_MOST 256        /* that are too long, in one round */
#define STRETCH 256          /* shards, at least */

enum shard_state {
    SHARD_UNKNOWN, /* not ours: to be looked at */
    SHARD_OURS,
    SHARD_OVER, /* nothing is left in it */
    SHARD_LEFT, /* nothing is left in it that this node could do */
};

enum phase {
    PHASE_OVER,   /* the round is */
    PHASE_OFFERS, /* before a round: what others offer comes first */
    PHASE_STAY,   /* then: is a round worth while? */
    PHASE_LIST,
    PHASE_ROUND,  /* the next shard */
    PHASE_RELIST, /* others took some meanwhile: to list once costs less than to try in vain */
    PHASE_LAST,   /* nothing else is there: wait for others with one of those that wait */
    PHASE_ENDED,  /* to be told */
};

/* What is done with one shard, for the sake of the phase. */
enum step { STEP_NONE, STEP_LOOK, STEP_TAKE };

struct claim {
    uint32_t n, rank, nnodes;
    uint8_t *state;  /* of each shard */
    uint32_t *epoch; /* of each shard: its last one, as far as known */
    enum phase phase;
    enum step step;
    uint32_t shard;               /* of the step */
    uint32_t looked;              /* how far the round is */
    uint32_t looks;               /* in this turn */
    uint32_t nlarge, first_large; /* passed over, and where of the round the first of them is */
    bool passed;                  /* some were, since claim_emptied */
    uint32_t nlong;
    uint32_t waiting; /* a free one that waits for others, or CLAIM_NONE */
    uint32_t rounds;
    bool list_old; /* others took shards since they were listed */
    bool took;
    int64_t look_at, pause, list_soonest, waiting_soonest;
    struct claim_round round;
};

struct claim *
claim_new(uint32_t nshards, uint32_t rank, uint32_t nnodes)
{
    struct claim *c = xcalloc(1, sizeof *c);
    c->n = nshards;
    c->rank = rank;
    c->nnodes = nnodes;
    c->state = xcalloc(nshards, 1);
    c->epoch = xcalloc(nshards, sizeof *c->epoch);
    c->phase = PHASE_ROUND; /* that it begins with does not count: see claim_more */
    c->waiting = CLAIM_NONE;
    return c;
}

void
claim_free(struct claim *c)
{
    if (!c)
        return;
    free(c->state);
    free(c->epoch);
    free(c);
}

int64_t
claim_longer(int64_t pause)
{
    pause = pause ? pause * 2 : CLAIM_SOONEST_MS;
    return pause < CLAIM_LATEST_MS ? pause : CLAIM_LATEST_MS;
}

/* --- rounds --- */

static void
begin_round(struct claim *c)
{
    c->phase = PHASE_ROUND;
    c->looked = c->looks = c->nlarge = c->nlong = 0;
    c->waiting = CLAIM_NONE;
    c->round = (struct claim_round){0};
}

/* Nothing was found in it. */
static void
end_round(struct claim *c, int64_t now)
{
    c->phase = PHASE_ENDED;
    c->pause = claim_longer(c->pause);
    c->look_at = now + c->pause;
}

/* The shard that is looked at as number `i` of a round. */
static uint32_t
in_turn(const struct claim *c, uint32_t i)
{
    uint32_t stretch = c->nnodes > STRETCH ? c->nnodes : STRETCH, first = i / stretch * stretch;
    uint32_t left = c->n - first, n = left < stretch ? left : stretch;
    return first + (uint32_t)((i - first + (uint64_t)n * c->rank / c->nnodes) % n);
}

static void
step_to(struct claim *c, enum step step, uint32_t shard)
{
    c->step = step;
    c->shard = shard;
}

/* True: there is one more that is to be looked at. */
static bool
find_next(struct claim *c)
{
    while (c->looked < c->n) {
        uint32_t s = in_turn(c, c->looked++);
        if (c->state[s] != SHARD_UNKNOWN)
            continue;
        step_to(c, STEP_LOOK, s);
        return true;
    }
    return false;
}

/* The turn is over, too: others want to be served. */
static enum claim_act
rest(struct claim *c, enum claim_act act)
{
    c->looks = 0;
    return act;
}

enum claim_act
claim_next(struct claim *c, int64_t now, uint32_t *shard)
{
    for (;;) {
        if (c->step != STEP_NONE) {
            *shard = c->shard;
            return c->step == STEP_LOOK ? CLAIM_LOOK : CLAIM_TAKE;
        }
        switch (c->phase) {
        case PHASE_ENDED:
            c->phase = PHASE_OVER;
            return rest(c, CLAIM_ENDED);
        case PHASE_OVER:
            if (now < c->look_at)
                return rest(c, CLAIM_REST);
            c->phase = PHASE_OFFERS;
            c->round.lost = false; /* this is what it was for */
            break;
        case PHASE_OFFERS:
            return CLAIM_OFFERS;
        case PHASE_STAY:
            return CLAIM_STAY;
        case PHASE_LIST:
        case PHASE_RELIST:
            return CLAIM_LIST;
        case PHASE_ROUND:
            if (now < c->look_at)
                return rest(c, CLAIM_REST);
            if (c->looks >= LOOKS && c->looked < c->n) {
                c->look_at = now; /* the next turn goes on */
                return rest(c, CLAIM_REST);
            }
            if (c->list_old && now >= c->list_soonest && c->looked < c->n)
                c->phase = PHASE_RELIST;
            else if (!find_next(c))
                c->phase = PHASE_LAST;
            break;
        case PHASE_LAST:
            if (c->waiting == CLAIM_NONE || now < c->waiting_soonest)
                end_round(c, now);
            else
                step_to(c, STEP_TAKE, c->waiting);
            c->waiting = CLAIM_NONE;
            break;
        }
    }
}

/* --- what came of it --- */

void
claim_offer(struct claim *c, uint32_t shard)
{
    assert(c->phase == PHASE_OFFERS);
    if (shard == CLAIM_NONE)
        c->phase = PHASE_STAY;
    else
        step_to(c, STEP_LOOK, shard);
}

bool
claim_stay(struct claim *c, bool stays, int64_t now)
{
    assert(c->phase == PHASE_STAY);
    if (stays)
        end_round(c, now);
    else if (c->rounds++)
        c->phase = PHASE_LIST;
    else
        begin_round(c); /* they were listed before the last one */
    return c->phase == PHASE_ROUND;
}

bool
claim_listed(struct claim *c, const uint32_t *last, int64_t now)
{
    for (uint32_t s = 0; last && s < c->n; s++) {
        if (last[s] <= c->epoch[s] || c->state[s] == SHARD_OURS)
            continue;
        c->state[s] = SHARD_UNKNOWN; /* what another one took goes on there */
        c->epoch[s] = last[s];
        if (s == c->waiting)
            c->waiting = CLAIM_NONE;
    }
    c->list_old = false;
    c->list_soonest = now + LIST_SOONEST_MS;
    bool begins = c->phase == PHASE_LIST && last;
    if (c->phase == PHASE_RELIST)
        c->phase = PHASE_ROUND;
    else if (begins)
        begin_round(c);
    else if (c->phase == PHASE_LIST)
        end_round(c, now);
    return begins;
}

void
claim_saw(struct claim *c, enum claim_sight sight, bool costly)
{
    assert(c->step == STEP_LOOK);
    struct claim_round *r = &c->round;
    c->step = STEP_NONE;
    c->looks += costly;
    switch (sight) {
    case CLAIM_FREE:
        c->step = STEP_TAKE;
        break;
    case CLAIM_WAITS:
        if (c->phase == PHASE_ROUND && c->waiting == CLAIM_NONE)
            c->waiting = c->shard;
        break;
    case CLAIM_OVER:
        c->state[c->shard] = SHARD_OVER;
        break;
    case CLAIM_BUSY:
    case CLAIM_FRESH:
    case CLAIM_LATE:
        r->nbusy++;
        r->nfresh += sight == CLAIM_FRESH;
        r->nlate += sight == CLAIM_LATE;
        break;
    }
}

/* Those that were too large are next. */
static void
back_to_large(struct claim *c)
{
    if (c->phase == PHASE_ROUND && c->nlarge)
        c->looked = c->first_large;
    c->nlarge = 0;
}

/* It goes on behind the shard, or back to the first of these, after a pause: so there are few looks
 * for one that fits, and hardly any at files of others. */
void
claim_too_large(struct claim *c, int64_t now)
{
    assert(c->step == STEP_LOOK);
    c->step = STEP_NONE;
    if (c->phase != PHASE_ROUND)
        return;
    c->passed = true;
    if (!c->nlarge++)
        c->first_large = c->looked - 1;
    if (c->nlarge < LARGE_MOST && c->looked < c->n)
        return;
    back_to_large(c);
    c->pause = claim_longer(c->pause);
    c->look_at = now + c->pause;
}

void
claim_too_long(struct claim *c)
{
    assert(c->step == STEP_LOOK);
    c->step = STEP_NONE;
    c->looks++;
    if (++c->nlong >= LONG_MOST && c->phase == PHASE_ROUND)
        c->looked = c->n;
}

static void
took_one(struct claim *c, uint32_t epoch, int64_t now)
{
    c->state[c->shard] = SHARD_OURS;
    c->epoch[c->shard] = epoch;
    c->took = true;
    c->pause = 0;
    c->looks = 0;
    back_to_large(c);
    if (c->phase == PHASE_LAST)
        c->waiting_soonest = now + WAITING_MS;
    if (c->phase != PHASE_ROUND) {
        c->phase = PHASE_OVER;
        c->look_at = now;
    }
}

void
claim_took(struct claim *c, enum claim_result result, uint32_t epoch, int64_t now)
{
    assert(c->step == STEP_TAKE);
    c->step = STEP_NONE;
    if (result == CLAIM_TOOK) {
        took_one(c, epoch, now);
        return;
    }
    if (result == CLAIM_LOST) {
        c->epoch[c->shard]++;
        c->list_old = c->round.lost = true;
    }
    bool full = result == CLAIM_FULL || result == CLAIM_REFUSED;
    c->looks += c->list_old;
    c->round.unrecorded |= result == CLAIM_UNRECORDED || result == CLAIM_FULL;
    c->round.full |= full;
    if (c->phase == PHASE_OFFERS && full)
        c->phase = PHASE_STAY;
    else if (c->phase == PHASE_LAST || full) /* the next one could not be taken either */
        end_round(c, now);
}

/* --- what happens besides --- */

void
claim_gave(struct claim *c, uint32_t shard, bool left)
{
    c->state[shard] = left ? SHARD_LEFT : SHARD_OVER;
}

void
claim_again(struct claim *c, uint32_t shard, int64_t now)
{
    c->state[shard] = SHARD_UNKNOWN;
    c->phase = PHASE_OVER;
    c->look_at = now;
}

bool
claim_offered(struct claim *c, uint32_t shard, uint32_t epoch)
{
    if (c->state[shard] == SHARD_OURS ||
        (c->state[shard] == SHARD_LEFT && c->epoch[shard] >= epoch))
        return false;
    if (c->epoch[shard] < epoch)
        c->epoch[shard] = epoch;
    c->state[shard] = SHARD_UNKNOWN;
    return true;
}

void
claim_wait(struct claim *c, bool lasts, int64_t now)
{
    if (lasts)
        c->phase = PHASE_OVER;
    c->look_at = now + CLAIM_SOONEST_MS;
}

void
claim_emptied(struct claim *c)
{
    if (!c->passed)
        return;
    c->passed = false;
    back_to_large(c);
    c->look_at = 0;
}

void
claim_hurry(struct claim *c)
{
    c->look_at = c->waiting_soonest = 0;
}

/* --- what is known --- */

int64_t
claim_at(const struct claim *c)
{
    return c->look_at;
}

bool
claim_more(const struct claim *c)
{
    return c->rounds == 0 || c->round.lost || (c->phase == PHASE_ROUND && c->looked < c->n);
}

bool
claim_unseen(const struct claim *c)
{
    uint32_t i = c->round.lost ? 0 : c->phase == PHASE_ROUND ? c->looked : c->n;
    while (i < c->n && c->state[in_turn(c, i)] != SHARD_UNKNOWN)
        i++;
    return i < c->n;
}

bool
claim_is_left(const struct claim *c, uint32_t shard)
{
    return c->state[shard] == SHARD_LEFT;
}

uint32_t
claim_epoch(const struct claim *c, uint32_t shard)
{
    return c->epoch[shard];
}

int64_t
claim_patience(const struct claim *c, bool waits, int64_t idle_ms, int64_t late_ms)
{
    if (waits || c->round.nlate)
        return idle_ms;
    /* somebody may have died just before we came: until its lease is late */
    return c->round.nfresh && !c->took ? late_ms + CLAIM_LATEST_MS : 0;
}

const struct claim_round *
claim_round(const struct claim *c)
{
    return &c->round;
}

bool
claim_any(const struct claim *c)
{
    return c->took;
}
