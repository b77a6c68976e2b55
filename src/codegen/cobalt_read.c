/* How Cobalt's qsub takes options from a script. Each rule was tried on its own parser, 1.0.33. */
#include "config.h"

#include "codegen/read.h"

#include <string.h>

static const struct option_known known[] = {{"attrs", 0, OPTION_TAKES}, {"cwd", 0, OPTION_TAKES},
    {"debug", 'd', OPTION_ALONE}, {"debuglog", 0, OPTION_TAKES}, {"dependencies", 0, OPTION_TAKES},
    {"disable_preboot", 0, OPTION_ALONE}, {"env", 0, OPTION_TAKES}, {"error", 'e', OPTION_TAKES},
    {"geometry", 0, OPTION_TAKES}, {"held", 'h', OPTION_ALONE}, {"inputfile", 'i', OPTION_TAKES},
    {"jobname", 0, OPTION_TAKES}, {"kernel", 'k', OPTION_TAKES}, {"mode", 0, OPTION_TAKES},
    {"nodecount", 'n', OPTION_TAKES}, {"notify", 'M', OPTION_TAKES}, {"output", 'o', OPTION_TAKES},
    {"outputprefix", 'O', OPTION_TAKES}, {"preemptable", 0, OPTION_ALONE},
    {"proccount", 0, OPTION_TAKES}, {"project", 'A', OPTION_TAKES}, {"queue", 'q', OPTION_TAKES},
    {"run_project", 0, OPTION_ALONE}, {"time", 't', OPTION_TAKES}, {"umask", 'u', OPTION_TAKES},
    {"user_list", 0, OPTION_TAKES}, {"verbose", 'v', OPTION_ALONE}, {0}};

/* No quotes. */
static void
split(const char *p, const char *end, struct words *w)
{
    while (p < end) {
        const char *start = p;
        while (p < end && !strchr(" \t\r\v\f", *p))
            p++;
        if (p > start)
            words_add(w, start, (size_t)(p - start));
        p += p < end;
    }
}

/* A word that is no option ends it all, in silence. */
static bool
take(const struct words *w, struct header *h, struct buf *why)
{
    struct buf env = {0};
    bool good = true, attrs = header_find(h, "--attrs") != NULL;
    for (size_t i = 0; i < w->n && good && w->v[i][0] == '-' && strcmp(w->v[i], "--") != 0;) {
        struct header one = {0};
        good = option_read(known, w, &i, &one, why);
        for (size_t k = 0; k < one.n; k++) {
            const char *name = one.v[k].name, *value = one.v[k].value;
            if (strcmp(name, "--attrs") == 0 && attrs) {
                buf_puts(why, "--attrs is given twice");
                good = false;
            } else if (strcmp(name, "--env") == 0) { /* several are merged */
                buf_printf(&env, "%s%s", env.n ? ":" : "", value);
                header_set(h, name, env.p);
            } else {
                attrs = attrs || strcmp(name, "--attrs") == 0;
                header_set(h, name, value);
            }
        }
        header_free(&one);
    }
    buf_free(&env);
    return good;
}

bool
cobalt_read_line(const char *text, struct header *h, struct buf *why)
{
    struct words w = {0};
    split(text, text + strlen(text), &w);
    bool good = take(&w, h, why);
    for (size_t i = 0; i < w.n && good; i++) {
        /* one directive must not swallow the others */
        struct header one = {0};
        good = w.v[i][0] == '-' && option_read(known, &w, &i, &one, why);
        header_free(&one);
        if (good)
            i--;
        else if (!why->n)
            buf_printf(why, "'%s' is no option, and all that follows would be ignored", w.v[i]);
    }
    words_free(&w);
    return good;
}

bool
cobalt_read(const char *script, size_t n, struct header *h, struct buf *why)
{
    static const char tag[] = "#COBALT ";
    struct script_line line;
    struct words w = {0};
    size_t at = 0;
    if (script_next(script, n, &at, &line) && line_begins(&line, "#!"))
        while (script_next(script, n, &at, &line) && line_begins(&line, tag))
            split(line.p + strlen(tag), line.p + line.n, &w);
    bool good = !memchr(script, 0, n) && take(&w, h, why);
    words_free(&w);
    if (good && (!header_find(h, "--nodecount") || !header_find(h, "--time"))) {
        buf_printf(why, "%s is missing", header_find(h, "--nodecount") ? "-t" : "-n");
        good = false;
    }
    if (!good && !why->n)
        buf_puts(why, "there is a NUL byte in it");
    return good;
}
