/* What a campaign states of memory and time, held against what its record says: what it should
 * state, how sure that is, and whether the form of it is right (`wflc calibrate`).
 *
 * Of memory it is what 95 of 100 processes stay within, and a tenth more; of times, which are what
 * is expected, what half of the attempts do not exceed. */
#ifndef CALIBRATE_CALIBRATE_H
#define CALIBRATE_CALIBRATE_H

#include "calibrate/depend.h"
#include "calibrate/fit.h"
#include "calibrate/processes.h"
#include "diag/diag.h"
#include "model/model.h"
#include "state/status.h"

enum { CALIBRATE_ENOUGH = 20 }; /* of a family that were seen to their end */
#define CALIBRATE_SPARE 1.1     /* of memory */

/* What can be said of a family. */
enum calibrate_answer {
    CALIBRATE_FEW,    /* too few were seen to their end */
    CALIBRATE_CUT,    /* too many were cut short: it is `most` at least */
    CALIBRATE_FACTOR, /* all that is stated, times `most.value` (memory) or `half.value` (time) */
    CALIBRATE_TERMS,  /* memory: terms that a process uses once, and those of its tasks */
    CALIBRATE_NONE,   /* memory of whole nodes: it is not looked at */
};

/* On what else it depends. */
struct calibrate_on {
    bool any;
    uint32_t var, column; /* of the plan; PLAN_NONE: on how many tasks the process has */
    bool groups;          /* else it rises or falls with the number */
    struct depend of;
    uint32_t low_task, high_task; /* that have the values of of.low, of.high */
    double low_x, high_x;         /* !groups: the least and the largest number */
};

struct calibrated {
    enum calibrate_answer answer;
    bool stated;   /* by the campaign; else memory is the default, and time a second */
    bool constant; /* the same of all, `unit`: bytes, seconds */
    double unit;
    size_t ended, open;
    struct fit_ratio half,
        most;               /* that 50, 95 of 100 do not exceed, in the ratio to what is stated */
    struct fit_terms terms; /* bytes of `once` are those of CALIBRATE_UNIT, if nothing is stated */
    bool unstated_once;     /* the campaign has no terms that a process uses once */
    struct calibrate_on on;
};
#define CALIBRATE_UNIT 1e9

struct calibration {
    const struct status *status; /* borrowed */
    struct measured *measured;   /* of each family, as are: */
    struct calibrated *memory, *time;
    uint32_t *least_tasks, *most_tasks; /* of its processes; 0: there are none */
};

/* 0 or errno: the journals cannot be read. Free with calibration_free in any case. */
int calibration_make(struct calibration *c, const struct status *s);
void calibration_free(struct calibration *c);

/* The campaign as it is written, of which lines are made; NULL: it is not at hand. */
struct calibrate_source {
    const struct model *model;
    const struct diags *diags;
    const struct plan *plan; /* its draft */
};
/* Has the model state what the lines would. False: there are none. */
bool calibration_apply(const struct calibration *c, const struct calibrate_source *s,
    struct model *m);
/* Lines to paste, and comments that tell of them; or an object of JSON. */
void calibration_text(const struct calibration *c, const struct calibrate_source *s,
    struct buf *out);
/* `plan`: JSON of what it would change, "null": nothing is known of that */
void calibration_json(const struct calibration *c, const struct calibrate_source *s,
    const char *plan, struct buf *out);

/* --- private to src/calibrate: lines.c --- */
/* The line for a family's memory, or its time, without its indentation; nothing: there is none,
 * and `why` becomes the reason. `error` becomes what is not sure of it, "± 0.1, 0.3 GB". */
void calibrate_memory_line(const struct calibration *c, const struct calibrate_source *s,
    uint32_t family, struct buf *line, struct buf *error, struct buf *why);
void calibrate_time_line(const struct calibration *c, const struct calibrate_source *s,
    uint32_t family, struct buf *line, struct buf *error, struct buf *why);
/* "2.31 GB", "9.4 h", as campaigns write them. */
void calibrate_bytes(double bytes, bool binary, struct buf *out);
void calibrate_seconds(double seconds, struct buf *out);
/* The family as it is written, if it is as it was built; else NULL, and `why` becomes the reason.
 */
const struct family *calibrate_written(const struct calibration *c,
    const struct calibrate_source *s, uint32_t family, struct buf *why);
/* What sizes of memory are multiplied with; false: it is not known. */
bool calibrate_factors(const struct calibrated *memory, struct fit_ratio *once,
    struct fit_ratio *each);
/* The name of what it depends on, "v.band". */
void calibrate_on_name(const struct plan *p, const struct calibrate_on *on, struct buf *out);

#endif
