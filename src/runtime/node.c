/* What this node has for tasks: cores, memory, GPUs; and where it stands in its job. */
#include "config.h"

#include "runtime/shim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cost/machine.h"
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
    const char *at =
        file_read("/proc/meminfo", &text) == 0 ? strstr(text.p, "MemAvailable:") : NULL;
    uint64_t there = at ? strtoull(at + strlen("MemAvailable:"), NULL, 10) * 1024 : UINT64_MAX;
    uint64_t ours = machine_memory();
    there = ours < there ? ours : there;
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
    if (planned && r->opt.batch)
        look_at_node(r);
    if (r->opt.batch)
        find_places(&r->node);
}

bool
node_may_run(const struct shim *r, uint32_t task)
{
    const struct plan_family *f = &r->plan->family[plan_family_of(r->plan, task)];
    return f->runs_on == PLAN_ON_NODE || r->opt.rank == 0;
}
