/* Ids of jobs, and the queue that one names. */
#include "config.h"

#include "submit/queue.h"

#include "codegen/emitter.h"

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
job_id_read(enum site_kind kind, const char *regex, const char *text, struct buf *id,
    struct buf *why)
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

/* --- the queue of a script --- */

void
job_script_queue(enum site_kind kind, const char *script, struct buf *queue)
{
    static const char *const names[] = {"--partition", "--qos", "--queue", "-q"};
    const struct emitter *e = emitter_of(kind);
    struct header h = {0};
    struct buf why = {0};
    const struct header_option *o = NULL;
    if (e && e->read(script, strlen(script), &h, &why))
        for (size_t i = 0; i < sizeof names / sizeof *names && !o; i++)
            o = header_find(&h, names[i]);
    if (o && o->value)
        buf_puts(queue, o->value);
    header_free(&h);
    buf_free(&why);
}
