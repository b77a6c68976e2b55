/* The GPUs of this node: which there are, and which are free. */
#include "config.h"

#include "node/gpus.h"

#include "cost/places.h"
#include "node/say.h"
#include "util/file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANOTHER UINT32_MAX /* no slot's */

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
void
gpus_find(struct gpus *g, bool near)
{
    const char *name_of_list =
        getenv("CUDA_VISIBLE_DEVICES") ? "CUDA_VISIBLE_DEVICES" : "ROCR_VISIBLE_DEVICES";
    const char *list = getenv(name_of_list);
    struct buf names = {0};
    uint32_t n = 0;
    if (list)
        n = listed_gpus(list, &names);
    if (g->n == GPUS_ASK) {
        g->n = list ? n : count_numbered("/dev", "nvidia", NULL);
        if (g->n == 0 && !list)
            g->n = count_numbered("/sys/class/kfd/kfd/topology/nodes", "", is_gpu);
    }
    if (list && g->n > n) {
        say("%u GPUs were told, and %s lists %u of them: no others are used", g->n, name_of_list,
            n);
        g->n = n;
    }
    if (g->n > n) {
        buf_reset(&names);
        for (uint32_t i = 0; i < g->n; i++) {
            buf_printf(&names, "%u", i);
            buf_putc(&names, 0);
        }
    }
    g->names = names;
    g->v = xcalloc(g->n, sizeof *g->v);
    const char *name = names.p;
    for (uint32_t i = 0; i < g->n; i++, name += strlen(name) + 1)
        g->v[i] = (struct gpu){.name = name, .numa_node = near ? numa_node(name) : -1};
}

void
gpus_free(struct gpus *g)
{
    free(g->v);
    buf_free(&g->names);
}

uint32_t
gpus_hold(struct gpus *g, const uint8_t *held, uint32_t n)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < g->n && i < n; i++) {
        if (held && held[i])
            g->v[i].taken_by = ANOTHER;
        else if (g->v[i].taken_by == ANOTHER)
            g->v[i].taken_by = 0;
        count += g->v[i].taken_by == ANOTHER;
    }
    return count;
}

void
gpus_take(struct gpus *g, uint32_t slot, uint32_t n)
{
    for (uint32_t i = 0; i < g->n && n; i++) {
        if (g->v[i].taken_by)
            continue;
        g->v[i].taken_by = slot + 1;
        n--;
    }
}

void
gpus_give(struct gpus *g, uint32_t slot)
{
    for (uint32_t i = 0; i < g->n; i++)
        if (g->v[i].taken_by == slot + 1)
            g->v[i].taken_by = 0;
}

int
gpus_near(const struct gpus *g, uint32_t slot)
{
    int near = -1;
    for (uint32_t i = 0; i < g->n && near < 0; i++)
        if (g->v[i].taken_by == slot + 1)
            near = g->v[i].numa_node;
    return near;
}
