/* What this node has for tasks: cores, memory, GPUs; and where it stands in its job. */
#include "config.h"

#include "shim/node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cost/machine.h"
#include "node/handover.h"
#include "util/file.h"

/* What a launcher that binds us, or another program, has left of what the plan counts on. */
static void
look_at_node(const struct shim *r)
{
    uint32_t cores = machine_cores();
    struct buf text = {0};
    if (cores < r->node.cores)
        say("tasks are to use %u cores, and this process may use %u: if the node has more, its "
            "launcher binds processes to some of them",
            r->node.cores, cores);
    uint64_t there = machine_memory(), left;
    if (file_read("/proc/meminfo", &text) == 0 && file_number(text.p, "MemAvailable:", &left) &&
        left * 1024 < there)
        there = left * 1024;
    if (there < r->node.memory)
        say("tasks are to use %.1f GB of memory, and %.1f GB are available on this node",
            (double)r->node.memory / 1e9, (double)there / 1e9);
    buf_free(&text);
}

static void
find_places(struct node *n)
{
    if (sched_getaffinity(0, sizeof n->processors, &n->processors) == 0)
        n->places = places_new("", &n->processors, n->cores);
}

void
node_ask(struct shim *r)
{
    bool planned =
        (!r->node.cores && r->plan->head->cores) || (!r->node.memory && r->plan->head->memory);
    if (!r->node.cores)
        r->node.cores = r->plan->head->cores;
    if (!r->node.cores)
        r->node.cores = machine_cores();
    if (!r->node.memory)
        r->node.memory = r->plan->head->memory;
    if (!r->node.memory)
        r->node.memory = machine_task_memory();
    if (r->node.gpus.n == GPUS_ASK)
        r->node.gpus.n = r->plan->head->gpus; /* which may leave it open, too */
    gpus_find(&r->node.gpus, r->opt.batch);
    /* what tasks of the plan before have is not amiss */
    bool shared = r->node.handovers.before && atomic_load(&r->node.handovers.before->lives);
    if (planned && r->opt.batch && !shared)
        look_at_node(r);
    if (r->opt.batch)
        find_places(&r->node);
}

bool
node_runs_families(const struct shim *r)
{
    const struct plan *p = r->plan;
    for (uint32_t i = 0; i < p->nfamilies; i++) {
        const struct plan_family *f = &p->family[i];
        const struct plan_place *at = &p->place[PLACE_FAMILY][i];
        if (f->nodes > 1) {
            say("%s:%u: %s needs %u whole nodes for each task, and this run has one; run it on a "
                "site that has them",
                plan_place_name(p, PLACE_FAMILY, i), at->line, plan_string(p, f->name), f->nodes);
            return false;
        }
        const struct plan_container *c = f->container ? &p->container[f->container - 1] : NULL;
        if (c && !r->opt.no_containers && c->runtime == PLAN_RUNTIME_UNDECIDED) {
            say("%s:%u: %s runs in the container %s (%s), and containers are not started here; "
                "run it on a site whose profile has them, or with --no-containers to run the "
                "commands directly",
                plan_place_name(p, PLACE_FAMILY, i), at->line, plan_string(p, f->name),
                plan_string(p, c->name), plan_string(p, c->image));
            return false;
        }
        if (c && (r->opt.no_containers || c->runtime == PLAN_RUNTIME_DIRECT))
            say("%s runs without its container %s: image and folders are ignored",
                plan_string(p, f->name), plan_string(p, c->name));
    }
    return true;
}
