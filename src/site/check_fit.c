/* What the values of a profile must fit to: each other, and what a campaign may ask. */
#include "config.h"

#include "site/fit.h"

#include "site/rules.h"

#include <stdlib.h>
#include <string.h>

struct diag *
fit_error(const struct fit *f, const char *path, size_t i, const char *fmt, ...)
{
    char place[128];
    const struct site_node *n;
    va_list ap;
    size_t len = 0;
    for (const char *c = path; *c && len < sizeof place - 24; c++) {
        if (*c == '#')
            len += (size_t)snprintf(place + len, 22, "%zu", i);
        else
            place[len++] = *c;
    }
    place[len] = 0;
    while (n = site_node_at(f->root, place), *place && (!n || n->at.file == DIAG_NO_FILE)) {
        char *dot = strrchr(place, '.'), *bracket = strrchr(place, '[');
        char *cut = dot > bracket ? dot : bracket;
        *(cut ? cut : place) = 0;
    }
    va_start(ap, fmt);
    struct diag *m = diag_vadd(f->d, DIAG_ERROR, RULE_FIT, n ? n->at : NO_SPAN, fmt, ap);
    va_end(ap);
    return m;
}

bool
fit_given(const struct fit *f, const char *path)
{
    const struct site_node *n = site_node_at(f->root, path);
    return n && n->origin == FROM_FILE;
}

/* --- nodes --- */

static void
check_reserved(const struct fit *f)
{
    const struct site_numbers *r = &f->p->nodes.reserved_cores;
    int64_t cores = f->p->nodes.cores;
    for (size_t i = 0; i < r->n && r->n <= SITE_MOST_SLOTS; i++) {
        if (cores && r->v[i] >= cores)
            fit_error(f, "nodes.reserved_cores[#]", i,
                "there is no core %lld: %lld cores are counted from 0", (long long)r->v[i],
                (long long)cores);
        for (size_t j = 0; j < i; j++)
            if (r->v[j] == r->v[i])
                fit_error(f, "nodes.reserved_cores[#]", i, "core %lld is reserved twice",
                    (long long)r->v[i]);
    }
    if ((cores && (int64_t)r->n >= cores) || r->n > SITE_MOST_SLOTS)
        fit_error(f, "nodes.reserved_cores", 0, "no core is left for tasks");
}

/* A node that nobody has is a slip of the pen, and a shim keeps a record of each core and GPU. */
static void
check_sizes(const struct fit *f)
{
    const struct site_profile *p = f->p;
    int64_t threads = p->nodes.threads_per_core ? p->nodes.threads_per_core : 1;
    if (p->nodes.slots > SITE_MOST_SLOTS)
        diag_help(fit_error(f, "nodes.slots", 0, "a node has %d slots at most", SITE_MOST_SLOTS),
            "write how many tasks may run at once on a node, or cores, or threads");
    if (p->nodes.cores > SITE_MOST_SLOTS || p->nodes.cores * threads > SITE_MOST_SLOTS)
        diag_help(fit_error(f, "nodes.cores", 0,
                      "a node has %d cores at most, each thread counted as one", SITE_MOST_SLOTS),
            "write the figures of one node, not of the machine");
    if (p->nodes.gpus > SITE_MOST_GPUS)
        diag_help(fit_error(f, "nodes.gpus", 0, "a node has %d GPUs at most", SITE_MOST_GPUS),
            "write the figure of one node, not of the machine");
}

static void
check_nodes(const struct fit *f)
{
    const struct site_profile *p = f->p;
    const char *const open[] = {"cores", "threads_per_core", "memory_gib"};
    const bool missing[] = {!p->nodes.cores, !p->nodes.threads_per_core, !p->nodes.memory};
    for (size_t i = 0; i < 3 && !p->nodes.detected; i++)
        if (missing[i]) {
            char path[64];
            snprintf(path, sizeof path, "nodes.%s", open[i]);
            struct diag *m =
                fit_error(f, path, 0, "'%s' of a node must be a number above 0", open[i]);
            diag_help(m, "write the figure; or 'detected: true' in 'nodes', to ask the machine");
        }
    if (p->nodes.memory && p->nodes.reserve >= p->nodes.memory) {
        const char *reserve = "nodes.memory_reserve_gib";
        bool given = fit_given(f, reserve);
        struct diag *m = fit_error(f, given ? reserve : "nodes.memory_gib", 0,
            "nothing is left for tasks: %.4g GiB less a reserve of %.4g GiB",
            (double)p->nodes.memory / 1073741824.0, (double)p->nodes.reserve / 1073741824.0);
        if (!given)
            diag_help(m, "say what the system keeps for itself here: memory_reserve_gib: %.2g",
                (double)p->nodes.memory / 1073741824.0 / 10);
    }
    if (p->nodes.count != SITE_NONE && p->nodes.max_per_job > p->nodes.count)
        fit_error(f, "nodes.max_per_job", 0, "a job may have %lld nodes, but there are %lld",
            (long long)p->nodes.max_per_job, (long long)p->nodes.count);
    check_sizes(f);
    check_reserved(f);
    for (size_t i = 0; i < p->nodes.local_storage.n; i++)
        if (p->nodes.local_storage.v[i].kind == SITE_STORAGE_RAM &&
            !p->nodes.local_storage.v[i].counts_as_memory)
            fit_error(f, "nodes.local_storage[#].counts_as_memory", i,
                "files in RAM take away memory of the node");
}

/* --- queues --- */

static void
check_tiers(const struct fit *f, const struct site_queue *q, size_t i)
{
    for (size_t j = 0; j < q->tiers.n; j++) {
        const struct site_tier *t = &q->tiers.v[j];
        char path[64];
        snprintf(path, sizeof path, "queues[%zu].tiers[#].min_nodes", i);
        if (j > 0 && t->min_nodes <= t[-1].min_nodes)
            diag_help(fit_error(f, path, j, "tiers of queue '%s' do not ascend", q->name),
                "order them by min_nodes, each larger than the one before");
        if (q->max_nodes != SITE_NONE && t->min_nodes > q->max_nodes)
            fit_error(f, path, j, "queue '%s' has no jobs of %lld nodes: max_nodes is %lld",
                q->name, (long long)t->min_nodes, (long long)q->max_nodes);
        snprintf(path, sizeof path, "queues[%zu].tiers[#].max_walltime", i);
        if (t->max_walltime > q->max_walltime)
            fit_error(f, path, j, "a tier of queue '%s' allows more than its max_walltime",
                q->name);
    }
    if (q->tiers.n && q->min_nodes < q->tiers.v[0].min_nodes) {
        struct diag *m = fit_error(f, "queues[#].min_nodes", i,
            "no tier of queue '%s' tells the walltime of a job of %lld node%s", q->name,
            (long long)q->min_nodes, q->min_nodes == 1 ? "" : "s");
        diag_help(m, "let min_nodes of the queue and of its first tier be the same");
    }
}

static void
check_queue_nodes(const struct fit *f, const struct site_queue *q, size_t i)
{
    int64_t most = f->p->nodes.max_per_job;
    if (q->max_nodes != SITE_NONE && q->max_nodes < q->min_nodes)
        fit_error(f, "queues[#].max_nodes", i, "queue '%s' takes from %lld to %lld nodes", q->name,
            (long long)q->min_nodes, (long long)q->max_nodes);
    else if (q->max_nodes != SITE_NONE && most != SITE_NONE && q->max_nodes > most)
        fit_error(f, "queues[#].max_nodes", i,
            "queue '%s' takes %lld nodes, but a job may have %lld at this site", q->name,
            (long long)q->max_nodes, (long long)most);
    else if (most != SITE_NONE && q->min_nodes > most)
        fit_error(f, "queues[#].min_nodes", i,
            "queue '%s' takes %lld nodes or more, but a job may have %lld at this site", q->name,
            (long long)q->min_nodes, (long long)most);
}

static void
check_queue(const struct fit *f, const struct site_queue *q, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (strcmp(f->p->queues.v[j].name, q->name) == 0) {
            fit_error(f, "queues[#].name", i, "there are two queues '%s'", q->name);
            break;
        }
    check_queue_nodes(f, q, i);
    if (!q->max_walltime)
        diag_help(fit_error(f, "queues[#]", i, "queue '%s' has no max_walltime", q->name),
            "write max_walltime: \"HH:MM:SS\", or tiers");
    else if (q->max_walltime < q->min_walltime)
        fit_error(f, "queues[#].max_walltime", i,
            "max_walltime of queue '%s' is below its "
            "min_walltime",
            q->name);
    if (q->max_running != SITE_NONE && q->max_queued != SITE_NONE &&
        q->queued_counts == SITE_COUNTED_ALL && q->max_running > q->max_queued)
        fit_error(f, "queues[#].max_running", i,
            "queue '%s' lets %lld jobs run, but only %lld be there", q->name,
            (long long)q->max_running, (long long)q->max_queued);
    if (q->aliases_of &&
        (strcmp(q->aliases_of, q->name) == 0 || !site_queue_find(f->p, q->aliases_of)))
        fit_error(f, "queues[#].aliases_of", i, "there is no other queue '%s'", q->aliases_of);
    check_tiers(f, q, i);
}

static void
check_queues(const struct fit *f)
{
    const struct site_queue *standard = NULL;
    for (size_t i = 0; i < f->p->queues.n; i++) {
        const struct site_queue *q = &f->p->queues.v[i];
        check_queue(f, q, i);
        if (q->is_default && standard)
            diag_help(fit_error(f, "queues[#].default", i,
                          "queues '%s' and '%s' are both the default", standard->name, q->name),
                "remove one 'default: true'");
        standard = q->is_default ? q : standard;
    }
}

/* --- the rest --- */

static void
check_container(const struct fit *f, const struct site_container *c, size_t i)
{
    static const unsigned forms[] = {
        [SITE_RUNTIME_NONE] = ~0u,
        [SITE_RUNTIME_SHIFTER] = 1u << SITE_IMAGE_REGISTRY,
        [SITE_RUNTIME_SINGULARITY] = ~0u,
        [SITE_RUNTIME_APPTAINER] = ~0u,
        [SITE_RUNTIME_PODMAN_HPC] = 1u << SITE_IMAGE_REGISTRY,
        [SITE_RUNTIME_CHARLIECLOUD] =
            1u << SITE_IMAGE_REGISTRY | 1u << SITE_IMAGE_DIR | 1u << SITE_IMAGE_SQUASHFS,
        [SITE_RUNTIME_DOCKER] = 1u << SITE_IMAGE_REGISTRY,
        [SITE_RUNTIME_PODMAN] = 1u << SITE_IMAGE_REGISTRY,
    };
    const char *runtime = site_word_name("containers[].runtime", c->runtime);
    if (!(forms[c->runtime] & 1u << c->image_form))
        fit_error(f, "containers[#].image_form", i, "%s runs no images of the form '%s'", runtime,
            site_word_name("containers[].image_form", c->image_form));
    if (c->via == SITE_BY_DIRECTIVE && c->runtime != SITE_RUNTIME_SHIFTER)
        diag_help(fit_error(f, "containers[#].via", i, "no directive starts %s", runtime),
            "write 'via: exec'");
    if (c->local_copy != SITE_COPY_NONE && c->image_form != SITE_IMAGE_SIF &&
        c->image_form != SITE_IMAGE_SQUASHFS)
        diag_help(fit_error(f, "containers[#].local_copy", i,
                      "only files are copied, and no image of "
                      "the form '%s'",
                      site_word_name("containers[].image_form", c->image_form)),
            "write 'image_form: sif', or 'squashfs' for Charliecloud, or 'local_copy: none'");
    char path[64];
    snprintf(path, sizeof path, "containers[%zu].inherit_env", i);
    if (c->inherit_env && (c->runtime == SITE_RUNTIME_DOCKER || c->runtime == SITE_RUNTIME_PODMAN ||
                              c->runtime == SITE_RUNTIME_PODMAN_HPC))
        diag_help(fit_error(f, path, 0,
                      "containers of %s see no variables but those that they are given", runtime),
            "leave it out, and give tasks what they need with 'env'");
    bool disk = c->local_copy != SITE_COPY_SSD;
    for (size_t j = 0; j < f->p->nodes.local_storage.n && !disk; j++)
        disk = f->p->nodes.local_storage.v[j].kind != SITE_STORAGE_RAM;
    if (!disk)
        fit_error(f, "containers[#].local_copy", i,
            "nodes have no local_storage of kind ssd or nvme");
}

static void
check_paths(const struct fit *f)
{
    const struct site_profile *p = f->p;
    for (size_t i = 0; i < p->nodes.local_storage.n; i++)
        if (!strchr("/$", p->nodes.local_storage.v[i].path[0]))
            diag_help(fit_error(f, "nodes.local_storage[#].path", i, "'%s' is no place on a node",
                          p->nodes.local_storage.v[i].path),
                "write it from '/' on, or from a variable such as $TMPDIR");
    for (size_t i = 0; i < p->filesystems.n; i++)
        if (p->filesystems.v[i].path[0] != '/')
            diag_help(fit_error(f, "filesystems[#].path", i, "'%s' is no place of a file system",
                          p->filesystems.v[i].path),
                "write it from '/' on, as nodes see it");
}

static void
check_rest(const struct fit *f)
{
    const struct site_profile *p = f->p;
    check_paths(f);
    for (size_t i = 0; i < p->containers.n; i++)
        check_container(f, &p->containers.v[i], i);
    for (size_t i = 1; i < p->filesystems.n; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(p->filesystems.v[i].name, p->filesystems.v[j].name) == 0)
                fit_error(f, "filesystems[#].name", i, "there are two file systems '%s'",
                    p->filesystems.v[i].name);
    if (p->retired_on && p->status != SITE_RETIRED)
        diag_help(fit_error(f, "retired_on", 0, "an active site has a day on which it was retired"),
            "write 'status: retired'");
    if (p->time.stop_starting_s < p->time.finish_by_s)
        fit_error(f, "time.stop_starting_s", 0,
            "tasks are still started %lld s before the end, but all is stopped %lld s before it",
            (long long)p->time.stop_starting_s, (long long)p->time.finish_by_s);
}

/* Nodes, queues, containers: figures against each other. */
static void
fit_figures(const struct fit *f)
{
    check_nodes(f);
    check_queues(f);
    check_rest(f);
}

void
site_check_fit(struct diags *d, const struct site_profile *p, const struct site_node *root)
{
    struct fit f = {d, p, root};
    fit_figures(&f);
    fit_scheduler(&f);
}
