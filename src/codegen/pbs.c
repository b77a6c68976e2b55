/* PBS Professional and OpenPBS. Sources: OpenPBS; the guides of ALCF. */
#include "config.h"

#include "codegen/emitter.h"
#include "codegen/read.h"

#include <string.h>

/* Resources of a chunk: the profile's attributes, and the disk that is asked for. */
static void
want_select(struct draft *d)
{
    const struct job *j = d->job;
    const struct site_pairs *attrs = &j->site->attrs;
    const char *request = j->copy_request;
    struct buf text = {0};
    bool ncpus = j->site->scheduler.exclusive != SITE_EXCLUSIVE_REQUEST;
    buf_printf(&text, "%u", j->nodes);
    for (size_t i = 0; i < attrs->n; i++)
        ncpus = ncpus || strcmp(attrs->v[i].name, "ncpus") == 0;
    if (!ncpus) /* of one chunk, which is a node; without it a job might be held to one core */
        buf_printf(&text, ":ncpus=%lld", (long long)j->site->nodes.cores);
    for (size_t i = 0; i < attrs->n; i++) {
        if (strpbrk(attrs->v[i].name, ":+=, \t\"'\\") || strpbrk(attrs->v[i].value, ":+=, \t\"'\\"))
            draft_refuse(d,
                "PBS takes no ':', '+', '=', ',', quote or blank in the resource %s=%s of "
                "the profile '%s'",
                attrs->v[i].name, attrs->v[i].value, j->site->name);
        buf_printf(&text, ":%s=%s", attrs->v[i].name, attrs->v[i].value);
    }
    if (request) {
        if (strpbrk(request, "+, \t\"'\\") || !strchr(request, '='))
            draft_refuse(d,
                "'%s' is no resource of a chunk of PBS (nodes.local_storage[].request of "
                "the profile '%s'); write name=value",
                request, j->site->name);
        buf_printf(&text, ":%s", request);
    }
    draft_add(d, "-l select", "%s", text.p);
    draft_add(d, "-l place", "%s",
        j->site->scheduler.exclusive == SITE_EXCLUSIVE_REQUEST ? "scatter:excl" : "scatter");
    buf_free(&text);
}

/* A folder: PBS names the file in it after the id, which cannot be in a name that is given. */
static void
want_output(struct draft *d)
{
    if (strpbrk(d->job->dir, ":"))
        draft_refuse(d,
            "PBS takes what is before a ':' for a host, and the folder is '%s'; build "
            "elsewhere with -o DIR",
            d->job->dir);
    draft_add(d, "-o", "%s/state/jobs/", d->job->dir);
    draft_add(d, "-j", "oe");
}

static void
want(struct draft *d)
{
    const struct job *j = d->job;
    struct buf text = {0};
    job_name(j, &text);
    draft_add(d, "-N", "%s", text.p);
    if (j->account)
        draft_add(d, "-A", "%s", j->account);
    if (j->queue && j->site->scheduler.queue_via != SITE_VIA_NONE)
        draft_add(d, "-q", "%s", j->queue->name);
    want_select(d);
    buf_reset(&text);
    job_hms(j, &text);
    draft_add(d, "-l walltime", "%s", text.p);
    buf_reset(&text);
    job_tokens(j, ":", &text);
    if (text.n)
        draft_add(d, "-l filesystems", "%s", text.p);
    want_output(d);
    draft_add(d, "-r", job_requeue(j) ? "y" : "n");
    for (size_t i = 0; i < d->want.n; i++) {
        const char *v = d->want.v[i].value;
        if (v && (strpbrk(v, "\\\"") || (!strncmp(d->want.v[i].name, "-l", 2) && strchr(v, ','))))
            draft_refuse(d,
                "PBS has no way to write a '\\', a '\"' or a ',' in the value of %s, which is "
                "'%s'%s",
                d->want.v[i].name, v,
                strcmp(d->want.v[i].name, "-o") == 0 ? "; build elsewhere with -o DIR" : "");
    }
    buf_free(&text);
}

static void
write_option(struct sh *s, const struct header_option *o)
{
    sh_raw(s, "#PBS ");
    sh_raw(s, o->name);
    if (o->value) {
        struct buf text = {0};
        bool plain = *o->value && !strpbrk(o->value, " \t'#$`&;|<>()*?[]{}~");
        /* a resource is name=value, one word */
        buf_printf(&text, "%s%s%s%s", o->name[2] ? "=" : " ", plain ? "" : "\"", o->value,
            plain ? "" : "\"");
        sh_value(s, o->name, text.p);
        buf_free(&text);
    }
    sh_end(s);
}

static int64_t
seconds(const char *text)
{
    int64_t f[4];
    switch (clock_fields(text, f)) {
    case 1:
        return f[0];
    case 2:
        return f[0] * 60 + f[1];
    case 3:
        return (f[0] * 60 + f[1]) * 60 + f[2];
    default:
        return -1;
    }
}

static void
within(struct sh *s)
{
    sh_code(s, "id=${PBS_JOBID:?this script runs as a job of PBS: start it with submit.sh}");
    sh_code(s, "nnodes=$(($(sort -u \"$PBS_NODEFILE\" | wc -l)))");
}

static bool
hosts(struct sh *s)
{
    sh_code(s, "hostfile=$PBS_NODEFILE");
    return true;
}

const struct emitter emitter_pbs = {
    .name = "PBS",
    .interpreter = "/bin/bash",
    .want = want,
    .write = write_option,
    .read = pbs_read,
    .read_line = pbs_read_line,
    .walltime = "-l walltime",
    .seconds = seconds,
    .within = within,
    .hosts = hosts,
    .forward = "[ -z \"$pid\" ] || kill -USR2 \"$pid\"", /* what qsig sends; launchers pass it on */
    .warned_by = "USR1",
    .ended_by = "TERM",
    .unset = "OMP_NUM_THREADS", /* preset to the processors of a chunk, for every task */
};
