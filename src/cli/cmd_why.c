/* wflc why: the state of a task, and what it comes from. */
#include "config.h"

#include "cli/commands.h"
#include "command/asked.h"
#include "ask/why.h"

enum { MOST = 20 };

static int
run(const struct options *o)
{
    struct asked a;
    int code = asked_read(o, ASKED_NEEDS, &a);
    uint32_t shown = 0, more = 0, task[MOST];
    struct buf out = {0}, changes[MOST] = {{0}};
    for (uint32_t t = 0; code == EXIT_OK && (t = asked_next(&a, t)) != PLAN_NONE; t++) {
        if (shown < MOST)
            task[shown++] = t;
        else
            more++;
    }
    if (shown)
        asked_changes(&a, task, shown, changes);
    for (uint32_t i = 0; i < shown; i++) {
        if (i)
            buf_putc(&out, '\n');
        why_text(&a.facts, task[i], &out);
        buf_add(&out, changes[i].p, changes[i].n);
        buf_free(&changes[i]);
    }
    if (more)
        buf_printf(&out, "\nand %u more; wflc tasks lists them\n", more);
    if (code == EXIT_OK && !shown) {
        say("no task is like that");
        code = EXIT_ERRORS;
    }
    put_out(&out, &code);
    buf_free(&out);
    asked_free(&a);
    return code;
}

static const struct command_option options[] = {
    OPTIONS_OF_BUILD,
};

const struct command command_why = {
    .name = "why",
    .args = ASKED_ARGS,
    .summary = "tell why a task is not done, or how it became so",
    .text =
        ASKED_TEXT "What it waits for, where it runs, or why it failed, with its command and the "
                   "end of its log:\n"
                   "    wflc why 'draw[v=479028 s=R22_S11]'\n",
    .options = options,
    .noptions = COUNT_OF(options),
    .most = 64,
    .run = run,
};
