/* Tables from the headers of phosim instance catalogs. A catalog may hold millions of objects
 * behind its header, so no more is read than the header. */
#include "config.h"

#include "table/table.h"

#include "diag/checks.h"

#include "table/files.h"
#include "util/number.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/parallel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <zlib.h>

enum {
    MOST_ERRORS = 20,         /* then the other catalogs are not read */
    MOST_HEADER = 256 * 1024, /* bytes; real headers have about one thousand */
    PIECE = 4096,             /* of them read at a time */
};

/* A key of the first catalog's header, with its value in each catalog. */
struct key {
    char *name; /* in lower case */
    bool whole; /* its values are whole numbers */
    bool everywhere;
    int needed;  /* which of needed_keys it is, or -1 */
    void *value; /* int64_t or double, one a catalog */
    struct span at;
    uint32_t seen;       /* catalogs up to this one have it */
    struct holes *holes; /* catalogs in which its value is none; not of the obshistid */
};

struct instcat {
    struct diags *d;
    struct strpool *pool;
    struct table *out;
    struct span at; /* of the pattern */
    struct key *key;
    uint32_t nkeys;
    unsigned errors;
    uint32_t file; /* source of the catalog at hand */
    uint32_t row;
    unsigned needed; /* bit i: the catalog at hand has needed_keys[i] */
    uint32_t next;   /* the key that follows the last one in the first catalog */
};

static const char *const whole_keys[] = {"obshistid", "filter", "seed", "nsnap", "seqnum",
    "camconfig", "minsource", "obsid"};
enum { OBSHISTID, RIGHTASCENSION, DECLINATION, FILTER, NNEEDED };
static const char *const needed_keys[NNEEDED] = {"obshistid", "rightascension", "declination",
    "filter"};
static const char bands[] = "ugrizy";

static struct diag *complain(struct instcat *c, struct span at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static struct diag *
complain(struct instcat *c, struct span at, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    struct diag *m = diag_vadd(c->d, DIAG_ERROR, RULE_INSTCAT, at, fmt, ap);
    va_end(ap);
    c->errors++;
    return m;
}

/* --- reading no more than the header --- */

static bool
begins_objects(const char *line, size_t n)
{
    return (n > 6 && memcmp(line, "object", 6) == 0 && (line[6] == ' ' || line[6] == '\t')) ||
           (n > 10 && memcmp(line, "includeobj", 10) == 0 && (line[10] == ' ' || line[10] == '\t'));
}

/* Looks at the whole lines from *line on; true if the first object line was found, at *line. */
static bool
header_ends(const struct buf *b, size_t *line)
{
    const char *nl;
    while ((nl = memchr(b->p + *line, '\n', b->n - *line))) {
        if (begins_objects(b->p + *line, (size_t)(nl - b->p) - *line))
            return true;
        *line = (size_t)(nl - b->p) + 1;
    }
    return false;
}

/* The header of a catalog, and why it could not be read. */
struct header {
    const char *path;
    struct buf text;
    enum { GOOD, UNREADABLE, TOO_LONG, BINARY } state;
    char why[80]; /* UNREADABLE */
};

static void
unreadable(struct header *h, const char *why)
{
    h->state = UNREADABLE;
    snprintf(h->why, sizeof h->why, "%s", why);
}

/* In any thread: who reads many is waiting for their file systems. */
static void
read_header(struct header *h)
{
    struct buf *out = &h->text;
    errno = 0;
    int fd = file_open(h->path, NULL);
    gzFile f = fd < 0 ? NULL : gzdopen(fd, "rb");
    if (!f) {
        unreadable(h, errno ? file_error(errno) : "out of memory");
        if (fd >= 0)
            close(fd);
        return;
    }
    size_t line = 0;
    bool found = false;
    gzbuffer(f, PIECE); /* most headers need no second look */
    for (;;) {
        buf_reserve(out, PIECE);
        int r = gzread(f, out->p + out->n, PIECE);
        if (r > 0) {
            out->n += (size_t)r;
            found = header_ends(out, &line);
        }
        if (r <= 0 || found || out->n > MOST_HEADER)
            break;
    }
    int code = Z_OK;
    const char *text = gzerror(f, &code);
    if (!found && code != Z_OK)
        unreadable(h, code == Z_ERRNO       ? strerror(errno)
                      : code == Z_BUF_ERROR ? "the compressed file is cut off"
                                            : text);
    else if (!found && out->n > MOST_HEADER)
        h->state = TOO_LONG;
    else if (memchr(out->p, 0, out->n))
        h->state = BINARY;
    gzclose(f);
    if (found || (line < out->n && begins_objects(out->p + line, out->n - line)))
        out->n = line;
    if (out->n >= 3 && memcmp(out->p, "\xef\xbb\xbf", 3) == 0) /* a byte-order mark */
        memmove(out->p, out->p + 3, out->n -= 3);
    out->p[out->n] = 0;
}

static void
read_nth(void *headers, unsigned i)
{
    read_header((struct header *)headers + i);
}

static bool
header_good(struct instcat *c, const struct header *h)
{
    struct diag *m;
    switch (h->state) {
    case GOOD:
        return true;
    case UNREADABLE:
        complain(c, c->at, "cannot read the catalog '%s': %s", h->path, h->why);
        return false;
    case TOO_LONG:
        m = complain(c, c->at, "'%s' has no object line in its first %d kB", h->path,
            MOST_HEADER / 1024);
        diag_help(m,
            "is it an instance catalog? narrow the pattern to headers, e.g. phosim_cat_*.txt");
        return false;
    case BINARY:
        m = complain(c, c->at, "cannot read '%s': %s", h->path, file_error(EILSEQ));
        diag_help(m, "narrow the pattern to headers, e.g. phosim_cat_*.txt");
    }
    return false;
}

/* --- lines --- */

static bool
in_list(const char *word, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(word, list[i]) == 0)
            return true;
    return false;
}
#define IN(word, list) in_list(word, list, sizeof list / sizeof *list)

static struct key *
find_key(struct instcat *c, const char *name)
{
    for (uint32_t n = 0; n < c->nkeys; n++) {
        uint32_t i = (c->next + n) % c->nkeys; /* mostly the first one: catalogs are alike */
        if (strcmp(c->key[i].name, name) == 0) {
            c->next = i + 1;
            return &c->key[i];
        }
    }
    return NULL;
}

static struct key *
new_key(struct instcat *c, const char *name, struct span at)
{
    c->key = xrealloc(c->key, (c->nkeys + 1) * sizeof *c->key);
    struct key *k = &c->key[c->nkeys++];
    *k = (struct key){.name = xstrdup(name),
        .whole = IN(name, whole_keys),
        .everywhere = true,
        .needed = -1,
        .at = at};
    for (int i = 0; i < NNEEDED; i++)
        if (strcmp(name, needed_keys[i]) == 0)
            k->needed = i;
    k->value = xcalloc(c->out->nrows, 8); /* both kinds of number have this size */
    return k;
}

/* The filter's number; a letter stands for it. */
static bool
filter_number(const char *s, size_t n, int64_t *i)
{
    const char *b = n == 1 ? strchr(bands, *s) : NULL;
    if (!b || !*b)
        return false;
    *i = b - bands;
    return true;
}

/* What is wrong with a number; NULL: nothing. */
static const char *
value_range(const struct key *k, int64_t i, double r)
{
    if (k->needed == FILTER && (i < 0 || i > 5))
        return "the filter is unknown";
    if (k->needed == OBSHISTID && i < 0)
        return "an obshistid cannot be negative";
    if (k->needed == DECLINATION && (r < -90 || r > 90))
        return "a declination past the pole";
    if (k->needed == RIGHTASCENSION && (r < -360 || r > 360))
        return "a right ascension past 360 degrees";
    return NULL;
}

/* A value that is none is said if it is used; that of the obshistid is. */
static void
no_value(struct instcat *c, struct key *k, struct span at, const char *why)
{
    static const char *const help[NNEEDED] = {NULL, "it is given in degrees",
        "it is given in degrees",
        "0 to 5 stand for u, g, r, i, z, y; the letters are understood as well"};
    if (k->needed == OBSHISTID)
        complain(c, at, "%s", why);
    else
        holes_add(&k->holes, c->row, strpool_adds(c->pool, why),
            k->needed >= 0 ? strpool_adds(c->pool, help[k->needed]) : 0, at);
}

static void
store(struct instcat *c, struct key *k, const char *s, size_t n, struct span at)
{
    int64_t i = 0;
    double r = 0;
    char why[128];
    enum number_kind kind = number_parse(s, n, &i, &r);
    if (k->needed == FILTER && kind == NUMBER_NONE && filter_number(s, n, &i))
        kind = NUMBER_INT;
    if (kind != NUMBER_INT && kind != NUMBER_REAL) {
        snprintf(why, sizeof why, "the value of '%s' is no %snumber", k->name,
            kind == NUMBER_NONE ? "" : "usable ");
        no_value(c, k, at, why);
        return;
    }
    if (k->whole && kind == NUMBER_REAL) {
        if (r != (double)(int64_t)(r < -9e15 || r > 9e15 ? 0 : r)) {
            snprintf(why, sizeof why, "the value of '%s' is no whole number", k->name);
            no_value(c, k, at, why);
            return;
        }
        i = (int64_t)r; /* "2.0" is 2 */
    }
    const char *wrong = value_range(k, i, r);
    if (wrong) {
        no_value(c, k, at, wrong);
        return;
    }
    if (k->whole)
        ((int64_t *)k->value)[c->row] = i;
    else
        ((double *)k->value)[c->row] = r;
}

static bool
is_blank(char ch)
{
    return ch == ' ' || ch == '\t' || ch == '\r';
}

static void
read_line(struct instcat *c, const char *text, size_t from, size_t to)
{
    while (to > from && is_blank(text[to - 1]))
        to--;
    while (from < to && is_blank(text[from]))
        from++;
    if (from == to || text[from] == '#')
        return;
    size_t key_end = from;
    while (key_end < to && !is_blank(text[key_end]))
        key_end++;
    size_t value = key_end;
    while (value < to && is_blank(text[value]))
        value++;
    struct span key_at = {c->file, (uint32_t)from, (uint32_t)key_end};
    struct span value_at = {c->file, (uint32_t)value, (uint32_t)to};
    if (key_end - from > 63 || value == to) {
        diag_help(complain(c, key_at,
                      value == to ? "a header line without a value"
                                  : "a word too long for a header's key"),
            "a header line is a key, a blank and a number");
        return;
    }
    char name[64];
    for (size_t i = 0; i < key_end - from; i++) {
        char ch = text[from + i];
        name[i] = ch >= 'A' && ch <= 'Z' ? (char)(ch + 32) : ch;
        if ((unsigned char)ch <= 0x20 || (unsigned char)ch >= 0x7f) {
            complain(c, key_at, "a header's key with a character that is not plain ASCII");
            return;
        }
    }
    name[key_end - from] = 0;
    struct key *k = find_key(c, name);
    if (!k && c->row == 0)
        k = new_key(c, name, key_at);
    if (!k)
        return; /* the first catalog lacks it: it cannot become a column */
    if (k->needed >= 0)
        c->needed |= 1u << k->needed;
    if (k->seen == c->row + 1) {
        diag_help(complain(c, key_at, "'%s' is given twice in one catalog", name),
            "remove one of the lines");
        return;
    }
    k->everywhere = k->everywhere && k->seen == c->row;
    k->seen = c->row + 1;
    store(c, k, text + value, to - value, value_at);
}

static void
take_catalog(struct instcat *c, struct header *h)
{
    diag_depend(c->d, h->path);
    if (header_good(c, h)) {
        size_t n;
        c->file = diag_source_text(c->d, h->path, h->text.p, h->text.n);
        c->out->row_file[c->row] = c->file;
        const char *text = diag_text(c->d, c->file, &n);
        c->needed = 0;
        for (size_t from = 0; from < n;) {
            const char *nl = memchr(text + from, '\n', n - from);
            size_t to = nl ? (size_t)(nl - text) : n;
            read_line(c, text, from, to);
            from = to + 1;
        }
        for (unsigned i = 0; i < NNEEDED; i++) {
            if (c->needed & 1u << i)
                continue;
            diag_help(complain(c, (struct span){c->file, 0, 0}, "the catalog's header has no '%s'",
                          needed_keys[i]),
                "narrow the pattern if this file is a list of objects and no visit");
            break;
        }
    }
    c->row++;
}

/* Some headers at a time are read on all processors, and then understood one by one: messages come
 * in the order of the files. */
static void
read_catalogs(struct instcat *c, const struct files *f)
{
    enum { TOGETHER = 512 };
    struct header *h = xcalloc(TOGETHER, sizeof *h);
    while (c->row < c->out->nrows && c->errors < MOST_ERRORS) {
        unsigned left = c->out->nrows - c->row, n = left < TOGETHER ? left : TOGETHER;
        for (unsigned i = 0; i < n; i++)
            h[i].path = f->path[c->row + i];
        parallel_for(n, read_nth, h);
        for (unsigned i = 0; i < n; i++) {
            if (c->errors < MOST_ERRORS)
                take_catalog(c, &h[i]);
            h[i].state = GOOD;
            buf_reset(&h[i].text);
        }
    }
    for (unsigned i = 0; i < TOGETHER; i++)
        buf_free(&h[i].text);
    free(h);
}

/* --- columns --- */

struct visit {
    int64_t id;
    uint32_t row;
};

static int
by_id(const void *pa, const void *pb)
{
    const struct visit *a = pa, *b = pb;
    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    return a->row < b->row ? -1 : 1;
}

static void
check_unique(struct instcat *c, const int64_t *id)
{
    uint32_t n = c->out->nrows;
    struct visit *v = xmalloc(n * sizeof *v);
    for (uint32_t i = 0; i < n; i++)
        v[i] = (struct visit){id[i], i};
    qsort(v, n, sizeof *v, by_id);
    for (uint32_t i = 1; i < n && c->errors < MOST_ERRORS; i++) {
        if (v[i].id != v[i - 1].id)
            continue;
        struct diag *m = complain(c, (struct span){c->out->row_file[v[i].row], 0, 0},
            "two catalogs have the obshistid %lld", (long long)v[i].id);
        diag_note(m, (struct span){c->out->row_file[v[i - 1].row], 0, 0}, "the other one");
        diag_help(m, "narrow the pattern so that it finds each visit once");
    }
    free(v);
}

/* `k` is the key that its values are of. */
static void
add_column(struct instcat *c, const char *name, enum column_type type, void *data,
    const struct key *k)
{
    struct table *t = c->out;
    t->col[t->ncols++] = (struct column){.name = strpool_adds(c->pool, name),
        .type = type,
        .data = data,
        .at = k ? k->at : NO_SPAN,
        .holes = k ? holes_share(k->holes) : NULL};
}

static void *
copy_of(const struct instcat *c, const void *values)
{
    size_t n = (size_t)c->out->nrows * 8;
    return memcpy(xmalloc(n), values, n);
}

/* id first: it names the visit in messages. Takes the keys' values over. */
static void
make_columns(struct instcat *c, const struct files *f)
{
    uint32_t n = c->out->nrows;
    struct key *id = find_key(c, "obshistid"), *filter = find_key(c, "filter");
    struct key *ra = find_key(c, "rightascension"), *dec = find_key(c, "declination");
    uint32_t *band = xmalloc(n * sizeof *band), *path = xmalloc(n * sizeof *path);
    for (uint32_t i = 0; i < n; i++) {
        band[i] = strpool_add(c->pool, bands + ((int64_t *)filter->value)[i], 1);
        path[i] = strpool_adds(c->pool, f->path[i]);
    }
    c->out->col = xcalloc(c->nkeys + 5, sizeof *c->out->col);
    add_column(c, "id", COLUMN_INT, copy_of(c, id->value), id);
    add_column(c, "ra", COLUMN_REAL, copy_of(c, ra->value), ra);
    add_column(c, "dec", COLUMN_REAL, copy_of(c, dec->value), dec);
    add_column(c, "band", COLUMN_STRING, band, filter);
    add_column(c, "path", COLUMN_STRING, path, NULL);
    for (uint32_t i = 0; i < c->nkeys; i++) {
        struct key *k = &c->key[i];
        /* a key of the name of one of ours above would be hidden by it */
        if (!k->everywhere || k->seen != n ||
            table_column(c->out, strpool_adds(c->pool, k->name)) >= 0)
            continue;
        add_column(c, k->name, k->whole ? COLUMN_INT : COLUMN_REAL, k->value, k);
        k->value = NULL;
    }
}

bool
table_read_instcat(struct diags *d, struct strpool *pool, const char *pattern, struct span at,
    struct table *out)
{
    *out = (struct table){.at = at, .file = DIAG_NO_FILE};
    struct files f;
    bool good = files_match(d, RULE_INSTCAT, pattern, at, &f);
    struct instcat c = {.d = d, .pool = pool, .out = out, .at = at};
    if (good) {
        out->nrows = (uint32_t)f.n;
        out->row_file = xmalloc(f.n * sizeof *out->row_file);
        out->row_line = xmalloc(f.n * sizeof *out->row_line);
        for (size_t i = 0; i < f.n; i++) {
            out->row_file[i] = DIAG_NO_FILE;
            out->row_line[i] = 1;
        }
        read_catalogs(&c, &f);
        if (c.row < out->nrows)
            complain(&c, at, "%u of %u catalogs were not read, after %u errors", out->nrows - c.row,
                out->nrows, c.errors);
        if (c.errors == 0)
            check_unique(&c, find_key(&c, "obshistid")->value);
        if (c.errors == 0)
            make_columns(&c, &f);
        else
            out->nrows = 0; /* without columns there are no rows */
    }
    for (uint32_t i = 0; i < c.nkeys; i++) {
        free(c.key[i].name);
        free(c.key[i].value);
        holes_free(c.key[i].holes);
    }
    free(c.key);
    files_free(&f);
    return good && c.errors == 0;
}
