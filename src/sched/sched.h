/* The scheduling core: which tasks start now, on a node of some cores, memory and GPUs. Pure: no
 * I/O, no clock (the time is passed in, in milliseconds, and never goes back), no globals; the same
 * calls give the same launches. Memory is allocated by sched_new and when classes or bundles are
 * added. libc only.
 *
 * Tasks of equal cost and expected time form a class with one queue, first in, first out. A class
 * keeps its number; more may be added at any time, and what is expected of them may change. Classes
 * are ordered by priority, then longest expected time first (unknown last), then most cores, then
 * most GPUs, then most memory. A launch takes the first class in this order whose cost fits what is
 * free.
 *
 * Tasks of one class that may share a process, a bundle, are started together: to the first one
 * are added, in the order in which they became ready, as many as still fit. Together they cost the
 * shared part of their memory once, and everything else as often as they are.
 *
 * Nothing starves: when the first class with a ready task does not fit, a reservation is made for
 * it. The running tasks expected to end first, as many as free enough for it, are marked, and the
 * time when the last of them should end is fixed. Until it starts, another task may start only if
 * the reserved share stays whole without it, or if it is expected to end by that time (it is
 * marked, too). Each marked task ends some day and none is added after that time, so the wait is
 * bounded whatever the estimates were worth. A bundle grows only as far as this allows.
 *
 * If the end of the node's time is known, nothing starts that is expected to run longer. */
#ifndef SCHED_SCHED_H
#define SCHED_SCHED_H

#include "util/relation.h"

#include <stdbool.h>
#include <stdint.h>

#define SCHED_NONE UINT32_MAX
#define SCHED_MOST_CLASSES 65535u

struct sched_class {
    uint32_t cores; /* 1 or more */
    uint32_t gpus;
    int32_t priority; /* the higher first */
    /* the class, + 1, of a task that ran out of memory in this one; 0: this one */
    uint32_t heavier;
    uint64_t memory;  /* of a task by itself */
    uint64_t shared;  /* the part of it that a bundle uses once */
    uint64_t time_ms; /* expected; 0: unknown */
};

/* Tasks from first_consumer on wait for groups of those from first_producer on. What `of` borrows
 * is only read by sched_new. */
struct sched_need {
    uint32_t first_consumer;
    uint32_t first_producer;
    struct relation of;
};

struct sched_config {
    uint32_t cores, gpus; /* of the node */
    uint64_t memory;
    uint32_t ntasks;
    bool bundles; /* tasks may share a process */
    uint32_t nneeds;
    const struct sched_need *need;
};

enum sched_state {
    SCHED_AWAY,    /* not ours to start: not taken yet, or another node's */
    SCHED_WAITING, /* for producers */
    SCHED_READY,
    SCHED_DELAYED, /* a retry that backs off */
    SCHED_RUNNING,
    SCHED_POSTPONED, /* to another run */
    SCHED_DONE,
    SCHED_FAILED,
    SCHED_BLOCKED, /* something it needs failed */
    SCHED_NSTATES
};

struct sched;

struct sched *sched_new(const struct sched_config *config);
void sched_free(struct sched *s);

/* All classes, `n` now (SCHED_MOST_CLASSES or less); those that it knows are not looked at. None
 * may cost more than the whole node. */
void sched_add_classes(struct sched *s, const struct sched_class *class, uint32_t n);
/* Once for each task, before it is taken: its class, and its bundle. Tasks of one class and with
 * the same number of a bundle may share a process; SCHED_NONE: with no other. */
void sched_set_class(struct sched *s, uint32_t task, uint32_t class, uint32_t bundle);
/* Until classes are added; NULL: it has none yet. */
const struct sched_class *sched_class_of(const struct sched *s, uint32_t task);
/* What is expected now, of each class: milliseconds, 0: unknown. Their order is made anew. */
void sched_set_times(struct sched *s, const uint64_t *time_ms);

/* At first all tasks are away, and have no class. The task was done, by an earlier run or
 * elsewhere: what waits for it may become ready. No effect on one that runs or ended here. */
void sched_set_done(struct sched *s, uint32_t task, int64_t now);
/* What sched_set_done said does not hold any more: the task is away again, and what waits for it
 * goes on waiting; what is ready or ran since stays so. No effect on one that is not done. */
void sched_set_gone(struct sched *s, uint32_t task);
/* It failed elsewhere: what needs it is blocked. */
void sched_set_failed(struct sched *s, uint32_t task);
/* Before it is taken: the task ran out of memory in an earlier run; once for each time. */
void sched_set_heavier(struct sched *s, uint32_t task);
/* From now on it is started here, as soon as what it needs is done. No effect if it is not away. */
void sched_take(struct sched *s, uint32_t task, int64_t now);
/* One that waits is another node's from now on; no effect on others. */
void sched_give(struct sched *s, uint32_t task);
/* When the node's time ends, from now on; only ever to an earlier time. */
void sched_set_end(struct sched *s, int64_t end);
/* From now on tasks of unknown time do not start; if the end of the node's time is known. */
void sched_set_cautious(struct sched *s);
/* Takes all tasks. */
void sched_start(struct sched *s, int64_t now);

/* Writes the tasks of one process that starts now to `out`, at most `max` (and never more than the
 * node has cores), and returns their count, 0: nothing more starts now. They count as running from
 * here. Who wants to launch nothing more (to drain the node) stops calling this. */
uint32_t sched_launch(struct sched *s, int64_t now, uint32_t *out, uint32_t max);

enum sched_result {
    SCHED_END_DONE,
    SCHED_END_FAILED,   /* for good: what needs it is blocked, through all levels */
    SCHED_END_RETRY,    /* again after 1 s, 2 s, 4 s ... 60 s for nth = 0, 1, 2 ... */
    SCHED_END_HEAVIER,  /* a retry that needs more memory */
    SCHED_END_REQUEUE,  /* again at once, before the others of its class */
    SCHED_END_POSTPONE, /* again in another run */
    SCHED_END_AWAY,     /* by another node; here, if it is taken again */
};
/* Each task of a bundle ends by itself, and frees its share; the last one frees what is shared. */
void sched_ended(struct sched *s, uint32_t task, enum sched_result result, uint32_t nth,
    int64_t now);

/* When the next delayed retry becomes ready; -1: none waits. */
int64_t sched_next_time(const struct sched *s, int64_t now);

/* Is there a ready or delayed task that can still start, if now is too early or the node too full?
 */
bool sched_pending(const struct sched *s, int64_t now);

/* Is so much free that the cheapest of all classes would fit? */
bool sched_has_room(const struct sched *s);

uint32_t sched_count(const struct sched *s, enum sched_state state);
enum sched_state sched_state(const struct sched *s, uint32_t task);
/* Of a task that was just launched: milliseconds since it became ready. */
uint32_t sched_waited(const struct sched *s, uint32_t task);
uint32_t sched_cores_used(const struct sched *s);
uint64_t sched_memory_used(const struct sched *s);
/* The least expected time of a ready task, milliseconds; 0: there is none, or that of all is
 * unknown. */
uint64_t sched_ready_time(const struct sched *s);

#endif
