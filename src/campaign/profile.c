/* What a site of the campaign says, against the profile of its machine. */
#include "config.h"

#include "campaign/internal.h"

#include "model/demand.h"

#include <string.h>

static const struct site_profile *
find_profile(struct checker *c, const struct site *s, const struct site_texts *dirs)
{
    struct model *m = c->m;
    for (unsigned i = 0; i < m->nprofiles; i++)
        if (strcmp(m->profile[i]->name, s->profile_name) == 0)
            return m->profile[i];
    struct site_profile *p = site_profile_find(c->d, s->profile_name, s->profile_at, dirs);
    if (p)
        m->profile[m->nprofiles++] = p;
    return p;
}

static void
unknown_queue(struct checker *c, const struct site *s)
{
    const struct site_profile *p = s->profile;
    struct buf list = {0};
    struct list all = {0};
    for (size_t i = 0; i < p->queues.n; i++) {
        list_add(&all, p->queues.v[i].name);
        const char *before = i + 1 < p->queues.n ? ", " : " and ";
        buf_printf(&list, "%s%s", i ? before : "", p->queues.v[i].name);
    }
    struct diag *m = error_at(c, RULE_SITE, s->queue_at, "profile '%s' has no queue '%s'", p->name,
        s->queue_name);
    const char *near = diag_nearest(s->queue_name, (const char *const *)all.at, all.n);
    if (near)
        diag_help(m, "did you mean '%s'?", near);
    diag_help(m, "its queues are %s", list.p);
    list_free(&all);
    buf_free(&list);
}

/* "queue 'debug' of 'cori-knl'", or "'cori-knl'". */
static void
name_queue(const struct site *s, struct buf *out)
{
    if (s->queue)
        buf_printf(out, "queue '%s' of ", s->queue->name);
    buf_printf(out, "'%s'", s->profile->name);
}

/* False: the rest would only repeat it. */
static bool
check_nodes(struct checker *c, const struct site *s)
{
    int64_t least, most;
    site_job_nodes(s->profile, s->queue, &least, &most);
    bool few = s->nodes_min && s->nodes_min < least;
    bool many = s->nodes_max > most;
    if (!few && !many)
        return true;
    struct buf where = {0};
    name_queue(s, &where);
    struct diag *m;
    if (many)
        m = error_at(c, RULE_SITE, s->nodes_at, "a job in %s has at most %lld node%s, not %lld",
            where.p, (long long)most, most == 1 ? "" : "s", (long long)s->nodes_max);
    else
        m = error_at(c, RULE_SITE, s->nodes_at, "a job in %s has at least %lld nodes, not %lld",
            where.p, (long long)least, (long long)s->nodes_min);
    for (size_t i = 0; i < s->profile->queues.n; i++) {
        const struct site_queue *q = &s->profile->queues.v[i];
        site_job_nodes(s->profile, q, &least, &most);
        if (q != s->queue && s->nodes_min >= least && s->nodes_max <= most) {
            diag_help(m, "queue '%s' has jobs of that size", q->name);
            break;
        }
    }
    buf_free(&where);
    return false;
}

/* "queue 'default' allows 3 h from 128 nodes on, 6 h from 256, ..." */
static void
help_walltimes(struct diag *m, const struct site_queue *q)
{
    struct buf text = {0};
    for (size_t i = 0; i < q->tiers.n; i++) {
        buf_puts(&text, i ? ", " : "");
        demand_time(&text, (double)q->tiers.v[i].max_walltime);
        buf_printf(&text, " from %lld%s", (long long)q->tiers.v[i].min_nodes, i ? "" : " nodes on");
    }
    if (q->tiers.n)
        diag_help(m, "queue '%s' allows %s", q->name, text.p);
    buf_free(&text);
}

static void
check_walltime(struct checker *c, const struct site *s)
{
    const struct site_queue *q = s->queue;
    int64_t least, most;
    if (!q || !s->walltime)
        return;
    site_nodes(s, q, &least, &most);
    int64_t longest = site_walltime_longest(q, least, most);
    struct buf asked = {0}, bound = {0}, nodes = {0};
    double shortest = s->walltime_min > 0 ? s->walltime_min : s->walltime;
    bool too_long = s->walltime > (double)longest;
    demand_time(&asked, too_long ? s->walltime : shortest);
    if (too_long) {
        demand_time(&bound, (double)longest);
        if (s->nodes_min && s->nodes_min == s->nodes_max)
            buf_printf(&nodes, " of %lld node%s", (long long)least, least == 1 ? "" : "s");
        else if (s->nodes_min)
            buf_printf(&nodes, " of %lld .. %lld nodes", (long long)least, (long long)most);
        struct diag *m = error_at(c, RULE_SITE, s->walltime_at,
            "a job%s in queue '%s' of '%s' has at most %s, not %s", nodes.n ? nodes.p : "", q->name,
            s->profile->name, bound.p, asked.p);
        help_walltimes(m, q);
        help_longer_queue(m, s, 1, s->walltime);
    } else if (shortest < (double)q->min_walltime) {
        demand_time(&bound, (double)q->min_walltime);
        diag_help(error_at(c, RULE_SITE, s->walltime_at,
                      "a job in queue '%s' of '%s' has at least %s, not %s", q->name,
                      s->profile->name, bound.p, asked.p),
            "ask for %s at least: jobs end when nothing is left to do", bound.p);
    }
    buf_free(&asked);
    buf_free(&bound);
    buf_free(&nodes);
}

void
check_profile(struct checker *c, struct site *s, const struct site_texts *dirs)
{
    const char *for_site = c->options->site;
    const struct site_profile *p = s->profile = find_profile(c, s, dirs);
    if (!p)
        return;
    bool asked = !for_site || strcmp(for_site, s->name) == 0;
    if (asked)
        site_profile_warn(p, c->d, s->profile_at);
    if (p->scheduler.account_required && !s->account)
        diag_help(error_at(c, RULE_SITE, s->at, "jobs on '%s' must name an account", p->name),
            "say whose hours are used: account \"...\"");
    s->queue = s->queue_name ? site_queue_find(p, s->queue_name) : site_queue_default(p);
    if (s->queue_name && !s->queue && p->queues.n) {
        unknown_queue(c, s);
        return;
    }
    if (!check_nodes(c, s))
        return;
    check_walltime(c, s);
    s->judged = asked;
    if (asked && p->scheduler.kind != SITE_LOCAL)
        demand_no_time(c->d, s);
}
