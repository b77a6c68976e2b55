/* wflc status: what the record tells, and which outputs are lost. */
#include "config.h"

#include "cli/build.h"

#include "codegen/place.h"
#include "journal/paths.h"
#include "report/lost.h"
#include "report/words.h"
#include "state/progress.h"
#include "submit/record.h"
#include "submit/scheduler.h"
#include "util/clock.h"

#include <string.h>

enum { SHOWN_FAILURES = 10 };

/* Of so many outputs, and in such a time, status makes sure that they are there: it is to be quick.
 */
enum { MOST_OUTPUTS = 20000, LEAST_MS = 200 };

static struct status *
read_and_look(const char *dir, struct lost *lost, struct buf *why)
{
    struct status *s = status_read(dir, now_us(), why);
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

/* Jobs that the record does not know to be over; the scheduler is not asked. */
static size_t
queued_jobs(const char *dir)
{
    struct buf state = {0}, why = {0};
    size_t n = 0;
    buf_printf(&state, "%s/" BUILD_STATE, dir);
    /* what is wrong with it, queue tells */
    struct record *r = record_open(state.p, false, 0, &why);
    for (size_t i = 0; r && i < r->n; i++)
        n += r->job[i].is == RECORD_JOB;
    record_free(r);
    n += scheduler_notes(state.p);
    buf_free(&state);
    buf_free(&why);
    return n;
}

static int
show(const struct options *o, const char *dir, struct buf *text)
{
    struct buf why = {0};
    struct lost lost = {0};
    struct status *s = read_and_look(dir, &lost, &why);
    if (!s) {
        say("%s", why.p);
    } else if (o->json) {
        status_json(s, &lost, text);
    } else {
        status_text(s, o->all ? 0 : SHOWN_FAILURES, queued_jobs(dir), text);
        lost_text(&lost, path_for_people(dir), text);
    }
    int code = s ? EXIT_OK : EXIT_FILES;
    status_free(s);
    lost_free(&lost);
    buf_free(&why);
    return code;
}

static int
run(const struct options *o)
{
    struct buf dirs = {0}, text = {0};
    int code = find_builds(o, o->nargs ? o->arg[0] : NULL, &dirs);
    for (size_t at = 0, n = code == EXIT_OK ? dirs.n : 0; at < n; at += strlen(dirs.p + at) + 1) {
        if (text.n && !o->json)
            buf_putc(&text, '\n');
        int c = show(o, dirs.p + at, &text);
        code = c > code ? c : code;
    }
    if (text.n)
        fwrite(text.p, 1, text.n, stdout);
    buf_free(&dirs);
    buf_free(&text);
    return code;
}

static const struct command_option options[] = {
    OPTIONS_OF_BUILD,
    {OPTION_ALL, "show every task that failed, not one of each kind"},
    {OPTION_JSON, NULL},
};

const struct command command_status = {
    .name = "status",
    .args = "[FILE|DIR|NAME]",
    .summary = "show how far a campaign is, running or not",
    .text = "Of the campaign in FILE, of the one built in folder DIR, or of the campaign NAME; "
            "without\n"
            "any of them, of the only campaign in the build folder. If that was built for several "
            "sites, of\n"
            "each of them.\n",
    .options = options,
    .noptions = COUNT_OF(options),
    .most = 1,
    .run = run,
};
