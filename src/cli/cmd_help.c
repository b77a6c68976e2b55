/* wflc help. */
#include "config.h"

#include "cli/commands.h"

/* What it does in a command, or (NULL) in general: if that is said nowhere else, in the first
 * command that takes it. */
static const char *
option_meaning(enum option_bit i, const struct command *c)
{
    size_t n;
    const struct command *const *command = commands_all(&n);
    const char *text = c ? option_text(i, c) : option_info(i)->text;
    for (size_t k = 0; !c && !text && k < n; k++)
        text = option_text(i, command[k]);
    return text;
}

/* A line for each option that it takes; NULL: for all. */
static void
options_help(const struct command *c)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct option_info *o = option_info((enum option_bit)i);
        const char *text = option_meaning((enum option_bit)i, c);
        char left[64], letter[8] = "    ";
        if (!text)
            continue;
        if (o->letter)
            snprintf(letter, sizeof letter, "-%c, ", o->letter);
        snprintf(left, sizeof left, "%s--%s%s%s", letter, o->name, o->arg ? "=" : "",
            o->arg ? o->arg : "");
        printf("  %-26s %s\n", left, text);
    }
}

/* Of --help, too: then the command, if any, comes first among the arguments. */
static int
run(const struct options *o)
{
    if (o->nargs == 0) {
        puts("wflc compiles and runs survey simulation campaigns.\n"
             "\n"
             "usage: wflc COMMAND [OPTION]... [ARGUMENT]\n");
        commands_print(stdout);
        puts("\n'wflc help COMMAND' tells more of a command. All options:\n");
        options_help(NULL);
        puts("\nExit status: 0 all is well; 1 errors in the campaign, or failed tasks; 2 a wrong\n"
             "command line; 3 something cannot be read or written; 4 stopped before the end.");
        return EXIT_OK;
    }
    const struct command *c = command_find(o->arg[0]);
    if (!c)
        return EXIT_USAGE;
    printf("wflc %s: %s\n\nusage: wflc %s [OPTION]... %s\n\n%s\n", c->name, c->summary, c->name,
        c->args, c->text);
    options_help(c);
    return EXIT_OK;
}

const struct command command_help = {
    .name = "help",
    .args = "[COMMAND]",
    .summary = "explain a command",
    .text = "Without COMMAND: lists all commands and options.\n",
    .most = 1,
    .run = run,
};
