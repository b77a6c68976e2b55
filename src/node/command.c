/* The words of a command, as they are made, and the program that they name. */
#include "config.h"

#include "node/command.h"

#include "util/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void
command_free(struct command *c)
{
    free(c->argv);
    buf_free(&c->words);
    buf_free(&c->name);
    buf_free(&c->program);
}

void
command_split(struct command *c)
{
    size_t n = 0;
    for (const char *q = c->words.p, *end = q + c->words.n; q < end; q += strlen(q) + 1) {
        if (n + 2 > c->nargv) {
            c->nargv = c->nargv ? c->nargv * 2 : 16;
            c->argv = xrealloc(c->argv, c->nargv * sizeof *c->argv);
        }
        c->argv[n++] = (char *)q;
    }
    c->argv[n] = NULL;
}

void
command_shell(struct command *c, enum plan_shell shell)
{
    size_t from = c->words.n;
    buf_puts(&c->words, plan_shell_words(shell));
    buf_putc(&c->words, 0);
    for (size_t i = from; i + 1 < c->words.n; i++)
        if (c->words.p[i] == ' ')
            c->words.p[i] = 0;
}

/* 0: it can be started; EACCES: a file that cannot; else ENOENT, or why that is not known. */
static int
look_at_program(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return file_trouble(errno) ? errno : ENOENT;
    if (!S_ISREG(st.st_mode))
        return ENOENT;
    return access(path, X_OK) == 0 ? 0 : file_trouble(errno) ? errno : EACCES;
}

int
command_find(struct command *c, const char *name, const char *path)
{
    buf_reset(&c->name);
    buf_puts(&c->name, name);
    int err = ENOENT;
    while (*path) {
        size_t n = strcspn(path, ":");
        buf_reset(&c->program);
        buf_add(&c->program, path, n);
        buf_puts(&c->program, n ? "/" : "./");
        buf_puts(&c->program, name);
        int this = look_at_program(c->program.p);
        if (!this)
            return 0;
        if (file_trouble(this)) { /* it may be there */
            err = this;
            break;
        }
        if (this == EACCES)
            err = EACCES;
        path += n + (path[n] == ':');
    }
    buf_reset(&c->name);
    return err;
}
