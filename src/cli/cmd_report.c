/* wflc report: the state of a campaign and what happened in it, as a page. */
#include "config.h"

#include "cli/commands.h"
#include "command/build.h"
#include "page/page.h"
#include "util/clock.h"
#include "util/file.h"

#include <string.h>

static int
write_page(const char *file, struct buf *page)
{
    int code = EXIT_OK;
    if (strcmp(file, "-") == 0) {
        put_out(page, &code);
        return code;
    }
    int err = file_write_atomic(file, page->p, page->n, 0644);
    if (err)
        say("cannot write '%s': %s", file, strerror(err));
    return err ? EXIT_FILES : EXIT_OK;
}

static int
run(const struct options *o)
{
    struct buf dir = {0}, why = {0};
    struct figures figures = {0};
    struct svg page = {0};
    struct options builds = *o;
    builds.output = "build"; /* -o is the page here */
    if (!option_given(o, OPTION_OUTPUT)) {
        say("report -o FILE: say where the page goes, e.g. -o report.html");
        return EXIT_USAGE;
    }
    int code = find_build(&builds, o->nargs ? o->arg[0] : NULL, &dir);
    if (code == EXIT_OK && !figures_read(dir.p, now_us(), &figures, &why)) {
        say("%s", why.p);
        code = EXIT_FILES;
    }
    if (code == EXIT_OK) {
        page_write(&figures, &page);
        code = write_page(o->output, &page.out);
    }
    figures_free(&figures);
    svg_free(&page);
    buf_free(&dir);
    buf_free(&why);
    return code;
}

static const struct command_option options[] = {
    {OPTION_SITE, "of the build for this site"},
    {OPTION_OUTPUT, "write the page into the file PATH; -: to standard output"},
};

const struct command command_report = {
    .name = "report",
    .args = "[FILE|DIR|NAME]",
    .summary = "write a page with charts of all that happened in a campaign",
    .text = "One HTML file that needs no network: progress, nodes, times and memory, failures, "
            "slowest\n"
            "tasks, sensors, the sky. Give DIR for a build that is not below build/:\n"
            "    wflc report -o report.html\n"
            "    wflc report -o report.html /scratch/dc2/cori\n",
    .options = options,
    .noptions = COUNT_OF(options),
    .most = 1,
    .run = run,
};
