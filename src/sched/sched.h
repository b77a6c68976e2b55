/* The scheduling core: which tasks start now, on a node of some cores, memory and GPUs. Pure: no
 * I/O, no clock (the time is passed in, in milliseconds, and never goes back), no globals; the same
 * calls give the same launches. Memory is allocated by sched_new, when classes or bundles are
 * added, and for open processes beyond one a core. libc only.
 *
 * Tasks of equal cost and expected time form a class. A class keeps its number; more may be added
 * at any time, and what is expected of them may change. A launch takes the first ready task in this
 * order whose cost fits what is free:
 *
 * - the higher priority;
 * - the later stage: consumers before new producers, for they end what was begun;
 * - what takes longer than all tasks that are to be started should on all cores, the longest first:
 *   left to the end it would be alone. As long as the times of all of them are known, and not what
 *   shares memory, which to begin apart would cost room;
 * - what is part of something begun: of a group that consumers wait for (say, all sensors of a
 *   visit), or of a bundle. First those of which tasks were started here, for they are brought to
 *   their end before another one is begun; then those of which half is done, or more, elsewhere or
 *   by an earlier run; then those of which some is;
 * - the longest expected time (unknown last), then most cores, most GPUs, most memory;
 * - first in, first out.
 *
 * Tasks that may share a process, a bundle, are started together: to the first one are added, in
 * this order, as many of its bundle as still fit and cost the same, so that those of a process take
 * about equally long. Together they cost the shared part of their memory once, and everything else
 * as often as they are. A process that is given few tasks takes that part from many others. So
 * where not every core of the node would have memory for a task beside what processes share, with
 * this one, it starts when there is room for half of those that it could work on: of the tasks of
 * the bundle that are ready, or of those that the node could hold. And it waits for the room of all
 * of these, if that is expected within three quarters of the time that it takes itself. Until then
 * the class is one that does not fit. It does not wait for tasks that are not ready, nor where
 * processes can grow; and what is later in order does not begin a process that way.
 *
 * Nothing starves: when the first class with a ready task does not fit, a reservation is made for
 * it. The running tasks expected to end first, as many as free enough for it, are marked, and the
 * time when the last of them should end is fixed. Until it starts, another task may start only if
 * its priority is higher, if the reserved share stays whole without it, or if it is expected to end
 * by that time (it is marked, too). That holds for what becomes ready meanwhile and comes first in
 * order, as well. Each marked task ends some day and none is added after that time, so the wait is
 * bounded whatever the estimates were worth. A bundle grows only as far as this allows.
 *
 * A process may be open: tasks of its bundle that cost what its own do can join it while it lives,
 * whatever time they take, the first in order first, and it keeps what is shared until it is
 * closed, with or without tasks. A join finishes what was begun, so it
 * comes before launches, unless one of a higher priority fits. It respects a reservation as a
 * launch does: a process whose end is counted on is joined only by what is expected to end by that
 * time.
 *
 * If the end of the node's time is known, nothing starts that may well run longer: as expected, or
 * what sched_set_times says of it. */
#ifndef SCHED_SCHED_H
#define SCHED_SCHED_H

#include "util/relation.h"

#include <stdbool.h>
#include <stddef.h>
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
    /* how many needs, one after the other, come before its tasks; those that wait for nothing: 0 */
    uint32_t stage;
    uint32_t grows; /* 1: its processes are opened, so that further tasks may join them; or 0 */
};

/* Tasks from first_consumer on wait for groups of those from first_producer on. What `of` borrows
 * must live as long as the core. */
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
/* Once for each task, before it is taken: its class, and its bundle. Tasks that cost the same and
 * have the same number of a bundle may share a process; SCHED_NONE: with no other. */
void sched_set_class(struct sched *s, uint32_t task, uint32_t class, uint32_t bundle);
/* The same of a task that is away, or runs, and had its class: when it is started next, its bundle
 * is another one. */
void sched_set_bundle(struct sched *s, uint32_t task, uint32_t bundle);
/* Until classes are added; NULL: it has none yet. */
const struct sched_class *sched_class_of(const struct sched *s, uint32_t task);
uint32_t sched_class_number(const struct sched *s, uint32_t task); /* SCHED_NONE: none yet */
/* What is expected now, of each class: milliseconds, 0: unknown; and how much of the node's time
 * has to be left for one to start. Their order is made anew. */
void sched_set_times(struct sched *s, const uint64_t *time_ms, const uint64_t *sure_ms);
/* The same of memory, and of the part of it that a bundle uses once; none more than the node has.
 * What runs keeps what it was given. */
void sched_set_memory(struct sched *s, const uint64_t *memory, const uint64_t *shared);
/* What runs uses so many bytes more than it was given: they are not given to others, from now on.
 * If nothing runs that is of no effect. */
void sched_set_over(struct sched *s, uint64_t bytes);
/* Another scheduler has so much of the node, first told before anything is launched: what it was
 * told then, or less, and never more again. It counts as used. All should be given back by `ends`;
 * when that is over it is taken to be half through. */
void sched_set_others(struct sched *s, uint32_t cores, uint32_t gpus, uint64_t memory, int64_t ends,
    int64_t now);

/* At first all tasks are away, and have no class. The task was done, by an earlier run or
 * elsewhere: what waits for it may become ready. No effect on one that runs or ended here. */
void sched_set_done(struct sched *s, uint32_t task, int64_t now);
/* What sched_set_done said does not hold any more: the task is away again, and what waits for it
 * goes on waiting; what is ready or ran since stays so. No effect on one that is not done. */
void sched_set_gone(struct sched *s, uint32_t task);
/* What is known of all tasks that are not `ours` is void: they are away, as at first. */
void sched_forget(struct sched *s, bool (*ours)(void *arg, uint32_t task), void *arg);
/* A task that is done here is not: what it wrote is being looked at once more, for which it runs,
 * at no cost, until sched_ended. What ran on it, directly or not, is undone as well: `undone` is
 * called for each such task, and for others that need it, in the state in which it is. One that is
 * done waits from now on, unless that says false: it is not ours. One that runs is to be ended, and
 * waits when sched_ended says that it will run again. What is ready, or delayed, waits. One that
 * failed is away, unless that says false, and so is what is blocked and was not by others that
 * failed: they may be taken then, and wait. */
void sched_undo(struct sched *s, uint32_t task, bool (*undone)(void *arg, uint32_t task),
    void *arg);
/* Calls `visit` for each task that could have started as one of these `n`, which are done, was, and
 * if that says true, for those that follow from it; for what is blocked, if it failed. */
void sched_ran_on(const struct sched *s, const uint32_t *task, size_t n,
    bool (*visit)(void *arg, uint32_t task), void *arg);
/* It failed elsewhere: what needs it is blocked. */
void sched_set_failed(struct sched *s, uint32_t task);
/* Of one that is away, delayed, or waits: it is of this class from now on. */
void sched_change_class(struct sched *s, uint32_t task, uint32_t class);
/* Before it is taken: the task ran out of memory in an earlier run; once for each time. */
void sched_set_heavier(struct sched *s, uint32_t task);
/* One that does not run, nor is done, does not start any more: it counts as failed. */
void sched_cancel(struct sched *s, uint32_t task);
/* From now on it is started here, as soon as what it needs is done. No effect if it is not away. */
void sched_take(struct sched *s, uint32_t task, int64_t now);
/* One that was postponed is not any more. No effect on others. */
void sched_resume(struct sched *s, uint32_t task, int64_t now);
/* One that waits, or is ready, is another node's from now on; no effect on others. */
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

/* The process of this task, which runs, is open from now on. Returns its number, which it has until
 * it is closed. */
uint32_t sched_open(struct sched *s, uint32_t task);
/* It is open, and cannot be joined before it is not `young` any more: until then no other process
 * is started for tasks of its bundle. */
void sched_set_young(struct sched *s, uint32_t process, bool young);
bool sched_awaits(const struct sched *s); /* do ready tasks wait for one? */
/* Writes ready tasks that start in this open process now, as sched_launch does; 0: none. */
uint32_t sched_join(struct sched *s, uint32_t process, int64_t now, uint32_t *out, uint32_t max);
/* Is there a ready one that could, were there room? */
bool sched_joins(const struct sched *s, uint32_t process, int64_t now);
/* May some join it yet, now or when they are ready? False stays so, unless more tasks are taken or
 * other times are expected. */
bool sched_may_join(const struct sched *s, uint32_t process, int64_t now);
bool sched_any_open(const struct sched *s);
/* It has ended. Tasks of it that have not are those of an ordinary process from now on. */
void sched_close(struct sched *s, uint32_t process);
/* The most tasks like this one that a process can work on at a time, if the node is empty. */
uint32_t sched_width(const struct sched *s, uint32_t task);

enum sched_result {
    SCHED_END_DONE,
    SCHED_END_FAILED,   /* for good: what needs it is blocked, through all levels */
    SCHED_END_RETRY,    /* again after 1 s, 2 s, 4 s ... 60 s for nth = 0, 1, 2 ... */
    SCHED_END_HEAVIER,  /* a retry that needs more memory */
    SCHED_END_REQUEUE,  /* again at once, before the others of its class */
    SCHED_END_POSTPONE, /* again in another run */
    SCHED_END_AWAY,     /* by another node; here, if it is taken again */
};
/* Each task of a bundle ends by itself, and frees its share; the last one frees what is shared,
 * unless the process is open. */
void sched_ended(struct sched *s, uint32_t task, enum sched_result result, uint32_t nth,
    int64_t now);

/* When the next delayed retry becomes ready; -1: none waits. */
int64_t sched_next_time(const struct sched *s, int64_t now);

/* Is there a ready or delayed task that can still start, if now is too early or the node too full?
 */
bool sched_pending(const struct sched *s, int64_t now);

/* Could the task, which is away, start now, beside what runs, if it were ours? */
bool sched_could_start(const struct sched *s, uint32_t task, int64_t now);

/* Is so much free that a task of the cheapest of all classes would fit, or one that joins an open
 * process? */
bool sched_has_room(const struct sched *s);

/* What keeps free cores without tasks, if sched_launch has nothing more to start. */
enum sched_bound {
    SCHED_BOUND_READY,  /* nothing is ready */
    SCHED_BOUND_MEMORY, /* the first one that is needs more memory */
    SCHED_BOUND_ROOM,   /* more cores or GPUs at once; or what is free is kept for such a task */
    SCHED_BOUND_TIME,   /* more time than is left */
};
enum sched_bound sched_bound(struct sched *s, int64_t now);

uint32_t sched_count(const struct sched *s, enum sched_state state);
enum sched_state sched_state(const struct sched *s, uint32_t task);
/* Of a task that was just launched: milliseconds since it became ready. */
uint32_t sched_waited(const struct sched *s, uint32_t task);
/* When all that runs should have ended. */
int64_t sched_ends(const struct sched *s, int64_t now);
uint32_t sched_cores_used(const struct sched *s);
uint64_t sched_memory_used(const struct sched *s);
/* The least time that has to be left for a ready task, milliseconds; 0: there is none, or that of
 * all is unknown. */
uint64_t sched_ready_time(const struct sched *s);

#endif
