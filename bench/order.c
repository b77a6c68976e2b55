/* order [VISITS SENSORS]: what the order of ready tasks brings. Visits of three steps (draw each
 * sensor, combine, clean) on nodes of some slots, with times that differ from sensor to sensor,
 * under a virtual clock: how many visits are unfinished at a time, and how long all takes beside
 * the longest task first and nothing else. */
#include "config.h"

#include "random.h"
#include "sched/sched.h"
#include "util/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_NODES = 8, MOST_SLOTS = 1024, ORDERS = 100 };

struct trial {
    uint32_t nodes, slots;
    double spread,
        error;      /* p95 / p50 of the times, and of their ratio to what is expected; 1: none */
    bool known;     /* something is expected */
    uint32_t shard; /* visits that a node takes at a time */
    bool plain;     /* longest first alone */
    bool begun;     /* an earlier run was stopped that had worked on all visits at once */
};

struct result {
    double makespan, mean; /* seconds; unfinished visits on average */
    double least, blind;   /* and how many they cannot but be, at that makespan; see least_open */
    uint32_t peak;
};

static uint32_t nvisits = 40, nsensors = 189, ntasks;
static int64_t *actual, *expected; /* milliseconds */

/* Times are rounded as cost/classes.c does. */
static int64_t
rounded(double ms)
{
    int64_t step = 1, v = (int64_t)ms;
    while (v / step >= 32)
        step *= 2;
    return (v + step - 1) / step * step;
}

static void
make_times(const struct trial *t)
{
    random_state = 88172645463325252u;
    for (uint32_t i = 0; i < ntasks; i++) {
        bool draw = i < nvisits * nsensors;
        double ms = (draw                              ? 1400000
                        : i < nvisits * (nsensors + 1) ? 700000
                                                       : 60000) *
                    spread(t->spread);
        actual[i] = (int64_t)ms + 1;
        expected[i] = t->known ? rounded(ms * spread(t->error)) + 1 : 0;
    }
}

static uint32_t
visit_of(uint32_t task)
{
    uint32_t ndraws = nvisits * nsensors;
    return task < ndraws ? task / nsensors : (task - ndraws) % nvisits;
}

/* --- a node --- */

/* By key, the least first. */
struct heap {
    struct entry {
        int64_t key;
        uint32_t task;
    } * at;
    uint32_t n;
};

static void
push(struct heap *h, int64_t key, uint32_t task)
{
    uint32_t i = h->n++;
    for (; i && h->at[(i - 1) / 2].key > key; i = (i - 1) / 2)
        h->at[i] = h->at[(i - 1) / 2];
    h->at[i] = (struct entry){key, task};
}

static uint32_t
pop(struct heap *h)
{
    uint32_t top = h->at[0].task, i = 0;
    struct entry x = h->at[--h->n];
    for (uint32_t k; (k = 2 * i + 1) < h->n; i = k) {
        k += k + 1 < h->n && h->at[k + 1].key < h->at[k].key;
        if (h->at[k].key >= x.key)
            break;
        h->at[i] = h->at[k];
    }
    h->at[i] = x;
    return top;
}

struct node {
    struct sched *sched;
    struct heap ready; /* if it is plain: by what is expected, the longest first */
    uint32_t nfree;
};

struct world {
    const struct trial *t;
    struct node node[MOST_NODES];
    struct heap running;
    uint8_t *on;           /* of each task: its node */
    uint32_t *left, *done; /* of each visit: draws; tasks */
    bool *begun;
    uint32_t ndone, next_visit, unfinished;
};

static void
make_node(struct world *w, struct node *n)
{
    const uint32_t sizes[] = {nvisits, nsensors};
    const uint32_t ndraws = nvisits * nsensors;
    struct sched_need need[2] = {{ndraws, 0, {0}}, {ndraws + nvisits, ndraws, {0}}};
    if (!relation_product(&need[0].of, sizes, 1, sizes, 2, (const uint32_t[1][2]){{0, 0}}, 1) ||
        !relation_product(&need[1].of, sizes, 1, sizes, 1, (const uint32_t[1][2]){{0, 0}}, 1))
        exit(1);
    n->ready.at = xmalloc(ntasks * sizeof *n->ready.at);
    n->nfree = w->t->slots;
    n->sched = sched_new(&(struct sched_config){.cores = w->t->slots,
        .memory = w->t->slots,
        .ntasks = ntasks,
        .nneeds = 2,
        .need = need});
    struct sched_class *class = xcalloc(ntasks, sizeof *class);
    uint32_t nclasses = 0;
    uint32_t *class_of = xmalloc(ntasks * sizeof *class_of);
    for (uint32_t i = 0; i < ntasks; i++) {
        struct sched_class c = {.cores = 1, .memory = 1, .time_ms = (uint64_t)expected[i]};
        c.stage = i < ndraws ? 0 : i < ndraws + nvisits ? 1 : 2;
        uint32_t k = 0;
        while (k < nclasses && memcmp(&class[k], &c, sizeof c) != 0)
            k++;
        if (k == nclasses)
            class[nclasses++] = c;
        class_of[i] = k;
    }
    sched_add_classes(n->sched, class, nclasses);
    for (uint32_t i = 0; i < ntasks; i++)
        sched_set_class(n->sched, i, class_of[i], SCHED_NONE);
    free(class);
    free(class_of);
}

/* --- all nodes --- */

static void
add_ready(struct world *w, uint32_t task)
{
    push(&w->node[w->on[task]].ready, -expected[task], task);
}

static void
take_visit(struct world *w, uint32_t node, uint32_t v, int64_t now)
{
    struct node *n = &w->node[node];
    const uint32_t ndraws = nvisits * nsensors;
    for (uint32_t i = 0; i < nsensors + 2; i++) {
        uint32_t task = i < nsensors ? v * nsensors + i : ndraws + (i - nsensors) * nvisits + v;
        w->on[task] = (uint8_t)node;
        if (w->t->begun && i < nsensors / 4) {
            if (!w->t->plain)
                sched_set_done(n->sched, task, now);
            w->left[v]--;
            w->done[v]++;
            w->ndone++;
            continue;
        }
        if (!w->t->plain)
            sched_take(n->sched, task, now);
        else if (i < nsensors)
            add_ready(w, task);
    }
}

static uint32_t
launch(struct world *w, struct node *n, int64_t now)
{
    uint32_t task;
    if (!w->t->plain)
        return sched_launch(n->sched, now, &task, 1) ? task : SCHED_NONE;
    if (!n->nfree || !n->ready.n)
        return SCHED_NONE;
    n->nfree--;
    return pop(&n->ready);
}

static void
fill(struct world *w, uint32_t node, int64_t now)
{
    struct node *n = &w->node[node];
    for (;;) {
        uint32_t task;
        while ((task = launch(w, n, now)) != SCHED_NONE) {
            uint32_t v = visit_of(task);
            w->unfinished += !w->begun[v];
            w->begun[v] = true;
            push(&w->running, now + actual[task], task);
        }
        bool room = w->t->plain ? n->nfree > 0 : sched_has_room(n->sched);
        if (!room || w->next_visit == nvisits)
            return;
        for (uint32_t i = 0; i < w->t->shard && w->next_visit < nvisits; i++)
            take_visit(w, node, w->next_visit++, now);
    }
}

static void
end(struct world *w, uint32_t task, int64_t now)
{
    struct node *n = &w->node[w->on[task]];
    const uint32_t v = visit_of(task), ndraws = nvisits * nsensors;
    w->ndone++;
    if (++w->done[v] == nsensors + 2)
        w->unfinished--;
    if (!w->t->plain) {
        sched_ended(n->sched, task, SCHED_END_DONE, 0, now);
        return;
    }
    n->nfree++;
    if (task < ndraws && !--w->left[v])
        add_ready(w, ndraws + v);
    else if (task >= ndraws && task < ndraws + nvisits)
        add_ready(w, task + nvisits);
}

/* How long draws take on a node of their own if they begin in any order, the mean of ORDERS of
 * them; `ms` is left in the last one. */
static double
any_order(int64_t *ms, uint32_t n, uint32_t slots)
{
    struct heap busy = {xmalloc(slots * sizeof *busy.at), 0};
    double all = 0;
    for (unsigned k = 0; k < ORDERS; k++) {
        int64_t last = 0;
        for (busy.n = 0; busy.n < slots; busy.n++)
            busy.at[busy.n] = (struct entry){0, 0};
        for (uint32_t i = 0; i < n; i++) {
            uint32_t other = i + (uint32_t)(uniform() * (n - i)) % (n - i);
            int64_t x = ms[other], end = busy.at[0].key + x;
            ms[other] = ms[i];
            ms[i] = x;
            pop(&busy);
            push(&busy, end, 0);
            last = end > last ? end : last;
        }
        all += (double)last;
    }
    free(busy.at);
    return all / ORDERS;
}

/* How long visits are unfinished, all together, if each has a node to itself: at least; and,
 * *blind, if nobody knows which draws take long. Draws are in another order then. */
static double
least_open(const struct trial *t, double *blind)
{
    const uint32_t first = t->begun ? nsensors / 4 : 0;
    double all = 0;
    *blind = 0;
    for (uint32_t v = 0; v < nvisits; v++) {
        int64_t sum = 0, longest = 0;
        for (uint32_t i = first; i < nsensors; i++) {
            int64_t ms = actual[v * nsensors + i];
            sum += ms;
            longest = ms > longest ? ms : longest;
        }
        double draws = (double)sum / t->slots;
        double after = (double)actual[nvisits * nsensors + v];
        after += (double)actual[nvisits * (nsensors + 1) + v];
        all += (draws > (double)longest ? draws : (double)longest) + after;
        *blind += any_order(&actual[v * nsensors + first], nsensors - first, t->slots) + after;
    }
    return all;
}

static struct result
run(const struct trial *t)
{
    struct world w = {.t = t};
    struct result r = {0};
    int64_t now = 0;
    make_times(t);
    w.running.at = xmalloc(ntasks * sizeof *w.running.at);
    w.on = xcalloc(ntasks, 1);
    w.left = xmalloc(nvisits * sizeof *w.left);
    w.done = xcalloc(nvisits, sizeof *w.done);
    w.begun = xcalloc(nvisits, sizeof *w.begun);
    for (uint32_t v = 0; v < nvisits; v++)
        w.left[v] = nsensors;
    for (uint32_t k = 0; k < t->nodes; k++)
        make_node(&w, &w.node[k]);
    for (uint32_t k = 0; t->begun && k < t->nodes; k++)
        for (uint32_t v = k; v < nvisits; v += t->nodes)
            take_visit(&w, k, v, 0);
    w.next_visit = t->begun ? nvisits : 0;
    for (uint32_t k = 0; k < t->nodes; k++)
        fill(&w, k, 0);
    while (w.running.n) {
        uint32_t task = w.running.at[0].task;
        r.mean += (double)w.unfinished * (double)(w.running.at[0].key - now);
        r.peak = w.unfinished > r.peak ? w.unfinished : r.peak;
        now = w.running.at[0].key;
        pop(&w.running);
        end(&w, task, now);
        fill(&w, w.on[task], now);
    }
    if (w.ndone != ntasks)
        abort();
    r.mean /= (double)now;
    r.least = least_open(t, &r.blind) / (double)now;
    r.blind /= (double)now;
    r.makespan = (double)now * 1e-3;
    for (uint32_t k = 0; k < t->nodes; k++) {
        sched_free(w.node[k].sched);
        free(w.node[k].ready.at);
    }
    free(w.running.at);
    free(w.on);
    free(w.left);
    free(w.done);
    free(w.begun);
    return r;
}

int
main(int argc, char **argv)
{
    static const struct trial trials[] = {
        {1, 33, 1.6, 1, true, 40, false, false},
        {1, 33, 4, 1, true, 40, false, false},
        {1, 33, 1.6, 1.5, true, 40, false, false},
        {1, 33, 4, 2, true, 40, false, false},
        {1, 33, 4, 1, false, 40, false, false},
        {1, 256, 1.6, 1, true, 40, false, false},
        {1, 256, 4, 1, true, 40, false, false},
        {1, 1024, 4, 1, true, 40, false, false},
        {1, 33, 4, 1, true, 40, false, true},
        {1, 33, 4, 1, false, 40, false, true},
        {2, 33, 1.6, 1, true, 1, false, false},
        {2, 33, 4, 1, true, 4, false, false},
        {4, 33, 4, 1, true, 1, false, false},
        {4, 33, 4, 2, true, 10, false, false},
    };
    if (argc == 3) {
        nvisits = (uint32_t)strtoul(argv[1], NULL, 10);
        nsensors = (uint32_t)strtoul(argv[2], NULL, 10);
    }
    if ((argc != 1 && argc != 3) || !nvisits || !nsensors) {
        fputs("usage: order [VISITS SENSORS]\n", stderr);
        return 2;
    }
    ntasks = nvisits * (nsensors + 2);
    actual = xcalloc(ntasks, sizeof *actual);
    expected = xcalloc(ntasks, sizeof *expected);
    printf(
        "%u visits: draw %u, combine, clean; visits unfinished at a time, beside what nodes hold\n",
        nvisits, nsensors);
    printf("  %5s %5s %7s %6s %5s | %6s %6s %6s %6s %6s | %6s %6s | %s\n", "nodes", "slots",
        "p95/p50", "error", "shard", "least", "mean", "ratio", "blind", "most", "l.mean", "l.most",
        "makespan");
    for (size_t i = 0; i < sizeof trials / sizeof *trials; i++) {
        struct trial t = trials[i], plain = t;
        plain.plain = true;
        struct result ours = run(&t), theirs = run(&plain);
        printf("  %5u %5u %7.1f %6s %5u | %6.2f %6.2f %6.2f %6.2f %6u | %6.1f %6u | %.4f%s\n",
            t.nodes, t.slots, t.spread,
            !t.known      ? "-"
            : t.error > 1 ? "some"
                          : "none",
            t.shard, ours.least, ours.mean, ours.mean / ours.least, ours.blind / ours.least,
            ours.peak, theirs.mean, theirs.peak, ours.makespan / theirs.makespan,
            t.begun ? "  (a quarter of each was done)" : "");
    }
    free(actual);
    free(expected);
    return 0;
}
