/* One pass over an instance catalog. */
#include "config.h"

#include "util/number.h"
#include "table/objects.h"
#include "util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum {
    PIECE = 256 * 1024,  /* bytes read at a time */
    LONGEST = 64 * 1024, /* of a line */
    MOST_DEEP = 16,
    MOST_FILES = 1000,
};

static const double RADIANS = 0.017453292519943295; /* of a degree */

struct reading {
    const char *catalog;
    const struct sky_counter *counter;
    const struct sky_frame *frame;
    struct object_counts *out;
    uint8_t *depth;  /* of each file */
    struct buf path; /* of the file at hand */
    uint32_t file;
    uint32_t line;
    const char *begin; /* of the line at hand */
};

struct word {
    const char *p;
    size_t n;
};

void
counts_free(struct object_counts *c)
{
    for (uint32_t i = 0; i < c->nfiles; i++)
        free(c->file[i].name);
    free(c->file);
    free(c->count);
    free(c->why);
    *c = (struct object_counts){0};
}

void
object_path(const char *catalog, const char *name, struct buf *out)
{
    const char *slash = strrchr(catalog, '/');
    buf_reset(out);
    if (name[0] != '/' && slash)
        buf_add(out, catalog, (size_t)(slash - catalog) + 1);
    buf_puts(out, name);
}

/* --- messages --- */

static bool complain(struct reading *r, const char *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* `at` is in the line at hand; NULL: the file as a whole. */
static bool
complain(struct reading *r, const char *at, const char *fmt, ...)
{
    struct buf b = {0};
    buf_puts(&b, r->path.p);
    if (at)
        buf_printf(&b, ":%u:%zu", r->line, (size_t)(at - r->begin) + 1);
    buf_puts(&b, ": ");
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(&b, fmt, ap);
    va_end(ap);
    r->out->why = b.p;
    return false;
}

/* --- lines --- */

static struct word
next_word(const char **p, const char *end)
{
    while (*p < end && (**p == ' ' || **p == '\t' || **p == '\r'))
        ++*p;
    struct word w = {.p = *p};
    while (*p < end && **p != ' ' && **p != '\t' && **p != '\r')
        ++*p;
    w.n = (size_t)(*p - w.p);
    return w;
}

static bool
is_word(struct word w, const char *text)
{
    return strlen(text) == w.n && memcmp(w.p, text, w.n) == 0;
}

static bool
degrees(struct reading *r, struct word w, const char *what, double most, double *out)
{
    int64_t whole;
    if (w.n == 0)
        return complain(r, w.p, "an object without %s; a line is: object ID RA DEC ...", what);
    enum number_kind kind = number_parse(w.p, w.n, &whole, out);
    if ((kind != NUMBER_INT && kind != NUMBER_REAL) || !(fabs(*out) <= most))
        return complain(r, w.p,
            "the %s of an object is '%.*s', which is no number of degrees; a line is: "
            "object ID RA DEC ...",
            what, (int)(w.n < 40 ? w.n : 40), w.p);
    return true;
}

static bool
read_object(struct reading *r, const char *p, const char *end)
{
    if (memmem(r->begin, (size_t)(end - r->begin), " inf ", 5)) {
        r->out->dropped++;
        return true;
    }
    double ra, dec;
    next_word(&p, end); /* its name, which may be anything */
    if (!degrees(r, next_word(&p, end), "ra", 360, &ra) ||
        !degrees(r, next_word(&p, end), "dec", 90, &dec))
        return false;
    sky_count(r->counter, r->frame, ra * RADIANS, dec * RADIANS, r->out->count);
    return true;
}

static void
add_file(struct reading *r, const char *name, size_t n, uint8_t depth)
{
    struct object_counts *out = r->out;
    uint32_t i = out->nfiles++;
    out->file = xrealloc(out->file, out->nfiles * sizeof *out->file);
    r->depth = xrealloc(r->depth, out->nfiles);
    r->depth[i] = depth;
    out->file[i] = (struct object_file){.name = xcalloc(n + 1, 1)};
    memcpy(out->file[i].name, name, n);
}

/* Beside the file that names it; it is read when that one is done. */
static bool
read_include(struct reading *r, const char *p, const char *end)
{
    struct word w = next_word(&p, end);
    if (w.n == 0)
        return complain(r, w.p, "includeobj without the name of a file");
    if (r->depth[r->file] >= MOST_DEEP || r->out->nfiles >= MOST_FILES)
        return complain(r, w.p, "too many files are included; do they include each other?");
    const char *by = r->out->file[r->file].name, *slash = strrchr(by, '/');
    struct buf name = {0};
    if (*w.p != '/' && slash)
        buf_add(&name, by, (size_t)(slash - by) + 1);
    buf_add(&name, w.p, w.n);
    add_file(r, name.p, name.n, (uint8_t)(r->depth[r->file] + 1));
    buf_free(&name);
    return true;
}

static bool
read_line(struct reading *r, const char *begin, const char *end)
{
    const char *p = begin;
    r->begin = begin;
    r->line++;
    if (r->line == 1 && end - p >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
        p += 3; /* a byte-order mark */
    struct word first = next_word(&p, end);
    if (first.n == 0 || *first.p == '#')
        return true;
    if (memchr(begin, 0, (size_t)(end - begin)))
        return complain(r, first.p, "a NUL byte; is this a catalog?");
    if (is_word(first, "object"))
        return read_object(r, p, end);
    if (is_word(first, "includeobj"))
        return read_include(r, p, end);
    struct word value = next_word(&p, end);
    if (value.n && next_word(&p, end).n == 0)
        return true; /* a key of the header */
    return complain(r, first.p,
        "this is no object; a line is: object ID RA DEC ..., or a key and "
        "its value");
}

/* --- files --- */

/* False: it is no regular file; errno. */
static bool
note_regular(const struct stat *st, struct object_file *f)
{
    f->size = (uint64_t)st->st_size;
    f->inode = st->st_ino;
    f->changed = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
    errno = S_ISDIR(st->st_mode) ? EISDIR : FILE_ODD;
    return S_ISREG(st->st_mode);
}

static int
open_regular(const char *path, struct object_file *f)
{
    struct stat st;
    int fd = file_open(path, &st);
    if (fd >= 0)
        note_regular(&st, f);
    return fd;
}

static gzFile
open_gz(const char *path, struct object_file *f)
{
    int fd = open_regular(path, f);
    gzFile gz = fd < 0 ? NULL : gzdopen(fd, "rb");
    if (fd >= 0 && !gz)
        close(fd);
    if (gz)
        gzbuffer(gz, 64 * 1024);
    f->content = 0;
    return gz;
}

/* The next PIECE of text, or what is left; its hash does not depend on the size of reads. */
static int
next_piece(gzFile gz, char *to, struct object_file *f)
{
    int n = gzread(gz, to, PIECE);
    if (n > 0)
        f->content = hash64(to, (size_t)n, f->content);
    return n;
}

/* Why reading ended before the end of the file; NULL: it did not. */
static const char *
broken(gzFile gz)
{
    int code = Z_OK;
    const char *text = gzerror(gz, &code);
    return code == Z_OK || code == Z_STREAM_END ? NULL
           : code == Z_ERRNO                    ? strerror(errno)
           : code == Z_BUF_ERROR                ? "the compressed file is cut off"
                                                : text;
}

bool
object_file_look(const char *path, bool content, struct object_file *f)
{
    struct stat st;
    if (!content)
        return stat(path, &st) == 0 && note_regular(&st, f);
    gzFile gz = open_gz(path, f);
    if (!gz)
        return false;
    char *piece = xmalloc(PIECE);
    while (next_piece(gz, piece, f) > 0) {
    }
    bool whole = !broken(gz);
    free(piece);
    gzclose(gz);
    return whole;
}

/* Reads all whole lines of text[0..*n), and moves what is left to its begin. */
static bool
read_lines(struct reading *r, char *text, size_t *n)
{
    char *line = text, *end = text + *n, *nl;
    while ((nl = memchr(line, '\n', (size_t)(end - line)))) {
        if (!read_line(r, line, nl))
            return false;
        line = nl + 1;
    }
    *n = (size_t)(end - line);
    memmove(text, line, *n);
    if (*n <= LONGEST)
        return true;
    r->line++;
    r->begin = text;
    return complain(r, text, "a line of more than %d kB; is this a catalog?", LONGEST / 1024);
}

static bool
unreadable(struct reading *r, const char *why)
{
    if (r->file == 0)
        return complain(r, NULL, "cannot read this catalog: %s", why);
    return complain(r, NULL, "cannot read this file, which %s includes: %s", r->catalog, why);
}

static bool
read_file(struct reading *r, char *text)
{
    struct object_file *f = &r->out->file[r->file];
    object_path(r->catalog, f->name, &r->path);
    gzFile gz = open_gz(r->path.p, f);
    if (!gz)
        return unreadable(r, file_error(errno));
    size_t left = 0;
    bool ok = true;
    int n;
    r->line = 0;
    struct object_file seen = *f; /* lines may add files, and so move this one */
    while (ok && (n = next_piece(gz, text + left, &seen)) > 0) {
        left += (size_t)n;
        ok = read_lines(r, text, &left);
    }
    const char *why = ok ? broken(gz) : NULL;
    if (why)
        ok = unreadable(r, why);
    if (ok && left)
        ok = read_line(r, text, text + left);
    seen.name = r->out->file[r->file].name;
    r->out->file[r->file] = seen;
    gzclose(gz);
    return ok;
}

bool
objects_read(const char *path, const struct sky_counter *counter, const struct sky_frame *frame,
    uint32_t nsensors, struct object_counts *out)
{
    *out = (struct object_counts){.count = xcalloc((size_t)nsensors + 1, sizeof *out->count)};
    struct reading r = {.catalog = path, .counter = counter, .frame = frame, .out = out};
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    char *text = xmalloc(PIECE + LONGEST + 1);
    bool ok = true;
    add_file(&r, name, strlen(name), 0);
    for (; ok && r.file < out->nfiles; r.file++)
        ok = read_file(&r, text);
    free(text);
    free(r.depth);
    buf_free(&r.path);
    return ok;
}
