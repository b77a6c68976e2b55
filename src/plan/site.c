#include "config.h"

#include "plan/site.h"

#include "plan/build.h"

/* Shards are taken by nodes one by one: enough of them that the last ones of a job end about
 * together, and few enough that a folder can hold their journals. */
enum { SHARDS_A_NODE = 16, MOST_SHARDS = 16384 };

bool
geometry_choose(struct diags *d, const struct plan *p, const struct site *s, struct geometry *g)
{
    int64_t least, most, seconds;
    (void)d, (void)p;
    *g = (struct geometry){.queue = s->queue};
    site_job_nodes(s->profile, s->queue, &least, &most);
    int64_t nodes = s->nodes_max ? s->nodes_max : least;
    nodes = nodes > most ? most : nodes;
    seconds = s->walltime > 0 ? (int64_t)s->walltime
              : s->queue      ? site_walltime_max(s->queue, nodes)
                              : 3600;
    g->njobs = 1;
    g->nodes = (uint32_t)nodes;
    g->seconds = (uint32_t)((seconds + 59) / 60 * 60);
    return true;
}

void
shards_make(const struct plan *p, uint32_t want, struct buf *shards, struct buf *runs)
{
    uint32_t n = p->nneeds ? 1 : want < p->head->ntasks ? want : p->head->ntasks;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t first = (uint32_t)((uint64_t)p->head->ntasks * i / n);
        uint32_t end = (uint32_t)((uint64_t)p->head->ntasks * (i + 1) / n);
        struct plan_run run = {first, end - first};
        struct plan_shard shard = {i, 1, run.ntasks};
        buf_add(runs, &run, sizeof run);
        buf_add(shards, &shard, sizeof shard);
    }
}

void
plan_for_site(const struct plan *p, const struct site *s, const struct geometry *g,
    struct buf *image)
{
    struct buf shards = {0}, runs = {0};
    uint64_t want = (uint64_t)g->nodes * SHARDS_A_NODE * g->njobs;
    shards_make(p, want < MOST_SHARDS ? (uint32_t)want : MOST_SHARDS, &shards, &runs);
    const struct plan_at at = {.site = s->name,
        .cores = (uint32_t)site_slots(s->profile, NULL),
        .gpus = (uint32_t)s->profile->nodes.gpus,
        .memory = site_memory_budget(s->profile, NULL),
        .njobs = g->njobs,
        .job_nodes = g->nodes,
        .job_seconds = g->seconds,
        .nshards = (uint32_t)(shards.n / sizeof(struct plan_shard)),
        .nruns = (uint32_t)(runs.n / sizeof(struct plan_run)),
        .shard = (const struct plan_shard *)(const void *)shards.p,
        .run = (const struct plan_run *)(const void *)runs.p};
    plan_move(p, &at, image);
    buf_free(&shards);
    buf_free(&runs);
}
