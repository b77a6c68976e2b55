/* The plan file, campaign.wflp: what the compiler decided, for wfl-shim and for status. This
 * header is the format: little-endian, used as it is read, every offset checked before it is used.
 * The same is told byte by byte in wfl-plan(5). libc only.
 *
 * A head, a directory of sections, the sections (each at a multiple of 8, zero padding between).
 * Same input, same bytes: no times, no absolute paths of the build. */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include "util/buf.h"
#include "util/hash.h"
#include "util/relation.h"
#include "vm/vm.h"

#include <stdbool.h>
#include <stdint.h>

#define PLAN_FILE "campaign.wflp" /* in the folder of a build */
#define PLAN_MAGIC "WFLPLAN"
#define PLAN_VERSION 8
#define PLAN_NONE UINT32_MAX
#define PLAN_MOST_TASKS 250000000 /* of a plan: what works on it keeps some bytes for each */
#define PLAN_MOST_CORES 65536     /* of a node */
#define PLAN_MOST_GPUS 4096

enum plan_section {
    PLAN_STRING_OFFSETS,  /* uint32_t[nstr + 1] into PLAN_STRING_BYTES */
    PLAN_STRING_BYTES,    /* each string with a NUL behind it */
    PLAN_TABLES,          /* struct plan_table */
    PLAN_COLUMNS,         /* struct plan_column */
    PLAN_VARS,            /* struct plan_var, grouped by family */
    PLAN_FAMILIES,        /* struct plan_family, in the order of their first task */
    PLAN_ARGS,            /* struct plan_arg: the words of `run`, grouped by family */
    PLAN_ENVS,            /* struct plan_env */
    PLAN_FILES,           /* struct plan_file: inputs, outputs, checkpoints */
    PLAN_CHECKS,          /* struct plan_check, grouped by file */
    PLAN_NEEDS,           /* struct plan_need, grouped by consumer */
    PLAN_CODE,            /* bytes */
    PLAN_CONTAINERS,      /* struct plan_container */
    PLAN_BINDS,           /* struct plan_bind, grouped by container */
    PLAN_WORDS,           /* struct plan_word, grouped by container */
    PLAN_CONTAINER_TEXTS, /* what a site makes of the containers, each text with a NUL behind it */
    PLAN_SHARDS,          /* struct plan_shard; none: all tasks are one shard */
    PLAN_RUNS,            /* struct plan_range, grouped by shard */
    PLAN_GATES,           /* struct plan_gate */
    PLAN_DATA,            /* columns, instances, groups */
    /* What people call things, and where they stand in the campaign. The last ones, and outside of
     * the plan's identity: renaming a variable or adding a line changes nothing else. */
    /* struct plan_place, in the order of enum plan_place_of, and behind them struct plan_use */
    PLAN_PLACES,
    PLAN_PLACE_NAMES, /* their texts, each with a NUL behind it */
    PLAN_HOOKS,       /* struct plan_hook: likewise no part of what is planned */
    PLAN_NSECTIONS
};

/* One for the campaign's file, then one for each table, column, variable, family, file. */
enum plan_place_of {
    PLACE_SOURCE, /* name: the .wfl as it was named */
    PLACE_TABLE,
    PLACE_COLUMN,
    PLACE_VAR,
    PLACE_FAMILY, /* name: of the .wfl that declares it */
    PLACE_FILE,   /* name: as the family's */
    PLACE_KINDS
};

struct plan_place {
    uint32_t name;         /* offset in PLAN_PLACE_NAMES */
    uint32_t line, column; /* from 1; 0: none */
};

/* Files whose content matters, though no command names them: those that fit a pattern. */
struct plan_use {
    uint32_t pattern; /* of the shell, as glob(3) has it: offset in PLAN_PLACE_NAMES */
    uint32_t family;  /* whose tasks use them; PLAN_NONE: all do */
    uint32_t line;    /* where that is said, from 1 */
};
_Static_assert(sizeof(struct plan_use) == sizeof(struct plan_place), "they share a section");

struct plan_head {
    char magic[8]; /* PLAN_MAGIC and a NUL */
    uint32_t version;
    uint32_t nsections;
    uint64_t size;     /* of the whole file */
    uint64_t hash;     /* plan_hash of the file: its checksum */
    uint64_t identity; /* hash64 of the sections before PLAN_PLACES as they stand, seeded with that
                      of campaign and ntasks as u64: of what is planned, whatever it is called and
                      wherever it runs. Records of what happened refer to it */
    uint32_t campaign; /* string id: its name */
    uint32_t site;     /* its name: an offset in PLAN_PLACE_NAMES */
    uint32_t ntasks;   /* PLAN_MOST_TASKS or less; the limits below likewise */
    uint32_t cores;    /* that tasks of a node may use together; 0: asked when the shim starts */
    uint64_t memory;   /* bytes they may use together; 0: 90 % of the node's */
    uint32_t gpus;     /* of a node; PLAN_NONE: asked */
    uint32_t njobs;    /* batch jobs that were planned; 0: the site has no batch system */
    uint32_t job_nodes, job_seconds; /* of each: nodes, walltime */
    uint32_t umask; /* of shims and tasks, at most 077; PLAN_NONE: that of who starts them */
    /* what the campaign allows for each: for who asks for further ones; 0: it says nothing */
    uint32_t least_nodes, most_nodes, least_seconds, most_seconds;
    uint32_t pad;
    struct {
        uint64_t offset, size;
    } section[PLAN_NSECTIONS];
};

/* A code in PLAN_CODE; size 0: absent, the default holds. */
struct plan_code {
    uint32_t offset, size;
};

struct plan_table {
    uint32_t nrows, first_column, ncolumns;
    uint32_t label; /* people tell rows apart by the first `label` columns; 0: by their numbers */
};

struct plan_column {
    uint8_t type; /* enum vm_column_type */
    uint8_t pad[7];
    uint64_t data;       /* offset in PLAN_DATA of nrows cells (8, 8, 4, 1 bytes); UINT64_MAX: */
    int64_t first, step; /* the progression */
};

struct plan_var {
    uint32_t table;
};

enum plan_instances {
    PLAN_PRODUCT, /* all combinations of rows, the last variable fastest */
    PLAN_ROWS,    /* stored: uint32_t[ntasks][nvars] in PLAN_DATA */
};

enum plan_where {   /* `runs_on` */
    PLAN_ON_NODE,   /* any node of a job */
    PLAN_ON_HEAD,   /* the first node of a job */
    PLAN_ON_SUBMIT, /* the host that submits jobs */
};

/* What runs a script, and how. */
/* clang-format off */
#define PLAN_SHELLS(X)                                                                             \
    X(NONE, "")                        /* there is none, but an argument list */                   \
    X(SH, "/bin/sh")                                                                               \
    X(SH_E, "/bin/sh -e")              /* a block: it ends at the first command that fails */      \
    X(BASH, "/bin/bash -o pipefail")                                                               \
    X(BASH_E, "/bin/bash -e -o pipefail")
/* clang-format on */
enum plan_shell {
#define X(id, words) PLAN_SHELL_##id,
    PLAN_SHELLS(X)
#undef X
        PLAN_NSHELLS
};

/* When a task whose outputs are good counts as done. */
#define PLAN_SYNCS(X)                                                                              \
    X(FIRST, "first") /* when they are on the disk */                                              \
    X(LATER, "later") /* at once; they are put on the disk in the background */                    \
    X(NEVER, "never") /* at once; that is left to the system */
enum plan_sync {
#define X(id, name) PLAN_SYNC_##id,
    PLAN_SYNCS(X)
#undef X
        PLAN_NSYNCS
};
extern const char *const plan_sync_name[PLAN_NSYNCS];
enum plan_sync plan_sync_named(const char *name); /* PLAN_NSYNCS: none is */

enum plan_family_flags {
    PLAN_UNBOUND = 1,      /* its processes share the processors with others (affinity off) */
    PLAN_LEARN_MEMORY = 2, /* measured memory that is less than `memory` may be counted on */
    PLAN_WHOLE = 4,        /* tasks of a bundle are done when its process ends, and not before */
};

struct plan_family {
    uint32_t name;
    uint32_t first_task, ntasks; /* its tasks are first_task .. first_task + ntasks - 1 */
    uint32_t first_var, nvars;
    uint32_t instances; /* enum plan_instances */
    uint64_t rows;      /* PLAN_ROWS: offset in PLAN_DATA */
    /* evaluated for each task; real unless said */
    struct plan_code memory; /* bytes of a task that runs by itself; default: 1 GB */
    /* the part of `memory` that the tasks of a bundle use once; default: 0 */
    struct plan_code shared;
    struct plan_code cores;    /* int, 1 or more; default: 1 */
    struct plan_code gpus;     /* int; default: 0 */
    struct plan_code time;     /* seconds expected; default: unknown (0) */
    struct plan_code limit;    /* seconds; default: none */
    struct plan_code priority; /* int, higher first; default: 0 */
    uint32_t constant;         /* 1: none of these refers to a variable or a need */
    uint32_t nodes;            /* 0: a share of a node, as the costs say; n: n whole nodes */
    uint32_t runs_on;          /* enum plan_where */
    /* Bit v: tasks whose rows of variable v are equal may be given to one process together, if that
     * holds for all bits that are set. 0: every task has a process of its own. */
    uint32_t bundle;
    uint32_t container; /* index in PLAN_CONTAINERS, + 1; 0: none */
    uint32_t retries;
    /* after an attempt that ran out of memory: times this; 0: as before */
    double retry_memory;
    uint32_t retry_unless[8]; /* bit c % 32 of word c / 32: exit code c is not tried again */
    uint32_t retry_oom[8];    /* and these mean out of memory; signal s is as 128 + s */
    uint32_t signal;          /* sent `signal_s` seconds before the end of the job; 0: none */
    uint32_t signal_s;
    uint32_t stop_after; /* so many tasks that failed for good stop the campaign; 0: never */
    uint32_t shell;      /* enum plan_shell; not NONE: one argument, its script */
    uint32_t sync;       /* enum plan_sync */
    uint32_t flags;      /* bits of enum plan_family_flags */
    uint32_t first_arg, nargs;
    uint32_t first_env, nenvs;
    uint32_t first_input, ninputs; /* in PLAN_FILES */
    uint32_t first_output, noutputs;
    uint32_t first_checkpoint, ncheckpoints;
    uint32_t first_need, nneeds;
    /* string: the line on its standard input that tells a process of a bundle of a task; absent:
     * its command tells of all of them. Only with `bundle`, an output that is not
     * optional, without GPUs and PLAN_WHOLE */
    struct plan_code feed;
    /* string: times of tasks are learned together where it is equal; absent: of all of them */
    struct plan_code learn;
    /* seconds of work that are left of a task with a checkpoint: real; or string, the script of a
     * shell that prints them, $1 is the checkpoint; absent: not known */
    struct plan_code remaining;
    uint32_t remaining_shell; /* enum plan_shell; NONE: it is a number */
    uint32_t pad;
};

struct plan_arg {
    struct plan_code code; /* string */
    uint32_t list;         /* 1: NUL-terminated words, each an argument of its own */
    uint32_t pad;
};

struct plan_env {
    uint32_t name;
    uint32_t pad;
    struct plan_code value; /* string */
};

/* How containers are started, with the program that does it. */
#define PLAN_RUNTIMES(X)                                                                           \
    X(UNDECIDED, "undecided", "") /* the plan is for no site yet: they cannot be started */        \
    X(DIRECT, "none", "")         /* there are none: commands are run as they are */               \
    X(SHIFTER, "shifter", "shifter")                                                               \
    X(SINGULARITY, "singularity", "singularity")                                                   \
    X(APPTAINER, "apptainer", "apptainer")                                                         \
    X(PODMAN_HPC, "podman-hpc", "podman-hpc")                                                      \
    X(CHARLIECLOUD, "charliecloud", "ch-run")                                                      \
    X(DOCKER, "docker", "docker")                                                                  \
    X(PODMAN, "podman", "podman")
enum plan_runtime {
#define X(id, name, program) PLAN_RUNTIME_##id,
    PLAN_RUNTIMES(X)
#undef X
        PLAN_NRUNTIMES
};

enum plan_image {
    PLAN_IMAGE_NAME, /* of a registry, or as the runtime itself keeps images */
    PLAN_IMAGE_SIF,
    PLAN_IMAGE_DIR,
    PLAN_IMAGE_SQUASHFS,
    PLAN_NIMAGES
};

enum plan_copy { PLAN_COPY_NONE, PLAN_COPY_DISK, PLAN_COPY_RAM, PLAN_NCOPIES };

/* What the campaign says of a container, and what the site makes of it. Texts are offsets in
 * PLAN_CONTAINER_TEXTS; 0: none. */
struct plan_container {
    uint32_t name, image; /* string ids */
    uint32_t first_bind, nbinds;
    uint32_t runtime;   /* enum plan_runtime */
    uint32_t form;      /* enum plan_image: what `source` is */
    uint32_t source;    /* text: a path or a name, as the runtime is told */
    uint32_t prepared;  /* 1: prepare.sh makes it; a relative path starts at the folder of the plan,
                           and  otherwise where the tasks' do */
    uint32_t directive; /* 1: one in the head of the job's script starts it on each node */
    uint32_t digest;    /* text: "sha256:" and 64 digits; none: not known when the plan was made */
    uint32_t copy;     /* enum plan_copy: each node keeps one of the file; RAM: out of its memory */
    uint32_t copy_dir; /* text: there; variables as in $USER are the node's */
    uint32_t env_prefix; /* text: the task's own variables are given to the runtime under names that
                            begin with this; none: as words */
    uint32_t first_word, nwords; /* that stand before the command, the runtime's program first */
};

struct plan_bind {
    uint32_t path;   /* string id: a folder of the host */
    uint32_t inside; /* string id: where it is seen */
};

/* Each begins with its text. */
#define PLAN_WORD_KINDS(X)                                                                         \
    X(TEXT, "")             /* and is nothing more */                                              \
    X(IMAGE, "IMAGE")       /* the image, or the node's copy of it */                              \
    X(IMAGE_ENV, "IF-ENV")  /* left out, if a folder is the image and has no ch/environment */     \
    X(FOLDER, "WORK")       /* the working folder */                                               \
    X(FOLDERS, "WORK:WORK") /* one for the working folder, one for state/: FOLDER:FOLDER */        \
    X(OWN_ENV, "OWN=VALUE") /* one for each variable of the task's own */                          \
    X(ALL_ENV, "ENV=VALUE") /* and for those that the shim sets */                                 \
    X(NAME, "NAME")         /* a name for the container, by which it can be killed */              \
    X(USER, "UID:GID")      /* who runs the shim */                                                \
    X(NOT_ROOT, "NOT-ROOT") /* the text, unless that is root */
enum plan_word_kind {
#define X(id, name) PLAN_WORD_##id,
    PLAN_WORD_KINDS(X)
#undef X
        PLAN_NWORD_KINDS
};

struct plan_word {
    uint32_t kind; /* enum plan_word_kind */
    uint32_t text;
};

/* What a shim leases at a time: tasks of any families. Shards are numbered so that none needs tasks
 * of a later one. */
struct plan_shard {
    uint32_t first_run, nruns; /* one or more */
    uint32_t ntasks;           /* of all of its runs */
};

/* Tasks one after the other. Each task is in one run; within a shard they ascend. */
struct plan_range {
    uint32_t first_task, ntasks; /* one or more */
};

struct plan_file {
    uint32_t name; /* string id; 0: not named. A named output is written under a temporary name */
    uint32_t optional;     /* 1: an output that may be missing, an input that is waited for */
    struct plan_code path; /* string */
    uint32_t first_check, nchecks;
};

enum plan_check_kind {
    CHECK_EXISTS, /* a regular file, or a folder */
    CHECK_NONEMPTY,
    CHECK_SIZE, /* compare the size in bytes with value by op */
    CHECK_FITS,
    CHECK_GZIP,
    CHECK_COMMAND, /* code: a shell command; $1 is the file; exit 0 is good */
};
enum plan_compare { CMP_LT, CMP_LE, CMP_EQ, CMP_NE, CMP_GE, CMP_GT };
bool plan_compares(enum plan_compare op, double a, double b);

struct plan_check {
    uint32_t kind, op;     /* SIZE: enum plan_compare; COMMAND: enum plan_shell */
    struct plan_code code; /* SIZE: real, bytes. COMMAND: string */
};

enum plan_need_kind {
    PLAN_GROUPS, /* stored groups */
    PLAN_SHARED, /* both families are full products, and some variables must agree */
};

/* A family needs another one. Consumers that need the same producers share a group.
 * PLAN_GROUPS: group_of: uint32_t[consumer's ntasks], a group or PLAN_NONE (nothing is needed).
 * start: uint32_t[ngroups + 1] into members; members: producers' numbers in their family. Each of
 * the three that would be 0, 1, 2 ... is not stored, its offset is UINT64_MAX.
 * PLAN_SHARED: members: uint32_t[nmembers][2], each a variable of the consumer and one of the
 * producer that run over the same table and must agree. The group's number is that of the
 * combination of their rows, the last pair fastest. */
struct plan_need {
    uint32_t producer; /* family */
    uint32_t ngroups;
    uint32_t nmembers;
    uint32_t kind;                     /* enum plan_need_kind */
    uint64_t group_of, start, members; /* offsets in PLAN_DATA */
};

/* Tasks of a family after the first so many, in the order of the plan, are not started until people
 * release the gate. */
struct plan_gate {
    uint32_t name; /* string */
    uint32_t family;
    uint32_t after; /* 1 .. ntasks - 1 of the family */
    uint32_t zero;
};

/* When a hook is run, once. */
#define PLAN_WHENS(X)                                                                              \
    X(FAILED, "failed") /* more than `above` tasks failed for good */                              \
    X(ENDED, "ended")   /* all tasks are done, failed, or cannot start */
enum plan_when {
#define X(id, name) PLAN_WHEN_##id,
    PLAN_WHENS(X)
#undef X
        PLAN_NWHENS
};

struct plan_hook {
    double above;     /* FAILED: more than so many, */
    uint32_t percent; /* 1: of 100; else 0 */
    uint32_t when;    /* enum plan_when */
    uint32_t family;  /* of whose tasks; PLAN_NONE: of all */
    uint32_t shell;   /* enum plan_shell */
    uint32_t command; /* offsets in PLAN_PLACE_NAMES; */
    uint32_t file;    /* the .wfl, and where it says so */
    uint32_t line, column;
};

/* --- reading --- */

/* Of everything but the head's `hash` itself: hash64 of what is behind it, seeded with the hash64
 * of what is before it. */
uint64_t plan_hash(const uint8_t *bytes, uint64_t n);

/* An open plan: pointers into the file's bytes, counts beside them. Tasks are numbered
 * 0 .. ntasks-1 through all families; families, needs ... by their index in the section. */
struct plan {
    const uint8_t *base;
    uint64_t size;
    const struct plan_head *head;
    const struct plan_table *table;
    const struct plan_column *column;
    const struct plan_var *var;
    const struct plan_family *family;
    const struct plan_arg *arg;
    const struct plan_env *env;
    const struct plan_file *file;
    const struct plan_check *check;
    const struct plan_need *need;
    const struct plan_container *container;
    const struct plan_bind *bind;
    const struct plan_word *word;
    const char *container_text;
    const struct plan_shard *shard;
    const struct plan_range *run;
    /* If there are shards, in the order of their tasks: the runs, and the shard of each; and of
     * each 2^task_shift tasks, the number there of the run with the first of them. Owned */
    uint32_t *run_by_task, *shard_by_task, *guide;
    unsigned task_shift;
    const struct plan_place *place[PLACE_KINDS];
    const struct plan_use *use;
    const char *place_name;
    const struct plan_gate *gate;
    const struct plan_hook *hook;
    uint32_t ngates, nhooks;
    struct relation *relation; /* of each need; owned */
    const uint8_t *code, *data;
    uint64_t code_size, data_size;
    uint32_t ntables, ncolumns, nvars, nfamilies, nargs, nenvs, nfiles, nchecks, nneeds;
    uint32_t ncontainers, nbinds, nwords, nuses;
    uint32_t nshards; /* 1 or more: without PLAN_SHARDS, shard 0 is all */
    uint32_t nruns;
    struct vm_data vm;
    struct vm_column *vm_column; /* owned */
    uint8_t *owned;              /* the bytes, if plan_open read them; else NULL */
};

/* Reads `path` and checks everything that later use relies on: checksum, version, bounds of all
 * arrays, all codes, row numbers, string ids. On failure returns NULL and a whole sentence in
 * `why` ("campaign.wflp: ..."). */
struct plan *plan_open(const char *path, struct buf *why);
/* The same over bytes in memory, which are borrowed (8-byte aligned). */
struct plan *plan_from_bytes(const void *p, uint64_t n, const char *name, struct buf *why);
void plan_close(struct plan *p);

/* Does what it gives depend on the task? */
static inline bool
plan_varies(const struct plan *p, struct plan_code c)
{
    return c.size && vm_varies(p->code + c.offset, c.size);
}

const char *plan_string(const struct plan *p, uint32_t id); /* borrowed, NUL-terminated */
/* How the campaign names table, column, variable `i`, or the file that declares family or file `i`
 * (PLACE_SOURCE: the campaign itself). Borrowed. */
const char *plan_place_name(const struct plan *p, enum plan_place_of of, uint32_t i);
const char *plan_site(const struct plan *p); /* its name; borrowed */
/* As the campaign says when: "failed > 1 % of draw". */
void plan_hook_when(const struct plan *p, const struct plan_hook *h, struct buf *out);
const char *plan_hook_command(const struct plan *p, const struct plan_hook *h); /* borrowed */
/* From now on this process makes files with the permissions that the campaign wants. */
void plan_umask(const struct plan *p);
/* A text of a container; NULL: none. Borrowed. */
const char *plan_container_text(const struct plan *p, uint32_t text);
const char *plan_runtime_name(enum plan_runtime r);
/* Its words, "/bin/sh -e", and its program alone; "": it is none. */
const char *plan_shell_words(enum plan_shell s);
const char *plan_shell_program(enum plan_shell s);
const char *plan_check_name(enum plan_check_kind kind); /* as campaigns call it */
const char *plan_runtime_program(enum plan_runtime r);  /* "": it has none */
/* Has each task a file to write, by which it can be told that it is done? */
bool plan_must_write(const struct plan *p, const struct plan_family *f);
/* Has it inputs that its tasks wait for? */
bool plan_waits(const struct plan *p, const struct plan_family *f);
/* Is a task of a bundle over as soon as it is done, while its process goes on? */
bool plan_releases(const struct plan *p, const struct plan_family *f);
uint32_t plan_family_of(const struct plan *p, uint32_t task);
uint32_t plan_shard_of(const struct plan *p, uint32_t task);
uint32_t plan_shard_tasks(const struct plan *p, uint32_t shard); /* how many it has */
/* The runs of a shard, one by one: false after the last. *i starts at 0. */
bool plan_shard_run(const struct plan *p, uint32_t shard, uint32_t *i, struct plan_range *run);
/* Those of all shards likewise, in the order of tasks; *shard: whose it is. */
bool plan_run_by_task(const struct plan *p, uint32_t *i, struct plan_range *run, uint32_t *shard);
static inline const uint32_t *
plan_u32(const struct plan *p, uint64_t data_offset)
{
    return (const uint32_t *)(p->data + data_offset);
}

/* --- what a task is, evaluated ---
 * An evaluator holds scratch memory; make one and use it for all tasks, one at a time. */
struct plan_eval;
struct plan_eval *plan_eval_new(const struct plan *p);
void plan_eval_free(struct plan_eval *e);
/* While a task runs, its named outputs live under temporary names, `DIR/.wfl-TAG-TASK.BASE`
 * for an output DIR/BASE. Which names OUT gives in texts; NULL (the default): final ones. `tag` is
 * borrowed. */
void plan_eval_tag(struct plan_eval *e, const char *tag);
/* Where tasks run, which paths that WHOLE asks for begin with; NULL (the default): they stay as
 * they are. Borrowed. */
void plan_eval_folder(struct plan_eval *e, const char *folder);
/* The tasks that one process works on, for what is evaluated for the first of them, and how many it
 * can work on at a time: BUNDLE_* speak of them. Borrowed; n 0 (the default): each task is alone.
 */
void plan_eval_bundle(struct plan_eval *e, const uint32_t *task, uint32_t n, uint32_t width);
/* What can be asked and done only where tasks run. */
struct plan_host {
    /* Is there such a file? 0, ENOENT, or why that cannot be told. */
    int (*there)(void *arg, const char *path);
    /* Puts the text into a file of its own and appends its path. 0 or errno. */
    int (*list)(void *arg, const struct buf *text, struct buf *path);
    void *arg;
};
/* For the commands of tasks: lists leave out optional outputs that are not there, and files of
 * lists are made. Borrowed; NULL (the default): lists name all, and the text of such a file stands
 * for its path. */
void plan_eval_host(struct plan_eval *e, const struct plan_host *h);
/* The error of the host that the last evaluation failed with; 0: it did not. */
int plan_eval_trouble(const struct plan_eval *e);
/* Each returns false with a sentence from plan_eval_error. `code` absent: number is left as it
 * is, text appends nothing. */
bool plan_number(struct plan_eval *e, uint32_t task, struct plan_code code, double *n);
bool plan_text(struct plan_eval *e, uint32_t task, struct plan_code code, struct buf *out);
/* The path of file `f` (index in PLAN_FILES) of `task`: the final name (tag NULL), or the temporary
 * one with this tag. */
bool plan_path(struct plan_eval *e, uint32_t task, uint32_t f, const char *tag, struct buf *out);
const char *plan_eval_error(const struct plan_eval *e);
/* The task's rows, one for each variable of its family. */
void plan_rows(const struct plan *p, uint32_t task, uint32_t *row);
/* "simulate[v=230 s=R22_S11]": family, and of each variable what tells its row apart. */
void plan_task_label(const struct plan *p, uint32_t task, struct buf *out);
/* Has this column numbers? PLAN_NONE: is it one number that tells the rows of the table apart? */
bool plan_is_number(const struct plan *p, uint32_t table, uint32_t column);
/* What tells a row of a table apart: cells with commas between them, or "#3". */
void plan_row_label(const struct plan *p, uint32_t table, uint32_t row, struct buf *out);
void plan_cell_text(const struct plan *p, uint32_t column, uint32_t row, struct buf *out);
/* What makes a task the same task in another plan: a hash of family, command or what it is fed,
 * outputs. */
bool plan_task_identity(struct plan_eval *e, uint32_t task, struct hash128 *id);

/* The text of wflc --dump-plan. */
void plan_dump(const struct plan *p, struct buf *out);

#endif
