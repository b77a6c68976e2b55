/* What tasks ask for, against what a node and a job of a site have. The checker asks this of what
 * is constant, the planner of what is not. */
#ifndef MODEL_DEMAND_H
#define MODEL_DEMAND_H

#include "model/model.h"
#include "sched/job_time.h"

enum demand_of {
    DEMAND_MEMORY,
    DEMAND_CORES,
    DEMAND_GPUS,
    DEMAND_NODES,
    DEMAND_TIME,
    DEMAND_LIMIT
};

struct demand {
    enum demand_of of;
    double value; /* bytes, a number, or seconds */
    struct span at;
    const char *label; /* the task of the family that asks for most; NULL: all ask for so much */
    double time; /* of DEMAND_LIMIT: the longest time expected, of which is told already; or 0 */
    const double *term; /* of DEMAND_MEMORY, the sizes of the family's terms; or NULL */
};

/* Queues a message for each site (struct site, judged) that has less. */
void demand_check(const struct model *m, const struct family *f, const struct demand *d);
/* Could a task ask for more than a site has? */
bool demand_judged(const struct model *m, const struct family *f);
/* The constant ones of a family. */
void demand_check_constants(const struct model *m, const struct family *f);

/* The nodes that a job of the site may have in queue `q`: least > most if there is no such job. */
void site_nodes(const struct site *s, const struct site_queue *q, int64_t *least, int64_t *most);
/* Names a queue, other than the site's own, whose jobs of so many nodes and more may take so long;
 * false if there is none. */
bool help_longer_queue(struct diag *m, const struct site *s, int64_t nodes, double seconds);
/* What of a job's time a profile keeps back. */
struct job_kept site_kept(const struct site_profile *p);
/* Queues a message if no job of the site has any time for tasks: true. */
bool demand_no_time(struct diags *d, const struct site *s);
/* Appends "47 h 55 min": hours as walltimes have them, up to the second. */
void demand_time(struct buf *out, double seconds);

#endif
