/* Numbers, times and reasons as people read them. */
#include "config.h"

#include "report/words.h"

#include "report/said.h"

#include <math.h>
#include <signal.h>
#include <string.h>
#include <time.h>

const char *
status_state_name(enum status_state s)
{
    static const char *const name[] = {
#define X(id, text) text,
        STATUS_STATES(X)
#undef X
    };
    return (unsigned)s < STATUS_NSTATES ? name[s] : "?";
}

void
status_number(uint64_t n, struct buf *out)
{
    char text[THOUSANDS_SIZE];
    buf_puts(out, thousands(n, text));
}

void
status_counted(uint64_t n, const char *one, const char *many, struct buf *out)
{
    status_number(n, out);
    buf_printf(out, " %s", n == 1 ? one : many);
}

void
status_duration(double s, struct buf *out)
{
    if (!(s >= 0))
        s = 0;
    if (s < 9.95) {
        buf_printf(out, "%.1f s", s);
        return;
    }
    if (s < 99.5) {
        buf_printf(out, "%.0f s", s);
        return;
    }
    if (s > 1e10) {
        buf_puts(out, "centuries");
        return;
    }
    unsigned long long min = (unsigned long long)(s / 60 + 0.5), h = min / 60, d = h / 24;
    if (min < 60)
        buf_printf(out, "%llu min", min);
    else if (h < 48)
        buf_printf(out, min % 60 ? "%llu h %llu min" : "%llu h", h, min % 60);
    else
        buf_printf(out, h % 24 ? "%llu d %llu h" : "%llu d", d, h % 24);
}

static const char *
signal_name(unsigned n)
{
    static const struct {
        unsigned number;
        const char *name;
    } s[] = {{SIGHUP, "SIGHUP"}, {SIGINT, "SIGINT"}, {SIGQUIT, "SIGQUIT"},
        {SIGILL, "SIGILL (illegal instruction)"}, {SIGTRAP, "SIGTRAP"},
        {SIGABRT, "SIGABRT (it aborted)"}, {SIGBUS, "SIGBUS (bus error)"},
        {SIGFPE, "SIGFPE (arithmetic error)"}, {SIGKILL, "SIGKILL"}, {SIGUSR1, "SIGUSR1"},
        {SIGSEGV, "SIGSEGV (segmentation fault)"}, {SIGUSR2, "SIGUSR2"}, {SIGPIPE, "SIGPIPE"},
        {SIGALRM, "SIGALRM"}, {SIGTERM, "SIGTERM"},
        {SIGXCPU, "SIGXCPU (limit of processor time, ulimit -t)"},
        {SIGXFSZ, "SIGXFSZ (limit of file size, ulimit -f)"},
        {SIGSYS, "SIGSYS (system call not allowed)"}};
    for (size_t i = 0; i < sizeof s / sizeof *s; i++)
        if (s[i].number == n)
            return s[i].name;
    return NULL;
}

static void
signal_text(unsigned n, struct buf *out)
{
    const char *name = signal_name(n);
    if (name)
        buf_printf(out, "killed by %s", name);
    else
        buf_printf(out, "killed by signal %u", n);
}

static void
exit_text(unsigned code, struct buf *out)
{
    buf_printf(out, "exit %u", code);
    if (code == 126) {
        buf_puts(out, ": program cannot be executed");
    } else if (code == 127) {
        buf_puts(out, ": program not found");
    } else if (code > 128 && signal_name(code - 128)) {
        buf_puts(out, ": a program in it was ");
        signal_text(code - 128, out);
    }
}

static void
limit_text(const struct plan *p, uint32_t task, struct buf *out)
{
    double limit = 0;
    if (task < p->head->ntasks) {
        struct plan_eval *e = plan_eval_new(p);
        if (!plan_number(e, task, p->family[plan_family_of(p, task)].limit, &limit))
            limit = 0;
        plan_eval_free(e);
    }
    if (limit > 0) {
        buf_puts(out, "limit of ");
        status_duration(limit, out);
        buf_puts(out, " passed");
    } else {
        buf_puts(out, "its time limit passed");
    }
}

static void
flaw_text(const char *file, enum journal_flaw f, struct buf *out)
{
    static const char *const of[] = {
        [FLAW_UNKNOWN] = "is missing or damaged",
        [FLAW_MISSING] = "is missing",
        [FLAW_EMPTY] = "is empty",
        [FLAW_SIZE] = "has not the size that it is to have",
        [FLAW_FITS] = "fails its check fits",
        [FLAW_GZIP] = "fails its check gzip",
        [FLAW_COMMAND] = "fails its check command",
        [FLAW_UNCHECKED] = "could not be checked",
        [FLAW_STALE] = "was there before and has not been written",
        [FLAW_TYPE] = "is neither a regular file nor a folder",
        [FLAW_UNREADABLE] = "cannot be read",
        [FLAW_PLACE] = "cannot be written where it is to be",
    };
    if (f == FLAW_CHECKPOINT)
        buf_puts(out, "a checkpoint is left");
    else if (f == FLAW_VALUE)
        buf_puts(out, "a value could not be computed");
    else
        buf_printf(out, "an %s %s", file,
            of[(size_t)f < sizeof of / sizeof *of ? f : FLAW_UNKNOWN]);
}

void
status_reason(const struct plan *p, const struct journal_rec *end, struct buf *out)
{
    switch ((enum journal_reason)end->reason) {
    case REASON_OK:
        buf_puts(out, "done");
        break;
    case REASON_EXIT:
        exit_text(end->code, out);
        break;
    case REASON_SIGNAL:
        signal_text(end->code, out);
        break;
    case REASON_OOM:
        buf_puts(out, "memory ran out");
        if (end->peak_kib)
            buf_printf(out, " (peak %.2f GB)", end->peak_kib * 1024e-9);
        break;
    case REASON_LIMIT:
        limit_text(p, end->task, out);
        break;
    case REASON_WALLTIME:
        buf_puts(out, "the job ended first");
        break;
    case REASON_OUTPUT:
        flaw_text("output", (enum journal_flaw)end->code, out);
        break;
    case REASON_INPUT:
        flaw_text("input", (enum journal_flaw)end->code, out);
        break;
    case REASON_NODE:
        buf_puts(out, "its node failed");
        break;
    case REASON_LOST:
        if (end->flags & JOURNAL_ALONE)
            buf_printf(out,
                "its shim died with it, %u times in a row, the last time with nothing beside it",
                end->code);
        else
            buf_puts(out, "the job died with it");
        break;
    case REASON_CANCELLED:
        buf_puts(out, "cancelled");
        break;
    case REASON_GONE:
        buf_puts(out, "an output of it, or of what it ran on, is gone, or is another one");
        break;
    case REASON_REDO:
        buf_puts(out, "it is to be made again");
        break;
    default:
        buf_puts(out, "ended for an unknown reason");
    }
}

static void
local_time(int64_t us, struct buf *out)
{
    time_t t = (time_t)(us / 1000000);
    struct tm tm;
    char text[64];
    if (localtime_r(&t, &tm) && strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm))
        buf_puts(out, text);
}

/* The lines below the first one. */
static void
failure_lines(const struct plan *p, const char *dir, const struct status_failure *f,
    struct buf *out)
{
    const struct journal_rec *r = &f->end;
    uint32_t number = plan_family_of(p, r->task);
    const struct plan_family *family = &p->family[number];
    if (r->attempt) {
        buf_printf(out, "attempt %u of %u, after ", r->attempt, family->retries + 1);
        status_duration(r->wall_ms * 1e-3, out);
    } else {
        buf_puts(out, "before it was started");
    }
    if (r->attempt && r->node)
        buf_printf(out, " on node %u of the job on %s", r->node, f->host);
    else if (r->attempt)
        buf_printf(out, " on %s", f->host);
    buf_puts(out, ", ");
    local_time(r->time_us, out);
    buf_printf(out, "\n      declared at %s:%u\n", plan_place_name(p, PLACE_FAMILY, number),
        p->place[PLACE_FAMILY][number].line);
    struct buf shim = {0}, task = {0};
    said_read(dir, f, &shim, &task);
    if (shim.n)
        buf_printf(out, "      wfl-shim: %s\n", shim.p);
    if (task.n)
        buf_printf(out, "      its last line: %s\n", task.p);
    buf_free(&shim);
    buf_free(&task);
}

void
status_failure_text(const struct plan *p, const char *dir, const struct status_failure *f,
    struct buf *out)
{
    if (f->end.task >= p->head->ntasks)
        return;
    buf_puts(out, "  ");
    plan_task_label(p, f->end.task, out);
    buf_puts(out, ": ");
    status_reason(p, &f->end, out);
    buf_puts(out, "\n      ");
    failure_lines(p, dir, f, out);
}

void
status_group_text(const struct status *s, const struct status_group *g, struct buf *out)
{
    const struct status_failure *f = &s->failure[s->alike[g->first]];
    if (g->n == 1) {
        status_failure_text(s->plan, s->dir, f, out);
        return;
    }
    struct journal_rec any = f->end;
    any.peak_kib = g->peak_kib;
    buf_puts(out, "  ");
    status_number(g->n, out);
    const struct plan *p = s->plan;
    buf_printf(out, " of %s: ", plan_string(p, p->family[plan_family_of(p, any.task)].name));
    status_reason(p, &any, out);
    buf_puts(out, "\n      e.g. ");
    plan_task_label(p, any.task, out);
    buf_puts(out, ", ");
    failure_lines(p, s->dir, f, out);
}
