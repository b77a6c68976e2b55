/* How flux batch takes options from a script: RFC 36 of the Flux project. */
#include "config.h"

#include "codegen/read.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

static const struct option_known known[] = {{"add-file", 0, OPTION_TAKES},
    {"bank", 'B', OPTION_TAKES}, {"begin-time", 0, OPTION_TAKES}, {"broker-opts", 0, OPTION_TAKES},
    {"conf", 0, OPTION_TAKES}, {"cores-per-slot", 'c', OPTION_TAKES}, {"cwd", 0, OPTION_TAKES},
    {"dependency", 0, OPTION_TAKES}, {"dry-run", 0, OPTION_ALONE}, {"dump", 0, OPTION_MAY_TAKE},
    {"env", 0, OPTION_TAKES}, {"env-file", 0, OPTION_TAKES}, {"env-remove", 0, OPTION_TAKES},
    {"error", 0, OPTION_TAKES}, {"exclusive", 'x', OPTION_ALONE}, {"flags", 0, OPTION_TAKES},
    {"gpus-per-slot", 'g', OPTION_TAKES}, {"input", 0, OPTION_TAKES}, {"job-name", 0, OPTION_TAKES},
    {"label-io", 'l', OPTION_ALONE}, {"nodes", 'N', OPTION_TAKES}, {"nslots", 'n', OPTION_TAKES},
    {"output", 0, OPTION_TAKES}, {"queue", 'q', OPTION_TAKES}, {"quiet", 0, OPTION_ALONE},
    {"requires", 0, OPTION_TAKES}, {"rlimit", 0, OPTION_TAKES}, {"setattr", 0, OPTION_TAKES},
    {"setopt", 'o', OPTION_TAKES}, {"signal", 0, OPTION_TAKES}, {"taskmap", 0, OPTION_TAKES},
    {"time-limit", 't', OPTION_TAKES}, {"unbuffered", 'u', OPTION_ALONE},
    {"urgency", 0, OPTION_TAKES}, {"wrap", 0, OPTION_ALONE}, {0}};

/* Where the text behind "flux:" begins, if the line is a directive; *prefix: how much is before it.
 */
static bool
sentinel(const struct script_line *line, size_t *prefix, size_t *text)
{
    size_t i = 0;
    while (i < line->n && !isalnum((unsigned char)line->p[i]) && line->p[i] != '_')
        i++;
    if (line->n - i < 5 || (memcmp(line->p + i, "flux:", 5) && memcmp(line->p + i, "FLUX:", 5)))
        return false;
    *prefix = i;
    *text = i + 5;
    return true;
}

/* A literal in triple quotes that begins at *p: its end is that of a line's text. Over several
 * lines the first line end and common indentation do not count. */
static bool
triple(const char **p, const char *end, struct buf *word, struct buf *why)
{
    const char quote[4] = {**p, **p, **p, 0}, *start = *p + 3, *stop = start;
    while (stop + 3 <= end && memcmp(stop, quote, 3) != 0)
        stop++;
    if (stop + 3 > end) {
        buf_printf(why, "the quotes %s are not closed", quote);
        return false;
    }
    *p = stop + 3;
    if (!memchr(start, '\n', (size_t)(stop - start))) {
        buf_add(word, start, (size_t)(stop - start));
        return true;
    }
    if (*start != '\n') {
        buf_printf(why, "text follows %s in its first line", quote);
        return false;
    }
    start++;
    size_t indent = SIZE_MAX;
    for (int pass = 0; pass < 2; pass++) {
        for (const char *line = start; line < stop;) {
            const char *lf = memchr(line, '\n', (size_t)(stop - line));
            size_t n = (size_t)((lf ? lf : stop) - line), blank = 0;
            while (blank < n && strchr(" \t", line[blank]))
                blank++;
            if (!pass && blank < n && blank < indent)
                indent = blank;
            if (pass && lf) {
                size_t cut = indent < n ? indent : blank;
                buf_add(word, line + cut, n - cut);
                buf_putc(word, '\n');
            }
            line += n + 1;
        }
    }
    return true;
}

static bool
one_word(const char **at, const char *end, struct buf *word, struct buf *why)
{
    const char *p = *at;
    char quote = 0;
    while (p < end && (quote || !isspace((unsigned char)*p)) && !why->n) {
        if (!quote && (*p == '"' || *p == '\'') && p + 2 < end && p[1] == *p && p[2] == *p) {
            triple(&p, end, word, why);
            continue;
        }
        if (*p == quote)
            quote = 0;
        else if (!quote && (*p == '"' || *p == '\''))
            quote = *p;
        else if (*p == '\\' && p + 1 < end && (!quote || (quote == '"' && strchr("\"\\$`", p[1]))))
            buf_putc(word, *++p);
        else if (*p == '\\' && p + 1 == end)
            buf_puts(why, "nothing follows a '\\'");
        else
            buf_putc(word, *p);
        p++;
    }
    if (quote && !why->n)
        buf_printf(why, "a quote %c is not closed", quote);
    *at = p;
    return !why->n;
}

/* The texts of all directives, each with a line end. What a line begins with must be an option. */
static bool
split(const char *p, const char *end, struct words *w, struct buf *why)
{
    struct buf word = {0};
    bool fresh = true; /* a line begins */
    while (p < end && !why->n) {
        if (isspace((unsigned char)*p)) {
            fresh = fresh || *p == '\n';
            p++;
        } else if (*p == '#') {
            while (p < end && *p != '\n')
                p++;
        } else {
            buf_reset(&word);
            buf_reserve(&word, 0);
            if (one_word(&p, end, &word, why) && fresh && (!word.n || *word.p != '-'))
                buf_printf(why, "'%s' is no option", word.n ? word.p : "");
            words_add(w, word.n ? word.p : "", word.n);
            fresh = false;
        }
    }
    buf_free(&word);
    return !why->n;
}

static bool
read_text(const char *p, size_t n, struct header *h, struct buf *why)
{
    struct words w = {0};
    split(p, p + n, &w, why);
    for (size_t i = 0; i < w.n && !why->n;) {
        if (w.v[i][0] != '-')
            buf_printf(why, "'%s' is no option", w.v[i]);
        else
            option_read(known, &w, &i, h, why);
    }
    words_free(&w);
    return !why->n;
}

bool
flux_read_line(const char *text, struct header *h, struct buf *why)
{
    return read_text(text, strlen(text), h, why);
}

bool
flux_read(const char *script, size_t n, struct header *h, struct buf *why)
{
    struct script_line line, first = {0};
    struct buf text = {0};
    size_t at = 0, prefix = 0, start = 0, mine, here;
    bool over = false;
    if (n < 2 || memcmp(script, "#!", 2) != 0)
        buf_puts(why, "the first line does not begin with #!");
    else if (memchr(script, 0, n))
        buf_puts(why, "there is a NUL byte in it");
    while (!why->n && script_next(script, n, &at, &line)) {
        bool directive = sentinel(&line, &mine, &here);
        if (directive && over)
            buf_puts(why, "a directive stands apart from the others");
        else if (directive && first.p && (here != start || memcmp(line.p, first.p, start) != 0))
            buf_puts(why, "directives begin in different ways");
        if (why->n)
            break;
        if (directive) {
            first = line;
            prefix = mine;
            start = here;
            buf_add(&text, line.p + here, line.n - here);
            buf_putc(&text, '\n');
        } else if (first.p) {
            bool blank = true;
            for (size_t i = 0; i < line.n; i++)
                blank = blank && isspace((unsigned char)line.p[i]);
            over = !blank && (line.n < prefix || memcmp(line.p, first.p, prefix) != 0);
        }
    }
    bool good = !why->n && read_text(text.n ? text.p : "", text.n, h, why);
    buf_free(&text);
    return good;
}
