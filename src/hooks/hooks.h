/* Hooks of a campaign: `when failed > 1 % run "..."`. Each is run once, by whoever first sees that
 * its time has come: a shim, or `wflc submit --watch`. Who makes state/hooks/KEY, exclusively, runs
 * it; KEY is a hash of the plan's identity and of what the campaign says, so a changed hook, or
 * that of a plan with other tasks, is another one:
 *
 *     wfl-hook 1 SECONDS WHO     SECONDS since 1970
 *     WHEN
 *
 * KEY.out has what it wrote, and KEY.end, made as a whole when it has ended,
 *
 *     wfl-hook-end 1 SECONDS HOW NUMBER    HOW: exit, signal, stopped, or error
 *
 * Who dies between the two has run it: it is run once at most. To arm them again is to rename all
 * three, so that it is kept how often it was. Shared by wflc and wfl-shim, libc only. */
#ifndef HOOKS_HOOKS_H
#define HOOKS_HOOKS_H

#include "plan/plan.h"
#include "state/status.h"

enum { HOOK_LIMIT_S = 300 }; /* for each */

enum hook_how { HOOK_ARMED, HOOK_BEGUN, HOOK_EXIT, HOOK_SIGNAL, HOOK_STOPPED, HOOK_ERROR };

struct hook_state {
    enum hook_how how;
    int number; /* of EXIT, SIGNAL; an errno value of ERROR */
    int64_t began_s, ended_s;
    char who[128];
    char key[20];
};
struct hook_state hook_look(const struct plan *p, const struct plan_hook *h, const char *state_dir);
/* Has it come to that, by what is known? */
bool hook_holds(const struct status *s, const struct plan_hook *h);
/* More than how many tasks must have failed, so that it does; of ENDED: none. */
uint32_t hook_above(const struct plan *p, const struct plan_hook *h);
/* Is one armed for this? */
bool hooks_armed(const struct plan *p, const char *state_dir, enum plan_when when);

/* Runs those that are armed and hold, one after the other; each at most HOOK_LIMIT_S, all at most
 * `limit_ms`. `work`: the folder where tasks run; NULL: this one. A line for people about each is
 * appended to `news`. */
void hooks_run(const struct status *s, const char *work, int64_t limit_ms, struct buf *news);
/* All of them are armed again. 0 or an errno value. */
int hooks_arm(const struct plan *p, const char *state_dir);

/* "exit 0", "stopped after 5 min", ... */
void hook_how_text(const struct hook_state *s, struct buf *out);

#endif
