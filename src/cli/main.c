/* wflc: from the command line to the command. */
#include "config.h"

#include "cli/commands.h"

#include "diag/diag.h"
#include "util/ahead.h"
#include "util/parallel.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct command *const commands[] = {
    &command_check,
    &command_plan,
    &command_build,
    &command_run,
    &command_status,
    &command_top,
    &command_tasks,
    &command_why,
    &command_log,
    &command_history,
    &command_jobs,
    &command_verify,
    &command_redo,
    &command_export,
    &command_calibrate,
    &command_report,
    &command_submit,
    &command_queue,
    &command_control,
    &command_cancel,
    &command_list,
    &command_graph,
    &command_sky,
    &command_explain,
    &command_sites,
    &command_fmt,
    &command_help,
    &command_complete,
};

enum { NCOMMANDS = sizeof commands / sizeof *commands };

const struct command *const *
commands_all(size_t *count)
{
    *count = NCOMMANDS;
    return commands;
}

const struct command *
command_find(const char *name)
{
    const char *names[NCOMMANDS];
    size_t nnames = 0;
    for (int i = 0; i < NCOMMANDS; i++) {
        if (strcmp(name, commands[i]->name) == 0)
            return commands[i];
        if (!commands[i]->hidden)
            names[nnames++] = commands[i]->name;
    }
    const char *near = diag_nearest(name, names, nnames);
    size_t n = strlen(name);
    if (near)
        say("unknown command '%s'; did you mean '%s'?", name, near);
    else if (n > 4 && strcmp(name + n - 4, ".wfl") == 0)
        say("'%s' is no command; did you mean 'wflc run %s'?", name, name);
    else
        say("unknown command '%s'; 'wflc help' lists the commands", name);
    return NULL;
}

void
commands_print(FILE *to)
{
    for (int i = 0; i < NCOMMANDS; i++)
        if (!commands[i]->hidden)
            fprintf(to, "  %-8s %s\n", commands[i]->name, commands[i]->summary);
}

/* Everything that was to be printed is out, or the exit code says that it is not. */
static int
finish(int code)
{
    bool failed = ferror(stdout);
    errno = 0;
    if (fflush(stdout) != 0 || failed) {
        say("cannot write to standard output: %s", errno ? strerror(errno) : "write error");
        return EXIT_FILES;
    }
    return code;
}

static int
run_command(const struct command *c, struct options *o)
{
    const char *misplaced = options_misplaced(o, c);
    if (misplaced) {
        say("%s has no option --%s; 'wflc help %s' lists its options", c->name, misplaced, c->name);
        return EXIT_USAGE;
    }
    o->arg++;
    o->nargs--;
    bool lists = option_given(o, OPTION_LIST); /* the checks, which are of no campaign */
    int least = lists ? 0 : c->least, most = lists ? 0 : c->most;
    if (o->nargs < least || o->nargs > most) {
        if (o->nargs < least)
            say("%s needs a campaign: wflc %s %s", c->name, c->name, c->args);
        else
            say("%s does not know what to do with '%s': wflc %s %s", c->name, o->arg[most], c->name,
                c->args);
        return EXIT_USAGE;
    }
    return c->run(o);
}

/* Whoever started us may have closed what is taken for granted: a file of ours must not get the
 * number of standard output, which fails still; and one who ignores SIGCHLD cannot wait for
 * children. */
static void
prepare_process(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && fd < 3 && fcntl(fd, F_SETFD, 0) == 0);
    if (fd >= 3)
        close(fd);
    signal(SIGCHLD, SIG_DFL);
}

int
main(int argc, char **argv)
{
    struct options o;
    int code;
    prepare_process();
    ahead_use(parallel_ahead, PARALLEL_AHEAD);
    const struct command *c = NULL;
    if (!options_read(argc, argv, &o)) {
        code = EXIT_USAGE;
    } else if (option_given(&o, OPTION_VERSION)) {
        puts("wflc " PACKAGE_VERSION);
        code = EXIT_OK;
    } else if (option_given(&o, OPTION_HELP)) {
        code = command_help.run(&o);
    } else if (o.nargs == 0) {
        say("what shall be done? 'wflc help' lists the commands");
        code = EXIT_USAGE;
    } else {
        c = command_find(o.arg[0]);
        code = c ? run_command(c, &o) : EXIT_USAGE;
    }
    options_free(&o);
    return finish(code);
}
