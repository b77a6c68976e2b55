/* One scheduler: all of its rules that are about scripts. Each has a file that writes and one that
 * reads, which share nothing, so that a mistake in one of them shows. */
#ifndef CODEGEN_EMITTER_H
#define CODEGEN_EMITTER_H

#include "codegen/header.h"
#include "codegen/job.h"
#include "codegen/sh.h"

#include <stdint.h>

/* A script on its way: what is wanted in its head. The first thing that cannot be is in `why`, a
 * whole sentence; nothing is added after it. */
struct draft {
    const struct job *job;
    const struct emitter *emitter;
    struct header want;
    struct buf why;
};

struct emitter {
    const char *name;        /* of the scheduler, for people */
    const char *interpreter; /* of job.sh */
    /* Says what the head must hold, with draft_add and its like. */
    void (*want)(struct draft *d);
    /* One option as a line of the head. */
    void (*write)(struct sh *s, const struct header_option *o);
    /* What the scheduler takes from a script; false if it refuses it, with the reason in `why`.
     * What it ignores in silence is not in `h`. */
    bool (*read)(const char *script, size_t n, struct header *h, struct buf *why);
    /* The same for the text of one directive, without its prefix. */
    bool (*read_line)(const char *text, struct header *h, struct buf *why);
    const char *walltime;                     /* the name of that option */
    int64_t (*seconds)(const char *walltime); /* what it means there; -1: it is refused */
    /* The lines that set the variables `id` and `nnodes`; what they come from must be there only
     * within a job. `hostfile`: sets that variable, too; false: there is no such file. */
    void (*within)(struct sh *s);
    bool (*hosts)(struct sh *s);
    /* A line that tells the shims with USR2 of the end, and the signals that say it is near; NULL:
     * a job cannot be warned. */
    const char *forward;
    const char *warned_by;
    const char *ended_by; /* signals at the end, which reach the shims by themselves */
    /* The variable with the scheduler's name of a node, which its own launcher sets for each shim
     * (as it does the profile's launch.rank_var, which begins with the same word); NULL: the host's
     * name. */
    const char *node_var;
    /* what leads from within a job to the scheduler that has it, before a command; or NULL */
    const char *parent;
    const char *unset; /* variables that the scheduler presets and tasks must not see; or NULL */
};

/* NULL for SITE_LOCAL, where there is no batch system. */
const struct emitter *emitter_of(enum site_kind kind);

extern const struct emitter emitter_slurm, emitter_cobalt, emitter_pbs, emitter_lsf, emitter_flux;

/* --- saying what is wanted --- */

void draft_refuse(struct draft *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* fmt NULL: the option takes no value. */
void draft_add(struct draft *d, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Does the profile, in `forbid`, forbid this option? */
bool draft_forbids(const struct draft *d, const char *name);
/* Directives that the profile gives as text; `key` names them. What wflc decides is refused. */
void draft_raw(struct draft *d, const char *key, const struct site_texts *texts);
/* One text of the profile's, as options in `h`; what cannot be read is refused. */
void draft_parse(struct draft *d, const char *key, const char *text, struct header *h);

/* The name of the job in its script, by job_name_make. Appended to `out`. */
void job_name(const struct job *j, struct buf *out);
/* The path for the output of jobs: DIR/state/jobs/ and the profile's template, {id} replaced by
 * `id`; with every `special` character of the folder doubled (0: none). */
void job_output(const struct job *j, const char *id, char special, struct buf *out);
/* "HH:MM:00" */
void job_hms(const struct job *j, struct buf *out);
/* The tokens of file systems, with `separator` between; nothing if there are none. */
void job_tokens(const struct job *j, const char *separator, struct buf *out);
/* How many seconds before its end the job is to be warned: as the profile says, but not in the
 * first three quarters of its time. 0: not at all, also where the warning might come before its
 * middle. */
int64_t job_warning(const struct job *j);
/* May the scheduler start it again by itself? So it should where it stops jobs for others. */
bool job_requeue(const struct job *j);
/* Writes the lines that make the runtimes of its containers available. False: there are none. */
bool job_setup(const struct job *j, struct sh *s);
/* How the launcher is called, without its folder. */
const char *job_launcher(const struct job *j);

/* [[H]HH:]MM:SS and like forms: fields between colons, as numbers. Returns how many (0: it is none
 * of these), at most 4. */
unsigned clock_fields(const char *text, int64_t *field);

#endif
