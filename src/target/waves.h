/* How much of the nodes of jobs the work can use: arithmetic, for choosing jobs.
 *
 * A node of a job has U seconds for tasks. What runs on it is thought of as lanes, from one task to
 * the next, that are as wide as the part of a node that these take; a lane is filled with the
 * longest tasks that there are, as often as they fit, then with the next shorter ones that fit into
 * what is left, and so on, and is idle for the rest. As many lanes are filled alike as there are
 * tasks for; the next ones with what is left then. The widths of all lanes together are the nodes
 * that the work needs in jobs like that: `waves_nodes`. Tasks of one length t make it exact:
 * floor(U / t) waves of them. Times are those that are expected, and nobody waits for others. */
#ifndef TARGET_WAVES_H
#define TARGET_WAVES_H

#include "target/work.h"

/* The nodes of jobs that the work needs, if each has `use` seconds for tasks, and all take `longer`
 * times what is expected; as full as bundles can be packed, if they were (w->packed). INFINITY: the
 * longest task does not fit. */
double waves_nodes(const struct work *w, double use, double longer);

/* What becomes of the node-seconds of jobs. The sum of all is what they are charged for. */
struct waste {
    double used;    /* expected times of tasks, of the part of a node that they take */
    double start;   /* until the shims are there */
    double room;    /* of nodes that no further task fits on */
    double ends;    /* too short for another task, kept back to end, or left for tasks that take
                       longer */
    double tail;    /* of nodes for which nothing is left to do */
    double charged; /* not asked for: what the site adds */
};

#endif
