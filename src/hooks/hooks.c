#include "config.h"

#include "hooks/hooks.h"

#include "hooks/run.h"
#include "journal/paths.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/hash.h"
#include "util/system.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    MOST_ARMED = 1000, /* times */
    LEAST_MS = 1000    /* with less time left none is begun, so that somebody else may */
};

static const char *const hows[] = {"", "", "exit", "signal", "stopped", "error"};

/* --- what is known of one --- */

static void
key_of(const struct plan *p, const struct plan_hook *h, char key[20])
{
    struct buf text = {0};
    plan_hook_when(p, h, &text);
    buf_printf(&text, "\n%s\n%s", plan_shell_words(h->shell), plan_hook_command(p, h));
    snprintf(key, 20, "%016" PRIx64, hash64(text.p, text.n, p->head->identity));
    buf_free(&text);
}

static bool
read_small(const char *state_dir, const char *key, const char *tail, char text[512])
{
    struct buf path = {0};
    buf_printf(&path, "%s/" STATE_HOOKS "/%s%s", state_dir, key, tail);
    int fd = open(path.p, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    ssize_t n = fd >= 0 ? read(fd, text, 511) : -1;
    text[n > 0 ? n : 0] = 0;
    if (fd >= 0)
        close(fd);
    buf_free(&path);
    return fd >= 0;
}

struct hook_state
hook_look(const struct plan *p, const struct plan_hook *h, const char *state_dir)
{
    struct hook_state s = {0};
    char text[512], how[16];
    key_of(p, h, s.key);
    if (!read_small(state_dir, s.key, "", text))
        return s;
    s.how = HOOK_BEGUN;
    if (sscanf(text, "wfl-hook 1 %" SCNd64 " %127s", &s.began_s, s.who) != 2)
        s.who[0] = 0;
    if (read_small(state_dir, s.key, ".end", text) &&
        sscanf(text, "wfl-hook-end 1 %" SCNd64 " %15s %d", &s.ended_s, how, &s.number) == 3)
        for (int k = HOOK_EXIT; k <= HOOK_ERROR; k++)
            if (strcmp(how, hows[k]) == 0)
                s.how = (enum hook_how)k;
    return s;
}

void
hook_how_text(const struct hook_state *s, struct buf *out)
{
    switch (s->how) {
    case HOOK_ARMED:
        buf_puts(out, "not run yet");
        break;
    case HOOK_BEGUN:
        buf_puts(out, "its end is not known");
        break;
    case HOOK_EXIT:
    case HOOK_SIGNAL:
        buf_printf(out, "%s %d", hows[s->how], s->number);
        break;
    case HOOK_STOPPED:
        buf_printf(out, "stopped after %" PRId64 " s", s->ended_s - s->began_s);
        break;
    case HOOK_ERROR:
        buf_printf(out, "not started: %s", strerror(s->number));
        break;
    }
}

/* --- when --- */

static const struct status_count *
count_of(const struct status *s, const struct plan_hook *h)
{
    return h->family == PLAN_NONE ? &s->all : &s->family[h->family];
}

uint32_t
hook_above(const struct plan *p, const struct plan_hook *h)
{
    uint32_t total = h->family == PLAN_NONE ? p->head->ntasks : p->family[h->family].ntasks;
    double above = h->percent ? h->above / 100 * total : h->above;
    return above < UINT32_MAX ? (uint32_t)above : UINT32_MAX;
}

bool
hook_holds(const struct status *s, const struct plan_hook *h)
{
    const struct status_count *c = count_of(s, h);
    if (h->when == PLAN_WHEN_ENDED)
        return c->of[STATUS_DONE] + c->of[STATUS_FAILED] + c->of[STATUS_BLOCKED] == c->total;
    return c->of[STATUS_FAILED] > hook_above(s->plan, h);
}

bool
hooks_armed(const struct plan *p, const char *state_dir, enum plan_when when)
{
    for (uint32_t i = 0; i < p->nhooks; i++)
        if (p->hook[i].when == when && hook_look(p, &p->hook[i], state_dir).how == HOOK_ARMED)
            return true;
    return false;
}

/* --- to run one --- */

static void
fact(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, "%s=%s", name, value);
    buf_putc(out, 0);
}

static void
count(struct buf *out, const char *name, uint32_t n)
{
    buf_printf(out, "%s=%u", name, n);
    buf_putc(out, 0);
}

/* The facts: NAME=VALUE strings, one behind the other. */
static void
facts_of(const struct status *s, const struct plan_hook *h, struct buf *out)
{
    const struct plan *p = s->plan;
    const struct status_count *c = count_of(s, h);
    const uint32_t *of = c->of;
    uint32_t failed = of[STATUS_FAILED], blocked = of[STATUS_BLOCKED];
    struct buf when = {0}, label = {0};
    plan_hook_when(p, h, &when);
    for (size_t i = 0; i < s->nfailures && !label.n; i++)
        if (h->family == PLAN_NONE || plan_family_of(p, s->failure[i].end.task) == h->family)
            plan_task_label(p, s->failure[i].end.task, &label);
    char *dir = realpath(s->dir, NULL);
    fact(out, "WFL_CAMPAIGN", plan_string(p, p->head->campaign));
    fact(out, "WFL_SITE", plan_site(p));
    fact(out, "WFL_DIR", dir ? dir : s->dir);
    fact(out, "WFL_WHEN", when.p);
    buf_printf(out, "WFL_FAMILY=%s%c",
        h->family == PLAN_NONE ? "" : plan_string(p, p->family[h->family].name), 0);
    count(out, "WFL_TASKS", c->total);
    count(out, "WFL_DONE", of[STATUS_DONE]);
    count(out, "WFL_FAILED", failed);
    count(out, "WFL_BLOCKED", blocked);
    count(out, "WFL_LEFT", c->total - of[STATUS_DONE] - failed - blocked);
    fact(out, "WFL_FIRST_FAILED", label.n ? label.p : "");
    free(dir);
    buf_free(&when);
    buf_free(&label);
}

/* Makes the file that says that we run it. 0; EEXIST: somebody was faster; or another errno value.
 */
static int
claim(const struct status *s, const struct plan_hook *h, const char *path)
{
    struct buf text = {0}, who = {0};
    char host[64] = "";
    gethostname(host, sizeof host - 1);
    system_user(&who);
    buf_printf(&text, "wfl-hook 1 %" PRId64 " %s@%s\n", now_us() / 1000000, who.p, host);
    plan_hook_when(s->plan, h, &text);
    buf_putc(&text, '\n');
    int err = dir_make_parent(path);
    int fd = err ? -1 : open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (!err)
        err = fd < 0 ? errno : write_all(fd, text.p, text.n);
    if (fd >= 0)
        close(fd);
    buf_free(&text);
    buf_free(&who);
    return err;
}

/* False: where it is written is of no matter to what was run. */
static void
keep_file(const char *path, const char *tail, const struct buf *text)
{
    struct buf to = {0};
    buf_printf(&to, "%s%s", path, tail);
    (void)file_write_atomic(to.p, text->n ? text->p : "", text->n, 0666);
    buf_free(&to);
}

static void
tell(const struct status *s, const struct plan_hook *h, const char *path,
    const struct hook_state *is, struct buf *news)
{
    buf_puts(news, "hook 'when ");
    plan_hook_when(s->plan, h, news);
    buf_puts(news, "' was run: ");
    hook_how_text(is, news);
    buf_printf(news, "; what it wrote is in %s.out\n", path);
}

static struct hook_state
run_one(const struct status *s, const struct plan_hook *h, const char *work, int64_t limit_ms,
    const char *path)
{
    struct buf facts = {0}, words = {0}, out = {0}, end = {0};
    const char *env[16], *argv[16];
    size_t n = 0, k = 0;
    struct hook_state is = {.began_s = now_us() / 1000000};
    facts_of(s, h, &facts);
    for (size_t at = 0; at < facts.n && n + 1 < 16; at += strlen(facts.p + at) + 1)
        env[n++] = facts.p + at;
    env[n] = NULL;
    buf_puts(&words, plan_shell_words(h->shell));
    for (char *w = strtok(words.p, " "); w && k < 12; w = strtok(NULL, " "))
        argv[k++] = w;
    argv[k++] = "-c";
    argv[k++] = plan_hook_command(s->plan, h);
    argv[k] = NULL;
    struct run_end e = run_command(argv, work, env, limit_ms, &out);
    is.how = e.err                   ? HOOK_ERROR
             : e.stopped             ? HOOK_STOPPED
             : WIFSIGNALED(e.status) ? HOOK_SIGNAL
                                     : HOOK_EXIT;
    is.number = e.err ? e.err : WIFSIGNALED(e.status) ? WTERMSIG(e.status) : WEXITSTATUS(e.status);
    is.ended_s = now_us() / 1000000;
    buf_printf(&end, "wfl-hook-end 1 %" PRId64 " %s %d\n", is.ended_s, hows[is.how], is.number);
    keep_file(path, ".out", &out);
    keep_file(path, ".end", &end);
    buf_free(&facts);
    buf_free(&words);
    buf_free(&out);
    buf_free(&end);
    return is;
}

void
hooks_run(const struct status *s, const char *work, int64_t limit_ms, struct buf *news)
{
    struct buf state = {0}, path = {0};
    int64_t until = now_ms() + limit_ms;
    buf_printf(&state, "%s/" BUILD_STATE, s->dir);
    for (uint32_t i = 0; i < s->plan->nhooks; i++) {
        const struct plan_hook *h = &s->plan->hook[i];
        struct hook_state is = hook_look(s->plan, h, state.p);
        int64_t left = until - now_ms(), most = HOOK_LIMIT_S * INT64_C(1000);
        if (is.how != HOOK_ARMED || !hook_holds(s, h) || left < LEAST_MS || run_told_to_end())
            continue;
        buf_reset(&path);
        buf_printf(&path, "%s/" STATE_HOOKS "/%s", state.p, is.key);
        int err = claim(s, h, path.p);
        if (!err) {
            is = run_one(s, h, work, left < most ? left : most, path.p);
            tell(s, h, path.p, &is, news);
        } else if (err != EEXIST) {
            buf_printf(news, "%s cannot be made: %s; a hook is not run\n", path.p, strerror(err));
        }
    }
    buf_free(&state);
    buf_free(&path);
}

/* --- again --- */

static int
put_away(const char *state_dir, const char *key)
{
    static const char *const tails[] = {"", ".out", ".end"};
    struct buf from = {0}, to = {0};
    int err = 0;
    unsigned number = 1;
    for (; number < MOST_ARMED; number++) {
        buf_reset(&to);
        buf_printf(&to, "%s/" STATE_HOOKS "/%s.%u", state_dir, key, number);
        if (access(to.p, F_OK) != 0)
            break;
    }
    for (size_t i = sizeof tails / sizeof *tails; i-- > 0;) { /* the one that counts at last */
        buf_reset(&from);
        buf_reset(&to);
        buf_printf(&from, "%s/" STATE_HOOKS "/%s%s", state_dir, key, tails[i]);
        buf_printf(&to, "%s/" STATE_HOOKS "/%s.%u%s", state_dir, key, number, tails[i]);
        if (rename(from.p, to.p) != 0 && errno != ENOENT)
            err = errno;
    }
    buf_free(&from);
    buf_free(&to);
    return err;
}

int
hooks_arm(const struct plan *p, const char *state_dir)
{
    int err = 0;
    for (uint32_t i = 0; i < p->nhooks; i++) {
        struct hook_state s = hook_look(p, &p->hook[i], state_dir);
        int e = s.how == HOOK_ARMED ? 0 : put_away(state_dir, s.key);
        err = e ? e : err;
    }
    return err;
}
