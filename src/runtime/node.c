/* What this node has for tasks: cores, memory, GPUs; and where it stands in its job. */
#include "config.h"

#include "runtime/shim.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cost/machine.h"
#include "util/file.h"

/* --- GPUs --- */

/* How many entries of a folder are named PREFIX and a number. */
static uint32_t
count_numbered(const char *folder, const char *prefix,
    bool (*real)(const char *folder, const char *name))
{
    DIR *d = opendir(folder);
    uint32_t n = 0;
    if (!d)
        return 0;
    const struct dirent *e;
    while ((e = readdir(d))) {
        const char *number = e->d_name + strlen(prefix);
        n += strncmp(e->d_name, prefix, strlen(prefix)) == 0 && *number &&
             number[strspn(number, "0123456789")] == 0 && (!real || real(folder, e->d_name));
    }
    closedir(d);
    return n;
}

/* The driver of AMD's GPUs lists CPUs as well; these have the gpu_id 0. */
static bool
is_gpu(const char *folder, const char *name)
{
    char path[300];
    struct buf text = {0};
    snprintf(path, sizeof path, "%s/%s/gpu_id", folder, name);
    bool real = file_read(path, &text) == 0 && atoll(text.p) != 0;
    buf_free(&text);
    return real;
}

/* The devices in such a list, up to the first word that cannot be one (Slurm writes NoDevFiles).
 * They are appended to `names`, each with a NUL behind it. */
static uint32_t
listed_gpus(const char *list, struct buf *names)
{
    uint32_t n = 0;
    while (*list) {
        size_t k = strcspn(list, ",");
        if (!k || (strspn(list, "0123456789") != k && strncmp(list, "GPU-", 4) != 0 &&
                      strncmp(list, "MIG-", 4) != 0))
            break;
        buf_add(names, list, k);
        buf_putc(names, 0);
        n++;
        list += k + (list[k] == ',');
    }
    return n;
}

/* Of a GPU by its name; its number, unless the driver counts another way, is its place in the order
 * of PCI addresses. */
static int
numa_node(const char *name)
{
    bool number = *name && name[strspn(name, "0123456789")] == 0;
    return number ? places_of_gpu("", (uint32_t)strtoul(name, NULL, 10)) : -1;
}

/* The batch system may have given us some of the node's only: it says so in the environment. */
static void
find_gpus(struct shim *r)
{
    const char *name_of_list =
        getenv("CUDA_VISIBLE_DEVICES") ? "CUDA_VISIBLE_DEVICES" : "ROCR_VISIBLE_DEVICES";
    const char *list = getenv(name_of_list);
    struct buf names = {0};
    uint32_t n = 0;
    if (list)
        n = listed_gpus(list, &names);
    if (r->node.ngpus == GPUS_ASK) {
        r->node.ngpus = list ? n : count_numbered("/dev", "nvidia", NULL);
        if (r->node.ngpus == 0 && !list)
            r->node.ngpus = count_numbered("/sys/class/kfd/kfd/topology/nodes", "", is_gpu);
    }
    if (list && r->node.ngpus > n) {
        say("%u GPUs were told, and %s lists %u of them: no others are used", r->node.ngpus,
            name_of_list, n);
        r->node.ngpus = n;
    }
    if (r->node.ngpus > n) {
        buf_reset(&names);
        for (uint32_t i = 0; i < r->node.ngpus; i++) {
            buf_printf(&names, "%u", i);
            buf_putc(&names, 0);
        }
    }
    r->node.gpu_names = names;
    r->node.gpu = xcalloc(r->node.ngpus, sizeof *r->node.gpu);
    const char *name = names.p;
    for (uint32_t i = 0; i < r->node.ngpus; i++, name += strlen(name) + 1)
        r->node.gpu[i] =
            (struct gpu){.name = name, .numa_node = r->opt.batch ? numa_node(name) : -1};
}

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
    if (r->node.ngpus == GPUS_ASK)
        r->node.ngpus = r->plan->head->gpus; /* which may leave it open, too */
    find_gpus(r);
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
