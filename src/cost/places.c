/* Processors of a node, given to processes. */
#include "config.h"

#include "cost/places.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/file.h"

struct place {
    int cpu;
    int core; /* its first hardware thread */
    int node; /* of NUMA */
    bool taken;
};

struct places {
    uint32_t n;
    struct place at[];
};

/* --- what the kernel tells --- */

/* The next range of a list such as "0-3,8"; false: there is none. */
static bool
next_range(const char **list, int *first, int *last)
{
    const char *p = *list;
    char *end;
    if (!isdigit((unsigned char)*p))
        return false;
    long from = strtol(p, &end, 10), to = from;
    if (*end == '-' && isdigit((unsigned char)end[1]))
        to = strtol(end + 1, &end, 10);
    if (to >= CPU_SETSIZE)
        to = CPU_SETSIZE - 1;
    *first = from < CPU_SETSIZE ? (int)from : CPU_SETSIZE;
    *last = (int)to;
    *list = end + (*end == ',');
    return true;
}

/* The first processor in the list that such a file holds, or -1. */
static int
first_listed(const char *path)
{
    struct buf text = {0};
    int first = -1, last;
    if (file_read(path, &text) == 0) {
        const char *p = text.p;
        if (!next_range(&p, &first, &last))
            first = -1;
    }
    buf_free(&text);
    return first;
}

/* The NUMA node of each processor, in node[CPU_SETSIZE]; 0 where nothing is told. */
static void
find_nodes(const char *root, int *node)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/sys/devices/system/node", root);
    DIR *d = opendir(path);
    if (!d)
        return;
    const struct dirent *e;
    struct buf text = {0};
    while ((e = readdir(d))) {
        if (strncmp(e->d_name, "node", 4) != 0 || !isdigit((unsigned char)e->d_name[4]))
            continue;
        snprintf(path, sizeof path, "%s/sys/devices/system/node/%s/cpulist", root, e->d_name);
        buf_reset(&text);
        if (file_read(path, &text) != 0)
            continue;
        int first, last;
        for (const char *p = text.p; next_range(&p, &first, &last);)
            for (int cpu = first; cpu <= last; cpu++)
                node[cpu] = atoi(e->d_name + 4);
    }
    buf_free(&text);
    closedir(d);
}

static int
core_of(const char *root, int cpu)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list",
        root, cpu);
    int core = first_listed(path);
    return core >= 0 ? core : cpu;
}

int
places_of_gpu(const char *root, uint32_t gpu)
{
    static const char *const driver[] = {"nvidia", "amdgpu"};
    char path[4096];
    int node = -1;
    for (size_t i = 0; i < sizeof driver / sizeof *driver; i++) {
        struct dirent **e;
        snprintf(path, sizeof path, "%s/sys/bus/pci/drivers/%s", root, driver[i]);
        int n = scandir(path, &e, NULL, alphasort);
        uint32_t seen = 0;
        for (int k = 0; k < n; k++) {
            /* an address, such as 0000:3b:00.0 */
            if (isxdigit((unsigned char)e[k]->d_name[0]) && strchr(e[k]->d_name, ':') &&
                seen++ == gpu) {
                struct buf text = {0};
                snprintf(path, sizeof path, "%s/sys/bus/pci/drivers/%s/%s/numa_node", root,
                    driver[i], e[k]->d_name);
                if (file_read(path, &text) == 0)
                    node = atoi(text.p);
                buf_free(&text);
            }
            free(e[k]);
        }
        if (n >= 0)
            free(e);
        if (seen)
            break;
    }
    return node;
}

/* --- places --- */

static int
by_node_and_core(const void *pa, const void *pb)
{
    const struct place *a = pa, *b = pb;
    return a->node != b->node   ? a->node - b->node
           : a->core != b->core ? a->core - b->core
                                : a->cpu - b->cpu;
}

struct places *
places_new(const char *root, const cpu_set_t *allowed, uint32_t cores)
{
    uint32_t n = 0, ncores = 0, most = (uint32_t)CPU_COUNT(allowed);
    if (cores > most)
        return NULL;
    int node[CPU_SETSIZE] = {0};
    find_nodes(root, node);
    struct places *p = xcalloc(1, sizeof *p + most * sizeof *p->at);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, allowed))
            p->at[n++] = (struct place){.cpu = cpu, .core = core_of(root, cpu), .node = node[cpu]};
    qsort(p->at, n, sizeof *p->at, by_node_and_core);
    for (uint32_t i = 0; i < n; i++)
        ncores += i == 0 || p->at[i].core != p->at[i - 1].core;
    if (cores <= ncores / 2) {
        places_free(p);
        return NULL;
    }
    for (uint32_t i = 0; i < n; i++)
        if (cores > ncores || p->n == 0 || p->at[i].core != p->at[p->n - 1].core)
            p->at[p->n++] = p->at[i];
    return p;
}

void
places_free(struct places *p)
{
    free(p);
}

/* How many from `i` on are free side by side; within its NUMA node, or everywhere. */
static uint32_t
stretch(const struct places *p, uint32_t i, bool within)
{
    uint32_t k = i;
    while (k < p->n && !p->at[k].taken && (!within || p->at[k].node == p->at[i].node))
        k++;
    return k - i;
}

/* The shortest stretch of n places or more; p->n: there is none. */
static uint32_t
best_stretch(const struct places *p, uint32_t n, bool within, int near)
{
    uint32_t best = p->n, least = UINT32_MAX;
    for (uint32_t i = 0, k; i < p->n; i += k ? k : 1) {
        k = stretch(p, i, within);
        if (k < n || k >= least || (near >= 0 && p->at[i].node != near))
            continue;
        best = i;
        least = k;
    }
    return best;
}

bool
places_take(struct places *p, uint32_t n, int near, cpu_set_t *set)
{
    CPU_ZERO(set);
    uint32_t at = near >= 0 ? best_stretch(p, n, true, near) : p->n;
    if (at == p->n)
        at = best_stretch(p, n, true, -1);
    if (at == p->n)
        at = best_stretch(p, n, false, -1);
    uint32_t got = 0;
    for (uint32_t i = at < p->n ? at : 0; i < p->n && got < n; i++)
        if (!p->at[i].taken) {
            p->at[i].taken = true;
            CPU_SET(p->at[i].cpu, set);
            got++;
        }
    if (got < n)
        places_give(p, set);
    return got == n;
}

void
places_hold(struct places *p, const cpu_set_t *set)
{
    for (uint32_t i = 0; i < p->n; i++)
        p->at[i].taken |= CPU_ISSET(p->at[i].cpu, set) != 0;
}

void
places_give(struct places *p, cpu_set_t *set)
{
    for (uint32_t i = 0; i < p->n; i++)
        if (CPU_ISSET(p->at[i].cpu, set))
            p->at[i].taken = false;
    CPU_ZERO(set);
}
