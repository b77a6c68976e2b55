/* The keys of a site profile: one table for the reader, `wflc sites show` and wfl-site(5).
 *
 * X(path, type, flags, words, record, member, default, meaning)
 *
 * path: "a.b" is key b of map a, "a[].b" key b of each item of list a. words: which word a value
 * of type WORD or WORDS is (a list of profile.h without its SITE_), else NO_WORDS. record, member:
 * where the value goes, struct site_RECORD. default: YAML text; or, flagged BY_KIND, what kinds.c
 * says, or "" if that says nothing; or, flagged COMPUTED, words for people. */
#ifndef SITE_SCHEMA_H
#define SITE_SCHEMA_H

#include "site/profile.h"

enum key_type {
    KEY_MAP,      /* keys of its own */
    KEY_LIST,     /* of maps */
    KEY_TEXT,     /* char * */
    KEY_NAME,     /* char *; [a-z0-9][a-z0-9-]* */
    KEY_DATE,     /* char *; "YYYY-MM-DD" */
    KEY_WORD,     /* int */
    KEY_WORDS,    /* unsigned: bits */
    KEY_BOOL,     /* bool */
    KEY_COUNT,    /* int64_t from 1 */
    KEY_NUMBER,   /* int64_t from 0 */
    KEY_SECONDS,  /* int64_t from 0 */
    KEY_WALLTIME, /* int64_t, written "HH:MM:SS" */
    KEY_GIB,      /* uint64_t bytes, written in GiB */
    KEY_SLOTS,    /* int64_t, or SITE_SLOTS_* */
    KEY_TEXTS,    /* struct site_texts */
    KEY_NUMBERS,  /* struct site_numbers */
    KEY_PAIRS,    /* struct site_pairs */
};

enum key_flags {
    REQUIRED = 1,
    NULLABLE = 2, /* takes null */
    BY_KIND = 4,  /* the default depends on scheduler.kind */
    COMPUTED = 8, /* the default depends on other keys */
};

/* clang-format off */
#define SITE_KEYS(X)                                                                               \
    X("schema", COUNT, REQUIRED, NO_WORDS, profile, schema, "",                                    \
        "the version of this schema: 1")                                                           \
    X("name", NAME, REQUIRED, NO_WORDS, profile, name, "",                                         \
        "the name for --site; that of the file without .yaml")                                     \
    X("inherits", NAME, NULLABLE, NO_WORDS, profile, inherits, "null",                             \
        "the profile that gives what is not given here; maps are merged, lists replaced")          \
    X("status", WORD, 0, STATUS, profile, status, "active",                                        \
        "a retired machine is compiled for with a warning")                                        \
    X("retired_on", DATE, NULLABLE, NO_WORDS, profile, retired_on, "null", "when it was retired")  \
    X("checked_on", DATE, NULLABLE, NO_WORDS, profile, checked_on, "null",                         \
        "when the figures were compared with their sources; wflc plan tells it")                   \
    X("sources", TEXTS, 0, NO_WORDS, profile, sources, "[]",                                       \
        "where the figures come from; wflc plan tells it")                                         \
                                                                                                   \
    X("scheduler", MAP, REQUIRED, NO_WORDS, profile, scheduler, "", "the batch system")            \
    X("scheduler.kind", WORD, REQUIRED, KINDS, profile, scheduler.kind, "",                        \
        "which batch system; it decides on many defaults")                                         \
    X("scheduler.queue_via", WORD, BY_KIND, QUEUE_VIA, profile, scheduler.queue_via, "",           \
        "which option carries the name of the queue")                                              \
    X("scheduler.account_required", BOOL, 0, NO_WORDS, profile, scheduler.account_required,        \
        "false", "jobs must name an account")                                                      \
    X("scheduler.submit", TEXTS, BY_KIND, NO_WORDS, profile, scheduler.submit, "",                 \
        "the command that submits a job, before the script's name")                                \
    X("scheduler.submit_stdin", BOOL, BY_KIND, NO_WORDS, profile, scheduler.submit_stdin, "false", \
        "the script is given on standard input")                                                   \
    X("scheduler.id_regex", TEXT, BY_KIND, NO_WORDS, profile, scheduler.id_regex, "",              \
        "an extended regular expression for the line of its output that holds the id, in group 1") \
    X("scheduler.status", TEXTS, BY_KIND, NO_WORDS, profile, scheduler.status, "",                 \
        "the command that tells the state of job {id}; the words before its first option name the " \
        "program that wflc asks for all jobs")                                                     \
    X("scheduler.cancel", TEXTS, BY_KIND, NO_WORDS, profile, scheduler.cancel, "",                 \
        "the command that cancels job {id}")                                                       \
    X("scheduler.directives", TEXTS, 0, NO_WORDS, profile, scheduler.directives, "[]",             \
        "further options for the head of each script, without the scheduler's prefix")             \
    X("scheduler.forbid", TEXTS, 0, NO_WORDS, profile, scheduler.forbid, "[]",                     \
        "options that the site refuses, long or short, such as --mem or -N: what can be "          \
        "left out is, else the build is refused")                                                  \
    X("scheduler.needs_tasks", BOOL, 0, NO_WORDS, profile, scheduler.needs_tasks, "false",         \
        "the number of tasks is given, too, not the number of nodes alone")                        \
    X("scheduler.exclusive", WORD, BY_KIND, EXCLUSIVE, profile, scheduler.exclusive, "",           \
        "whole nodes are granted anyhow, or must be asked for: of Slurm, PBS, Flux, and "          \
        "of LSF without jsrun")                                                                    \
    X("scheduler.requeue", BOOL, 0, NO_WORDS, profile, scheduler.requeue, "false",                 \
        "the scheduler may start an interrupted job again by itself")                              \
    X("scheduler.dependency", WORDS, BY_KIND, DEPENDENCIES, profile, scheduler.dependency, "",     \
        "how a job can wait for others")                                                           \
    X("scheduler.job_name_max", COUNT, BY_KIND, NO_WORDS, profile, scheduler.job_name_max, "64",   \
        "longer names of jobs are cut")                                                            \
    X("scheduler.poll_s", COUNT, 0, NO_WORDS, profile, scheduler.poll_s, "60",                     \
        "least seconds between two questions for your jobs; below 60 only on a cluster of your own") \
    X("scheduler.submit_from_jobs", BOOL, 0, NO_WORDS, profile, scheduler.submit_from_jobs,        \
        "false", "jobs may submit others: each one fills the queue up again as it ends")           \
    X("scheduler.output_template", TEXT, 0, NO_WORDS, profile, scheduler.output_template,          \
        "\"{name}.{id}.out\"",                                                                     \
        "the name of the file for a job's output, in state/jobs; {name} and {id} are "             \
        "the job's; not of PBS and local")                                                         \
                                                                                                   \
    X("constraints", TEXTS, 0, NO_WORDS, profile, constraints, "[]",                               \
        "features of nodes: -C of Slurm, --requires of Flux, -alloc_flags of LSF")                 \
    X("attrs", PAIRS, 0, NO_WORDS, profile, attrs, "{}",                                           \
        "names and values: --attrs of Cobalt (one merged option), resources of select of PBS")     \
                                                                                                   \
    X("nodes", MAP, REQUIRED, NO_WORDS, profile, nodes, "", "what nodes there are")                \
    X("nodes.detected", BOOL, 0, NO_WORDS, profile, nodes.detected, "false",                       \
        "cores, threads_per_core and memory_gib may be null: the machine is asked at run time")    \
    X("nodes.count", COUNT, NULLABLE, NO_WORDS, profile, nodes.count, "null",                      \
        "how many are installed")                                                                  \
    X("nodes.max_per_job", COUNT, NULLABLE | COMPUTED, NO_WORDS, profile, nodes.max_per_job,       \
        "nodes.count", "how many a job may have")                                                  \
    X("nodes.cores", COUNT, REQUIRED | NULLABLE, NO_WORDS, profile, nodes.cores, "",               \
        "physical cores of a node; null only if detected")                                         \
    X("nodes.threads_per_core", COUNT, NULLABLE, NO_WORDS, profile, nodes.threads_per_core, "1",   \
        "hardware threads of a core; null only if detected")                                       \
    X("nodes.reserved_cores", NUMBERS, 0, NO_WORDS, profile, nodes.reserved_cores, "[]",           \
        "cores that are not for jobs, counted from 0")                                             \
    X("nodes.memory_gib", GIB, REQUIRED | NULLABLE, NO_WORDS, profile, nodes.memory, "",           \
        "physical main memory of a node; null only if detected")                                   \
    X("nodes.memory_reserve_gib", GIB, COMPUTED, NO_WORDS, profile, nodes.reserve,                 \
        "the larger of 2 and 4 % of memory_gib",                                                   \
        "memory for the system, the page cache, and leeway; tasks have the rest")                  \
    X("nodes.slots", SLOTS, 0, NO_WORDS, profile, nodes.slots, "cores",                            \
        "how many tasks may run at once: cores, threads, or a number")                             \
    X("nodes.gpus", NUMBER, 0, NO_WORDS, profile, nodes.gpus, "0", "GPUs of a node")               \
    X("nodes.local_storage", LIST, 0, NO_WORDS, profile, nodes.local_storage, "[]",                \
        "file systems of a node alone")                                                            \
    X("nodes.local_storage[].path", TEXT, REQUIRED, NO_WORDS, storage, path, "",                   \
        "where it is, from / on or from a variable of the job, such as $TMPDIR")                   \
    X("nodes.local_storage[].kind", WORD, REQUIRED, STORAGE_KINDS, storage, kind, "",              \
        "what it is made of")                                                                      \
    X("nodes.local_storage[].request", TEXT, NULLABLE, NO_WORDS, storage, request, "null",         \
        "what a job must ask for to have it, in the scheduler's words")                            \
    X("nodes.local_storage[].counts_as_memory", BOOL, COMPUTED, NO_WORDS, storage,                 \
        counts_as_memory, "true for ram", "files in it take away memory of the node")              \
                                                                                                   \
    X("launch", MAP, 0, NO_WORDS, profile, launch, "",                                             \
        "how one process is started on each node of a job")                                        \
    X("launch.argv", TEXTS, BY_KIND, NO_WORDS, profile, launch.argv, "",                           \
        "the command; {shim} is the program, {nnodes} the number of nodes, {cores} and "           \
        "{threads} those of a node, {hostfile} the list of nodes")                                 \
    X("launch.rank_var", TEXT, NULLABLE | BY_KIND, NO_WORDS, profile, launch.rank_var, "",         \
        "the variable that numbers the nodes from 0; null only for kind local")                    \
    X("launch.size_var", TEXT, NULLABLE | BY_KIND, NO_WORDS, profile, launch.size_var, "",         \
        "the variable that holds the number of nodes; null only for kind local")                   \
    X("launch.size_from", WORD, BY_KIND, SIZE_FROM, profile, launch.size_from, "",                 \
        "size_var is set by the launcher, or passed in launch.argv")                               \
    X("launch.start_seconds", SECONDS, 0, NO_WORDS, profile, launch.start_seconds, "60",           \
        "the time that a launch takes, kept back of the walltime")                                 \
                                                                                                   \
    X("time", MAP, 0, NO_WORDS, profile, time, "", "walltime, and how it ends")                    \
    X("time.directive_format", WORD, BY_KIND, TIME_FORMATS, profile, time.directive_format, "",    \
        "how walltime is written: HH:MM:SS, minutes, or 90m as Flux does")                         \
    X("time.remaining", MAP, 0, NO_WORDS, profile, time.remaining, "",                             \
        "how a job finds out how long it has")                                                     \
    X("time.remaining.kind", WORD, BY_KIND, REMAINING, profile, time.remaining.kind, "",           \
        "from a variable, or from a command that is run once in the script; start plus walltime "  \
        "otherwise, and if it fails")                                                              \
    X("time.remaining.value", TEXT, NULLABLE | BY_KIND, NO_WORDS, profile, time.remaining.value,   \
        "", "the variable or command")                                                             \
    X("time.remaining.parse", WORD, BY_KIND, TIME_PARSE, profile, time.remaining.parse, "seconds", \
        "what it gives: the end in seconds since 1970 or as a date, or what is left in seconds "   \
        "or as D-HH:MM:SS, or as hours and minutes, 1:30 or \"1:30 L\"")                           \
    X("time.warn_signal", TEXT, NULLABLE | BY_KIND, NO_WORDS, profile, time.warn_signal, "",       \
        "the signal that warns a job of its end, without SIG; null if there is none")              \
    X("time.warn_before_s", SECONDS, BY_KIND, NO_WORDS, profile, time.warn_before_s, "0",          \
        "how long before its end")                                                                 \
    X("time.warn_slack_s", SECONDS, BY_KIND, NO_WORDS, profile, time.warn_slack_s, "0",            \
        "how much earlier it may come")                                                            \
    X("time.term_grace_s", SECONDS, BY_KIND, NO_WORDS, profile, time.term_grace_s, "",             \
        "the time from SIGTERM to SIGKILL at the end")                                             \
    X("time.stop_starting_s", SECONDS, 0, NO_WORDS, profile, time.stop_starting_s, "600",          \
        "this long before the end the shim starts no tasks of unknown length")                     \
    X("time.finish_by_s", SECONDS, 0, NO_WORDS, profile, time.finish_by_s, "120",                  \
        "this long before the end the shim stops what still runs")                                 \
                                                                                                   \
    X("queues", LIST, 0, NO_WORDS, profile, queues, "[]", "the queues, partitions or QOS")         \
    X("queues[].name", TEXT, REQUIRED, NO_WORDS, queue, name, "", "its name")                      \
    X("queues[].min_nodes", COUNT, 0, NO_WORDS, queue, min_nodes, "1", "nodes of the least job")   \
    X("queues[].max_nodes", COUNT, NULLABLE, NO_WORDS, queue, max_nodes, "null",                   \
        "nodes of the largest job")                                                                \
    X("queues[].min_walltime", WALLTIME, 0, NO_WORDS, queue, min_walltime, "\"00:01:00\"",         \
        "the shortest walltime")                                                                   \
    X("queues[].max_walltime", WALLTIME, COMPUTED, NO_WORDS, queue, max_walltime,                  \
        "the longest of the tiers", "the longest walltime; required without tiers")                \
    X("queues[].tiers", LIST, 0, NO_WORDS, queue, tiers, "[]",                                     \
        "walltimes that depend on the number of nodes, ascending: the last one with min_nodes up " \
        "to that of the job counts; below the first there is no job")                              \
    X("queues[].tiers[].min_nodes", COUNT, REQUIRED, NO_WORDS, tier, min_nodes, "",                \
        "from how many nodes on")                                                                  \
    X("queues[].tiers[].max_walltime", WALLTIME, REQUIRED, NO_WORDS, tier, max_walltime, "",       \
        "the longest walltime")                                                                    \
    X("queues[].max_queued", COUNT, NULLABLE, NO_WORDS, queue, max_queued, "null",                 \
        "jobs that may be there at once, waiting or running")                                      \
    X("queues[].max_running", COUNT, NULLABLE, NO_WORDS, queue, max_running, "null",               \
        "jobs that may run at once")                                                               \
    X("queues[].queued_counts", WORD, 0, COUNTED, queue, queued_counts, "all",                     \
        "which jobs max_queued counts: those of all states, or those that could start")            \
    X("queues[].preemptible", BOOL, 0, NO_WORDS, queue, preemptible, "false",                      \
        "jobs may be stopped for others: they are to be started again, as with "                   \
        "scheduler.requeue")                                                                       \
    X("queues[].default", BOOL, 0, NO_WORDS, queue, is_default, "false",                           \
        "the queue to use if none is named; without it the first")                                 \
    X("queues[].aliases_of", TEXT, NULLABLE, NO_WORDS, queue, aliases_of, "null",                  \
        "this is another name of that queue, and shares its limits on jobs")                       \
    X("queues[].extra", TEXTS, 0, NO_WORDS, queue, extra, "[]",                                    \
        "further options for jobs of this queue")                                                  \
                                                                                                   \
    X("filesystems", LIST, 0, NO_WORDS, profile, filesystems, "[]", "shared file systems")         \
    X("filesystems[].name", TEXT, REQUIRED, NO_WORDS, filesystem, name, "",                        \
        "its name, in messages")                                                                   \
    X("filesystems[].path", TEXT, REQUIRED, NO_WORDS, filesystem, path, "",                        \
        "where it is, from / on; Shifter shows what is below anyway")                              \
    X("filesystems[].token", TEXT, NULLABLE, NO_WORDS, filesystem, token, "null",                  \
        "what a job must name to use it")                                                          \
    X("filesystems[].compute_writable", BOOL, 0, NO_WORDS, filesystem, compute_writable, "true",   \
        "nodes may write to it; where they may not, nothing is built, and no task runs")           \
    X("token_syntax", WORD, BY_KIND, TOKENS, profile, token_syntax, "",                            \
        "how tokens are given: -L of Slurm, in --attrs of Cobalt, -l filesystems= of PBS")         \
                                                                                                   \
    X("containers", LIST, 0, NO_WORDS, profile, containers, "[]",                                  \
        "container runtimes, the preferred one first; empty: there are none")                      \
    X("containers[].runtime", WORD, REQUIRED, RUNTIMES, container, runtime, "", "which")           \
    X("containers[].image_form", WORD, 0, IMAGE_FORMS, container, image_form, "registry",          \
        "what it runs: an image of a registry, a .sif file, a folder, a squashfs file")            \
    X("containers[].setup", TEXTS, 0, NO_WORDS, container, setup, "[]",                            \
        "lines of shell that make it available")                                                   \
    X("containers[].via", WORD, 0, CONTAINER_VIA, container, via, "exec",                          \
        "started before each task, or by a directive in the head of the script")                   \
    X("containers[].extra", TEXTS, 0, NO_WORDS, container, extra, "[]", "further options")         \
    X("containers[].inherit_env", BOOL, COMPUTED, NO_WORDS, container, inherit_env,                \
        "true, but for docker, podman and podman-hpc",                                             \
        "the environment outside is seen inside, not only what tasks are given")                   \
    X("containers[].local_copy", WORD, 0, LOCAL_COPIES, container, local_copy, "none",             \
        "where each node keeps a copy of the image")                                               \
                                                                                                   \
    X("limits", MAP, 0, NO_WORDS, profile, limits, "", "limits of a user on a node")               \
    X("limits.processes", COUNT, NULLABLE, NO_WORDS, profile, limits.processes, "null",            \
        "processes; there is a warning if more tasks fit on a node")                               \
    X("limits.address_space_gib", GIB, NULLABLE, NO_WORDS, profile, limits.address_space, "null",  \
        "address space that each task is given as its limit")                                      \
    X("limits.open_files", COUNT, NULLABLE, NO_WORDS, profile, limits.open_files, "null",          \
        "open files of a process; there is a warning if more tasks fit on a node than a "          \
        "shim can follow with them")                                                               \
    X("limits.script_bytes", COUNT, NULLABLE, NO_WORDS, profile, limits.script_bytes, "null",      \
        "size of a script in bytes; a longer one is not written")                                  \
    X("charging", MAP, 0, NO_WORDS, profile, charging, "",                                         \
        "what a job is charged for; wflc chooses jobs, and tells what they cost, by it")           \
    X("charging.min_nodes", COUNT, 0, NO_WORDS, profile, charging.min_nodes, "1",                  \
        "a job of fewer nodes is charged for so many")                                             \
    X("charging.round_minutes", COUNT, 0, NO_WORDS, profile, charging.round_minutes, "1",          \
        "the time of a job is rounded up to a multiple of so many minutes")                        \
    X("charging.boot_minutes", NUMBER, 0, NO_WORDS, profile, charging.boot_minutes, "0",           \
        "minutes that are charged beyond the walltime, while nodes boot")                          \
    X("shell", MAP, 0, NO_WORDS, profile, shell, "", "the shell of a script")                      \
    X("shell.init", TEXTS, 0, NO_WORDS, profile, shell.init, "[]",                                 \
        "lines that are run first, such as module load")                                           \
    X("shell.unset", TEXTS, 0, NO_WORDS, profile, shell.unset, "[]",                               \
        "variables that tasks must not see")
/* clang-format on */

struct site_key {
    const char *path;
    const char *parent; /* "" for keys at the top; "queues[]" for those of a queue */
    const char *name;   /* the last part of the path */
    enum key_type type;
    unsigned flags;
    const char *const *word;
    size_t nwords;
    size_t offset;    /* in its record */
    size_t item_size; /* of an item of a list */
    const char *fallback;
    const char *meaning;
};

extern const size_t site_nkeys;
const struct site_key *site_key(size_t i);

/* By the path of the map, e.g. "queues[]", and the name. NULL: there is none. */
const struct site_key *site_key_find(const char *parent, const char *name);
const struct site_key *site_key_path(const char *path);
/* What a value must be, in words: "a whole number", "one of slurm, pbs". */
void site_key_wants(const struct site_key *k, struct buf *out);

/* The defaults of a kind of scheduler, as YAML. */
const char *site_kind_defaults(enum site_kind kind);

#endif
