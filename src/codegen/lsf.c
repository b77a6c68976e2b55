/* IBM Spectrum LSF 10.1: with jsrun, as on Summit, and without it. Source: its documentation. */
#include "config.h"

#include "codegen/emitter.h"
#include "codegen/read.h"

#include <string.h>

/* jsrun comes with jobs that are counted in nodes; other launchers with tasks, so many a node. */
static bool
counts_nodes(const struct job *j)
{
    return strcmp(job_launcher(j), "jsrun") == 0 && !j->site->scheduler.needs_tasks;
}

static void
want_nodes(struct draft *d)
{
    const struct job *j = d->job;
    const char *request = j->copy_request;
    struct buf text = {0};
    bool nodes = counts_nodes(j);
    for (size_t i = 0; i < j->site->constraints.n; i++)
        buf_printf(&text, "%s%s", text.n ? nodes ? " " : " && " : "", j->site->constraints.v[i]);
    if (request && !(text.n && strstr(text.p, request)))
        buf_printf(&text, "%s%s", text.n ? nodes ? " " : " && " : "", request);
    if (nodes) {
        draft_add(d, "-nnodes", "%u", j->nodes);
        if (text.n) /* one option: of several only one would count */
            draft_add(d, "-alloc_flags", "%s", text.p);
    } else {
        long long cores =
            (long long)(j->site->nodes.cores - (int64_t)j->site->nodes.reserved_cores.n);
        draft_add(d, "-n", "%lld", cores * j->nodes);
        if (text.n)
            draft_add(d, "-R", "select[%s] span[ptile=%lld]", text.p, cores);
        else
            draft_add(d, "-R", "span[ptile=%lld]", cores);
        if (j->site->scheduler.exclusive == SITE_EXCLUSIVE_REQUEST)
            draft_add(d, "-x", NULL);
    }
    buf_free(&text);
}

static void
want(struct draft *d)
{
    const struct job *j = d->job;
    const struct site_profile *p = j->site;
    struct buf text = {0};
    job_name(j, &text);
    draft_add(d, "-J", "%s", text.p);
    if (j->account)
        draft_add(d, "-P", "%s", j->account);
    if (j->queue && p->scheduler.queue_via != SITE_VIA_NONE)
        draft_add(d, "-q", "%s", j->queue->name);
    want_nodes(d);
    draft_add(d, "-W", "%u", j->seconds / 60 + (j->seconds % 60 != 0));
    if (strchr(j->dir, '%'))
        draft_refuse(d,
            "LSF takes a '%%' in the name of a file for output for a number of the job, "
            "and the folder is '%s'; build elsewhere with -o DIR",
            j->dir);
    buf_reset(&text);
    job_output(j, "%J", 0, &text);
    draft_add(d, "-o", "%s", text.p);
    draft_add(d, job_requeue(d->job) ? "-r" : "-rn", NULL);
    if (job_warning(j)) {
        draft_add(d, "-wa", "%s", p->time.warn_signal);
        draft_add(d, "-wt", "%lld", (long long)(job_warning(j) + 59) / 60);
    }
    for (size_t i = 0; i < d->want.n; i++)
        if (d->want.v[i].value && strpbrk(d->want.v[i].value, "\"\\$`"))
            draft_refuse(d,
                "what LSF makes of a '\"', '\\', '$' or '`' in the value of %s is not known, and "
                "it is '%s'%s",
                d->want.v[i].name, d->want.v[i].value,
                strcmp(d->want.v[i].name, "-o") == 0 ? "; build elsewhere with -o DIR" : "");
    buf_free(&text);
}

static void
write_option(struct sh *s, const struct header_option *o)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-+=./,:@%";
    sh_raw(s, "#BSUB ");
    sh_raw(s, o->name);
    if (o->value) {
        bool bare = *o->value && strspn(o->value, plain) == strlen(o->value);
        sh_raw(s, bare ? " " : " \"");
        sh_value(s, o->name, o->value);
        sh_raw(s, bare ? "" : "\"");
    }
    sh_end(s);
}

static int64_t
seconds(const char *text)
{
    int64_t f[4];
    switch (clock_fields(text, f)) {
    case 1:
        return f[0] * 60;
    case 2:
        return (f[0] * 60 + f[1]) * 60;
    default:
        return -1;
    }
}

/* The file has a line for each slot, and where jobs have a batch node, that one first. */
static void
within(struct sh *s)
{
    sh_code(s, "id=${LSB_JOBID:?this script runs as a job of LSF: start it with submit.sh}");
    sh_code(s, "nnodes=$(sort -u \"$LSB_DJOB_HOSTFILE\" | grep -vc '^batch')");
}

static bool
hosts(struct sh *s)
{
    sh_code(s, "hostfile=$here/state/jobs/$id.hosts");
    sh_code(s, "sort -u \"$LSB_DJOB_HOSTFILE\" | grep -v '^batch' >\"$hostfile\"");
    return true;
}

const struct emitter emitter_lsf = {
    .name = "LSF",
    .interpreter = "/bin/bash",
    .want = want,
    .write = write_option,
    .read = lsf_read,
    .read_line = lsf_read_line,
    .walltime = "-W",
    .seconds = seconds,
    .within = within,
    .hosts = hosts,
    .forward = "[ -z \"$pid\" ] || kill -USR2 \"$pid\"",
    .warned_by = "USR1 USR2", /* USR2: the walltime is over */
    .ended_by = "INT TERM",   /* what bkill sends first */
};
