#include "config.h"

#include "report/lost.h"

#include "journal/paths.h"
#include "report/amend.h"
#include "report/words.h"
#include "state/progress.h"
#include "state/wrote.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/map128.h"
#include "util/parallel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Tasks are looked at in pieces, by many threads: a file server takes its time to answer each. */
enum { PIECE = 128 };

/* From so many outputs on, people are told that it takes a while. */
enum { SLOW = 100000 };

enum finding {
    NOT_LOOKED,
    THERE,
    MISSING,
    EMPTY,
    OTHER,   /* of another size, or kind */
    UNKNOWN, /* the file system does not say */
};

struct look {
    const struct status *s;
    const struct lost_how *how;
    int work;       /* the folder, open */
    uint32_t *task; /* to look at */
    uint32_t n;
    uint8_t *found;              /* of each of them */
    int64_t until_us;            /* 0: no matter when */
    atomic_uint_fast64_t looked; /* outputs */
};

void
lost_free(struct lost *l)
{
    free(l->task);
    buf_free(&l->example);
    buf_free(&l->folder);
    buf_free(&l->unknown);
    *l = (struct lost){0};
}

/* --- looking --- */

/* The first output of a task that is not as it should be; `path` gets where it is. */
static enum finding
look_at(const struct look *k, struct plan_eval *e, uint32_t task, struct buf *path, int *err)
{
    const struct plan *p = k->s->plan;
    const struct plan_family *f = &p->family[plan_family_of(p, task)];
    uint32_t wrote = k->s->wrote[task];
    struct wrote now = {0};
    for (uint32_t i = 0; i < f->noutputs; i++) {
        const struct plan_file *file = &p->file[f->first_output + i];
        struct journal_file is;
        enum journal_type type;
        if (file->optional)
            continue;
        buf_reset(path);
        if (!plan_path(e, task, f->first_output + i, NULL, path))
            return UNKNOWN;
        *err = wrote_look(k->work, path->p, &is, &type);
        if (*err)
            return UNKNOWN;
        if (type == JOURNAL_ABSENT)
            return MISSING;
        if (!is.size && !wrote_may_be_empty(p, file))
            return EMPTY;
        wrote_add(&now, p, f, i, &is, type);
    }
    return wrote && wrote_half(now.rough) != wrote ? OTHER : THERE;
}

static void
look_at_piece(void *arg, unsigned piece)
{
    struct look *k = arg;
    uint32_t from = piece * PIECE, to = k->n - from < PIECE ? k->n : from + PIECE;
    if (piece && k->until_us && now_us() > k->until_us)
        return;
    struct plan_eval *e = plan_eval_new(k->s->plan);
    struct buf path = {0};
    uint64_t looked = 0;
    int err;
    for (uint32_t i = from; i < to; i++) {
        const struct plan *p = k->s->plan;
        k->found[i] = (uint8_t)look_at(k, e, k->task[i], &path, &err);
        looked += p->family[plan_family_of(p, k->task[i])].noutputs;
    }
    k->looked += looked;
    buf_free(&path);
    plan_eval_free(e);
}

/* Of the done tasks of a run that have outputs each step-th one, by *number; step 0: they are only
 * counted. */
static void
choose_of_run(struct look *k, struct lost *l, const struct plan_range *run, uint64_t step,
    uint64_t *number)
{
    const struct plan *p = k->s->plan;
    const struct plan_family *f = p->family;
    for (uint32_t t = run->first_task; t < run->first_task + run->ntasks; t++) {
        if (t - f->first_task >= f->ntasks)
            f = &p->family[plan_family_of(p, t)];
        if (k->s->state[t] != STATUS_DONE || !f->noutputs)
            continue;
        if (step && (*number)++ % step == 0)
            k->task[k->n++] = t;
        l->done += !step;
        l->outputs += step ? 0 : f->noutputs;
    }
}

/* Those in shards that nobody has. */
static void
choose_each(struct look *k, struct lost *l, uint64_t step)
{
    struct plan_range run;
    uint64_t number = 0;
    for (uint32_t i = 0, shard; plan_run_by_task(k->s->plan, &i, &run, &shard);)
        if (!k->s->leased[shard])
            choose_of_run(k, l, &run, step, &number);
}

/* If there are too many of them, some from all. */
static void
choose_tasks(struct look *k, struct lost *l)
{
    uint64_t most = k->how->most;
    choose_each(k, l, 0);
    uint64_t step = most && l->outputs > most ? (l->outputs + most - 1) / most : 1;
    k->task = xmalloc(((size_t)l->done / step + 1) * sizeof *k->task);
    choose_each(k, l, step);
}

/* --- the verdict --- */

static void
tell_first(struct lost *l, const struct plan *p, uint32_t task, const char *path,
    enum finding found)
{
    buf_printf(&l->example, "%s of ", path);
    plan_task_label(p, task, &l->example);
    buf_puts(&l->example, found == MISSING ? " is not there"
                          : found == EMPTY ? " is empty"
                                           : " is not as it was left");
}

static void
judge(const struct look *k, struct lost *l)
{
    struct plan_eval *e = plan_eval_new(k->s->plan);
    struct buf path = {0}, folder = {0};
    struct map128 folders = {0};
    l->task = xmalloc(((size_t)k->n + 1) * sizeof *l->task);
    for (uint32_t i = 0; i < k->n; i++) {
        if (k->found[i] == NOT_LOOKED || k->found[i] == THERE)
            continue;
        int err = 0;
        bool found;
        enum finding now = look_at(k, e, k->task[i], &path, &err);
        if (now == UNKNOWN) {
            if (!l->nunknown++)
                buf_printf(&l->unknown, "%s: %s", path.p, err ? strerror(err) : plan_eval_error(e));
        } else if (now == MISSING && !k->how->absent &&
                   wrote_folder_absent(k->work, path.p, &folder)) {
            map128_add(&folders, hash128(folder.p, folder.n), 0, &found);
            l->nfolders += !found;
            if (!l->nabsent++)
                buf_puts(&l->folder, folder.p);
        } else if (now != THERE) {
            if (!l->n)
                tell_first(l, k->s->plan, k->task[i], path.p, now);
            l->task[l->n++] = k->task[i];
        }
    }
    map128_free(&folders);
    plan_eval_free(e);
    buf_free(&path);
    buf_free(&folder);
}

static void
find(const struct status *s, const struct lost_how *how, struct lost *l)
{
    struct look k = {.s = s, .how = how};
    if (how->least_ms)
        k.until_us = now_us() + (int64_t)how->least_ms * 1000;
    choose_tasks(&k, l);
    k.found = xcalloc((size_t)k.n + 1, 1);
    k.work = how->work ? open(how->work, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    if (k.work >= 0) {
        if (how->slow && l->outputs >= SLOW)
            how->slow(l->outputs);
        parallel_wait((k.n + PIECE - 1) / PIECE, look_at_piece, &k);
        l->looked = k.looked;
        judge(&k, l);
        close(k.work);
    } else if (how->work && k.n) {
        l->nfolders = 1;
        l->nabsent = l->done;
        buf_puts(&l->folder, how->work);
    }
    free(k.found);
    free(k.task);
}

/* --- what comes of it --- */

static void
mark_ready(struct status *s, const struct lost *l)
{
    for (uint32_t i = 0; i < l->n; i++) {
        uint32_t t = l->task[i];
        if (s->state[t] != STATUS_DONE)
            continue;
        struct status_count *c[] = {&s->all, &s->family[plan_family_of(s->plan, t)]};
        for (int k = 0; k < 2; k++) {
            c[k]->of[STATUS_DONE]--;
            c[k]->of[STATUS_READY]++;
        }
        s->state[t] = STATUS_READY;
    }
}

bool
lost_look(struct status **s, const struct lost_how *how, struct lost *l, struct buf *why)
{
    *l = (struct lost){0};
    find(*s, how, l);
    if (l->n && how->write) {
        struct buf state = {0};
        buf_printf(&state, "%s/" BUILD_STATE, (*s)->dir);
        l->written =
            amend_write(state.p, &(struct amend){.plan = (*s)->plan}, l->task, l->n, &l->err);
        buf_free(&state);
    }
    if (l->written) {
        struct status *again = status_read((*s)->dir, (*s)->now_us, why);
        status_free(*s);
        *s = again;
    }
    if (*s)
        mark_ready(*s, l);
    return *s != NULL;
}

void
lost_text(const struct lost *l, const char *dir, struct buf *out)
{
    if (l->n) {
        if (l->looked < l->outputs) {
            buf_puts(out, "of ");
            status_number(l->looked, out);
            buf_puts(out, " outputs looked at, those of ");
            status_number(l->n, out);
            buf_printf(out, " done task%s are lost", l->n == 1 ? "" : "s");
        } else {
            status_number(l->n, out);
            buf_puts(out, " of ");
            status_number(l->done, out);
            buf_printf(out, " done tasks %s lost outputs", l->n == 1 ? "has" : "have");
        }
        buf_printf(out, " (%s%s): %s again", l->n > 1 ? "the first: " : "", l->example.p,
            l->n == 1 ? "it runs" : "they run");
        if (l->looked < l->outputs)
            buf_printf(out, "; 'wflc submit %s' looks at all ", dir);
        if (l->looked < l->outputs)
            status_number(l->outputs, out);
        buf_putc(out, '\n');
        if (l->err)
            buf_printf(out,
                "that they are lost cannot be put on record in %s/" BUILD_STATE ": %s\n", dir,
                strerror(l->err));
    }
    if (l->nabsent) {
        buf_printf(out, "the folder %s%s of ", l->folder.p, l->nfolders > 1 ? " and others" : "");
        status_number(l->nabsent, out);
        buf_printf(out,
            " done task%s output is not there, seen from this host; if it is really gone, "
            "'wflc submit --again %s' has %s made again\n",
            l->nabsent == 1 ? "'s" : "s'", dir, l->nabsent == 1 ? "it" : "them");
    }
    if (l->nunknown) {
        buf_puts(out, "the outputs of ");
        status_number(l->nunknown, out);
        buf_printf(out, " done task%s cannot be looked at: %s\n", l->nunknown == 1 ? "" : "s",
            l->unknown.p);
    }
}
