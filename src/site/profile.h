/* Site profiles: what the compiler knows of a machine that campaigns run on.
 *
 * A profile is a YAML file; wfl-site(5) is its reference, schema.h its list of keys. Here it is
 * resolved: profiles that it inherits from are merged in, defaults are filled in, walltimes are
 * seconds and memory is bytes. A profile owns everything that it points to, and needs neither
 * its files nor the diags that it was read with afterwards. */
#ifndef SITE_PROFILE_H
#define SITE_PROFILE_H

#include "diag/diag.h"
#include "util/arena.h"
#include "util/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "null" in a number: no limit, or not known. */
#define SITE_NONE INT64_C(-1)

/* The words of the schema, in its own spelling: name, then the words. The first of each list is
 * number 0. Words are told by site_word_name. */
#define SITE_STATUS(X) X(ACTIVE, "active") X(RETIRED, "retired")
#define SITE_KINDS(X)                                                                              \
    X(SLURM, "slurm")                                                                              \
    X(COBALT, "cobalt")                                                                            \
    X(PBS, "pbs")                                                                                  \
    X(LSF, "lsf")                                                                                  \
    X(FLUX, "flux")                                                                                \
    X(LOCAL, "local")
#define SITE_QUEUE_VIA(X)                                                                          \
    X(VIA_PARTITION, "partition")                                                                  \
    X(VIA_QOS, "qos")                                                                              \
    X(VIA_QUEUE, "queue")                                                                          \
    X(VIA_NONE, "none")
#define SITE_EXCLUSIVE(X) X(EXCLUSIVE_IMPLICIT, "implicit") X(EXCLUSIVE_REQUEST, "request")
#define SITE_DEPENDENCIES(X)                                                                       \
    X(AFTEROK, "afterok")                                                                          \
    X(AFTERANY, "afterany")                                                                        \
    X(AFTERNOTOK, "afternotok")
#define SITE_STORAGE_KINDS(X) X(STORAGE_SSD, "ssd") X(STORAGE_NVME, "nvme") X(STORAGE_RAM, "ram")
#define SITE_SIZE_FROM(X) X(SIZE_ENV, "env") X(SIZE_PASSED, "passed")
#define SITE_TIME_FORMATS(X) X(TIME_HMS, "hms") X(TIME_MINUTES, "minutes") X(TIME_FSD, "fsd")
#define SITE_REMAINING(X)                                                                          \
    X(REMAINING_WALLTIME, "start_plus_walltime")                                                   \
    X(REMAINING_ENV, "env_epoch")                                                                  \
    X(REMAINING_COMMAND, "command")
#define SITE_TIME_PARSE(X)                                                                         \
    X(PARSE_EPOCH, "epoch")                                                                        \
    X(PARSE_SECONDS, "seconds")                                                                    \
    X(PARSE_ISO8601, "iso8601")                                                                    \
    X(PARSE_DHMS, "d-hms")                                                                         \
    X(PARSE_HM, "h-mm")
#define SITE_COUNTED(X) X(COUNTED_ALL, "all") X(COUNTED_ELIGIBLE, "eligible")
#define SITE_TOKENS(X)                                                                             \
    X(TOKEN_NONE, "none")                                                                          \
    X(TOKEN_LICENSE, "license")                                                                    \
    X(TOKEN_ATTRS, "attrs")                                                                        \
    X(TOKEN_RESOURCE, "resource")
#define SITE_RUNTIMES(X)                                                                           \
    X(RUNTIME_NONE, "none")                                                                        \
    X(RUNTIME_SHIFTER, "shifter")                                                                  \
    X(RUNTIME_SINGULARITY, "singularity")                                                          \
    X(RUNTIME_APPTAINER, "apptainer")                                                              \
    X(RUNTIME_PODMAN_HPC, "podman-hpc")                                                            \
    X(RUNTIME_CHARLIECLOUD, "charliecloud")                                                        \
    X(RUNTIME_DOCKER, "docker")                                                                    \
    X(RUNTIME_PODMAN, "podman")
#define SITE_IMAGE_FORMS(X)                                                                        \
    X(IMAGE_REGISTRY, "registry")                                                                  \
    X(IMAGE_SIF, "sif")                                                                            \
    X(IMAGE_DIR, "dir")                                                                            \
    X(IMAGE_SQUASHFS, "squashfs")
#define SITE_CONTAINER_VIA(X) X(BY_EXEC, "exec") X(BY_DIRECTIVE, "directive")
#define SITE_LOCAL_COPIES(X) X(COPY_NONE, "none") X(COPY_RAM, "ram") X(COPY_SSD, "ssd")

#define X(id, word) SITE_##id,
enum site_status { SITE_STATUS(X) };
enum site_kind { SITE_KINDS(X) };
enum site_queue_via { SITE_QUEUE_VIA(X) };
enum site_exclusive { SITE_EXCLUSIVE(X) };
enum site_dependency { SITE_DEPENDENCIES(X) };
enum site_storage_kind { SITE_STORAGE_KINDS(X) };
enum site_size_from { SITE_SIZE_FROM(X) };
enum site_time_format { SITE_TIME_FORMATS(X) };
enum site_remaining { SITE_REMAINING(X) };
enum site_time_parse { SITE_TIME_PARSE(X) };
enum site_counted { SITE_COUNTED(X) };
enum site_tokens { SITE_TOKENS(X) };
enum site_runtime { SITE_RUNTIMES(X) };
enum site_image_form { SITE_IMAGE_FORMS(X) };
enum site_container_via { SITE_CONTAINER_VIA(X) };
enum site_local_copy { SITE_LOCAL_COPIES(X) };
#undef X

/* A list of texts: n of them, then NULL, so that a command can be executed as it is. */
struct site_texts {
    char **v;
    size_t n;
};

struct site_numbers {
    int64_t *v;
    size_t n;
};

/* name: value pairs in the order of the file. */
struct site_pairs {
    struct site_pair {
        char *name, *value;
    } * v;
    size_t n;
};

/* What may be worked on at once on a node. */
/* Of a node. A plan has the same limits. */
enum { SITE_MOST_SLOTS = 65536, SITE_MOST_GPUS = 4096 };
#define SITE_SLOTS_CORES INT64_C(-2)
#define SITE_SLOTS_THREADS INT64_C(-3)

struct site_storage {
    char *path;    /* $USER and other variables are for the node to expand */
    int kind;      /* enum site_storage_kind */
    char *request; /* how to ask for it, in the scheduler's words; NULL: nothing to ask */
    bool counts_as_memory;
};

struct site_tier {
    int64_t min_nodes;
    int64_t max_walltime; /* s */
};

struct site_queue {
    char *name;
    int64_t min_nodes, max_nodes;       /* max_nodes may be SITE_NONE */
    int64_t min_walltime, max_walltime; /* s; max_walltime is that of the last tier if not given */
    struct {
        struct site_tier *v; /* ascending in min_nodes */
        size_t n;
    } tiers;
    int64_t max_queued, max_running; /* SITE_NONE: no limit that is known */
    int queued_counts;               /* enum site_counted: which jobs max_queued counts */
    bool preemptible;
    bool is_default;
    char *aliases_of; /* the queue that this is another name of, or NULL */
    struct site_texts extra;
};

struct site_filesystem {
    char *name;
    char *path;
    char *token; /* what a job must name to use it; NULL: nothing */
    bool compute_writable;
};

struct site_container {
    int runtime;    /* enum site_runtime */
    int image_form; /* enum site_image_form */
    struct site_texts setup, extra;
    int via; /* enum site_container_via */
    bool inherit_env;
    int local_copy; /* enum site_local_copy */
};

struct site_profile {
    int64_t schema;
    char *name;
    char *inherits;                /* NULL: nothing */
    int status;                    /* enum site_status */
    char *retired_on, *checked_on; /* "2023-05-31", or NULL */
    struct site_texts sources;

    struct {
        int kind;      /* enum site_kind */
        int queue_via; /* enum site_queue_via */
        bool account_required;
        struct site_texts submit; /* empty: local */
        bool submit_stdin;
        char *id_regex;                   /* POSIX extended; group 1 is the id */
        struct site_texts status, cancel; /* with {id} */
        struct site_texts directives, forbid;
        bool needs_tasks;
        int exclusive; /* enum site_exclusive */
        bool requeue;
        unsigned dependency; /* bits 1 << enum site_dependency */
        int64_t job_name_max;
        int64_t poll_s; /* least time between two questions for the jobs of the user */
        bool submit_from_jobs;
        char *output_template; /* with {name}, {id} */
    } scheduler;

    struct site_texts constraints;
    struct site_pairs attrs;

    struct {
        bool detected; /* cores, threads and memory that are 0 are asked of the machine */
        int64_t count, max_per_job; /* may be SITE_NONE */
        int64_t cores;              /* physical ones; 0: detected */
        int64_t threads_per_core;   /* 0: detected */
        struct site_numbers reserved_cores;
        uint64_t memory;    /* bytes; 0: detected */
        uint64_t reserve;   /* bytes kept for the system; of a detected memory see below */
        bool reserve_given; /* false: `reserve` is the default */
        int64_t slots;      /* SITE_SLOTS_CORES, SITE_SLOTS_THREADS, or a number */
        int64_t gpus;
        struct {
            struct site_storage *v;
            size_t n;
        } local_storage;
    } nodes;

    struct {
        struct site_texts argv;    /* with {nnodes} {cores} {threads} {hostfile} {shim} */
        char *rank_var, *size_var; /* NULL: local, where there is one node */
        int size_from;             /* enum site_size_from */
        int64_t start_seconds;
    } launch;

    struct {
        int directive_format; /* enum site_time_format */
        struct {
            int kind;    /* enum site_remaining */
            char *value; /* a variable or a command; NULL for start_plus_walltime */
            int parse;   /* enum site_time_parse */
        } remaining;
        char *warn_signal; /* "USR1"; NULL: the scheduler gives no warning */
        int64_t warn_before_s, warn_slack_s, term_grace_s, stop_starting_s, finish_by_s;
    } time;

    struct {
        struct site_queue *v;
        size_t n;
    } queues;
    int token_syntax; /* enum site_tokens */
    struct {
        struct site_filesystem *v;
        size_t n;
    } filesystems;
    struct {
        struct site_container *v; /* in order of preference */
        size_t n;
    } containers;

    struct {
        int64_t processes, open_files, script_bytes; /* SITE_NONE: no limit that is known */
        uint64_t address_space;                      /* bytes; 0: none */
    } limits;
    struct {
        int64_t min_nodes, round_minutes, boot_minutes;
    } charging;
    struct {
        struct site_texts init, unset;
    } shell;

    char *file;             /* where it was read */
    struct site_node *tree; /* every value with where it came from, for site_profile_show */
    struct arena arena;     /* owns all of it */
};

/* Reads the profile in file `path` ("-": standard input) and what it inherits from, which is
 * looked for beside each file first and then in `dirs` (site_dirs). Everything that is wrong is
 * queued in d. Returns NULL if there was an error; free the result with site_profile_free. */
struct site_profile *site_profile_read(struct diags *d, const char *path,
    const struct site_texts *dirs);
/* The same for a profile of this name in `dirs`; `at` is where the name stands. */
struct site_profile *site_profile_find(struct diags *d, const char *name, struct span at,
    const struct site_texts *dirs);
void site_profile_free(struct site_profile *p);

/* Queues the warning of retired sites, for those who are going to use the profile. */
void site_profile_warn(const struct site_profile *p, struct diags *d, struct span at);

/* Where profiles are looked for, best first: `campaign_dir`/sites, campaign_dir (NULL: neither),
 * the user's $XDG_CONFIG_HOME/wfl/sites, $WFL_PATH entries + "/sites", the standard library's.
 * Folders that do not exist are left out. Free with site_dirs_free. */
struct site_texts site_dirs(const char *campaign_dir);
void site_dirs_free(struct site_texts *dirs);
/* All profiles in the folders: paths of files, by name; of one name only the first, which is the
 * one that is used. Free with site_dirs_free. */
struct site_texts site_files(const struct site_texts *dirs);

/* Prints the profile as YAML that reads back to the same, with where each value came from in a
 * comment. */
void site_profile_show(const struct site_profile *p, struct buf *out);

/* The word of the schema, e.g. site_word_name("scheduler.kind", SITE_PBS) is "pbs". */
const char *site_word_name(const char *key, int word);

/* NULL: there is none of this name. */
const struct site_queue *site_queue_find(const struct site_profile *p, const char *name);
/* The one marked `default: true`, else the first; NULL if the profile has no queues. */
const struct site_queue *site_queue_default(const struct site_profile *p);
/* The longest walltime of a job of so many nodes, in seconds; 0: no such job may be there. */
int64_t site_walltime_max(const struct site_queue *q, int64_t nodes);
/* The longest of those of jobs of least .. most nodes. */
int64_t site_walltime_longest(const struct site_queue *q, int64_t least, int64_t most);
/* The fewest and the most nodes of a job there; *most may be INT64_MAX: no limit is known. `q` may
 * be NULL. */
void site_job_nodes(const struct site_profile *p, const struct site_queue *q, int64_t *least,
    int64_t *most);

/* What `detected` profiles leave open is given by the caller, and ignored for others. */
struct site_machine {
    int64_t cores, threads_per_core;
    uint64_t memory;
};
/* Bytes of a node's memory that tasks may use: what there is less the reserve. */
uint64_t site_memory_budget(const struct site_profile *p, const struct site_machine *detected);
/* Tasks that may run at once on a node, as far as its cores go; 1 at least. */
int64_t site_slots(const struct site_profile *p, const struct site_machine *detected);
/* The default reserve: the larger of 2 GiB and 4 %. */
uint64_t site_default_reserve(uint64_t memory);

#endif
