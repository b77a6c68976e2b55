/* Sources: the manuals of Slurm 22.05, OpenPBS, LSF 10.1 and flux-core, the source of
 * Cobalt 1.0.33. */
#include "config.h"

#include "codegen/variables.h"

#include "codegen/emitter.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct passed {
    enum site_kind kind;
    const char *name, *option;
} passed[] = {
#define X(kind, name, option) {kind, name, option},
    VARIABLES_PASSED(X)
#undef X
};
enum { NPASSED = sizeof passed / sizeof *passed };

/* What the names of such variables begin with, as alternatives of a regular expression. */
static const char *
families(enum site_kind kind)
{
    switch (kind) {
    case SITE_SLURM: /* the one that begins with "_" hands options of plugins on */
        return "SACCT_|SALLOC_|SBATCH_|SCANCEL_|SCONTROL_|SINFO_|SLURMD_|SLURM_|SQUEUE_|SRUN_|_"
               "SLURM_";
    case SITE_COBALT:
        return "COBALT_|CQM_|CQSTAT_|QDEL_|QSTAT_|QSUB_";
    case SITE_PBS:
        return "PBS_|QDEL_|QSELECT_|QSTAT_|QSUB_";
    case SITE_LSF:
        return "BJOBS_|BKILL_|BSUB_|LSB_|LSF_|LS_";
    case SITE_FLUX:
        return "FLUX_";
    case SITE_LOCAL:
        break;
    }
    return "";
}

static bool
in_family(enum site_kind kind, const char *name)
{
    for (const char *p = families(kind); *p; p += *p == '|') {
        size_t n = strcspn(p, "|");
        if (strncmp(name, p, n) == 0)
            return true;
        p += n;
    }
    return false;
}

static bool
is_passed(const struct passed *p, enum site_kind kind, const struct header *script)
{
    return p->kind == kind && !(p->option && script && header_find(script, p->option));
}

/* May the variable stay when a program of the scheduler is called? `script` is the head of the
 * job's, or NULL. Names that such programs do not read may. */
static bool
variable_passes(enum site_kind kind, const char *name, const struct header *script)
{
    for (size_t i = 0; i < NPASSED; i++)
        if (strcmp(passed[i].name, name) == 0 && is_passed(&passed[i], kind, script))
            return true;
    return !in_family(kind, name);
}

void
variables_forget(enum site_kind kind, const char *script)
{
    const struct emitter *e = emitter_of(kind);
    struct header h = {0};
    struct buf why = {0};
    if (e && script)
        (void)e->read(script, strlen(script), &h, &why); /* of what is refused nothing is known */
    for (size_t i = 0; environ[i];) {
        size_t n = strcspn(environ[i], "=");
        char *name = xmalloc(n + 1);
        memcpy(name, environ[i], n);
        name[n] = 0;
        /* what is behind it moves here; there are no names without letters to unset */
        if (n == 0 || variable_passes(kind, name, &h) || unsetenv(name) != 0)
            i++;
        free(name);
    }
    header_free(&h);
    buf_free(&why);
}

/* --- the same in shell --- */

/* `stay` are patterns. A line of another variable's value that looks like one of these does no
 * harm. */
static void
put_loop(struct sh *s, enum site_kind kind, const char *stay)
{
    sh_raw(s, "for name in $(env | awk -F= '/^(");
    sh_raw(s, families(kind));
    sh_raw(s, ")[A-Za-z0-9_]*=/ { print $1 }'); do\n");
    sh_code(s, "    case $name in");
    sh_raw(s, stay);
    sh_raw(s, ") ;;\n");
    sh_code(s, "    *) unset \"$name\" ;;");
    sh_code(s, "    esac");
    sh_code(s, "done");
}

static void
add_pattern(struct buf *stay, const char *pattern)
{
    size_t column = 0;
    while (column < stay->n && stay->p[stay->n - 1 - column] != '\n')
        column++;
    if (stay->n && column + strlen(pattern) > 92)
        buf_puts(stay, " | \\\n        ");
    else
        buf_puts(stay, stay->n ? " | " : "    ");
    buf_puts(stay, pattern);
}

static void
add_passed(enum site_kind kind, const struct header *script, struct buf *stay)
{
    for (size_t i = 0; i < NPASSED; i++)
        if (is_passed(&passed[i], kind, script))
            add_pattern(stay, passed[i].name);
}

void
variables_put(struct sh *s, enum site_kind kind, const struct header *script)
{
    struct buf stay = {0};
    add_passed(kind, script, &stay);
    sh_comment(s,
        "Variables that %s takes for options do not reach it, but for those that say where it",
        emitter_of(kind)->name);
    sh_comment(s, "is and who pays: see wflc(1), ENVIRONMENT.");
    put_loop(s, kind, stay.p);
    buf_free(&stay);
}

/* sbatch(1), OUTPUT ENVIRONMENT VARIABLES: what Slurm sets for every job ... */
static const char *const set_by_slurm[] = {"SLURMD_NODENAME", "SLURM_ARRAY_*", "SLURM_CLUSTER_NAME",
    "SLURM_CPUS_ON_NODE", "SLURM_GPUS_ON_NODE", "SLURM_GTIDS", "SLURM_JOBID", "SLURM_JOB_*",
    "SLURM_LOCALID", "SLURM_NNODES", "SLURM_NODEID", "SLURM_NODELIST", "SLURM_NODE_ALIASES",
    "SLURM_PRIO_PROCESS", "SLURM_PROCID", "SLURM_RESTART_COUNT", "SLURM_SHARDS_ON_NODE",
    "SLURM_SPANK_*", "SLURM_SUBMIT_*", "SLURM_TASKS_PER_NODE", "SLURM_TASK_PID", "SLURM_TOPOLOGY_*",
    "SLURM_WORKING_CLUSTER", "_SLURM_*"};
/* ... and for one that asks for it. */
static const char *const set_for_option[][2] = {{"--container", "SLURM_CONTAINER"},
    {"--cpu-freq", "SLURM_CPU_FREQ_REQ"}, {"--cpus-per-gpu", "SLURM_CPUS_PER_GPU"},
    {"--cpus-per-task", "SLURM_CPUS_PER_TASK"}, {"--distribution", "SLURM_DISTRIBUTION"},
    {"--distribution", "SLURM_DIST_PLANESIZE"}, {"--export", "SLURM_EXPORT_ENV"},
    {"--gpu-bind", "SLURM_GPU_BIND"}, {"--gpu-freq", "SLURM_GPU_FREQ"}, {"--gpus", "SLURM_GPUS"},
    {"--gpus-per-node", "SLURM_GPUS_PER_NODE"}, {"--gpus-per-socket", "SLURM_GPUS_PER_SOCKET"},
    {"--gpus-per-task", "SLURM_GPUS_PER_TASK"}, {"--hint", "SLURM_HINT"},
    {"--mem", "SLURM_MEM_PER_NODE"}, {"--mem-per-cpu", "SLURM_MEM_PER_CPU"},
    {"--mem-per-gpu", "SLURM_MEM_PER_GPU"}, {"--network", "SLURM_NETWORK"},
    {"--ntasks", "SLURM_NPROCS"}, {"--ntasks", "SLURM_NTASKS"},
    {"--ntasks-per-core", "SLURM_NTASKS_PER_CORE"}, {"--ntasks-per-gpu", "SLURM_NTASKS_PER_GPU"},
    {"--ntasks-per-node", "SLURM_NTASKS_PER_NODE"},
    {"--ntasks-per-socket", "SLURM_NTASKS_PER_SOCKET"}, {"--overcommit", "SLURM_OVERCOMMIT"},
    {"--profile", "SLURM_PROFILE"}, {"--threads-per-core", "SLURM_THREADS_PER_CORE"}};

void
variables_put_job(struct sh *s, enum site_kind kind, const struct header *script)
{
    struct buf stay = {0};
    if (kind != SITE_SLURM)
        return;
    add_passed(kind, NULL, &stay); /* for `wflc submit` within the job */
    for (size_t i = 0; i < sizeof set_by_slurm / sizeof *set_by_slurm; i++)
        add_pattern(&stay, set_by_slurm[i]);
    for (size_t i = 0; i < sizeof set_for_option / sizeof *set_for_option; i++) {
        const struct header_option *o = header_find(script, set_for_option[i][0]);
        /* --mem=0 asks for all of it, and sets nothing */
        if (o && !(strcmp(o->name, "--mem") == 0 && o->value && strcmp(o->value, "0") == 0))
            add_pattern(&stay, set_for_option[i][1]);
    }
    sh_comment(s, "What srun takes for options is not meant for it if Slurm has not set it for "
                  "this job, but");
    sh_comment(s, "the shell that submitted it.");
    put_loop(s, kind, stay.p);
    buf_free(&stay);
}
