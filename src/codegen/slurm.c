/* Slurm 22.05 and later. Sources: its manual pages; a small cluster. */
#include "config.h"

#include "codegen/emitter.h"
#include "codegen/read.h"

#include <stdlib.h>
#include <string.h>

static void
want_nodes(struct draft *d)
{
    const struct job *j = d->job;
    struct buf text = {0};
    draft_add(d, "--nodes", "%u", j->nodes);
    if (j->site->scheduler.needs_tasks)
        draft_add(d, "--ntasks", "%u", j->nodes);
    job_hms(j, &text);
    draft_add(d, "--time", "%s", text.p);
    /* whole nodes have all processors, but only the memory that is asked for: 0 is all */
    if (j->site->scheduler.exclusive == SITE_EXCLUSIVE_REQUEST) {
        draft_add(d, "--exclusive", NULL);
        if (!draft_forbids(d, "--mem"))
            draft_add(d, "--mem", "0");
    }
    /* a job that loses a node goes on with the others */
    if (!draft_forbids(d, "--no-kill"))
        draft_add(d, "--no-kill", NULL);
    if (j->gpus && j->site->nodes.gpus)
        draft_add(d, "--gpus-per-node", "%lld", (long long)j->site->nodes.gpus);
    buf_free(&text);
}

/* The features of nodes: those of the profile, and of a disk that is needed. All must hold. */
static void
want_features(struct draft *d)
{
    const struct job *j = d->job;
    const char *request = j->copy_request;
    struct buf all = {0};
    struct header disk = {0};
    if (request)
        draft_parse(d, "nodes.local_storage[].request", request, &disk);
    const struct header_option *o = header_find(&disk, "--constraint");
    size_t n = j->site->constraints.n;
    for (size_t i = 0; i < n; i++)
        buf_printf(&all, "%s%s", i ? "&" : "", j->site->constraints.v[i]);
    if (o && o->value && (!n || !strstr(all.p, o->value)))
        buf_printf(&all, "%s%s", n ? "&" : "", o->value);
    if (all.n)
        draft_add(d, "--constraint", "%s", all.p);
    for (size_t i = 0; i < disk.n; i++)
        if (&disk.v[i] != o)
            header_set(&d->want, disk.v[i].name, disk.v[i].value);
    header_free(&disk);
    buf_free(&all);
}

/* A "\" in the name of an output file switches "%" off; and there is no way to write a "\". */
static void
want_output(struct draft *d)
{
    struct buf path = {0};
    if (strchr(d->job->dir, '\\'))
        draft_refuse(d,
            "Slurm takes no '\\' in the name of a file for output, and the folder is "
            "'%s'; build elsewhere with -o DIR",
            d->job->dir);
    job_output(d->job, "%j", '%', &path);
    draft_add(d, "--output", "%s", path.p);
    /* a job that is started again keeps what it said before */
    draft_add(d, "--open-mode", "append");
    buf_free(&path);
}

static void
want_end(struct draft *d)
{
    const struct site_profile *p = d->job->site;
    /* B: to the shell of the script alone; every process of the job would be killed by it */
    if (job_warning(d->job))
        draft_add(d, "--signal", "B:%s@%lld", p->time.warn_signal, (long long)job_warning(d->job));
    const struct site_texts *extra[] = {d->job->queue ? &d->job->queue->extra : NULL,
        &p->scheduler.directives};
    for (int i = 0; i < 2; i++)
        for (size_t k = 0; extra[i] && k < extra[i]->n; k++)
            if (strcmp(extra[i]->v[k], "--requeue") == 0 ||
                strcmp(extra[i]->v[k], "--no-requeue") == 0)
                return; /* the profile has decided for this queue */
    draft_add(d, job_requeue(d->job) ? "--requeue" : "--no-requeue", NULL);
}

/* The plugin of Shifter: one instance of the image a node, for all tasks. */
static void
want_image(struct draft *d)
{
    const struct job *j = d->job;
    if (!j->image)
        return;
    bool whole = strncmp(j->image, "docker:", 7) == 0 || strncmp(j->image, "id:", 3) == 0;
    draft_add(d, "--image", "%s%s", whole ? "" : "docker:", j->image);
    if (*j->volumes)
        draft_add(d, "--volume", "%s", j->volumes);
    draft_raw(d, "containers[].extra", &j->container[0]->extra);
}

static void
want(struct draft *d)
{
    const struct job *j = d->job;
    struct buf text = {0};
    job_name(j, &text);
    draft_add(d, "--job-name", "%s", text.p);
    if (j->account)
        draft_add(d, "--account", "%s", j->account);
    if (j->queue && j->site->scheduler.queue_via != SITE_VIA_NONE)
        draft_add(d, j->site->scheduler.queue_via == SITE_VIA_QOS ? "--qos" : "--partition", "%s",
            j->queue->name);
    want_nodes(d);
    want_features(d);
    buf_reset(&text);
    job_tokens(j, ",", &text);
    if (text.n)
        draft_add(d, "--licenses", "%s", text.p);
    want_image(d);
    want_output(d);
    want_end(d);
    buf_free(&text);
}

/* Slurm knows both quotes, and "\" everywhere, within single quotes, too. */
static void
write_option(struct sh *s, const struct header_option *o)
{
    sh_raw(s, "#SBATCH ");
    sh_raw(s, o->name);
    if (o->value) {
        struct buf text = {0};
        bool plain = !strpbrk(o->value, " \t\\\"'#") && *o->value;
        buf_puts(&text, plain ? "=" : "=\"");
        for (const char *p = o->value; *p; p++) {
            if (*p == '\\' || *p == '"')
                buf_putc(&text, '\\');
            buf_putc(&text, *p);
        }
        buf_puts(&text, plain ? "" : "\"");
        sh_value(s, o->name, text.p);
        buf_free(&text);
    }
    sh_end(s);
}

static int64_t
seconds(const char *text)
{
    int64_t f[4], days = 0;
    const char *dash = strchr(text, '-');
    if (dash) {
        char *end;
        days = strtoll(text, &end, 10);
        if (end != dash || end == text || days < 0 || days > 100000)
            return -1;
    }
    unsigned n = clock_fields(dash ? dash + 1 : text, f);
    if (!n || n > 3)
        return -1;
    int64_t h = 0, m = 0, s = 0;
    if (dash) {
        h = f[0], m = n > 1 ? f[1] : 0, s = n > 2 ? f[2] : 0;
    } else if (n == 3) {
        h = f[0], m = f[1], s = f[2];
    } else {
        m = f[0], s = n > 1 ? f[1] : 0;
    }
    int64_t all = ((days * 24 + h) * 60 + m) * 60 + s;
    return (all + 59) / 60 * 60; /* seconds are rounded up to a minute */
}

static void
within(struct sh *s)
{
    sh_code(s, "id=${SLURM_JOB_ID:?this script runs as a job of Slurm: start it with submit.sh}");
    sh_code(s, "nnodes=$SLURM_JOB_NUM_NODES");
}

static bool
hosts(struct sh *s)
{
    sh_code(s, "hostfile=$here/state/jobs/$id.hosts");
    sh_code(s, "scontrol show hostnames \"$SLURM_JOB_NODELIST\" >\"$hostfile\"");
    return true;
}

const struct emitter emitter_slurm = {
    .name = "Slurm",
    .interpreter = "/bin/bash",
    .want = want,
    .write = write_option,
    .read = slurm_read,
    .read_line = slurm_read_line,
    .walltime = "--time",
    .seconds = seconds,
    .within = within,
    .hosts = hosts,
    /* step 0 is the launcher below; every process of it gets the signal, and tasks ignore it */
    .forward = "scancel --signal=USR2 \"$id.0\"",
    .warned_by = "USR1",
    .ended_by = "TERM",
    .node_var = "SLURMD_NODENAME",
};
