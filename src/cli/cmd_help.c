/* wflc help. */
#include "config.h"

#include "cli/command.h"

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
        options_help(NULL, stdout);
        puts("\nExit status: 0 all is well; 1 errors in the campaign, or failed tasks; 2 a wrong\n"
             "command line; 3 something cannot be read or written; 4 stopped before the end.");
        return EXIT_OK;
    }
    const struct command *c = command_find(o->arg[0]);
    if (!c)
        return EXIT_USAGE;
    printf("wflc %s: %s\n\nusage: wflc %s [OPTION]... %s\n\n%s\n", c->name, c->summary, c->name,
        c->args, c->text);
    options_help(c, stdout);
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
