/* Waiting until it is known of others whether they live. */
#include "config.h"

#include "journal/lease.h"
#include "util/clock.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

enum {
    /* the lock of one that was just killed may live on for a moment, in a child that it was
       starting */
    HELD_MS = 2000,
    SLACK_MS = 5000,
    SOON_MS = 20,
    LATER_MS = 500,
};

static void
add_time(struct buf *out, int64_t ms)
{
    long long s = (ms < 0 ? 0 : ms + 999) / 1000;
    if (s < 120)
        buf_printf(out, "%lld s", s);
    else if (s < 7200)
        buf_printf(out, "%lld min", s / 60);
    else if (s < 48 * 3600)
        buf_printf(out, "%lld h", s / 3600);
    else
        buf_printf(out, "%lld days", s / 86400);
}

static void
add_who(const char *holder, const struct lease_sight *seen, struct buf *out)
{
    if (*seen->host)
        buf_printf(out, "host %s, process %ld", seen->host, seen->pid);
    else
        buf_puts(out, holder);
}

void
lease_words(const char *holder, const struct lease_sight *seen, struct buf *out)
{
    add_who(holder, seen, out);
    if (seen->age_ms < 0)
        return;
    buf_puts(out, "; its last sign of life was ");
    add_time(out, seen->age_ms);
    buf_puts(out, " ago");
}

/* True: INT or TERM came. */
static bool
pause_for(struct lease_wait *w, const sigset_t *watched, int64_t ms)
{
    int sig = sigtimedwait(watched, NULL, &(struct timespec){ms / 1000, ms % 1000 * 1000000});
    w->signal = sig > 0 ? sig : 0;
    return sig > 0;
}

static void
tell_wait(const struct lease_wait *w, const char *holder)
{
    const struct lease_sight *seen = &w->seen;
    struct buf text = {0};
    add_who(holder, seen, &text);
    buf_puts(&text, *seen->host ? ", held this until " : " held this until ");
    add_time(&text, seen->age_ms);
    buf_puts(&text, " ago, and may still live; waiting ");
    add_time(&text, seen->wait_ms);
    w->tell("%s: %s for a sign of it", w->what, text.p);
    buf_free(&text);
}

static enum lease_life
wait_watching(struct lease *l, const char *holder, struct lease_wait *w, const sigset_t *watched)
{
    int64_t begin = boot_ms(), until = begin + LEASE_SECONDS * INT64_C(1000);
    struct timespec first = {0};
    bool seen_before = false, unsure_told = false, wait_told = false;
    for (;;) {
        enum lease_life life = lease_judge(l, holder, &w->seen);
        const struct lease_sight *seen = &w->seen;
        int64_t now = boot_ms();
        if (life == LEASE_DEAD)
            return life;
        if (life == LEASE_UNSURE) {
            if (!unsure_told && seen->err > 0)
                w->tell("%s: the lease of %s cannot be looked at: %s; asking again", w->what,
                    holder, strerror(seen->err));
            unsure_told |= seen->err > 0;
        } else {
            bool renewed = seen_before && (seen->renewed.tv_sec != first.tv_sec ||
                                              seen->renewed.tv_nsec != first.tv_nsec);
            if (renewed || (life == LEASE_HELD && now - begin >= HELD_MS))
                return LEASE_HELD;
            if (!seen_before) {
                first = seen->renewed;
                until = now + seen->wait_ms + SLACK_MS;
            }
            seen_before = true;
            if (!wait_told && life != LEASE_HELD) {
                tell_wait(w, holder);
                wait_told = true;
            }
        }
        if (now >= until || (w->most_ms && now - begin >= w->most_ms) ||
            pause_for(w, watched, now - begin < HELD_MS ? SOON_MS : LATER_MS))
            return life;
    }
}

enum lease_life
lease_wait(struct lease *l, const char *holder, struct lease_wait *w)
{
    sigset_t watched, before;
    sigemptyset(&watched);
    sigaddset(&watched, SIGINT);
    sigaddset(&watched, SIGTERM);
    w->signal = 0;
    sigprocmask(SIG_BLOCK, &watched, &before);
    enum lease_life life = wait_watching(l, holder, w, &watched);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return life;
}
