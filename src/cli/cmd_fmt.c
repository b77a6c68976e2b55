/* wflc fmt. */
#include "config.h"

#include "cli/commands.h"

#include "fmt/format.h"
#include "util/file.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Replaces the file, through links to it, without changing its mode. */
static int
rewrite(const char *path, const struct buf *text)
{
    struct stat st;
    char *real = realpath(path, NULL);
    if (!real)
        return errno;
    int err = stat(real, &st) != 0      ? errno
              : !S_ISREG(st.st_mode)    ? EINVAL
              : access(real, W_OK) != 0 ? errno
                                        : 0;
    if (!err) {
        mode_t mask = umask(0);
        err = file_write_atomic(real, text->p, text->n, st.st_mode & 07777);
        umask(mask);
    }
    free(real);
    return err;
}

static int
deliver(const struct options *o, const char *path, const struct buf *before, const struct buf *text)
{
    bool changes = before->n != text->n || memcmp(before->p, text->p, text->n) != 0;
    if (o->check && changes)
        fprintf(o->diff ? stderr : stdout, "%s\n", path);
    if (o->diff) {
        struct buf diff = {0};
        format_diff(path, before, path, text, &diff);
        fwrite(diff.p, 1, diff.n, stdout);
        buf_free(&diff);
    }
    if (o->check)
        return changes ? EXIT_ERRORS : EXIT_OK;
    if (o->diff)
        return EXIT_OK;
    if (strcmp(path, "-") == 0) {
        fwrite(text->p, 1, text->n, stdout);
        return EXIT_OK;
    }
    int err = changes ? rewrite(path, text) : 0;
    if (err)
        say("cannot write '%s': %s", path, strerror(err));
    return err ? EXIT_FILES : EXIT_OK;
}

static int
format_file(const struct options *o, const char *path)
{
    struct diags *d = diag_new();
    struct buf before = {0}, text = {0};
    uint32_t file;
    int code = EXIT_ERRORS, err = diag_source_file(d, path, &file);
    if (err) {
        say("cannot read '%s': %s", path, file_error(err));
        code = EXIT_FILES;
    } else if (format_source(d, file, &text)) {
        size_t n;
        const char *p = diag_text(d, file, &n);
        buf_reserve(&before, 0); /* it may be empty */
        buf_add(&before, p, n);
        code = deliver(o, path, &before, &text);
    }
    diag_print(d, stderr, o->colour, (unsigned)o->max_errors);
    diag_free(d);
    buf_free(&before);
    buf_free(&text);
    return code;
}

static int
run(const struct options *o)
{
    int worst = EXIT_OK;
    for (int i = 0; i < o->nargs; i++) {
        int code = format_file(o, o->arg[i]);
        worst = code > worst ? code : worst;
    }
    return worst;
}

static const struct command_option options[] = {
    {OPTION_CHECK, "change nothing, list what would, exit with 1"},
    {OPTION_DIFF, "change nothing, print what would change"},
    {OPTION_MAX_ERRORS, NULL},
};

const struct command command_fmt = {
    .name = "fmt",
    .args = "FILE...",
    .summary = "lay out campaigns in the common way",
    .text = "Rewrites each FILE with the usual indentation, blanks and columns; - is standard\n"
            "input, written to standard output. Lines, comments and strings stay as they are, and\n"
            "so does the meaning. A file with syntax errors is reported and left alone.\n",
    .options = options,
    .noptions = COUNT_OF(options),
    .least = 1,
    .most = INT_MAX,
    .run = run,
};
