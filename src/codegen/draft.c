/* What emitters have in common when they say what they want. */
#include "config.h"

#include "codegen/emitter.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

void
draft_refuse(struct draft *d, const char *fmt, ...)
{
    va_list ap;
    if (d->why.n)
        return;
    va_start(ap, fmt);
    buf_vprintf(&d->why, fmt, ap);
    va_end(ap);
}

void
draft_add(struct draft *d, const char *name, const char *fmt, ...)
{
    struct buf value = {0};
    va_list ap;
    if (fmt) {
        va_start(ap, fmt);
        buf_vprintf(&value, fmt, ap);
        va_end(ap);
    }
    header_set(&d->want, name, fmt ? value.n ? value.p : "" : NULL);
    buf_free(&value);
}

bool
draft_forbids(const struct draft *d, const char *name)
{
    const struct site_texts *no = &d->job->site->scheduler.forbid;
    for (size_t i = 0; i < no->n; i++) {
        struct header h = {0};
        struct buf why = {0};
        /* "-N" is --nodes, and takes a number; "-l" is each resource of PBS */
        static const char *const with[] = {"", " 1", " x=1"};
        size_t n = strlen(no->v[i]);
        bool same = strncmp(no->v[i], name, n) == 0 && (!name[n] || name[n] == ' ');
        for (size_t k = 0; k < sizeof with / sizeof *with && !same; k++) {
            struct buf text = {0};
            buf_printf(&text, "%s%s", no->v[i], with[k]);
            buf_reset(&why);
            if (d->emitter->read_line(text.p, &h, &why))
                same = header_find(&h, name) != NULL;
            header_free(&h);
            buf_free(&text);
        }
        buf_free(&why);
        if (same)
            return true;
    }
    return false;
}

void
draft_parse(struct draft *d, const char *key, const char *text, struct header *h)
{
    struct buf why = {0};
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            buf_printf(&why, why.n ? "" : "it has a control character in it");
    if (why.n || !d->emitter->read_line(text, h, &why))
        draft_refuse(d, "%s would refuse '%s' of the profile '%s' (%s): %s; correct %s there",
            d->emitter->name, text, d->job->site->name, key, why.p, key);
    buf_free(&why);
}

void
draft_raw(struct draft *d, const char *key, const struct site_texts *texts)
{
    for (size_t i = 0; i < texts->n; i++) {
        struct header h = {0};
        draft_parse(d, key, texts->v[i], &h);
        for (size_t j = 0; j < h.n; j++) {
            if (header_find(&d->want, h.v[j].name))
                draft_refuse(d,
                    "'%s' of the profile '%s' (%s) sets %s, which is set already; take it out "
                    "there",
                    texts->v[i], d->job->site->name, key, h.v[j].name);
            header_set(&d->want, h.v[j].name, h.v[j].value);
        }
        header_free(&h);
    }
}

/* --- values --- */

void
job_name(const struct job *j, struct buf *out)
{
    job_name_make(j->campaign, "", j->site->scheduler.job_name_max, out);
}

void
job_name_make(const char *campaign, const char *tail, int64_t max, struct buf *name)
{
    size_t room = max > (int64_t)strlen(tail) ? (size_t)max - strlen(tail) : 0, begin = name->n;
    if (!isalpha((unsigned char)*campaign) && room)
        buf_putc(name, 'c');
    for (; *campaign && name->n - begin < room; campaign++) {
        unsigned char c = (unsigned char)*campaign;
        buf_putc(name, c < 128 && (isalnum(c) || strchr("_.-", c)) ? *campaign : '_');
    }
    buf_puts(name, name->n > begin || !*tail ? tail : tail + 1); /* no "-" first */
}

void
job_output(const struct job *j, const char *id, char special, struct buf *out)
{
    for (const char *p = j->dir; *p; p++) {
        buf_putc(out, *p);
        if (special && *p == special)
            buf_putc(out, special);
    }
    buf_puts(out, "/state/jobs/");
    for (const char *p = j->site->scheduler.output_template; *p;) {
        if (strncmp(p, "{name}", 6) == 0) {
            job_name(j, out);
            p += 6;
        } else if (strncmp(p, "{id}", 4) == 0) {
            buf_puts(out, id);
            p += 4;
        } else {
            buf_putc(out, *p++);
        }
    }
}

void
job_hms(const struct job *j, struct buf *out)
{
    uint32_t minutes = j->seconds / 60 + (j->seconds % 60 != 0);
    buf_printf(out, "%02u:%02u:00", minutes / 60, minutes % 60);
}

void
job_tokens(const struct job *j, const char *separator, struct buf *out)
{
    size_t start = out->n;
    if (j->site->token_syntax == SITE_TOKEN_NONE)
        return;
    for (size_t i = 0; i < j->site->filesystems.n; i++) {
        const char *token = j->site->filesystems.v[i].token;
        if (token)
            buf_printf(out, "%s%s", out->n > start ? separator : "", token);
    }
}

int64_t
job_warning(const struct job *j)
{
    int64_t before = j->site->time.warn_before_s, most = (int64_t)j->seconds / 4;
    bool early = j->site->time.warn_slack_s >= (int64_t)j->seconds / 2;
    return !j->site->time.warn_signal || early ? 0 : before < most ? before : most;
}

bool
job_requeue(const struct job *j)
{
    return j->site->scheduler.requeue || (j->queue && j->queue->preemptible);
}

bool
job_setup(const struct job *j, struct sh *s)
{
    bool any = false;
    for (size_t i = 0; i < j->ncontainers; i++)
        for (size_t k = 0; k < j->container[i]->setup.n; k++, any = true)
            sh_profile_line(s, "containers[].setup", j->container[i]->setup.v[k]);
    return any;
}

const char *
job_launcher(const struct job *j)
{
    const char *name = j->site->launch.argv.n ? j->site->launch.argv.v[0] : "";
    const char *slash = strrchr(name, '/');
    return slash ? slash + 1 : name;
}

unsigned
clock_fields(const char *text, int64_t *field)
{
    unsigned n = 0;
    for (const char *p = text; n < 4; p++) {
        if (!isdigit((unsigned char)*p))
            return 0;
        for (field[n] = 0; isdigit((unsigned char)*p); p++) {
            field[n] = field[n] * 10 + (*p - '0');
            if (field[n] > 1000000000)
                return 0;
        }
        n++;
        if (!*p)
            return n;
        if (*p != ':')
            return 0;
    }
    return 0;
}
