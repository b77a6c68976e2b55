/* The process groups of all slots, found by their leaders: chains. */
#include "config.h"

#include "node/group.h"

#include "util/buf.h"

#include <stdlib.h>

void
groups_open(struct groups *all, uint32_t most)
{
    uint32_t n = 1;
    while (n < most)
        n *= 2;
    all->v = xcalloc(most, sizeof *all->v);
    all->of_pid = xcalloc(n, sizeof *all->of_pid);
    all->pid_mask = n - 1;
}

void
groups_close(struct groups *all)
{
    free(all->v);
    free(all->of_pid);
}

void
groups_add(struct groups *all, struct group *g)
{
    g->number = all->n;
    all->v[all->n++] = g;
}

static struct group **
chain_of_pid(struct groups *all, pid_t pid)
{
    return &all->of_pid[(uint32_t)pid & all->pid_mask];
}

void
groups_lead(struct groups *all, struct group *g)
{
    if (g->known_pid == g->pid)
        return;
    if (g->known_pid) {
        struct group **p = chain_of_pid(all, g->known_pid);
        while (*p != g)
            p = &(*p)->next_of_pid;
        *p = g->next_of_pid;
    }
    g->known_pid = g->pid;
    if (!g->pid)
        return;
    g->next_of_pid = *chain_of_pid(all, g->pid);
    *chain_of_pid(all, g->pid) = g;
}

struct group *
groups_find(const struct groups *all, pid_t pid)
{
    struct group *g = pid > 0 ? all->of_pid[(uint32_t)pid & all->pid_mask] : NULL;
    while (g && g->known_pid != pid)
        g = g->next_of_pid;
    return g;
}
