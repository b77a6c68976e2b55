#include "config.h"

#include "plan/site.h"

#include "plan/build.h"

#include <math.h>

/* Shards are taken by nodes one by one: enough of them that the last ones of a job end about
 * together, each some minutes of a node's work and some share of what it can run at once, and few
 * enough that a folder can hold their journals. */
enum { SHARDS_A_NODE = 8, LEAST_NODE_SECONDS = 300, SHARDS_A_FILL = 4, MOST_SHARDS = 16384 };

_Static_assert(SITE_MOST_SLOTS == PLAN_MOST_CORES && SITE_MOST_GPUS == PLAN_MOST_GPUS,
    "a plan is made of what a profile may say");

void
site_room(const struct site_profile *p, const struct site_machine *detected, struct node_room *room)
{
    static const struct site_machine none = {0};
    bool open = p->nodes.detected && !detected;
    if (!detected)
        detected = &none;
    *room = (struct node_room){.gpus = PLAN_NONE};
    if (!open || p->nodes.cores)
        room->cores = (uint32_t)site_slots(p, detected);
    if (!open || p->nodes.memory)
        room->memory = site_memory_budget(p, detected);
    if (!p->nodes.detected)
        room->gpus = (uint32_t)p->nodes.gpus;
}

static double
least(double a, double b)
{
    return a < b ? a : b;
}

static uint32_t
shards_wanted(const struct work *w, const struct geometry *g)
{
    double n = (double)g->nodes * SHARDS_A_NODE * (g->njobs ? g->njobs : 1);
    double at_work = (double)g->nodes * g->at_once; /* each gets as many as the others */
    if (!w->untimed) /* two for each: one set of needs may be as large as two, and be for one node */
        n = least(n, fmax(w->node_seconds / LEAST_NODE_SECONDS, at_work > 1 ? 2 * at_work : 1));
    n = least(least(n, w->fills * SHARDS_A_FILL), MOST_SHARDS);
    if (n > at_work)
        n = floor(n / at_work) * at_work;
    return n < 1 ? 1 : (uint32_t)n;
}

void
plan_for_site(const struct plan *p, const struct site *s, const struct geometry *g,
    struct buf *image)
{
    struct buf shards = {0}, runs = {0};
    struct work work;
    struct node_room room;
    site_room(s->profile, NULL, &room);
    work_init(&work, p, &room);
    shards_make(p, &work, shards_wanted(&work, g), &shards, &runs);
    const struct plan_at at = {.site = s->name,
        .cores = room.cores,
        .gpus = room.gpus,
        .memory = room.memory,
        .njobs = g->njobs,
        .job_nodes = g->nodes,
        .job_seconds = g->seconds,
        .nshards = (uint32_t)(shards.n / sizeof(struct plan_shard)),
        .nruns = (uint32_t)(runs.n / sizeof(struct plan_run)),
        .shard = (const struct plan_shard *)(const void *)shards.p,
        .run = (const struct plan_run *)(const void *)runs.p};
    plan_move(p, &at, image);
    work_free(&work);
    buf_free(&shards);
    buf_free(&runs);
}
