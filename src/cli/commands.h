/* The commands of wflc: a table in main.c, one file each. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "command/command.h"

#include <stdio.h>

extern const struct command command_check, command_build, command_run, command_status,
    command_submit, command_queue, command_cancel, command_list, command_graph, command_explain,
    command_fmt, command_plan, command_tasks, command_history, command_log, command_why,
    command_verify, command_redo, command_export, command_calibrate, command_report, command_sites,
    command_sky, command_help, command_complete, command_jobs, command_control, command_top;

/* All commands, and their number. */
const struct command *const *commands_all(size_t *n);

const struct command *command_find(const char *name); /* NULL: unknown, and it was said */
/* Prints a line about each. */
void commands_print(FILE *to);

#endif
