/* Nodes by their jobs, beside those that were submitted. */
#include "config.h"

#include "submit/jobs.h"

#include "journal/lease.h"
#include "util/list.h"

#include <stdlib.h>
#include <string.h>

double
job_all_s(const struct job_line *j)
{
    double all = 0;
    for (int i = 0; i < ACCOUNT_NPARTS; i++)
        all += j->part_s[i];
    return all;
}

double
job_used_s(const struct job_line *j)
{
    return j->part_s[ACCOUNT_USEFUL] + j->part_s[ACCOUNT_RUNNING];
}

double
job_wasted_s(const struct job_line *j)
{
    return j->part_s[ACCOUNT_FAILED] + j->part_s[ACCOUNT_WALLTIME] + j->part_s[ACCOUNT_KILLED];
}

/* A node knows its job's id, or name, or the beginning of a long one. */
static bool
same_id(const char *id, const char *known)
{
    size_t n = strlen(known);
    return n && strncmp(id, known, n) == 0 && (!id[n] || n + 1 == JOURNAL_JOB_SIZE);
}

/* Of those that have nodes, the first `n`. */
static struct job_line *
find(const struct job_lines *j, size_t n, const char *id)
{
    for (size_t i = n; i-- > 0;)
        if (!j->job[i].alone && same_id(id, j->job[i].id))
            return &j->job[i];
    return NULL;
}

static struct job_line *
add(struct job_lines *j, const char *id)
{
    ARRAY_GROW(j->job, j->n, j->cap);
    j->job[j->n] = (struct job_line){.id = id, .name = "", .text = "", .state = "ended"};
    return &j->job[j->n++];
}

/* A shim, and the status by which it is known. */
struct worker {
    const struct account_node *node;
    size_t of;
};

static int
by_node(const void *pa, const void *pb)
{
    const struct worker *a = pa, *b = pb;
    int c = strcmp(a->node->job, b->node->job);
    c = c ? c : lease_compare_nodes(a->node->holder, b->node->holder);
    c = c ? c : (a->node->began_us > b->node->began_us) - (a->node->began_us < b->node->began_us);
    return c ? c : strcmp(a->node->holder, b->node->holder);
}

/* Those of a node stand together. */
static struct worker *
list_workers(struct status *const *s, size_t nstatus, size_t *n)
{
    struct worker *all = NULL;
    size_t cap = 0;
    *n = 0;
    for (size_t k = 0; k < nstatus; k++)
        for (size_t i = 0; i < s[k]->account.n; i++) {
            ARRAY_GROW(all, *n, cap);
            all[(*n)++] = (struct worker){&s[k]->account.node[i], k};
        }
    if (*n)
        qsort(all, *n, sizeof *all, by_node);
    return all;
}

/* Does the second one do by another plan what the first one did in its job? */
static bool
goes_on(const struct worker *a, const struct worker *b)
{
    return a->of != b->of && *a->node->job && strcmp(a->node->job, b->node->job) == 0 &&
           lease_same_node(a->node->holder, b->node->holder);
}

static void
add_node(struct job_lines *j, const struct account_node *n, bool again)
{
    struct job_line *job = find(j, j->n, n->job);
    if (!job)
        job = add(j, *n->job ? n->job : n->holder);
    job->alone = !*n->job;
    if (!job->nodes || n->began_us < job->began_us)
        job->began_us = n->began_us;
    job->nodes += !again;
    job->ended_us = n->ended_us > job->ended_us ? n->ended_us : job->ended_us;
    job->ends_us = n->ends_us > job->ends_us ? n->ends_us : job->ends_us;
    job->done += n->done;
    job->failed += n->failed;
    job->lost += n->lost;
    job->running += n->running;
    for (int i = 0; i < ACCOUNT_NPARTS; i++)
        job->part_s[i] += n->part_s[i];
    if (n->live)
        job->state = "running";
    else if (n->died && strcmp(job->state, "running") != 0)
        job->state = "died";
}

/* One that runs has not ended; one that ended left nothing. */
static void
settle(struct job_line *j)
{
    bool runs = strcmp(j->state, "running") == 0;
    if (runs)
        j->ended_us = 0;
    else
        j->ends_us = 0;
    j->bad = !runs && j->nodes && (!j->done || !strcmp(j->state, "died"));
}

static void
add_submitted(struct job_lines *j, const struct record_job *r)
{
    static const char *const of[] = {[RECORD_INTENT] = "not clear",
        [RECORD_JOB] = "submitted",
        [RECORD_REFUSED] = "refused",
        [RECORD_VOID] = "not submitted",
        [RECORD_ENDED] = "ended"};
    struct job_line *job = add(j, *r->id ? r->id : r->name);
    if ((size_t)r->is < COUNT_OF(of) && of[r->is])
        job->state = of[r->is];
    job->name = r->name;
    job->text = r->text;
    job->ended_us = r->end_s * 1000000;
    job->bad = r->is == RECORD_REFUSED || (r->is == RECORD_ENDED && !r->cancelled);
    if (r->cancelled && r->is == RECORD_ENDED)
        job->state = "cancelled";
}

static int
by_beginning(const void *pa, const void *pb)
{
    const struct job_line *a = pa, *b = pb;
    if (!a->began_us != !b->began_us)
        return a->began_us ? -1 : 1;
    int c = (a->began_us > b->began_us) - (a->began_us < b->began_us);
    return c ? c : strcmp(a->id, b->id);
}

/* What stands in the record of jobs of one that has nodes. */
static void
take_submitted(struct job_line *job, const struct record_job *r)
{
    job->id = *r->id ? r->id : r->name;
    job->name = r->name;
    job->text = r->text;
    if (r->cancelled && strcmp(job->state, "running") != 0) {
        job->state = "cancelled";
        job->bad = false;
    }
}

void
jobs_list(struct status *const *s, size_t nstatus, const struct record *r, struct job_lines *j)
{
    size_t n;
    struct worker *all = list_workers(s, nstatus, &n);
    *j = (struct job_lines){0};
    for (size_t i = 0; i < n; i++)
        add_node(j, all[i].node, i > 0 && goes_on(&all[i - 1], &all[i]));
    free(all);
    for (size_t i = 0; i < j->n; i++)
        settle(&j->job[i]);
    size_t worked = j->n;
    for (size_t k = 0; r && k < r->n; k++) {
        struct job_line *job = find(j, worked, r->job[k].id);
        if (!job)
            job = find(j, worked, r->job[k].name);
        if (job)
            take_submitted(job, &r->job[k]);
        else
            add_submitted(j, &r->job[k]);
    }
    if (j->n)
        qsort(j->job, j->n, sizeof *j->job, by_beginning);
}
