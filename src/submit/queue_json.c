/* PBS, LSF and Flux answer in JSON. */
#include "config.h"

#include "submit/queue.h"
#include "util/json_read.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Seconds or another count at the beginning of a text: "120 second(s)", "3.5". */
static int64_t
count_of(const char *s)
{
    char *end;
    double v = strtod(s, &end);
    return end != s && v >= 0 && v < 1e9 ? (int64_t)v : QUEUE_UNKNOWN;
}

/* --- PBS --- */

/* "Sat Nov 28 21:04:05 2026", as ctime(3) writes it here, or seconds since 1970. Where clocks go
 * back an hour comes twice: then the one that fits better to what the job is known to have run. */
static int64_t
pbs_elapsed(const char *stime, int64_t used_s, int64_t now_s)
{
    int64_t best = QUEUE_UNKNOWN;
    struct tm read = {0};
    char *end;
    long long epoch = strtoll(stime, &end, 10);
    if (end != stime && !*end)
        return epoch > 0 && epoch <= now_s ? now_s - epoch : QUEUE_UNKNOWN;
    end = strptime(stime, "%a %b %d %H:%M:%S %Y", &read);
    for (int dst = 0; end && dst < 2; dst++) {
        struct tm t = read, back;
        t.tm_isdst = dst;
        time_t at = mktime(&t);
        if (at < 0 || at > now_s || !localtime_r(&at, &back) || back.tm_hour != read.tm_hour)
            continue;
        int64_t s = now_s - at;
        if (best < 0 || (s >= used_s && s < best) || best < used_s)
            best = s;
    }
    return best;
}

static void
pbs_job(struct queue *q, const struct json *o, int64_t now_s)
{
    /* M: is another server's; S, U: suspended, by somebody or since its node has other work */
    static const char waiting[] = "QWT", held[] = "H", ended[] = "FXM", suspended[] = "SU";
    if (queue_by_id(q, o->key))
        return;
    struct queue_job *j = queue_add(q);
    const char *word = json_member_text(o, "job_state");
    const struct json *asked = json_member_of(o, "Resource_List", JSON_OBJECT),
                      *used = json_member_of(o, "resources_used", JSON_OBJECT);
    j->id = o->key;
    j->name = json_member_text(o, "Job_Name");
    j->queue = json_member_text(o, "queue");
    j->word = word;
    j->state = !*word                     ? QUEUE_RUNNING
               : strchr(waiting, *word)   ? QUEUE_WAITING
               : strchr(held, *word)      ? QUEUE_HELD
               : strchr(ended, *word)     ? QUEUE_ENDED
               : strchr(suspended, *word) ? QUEUE_SUSPENDED
                                          : QUEUE_RUNNING;
    if (j->state != QUEUE_RUNNING) /* of these it lists all nodes */
        j->why = json_member_text(o, "comment");
    j->nodes = count_of(json_member_text(asked, "nodect"));
    /* what it used is told now and then, so that it lags; but a suspended job uses no time */
    int64_t used_s = queue_seconds(json_member_text(used, "walltime"));
    int64_t since = j->state == QUEUE_RUNNING
                        ? pbs_elapsed(json_member_text(o, "stime"), used_s, now_s)
                        : QUEUE_UNKNOWN;
    j->elapsed_s = since > used_s ? since : used_s;
    int64_t all = queue_seconds(json_member_text(asked, "walltime"));
    if ((j->state == QUEUE_RUNNING || j->state == QUEUE_SUSPENDED) && all >= 0 && j->elapsed_s >= 0)
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
pbs(struct queue *q, const struct json *root, int64_t now_s)
{
    const struct json *jobs = json_member_of(root, "Jobs", JSON_OBJECT);
    for (const struct json *o = jobs ? jobs->first : NULL; o; o = o->next)
        if (o->kind == JSON_OBJECT)
            pbs_job(q, o, now_s);
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

/* Reasons are sentences, one or more, which it ends with a semicolon. */
static const char *
lsf_why(struct queue *q, const char *s)
{
    size_t n = strlen(s);
    while (n && strchr("; \t\r\n", s[n - 1]))
        n--;
    return n == 1 && *s == '-' ? "" : arena_text(&q->arena, s, n);
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
    j->why = lsf_why(q, json_member_text(o, "PEND_REASON"));
    j->nodes = count_of(json_member_text(o, "NEXEC_HOST"));
    j->state =
        strcmp(word, "PEND") == 0 || strcmp(word, "WAIT") == 0 ? QUEUE_WAITING
        : strcmp(word, "PSUSP") == 0                           ? QUEUE_HELD
        : strcmp(word, "DONE") == 0 || strcmp(word, "EXIT") == 0 || strcmp(word, "ZOMBI") == 0
            ? QUEUE_ENDED
        : strcmp(word, "USUSP") == 0 || strcmp(word, "SSUSP") == 0
            ? QUEUE_SUSPENDED
            : QUEUE_RUNNING; /* RUN; of UNKWN nobody knows */
    if (j->state == QUEUE_RUNNING || j->state == QUEUE_SUSPENDED) {
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

/* "dependency after-any=ƒ2oLkTLb", or what else holds it; "" if it will start by itself. */
static const char *
flux_hold(struct queue *q, const struct json *o, const char *word)
{
    const struct json *on = json_member_of(o, "dependencies", JSON_LIST);
    const char *first = on && on->first ? on->first->text : "";
    if (strcmp(word, "DEPEND") == 0)
        return *first ? arena_printf(&q->arena, "dependency %s", first) : "dependency";
    if (strcmp(json_member_text(o, "urgency"), "0") == 0)
        return "its urgency is 0";
    return strcmp(word, "SCHED") == 0 && strcmp(json_member_text(o, "priority"), "0") == 0
               ? "its priority is 0"
               : "";
}

static void
flux_job(struct queue *q, const struct json *o, int64_t now_s)
{
    const char *word = json_member_text(o, "state"), *result = json_member_text(o, "result");
    const struct json *notes = json_member_of(o, "annotations", JSON_OBJECT);
    struct queue_job *j = queue_add(q);
    bool before = strcmp(word, "DEPEND") == 0 || strcmp(word, "PRIORITY") == 0 ||
                  strcmp(word, "SCHED") == 0 || strcmp(word, "NEW") == 0;
    j->id = json_member_text(o, "id");
    j->name = json_member_text(o, "name");
    j->queue = json_member_text(o, "queue");
    j->nodes = count_of(json_member_text(o, "nnodes"));
    j->why = before ? flux_hold(q, o, word) : "";
    j->state = before && *j->why               ? QUEUE_HELD
               : before                        ? QUEUE_WAITING
               : strcmp(word, "INACTIVE") == 0 ? QUEUE_ENDED
                                               : QUEUE_RUNNING; /* RUN, CLEANUP */
    j->word = j->state == QUEUE_ENDED && *result ? result : word;
    if (j->state == QUEUE_WAITING)
        j->why = json_member_text(json_member_of(notes, "sched", JSON_OBJECT), "reason_pending");
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

static bool
read_answer(enum site_kind kind, const char *text, size_t n, int64_t now_s, struct queue *q,
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
    if (kind == SITE_PBS   ? pbs(q, root, now_s)
        : kind == SITE_LSF ? lsf(q, root)
                           : kind == SITE_FLUX && flux(q, root, now_s))
        return true;
    buf_puts(why, "its JSON holds no list of jobs");
    return false;
}

bool
queue_read_json(enum site_kind kind, const char *text, size_t n, int64_t now_s, struct queue *q,
    struct buf *why)
{
    for (const char *end = text + n;;) {
        const char *mark = memchr(text, QUEUE_NEXT_ANSWER, (size_t)(end - text));
        if (!read_answer(kind, text, (size_t)((mark ? mark : end) - text), now_s, q, why))
            return false;
        if (!mark)
            return true;
        text = mark + 1;
    }
}
