/* The texts that messages point into: files and others, their lines and columns. */
#include "config.h"

#include "diag/diag-private.h"
#include "diag/utf8.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_SOURCE ((size_t)INT32_MAX)

struct span
span_join(struct span a, struct span b)
{
    if (a.file == DIAG_NO_FILE)
        return b;
    if (b.file != a.file)
        return a;
    if (b.start < a.start)
        a.start = b.start;
    if (b.end > a.end)
        a.end = b.end;
    return a;
}

static uint32_t
add_source(struct diags *d, const char *name, char *text, size_t n, bool is_file)
{
    struct source *s = xcalloc(1, sizeof *s);
    s->name = xstrdup(name);
    s->text = text;
    s->n = n;
    s->is_file = is_file;
    d->source = xrealloc(d->source, (d->nsources + 1) * sizeof *d->source);
    d->source[d->nsources] = s;
    return d->nsources++;
}

static int
slurp(int fd, struct buf *b)
{
    for (;;) {
        buf_reserve(b, 65536);
        ssize_t got = read(fd, b->p + b->n, b->cap - b->n - 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno;
        if (got == 0)
            break;
        b->n += (size_t)got;
        if (b->n >= MAX_SOURCE)
            return EFBIG;
    }
    b->p[b->n] = 0;
    return memchr(b->p, 0, b->n) ? EILSEQ : 0;
}

static void
depend(struct diags *d, const char *path, bool is_pattern)
{
    ARRAY_GROW(d->dependency, d->ndependencies, d->cap_dependencies);
    d->dependency[d->ndependencies++] = (struct dependency){xstrdup(path), is_pattern};
}

void
diag_depend(struct diags *d, const char *path)
{
    depend(d, path, false);
}

void
diag_depend_pattern(struct diags *d, const char *pattern)
{
    depend(d, pattern, true);
}

void
diag_each_dependency(const struct diags *d,
    void (*each)(void *arg, const char *path, bool is_pattern), void *arg)
{
    for (size_t i = 0; i < d->ndependencies; i++)
        each(arg, d->dependency[i].path, d->dependency[i].is_pattern);
}

int
diag_source_file(struct diags *d, const char *path, uint32_t *file)
{
    bool is_stdin = strcmp(path, "-") == 0;
    const char *name = is_stdin ? "<stdin>" : path;
    for (uint32_t i = 0; i < d->nsources; i++) {
        if (d->source[i]->is_file && strcmp(d->source[i]->name, name) == 0) {
            *file = i;
            return 0;
        }
    }
    /* what stands for an open file, as /dev/stdin does, may be a pipe: somebody writes to it */
    bool is_open = strncmp(path, "/dev/", 5) == 0 || strncmp(path, "/proc/", 6) == 0;
    int fd = is_stdin  ? STDIN_FILENO
             : is_open ? open(path, O_RDONLY | O_CLOEXEC)
                       : file_open(path, NULL);
    if (fd < 0)
        return errno;
    struct buf b = {0};
    int err = slurp(fd, &b);
    if (!is_stdin)
        close(fd);
    if (err) {
        buf_free(&b);
        return err;
    }
    *file = add_source(d, name, b.p, b.n, true);
    if (!is_stdin)
        depend(d, path, false);
    return 0;
}

uint32_t
diag_source_text(struct diags *d, const char *name, const char *text, size_t n)
{
    char *copy = xmalloc(n + 1);
    if (n)
        memcpy(copy, text, n);
    copy[n] = 0;
    return add_source(d, name, copy, n, false);
}

const char *
diag_text(const struct diags *d, uint32_t file, size_t *n)
{
    if (n)
        *n = d->source[file]->n;
    return d->source[file]->text;
}

const char *
diag_name(const struct diags *d, uint32_t file)
{
    return d->source[file]->name;
}

static void
map_lines(struct source *s)
{
    uint32_t n = 1;
    for (const char *p = s->text; (p = memchr(p, '\n', s->n - (size_t)(p - s->text))); p++)
        n++;
    s->line = xmalloc(n * sizeof *s->line);
    s->line[0] = 0;
    s->nlines = 1;
    for (const char *p = s->text; (p = memchr(p, '\n', s->n - (size_t)(p - s->text))); p++)
        s->line[s->nlines++] = (uint32_t)(p - s->text) + 1;
}

uint32_t
source_line(struct source *s, uint32_t at, uint32_t *start, uint32_t *end)
{
    if (!s->line)
        map_lines(s);
    uint32_t lo = 0, hi = s->nlines;
    while (hi - lo > 1) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (s->line[mid] <= at)
            lo = mid;
        else
            hi = mid;
    }
    *start = s->line[lo];
    if (lo == 0 && s->n >= 3 && memcmp(s->text, "\xef\xbb\xbf", 3) == 0)
        *start = 3; /* a byte-order mark is no column */
    *end = lo + 1 < s->nlines ? s->line[lo + 1] - 1 : (uint32_t)s->n;
    if (*end > *start && s->text[*end - 1] == '\r')
        --*end;
    return lo;
}

void
diag_where(const struct diags *d, struct span at, uint32_t *line, uint32_t *column)
{
    struct source *s = d->source[at.file];
    uint32_t start, end, code;
    *line = source_line(s, at.start, &start, &end) + 1;
    *column = 1;
    for (uint32_t i = start; i < at.start && i < s->n; ++*column)
        i += utf8_next(s->text + i, s->n - i, &code);
}

void
sources_free(struct diags *d)
{
    for (uint32_t i = 0; i < d->nsources; i++) {
        free(d->source[i]->name);
        free(d->source[i]->text);
        free(d->source[i]->line);
        free(d->source[i]);
    }
    free(d->source);
    for (size_t i = 0; i < d->ndependencies; i++)
        free(d->dependency[i].path);
    free(d->dependency);
}
