#include "config.h"

#include "target/site.h"

#include "plan/build.h"

/* Shards are taken by nodes one by one. The first ones are some part of what a node does in a job,
 * so that there are few journals for much work; yet so small that nodes that nobody planned for
 * find something. A folder can hold so many journals. */
enum { SHARDS_A_NODE = 4, LEAST_PARTS = 256, MOST_PARTS = 4096, MOST_SHARDS = 16384 };
/* left, when tasks that need each other are taken apart */
enum { SETS_A_NODE = 2, LEAST_SETS = 32 };

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

static struct cut
cut_for(const struct geometry *g)
{
    uint64_t nodes = (uint64_t)g->nodes * (g->njobs ? g->njobs : 1),
             at_work = (uint64_t)g->nodes * g->at_once;
    uint64_t parts = nodes < MOST_PARTS / SHARDS_A_NODE ? nodes * SHARDS_A_NODE : MOST_PARTS;
    parts = parts < LEAST_PARTS ? LEAST_PARTS : parts;
    parts = parts < at_work ? at_work : parts;
    uint64_t sets = at_work * SETS_A_NODE < LEAST_SETS ? LEAST_SETS : at_work * SETS_A_NODE;
    return (struct cut){.parts = (uint32_t)(parts < MOST_SHARDS ? parts : MOST_SHARDS),
        .most = MOST_SHARDS,
        .together = (uint32_t)(sets < MOST_SHARDS ? sets : MOST_SHARDS)};
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
    const struct cut cut = cut_for(g);
    shards_make(p, &work, &cut, &shards, &runs);
    const struct plan_at at = {.site = s->name,
        .cores = room.cores,
        .gpus = room.gpus,
        .memory = room.memory,
        .njobs = g->njobs,
        .job_nodes = g->nodes,
        .job_seconds = g->seconds,
        .nshards = (uint32_t)(shards.n / sizeof(struct plan_shard)),
        .nruns = (uint32_t)(runs.n / sizeof(struct plan_range)),
        .shard = (const struct plan_shard *)(const void *)shards.p,
        .run = (const struct plan_range *)(const void *)runs.p};
    plan_move(p, &at, image);
    work_free(&work);
    buf_free(&shards);
    buf_free(&runs);
}

void
plan_for_machine(const struct plan *p, const struct site *s, struct buf *image)
{
    const struct site_profile *profile = s->profile;
    bool open = profile->nodes.detected;
    const struct plan_at at = {.site = s->name,
        .cores = open ? 0 : (uint32_t)site_slots(profile, NULL),
        .gpus = open ? PLAN_NONE : (uint32_t)profile->nodes.gpus,
        .memory = open ? 0 : site_memory_budget(profile, NULL)};
    plan_move(p, &at, image);
}
