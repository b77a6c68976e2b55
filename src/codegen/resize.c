/* The same script for jobs of another size. */
#include "config.h"

#include "codegen/emitter.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct resizing {
    const struct emitter *emitter;
    const struct job *from, *to;
    struct header head; /* as it is to be */
    struct buf script;
    bool good;
};

/* A line of the head, as the emitter writes it; empty: it cannot. */
static void
line_of(const struct resizing *r, const struct header_option *o, struct buf *line)
{
    struct sh s;
    sh_begin(&s, "");
    size_t from = s.out.n;
    r->emitter->write(&s, o);
    if (!s.why.n)
        buf_add(line, s.out.p + from, s.out.n - from);
    sh_free(&s);
}

/* Replaces what must be there once: `from`, which may end with a line. */
static void
replace(struct resizing *r, const struct buf *from, const struct buf *to)
{
    struct buf text = {0};
    const char *at = from->n ? strstr(r->script.p, from->p) : NULL;
    if (!at || strstr(at + 1, from->p)) {
        r->good = false;
        return;
    }
    buf_add(&text, r->script.p, (size_t)(at - r->script.p));
    buf_add(&text, to->p, to->n);
    buf_puts(&text, at + from->n);
    buf_free(&r->script);
    r->script = text;
}

/* Another value for the option; NULL: it is taken out. */
static void
set(struct resizing *r, const char *name, const char *value)
{
    const struct header_option *old = header_find(&r->head, name);
    struct buf from = {0}, to = {0};
    if (!old)
        return;
    line_of(r, old, &from);
    if (value)
        line_of(r, &(struct header_option){(char *)(uintptr_t)name, (char *)(uintptr_t)value}, &to);
    buf_add(&to, "", 0);
    replace(r, &from, &to);
    if (value)
        header_set(&r->head, name, value);
    else
        header_drop(&r->head, name);
    buf_free(&from);
    buf_free(&to);
}

/* The number at the begin of the value, which counts so many things for each node. */
static void
set_nodes(struct resizing *r, const char *name)
{
    const struct header_option *o = header_find(&r->head, name);
    struct buf text = {0};
    char *rest = NULL;
    unsigned long long n = o && o->value ? strtoull(o->value, &rest, 10) : 0;
    if (!o)
        return;
    if (!n || n % r->from->nodes) {
        r->good = false;
        return;
    }
    buf_printf(&text, "%llu%s", n / r->from->nodes * r->to->nodes, rest);
    set(r, name, text.p);
    buf_free(&text);
}

/* In the form that it has. */
static void
set_walltime(struct resizing *r)
{
    const struct header_option *o = header_find(&r->head, r->emitter->walltime);
    struct buf text = {0};
    if (!o || !o->value) {
        r->good = false;
        return;
    }
    if (strchr(o->value, ':'))
        job_hms(r->to, &text);
    else
        buf_printf(&text, "%u%s", r->to->seconds / 60, strchr(o->value, 'm') ? "m" : "");
    r->good = r->good && r->emitter->seconds(text.p) == r->to->seconds;
    set(r, r->emitter->walltime, text.p);
    buf_free(&text);
}

/* When a job is warned depends on how long it is. */
static void
set_warning(struct resizing *r)
{
    int64_t before = job_warning(r->to);
    const struct header_option *o = header_find(&r->head, "--signal");
    const char *at = o && o->value ? strchr(o->value, '@') : NULL;
    struct buf text = {0};
    if (at && before)
        buf_printf(&text, "%.*s@%" PRId64, (int)(at - o->value), o->value, before);
    if (at)
        set(r, "--signal", before ? text.p : NULL);
    buf_reset(&text);
    buf_printf(&text, "%" PRId64, (before + 59) / 60);
    if (r->to->site->scheduler.kind == SITE_LSF) {
        set(r, "-wt", before ? text.p : NULL);
        if (!before)
            set(r, "-wa", NULL);
    }
    buf_free(&text);
}

/* Where the script itself tells its end, in `form` of a number of seconds. */
static void
set_seconds(struct resizing *r, const char *before, const char *after)
{
    struct buf from = {0}, to = {0};
    buf_printf(&from, "%s%u%s", before, r->from->seconds, after);
    buf_printf(&to, "%s%u%s", before, r->to->seconds, after);
    if (strstr(r->script.p, from.p))
        replace(r, &from, &to);
    buf_free(&from);
    buf_free(&to);
}

bool
job_resize(const struct job *from, const struct job *to, const struct buf *script, struct buf *out,
    struct buf *why)
{
    static const char *const counts[] = {"--nodes", "--ntasks", "--nodecount", "-nnodes", "-n",
        "--nslots", "-l select"};
    struct resizing r = {emitter_of(to->site->scheduler.kind), from, to, .good = true};
    struct header got = {0};
    if (r.emitter && script->n && r.emitter->read(script->p, script->n, &r.head, why)) {
        buf_add(&r.script, script->p, script->n);
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
            set_nodes(&r, counts[i]);
        set_walltime(&r);
        set_warning(&r);
        set_seconds(&r, "end=$((start + ", "))\n");
        set_seconds(&r, "left=", "\n");
        r.good = r.good && r.emitter->read(r.script.p, r.script.n, &got, why) &&
                 header_same(&r.head, &got, why);
        if (r.good)
            buf_add(out, r.script.p, r.script.n);
    } else {
        r.good = false;
    }
    if (!r.good && !why->n)
        buf_puts(why, "its head is not as wflc build writes it");
    header_free(&r.head);
    header_free(&got);
    buf_free(&r.script);
    return r.good;
}
