#include "config.h"

#include "cli/build.h"

#include "report/progress.h"
#include "report/status.h"

enum { SHOWN_FAILURES = 10 };

static int
run(const struct options *o)
{
    struct buf dir = {0}, why = {0}, text = {0};
    int code = find_build(o, o->nargs ? o->arg[0] : NULL, &dir);
    if (code == EXIT_OK) {
        struct status *s = status_read(dir.p, progress_now_us(), &why);
        if (!s) {
            say("%s", why.p);
            code = EXIT_FILES;
        } else if (o->json) {
            status_json(s, &text);
        } else {
            status_text(s, o->all ? 0 : SHOWN_FAILURES, &text);
        }
        status_free(s);
    }
    if (text.n)
        fwrite(text.p, 1, text.n, stdout);
    buf_free(&dir);
    buf_free(&why);
    buf_free(&text);
    return code;
}

const struct command command_status = {
    .name = "status",
    .args = "[FILE|DIR|NAME]",
    .summary = "show how far a campaign is, running or not",
    .text = "Of the campaign in FILE, of the one built in folder DIR, or of the campaign NAME; without\n"
            "any of them, of the only campaign in the build folder.\n",
    .bit = COMMAND_STATUS,
    .least = 0,
    .most = 1,
    .run = run,
};
