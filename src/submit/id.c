/* Ids and names of jobs. */
#include "config.h"

#include "submit/queue.h"

#include <ctype.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

/* F58, the short form of Flux's ids: an f, in UTF-8 or (in a locale without) ASCII, then base 58
 * without 0, O, I and l; flux RFC 19. False: `s` is none. */
static bool
f58(const char *s, size_t n, uint64_t *id)
{
    static const char digits[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    size_t i = n > 2 && memcmp(s, "\xc6\x92", 2) == 0 ? 2 : n > 1 && *s == 'f' ? 1 : 0;
    if (!i)
        return false;
    for (*id = 0; i < n; i++) {
        const char *d = s[i] ? strchr(digits, s[i]) : NULL;
        if (!d || __builtin_mul_overflow(*id, 58, id) ||
            __builtin_add_overflow(*id, (uint64_t)(d - digits), id))
            return false;
    }
    return true;
}

static bool
all_digits(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isdigit((unsigned char)s[i]))
            return false;
    return n > 0;
}

/* Replaces *id if the line holds one. */
static bool
take_id(enum site_kind kind, const char *s, size_t n, struct buf *id)
{
    uint64_t number;
    if (kind == SITE_FLUX && f58(s, n, &number)) {
        buf_reset(id);
        buf_printf(id, "%llu", (unsigned long long)number);
        return true;
    }
    if (n == 0 || n > 200 || (kind == SITE_FLUX && !all_digits(s, n)))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!isgraph((unsigned char)s[i])) /* it becomes a word of our record */
            return false;
    buf_reset(id);
    buf_add(id, s, n);
    return true;
}

bool
job_id_read(
    enum site_kind kind, const char *regex, const char *text, struct buf *id, struct buf *why)
{
    regex_t re;
    bool found = false;
    if (regcomp(&re, regex, REG_EXTENDED) != 0) {
        buf_printf(why, "scheduler.id_regex '%s' is no regular expression", regex);
        return false;
    }
    buf_reset(id);
    for (const char *p = text; *p && !(found && kind == SITE_COBALT);) {
        size_t n = strcspn(p, "\n"), length = n && p[n - 1] == '\r' ? n - 1 : n;
        char *line = xmalloc(length + 1);
        memcpy(line, p, length);
        line[length] = 0;
        regmatch_t m[2] = {{-1, -1}, {-1, -1}};
        if (regexec(&re, line, 2, m, 0) == 0 && m[1].rm_so >= 0)
            found |= take_id(kind, line + m[1].rm_so, (size_t)(m[1].rm_eo - m[1].rm_so), id);
        free(line);
        p += n + (p[n] != 0);
    }
    regfree(&re);
    if (!found)
        buf_printf(why, "no line of what it printed holds an id (scheduler.id_regex '%s')", regex);
    return found;
}

void
job_id_normal(enum site_kind kind, const char *given, struct buf *id)
{
    if (!take_id(kind, given, strlen(given), id))
        buf_puts(id, given);
}

void
job_name_make(const char *campaign, const char *tail, int64_t max, struct buf *name)
{
    size_t room = max > (int64_t)strlen(tail) ? (size_t)max - strlen(tail) : 0, begin = name->n;
    if (!isalpha((unsigned char)*campaign) && room > 1)
        buf_putc(name, 'c');
    for (; *campaign && name->n - begin < room; campaign++) {
        unsigned char c = (unsigned char)*campaign;
        buf_putc(name, c < 128 && (isalnum(c) || strchr("_.-", c)) ? *campaign : '_');
    }
    buf_puts(name, name->n > begin || !*tail ? tail : tail + 1); /* no "-" first */
}

/* --- the queue of a script --- */

/* The options that carry it: schedulers take "-q X", "-qX", "--queue=X" and "--queue X". */
static const char *const *
queue_options(enum site_kind kind)
{
    static const char *const slurm[] = {"--partition", "--qos", "-p", "-q", NULL};
    static const char *const flux[] = {"--queue", "-q", NULL};
    static const char *const others[] = {"-q", NULL};
    return kind == SITE_SLURM ? slurm : kind == SITE_FLUX ? flux : others;
}

static bool
is_tag(enum site_kind kind, const char *line, size_t *n)
{
    static const char *const tags[] = {[SITE_SLURM] = "#SBATCH ",
        [SITE_COBALT] = "#COBALT ",
        [SITE_PBS] = "#PBS ",
        [SITE_LSF] = "#BSUB ",
        [SITE_FLUX] = "flux: ",
        [SITE_LOCAL] = ""};
    const char *tag = tags[kind];
    if (!*tag)
        return false;
    const char *at = kind == SITE_FLUX ? strstr(line, tag) : line;
    if (!at || strncmp(at, tag, strlen(tag)) != 0 || *line != '#')
        return false;
    *n = (size_t)(at - line) + strlen(tag);
    return true;
}

static void
take_queue(enum site_kind kind, const char *options, struct buf *queue)
{
    for (const char *const *o = queue_options(kind); *o; o++) {
        size_t n = strlen(*o);
        for (const char *p = options; (p = strstr(p, *o)); p += n) {
            if (p > options && p[-1] != ' ')
                continue;
            const char *v = p + n;
            if ((*o)[1] == '-' && *v != '=' && *v != ' ')
                continue;
            v += *v == '=';
            v += strspn(v, " \"'");
            size_t length = strcspn(v, " \"'\r\n");
            if (length && !queue->n)
                buf_add(queue, v, length);
        }
    }
}

void
job_script_queue(enum site_kind kind, const char *script, struct buf *queue)
{
    for (const char *p = script; *p == '#';) { /* heads are contiguous */
        size_t n = strcspn(p, "\n"), tag;
        char *line = xmalloc(n + 1);
        memcpy(line, p, n);
        line[n] = 0;
        if (is_tag(kind, line, &tag))
            take_queue(kind, line + tag, queue);
        free(line);
        p += n + (p[n] != 0);
    }
}
