/* The checked campaign: what the planner works from. Everything lives in the model's arena. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "diag/diag.h"
#include "model/expr.h"
#include "model/sky_use.h"
#include "table/table.h"
#include "plan/plan.h"
#include "site/profile.h"
#include "util/arena.h"
#include "util/strpool.h"

/* A region that the campaign gives a name. */
struct named_region {
    const char *name;
    const struct sky_region *region;
};

/* A variable of a task, bound to the rows of a table. */
struct var {
    const char *name;
    struct span at;
    const struct table *table;
};

struct check_spec {
    enum plan_check_kind kind;
    enum plan_compare op;  /* CHECK_SIZE */
    enum plan_shell shell; /* CHECK_COMMAND */
    struct expr *value;    /* CHECK_SIZE: bytes; CHECK_COMMAND: text */
};

/* `when failed > 1 % of draw run "..."` */
struct hook {
    enum plan_when when;
    double above;
    bool percent;
    const struct family *family; /* NULL: all of them */
    const char *command;
    enum plan_shell shell;
    struct span at;
};

/* `gate "inspect the first hundred" after 100 of draw` */
struct gate {
    const char *name;
    const struct family *family;
    uint32_t after;
    struct span at;
};

/* An input, an output or a checkpoint. */
struct file_spec {
    const char *name; /* "" if it has none */
    struct span at;
    struct expr *path;
    bool optional;
    bool waits; /* of an input: its task waits until it is there */
    /* named outputs: `run` or `env` names it, so it is written under a temporary name */
    bool used;
    bool asked; /* another task names it */
    unsigned nchecks;
    struct check_spec *check;
};

struct need {
    struct family *producer;
    struct span at;
    const struct table *via; /* natural join through this table; or NULL */
    /* NULL (and no via): variables of one name agree. Else a condition over the consumer's
     * variables, and the producer's, which are numbered after them. */
    struct expr *where;
};

struct argument {
    struct expr *text;
    bool list; /* many arguments, each with a NUL behind it */
};

struct environment {
    const char *name;
    struct span at;
    struct expr *value;
};

struct container {
    const char *name;
    struct span at; /* of its name */
    const char *image;
    unsigned nbinds, nenvs;
    struct bind { /* a folder of the host, and where it is seen inside */
        const char *path, *inside;
    } * bind;
    struct environment *env;
};

/* What a campaign checks itself: `error "..." when c`. */
struct message {
    struct span at;
    enum severity severity;
    struct expr *when, *text; /* over the task's rows */
};

/* A site of the campaign. What it does not say, its profile says. */
struct site {
    const char *name;
    struct span at;
    const char *profile_name;
    struct span profile_at, queue_at, nodes_at, walltime_at;
    const char *account, *queue_name; /* NULL: not said */
    unsigned nparams;                 /* parameters of the campaign that have another value here */
    int64_t nodes_min, nodes_max;     /* 0: not said */
    double walltime;                  /* seconds; the longest of a range; 0: not said */
    double walltime_min;              /* the shortest of a range; 0: there is none */
    const struct site_profile *profile; /* NULL after an error */
    /* that is named, or the profile's default; NULL: none is known */
    const struct site_queue *queue;
    bool judged; /* tasks must fit: it is a site that this model is for, and it is known */
};

/* A term of a memory model. */
struct memory_term {
    const char *name;
    struct expr *size;
    bool shared; /* the tasks of a bundle use it once */
};

struct family {
    const char *name;
    struct span at; /* of its name */
    unsigned index; /* in the order of declaration */
    unsigned nvars, nneeds, nargs, nenvs, ninputs, noutputs, ncheckpoints, norder, nmessages;
    struct var *var;
    struct expr *where; /* NULL: all combinations */
    bool by_param;      /* it asks for a parameter, so that there may be no tasks */
    struct need *need;
    struct expr **order; /* `order by`: the tasks are numbered by these */
    struct expr *learn;  /* a text: their times are learned apart where it differs; NULL: nowhere */
    bool learn_memory;   /* what they use less than is said is used for more of them */
    struct message *message;
    struct expr *memory, *shared, *cores, *gpus, *time, *limit, *priority; /* NULL: the default */
    unsigned nterms; /* of `memory`, whose sum it is; 0: it is given as one size */
    struct memory_term *term;
    int64_t nodes; /* whole ones; 0: a share of one */
    struct span nodes_at;
    unsigned runs_on; /* enum plan_where */
    uint32_t bundle;  /* bit i: tasks that agree in variable i may share a process */
    const struct container *container;
    int64_t retries;
    double retry_memory;                    /* factor; 0: none */
    uint32_t retry_unless[8], retry_oom[8]; /* as in the plan */
    int signal;                             /* 0: none */
    double signal_s;
    uint32_t stop_after;
    enum plan_shell shell; /* NONE: an argument list */
    enum plan_sync sync;
    bool unbound; /* its processes share the processors with others */
    bool whole;   /* tasks of a bundle are done when its process ends, and not before */
    bool moves;   /* its command may work in another folder than that where it starts */
    struct argument *arg;
    struct expr *feed; /* the line that a process of a bundle is told of a task by; NULL: none */
    struct span feed_at;
    struct expr *remaining;          /* seconds left by a checkpoint; NULL: not known; */
    enum plan_shell remaining_shell; /* or (not NONE) a text: the command that tells them */
    struct environment *env;
    struct file_spec *input, *output, *checkpoint;
};

/* Files whose content matters to tasks of a family, or (NULL) of all; a pattern of the shell. */
struct used_pattern {
    const char *pattern;
    const struct family *family;
    struct span at;
    struct used_pattern *next;
};

/* The machine at hand, as `wflc run` finds it; 0: not known, or no matter. */
struct here {
    uint64_t memory; /* bytes for tasks */
    uint32_t cores;
    /* the campaign is about to run on it: what does not fit is an error; else a warning */
    bool runs;
    bool some; /* only some of its tasks are: what does not fit is found when these are known */
};

struct model {
    struct arena arena;
    struct strpool strings; /* of the tables */
    struct sky_uses sky;
    struct diags *diags;
    const char *campaign; /* "" if the file has none (an error) */
    const char *source;   /* the .wfl as it was named */
    uint32_t umask;       /* what others may not; PLAN_NONE: as who makes files has it */
    struct span umask_at;
    const char *site;  /* that this model is for */
    const char *build; /* the folder that is built into; NULL: not known */
    unsigned ntables, nfamilies, nsites, nprofiles, nregions, nhooks, ngates;
    struct hook *hook;
    struct gate *gate;
    struct table **table;
    struct family **family;
    struct family **planned; /* the same in the order of the plan; NULL before it is planned */
    struct site *sites;
    struct here here; /* all 0 unless tasks are to fit it */
    struct named_region *region;
    struct used_pattern *uses;     /* as they were read; NULL: none */
    struct site_profile **profile; /* those of the sites, each once */
};

void model_free(struct model *m);

/* The text of wflc --dump-model. */
void model_dump(const struct model *m, struct buf *out);

#endif
