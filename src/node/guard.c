/* Does the node run short of memory, and who has to go then? */
#include "config.h"

#include "node/guard.h"

enum {
    LOOK_LEAST_MS = 20,
    LOOK_MOST_MS = 500,
    SOON_MS = 100, /* how far ahead is looked */
};

#define FASTEST 4e6 /* bytes a millisecond */
#define FULL_MOST (UINT64_C(4) << 30)

/* Less than this left: nothing more is started; and half of it is too little. */
static uint64_t
full_at(const struct guard_room *room)
{
    uint64_t part = room->all / 100 * 6;
    return part < FULL_MOST ? part : FULL_MOST;
}

/* How fast it becomes less; what happens in a moment tells little, so the last look counts, too. */
static void
take_fall(struct guard *g, int64_t now, const struct guard_room *room)
{
    bool comparable = g->at && now > g->at && g->room.all == room->all;
    double fall =
        !comparable ? 0 : ((double)g->room.left - (double)room->left) / (double)(now - g->at);
    g->fall = fall > g->fall / 2 ? fall : g->fall / 2;
    g->at = now;
    g->room = *room;
}

void
guard_look(struct guard *g, int64_t now, const struct guard_room *room)
{
    uint64_t full = full_at(room);
    take_fall(g, now, room);
    double soon = (double)room->left - g->fall * SOON_MS;
    g->level = room->left < full / 2 ? GUARD_SHORT : soon < (double)full ? GUARD_FULL : GUARD_CALM;
    g->want = room->left < full ? full - room->left : 0;
    double pause = (double)room->left / FASTEST;
    if (g->fall > 0 && (double)room->left / g->fall / 4 < pause)
        pause = (double)room->left / g->fall / 4;
    g->next_at = now + (pause < LOOK_LEAST_MS     ? LOOK_LEAST_MS
                           : pause < LOOK_MOST_MS ? (int64_t)pause
                                                  : LOOK_MOST_MS);
}

uint32_t
guard_pick(const struct guard_process *p, uint32_t n, uint64_t want)
{
    uint32_t above = GUARD_NONE, any = GUARD_NONE, stay = 0;
    uint64_t going = 0, used = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (p[i].going) {
            going += p[i].used;
            continue;
        }
        stay++;
        used += p[i].used;
        if (any == GUARD_NONE || p[i].born > p[any].born)
            any = i;
        if (p[i].used > p[i].asked && (above == GUARD_NONE || p[i].born > p[above].born))
            above = i;
    }
    if (going && going >= want)
        return GUARD_NONE;
    if (above != GUARD_NONE)
        return above;
    return stay > 1 && going + used >= want ? any : GUARD_NONE;
}
