/* Is it this node? When processes of many tasks failed here in a row, what others do tells: their
 * journals are followed. A node on which nothing worked before starts nothing meanwhile, for a
 * while. One that is found to be bad leaves: it is named, what failed in the row is taken back
 * where its record is still ours to write, and all shards are given back.
 *
 * Tasks that fail everywhere may lie side by side, and be the first ones of a node. So of one that
 * left for no better reason than that others worked, another one that fails with what it left takes
 * the name back.
 *
 * A failure counts if the task had not failed elsewhere before: or tasks that fail everywhere would
 * make one node after another look bad. */
#include "config.h"

#include "runtime/shards.h"
#include "runtime/shim.h"

#include "journal/nodes.h"
#include "journal/paths.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SAMPLE = 16, LOOKS = 256, FAULTS = 1024 };
/* all are followed; and those that others may take next */
enum { FEW_SHARDS = 1024, NEXT_SHARDS = 64 };
#define HOLD_MS 10000 /* how long shards with failures of the row are kept for a verdict */
#define PAUSE_SOONEST_MS 500
#define PAUSE_LATEST_MS 16000
#define PART_OF_IDLE 5

/* A failure of the row. */
struct fault {
    uint32_t task;
    uint16_t attempt;
    uint8_t reason, code;
};

struct blame {
    char name[NODE_NAME_SIZE];
    struct fault fault[FAULTS];
    uint32_t nfaults;
    uint32_t row;    /* processes */
    uint32_t enough; /* so many make it suspected */
    int64_t row_since;
    uint8_t *want;                    /* of each shard: it is followed */
    char holder[SAMPLE][HOLDER_SIZE]; /* of others at work */
    unsigned nholders;
    struct journal_tail *tail;
    bool first; /* poll of it */
    struct node_evidence e;
    bool pausing, worked, bad;
    struct left {
        uint32_t task;
        char holder[HOLDER_SIZE];
    } left[FAULTS]; /* what others took back when they left */
    uint32_t nleft;
    int64_t look_at, pause;
    int64_t pause_until, patience;
};

/* The name as the scheduler knows it; if that cannot be a file's, the holder's. */
static void
find_name(const struct shim *r, struct blame *b)
{
    char host[256] = "";
    const char *name = r->opt.node ? r->opt.node : host;
    if (!r->opt.node && gethostname(host, sizeof host - 1) != 0)
        host[0] = 0;
    if (!node_name_good(name)) {
        snprintf(host, sizeof host, "%s", lease_holder(r->lease));
        *strrchr(host, '.') = 0;
        name = host;
    }
    snprintf(b->name, sizeof b->name, "%s", name);
}

/* Named nodes do not work while others do: those of this job, or of any. */
static bool
others_work(struct shim *r)
{
    struct bad_node *v;
    size_t n;
    nodes_read(r->state_dir, &v, &n);
    free(v);
    return r->opt.nnodes > n || elsewhere_others(r);
}

bool
blame_open(struct shim *r)
{
    struct bad_node n;
    if (!r->opt.batch)
        return true;
    struct blame *b = r->blame = xcalloc(1, sizeof *b);
    find_name(r, b);
    b->patience = (int64_t)r->opt.idle_s * 1000 / PART_OF_IDLE;
    if (!nodes_find(r->state_dir, b->name, &n) || (r->opt.nnodes == 1 && !elsewhere_others(r)) ||
        !others_work(r))
        return true;
    say("this node (%s) takes no work: %u processes in a row failed on it (%s %u) while others "
        "worked; "
        "when it is mended, delete %s/" STATE_NODES "/%s",
        b->name, n.failures, journal_reason_name(n.reason), n.code, r->state_dir, b->name);
    return false;
}

void
blame_close(struct shim *r)
{
    struct blame *b = r->blame;
    if (!b)
        return;
    journal_tail_free(b->tail);
    free(b->want);
    free(b);
    r->blame = NULL;
}

/* --- the row --- */

static void
end_suspicion(struct blame *b)
{
    journal_tail_free(b->tail);
    b->tail = NULL;
    b->pausing = false;
    b->row = b->nfaults = b->enough = 0;
}

static struct fault *
fault_of(struct blame *b, uint32_t task)
{
    for (uint32_t i = b->nfaults; i-- > 0;)
        if (b->fault[i].task == task)
            return &b->fault[i];
    return NULL;
}

static bool
counts(enum journal_reason reason)
{
    return reason != REASON_OOM && (journal_reason_charged(reason) || reason == REASON_NODE);
}

/* Not one more is to fail before others were looked at. */
static void
pause_if_enough(struct shim *r)
{
    struct blame *b = r->blame;
    if (!b->enough)
        b->enough = nodes_suspicious(r->slots.n);
    if (b->row < b->enough || b->worked || b->pausing || !elsewhere_others(r))
        return;
    b->pausing = true;
    b->look_at = now_ms();
    b->pause = PAUSE_SOONEST_MS;
    b->pause_until = b->look_at + b->patience;
    b->patience *= 2;
}

void
blame_learn(struct shim *r, const struct journal_head *head, const struct journal_rec *end)
{
    struct blame *b = r->blame;
    if (b && end->reason == REASON_NODE && b->nleft < FAULTS &&
        !lease_same_node(head->holder, lease_holder(r->lease))) {
        b->left[b->nleft].task = end->task;
        memcpy(b->left[b->nleft++].holder, head->holder, HOLDER_SIZE);
    }
}

/* Something works here, but this task does not. */
static void
clear_other(struct shim *r, uint32_t task)
{
    struct blame *b = r->blame;
    for (uint32_t i = b->worked ? b->nleft : 0; i-- > 0;) {
        if (b->left[i].task != task)
            continue;
        nodes_clear(r->state_dir, b->left[i].holder);
        b->left[i] = b->left[--b->nleft];
    }
}

void
blame_ended(struct shim *r, struct slot *s)
{
    struct blame *b = r->blame;
    if (!b || b->bad)
        return;
    if (s->reason == REASON_OK) {
        b->worked = true;
        b->patience = (int64_t)r->opt.idle_s * 1000 / PART_OF_IDLE;
        end_suspicion(b);
        return;
    }
    if (counts(s->reason))
        clear_other(r, s->at->task);
    if (!counts(s->reason) || elsewhere_failed_there(r, s->at->task) || fault_of(b, s->at->task) ||
        b->nfaults == FAULTS)
        return;
    if (!b->row)
        b->row_since = now_ms();
    b->fault[b->nfaults++] =
        (struct fault){s->at->task, s->at->attempt, (uint8_t)s->reason, end_code(s)};
    b->row += !s->blamed; /* once for the process of a bundle */
    s->blamed = true;
    pause_if_enough(r);
}

void
blame_forget(struct shim *r, uint32_t task)
{
    struct blame *b = r->blame;
    struct fault *f = b && !b->bad ? fault_of(b, task) : NULL;
    if (!f)
        return;
    memmove(f, f + 1, (size_t)(b->fault + b->nfaults - f - 1) * sizeof *f);
    b->row = b->row < --b->nfaults ? b->row : b->nfaults;
    if (b->row < b->enough)
        b->pausing = false;
}

bool
blame_pauses(const struct shim *r)
{
    return r->blame && r->blame->pausing;
}

bool
blame_keeps(const struct shim *r, int64_t now)
{
    const struct blame *b = r->blame;
    return b && !b->bad && !b->worked && b->row && now - b->row_since < HOLD_MS &&
           (r->slots.nactive || b->pausing || sched_count(r->sched, SCHED_READY));
}

bool
blame_left(const struct shim *r)
{
    return r->blame && r->blame->bad;
}

bool
blame_forgiven(const struct shim *r, uint32_t task)
{
    return blame_left(r) && fault_of(r->blame, task) != NULL;
}

/* --- what others do --- */

static bool
is_wanted(void *arg, uint32_t shard)
{
    const struct shim *r = arg;
    return shard < r->plan->nshards && r->blame->want[shard];
}

static bool
is_sampled(const struct blame *b, const char *holder)
{
    for (unsigned i = 0; i < b->nholders; i++)
        if (strcmp(b->holder[i], holder) == 0)
            return true;
    return false;
}

static bool
weigh(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    struct shim *r = arg;
    struct blame *b = r->blame;
    enum journal_reason reason = (enum journal_reason)rec->reason;
    if (rec->kind != JOURNAL_END || rec->flags & JOURNAL_CARRIED ||
        rec->task >= r->plan->head->ntasks || lease_same_node(head->holder, lease_holder(r->lease)))
        return true;
    bool done = reason == REASON_OK, failed = !done && counts(reason);
    if (fault_of(b, rec->task)) {
        b->e.same_done += done;
        b->e.same_failed += failed;
    } else if (is_sampled(b, head->holder)) {
        *(b->first ? &b->e.old_done : &b->e.done) += done;
        *(b->first ? &b->e.old_failed : &b->e.failed) += failed;
    }
    return true;
}

/* Some of those who work on other nodes. Shims take shards in the order of the list, so those that
 * were taken last are the likeliest to be in work, and those behind them come next. */
static void
sample(struct shim *r)
{
    struct blame *b = r->blame;
    uint32_t n = r->plan->nshards, looks = 0, behind = n;
    uint32_t *last = xcalloc(n, sizeof *last);
    struct journal_state j;
    b->nholders = 0;
    if (!b->want)
        b->want = xmalloc(n);
    memset(b->want, n <= FEW_SHARDS, n);
    if (journal_epochs(r->state_dir, n, last) != 0)
        looks = LOOKS;
    while (behind && !last[behind - 1])
        behind--;
    for (uint32_t k = behind; k < n && k - behind < NEXT_SHARDS; k++)
        b->want[k] = 1;
    for (uint32_t s = behind; s-- > 0 && looks < LOOKS && b->nholders < SAMPLE;) {
        if (!last[s] || shards_holds(r, s))
            continue;
        looks++;
        if (journal_look(r->state_dir, s, last[s], r->plan->head->identity, &j) != 0 || !j.ours ||
            j.closed || lease_same_node(j.holder, lease_holder(r->lease)) ||
            !lease_seen(r->state_dir, j.holder, NULL, 0))
            continue;
        b->want[s] = 1;
        if (!is_sampled(b, j.holder))
            strcpy(b->holder[b->nholders++], j.holder);
    }
    for (uint32_t i = 0; i < b->nfaults; i++)
        b->want[plan_shard_of(r->plan, b->fault[i].task)] = 1;
    free(last);
}

/* Of the nodes of this job no more are named than still work, and where only that others work
 * speaks against them, no more than an eighth of those: when many fail, it is not them. */
static bool
may_be_named(struct shim *r, bool likely)
{
    struct bad_node *v;
    size_t n;
    unsigned named = 1;
    nodes_read(r->state_dir, &v, &n);
    for (size_t i = 0; i < n; i++)
        named += strcmp(v[i].job, r->opt.job ? r->opt.job : "-") == 0;
    free(v);
    unsigned others = likely && named > 1 ? named * 8 : named;
    return lease_others(r->lease, others) >= others;
}

/* --- the verdict --- */

/* Its failures are no task's; what else it has is for others. */
static void
leave_to_others(struct shim *r)
{
    struct blame *b = r->blame;
    const struct fault *last = &b->fault[b->nfaults - 1];
    struct bad_node n = {.failures = b->row,
        .since_s = now_us() / 1000000,
        .reason = (enum journal_reason)last->reason,
        .code = last->code};
    strcpy(n.name, b->name);
    strcpy(n.holder, lease_holder(r->lease));
    snprintf(n.job, sizeof n.job, "%s", r->opt.job ? r->opt.job : "-");
    int err = nodes_add(r->state_dir, &n);
    say("this node (%s) leaves the campaign: %u processes in a row failed on it (%s %u), while "
        "others "
        "work; their tasks are not charged with that",
        b->name, n.failures, journal_reason_name(n.reason), n.code);
    if (err && err != EEXIST)
        say("%s/" STATE_NODES "/%s cannot be written: %s; the next job may use the node again",
            r->state_dir, b->name, strerror(err));
    b->bad = true;
    b->pausing = false;
    r->leave.draining = true;
    for (uint32_t i = 0; i < b->nfaults; i++) {
        const struct fault *f = &b->fault[i];
        if (!shards_hold(r, f->task) || !journal_reason_charged((enum journal_reason)f->reason))
            continue;
        shards_record(r, (struct journal_rec){.kind = JOURNAL_END,
                             .reason = REASON_NODE,
                             .code = f->code,
                             .task = f->task,
                             .attempt = f->attempt,
                             .time_us = now_us()});
        if (sched_state(r->sched, f->task) == SCHED_FAILED)
            given_up_forgive(r->given_up, f->task);
    }
}

static void
suspect(struct shim *r)
{
    struct blame *b = r->blame;
    sample(r);
    b->tail = journal_tail_new(r->state_dir, r->plan->head->identity);
    journal_tail_want(b->tail, is_wanted, r);
    b->first = true;
    b->e = (struct node_evidence){.worked = b->worked};
    b->pausing &= b->nholders > 0;
}

void
blame_tick(struct shim *r, int64_t now)
{
    struct blame *b = r->blame;
    if (!b || b->bad || r->leave.draining || b->row < nodes_suspicious(r->slots.n) ||
        now < b->look_at)
        return;
    if (!elsewhere_others(r)) {
        b->pausing = false;
        return;
    }
    if (!b->nholders) { /* they may have had nothing yet */
        journal_tail_free(b->tail);
        b->tail = NULL;
    }
    if (!b->tail)
        suspect(r);
    journal_tail_poll(b->tail, weigh, r);
    b->first = false;
    enum node_verdict v = nodes_judge(&b->e);
    if ((v == NODE_BAD || v == NODE_LIKELY) && may_be_named(r, v == NODE_LIKELY))
        leave_to_others(r);
    else if (v != NODE_OPEN)
        end_suspicion(b);
    if (b->bad)
        return;
    b->look_at = now + b->pause;
    b->pause = b->pause * 2 < PAUSE_LATEST_MS ? b->pause * 2 : PAUSE_LATEST_MS;
    /* it waits for others also when nothing is left of its shards: what it fails of further ones
     * would not tell more */
    if (b->pausing && now >= b->pause_until) { /* so it goes on, for so many more */
        b->pausing = false;
        b->enough = b->row + nodes_suspicious(r->slots.n);
        b->pause = PAUSE_SOONEST_MS; /* others may try now what failed here */
        b->look_at = now + b->pause;
    }
}
