/* The scheduling core: which tasks start now, on a node of some cores and memory. Pure: no I/O,
 * no clock (the time is passed in, in milliseconds, and never goes back), no globals; the same
 * calls give the same launches. All memory is allocated by sched_new. libc only.
 *
 * Tasks of equal cost and expected time form a class with one queue, first in, first out. Classes
 * are ordered by priority, then longest expected time first (unknown last), then most cores, then
 * most memory. A launch takes the first class in this order whose cost fits what is free.
 *
 * Nothing starves: when the first class with a ready task does not fit, a reservation is made for
 * it. The running tasks expected to end first, as many as free enough for it, are marked, and the
 * time when the last of them should end is fixed. Until it starts, another task may start only if
 * the reserved share stays whole without it, or if it is expected to end by that time (it is
 * marked, too). Each marked task ends some day and none is added after that time, so the wait is
 * bounded whatever the estimates were worth. */
#ifndef SCHED_SCHED_H
#define SCHED_SCHED_H

#include "util/relation.h"

#include <stdbool.h>
#include <stdint.h>

#define SCHED_NONE UINT32_MAX

struct sched_class {
    uint32_t cores; /* 1 or more */
    uint32_t priority;
    uint64_t memory;
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
    uint32_t cores; /* of the node */
    uint64_t memory;
    uint32_t ntasks;
    uint32_t nclasses; /* at most 65536 */
    const struct sched_class *class;
    uint16_t *class_of; /* of each task, from malloc; sched_new takes it over in any case */
    uint32_t nneeds;
    const struct sched_need *need;
};

enum sched_state {
    SCHED_WAITING, /* for producers */
    SCHED_READY,
    SCHED_DELAYED, /* a retry that backs off */
    SCHED_RUNNING,
    SCHED_DONE,
    SCHED_FAILED,
    SCHED_BLOCKED, /* something it needs failed */
    SCHED_NSTATES
};

struct sched;

/* NULL if a task costs more than the whole node; its number is then in *refused. */
struct sched *sched_new(const struct sched_config *config, uint32_t *refused);
void sched_free(struct sched *s);

/* Between sched_new and sched_start: the task was done by an earlier run. */
void sched_set_done(struct sched *s, uint32_t task);
/* Queues what is ready; once. */
void sched_start(struct sched *s, int64_t now);

/* Writes at most `max` tasks that start now to `out`, returns their count. They count as running
 * from here. Who wants to launch nothing more (to drain the node) stops calling this. */
uint32_t sched_launch(struct sched *s, int64_t now, uint32_t *out, uint32_t max);

enum sched_result {
    SCHED_END_DONE,
    SCHED_END_FAILED,  /* for good: what needs it is blocked, through all levels */
    SCHED_END_RETRY,   /* again after 1 s, 2 s, 4 s ... 60 s for nth = 0, 1, 2 ... */
    SCHED_END_REQUEUE, /* again at once, before the others of its class */
};
void sched_ended(struct sched *s, uint32_t task, enum sched_result result, uint32_t nth,
    int64_t now);

/* When the next delayed retry becomes ready; -1: none waits. */
int64_t sched_next_time(const struct sched *s, int64_t now);

uint32_t sched_count(const struct sched *s, enum sched_state state);
enum sched_state sched_state(const struct sched *s, uint32_t task);
/* Of a task that was just launched: milliseconds since it became ready. */
uint32_t sched_waited(const struct sched *s, uint32_t task);
uint32_t sched_cores_used(const struct sched *s);
uint64_t sched_memory_used(const struct sched *s);

#endif
