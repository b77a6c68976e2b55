/* The process group that is at work in a slot, and all of these on this node: what is known of
 * them without knowing of tasks. Slots embed theirs, and tell when it changes. */
#ifndef NODE_GROUP_H
#define NODE_GROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

enum group_work {
    GROUP_NONE,
    GROUP_CHECK,  /* a process checks a file */
    GROUP_TASK,   /* the tasks' own process */
    GROUP_ENDING, /* the leader ended; what it left behind is being killed */
};

struct group {
    uint32_t number; /* of its slot */
    enum group_work work;
    pid_t pid;         /* its leader; 0: none */
    uint32_t env_task; /* what its environment names */
    uint16_t env_attempt;
    uint32_t mark; /* and when it began (strays.c) */
    uint64_t born;
    bool outlived; /* by a process that cannot be ended: the slot is to get another spool */
    int status;    /* of the leader, when it has ended */
    struct rusage usage;
    uint64_t asked; /* bytes of memory that its tasks are expected to use */
    bool hidden;    /* what they use cannot be seen: others run them for it */
    uint32_t peak_kib;
    /* for want of memory that are put down to it; and what memory.c counted before: */
    uint32_t kills;
    uint64_t opened, elsewhere, guessed;
    /* of memory.c: what its processes use now; it was killed for want of memory at this time, 0:
     * not
     */
    uint64_t used_kib;
    int64_t going_at;
    /* of usage.c: their memory added up, that of large ones, and how many these and all are; the
     * part of it that is each one's own, below 0: not known, and when to look at that again */
    uint64_t sum_kib, large_kib;
    unsigned nlarge, nseen;
    float own_part;
    int64_t shares_us;
    /* and a sum that changes when they do anything; when it was looked at last, and when it had
     * changed (now_ms) */
    uint64_t doing, did;
    int64_t looked_at, busy_at;

    pid_t known_pid; /* what group.c knows of it */
    struct group *next_of_pid;
};

struct groups {
    struct group **v; /* by number */
    uint32_t n;
    struct group **of_pid; /* chains */
    uint32_t pid_mask;
};

void groups_open(struct groups *all, uint32_t most);
void groups_close(struct groups *all);
/* Another one, with the next number; borrowed. */
void groups_add(struct groups *all, struct group *g);
/* To be called after each change of g->pid. */
void groups_lead(struct groups *all, struct group *g);
/* The one that this process leads or led last, or NULL. */
struct group *groups_find(const struct groups *all, pid_t pid);

/* Is its leader at work? */
static inline bool
group_leads(const struct group *g)
{
    return g->work == GROUP_CHECK || g->work == GROUP_TASK;
}

/* For so many milliseconds, and since then at least, its processes are known to have done nothing.
 * Looks may be far from each other: what happened since the last one is not known. */
static inline int64_t
group_rest(const struct group *g, int64_t since)
{
    int64_t from = since > g->busy_at ? since : g->busy_at;
    return g->looked_at > from ? g->looked_at - from : 0;
}

#endif
