/* Flux. Sources: its manual pages, and RFC 36 of its project for directives. */
#include "config.h"

#include "codegen/emitter.h"
#include "codegen/read.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static void
want_features(struct draft *d)
{
    const struct job *j = d->job;
    const struct site_texts *c = &j->site->constraints;
    const char *request = j->copy_request;
    struct buf text = {0};
    for (size_t i = 0; i < c->n; i++)
        buf_printf(&text, c->n > 1 ? "%s(%s)" : "%s%s", i ? " and " : "", c->v[i]);
    if (text.n)
        draft_add(d, "--requires", "%s", text.p);
    if (request) {
        struct header h = {0};
        draft_parse(d, "nodes.local_storage[].request", request, &h);
        for (size_t i = 0; i < h.n; i++) {
            if (header_find(&d->want, h.v[i].name))
                draft_refuse(d,
                    "the profile '%s' gives %s twice: for its local storage, and for jobs",
                    j->site->name, h.v[i].name);
            header_set(&d->want, h.v[i].name, h.v[i].value);
        }
        header_free(&h);
    }
    buf_free(&text);
}

static void
want(struct draft *d)
{
    const struct job *j = d->job;
    const struct site_profile *p = j->site;
    struct buf text = {0};
    uint32_t minutes = j->seconds / 60 + (j->seconds % 60 != 0);
    job_name(j, &text);
    draft_add(d, "--job-name", "%s", text.p);
    if (j->account)
        draft_add(d, "--bank", "%s", j->account);
    if (j->queue && p->scheduler.queue_via != SITE_VIA_NONE)
        draft_add(d, "--queue", "%s", j->queue->name);
    draft_add(d, "--nodes", "%u", j->nodes); /* alone: whole nodes */
    if (p->scheduler.needs_tasks)
        draft_add(d, "--nslots", "%u", j->nodes);
    if (p->scheduler.exclusive == SITE_EXCLUSIVE_REQUEST || p->scheduler.needs_tasks)
        draft_add(d, "--exclusive", NULL);
    draft_add(d, "--time-limit", "%u%s", minutes,
        p->time.directive_format == SITE_TIME_FSD ? "m" : "");
    want_features(d);
    if (strstr(j->dir, "{{"))
        draft_refuse(d,
            "Flux takes '{{' in the name of a file for output for the beginning of a "
            "variable, and the folder is '%s'; build elsewhere with -o DIR",
            j->dir);
    buf_reset(&text);
    job_output(j, "{{id.dec}}", 0, &text); /* as wflc shows it; and names of files stay ASCII */
    draft_add(d, "--output", "%s", text.p);
    buf_free(&text);
}

/* Quotes are those of a shell; three of them in a row mean something else, and cannot come. */
static void
write_option(struct sh *s, const struct header_option *o)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-+=./,:@%";
    sh_raw(s, "#flux: ");
    sh_raw(s, o->name);
    if (o->value) {
        struct buf text = {0};
        const char *quote = *o->value && strspn(o->value, plain) == strlen(o->value) ? ""
                            : strchr(o->value, '\'')                                 ? "\""
                                                                                     : "'";
        buf_puts(&text, quote);
        for (const char *p = o->value; *p; p++) {
            if (*quote == '"' && strchr("\"\\$`", *p))
                buf_putc(&text, '\\');
            buf_putc(&text, *p);
        }
        buf_puts(&text, quote);
        sh_raw(s, "=");
        sh_value(s, o->name, text.p);
        buf_free(&text);
    }
    sh_end(s);
}

/* Minutes, or a number with its unit. */
static int64_t
seconds(const char *text)
{
    char *end;
    if (!isdigit((unsigned char)*text))
        return -1;
    long long n = strtoll(text, &end, 10);
    if (n > 1000000000)
        return -1;
    if (!*end)
        return n * 60;
    if (end[1])
        return -1;
    switch (*end) {
    case 's':
        return n;
    case 'm':
        return n * 60;
    case 'h':
        return n * 3600;
    case 'd':
        return n * 86400;
    default:
        return -1;
    }
}

/* FLUX_JOB_ID is that of what runs within a job; the job itself is an instance of Flux. The list
 * has a line for each state of nodes. */
static void
within(struct sh *s)
{
    sh_code(s,
        "id=${FLUX_ENCLOSING_ID:?this script runs as a job of Flux: start it with submit.sh}");
    sh_code(s, "id=$(flux job id --to=dec \"$id\") || id=$FLUX_ENCLOSING_ID");
    sh_code(s,
        "nnodes=$(flux resource list -n -o '{nnodes}' | awk '{ n += $1 } END { print n + 0 }')");
}

static bool
hosts(struct sh *s)
{
    sh_code(s, "hostfile=$here/state/jobs/$id.hosts");
    sh_code(s, "flux hostlist -e instance >\"$hostfile\"");
    return true;
}

const struct emitter emitter_flux = {
    .name = "Flux",
    .interpreter = "/bin/bash",
    .want = want,
    .write = write_option,
    .read = flux_read,
    .read_line = flux_read_line,
    .walltime = "--time-limit",
    .seconds = seconds,
    .within = within,
    .hosts = hosts,
    .ended_by = "TERM",
    /* the job is an instance of its own, and has only its own jobs */
    .parent =
        "FLUX_URI=$(flux getattr parent-uri) && export FLUX_URI && unset FLUX_KVS_NAMESPACE &&",
};
