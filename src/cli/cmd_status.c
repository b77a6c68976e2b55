#include "config.h"

#include "cli/build.h"

#include "codegen/place.h"
#include "report/lost.h"
#include "report/progress.h"
#include "report/status.h"

enum { SHOWN_FAILURES = 10 };

/* Of so many outputs, and in such a time, status makes sure that they are there: it is to be quick. */
enum { MOST_OUTPUTS = 20000, LEAST_MS = 200 };

static struct status *
read_and_look(const char *dir, struct lost *lost, struct buf *why)
{
    struct status *s = status_read(dir, progress_now_us(), why);
    struct place place;
    place_read(dir, &place);
    struct lost_how how = {.work = place.work.n ? place.work.p : NULL,
        .most = MOST_OUTPUTS,
        .least_ms = LEAST_MS,
        .write = !place.elsewhere};
    if (s)
        lost_look(&s, &how, lost, why);
    place_free(&place);
    return s;
}

static int
run(const struct options *o)
{
    struct buf dir = {0}, why = {0}, text = {0};
    struct lost lost = {0};
    int code = find_build(o, o->nargs ? o->arg[0] : NULL, &dir);
    if (code == EXIT_OK) {
        struct status *s = read_and_look(dir.p, &lost, &why);
        if (!s) {
            say("%s", why.p);
            code = EXIT_FILES;
        } else if (o->json) {
            status_json(s, &lost, &text);
        } else {
            status_text(s, o->all ? 0 : SHOWN_FAILURES, &text);
            lost_text(&lost, path_for_people(dir.p), &text);
        }
        status_free(s);
    }
    lost_free(&lost);
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
