/* Cobalt 1.0, as on Theta. Source: its qsub, and how it behaves. */
#include "config.h"

#include "codegen/emitter.h"
#include "codegen/read.h"

#include <string.h>

/* Values are split at blanks and there are no quotes: a second word would be taken for the script,
 * and all that follows would be lost in silence. */
static void
add(struct draft *d, const char *name, const char *value)
{
    if (!*value || strpbrk(value, " \t"))
        draft_refuse(d, "Cobalt takes no blanks in the value of %s, which is '%s'%s", name, value,
            strcmp(name, "--outputprefix") == 0 ? "; build elsewhere with -o DIR" : "");
    draft_add(d, name, "%s", value);
}

struct attributes {
    struct draft *d;
    struct header named; /* each once */
};

static void
attribute(struct attributes *a, const char *name, const char *value)
{
    const struct header_option *o = header_find(&a->named, name);
    if (strpbrk(name, ":= \t") || strpbrk(value, ":= \t"))
        draft_refuse(a->d,
            "Cobalt takes no ':', '=' or blank in the attribute %s=%s of the profile '%s'", name,
            value, a->d->job->site->name);
    if (o && strcmp(o->value, value) != 0)
        draft_refuse(a->d, "the profile '%s' wants the attribute %s to be both %s and %s",
            a->d->job->site->name, name, o->value, value);
    header_set(&a->named, name, value);
}

/* "name=value:name=value", as profiles ask for a disk */
static void
attributes_of_text(struct attributes *a, const char *text)
{
    struct buf name = {0}, value = {0};
    for (const char *p = text; *p;) {
        size_t n = strcspn(p, ":"), eq = strcspn(p, "=:");
        buf_reset(&name);
        buf_reset(&value);
        buf_add(&name, p, eq);
        if (eq < n)
            buf_add(&value, p + eq + 1, n - eq - 1);
        attribute(a, name.p, eq < n ? value.p : "true");
        p += n + (p[n] == ':');
    }
    buf_free(&name);
    buf_free(&value);
}

/* There may be one --attrs in all. */
static void
want_attributes(struct draft *d)
{
    const struct job *j = d->job;
    struct attributes a = {.d = d};
    struct buf text = {0};
    for (size_t i = 0; i < j->site->attrs.n; i++)
        attribute(&a, j->site->attrs.v[i].name, j->site->attrs.v[i].value);
    if (j->copy_request)
        attributes_of_text(&a, j->copy_request);
    job_tokens(j, ",", &text);
    if (text.n)
        attribute(&a, "filesystems", text.p);
    buf_reset(&text);
    for (size_t i = 0; i < a.named.n; i++)
        buf_printf(&text, "%s%s=%s", i ? ":" : "", a.named.v[i].name, a.named.v[i].value);
    if (text.n)
        add(d, "--attrs", text.p);
    header_free(&a.named);
    buf_free(&text);
}

static void
want(struct draft *d)
{
    const struct job *j = d->job;
    struct buf text = {0};
    job_name(j, &text);
    add(d, "--jobname", text.p);
    if (j->account)
        add(d, "--project", j->account);
    if (j->queue && j->site->scheduler.queue_via != SITE_VIA_NONE)
        add(d, "--queue", j->queue->name);
    draft_add(d, "--nodecount", "%u", j->nodes);
    buf_reset(&text);
    job_hms(j, &text);
    add(d, "--time", text.p);
    want_attributes(d);
    /* "$jobid" stands for the id; nothing can stand for a "$" */
    if (strchr(j->dir, '$'))
        draft_refuse(d,
            "Cobalt takes a '$' in the name of a file for a variable, and the folder is "
            "'%s'; build elsewhere with -o DIR",
            j->dir);
    buf_reset(&text);
    job_output(j, "$jobid", 0, &text);
    add(d, "--outputprefix", text.p);
    buf_free(&text);
}

/* By the letter that users know, if there is one. */
static void
write_option(struct sh *s, const struct header_option *o)
{
    static const char *const letters[][2] = {{"--project", "-A"}, {"--queue", "-q"},
        {"--nodecount", "-n"}, {"--time", "-t"}, {"--outputprefix", "-O"}};
    const char *name = o->name;
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (strcmp(name, letters[i][0]) == 0)
            name = letters[i][1];
    sh_raw(s, "#COBALT ");
    sh_raw(s, name);
    if (o->value) {
        sh_raw(s, " ");
        sh_value(s, o->name, o->value);
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
    case 3: /* seconds are dropped */
        return (f[0] * 60 + f[1]) * 60;
    case 4:
        return ((f[0] * 24 + f[1]) * 60 + f[2]) * 60;
    default:
        return -1;
    }
}

static void
within(struct sh *s)
{
    sh_code(s, "id=${COBALT_JOBID:?this script runs as a job of Cobalt: start it with submit.sh}");
    sh_code(s, "nnodes=$COBALT_PARTSIZE");
}

/* On a Cray nodes are told as a list of numbers, and aprun needs no names. */
static bool
hosts(struct sh *s)
{
    (void)s;
    return false;
}

const struct emitter emitter_cobalt = {
    .name = "Cobalt",
    .interpreter = "/bin/bash",
    .want = want,
    .write = write_option,
    .read = cobalt_read,
    .read_line = cobalt_read_line,
    .walltime = "--time",
    .seconds = seconds,
    .within = within,
    .hosts = hosts,
    .forward = "[ -z \"$pid\" ] || kill -USR2 \"$pid\"", /* aprun passes it on */
    .warned_by = "USR1",
    .ended_by = "TERM",
};
