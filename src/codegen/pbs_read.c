/* How qsub of OpenPBS takes options from a script. */
#include "config.h"

#include "codegen/read.h"

#include <ctype.h>
#include <string.h>

enum { MOST_WORDS = 128, MOST_NAME = 230 };

static bool
split(const char *p, const char *end, struct words *w, struct buf *why)
{
    struct buf word = {0};
    char quote = 0;
    while (p < end && !quote) {
        while (p < end && strchr(" \t\v\f", *p))
            p++;
        if (p == end)
            break;
        buf_reset(&word);
        buf_reserve(&word, 0);
        for (; p < end && (quote || !strchr(" \t\v\f", *p)); p++) {
            if (*p == '\\' && quote != '\'' && p + 1 < end)
                buf_putc(&word, *++p);
            else if (*p == quote)
                quote = 0;
            else if (!quote && (*p == '"' || *p == '\''))
                quote = *p;
            else
                buf_putc(&word, *p);
        }
        words_add(w, word.n ? word.p : "", word.n);
    }
    buf_free(&word);
    if (quote)
        buf_printf(why, "a quote %c is not closed", quote);
    else if (w->n > MOST_WORDS)
        buf_printf(why, "a directive has more than %d words", MOST_WORDS);
    return !why->n;
}

/* "name=value,name=value": each is an option of its own, "-l name". Commas within quotes were in
 * the value's own quotes, which are gone by now, so a value may hold none but within parentheses.
 */
static bool
add_list(char letter, const char *text, struct header *h, struct buf *why)
{
    struct buf name = {0}, value = {0};
    for (const char *p = text; *p;) {
        size_t n = 0;
        for (unsigned depth = 0; p[n] && (depth || p[n] != ','); n++)
            depth += (p[n] == '(') - (p[n] == ')' && depth > 0);
        const char *eq = memchr(p, '=', n);
        buf_reset(&name);
        buf_reset(&value);
        buf_printf(&name, "-%c %.*s", letter, (int)(eq ? (size_t)(eq - p) : n), p);
        buf_reserve(&value, 0);
        if (eq)
            buf_add(&value, eq + 1, n - (size_t)(eq + 1 - p));
        if (!n || eq == p)
            buf_printf(why, "'%s' is no list of -%c", text, letter);
        else if (header_find(h, name.p))
            buf_printf(why, "%s is given twice", name.p);
        if (why->n)
            break;
        header_set(h, name.p, eq ? value.n ? value.p : "" : NULL);
        p += n + (p[n] == ',');
    }
    buf_free(&name);
    buf_free(&value);
    return !why->n;
}

static bool
good_name(const char *s)
{
    size_t n = strlen(s);
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)s[i]) && !strchr("_+.-", s[i]))
            return false;
    return n > 0 && n <= MOST_NAME && isalpha((unsigned char)*s);
}

static bool
take(const struct words *w, struct header *h, struct buf *why)
{
    static const char alone[] = "fhIVXz", takes[] = "aAcCeJjklmMNopPqrRSuvW";
    for (size_t i = 0; i < w->n && !why->n; i++) {
        const char *p = w->v[i];
        if (*p != '-' || !p[1]) {
            buf_printf(why, "directive error: '%s' is no option", p);
            break;
        }
        for (p++; *p && !why->n; p++) {
            char name[3] = {'-', *p, 0};
            if (strchr(alone, *p)) {
                header_set(h, name, NULL);
                continue;
            }
            const char *value = p[1] ? p + 1 : i + 1 < w->n ? w->v[++i] : NULL;
            if (!strchr(takes, *p))
                buf_printf(why, "there is no option %s", name);
            else if (!value)
                buf_printf(why, "option %s has no value", name);
            else if (*p == 'l' || *p == 'W')
                add_list(*p, value, h, why);
            else if (*p == 'N' && !good_name(value))
                buf_printf(why, "illegal -N value '%s'", value);
            else
                header_set(h, name, value);
            break;
        }
    }
    return !why->n;
}

static bool
read_text(const char *p, size_t n, struct header *h, struct buf *why)
{
    struct words w = {0};
    bool good = split(p, p + n, &w, why) && take(&w, h, why);
    words_free(&w);
    return good;
}

bool
pbs_read_line(const char *text, struct header *h, struct buf *why)
{
    return read_text(text, strlen(text), h, why);
}

bool
pbs_read(const char *script, size_t n, struct header *h, struct buf *why)
{
    struct script_line line;
    size_t at = 0;
    bool good = true;
    if (script_has_cr(script, n)) {
        buf_puts(why, "it contains a carriage return");
        return false;
    }
    while (good && script_next(script, n, &at, &line) && line_is_comment(&line)) {
        while (line.n && strchr(" \t\v\f", *line.p)) {
            line.p++;
            line.n--;
        }
        if (!line_begins(&line, "#PBS"))
            continue;
        struct buf text = {0};
        bool more;
        line.p += 4;
        line.n -= 4;
        if (line.n && !strchr(" \t\v\f", *line.p)) /* another word */
            continue;
        do {
            more = line.n && line.p[line.n - 1] == '\\';
            buf_add(&text, line.p, line.n - more);
        } while (more && script_next(script, n, &at, &line));
        good = read_text(text.n ? text.p : "", text.n, h, why);
        buf_free(&text);
    }
    return good;
}
