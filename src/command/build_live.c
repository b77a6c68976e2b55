#include "config.h"

#include "command/build_live.h"

#include "journal/paths.h"
#include "state/renew.h"
#include "util/file.h"
#include "util/system.h"

#include <stdlib.h>
#include <string.h>

static void
tell_changed(const struct options *o, const struct carried *c)
{
    const struct changed *n = &c->changed;
    const char *comma = "";
    if (c->accepted)
        printf("%u of those that are carried over had another command: their outputs stay as they "
               "are\n",
            c->accepted);
    if (!n->outputs && !n->gone && (!n->command || c->accepted))
        return;
    printf("of the others ");
    if (n->command && !c->accepted) {
        printf("%u had another command%s", n->command, o->accept ? "" : " (--accept keeps them)");
        comma = ", ";
    }
    if (n->outputs) {
        printf("%s%u other outputs", comma, n->outputs);
        comma = ", ";
    }
    if (n->gone)
        printf("%s%u are not in the campaign any more", comma, n->gone);
    putchar('\n');
}

/* What stays done, although. */
static void
tell_others(const struct plan *p, const struct changed *n)
{
    struct buf label = {0};
    for (int k = 0; k < CHANGED_NKINDS; k++) {
        if (!n->other[k])
            continue;
        buf_reset(&label);
        plan_task_label(p, n->first[k], &label);
        printf("%u of those that are carried over had other %s, as %s: 'wflc redo' has them made "
               "again\n",
            n->other[k], changed_kind_name((enum changed_kind)k), label.p);
    }
    buf_free(&label);
}

/* What was made from something that is another one now. */
static void
tell_since(const struct plan *p, const struct carried *c)
{
    static const char *const what[] = {[SINCE_INPUTS] = "inputs that were written since",
        [SINCE_USES] = "files they use (uses) that have changed since"};
    struct buf label = {0};
    for (int k = 0; k < SINCE_NKINDS; k++) {
        if (!c->since[k])
            continue;
        buf_reset(&label);
        plan_task_label(p, c->since_first[k], &label);
        printf("%u done task%s %s %s, as %s: 'wflc redo changed=%s' has %s made again\n",
            c->since[k], c->since[k] == 1 ? "" : "s", c->since[k] == 1 ? "has" : "have", what[k],
            label.p, since_kind_name((enum since_kind)k), c->since[k] == 1 ? "it" : "them");
    }
    if (c->many_inputs)
        puts("too many inputs to look whether they were written since: 'wflc tasks changed=inputs' "
             "does it");
    buf_free(&label);
}

void
tell_carried(const struct options *o, const struct plan *p, const struct carried *c,
    const char *state)
{
    if (c->before) {
        printf("%u of %u tasks done before are carried over, %u changed or gone", c->kept,
            c->before, c->before - c->kept - c->stale);
        if (c->stale)
            printf(", %u need what runs again", c->stale);
        if (o->dry_run)
            putchar('\n');
        else
            printf("; the old plan is in %s/" STATE_PLANS "\n", path_for_people(state));
        tell_changed(o, c);
        tell_others(p, &c->changed);
    }
    if (c->back)
        printf("%u tasks done under this plan before are still as they were left\n", c->back);
    tell_since(p, c);
}

/* --- while jobs work --- */

void
build_refused(const struct built *s, const char *who)
{
    say("campaign '%s' is being run in '%s' (by %s); 'wflc status %s' shows how far it is. "
        "Wait for it or stop it, or use another folder with -o DIR",
        built_campaign(s), path_for_people(s->dir.p), who, path_for_people(s->dir.p));
}

static void
refuse_alone(const struct built *s, struct lease *own, const char *holder)
{
    struct lease_sight seen;
    struct buf who = {0};
    lease_judge(own, holder, &seen);
    lease_words(holder, &seen, &who);
    build_refused(s, who.p);
    buf_free(&who);
}

enum { LINES = 6 };

/* Lines of the script of jobs that are other ones: what it says goes for jobs to come. */
static void
tell_script(const struct buf *was, const struct buf *is)
{
    unsigned n = 0;
    for (const char *line = is->p; line && *line; line += strcspn(line, "\n"), line += *line != 0) {
        size_t size = strcspn(line, "\n");
        if (*line != '#' || !size || memmem(was->p, was->n, line, size))
            continue;
        if (n++ < LINES)
            printf("for jobs to come, not for those at work: %.*s\n", (int)size, line);
    }
    if (!n && (was->n != is->n || memcmp(was->p, is->p, is->n) != 0))
        puts("job.sh is another one: that goes for jobs to come, not for those at work");
}

static const struct buf *
script_of(const struct built *s)
{
    for (size_t i = 0; i < s->folder.n; i++)
        if (strcmp(s->folder.file[i].name, "job.sh") == 0)
            return &s->folder.file[i].text;
    return NULL;
}

static void
tell_live(const struct renew *r)
{
    printf("the new plan is in force: %u shim%s at work %s on by it, nothing that runs is "
           "ended\n",
        r->nshims, r->nshims == 1 ? "" : "s", r->nshims == 1 ? "goes" : "go");
    if (r->nrunning)
        printf("%u task%s run%s on by the plan before, %u of them that it has, too\n", r->nrunning,
            r->nrunning == 1 ? "" : "s", r->nrunning == 1 ? "s" : "", r->nsame);
}

int
build_live(const struct options *o, const struct built *s, const char *state, struct lease *own)
{
    struct buf plan = {0}, script = {0}, was = {0}, shim = {0}, why = {0};
    buf_printf(&plan, "%s/" PLAN_FILE, s->dir.p);
    buf_printf(&script, "%s/job.sh", s->dir.p);
    (void)file_read(script.p, &was);
    struct renew r = {.plan = plan.p,
        .state = state,
        .dir = s->dir.p,
        .own = own,
        .fresh = s->plan,
        .accept = o->accept};
    int code = find_shim(&shim);
    enum renewed end = code == EXIT_OK ? renew_plan(&r, &why) : RENEW_NOT;
    if (code == EXIT_OK && end == RENEW_NOBODY) {
        say("the last shim has just left '%s'; build it once more", path_for_people(s->dir.p));
        code = EXIT_FILES;
    } else if (code == EXIT_OK && end == RENEW_ALONE) {
        refuse_alone(s, own, r.holder);
        code = EXIT_FILES;
    } else if (code == EXIT_OK && end == RENEW_NOT) {
        say("%s", why.p);
        code = r.interrupted ? EXIT_INTERRUPTED : EXIT_FILES;
    } else if (code == EXIT_OK && !folder_put(&s->folder, s->dir.p, shim.p, s->plan, &why)) {
        say("%s", why.p);
        code = EXIT_FILES;
    }
    if (code == EXIT_OK && !o->quiet) {
        if (end == RENEW_SAME)
            puts("the plan is the one that is in force");
        else
            tell_live(&r);
        tell_carried(o, s->plan, &r.carried, state);
        if (script_of(s) && was.n)
            tell_script(&was, script_of(s));
    }
    buf_free(&plan);
    buf_free(&script);
    buf_free(&was);
    buf_free(&shim);
    buf_free(&why);
    return code;
}
