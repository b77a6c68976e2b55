/* PBS, LSF and Flux answer in JSON. */
#include "config.h"

#include "submit/queue.h"

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdlib.h>
#include <string.h>

/* json-glib reads lists within lists by recursion. */
enum { MOST_DEPTH = 100 };

static bool
is_flat(const char *s, size_t n)
{
    int depth = 0;
    bool text = false;
    for (size_t i = 0; i < n; i++) {
        if (text && s[i] == '\\')
            i++;
        else if (s[i] == '"')
            text = !text;
        else if (!text && (s[i] == '[' || s[i] == '{') && ++depth > MOST_DEPTH)
            return false;
        else if (!text && (s[i] == ']' || s[i] == '}'))
            depth--;
    }
    return true;
}

/* The member as a text of q: schedulers write numbers as numbers (a job's name, too, if it is
 * one); "" if it is not there. */
static const char *
text_of(struct queue *q, JsonObject *o, const char *name)
{
    JsonNode *n = o && json_object_has_member(o, name) ? json_object_get_member(o, name) : NULL;
    if (!n || !JSON_NODE_HOLDS_VALUE(n))
        return "";
    GType type = json_node_get_value_type(n);
    if (type == G_TYPE_STRING) {
        const char *s = json_node_get_string(n);
        return arena_text(&q->arena, s, strlen(s));
    }
    if (type == G_TYPE_INT64)
        return arena_printf(&q->arena, "%lld", (long long)json_node_get_int(n));
    if (type == G_TYPE_DOUBLE)
        return arena_printf(&q->arena, "%.17g", json_node_get_double(n));
    return "";
}

static JsonObject *
object_of(JsonObject *o, const char *name)
{
    JsonNode *n = o && json_object_has_member(o, name) ? json_object_get_member(o, name) : NULL;
    return n && JSON_NODE_HOLDS_OBJECT(n) ? json_node_get_object(n) : NULL;
}

static JsonArray *
array_of(JsonObject *o, const char *name)
{
    JsonNode *n = o && json_object_has_member(o, name) ? json_object_get_member(o, name) : NULL;
    return n && JSON_NODE_HOLDS_ARRAY(n) ? json_node_get_array(n) : NULL;
}

/* Seconds or another count at the beginning of a text: "120 second(s)", "3.5". */
static int64_t
count_of(const char *s)
{
    char *end;
    double v = g_ascii_strtod(s, &end);
    return end != s && v >= 0 && v < 1e9 ? (int64_t)v : QUEUE_UNKNOWN;
}

/* --- PBS --- */

static void
pbs_job(struct queue *q, const char *id, JsonObject *o)
{
    static const char waiting[] = "QWT", held[] = "H", ended[] = "FXM"; /* M: is another server's */
    struct queue_job *j = queue_add(q);
    const char *word = text_of(q, o, "job_state");
    JsonObject *asked = object_of(o, "Resource_List"), *used = object_of(o, "resources_used");
    j->id = arena_text(&q->arena, id, strlen(id));
    j->name = text_of(q, o, "Job_Name");
    j->queue = text_of(q, o, "queue");
    j->word = word;
    j->why = text_of(q, o, "comment");
    j->state = !*word                   ? QUEUE_RUNNING
               : strchr(waiting, *word) ? QUEUE_WAITING
               : strchr(held, *word)    ? QUEUE_HELD
               : strchr(ended, *word)   ? QUEUE_ENDED
                                        : QUEUE_RUNNING;
    j->nodes = count_of(text_of(q, asked, "nodect"));
    j->elapsed_s = queue_seconds(text_of(q, used, "walltime"));
    int64_t all = queue_seconds(text_of(q, asked, "walltime"));
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
pbs(struct queue *q, JsonObject *root)
{
    JsonObject *jobs = object_of(root, "Jobs");
    if (jobs) {
        JsonObjectIter i;
        const char *id;
        JsonNode *n;
        json_object_iter_init_ordered(&i, jobs);
        while (json_object_iter_next_ordered(&i, &id, &n))
            if (JSON_NODE_HOLDS_OBJECT(n))
                pbs_job(q, id, json_node_get_object(n));
    }
    return jobs || json_object_has_member(root, "pbs_server");
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
lsf_job(struct queue *q, JsonObject *o)
{
    const char *id = text_of(q, o, "JOBID"), *index = text_of(q, o, "JOBINDEX");
    const char *word = text_of(q, o, "STAT");
    if (!*id || !*word) /* {"ERROR":"Job <9> is not found"} */
        return;
    struct queue_job *j = queue_add(q);
    j->id = *index && strcmp(index, "0") != 0 ? arena_printf(&q->arena, "%s[%s]", id, index) : id;
    j->name = text_of(q, o, "JOB_NAME");
    j->queue = text_of(q, o, "QUEUE");
    j->word = word;
    j->why = text_of(q, o, "PEND_REASON");
    j->nodes = count_of(text_of(q, o, "NEXEC_HOST"));
    j->state =
        strcmp(word, "PEND") == 0 || strcmp(word, "WAIT") == 0 ? QUEUE_WAITING
        : strcmp(word, "PSUSP") == 0                           ? QUEUE_HELD
        : strcmp(word, "DONE") == 0 || strcmp(word, "EXIT") == 0 || strcmp(word, "ZOMBI") == 0
            ? QUEUE_ENDED
            : QUEUE_RUNNING; /* RUN; USUSP and SSUSP keep their hosts; of UNKWN nobody knows */
    if (j->state == QUEUE_RUNNING) {
        j->elapsed_s = count_of(text_of(q, o, "RUN_TIME"));
        j->left_s = lsf_left(text_of(q, o, "TIME_LEFT"));
    }
}

static bool
lsf(struct queue *q, JsonObject *root)
{
    JsonArray *records = array_of(root, "RECORDS");
    for (guint i = 0; records && i < json_array_get_length(records); i++) {
        JsonNode *n = json_array_get_element(records, i);
        if (JSON_NODE_HOLDS_OBJECT(n))
            lsf_job(q, json_node_get_object(n));
    }
    return records != NULL;
}

/* --- Flux --- */

static void
flux_job(struct queue *q, JsonObject *o, int64_t now_s)
{
    const char *word = text_of(q, o, "state"), *result = text_of(q, o, "result");
    struct queue_job *j = queue_add(q);
    j->id = text_of(q, o, "id");
    j->name = text_of(q, o, "name");
    j->queue = text_of(q, o, "queue");
    j->nodes = count_of(text_of(q, o, "nnodes"));
    j->state =
        strcmp(word, "DEPEND") == 0 ? QUEUE_HELD
        : strcmp(word, "PRIORITY") == 0 || strcmp(word, "SCHED") == 0 || strcmp(word, "NEW") == 0
            ? QUEUE_WAITING
        : strcmp(word, "INACTIVE") == 0 ? QUEUE_ENDED
                                        : QUEUE_RUNNING; /* RUN, CLEANUP */
    j->word = j->state == QUEUE_ENDED && *result ? result : word;
    j->why = j->state == QUEUE_HELD ? "dependency" : "";
    double start = g_ascii_strtod(text_of(q, o, "t_run"), NULL);
    double end = g_ascii_strtod(text_of(q, o, "expiration"), NULL);
    if (j->state == QUEUE_RUNNING && start > 0 && start <= (double)now_s)
        j->elapsed_s = now_s - (int64_t)start;
    if (j->state == QUEUE_RUNNING && end > (double)now_s && end < 1e11)
        j->left_s = (int64_t)end - now_s;
}

/* {"jobs": [...]}; when exactly one id was asked for, that job alone. */
static bool
flux(struct queue *q, JsonObject *root, int64_t now_s)
{
    JsonArray *jobs = array_of(root, "jobs");
    if (!jobs && json_object_has_member(root, "id") && json_object_has_member(root, "state")) {
        flux_job(q, root, now_s);
        return true;
    }
    for (guint i = 0; jobs && i < json_array_get_length(jobs); i++) {
        JsonNode *n = json_array_get_element(jobs, i);
        if (JSON_NODE_HOLDS_OBJECT(n))
            flux_job(q, json_node_get_object(n), now_s);
    }
    return jobs != NULL;
}

bool
queue_read_json(enum site_kind kind, const char *text, size_t n, int64_t now_s, struct queue *q,
    struct buf *why)
{
    /* wrappers print lines before it */
    const char *begin = memchr(text, '{', n);
    if (!begin || !is_flat(begin, n - (size_t)(begin - text))) {
        buf_puts(why, begin ? "its JSON is nested too deeply" : "it is no JSON");
        return false;
    }
    n -= (size_t)(begin - text);
    char *cleaned = kind == SITE_PBS ? without_variables(begin, n) : NULL;
    JsonParser *parser = json_parser_new_immutable();
    GError *error = NULL;
    bool good = json_parser_load_from_data(
        parser, cleaned ? cleaned : begin, cleaned ? (gssize)strlen(cleaned) : (gssize)n, &error);
    JsonNode *root = good ? json_parser_get_root(parser) : NULL;
    if (!good) {
        buf_printf(why, "its JSON cannot be read: %s", error->message);
        g_error_free(error);
    } else {
        JsonObject *o = root && JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
        good = o && (kind == SITE_PBS      ? pbs(q, o)
                        : kind == SITE_LSF ? lsf(q, o)
                                           : kind == SITE_FLUX && flux(q, o, now_s));
        if (!good)
            buf_puts(why, "its JSON holds no list of jobs");
    }
    g_object_unref(parser);
    free(cleaned);
    return good;
}
