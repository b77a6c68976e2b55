/* wflc log: what tasks wrote, while they run or when they have ended. */
#include "config.h"

#include "ask/attempts.h"
#include "cli/commands.h"
#include "cli/log_host.h"
#include "command/asked.h"
#include "journal/paths.h"
#include "state/log.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_AGAIN_MS = 300 };

/* Prints what the running task writes until it has ended. */
static void
follow(struct attempts *a, int fd, off_t from, int *code)
{
    struct buf out = {0};
    size_t n = a->n;
    bool more = true;
    while (more) {
        struct timespec pause = {0, LOOK_AGAIN_MS * 1000000L};
        nanosleep(&pause, NULL);
        if (attempts_read(a) != 0 || a->n != n || a->v[n - 1].rec.kind != JOURNAL_START)
            break; /* the spool may have been emptied: the log has all of it */
        attempt_spool_read(fd, &from, &out);
        if (out.n)
            more = put_out(&out, code);
    }
    /* what it wrote last */
    const struct attempt *at = a->n >= n ? &a->v[n - 1] : NULL;
    buf_reset(&out);
    if (more && at && at->rec.kind == JOURNAL_END &&
        log_read(a->state_dir, at->holder, &at->rec, &out) == 0 && (off_t)out.n > from) {
        memmove(out.p, out.p + from, out.n - (size_t)from);
        out.n -= (size_t)from;
        put_out(&out, code);
    }
    buf_free(&out);
}

/* --- showing --- */

/* False: nobody reads on, or it cannot be written. */
static bool
show(const struct options *o, struct attempts *a, bool head, int *code)
{
    struct buf out = {0}, label = {0};
    plan_task_label(a->plan, a->task, &label);
    int err = attempts_read(a);
    const struct attempt *at = err ? NULL : attempts_choose(a, o->attempt);
    if (err) {
        say("%s: its journal cannot be read: %s", label.p, strerror(err));
        *code = EXIT_FILES;
    } else if (!at) {
        say(a->n ? "%s: attempt %ld is not on record" : "%s has not been started yet", label.p,
            o->attempt);
        *code = EXIT_ERRORS;
    }
    bool more = true;
    if (at && head)
        attempt_head(a, at, &out);
    if (at && at->rec.kind == JOURNAL_END) {
        err = log_read(a->state_dir, at->holder, &at->rec, &out);
        if (err) {
            say("%s: its log cannot be read: %s", label.p,
                err == EBADMSG ? "it is damaged" : strerror(err));
            *code = EXIT_FILES;
        }
        more = put_out(&out, code);
    } else if (at) {
        off_t from = 0;
        int fd = attempt_spool(a, at);
        if (fd >= 0)
            attempt_spool_read(fd, &from, &out);
        else
            say("%s: what it writes cannot be seen from here yet; it is kept when it ends",
                label.p);
        more = put_out(&out, code);
        if (fd >= 0 && o->follow && more)
            follow(a, fd, from, code);
        if (fd >= 0)
            close(fd);
    }
    buf_free(&out);
    buf_free(&label);
    return more;
}

static int
run(const struct options *o)
{
    struct asked a;
    struct buf state = {0};
    if (option_given(o, OPTION_HOST))
        return log_of_host(o);
    int code = asked_read(o, ASKED_NONE, &a);
    uint32_t chosen = 0, first = code == EXIT_OK ? asked_next(&a, 0) : PLAN_NONE;
    for (uint32_t t = first; t != PLAN_NONE; t = asked_next(&a, t + 1))
        chosen++;
    if (code == EXIT_OK && !chosen) {
        say("no task is like that");
        code = EXIT_ERRORS;
    } else if (code == EXIT_OK && chosen > 1 && o->follow) {
        say("--follow shows one task, and %u are like that; wflc tasks lists them", chosen);
        code = EXIT_USAGE;
    } else if (code == EXIT_OK) {
        struct attempts at = {.plan = a.facts.plan};
        buf_printf(&state, "%s/" BUILD_STATE, a.dir.p);
        at.state_dir = state.p;
        bool more = true;
        for (uint32_t t = first; t != PLAN_NONE && more; t = asked_next(&a, t + 1)) {
            at.task = t;
            more = show(o, &at, chosen > 1, &code);
        }
        attempts_free(&at);
    }
    buf_free(&state);
    asked_free(&a);
    return code;
}

static const struct command_option options[] = {
    OPTIONS_OF_BUILD,
    {OPTION_TRY, "of attempt N, not of the last one"},
    {OPTION_FOLLOW, "of a task that runs: go on until it ends"},
    {OPTION_HOST, "what all attempts wrote that ended on this host, one after the other"},
};

const struct command command_log = {
    .name = "log",
    .args = ASKED_ARGS,
    .summary = "show what tasks wrote on standard output and error",
    .text = ASKED_TEXT "Of several tasks one after the other, with a line before each:\n"
                       "    wflc log 'draw[v=479028 s=R22_S11]'\n"
                       "    wflc log state=failed family=draw | less\n"
                       "    wflc log --host n17 | less\n",
    .options = options,
    .noptions = COUNT_OF(options),
    .most = 64,
    .run = run,
};
