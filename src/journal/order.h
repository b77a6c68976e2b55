/* What people order while jobs run (wflc control). An order is a file state/control/NNNN of the
 * next number that is free, decimal, from 1 on: made exclusively, complete before it has that name,
 * and never changed or removed, so that it stays known who wanted what, and when.
 *
 *     wfl-order 1 KIND SECONDS WHO   SECONDS since 1970; WHO: user@host
 *     of TEXT                        the job, the host, the gate, or the selector as it was given
 *     plan IDENTITY                  hexadecimal; this and the next lines only of cancel:
 *     FIRST COUNT                    tasks, ascending
 *     ...
 *     end CRC                        of all lines before it, hexadecimal
 *
 * Which orders are in force, state/control.h tells. Shared by wflc and wfl-shim, libc only. */
#ifndef JOURNAL_ORDER_H
#define JOURNAL_ORDER_H

#include "util/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* clang-format off */
#define ORDER_KINDS(X)                                                                             \
    X(PAUSE, "pause")           /* nothing more is started */                                      \
    X(RESUME, "resume")                                                                            \
    X(DRAIN_JOB, "drain-job")   /* shims of this job start nothing more, and leave */              \
    X(DRAIN_HOST, "drain-host") /* the same of those that work on this host now */                 \
    X(EXCLUDE, "exclude")       /* and of those that ever come to it, until it is included */      \
    X(INCLUDE, "include")                                                                          \
    X(CANCEL, "cancel")         /* tasks of a plan: stopped, and not tried again */                \
    X(RELEASE, "release")       /* a gate, by its name: it holds nothing back any more */
/* clang-format on */

enum order_kind {
#define X(name, text) ORDER_##name,
    ORDER_KINDS(X)
#undef X
        ORDER_NKINDS
};
const char *order_kind_name(enum order_kind k);

enum { ORDER_WHO_SIZE = 128 };

struct order_tasks {
    uint32_t first, n;
};

struct order {
    uint32_t number;
    enum order_kind kind;
    int64_t time_s;
    char who[ORDER_WHO_SIZE];
    char *of;      /* one line; "": nothing. From malloc, as is: */
    uint64_t plan; /* of cancel: its identity */
    struct order_tasks *tasks;
    uint32_t ntasks, cap;
};

/* Adds a task to those of a cancel; ascending. */
void order_add_task(struct order *o, uint32_t task);
/* Is it one of them? */
bool order_has_task(const struct order *o, uint32_t task);
void order_free(struct order *o);

/* Gives it: o->number is set, and it is on disk. Signs that could harm a terminal, or end a line,
 * become '?'. 0 or an errno value. */
int order_give(const char *state_dir, struct order *o);
/* Reads order `number`. 0; EINVAL: it is damaged, or not complete yet; or another errno value. */
int order_read(const char *state_dir, uint32_t number, struct order *o);
/* The numbers of all that come after `after`, ascending; *v from malloc. 0, also if there are none,
 * or an errno value. */
int orders_list(const char *state_dir, uint32_t after, uint32_t **v, uint32_t *n);

#endif
