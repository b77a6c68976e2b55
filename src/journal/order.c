#include "config.h"

#include "journal/order.h"

#include "journal/names.h"
#include "journal/paths.h"
#include "util/file.h"
#include "util/hash.h"
#include "util/list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FORMAT = 1, MOST_BYTES = 1 << 28 };

static const char *const kinds[] = {
#define X(id, text) text,
    ORDER_KINDS(X)
#undef X
};

const char *
order_kind_name(enum order_kind k)
{
    return (unsigned)k < ORDER_NKINDS ? kinds[k] : "?";
}

void
order_add_task(struct order *o, uint32_t task)
{
    struct order_tasks *last = o->ntasks ? &o->tasks[o->ntasks - 1] : NULL;
    if (last && last->first + last->n == task) {
        last->n++;
        return;
    }
    ARRAY_GROW(o->tasks, o->ntasks, o->cap);
    o->tasks[o->ntasks++] = (struct order_tasks){task, 1};
}

bool
order_has_task(const struct order *o, uint32_t task)
{
    uint32_t from = 0, to = o->ntasks;
    while (from < to) {
        uint32_t mid = from + (to - from) / 2;
        if (task < o->tasks[mid].first)
            to = mid;
        else if (task - o->tasks[mid].first < o->tasks[mid].n)
            return true;
        else
            from = mid + 1;
    }
    return false;
}

void
order_free(struct order *o)
{
    free(o->of);
    free(o->tasks);
    *o = (struct order){0};
}

/* What a terminal would obey: C0, DEL, and C1 as UTF-8 has it. */
static bool
is_harmful(const char *s)
{
    unsigned char c = (unsigned char)*s;
    return c < 32 || c == 127 || (c == 0xc2 && ((unsigned char)s[1] & 0xe0) == 0x80);
}

static void
put_line(struct buf *out, const char *s)
{
    for (; *s; s++)
        buf_putc(out, is_harmful(s) ? '?' : *s);
}

/* --- giving --- */

static void
write_text(const struct order *o, struct buf *out)
{
    buf_printf(out, "wfl-order %d %s %" PRId64 " ", FORMAT, order_kind_name(o->kind), o->time_s);
    put_line(out, o->who);
    buf_puts(out, "\nof ");
    put_line(out, o->of ? o->of : "");
    buf_putc(out, '\n');
    if (o->kind == ORDER_CANCEL)
        buf_printf(out, "plan %016" PRIx64 "\n", o->plan);
    for (uint32_t i = 0; i < o->ntasks; i++)
        buf_printf(out, "%" PRIu32 " %" PRIu32 "\n", o->tasks[i].first, o->tasks[i].n);
    buf_printf(out, "end %08" PRIx32 "\n", crc32_update(0, out->p, out->n));
}

static int
write_file(int dir, const char *name, int flags, const struct buf *text)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666);
    if (fd < 0)
        return errno;
    int err = write_all(fd, text->p, text->n);
    if (!err && fsync(fd) != 0 && errno != EINVAL)
        err = errno;
    if (close(fd) != 0 && !err)
        err = errno;
    return err;
}

/* Gives the file the first name that is free. Where there are no links to files it is written
 * there: readers wait for its end. */
static int
place(int dir, const char *temporary, const struct buf *text, uint32_t *number)
{
    char name[16];
    for (;; ++*number) {
        if (*number == UINT32_MAX)
            return EOVERFLOW;
        snprintf(name, sizeof name, "%04" PRIu32, *number);
        if (linkat(dir, temporary, dir, name, 0) == 0)
            return 0;
        if (errno == EEXIST)
            continue;
        int err = write_file(dir, name, O_EXCL, text);
        if (err != EEXIST)
            return err;
    }
}

static int
give_in(int dir, uint32_t last, const struct buf *text, uint32_t *number)
{
    char host[64] = "", temporary[128];
    gethostname(host, sizeof host - 1);
    snprintf(temporary, sizeof temporary, ".%s.%ld", host, (long)getpid());
    *number = last + 1;
    int err = write_file(dir, temporary, O_TRUNC, text);
    if (!err)
        err = place(dir, temporary, text, number);
    unlinkat(dir, temporary, 0);
    if (!err && fsync(dir) != 0 && errno != EINVAL && errno != ENOTSUP)
        err = errno;
    return err;
}

int
order_give(const char *state_dir, struct order *o)
{
    struct buf path = {0}, text = {0};
    uint32_t *v, n;
    buf_printf(&path, "%s/" STATE_CONTROL, state_dir);
    int err = dir_make(path.p);
    int dir = err ? -1 : open(path.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (!err && dir < 0)
        err = errno;
    if (!err)
        err = orders_list(state_dir, 0, &v, &n);
    if (!err) {
        write_text(o, &text);
        err = give_in(dir, n ? v[n - 1] : 0, &text, &o->number);
        free(v);
    }
    if (dir >= 0)
        close(dir);
    buf_free(&path);
    buf_free(&text);
    return err;
}

/* --- reading --- */

static bool
take_kind(const char **s, enum order_kind *k)
{
    size_t n = strcspn(*s, " \n");
    for (int i = 0; i < ORDER_NKINDS; i++)
        if (strlen(kinds[i]) == n && strncmp(kinds[i], *s, n) == 0 && (*s)[n] == ' ') {
            *k = (enum order_kind)i;
            *s += n + 1;
            return true;
        }
    return false;
}

/* The rest of a line, without what would harm; `most` bytes with the NUL. */
static char *
take_line(const char **s, size_t most)
{
    size_t n = strcspn(*s, "\n");
    if ((*s)[n] != '\n' || n >= most)
        return NULL;
    for (size_t i = 0; i < n; i++)
        if (is_harmful(*s + i))
            return NULL;
    char *line = xstrndup(*s, n);
    *s += n + 1;
    return line;
}

static bool
take_who(const char **s, struct order *o)
{
    char *who = take_line(s, sizeof o->who);
    if (who)
        strcpy(o->who, who);
    free(who);
    return who && *o->who;
}

static bool
take_tasks(const char **s, struct order *o)
{
    uint64_t first, n, next = 0;
    while (**s >= '0' && **s <= '9') {
        if (!take_number(s, 10, UINT32_MAX, ' ', &first) ||
            !take_number(s, 10, UINT32_MAX, '\n', &n) || first < next || !n ||
            first + n > UINT32_MAX)
            return false;
        ARRAY_GROW(o->tasks, o->ntasks, o->cap);
        o->tasks[o->ntasks++] = (struct order_tasks){(uint32_t)first, (uint32_t)n};
        next = first + n;
    }
    return true;
}

static bool
parse(const struct buf *text, struct order *o)
{
    const char *s = text->p;
    uint64_t version, time_s, crc;
    if (!s || strlen(s) != text->n || !take_word(&s, "wfl-order ") ||
        !take_number(&s, 10, FORMAT, ' ', &version) || version != FORMAT ||
        !take_kind(&s, &o->kind) || !take_number(&s, 10, INT32_MAX * UINT64_C(64), ' ', &time_s) ||
        !take_who(&s, o) || !take_word(&s, "of "))
        return false;
    o->time_s = (int64_t)time_s;
    o->of = take_line(&s, MOST_BYTES);
    if (!o->of || (o->kind == ORDER_CANCEL &&
                      (!take_word(&s, "plan ") ||
                          !take_number(&s, 16, UINT64_MAX, '\n', &o->plan) || !take_tasks(&s, o))))
        return false;
    size_t lines = (size_t)(s - text->p);
    return take_word(&s, "end ") && take_number(&s, 16, UINT32_MAX, '\n', &crc) && !*s &&
           crc == crc32_update(0, text->p, lines);
}

int
order_read(const char *state_dir, uint32_t number, struct order *o)
{
    struct buf text = {0};
    char name[sizeof STATE_CONTROL + 16];
    *o = (struct order){0};
    snprintf(name, sizeof name, STATE_CONTROL "/%04" PRIu32, number);
    int err = names_read(state_dir, name, MOST_BYTES, &text);
    if (!err && !parse(&text, o))
        err = EINVAL;
    if (err)
        order_free(o);
    o->number = number;
    buf_free(&text);
    return err;
}

int
orders_list(const char *state_dir, uint32_t after, uint32_t **v, uint32_t *n)
{
    struct buf path = {0};
    uint32_t cap = 0, number;
    *v = NULL;
    *n = 0;
    buf_printf(&path, "%s/" STATE_CONTROL, state_dir);
    DIR *d = opendir(path.p);
    int err = d || errno == ENOENT ? 0 : errno;
    buf_free(&path);
    for (const struct dirent *e; d && (e = readdir(d));) {
        const char *behind = names_number(e->d_name, &number);
        if (!behind || *behind || number <= after || number == UINT32_MAX)
            continue;
        ARRAY_GROW(*v, *n, cap);
        (*v)[(*n)++] = number;
    }
    if (d)
        closedir(d);
    if (*n)
        qsort(*v, *n, sizeof **v, ascending_u32);
    return err;
}
