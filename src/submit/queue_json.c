/* PBS, LSF and Flux answer in JSON. */
#include "config.h"

#include "submit/queue.h"
#include "util/json_read.h"

#include <stdlib.h>
#include <string.h>

/* Seconds or another count at the beginning of a text: "120 second(s)", "3.5". */
static int64_t
count_of(const char *s)
{
    char *end;
    double v = strtod(s, &end);
    return end != s && v >= 0 && v < 1e9 ? (int64_t)v : QUEUE_UNKNOWN;
}

/* --- PBS --- */

static void
pbs_job(struct queue *q, const struct json *o)
{
    static const char waiting[] = "QWT", held[] = "H", ended[] = "FXM"; /* M: is another server's */
    struct queue_job *j = queue_add(q);
    const char *word = json_member_text(o, "job_state");
    const struct json *asked = json_member_of(o, "Resource_List", JSON_OBJECT),
                      *used = json_member_of(o, "resources_used", JSON_OBJECT);
    j->id = o->key;
    j->name = json_member_text(o, "Job_Name");
    j->queue = json_member_text(o, "queue");
    j->word = word;
    j->why = json_member_text(o, "comment");
    j->state = !*word                   ? QUEUE_RUNNING
               : strchr(waiting, *word) ? QUEUE_WAITING
               : strchr(held, *word)    ? QUEUE_HELD
               : strchr(ended, *word)   ? QUEUE_ENDED
                                        : QUEUE_RUNNING;
    j->nodes = count_of(json_member_text(asked, "nodect"));
    j->elapsed_s = queue_seconds(json_member_text(used, "walltime"));
    int64_t all = queue_seconds(json_member_text(asked, "walltime"));
    if (j->state == QUEUE_RUNNING && all >= 0 && j->elapsed_s >= 0)
        j->left_s = all > j->elapsed_s ? all - j->elapsed_s : 0;
}

/* The environment of a job may hold whatever breaks qstat's JSON, and is of no use here: the lines
 * of "Variable_List" are left out. */
static char *
without_variables(const char *s, size_t n)
{
    struct buf out = {0};
    bool within = false;
    for (const char *p = s, *stop = s + n; p < stop;) {
        const char *end = memchr(p, '\n', (size_t)(stop - p));
        const char *next = end ? end + 1 : stop, *text = p;
        while (text < next && (*text == ' ' || *text == '\t'))
            text++;
        if (!within && next - text > 15 && memcmp(text, "\"Variable_List\"", 15) == 0) {
            const char *last = next;
            while (last > text && strchr(" \t\r\n", last[-1]))
                last--;
            within = last[-1] == '{'; /* else all of it is on one line */
            if (!within)
                buf_add(&out, p, (size_t)(next - p));
        } else if (!within) {
            buf_add(&out, p, (size_t)(next - p));
        } else if (*text == '}') {
            within = false;
            if (text + 1 >= next || text[1] != ',') { /* it was the last member: so is a null */
                buf_puts(&out, "\"\":null\n");
            }
        }
        p = next;
    }
    buf_putc(&out, 0);
    return out.p;
}

static bool
pbs(struct queue *q, const struct json *root)
{
    const struct json *jobs = json_member_of(root, "Jobs", JSON_OBJECT);
    for (const struct json *o = jobs ? jobs->first : NULL; o; o = o->next)
        if (o->kind == JSON_OBJECT)
            pbs_job(q, o);
    return jobs || json_member(root, "pbs_server");
}

/* --- LSF --- */

/* "1:30 L": hours and minutes, and what they are told from. */
static int64_t
lsf_left(const char *s)
{
    char *end;
    long hours = strtol(s, &end, 10);
    if (end == s || *end != ':' || hours < 0 || hours > 1000000)
        return QUEUE_UNKNOWN;
    long minutes = strtol(end + 1, &end, 10);
    return minutes >= 0 && minutes < 60 ? 3600 * (int64_t)hours + 60 * minutes : QUEUE_UNKNOWN;
}

static void
lsf_job(struct queue *q, const struct json *o)
{
    const char *id = json_member_text(o, "JOBID"), *index = json_member_text(o, "JOBINDEX");
    const char *word = json_member_text(o, "STAT");
    if (!*id || !*word) /* {"ERROR":"Job <9> is not found"} */
        return;
    struct queue_job *j = queue_add(q);
    j->id = *index && strcmp(index, "0") != 0 ? arena_printf(&q->arena, "%s[%s]", id, index) : id;
    j->name = json_member_text(o, "JOB_NAME");
    j->queue = json_member_text(o, "QUEUE");
    j->word = word;
    j->why = json_member_text(o, "PEND_REASON");
    j->nodes = count_of(json_member_text(o, "NEXEC_HOST"));
    j->state =
        strcmp(word, "PEND") == 0 || strcmp(word, "WAIT") == 0 ? QUEUE_WAITING
        : strcmp(word, "PSUSP") == 0                           ? QUEUE_HELD
        : strcmp(word, "DONE") == 0 || strcmp(word, "EXIT") == 0 || strcmp(word, "ZOMBI") == 0
            ? QUEUE_ENDED
            : QUEUE_RUNNING; /* RUN; USUSP and SSUSP keep their hosts; of UNKWN nobody knows */
    if (j->state == QUEUE_RUNNING) {
        j->elapsed_s = count_of(json_member_text(o, "RUN_TIME"));
        j->left_s = lsf_left(json_member_text(o, "TIME_LEFT"));
    }
}

static bool
lsf(struct queue *q, const struct json *root)
{
    const struct json *records = json_member_of(root, "RECORDS", JSON_LIST);
    for (const struct json *o = records ? records->first : NULL; o; o = o->next)
        if (o->kind == JSON_OBJECT)
            lsf_job(q, o);
    return records != NULL;
}

/* --- Flux --- */

static void
flux_job(struct queue *q, const struct json *o, int64_t now_s)
{
    const char *word = json_member_text(o, "state"), *result = json_member_text(o, "result");
    struct queue_job *j = queue_add(q);
    j->id = json_member_text(o, "id");
    j->name = json_member_text(o, "name");
    j->queue = json_member_text(o, "queue");
    j->nodes = count_of(json_member_text(o, "nnodes"));
    j->state =
        strcmp(word, "DEPEND") == 0 ? QUEUE_HELD
        : strcmp(word, "PRIORITY") == 0 || strcmp(word, "SCHED") == 0 || strcmp(word, "NEW") == 0
            ? QUEUE_WAITING
        : strcmp(word, "INACTIVE") == 0 ? QUEUE_ENDED
                                        : QUEUE_RUNNING; /* RUN, CLEANUP */
    j->word = j->state == QUEUE_ENDED && *result ? result : word;
    j->why = j->state == QUEUE_HELD ? "dependency" : "";
    double start = strtod(json_member_text(o, "t_run"), NULL);
    double end = strtod(json_member_text(o, "expiration"), NULL);
    if (j->state == QUEUE_RUNNING && start > 0 && start <= (double)now_s)
        j->elapsed_s = now_s - (int64_t)start;
    if (j->state == QUEUE_RUNNING && end > (double)now_s && end < 1e11)
        j->left_s = (int64_t)end - now_s;
}

/* {"jobs": [...]}; when exactly one id was asked for, that job alone. */
static bool
flux(struct queue *q, const struct json *root, int64_t now_s)
{
    const struct json *jobs = json_member_of(root, "jobs", JSON_LIST);
    if (!jobs && json_member(root, "id") && json_member(root, "state")) {
        flux_job(q, root, now_s);
        return true;
    }
    for (const struct json *o = jobs ? jobs->first : NULL; o; o = o->next)
        if (o->kind == JSON_OBJECT)
            flux_job(q, o, now_s);
    return jobs != NULL;
}

bool
queue_read_json(enum site_kind kind, const char *text, size_t n, int64_t now_s, struct queue *q,
    struct buf *why)
{
    /* wrappers print lines before it */
    const char *begin = memchr(text, '{', n);
    if (!begin) {
        buf_puts(why, "it is no JSON");
        return false;
    }
    n -= (size_t)(begin - text);
    char *cleaned = kind == SITE_PBS ? without_variables(begin, n) : NULL;
    struct buf wrong = {0};
    const struct json *root =
        json_read(&q->arena, cleaned ? cleaned : begin, cleaned ? strlen(cleaned) : n, &wrong);
    free(cleaned);
    if (!root) {
        buf_printf(why, "its JSON cannot be read (%s)", wrong.p);
        buf_free(&wrong);
        return false;
    }
    if (kind == SITE_PBS   ? pbs(q, root)
        : kind == SITE_LSF ? lsf(q, root)
                           : kind == SITE_FLUX && flux(q, root, now_s))
        return true;
    buf_puts(why, "its JSON holds no list of jobs");
    return false;
}
