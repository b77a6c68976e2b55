/* How bsub takes options from a script, as far as it is documented; what is not, is refused. */
#include "config.h"

#include "codegen/read.h"

#include <string.h>

static const char *const alone[] = {"-B", "-H", "-I", "-Ip", "-Is", "-K", "-N", "-r", "-rn", "-x",
    "-ul", NULL};
static const char *const takes[] = {"-J", "-P", "-q", "-n", "-nnodes", "-W", "-We", "-R", "-m",
    "-o", "-oo", "-e", "-eo", "-i", "-w", "-ti", "-wa", "-wt", "-alloc_flags", "-env", "-u", "-U",
    "-G", "-M", "-c", "-C", "-D", "-F", "-S", "-v", "-b", "-t", "-L", "-E", "-Ep", "-app", "-cwd",
    "-g", "-sp", "-sla", "-step_cgroup", "-cn_cu", "-cn_mem", "-core_isolation", "-jd", "-outdir",
    "-gpu", "-stage", NULL};

static bool
among(const char *const *list, const char *word)
{
    while (*list && strcmp(*list, word) != 0)
        list++;
    return *list != NULL;
}

static bool
split(const char *p, const char *end, struct words *w, struct buf *why)
{
    struct buf word = {0};
    char quote = 0;
    while (p < end && !why->n) {
        while (p < end && strchr(" \t", *p))
            p++;
        if (p == end)
            break;
        buf_reset(&word);
        buf_reserve(&word, 0);
        for (; p < end && (quote || !strchr(" \t", *p)) && !why->n; p++) {
            if (*p == quote)
                quote = 0;
            else if (!quote && (*p == '"' || *p == '\''))
                quote = *p;
            else if (strchr("\\$`", *p) || (!quote && *p == '#'))
                buf_printf(why, "what a '%c' means there is not documented", *p);
            else
                buf_putc(&word, *p);
        }
        words_add(w, word.n ? word.p : "", word.n);
    }
    buf_free(&word);
    if (quote && !why->n)
        buf_printf(why, "a quote %c is not closed", quote);
    return !why->n;
}

static bool
read_text(const char *p, size_t n, struct header *h, struct buf *why)
{
    struct words w = {0};
    split(p, p + n, &w, why);
    for (size_t i = 0; i < w.n && !why->n; i++) {
        const char *name = w.v[i];
        if (header_find(h, name))
            buf_printf(why, "%s is given twice, and only one counts", name);
        else if (among(alone, name))
            header_set(h, name, NULL);
        else if (!among(takes, name))
            buf_printf(why, "there is no option '%s'", name);
        else if (i + 1 == w.n)
            buf_printf(why, "option %s has no value", name);
        else
            header_set(h, name, w.v[++i]);
    }
    words_free(&w);
    return !why->n;
}

bool
lsf_read_line(const char *text, struct header *h, struct buf *why)
{
    return read_text(text, strlen(text), h, why);
}

bool
lsf_read(const char *script, size_t n, struct header *h, struct buf *why)
{
    struct script_line line;
    size_t at = 0;
    bool good = true;
    if (script_has_cr(script, n)) {
        buf_puts(why, "it contains a carriage return");
        return false;
    }
    while (good && script_next(script, n, &at, &line) && line_is_comment(&line))
        if (line_begins(&line, "#BSUB") && (line.n == 5 || strchr(" \t", line.p[5])))
            good = read_text(line.p + 5, line.n - 5, h, why);
    return good;
}
