#include "config.h"

#include "state/renew.h"

#include "journal/paths.h"
#include "util/clock.h"
#include "util/file.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    ANSWER_MS = 30000,   /* for all that work to answer */
    PAUSE_NS = 50000000, /* between looks */
    BEAT_MS = 10000,
};

/* Who has a lease beside us. */
struct look {
    uint32_t alive, ready;
    char silent[HOLDER_SIZE]; /* one who has not answered so far */
    char refuses[HOLDER_SIZE], says[NEXT_TEXT];
};

static bool
begins(const char *text, const char *word)
{
    return strncmp(text, word, strlen(word)) == 0;
}

/* Is it an answer of this version's shims that a new plan may come? */
static bool
agrees(const char *text)
{
    char ready[32], starts[32];
    snprintf(ready, sizeof ready, NEXT_READY " %d", PLAN_VERSION);
    snprintf(starts, sizeof starts, NEXT_BEGINS " %d", PLAN_VERSION);
    return strcmp(text, ready) == 0 || strcmp(text, starts) == 0;
}

static void
look_at_holder(const struct renew *r, const struct next *x, const char *holder, struct look *l)
{
    char text[NEXT_TEXT];
    l->alive++;
    if (!x) {
        snprintf(l->silent, sizeof l->silent, "%s", holder);
    } else if (!next_answered(r->state, x->number, holder, text)) {
        snprintf(l->silent, sizeof l->silent, "%s", holder);
    } else if (agrees(text)) {
        l->ready++;
    } else {
        bool other = begins(text, NEXT_READY " ") || begins(text, NEXT_BEGINS " ");
        snprintf(l->refuses, sizeof l->refuses, "%s", holder);
        snprintf(l->says, sizeof l->says, "%s",
            other ? "it is of another version, and could not read the new plan" : text);
    }
}

/* `x`: what they are to answer to, or NULL: who is there. 0 or errno. */
static int
look_around(const struct renew *r, const struct next *x, struct look *l)
{
    struct buf path = {0};
    *l = (struct look){0};
    buf_printf(&path, "%s/" STATE_LEASES, r->state);
    DIR *d = opendir(path.p);
    int err = d ? 0 : errno;
    buf_free(&path);
    for (const struct dirent *e; d && (errno = 0, e = readdir(d));)
        if (e->d_name[0] != '.' && strlen(e->d_name) < HOLDER_SIZE &&
            strcmp(e->d_name, lease_holder(r->own)) != 0 &&
            lease_judge(r->own, e->d_name, NULL) != LEASE_DEAD)
            look_at_holder(r, x, e->d_name, l);
    if (d) {
        err = errno;
        closedir(d);
    }
    return err;
}

static bool not(struct buf * why, const char *dir, const char *text)
{
    buf_printf(why, "%s: %s; nothing was changed, and its jobs go on by the plan they have", dir,
        text);
    return false;
}

static bool
not_for(struct buf *why, const char *dir, const char *what, int err)
{
    char text[256];
    snprintf(text, sizeof text, "%s: %s", what, strerror(err));
    return not(why, dir, text);
}

static bool
told_to_end(struct renew *r)
{
    sigset_t pending;
    sigpending(&pending);
    r->interrupted = sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM);
    return r->interrupted;
}

static void
name_silent(const struct renew *r, const char *holder, char *text, size_t size)
{
    struct lease_sight seen;
    struct buf who = {0};
    lease_judge(r->own, holder, &seen);
    lease_words(holder, &seen, &who);
    snprintf(text, size, "%s (%s) does not answer; try again when it does, or is known to be dead",
        holder, who.p);
    buf_free(&who);
}

/* Everybody has answered, or one of them that it cannot be. */
static bool
await_answers(struct renew *r, const struct next *x, struct buf *why)
{
    struct look l;
    char text[NEXT_TEXT + 300];
    for (int64_t until = now_ms() + ANSWER_MS, beat = 0;;) {
        int err = look_around(r, x, &l);
        if (err)
            return not_for(why, r->dir, "leases cannot be listed", err);
        if (*l.refuses && strcmp(l.says, NEXT_ALONE) == 0) {
            strcpy(r->holder, l.refuses);
            return false;
        }
        if (*l.refuses) {
            snprintf(text, sizeof text, "%s cannot take a new plan up: %s", l.refuses, l.says);
            return not(why, r->dir, text);
        }
        r->nshims = l.ready;
        if (!*l.silent)
            return true;
        if (told_to_end(r))
            return not(why, r->dir, "told to end");
        if (now_ms() > until) {
            name_silent(r, l.silent, text, sizeof text);
            return not(why, r->dir, text);
        }
        if (now_ms() >= beat && lease_beat(r->own) == LEASE_LOST)
            return not(why, r->dir, "this process stood still, and was taken for dead");
        beat = now_ms() >= beat ? now_ms() + BEAT_MS : beat;
        nanosleep(&(struct timespec){0, PAUSE_NS}, NULL);
    }
}

/* --- what cannot be taken up --- */

static const char *
image_of(const struct plan *p, uint32_t i)
{
    return plan_string(p, p->container[i].image);
}

/* Images are made ready before jobs start, by what the build's folder says. */
static bool
same_images(const struct plan *a, const struct plan *b)
{
    for (uint32_t i = 0; i < b->ncontainers; i++) {
        bool found = false;
        for (uint32_t k = 0; k < a->ncontainers && !found; k++)
            found = a->container[k].runtime == b->container[i].runtime &&
                    strcmp(image_of(a, k), image_of(b, i)) == 0;
        if (!found)
            return false;
    }
    return true;
}

/* --- to make it --- */

/* All that comes in force with it, beside what is. */
static bool
prepare(struct renew *r, const struct next *x, struct buf *why)
{
    struct next_tasks tasks = {.from = x->from, .to = x->to};
    struct buf to = {0}, path = {0};
    next_folder(r->state, x->number, &to);
    const struct carry_live live = {.to = to.p, .tasks = &tasks};
    const struct carry_how how = {.accept = r->accept, .live = &live};
    int err = dir_make(to.p);
    bool good = err || carry_over(r->dir, r->fresh, &how, &r->carried, why);
    r->nrunning = r->nsame = 0;
    for (uint32_t i = 0; i < tasks.n; i++)
        r->nsame += tasks.task[i].same;
    r->nrunning = r->carried.running;
    if (!err && good)
        err = next_write_tasks(r->state, x->number, &tasks);
    buf_printf(&path, "%s/" NEXT_PLAN, to.p);
    if (!err && good)
        err = file_write_atomic(path.p, r->fresh->base, r->fresh->size, 0666);
    next_free_tasks(&tasks);
    buf_free(&to);
    buf_free(&path);
    return err ? not_for(why, r->dir, "the new plan cannot be prepared", err) : good;
}

/* Until here all of it is void if we die; from here on it holds. */
static bool
decide(struct renew *r, struct next *x, struct buf *why)
{
    struct look l;
    int err = look_around(r, x, &l);
    if (err)
        return not_for(why, r->dir, "leases cannot be listed", err);
    if (*l.silent || *l.refuses) /* it has just come, and waits for us */
        return await_answers(r, x, why) && decide(r, x, why);
    if (told_to_end(r))
        return not(why, r->dir, "told to end");
    if (lease_beat(r->own) == LEASE_LOST)
        return not(why, r->dir, "this process stood still, and was taken for dead");
    err = next_decide(r->state, x, true);
    if (err)
        buf_printf(why,
            "%s: it cannot be told whether the new plan is in force: %s; build it "
            "again",
            r->dir, strerror(err));
    else if (x->state != NEXT_DONE)
        return not(why, r->dir, "this process stood still, and was taken for dead");
    return !err;
}

static bool
change(struct renew *r, struct next *x, struct buf *why)
{
    int err = next_open(r->state, x);
    bool good = !err && await_answers(r, x, why) && prepare(r, x, why) && decide(r, x, why);
    if (err)
        not_for(why, r->dir, "shims cannot be told", err);
    if (!good && x->number && x->state == NEXT_OPEN && next_decide(r->state, x, false) == 0)
        next_clear(r->state, x);
    if (x->state == NEXT_DONE && (err = next_finish(r->plan, r->state, x)) != 0) {
        buf_printf(why,
            "%s: the new plan is in force, and cannot be put into its place: %s; the "
            "next to come does it",
            r->dir, strerror(err));
        good = false;
    }
    return good;
}

enum renewed
renew_plan(struct renew *r, struct buf *why)
{
    struct look l;
    sigset_t ends, before;
    int err = look_around(r, NULL, &l);
    if (err) {
        not_for(why, r->dir, "leases cannot be listed", err);
        return RENEW_NOT;
    }
    if (!l.alive)
        return RENEW_NOBODY;
    struct plan *old = plan_open(r->plan, why);
    if (!old)
        return RENEW_NOT;
    bool same = old->head->identity == r->fresh->head->identity, good = false;
    if (!same && !same_images(old, r->fresh)) {
        not(why, r->dir,
            "its tasks run in other images now, which have to be made ready before jobs start; "
            "wait for those that are at work, or use another folder with -o DIR");
    } else if (!same) {
        struct next x = {.from = old->head->identity, .to = r->fresh->head->identity};
        snprintf(x.builder, sizeof x.builder, "%s", lease_holder(r->own));
        sigemptyset(&ends);
        sigaddset(&ends, SIGINT);
        sigaddset(&ends, SIGTERM);
        sigprocmask(SIG_BLOCK, &ends, &before);
        good = change(r, &x, why);
        sigprocmask(SIG_SETMASK, &before, NULL);
    }
    plan_close(old);
    return same ? RENEW_SAME : good ? RENEW_DONE : *r->holder ? RENEW_ALONE : RENEW_NOT;
}
