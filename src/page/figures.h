/* What a report shows, counted: from the state of all tasks, and from all attempts at them, as
 * status, tasks and history read them. */
#ifndef PAGE_FIGURES_H
#define PAGE_FIGURES_H

#include "ask/facts.h"
#include "util/sketch.h"

enum { NREASONS = REASON_GONE + 1, FIGURES_BINS = 120, FIGURES_ROWS = 40, FIGURES_SLOWEST = 20 };

/* A part of the time in which something happened. */
struct figures_bin {
    uint32_t done, failed;    /* tasks that are so now, and became so then */
    uint32_t ended[NREASONS]; /* attempts */
    double busy_s;            /* of tasks, in it */
    /* bytes times seconds of attempts of which the memory is known, and whose process had one task
     */
    double planned, used;
    uint32_t nodes; /* with a task in it */
};

struct figures_family {
    uint32_t attempts, ended[NREASONS];
    double wall_s, longest_s, most_bytes;
    /* of attempts that ended well: in parts of what is stated; times in seconds if nothing is */
    struct sketch time, memory;
    bool absolute;                /* times are in seconds */
    double least_time, most_time; /* that are stated, seconds; 0: none */
    double least_bytes, most_bytes_stated;
};

struct figures_host {
    uint32_t holder; /* of its name: facts_host */
    uint32_t attempts, good;
    uint32_t row; /* in figures.row_s */
    double busy_s, first_s, last_s;
};

struct figures {
    struct facts facts;
    struct figures_earlier {
        uint32_t task;
        struct fact fact;
    } * earlier; /* attempts that were not the last ones of their tasks */
    size_t nearlier, cap_earlier;
    uint64_t nattempts, nended[NREASONS];
    double first_s, step_s; /* of the bins; seconds since 1970 */
    unsigned nbins;         /* 0: nothing has happened */
    struct figures_bin *bin;
    struct figures_family *family; /* of each */
    struct figures_host *host;     /* by name */
    uint32_t nhosts, *host_of;     /* of each holder */
    /* Busy seconds of rows of hosts, neighbours together if there are too many: nrows * nbins. */
    unsigned nrows;
    double *row_s;
    struct figures_slow {
        uint32_t task;
        double ran_s;
    } slowest[FIGURES_SLOWEST]; /* tasks by their last attempts, the slowest first */
    unsigned nslowest;
};

/* Of the build in a folder; false, and a whole sentence in `why`: it cannot be read. Free in any
 * case. */
bool figures_read(const char *dir, int64_t now_us, struct figures *f, struct buf *why);
void figures_free(struct figures *f);

/* Every attempt: that of a task that runs, too, and those of which nobody knows the end; and what
 * is on record of tasks though nothing was tried, of which `attempt` is 0. */
void figures_each(const struct figures *f,
    void (*each)(void *arg, uint32_t task, const struct fact *a), void *arg);
/* Does the attempt still run? */
bool figures_runs(const struct figures *f, uint32_t task, const struct fact *a);
/* Hosts of a row; the first one and how many. */
uint32_t figures_row(const struct figures *f, unsigned row, uint32_t *n);

#endif
