#include "config.h"

#include "target/site.h"

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
