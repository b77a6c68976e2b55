/* wflc top: a campaign, live in a terminal. */
#include "config.h"

#include "ask/select.h"
#include "cli/commands.h"
#include "command/build.h"
#include "command/asked.h"
#include "command/control.h"
#include "command/queued.h"
#include "top/top.h"

#include <stdlib.h>
#include <string.h>

static bool
give(const char *dir, enum order_kind kind, const char *of, struct buf *told)
{
    struct campaign_control c = {0};
    buf_puts(&c.dir, dir);
    int code = control_open(&c, told);
    if (code == EXIT_OK)
        code = control_obey(&c, kind, of, told);
    control_close(&c);
    return code == EXIT_OK;
}

/* --color, which else goes by where messages go. */
static bool
wants_colours(const struct options *o)
{
    const char *none = getenv("NO_COLOR");
    return option_given(o, OPTION_COLOR) ? o->colour : !(none && *none);
}

/* The terms of the command line as they would be typed: what has blanks in it, in quotes. */
static void
add_terms(const struct options *o, int first, struct buf *line)
{
    buf_puts(line, "");
    for (int i = first; i < o->nargs; i++) {
        const char *term = o->arg[i];
        bool plain = !strpbrk(term, " '\"") || strchr(term, '[');
        const char *quote = plain ? "" : strchr(term, '\'') ? "\"" : "'";
        buf_printf(line, "%s%s%s%s", line->n ? " " : "", quote, term, quote);
    }
}

static int
run(const struct options *o)
{
    static const int code_of[] = {
        [TOP_ENDED] = EXIT_OK,
        [TOP_NO_TERMINAL] = EXIT_USAGE,
        [TOP_BAD_FILTER] = EXIT_USAGE,
        [TOP_UNREADABLE] = EXIT_FILES,
    };
    struct buf dirs = {0}, filter = {0}, why = {0};
    struct list dir = {0};
    int first = o->nargs && !asked_is_term(o, o->arg[0]);
    int code = find_builds(o, first ? o->arg[0] : NULL, &dirs);
    for (size_t at = 0; code == EXIT_OK && at < dirs.n; at += strlen(dirs.p + at) + 1)
        list_add(&dir, dirs.p + at);
    add_terms(o, first, &filter);
    if (code == EXIT_OK) {
        const struct top_how how = {
            .dir = (const char *const *)dir.at,
            .ndirs = dir.n,
            .filter = filter.p,
            .colours = wants_colours(o),
            .queued = queued_jobs,
            .order = give,
        };
        enum top_end end = top_run(&how, &why);
        if (end == TOP_NO_TERMINAL)
            say("top needs a terminal: %s; 'wflc status --watch' prints the state again and again",
                why.p);
        else if (end != TOP_ENDED)
            say("%s", why.p);
        code = code_of[end];
    }
    list_free(&dir);
    buf_free(&dirs);
    buf_free(&filter);
    buf_free(&why);
    return code;
}

static const struct command_option options[] = {
    OPTIONS_OF_BUILD,
};

const struct command command_top = {
    .name = "top",
    .args = "[FILE|DIR|NAME] [TERM ...]",
    .summary = "watch and steer a campaign in the terminal",
    .text =
        "Families, nodes at work, tasks that run and that ended, as they are, and keys to filter,\n"
        "sort, pause, resume and drain, and to read logs: '?' tells of them, 'q' ends it. Of a\n"
        "campaign that was built for several sites 'n' shows the next one. TERMs are the first\n"
        "filter, as 'wflc help tasks' tells of them:\n"
        "    wflc top state=failed\n",
    .options = options,
    .noptions = COUNT_OF(options),
    .most = 64,
    .run = run,
};
