/* wflc status: what the record tells, and which outputs are lost. */
#include "config.h"

#include "cli/commands.h"
#include "command/build.h"
#include "command/queued.h"

#include "codegen/place.h"
#include "report/lost.h"
#include "report/words.h"
#include "state/progress.h"
#include "util/clock.h"

#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { SHOWN_FAILURES = 10, WATCH_S = 2 };

/* Of --exit-code, which says it on purpose: as if files could not be read. */
enum { EXIT_LEFT = EXIT_FILES };

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

/* What --watch and --exit-code go by. */
struct seen {
    bool failed; /* something has, or is blocked */
    bool left;   /* something can still be done */
    bool alive;  /* shims are at work */
};

static void
see(const struct status *s, struct seen *seen)
{
    const uint32_t *of = s->all.of;
    seen->failed |= of[STATUS_FAILED] || of[STATUS_BLOCKED];
    seen->left |= of[STATUS_DONE] + of[STATUS_FAILED] + of[STATUS_BLOCKED] < s->all.total;
    seen->alive |= s->nshims > 0;
}

/* Outputs are looked at the first time. */
static int
show(const struct options *o, const char *dir, bool look, struct seen *seen, struct buf *text)
{
    struct buf why = {0};
    struct lost lost = {0};
    struct status *s = look ? read_and_look(dir, &lost, &why) : status_read(dir, now_us(), &why);
    if (s)
        see(s, seen);
    if (!s) {
        say("%s", why.p);
    } else if (o->json) {
        status_json(s, look ? &lost : NULL, text);
    } else if (o->csv) {
        status_csv(s, !text->n, text);
    } else {
        status_text(s, o->all ? 0 : SHOWN_FAILURES, queued_jobs(dir), text);
        lost_text(&lost, path_for_people(dir), text);
        if (o->nodes)
            buf_putc(text, '\n');
        if (o->nodes)
            status_nodes(s, text);
    }
    int code = s ? EXIT_OK : EXIT_FILES;
    status_free(s);
    lost_free(&lost);
    buf_free(&why);
    return code;
}

/* All builds that are meant. */
static int
show_all(const struct options *o, const struct buf *dirs, bool look, struct seen *seen,
    struct buf *text)
{
    int code = EXIT_OK;
    *seen = (struct seen){0};
    for (size_t at = 0; at < dirs->n; at += strlen(dirs->p + at) + 1) {
        if (text->n && !o->json && !o->csv)
            buf_putc(text, '\n');
        int c = show(o, dirs->p + at, look, seen, text);
        code = c > code ? c : code;
    }
    return code;
}

/* On a terminal in place of what was there, as much as it has lines for. */
static void
redraw(const struct buf *text, struct buf *screen)
{
    struct winsize size;
    size_t n = text->n;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 1) {
        unsigned lines = size.ws_row - 1;
        for (n = 0; n < text->n && lines; n++)
            lines -= text->p[n] == '\n';
    }
    buf_puts(screen, "\033[H\033[2J");
    buf_add(screen, text->p, n);
}

static int
watch(const struct options *o, const struct buf *dirs, struct seen *seen)
{
    const bool terminal = isatty(STDOUT_FILENO) && !o->json && !o->csv;
    struct buf text = {0}, out = {0};
    int code = EXIT_OK;
    for (bool first = true;; first = false) {
        buf_reset(&text);
        code = show_all(o, dirs, first, seen, &text);
        if (!terminal && !first && !o->json && !o->csv)
            buf_putc(&out, '\n');
        if (terminal)
            redraw(&text, &out);
        else if (text.n)
            buf_add(&out, text.p, text.n);
        if (!put_out(&out, &code))
            break;
        if (code != EXIT_OK || (!seen->left && !seen->alive))
            break;
        nanosleep(&(struct timespec){WATCH_S, 0}, NULL);
    }
    buf_free(&text);
    buf_free(&out);
    return code;
}

static int
run(const struct options *o)
{
    struct buf dirs = {0}, text = {0};
    struct seen seen = {0};
    if (o->csv && (o->json || o->nodes)) {
        say(o->json ? "either --json or --csv" : "--csv has no nodes; --json tells of them");
        return EXIT_USAGE;
    }
    int code = find_builds(o, o->nargs ? o->arg[0] : NULL, &dirs);
    if (code == EXIT_OK && o->watch)
        code = watch(o, &dirs, &seen);
    else if (code == EXIT_OK)
        code = show_all(o, &dirs, true, &seen, &text);
    if (text.n)
        put_out(&text, &code);
    if (code == EXIT_OK && o->exit_code)
        code = seen.left ? EXIT_LEFT : seen.failed ? EXIT_ERRORS : EXIT_OK;
    buf_free(&dirs);
    buf_free(&text);
    return code;
}

static const struct command_option options[] = {
    OPTIONS_OF_BUILD,
    {OPTION_ALL, "show every task that failed, not one of each kind"},
    {OPTION_NODES, "show what runs on each node at work, and its memory"},
    {OPTION_WATCH, "show it again every few seconds, until nothing is left to do"},
    {OPTION_EXIT_CODE, "exit with 0: all is done; 3: work is left; 1: none is, but tasks failed"},
    {OPTION_JSON, NULL},
    {OPTION_CSV, "print how many tasks of each family are in each state, comma-separated"},
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
