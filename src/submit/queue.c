#include "config.h"

#include "submit/queue.h"

#include "util/list.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const char *
queue_state_name(enum queue_state s)
{
    static const char *const names[] = {
#define X(id, text) text,
        QUEUE_STATES(X)
#undef X
    };
    return s < QUEUE_NSTATES ? names[s] : "?";
}

void
queue_free(struct queue *q)
{
    free(q->v);
    arena_free(&q->arena);
    *q = (struct queue){0};
}

struct queue_job *
queue_add(struct queue *q)
{
    ARRAY_GROW(q->v, q->n, q->cap);
    struct queue_job *j = &q->v[q->n++];
    *j = (struct queue_job){.id = "",
        .name = "",
        .queue = "",
        .word = "",
        .why = "",
        .nodes = QUEUE_UNKNOWN,
        .elapsed_s = QUEUE_UNKNOWN,
        .left_s = QUEUE_UNKNOWN};
    return j;
}

const struct queue_job *
queue_by_id(const struct queue *q, const char *id)
{
    for (size_t i = 0; i < q->n; i++)
        if (strcmp(q->v[i].id, id) == 0)
            return &q->v[i];
    return NULL;
}

const struct queue_job *
queue_by_name(const struct queue *q, const char *name)
{
    for (size_t i = 0; i < q->n; i++)
        if (strcmp(q->v[i].name, name) == 0)
            return &q->v[i];
    return NULL;
}

int64_t
queue_seconds(const char *s)
{
    int64_t part[4] = {0}, days = 0;
    int n = 0;
    if (!isdigit((unsigned char)*s))
        return QUEUE_UNKNOWN;
    for (; n < 4; s++) {
        if (!isdigit((unsigned char)*s))
            return QUEUE_UNKNOWN;
        int64_t v = 0;
        for (; isdigit((unsigned char)*s); s++)
            if ((v = 10 * v + (*s - '0')) > 1000000000)
                return QUEUE_UNKNOWN;
        if (*s == '-' && n == 0 && !days) {
            days = v;
            continue;
        }
        part[n++] = v;
        if (*s != ':')
            break;
    }
    if (*s || n < 2)
        return QUEUE_UNKNOWN;
    if (n == 4) /* D:HH:MM:SS */
        days += part[0];
    const int64_t *p = part + n - 2;
    return 86400 * days + (n > 2 ? 3600 * p[-1] : 0) + 60 * p[0] + p[1];
}

/* --- words of schedulers --- */

struct word {
    const char *word;
    enum queue_state state;
};

static enum queue_state
state_of(const struct word *table, const char *word)
{
    size_t n = strcspn(word, " "); /* "CANCELLED by 1000" */
    for (; table->word; table++)
        if (strncmp(table->word, word, n) == 0 && !table->word[n])
            return table->state;
    return QUEUE_RUNNING;
}

static const struct word slurm_words[] = {
    {"PENDING", QUEUE_WAITING},
    {"REQUEUED", QUEUE_WAITING},
    {"REQUEUE_FED", QUEUE_WAITING},
    {"REQUEUE_HOLD", QUEUE_HELD},
    {"RESV_DEL_HOLD", QUEUE_HELD},
    {"SPECIAL_EXIT", QUEUE_HELD},
    {"SUSPENDED", QUEUE_SUSPENDED},
    {"STOPPED", QUEUE_SUSPENDED},
    {"COMPLETED", QUEUE_ENDED},
    {"FAILED", QUEUE_ENDED},
    {"TIMEOUT", QUEUE_ENDED},
    {"CANCELLED", QUEUE_ENDED},
    {"NODE_FAIL", QUEUE_ENDED},
    {"PREEMPTED", QUEUE_ENDED},
    {"OUT_OF_MEMORY", QUEUE_ENDED},
    {"BOOT_FAIL", QUEUE_ENDED},
    {"DEADLINE", QUEUE_ENDED},
    {"REVOKED", QUEUE_ENDED},
    {NULL, QUEUE_RUNNING},
};

static const struct word cobalt_words[] = {
    {"queued", QUEUE_WAITING},
    {"preempted", QUEUE_WAITING},
    {"user_hold", QUEUE_HELD},
    {"admin_hold", QUEUE_HELD},
    {"dep_hold", QUEUE_HELD},
    {"dep_fail", QUEUE_HELD},
    {"maxrun_hold", QUEUE_WAITING}, /* for others of the queue to end */
    {"done", QUEUE_ENDED},
    {NULL, QUEUE_RUNNING},
};

/* --- texts of lines --- */

/* The next part of *p up to `end` that stands before one of `any`; *p is behind it then. */
static const char *
part(struct queue *q, const char **p, const char *end, char separator)
{
    const char *from = *p, *to = from;
    while (to < end && (separator == ' ' ? *to != ' ' && *to != '\t' : *to != separator))
        to++;
    *p = to < end ? to + 1 : to;
    while (separator == ' ' && *p < end && (**p == ' ' || **p == '\t'))
        ++*p;
    return arena_text(&q->arena, from, (size_t)(to - from));
}

static int64_t
number(const char *s)
{
    char *end;
    long long n = isdigit((unsigned char)*s) ? strtoll(s, &end, 10) : -1;
    return n >= 0 && n < INT32_MAX && !*end ? n : QUEUE_UNKNOWN;
}

/* %i|%T|%M|%L|%D|%P|%q|%r|%j. A site names its queues as partitions or as QOS: both are kept. */
static void
slurm_line(struct queue *q, const char *p, const char *end)
{
    unsigned bars = 0;
    for (const char *s = p; s < end; s++)
        bars += *s == '|';
    if (bars < 8 || !isdigit((unsigned char)*p))
        return;
    struct queue_job *j = queue_add(q);
    j->id = part(q, &p, end, '|');
    j->word = part(q, &p, end, '|');
    j->elapsed_s = queue_seconds(part(q, &p, end, '|'));
    j->left_s = queue_seconds(part(q, &p, end, '|'));
    j->nodes = number(part(q, &p, end, '|'));
    const char *partition = part(q, &p, end, '|'), *qos = part(q, &p, end, '|');
    j->queue = arena_printf(&q->arena, "%s %s", partition, qos);
    j->why = part(q, &p, end, '|');
    j->name = arena_text(&q->arena, p, (size_t)(end - p)); /* a name may hold bars */
    j->state = state_of(slurm_words, j->word);
    if (strcmp(j->why, "None") == 0)
        j->why = "";
    if (j->state == QUEUE_WAITING && queue_slurm_holds(j->why))
        j->state = QUEUE_HELD;
}

/* JobID State RunTime TimeRemaining Nodes Queue JobName, in columns, behind a line of '='. */
static void
cobalt_line(struct queue *q, const char *p, const char *end)
{
    while (p < end && *p == ' ')
        p++;
    if (p == end || !isdigit((unsigned char)*p))
        return;
    struct queue_job *j = queue_add(q);
    j->id = part(q, &p, end, ' ');
    j->word = part(q, &p, end, ' ');
    j->elapsed_s = queue_seconds(part(q, &p, end, ' '));
    j->left_s = queue_seconds(part(q, &p, end, ' '));
    j->nodes = number(part(q, &p, end, ' '));
    j->queue = part(q, &p, end, ' ');
    while (end > p && end[-1] == ' ')
        end--;
    j->name = arena_text(&q->arena, p, (size_t)(end - p));
    j->state = state_of(cobalt_words, j->word);
    j->why = j->state == QUEUE_HELD || strstr(j->word, "hold") ? j->word : "";
}

bool
queue_read(enum site_kind kind, const char *text, size_t n, int64_t now_s, struct queue *q,
    struct buf *why)
{
    bool rows = false; /* the line before them is there, by which an answer is known */
    if (kind != SITE_SLURM && kind != SITE_COBALT)
        return queue_read_json(kind, text, n, now_s, q, why);
    for (const char *p = text, *stop = text + n; p < stop;) {
        const char *end = memchr(p, '\n', (size_t)(stop - p));
        const char *next = end ? end + 1 : stop;
        if (!end)
            end = stop;
        if (end > p && end[-1] == '\r')
            end--;
        if (rows && kind == SITE_SLURM)
            slurm_line(q, p, end);
        else if (rows)
            cobalt_line(q, p, end);
        else /* of Cobalt's two lines of headers, the second */
            rows = kind == SITE_SLURM ? end - p > 6 && memcmp(p, "JOBID|", 6) == 0
                                      : end > p && *p == '=';
        p = next;
    }
    if (!rows)
        buf_puts(why, "it printed no list of jobs");
    return rows;
}
